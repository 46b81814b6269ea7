//===- RoundOperands.cpp - rows of bf16 for targets that multiply them --------===//

#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Dialect/Kernel/IR/KernelTarget.h"
#include "vitc/Dialect/Kernel/Transforms/Passes.h"

#include "llvm/ADT/TypeSwitch.h"

namespace vitc::kernel {
#define GEN_PASS_DEF_ROUNDOPERANDS
#include "vitc/Dialect/Kernel/Transforms/Passes.h.inc"
} // namespace vitc::kernel

using namespace mlir;
using namespace vitc;
using namespace vitc::kernel;

namespace {
struct RoundOperands : vitc::kernel::impl::RoundOperandsBase<RoundOperands> {
  void runOnOperation() override;
};
} // namespace

/// Rounds the rows of a buffer where the op stands that first reads them.
static Value roundRows(Operation *op, Value input) {
  OpBuilder builder(op);
  auto type = cast<MemRefType>(input.getType());
  const int64_t columns = type.getShape().back(), rows = type.getNumElements() / columns;
  Value words = builder.create<BufferOp>(
      op->getLoc(), getWordsType(op->getContext(), rows, llvm::divideCeil(columns, 2)), IntegerAttr());
  builder.create<RoundOp>(op->getLoc(), input, words, kRowsPerTask);
  return words;
}

/// Makes attention one of numbers of bf16, if its keys are packed for it alone and its queries can be read in vectors.
static void roundAttention(AttentionOp op) {
  if (!hasRoomForPanels(op.getQuery().getType()))
    return;
  PackKeysOp pack;
  for (Operation *user : op.getKeys().getUsers()) {
    if (user == op)
      continue;
    if (pack || !isa<PackKeysOp>(user))
      return;
    pack = cast<PackKeysOp>(user);
  }
  if (!pack)
    return;
  OpBuilder builder(pack);
  MemRefType keys = op.getKeys().getType();
  const int64_t heads = keys.getDimSize(0), features = keys.getDimSize(2);
  const int64_t valuePanels = llvm::divideCeil(int64_t(op.getHeadDim()), kPanelWidth);
  auto makeBuffer = [&](ArrayRef<int64_t> shape) -> Value {
    return builder.create<BufferOp>(op.getLoc(), MemRefType::get(shape, builder.getBF16Type()), IntegerAttr());
  };
  Value roundedKeys = makeBuffer({heads, keys.getDimSize(1), features / 2, kPanelWidth, 2});
  builder.create<PackKeysOp>(pack.getLoc(), pack.getInput(), roundedKeys, pack.getPart());
  builder.setInsertionPoint(op);
  Value values =
      makeBuffer({heads, valuePanels, int64_t(llvm::divideCeil(int64_t(op.getKeyCount()), 2)), kPanelWidth, 2});
  builder.create<PackValuesOp>(op.getLoc(), op.getValue(), values, op.getValuePart());
  op.getValueMutable().assign(values);
  op.setValuePart(0);
  Value old = op.getKeys();
  op.getKeysMutable().assign(roundedKeys);
  pack.erase();
  if (auto buffer = old.getDefiningOp<BufferOp>(); buffer && old.use_empty())
    buffer.erase();
}

void RoundOperands::runOnOperation() {
  func::FuncOp function = getOperation();
  if (function.isExternal())
    return;
  FailureOr<TargetInfo> target = getTarget(function);
  if (failed(target))
    return signalPassFailure();
  if (!target->multipliesBf16)
    return;
  // Words of buffers, null once those are written again.
  llvm::DenseMap<Value, Value> rounded;
  for (auto attention : llvm::make_early_inc_range(function.getOps<AttentionOp>()))
    if (attention.getPrecision() == vit::Precision::Bf16 && !attention.isOfBf16())
      roundAttention(attention);
  for (auto step : llvm::make_early_inc_range(function.getOps<StepOp>())) {
    auto round = [&](auto op, OpOperand &input) {
      if (!op.isOfBf16() || op.readsWords())
        return;
      Value &words = rounded[input.get()];
      if (!words)
        words = roundRows(op, input.get());
      input.set(words);
    };
    llvm::TypeSwitch<Operation *>(step)
        .Case([&](LinearOp op) { round(op, op.getInputMutable()); })
        .Case([&](PatchEmbeddingOp op) { round(op, op.getImageMutable()); });
    for (Value written : step->getOperands().drop_front(step.getInputCount()))
      for (auto &[buffer, words] : rounded)
        if (getRoot(buffer) == written)
          words = nullptr;
  }
}
