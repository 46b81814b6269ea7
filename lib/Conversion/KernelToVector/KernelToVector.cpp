//===- KernelToVector.cpp - from schedules to loops of vectors ----------------===//

#include "vitc/Conversion/KernelToVector/KernelToVector.h"

#include "KernelEmitter.h"

#include "vitc/Dialect/Kernel/IR/KernelTarget.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/OperationSupport.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace vitc;

namespace {

/// Steps are the same kernel when they differ in their operands and location only.
struct SameStructure : llvm::DenseMapInfo<Operation *> {
  static unsigned getHashValue(const Operation *op) {
    return OperationEquivalence::computeHash(const_cast<Operation *>(op), OperationEquivalence::ignoreHashValue,
                                             OperationEquivalence::ignoreHashValue,
                                             OperationEquivalence::IgnoreLocations);
  }
  static bool isEqual(const Operation *lhs, const Operation *rhs) {
    if (lhs == rhs)
      return true;
    if (lhs == getTombstoneKey() || lhs == getEmptyKey() || rhs == getTombstoneKey() || rhs == getEmptyKey())
      return false;
    // The operands of the two steps may differ; values inside of them must correspond.
    llvm::DenseMap<Value, Value> counterparts;
    auto check = [&](Value left, Value right) {
      auto found = counterparts.find(left);
      return success(found == counterparts.end() || found->second == right);
    };
    auto mark = [&](Value left, Value right) { counterparts[left] = right; };
    return OperationEquivalence::isEquivalentTo(const_cast<Operation *>(lhs), const_cast<Operation *>(rhs), check, mark,
                                                OperationEquivalence::IgnoreLocations);
  }
};

struct ConvertKernelToVector : PassWrapper<ConvertKernelToVector, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(ConvertKernelToVector)
  StringRef getArgument() const override { return "convert-kernel-to-vector"; }
  StringRef getDescription() const override { return "Make a function of vector ops from every distinct step"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, func::FuncDialect, LLVM::LLVMDialect, math::MathDialect, memref::MemRefDialect,
                    scf::SCFDialect, vector::VectorDialect>();
  }
  void runOnOperation() override;

  LogicalResult convert(func::FuncOp function);
  func::FuncOp emitFunction(const TargetInfo &target, kernel::StepOp step);
  std::string nameOf(const TargetInfo &target, kernel::StepOp step);

  llvm::StringSet<> names;
  /// Whether names say for which target a kernel is.
  bool hasSeveralTargets = false;
  /// Kernels of each target, which the functions that are compiled for it share. The keys are steps, which stay as long
  /// as that.
  llvm::DenseMap<Attribute, llvm::DenseMap<Operation *, func::FuncOp, SameStructure>> kernels;
};
} // namespace

/// What a step is called in profiles: its mnemonic, or what it does.
static std::string kindOf(kernel::StepOp step) {
  if (auto map = dyn_cast<kernel::MapOp>(*step))
    return map.getKind().str();
  std::string kind = step->getName().stripDialect().str();
  if (auto reduce = dyn_cast<kernel::ReduceOp>(*step))
    kind += "_" + kernel::stringifyReduction(reduce.getReduction()).str();
  if (auto linear = dyn_cast<kernel::LinearOp>(*step); linear && linear.isQuantized())
    kind += "_int8";
  else if (linear && linear.isOfBf16())
    kind += "_bf16";
  auto attention = dyn_cast<kernel::AttentionOp>(*step);
  auto embedding = dyn_cast<kernel::PatchEmbeddingOp>(*step);
  if ((attention && attention.isOfBf16()) || (embedding && embedding.isOfBf16()))
    kind += "_bf16";
  return kind;
}

/// Whether a step multiplies numbers of bf16, or packs some for one that does.
static bool multipliesBf16(kernel::StepOp step) {
  return llvm::TypeSwitch<Operation *, bool>(step)
      .Case([](kernel::LinearOp op) { return op.isOfBf16() && op.readsWords(); })
      .Case([](kernel::PatchEmbeddingOp op) { return op.readsWords(); })
      .Case([](kernel::AttentionOp op) { return op.isOfBf16(); })
      .Case([](kernel::PackKeysOp op) { return op.getOutput().getType().getElementType().isBF16(); })
      .Case<kernel::PackValuesOp, kernel::RoundOp>([](auto) { return true; })
      .Default(false);
}

/// What the runtime looks for behind a step, or null.
static kernel::IndexCheckAttr checkOf(kernel::StepOp step) {
  auto check = dyn_cast<kernel::CheckIndicesOp>(*step);
  return check ? check.getCheck() : kernel::IndexCheckAttr();
}

