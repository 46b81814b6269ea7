//===- Program.cpp - the program read off the IR ------------------------------===//

#include "vitc/Codegen/Program.h"

#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Dialect/Kernel/IR/KernelTarget.h"
#include "vitc/runtime/program.h"

using namespace mlir;
using namespace vitc;

std::string vitc::nodeName(Location loc) {
  std::string name;
  loc->walk([&](Location inner) {
    auto named = dyn_cast<NameLoc>(inner);
    if (!named)
      return WalkResult::advance();
    name = named.getName().str();
    return WalkResult::interrupt();
  });
  return name;
}

/// The function whose memory is planned, or null.
static func::FuncOp findProgramFunction(ModuleOp module) {
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr(kernel::kArenaBytesAttr))
      return function;
  return nullptr;
}

namespace {

/// Reads a function of launches: what it takes and gives, and its code.
class FunctionReader {
public:
  FunctionReader(ModuleOp module, func::FuncOp function) : module(module), function(function) {}

  llvm::Error read(ProgramEntryPoint &entry, ProgramFunction &code);

private:
  void readArguments(ProgramEntryPoint &entry);
  llvm::Error readStep(kernel::LaunchOp launch, ProgramFunction &code);

  ModuleOp module;
  func::FuncOp function;
  llvm::DenseMap<Value, ProgramOperand> operands;
};

} // namespace

void FunctionReader::readArguments(ProgramEntryPoint &entry) {
  for (BlockArgument argument : function.getArguments()) {
    bool isOutput = function.getArgAttr(argument.getArgNumber(), kernel::kOutputAttr) != nullptr;
    std::vector<ProgramValue> &values = isOutput ? entry.outputs : entry.inputs;
    operands[argument] = {uint32_t(isOutput ? VITC_SPACE_OUTPUT : VITC_SPACE_INPUT), uint32_t(values.size()), 0};
    auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "vit.name");
    ArrayRef<int64_t> shape = cast<MemRefType>(argument.getType()).getShape();
    values.push_back({name ? name.str() : "value" + std::to_string(argument.getArgNumber()),
                      VITC_DTYPE_F32,
                      {shape.begin(), shape.end()},
                      {},
                      {}});
  }
}

llvm::Error FunctionReader::readStep(kernel::LaunchOp launch, ProgramFunction &code) {
  if (module.lookupSymbol<func::FuncOp>(launch.getCallee()).isDeclaration())
    return llvm::createStringError("kernel function '" + launch.getCallee() + "' has no body");
  ProgramStep step{launch.getCallee().str(),   {},
                   int64_t(launch.getTasks()), nodeName(launch.getLoc()),
                   launch.getKind().str(),     double(launch.getFlops())};
  for (Value buffer : launch.getBuffers())
    step.operands.push_back(operands.lookup(buffer));
  code.steps.push_back(std::move(step));
  return llvm::Error::success();
}

llvm::Error FunctionReader::read(ProgramEntryPoint &entry, ProgramFunction &code) {
  // All that is read here holds of a plan that is valid.
  auto bytes = [&](StringRef name) { return uint64_t(function->getAttrOfType<IntegerAttr>(name).getInt()); };
  code.arenaBytes = bytes(kernel::kArenaBytesAttr);
  code.scratchBytes = bytes(kernel::kScratchBytesAttr);
  readArguments(entry);
  for (Operation &op : function.getOps()) {
    if (auto buffer = dyn_cast<kernel::BufferOp>(op))
      operands[buffer] = {VITC_SPACE_ARENA, 0, *buffer.getOffset()};
    else if (auto weight = dyn_cast<kernel::WeightOp>(op))
      operands[weight] = {
          VITC_SPACE_WEIGHTS, 0,
          *SymbolTable::lookupNearestSymbolFrom<kernel::PackOp>(weight, weight.getPackAttr()).getOffset()};
    else if (auto scratch = dyn_cast<kernel::ScratchOp>(op))
      operands[scratch] = {VITC_SPACE_SCRATCH, 0, 0};
    else if (isa<kernel::StepOp>(op))
      return llvm::createStringError("a step is not a launch, expected convert-kernel-to-vector to have run");
    else if (auto launch = dyn_cast<kernel::LaunchOp>(op))
      if (llvm::Error error = readStep(launch, code))
        return error;
  }
  return llvm::Error::success();
}

llvm::Expected<Program> vitc::readProgram(ModuleOp module) {
  func::FuncOp function = findProgramFunction(module);
  if (!function)
    return llvm::createStringError("no function has a memory plan, expected kernel-plan-memory to have run");
  Program program;
  ProgramEntryPoint &entry = program.entryPoints.emplace_back();
  entry.name = "main";
  ProgramVariant &variant = program.variants.emplace_back();
  if (function->hasAttr(kernel::kTargetAttr)) {
    FailureOr<TargetInfo> info = kernel::getTarget(function);
    if (failed(info))
      return llvm::createStringError("the function's target is not known");
    variant.cpu = info->cpu;
    variant.features = info->features;
  }
  if (llvm::Error error = FunctionReader(module, function).read(entry, variant.functions.emplace_back()))
    return error;
  if (entry.outputs.empty())
    return llvm::createStringError("the function has no output, a model has at least one");
  for (auto weights : module.getOps<kernel::WeightsOp>())
    program.weightsBytes += *weights.getBytes();
  return program;
}

OwningOpRef<ModuleOp> vitc::detachProgram(ModuleOp module) {
  OwningOpRef<ModuleOp> detached = ModuleOp::create(module.getLoc());
  for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
    if (op.hasAttr(kernel::kArenaBytesAttr) || isa<kernel::WeightsOp>(op)) {
      op.remove();
      detached->push_back(&op);
    }
  return detached;
}
