//===- Program.cpp - the program read off the IR ------------------------------===//

#include "vitc/Codegen/Program.h"

#include "mlir/IR/Diagnostics.h"
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
  SymbolTableCollection symbols;
};

} // namespace

void FunctionReader::readArguments(ProgramEntryPoint &entry) {
  for (BlockArgument argument : function.getArguments()) {
    bool isOutput = function.getArgAttr(argument.getArgNumber(), kernel::kOutputAttr) != nullptr;
    std::vector<ProgramValue> &values = isOutput ? entry.outputs : entry.inputs;
    operands[argument] = {uint32_t(isOutput ? VITC_SPACE_OUTPUT : VITC_SPACE_INPUT), uint32_t(values.size()), 0};
    auto name = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "vit.name");
    auto type = cast<MemRefType>(argument.getType());
    ArrayRef<int64_t> shape = type.getShape();
    values.push_back({name ? name.str() : "value" + std::to_string(argument.getArgNumber()),
                      uint32_t(vit::getDType(type.getElementType())),
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
  if (kernel::IndexCheckAttr check = launch.getCheckAttr())
    step.check = {check.getInput().str(), check.getShape().vec(), check.getSize()};
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
    else if (auto view = dyn_cast<kernel::ViewOp>(op)) {
      ProgramOperand part = operands.lookup(view.getBuffer());
      part.offset += view.getOffset();
      operands[view] = part;
    } else if (auto weight = dyn_cast<kernel::WeightOp>(op))
      operands[weight] = {VITC_SPACE_WEIGHTS, 0,
                          *symbols.lookupNearestSymbolFrom<kernel::PackOp>(weight, weight.getPackAttr()).getOffset()};
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

static bool haveEqualType(const std::vector<ProgramValue> &a, const std::vector<ProgramValue> &b) {
  return llvm::equal(a, b, [](const ProgramValue &left, const ProgramValue &right) {
    return left.name == right.name && left.dtype == right.dtype && left.shape == right.shape;
  });
}

namespace {

/// Puts the functions of a module in order: by entry point and variant.
class ProgramReader {
public:
  explicit ProgramReader(ModuleOp module) : module(module) {}

  llvm::Expected<Program> read();

private:
  llvm::Error add(func::FuncOp function);
  /// The variant of a function's target, maybe a new one.
  llvm::Expected<size_t> variantOf(func::FuncOp function);

  ModuleOp module;
  Program program;
  SmallVector<Attribute> targets;
};

} // namespace

llvm::Expected<size_t> ProgramReader::variantOf(func::FuncOp function) {
  Attribute target = function->getAttr(kernel::kTargetAttr);
  auto *known = llvm::find(targets, target);
  size_t index = size_t(known - targets.begin());
  if (known != targets.end())
    return index;
  std::string reason;
  ScopedDiagnosticHandler handler(module.getContext(), [&](Diagnostic &diagnostic) {
    reason = diagnostic.str();
    return success();
  });
  FailureOr<TargetInfo> info = kernel::getTarget(function);
  if (failed(info))
    return llvm::createStringError("function '" + function.getName() + "' " + reason);
  targets.push_back(target);
  program.variants.emplace_back().target = *info;
  return index;
}

llvm::Error ProgramReader::add(func::FuncOp function) {
  llvm::Expected<size_t> index = variantOf(function);
  if (!index)
    return index.takeError();
  ProgramVariant &variant = program.variants[*index];
  auto name = function->getAttrOfType<StringAttr>("vit.name");
  ProgramEntryPoint entry;
  entry.name = name ? name.str() : "main";
  ProgramFunction code;
  if (llvm::Error error = FunctionReader(module, function).read(entry, code))
    return error;
  if (entry.outputs.empty())
    return llvm::createStringError("the function has no output, a model has at least one");
  // The first variant says which entry points there are, and in which order.
  size_t number = variant.functions.size();
  if (*index == 0) {
    for (const ProgramEntryPoint &other : program.entryPoints)
      if (other.name == entry.name)
        return llvm::createStringError("function '" + function.getName() + "' is the entry point '" + entry.name +
                                       "', as another one for " + variant.target.cpu + " is");
    program.entryPoints.push_back(std::move(entry));
  } else if (number >= program.entryPoints.size() || program.entryPoints[number].name != entry.name ||
             !haveEqualType(program.entryPoints[number].inputs, entry.inputs) ||
             !haveEqualType(program.entryPoints[number].outputs, entry.outputs)) {
    return llvm::createStringError("function '" + function.getName() + "' for " + variant.target.cpu +
                                   " is not what the function of that place is for " +
                                   program.variants.front().target.cpu);
  }
  variant.functions.push_back(std::move(code));
  return llvm::Error::success();
}

llvm::Expected<Program> ProgramReader::read() {
  for (auto function : module.getOps<func::FuncOp>())
    if (function->hasAttr(kernel::kArenaBytesAttr))
      if (llvm::Error error = add(function))
        return error;
  if (program.variants.empty())
    return llvm::createStringError("no function has a memory plan, expected kernel-plan-memory to have run");
  for (const ProgramVariant &variant : program.variants)
    if (variant.functions.size() != program.entryPoints.size())
      return llvm::createStringError("there are " + llvm::Twine(program.entryPoints.size()) + " functions for " +
                                     program.variants.front().target.cpu + ", and " +
                                     llvm::Twine(variant.functions.size()) + " for " + variant.target.cpu);
  for (auto weights : module.getOps<kernel::WeightsOp>())
    program.weightsBytes += *weights.getBytes();
  return std::move(program);
}

llvm::Expected<Program> vitc::readProgram(ModuleOp module) { return ProgramReader(module).read(); }

OwningOpRef<ModuleOp> vitc::detachProgram(ModuleOp module) {
  OwningOpRef<ModuleOp> detached = ModuleOp::create(module.getLoc());
  for (Operation &op : llvm::make_early_inc_range(*module.getBody()))
    if (op.hasAttr(kernel::kArenaBytesAttr) || isa<kernel::WeightsOp>(op)) {
      op.remove();
      detached->push_back(&op);
    }
  return detached;
}