std::string ConvertKernelToVector::nameOf(const TargetInfo &target, kernel::StepOp step) {
  std::string name;
  llvm::raw_string_ostream os(name);
  os << kindOf(step);
  for (Value operand : {step->getOperand(0), step->getOperands().back()}) {
    os << '_';
    llvm::interleave(cast<MemRefType>(operand.getType()).getShape(), os, "x");
  }
  if (hasSeveralTargets) {
    os << '_' << target.cpu;
    // For debuggers, which take a hyphen for a minus.
    std::replace(name.begin(), name.end(), '-', '_');
  }
  std::string unique = name;
  for (int suffix = 1; !names.insert(unique).second; ++suffix)
    unique = name + "_" + std::to_string(suffix);
  return unique;
}

func::FuncOp ConvertKernelToVector::emitFunction(const TargetInfo &target, kernel::StepOp step) {
  OpBuilder builder(&getContext());
  builder.setInsertionPointToEnd(getOperation().getBody());
  SmallVector<Type> types = {builder.getIndexType()};
  for (Type type : step->getOperandTypes())
    types.push_back(kernel::getStorageType(cast<MemRefType>(type)));
  Location loc = UnknownLoc::get(&getContext());
  auto function = builder.create<func::FuncOp>(loc, nameOf(target, step), builder.getFunctionType(types, {}));
  function.setPrivate();
  Block *body = function.addEntryBlock();
  builder.setInsertionPointToStart(body);
  Value task = body->getArgument(0);
  ValueRange buffers = body->getArguments().drop_front();
  KernelEmitter emitter(builder, loc, target);
  llvm::TypeSwitch<Operation *>(step)
      .Case<kernel::LinearOp, kernel::QuantizeOp, kernel::RoundOp, kernel::PatchEmbeddingOp, kernel::LayerNormOp,
            kernel::RotaryOp, kernel::PackKeysOp, kernel::PackValuesOp, kernel::AttentionOp, kernel::MapOp,
            kernel::SoftmaxOp, kernel::ReduceOp, kernel::GatherOp, kernel::CheckIndicesOp, kernel::MatmulOp,
            kernel::Conv2dOp, kernel::Pool2dOp, kernel::Resize2dOp, kernel::WindowsOp, kernel::WinogradConv2dOp>(
          [&](auto op) { emitKernel(emitter, op, task, buffers); });
  builder.create<func::ReturnOp>(loc);
  return function;
}

LogicalResult ConvertKernelToVector::convert(func::FuncOp function) {
  SmallVector<kernel::StepOp> steps(function.getOps<kernel::StepOp>());
  if (steps.empty())
    return success();
  FailureOr<TargetInfo> target = kernel::getTarget(function);
  if (failed(target))
    return failure();
  auto &functions = kernels[function->getAttr(kernel::kTargetAttr)];
  for (kernel::StepOp step : steps) {
    if (step.lacksSchedule())
      return step->emitOpError("has no schedule, expected kernel-schedule to have run");
    if (multipliesBf16(step) && !target->multipliesBf16)
      return step->emitOpError("is for products of bf16, for which ") << target->cpu << " has no instruction";
    func::FuncOp &kernel = functions[step];
    if (!kernel)
      kernel = emitFunction(*target, step);
    OpBuilder builder(step);
    builder.create<kernel::LaunchOp>(step->getLoc(), FlatSymbolRefAttr::get(kernel.getSymNameAttr()),
                                     step->getOperands(), builder.getI64IntegerAttr(step.getTaskCount()),
                                     builder.getStringAttr(kindOf(step)),
                                     builder.getI64IntegerAttr(step.getFlopCount()), checkOf(step));
  }
  return success();
}

void ConvertKernelToVector::runOnOperation() {
  SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
  llvm::DenseSet<Attribute> targets;
  for (func::FuncOp function : functions)
    if (Attribute target = function->getAttr(kernel::kTargetAttr))
      targets.insert(target);
  hasSeveralTargets = targets.size() > 1;
  for (func::FuncOp function : functions)
    if (failed(convert(function)))
      return signalPassFailure();
  kernels.clear();
  for (func::FuncOp function : functions)
    for (auto step : llvm::make_early_inc_range(function.getOps<kernel::StepOp>()))
      step->erase();
}

std::unique_ptr<Pass> vitc::createConvertKernelToVector() { return std::make_unique<ConvertKernelToVector>(); }
