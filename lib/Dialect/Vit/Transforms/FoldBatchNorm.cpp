//===- FoldBatchNorm.cpp - batch norms into convolutions --------*- C++ -*-===//

#include "Fusion.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace vitc::vit {
#define GEN_PASS_DEF_FOLDBATCHNORM
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

/// Writes weight and bias of a convolution or linear layer whose result is `result * factors + shift`, where the bias
/// goes through the factors too.
template <typename Op> static void scaleOutputs(Op op, Value factors, Value shift) {
  OpBuilder builder(op);
  Location loc = op.getLoc();
  op.getWeightMutable().assign(builder.create<WeightScaleDimOp>(loc, op.getWeight(), factors, /*dim=*/0).getResult());
  Value bias = shift;
  if (op.getBias())
    bias = builder.create<WeightAddOp>(loc, builder.create<WeightScaleDimOp>(loc, op.getBias(), factors, /*dim=*/0),
                                       shift);
  op.getBiasMutable().assign(bias);
}

/// Whether the outputs of `op` may be scaled by its weights.
template <typename Op> static bool hasWeights(Op op) {
  return isWeight(op.getWeight()) && (!op.getBias() || isWeight(op.getBias()));
}

namespace {

class FoldBatchNorm : public vitc::vit::impl::FoldBatchNormBase<FoldBatchNorm> {
public:
  using FoldBatchNormBase::FoldBatchNormBase;

  void runOnOperation() override {
    llvm::SmallVector<BatchNormOp> norms;
    getOperation().walk([&](BatchNormOp norm) { norms.push_back(norm); });
    for (BatchNormOp norm : norms)
      if (const char *reason = rewrite(norm))
        refuse(norm, reason, emitRemarks);
  }

private:
  /// Folds or takes apart, or returns why not.
  const char *rewrite(BatchNormOp norm) {
    if (!llvm::all_of(norm->getOperands().drop_front(), isWeight))
      return "its statistics or weights are computed at run time";
    Value input = norm.getInput();
    Operation *before = input.getDefiningOp();
    bool isFolded = before && input.hasOneUse() &&
                    llvm::TypeSwitch<Operation *, bool>(before)
                        .Case<Conv2dOp, LinearOp>([](auto op) { return hasWeights(op); })
                        .Default([](Operation *) { return false; });
    // Weights stand before the op that reads them.
    OpBuilder builder(isFolded ? before : norm);
    Location loc = norm.getLoc();
    if (isFolded)
      for (Value operand : norm->getOperands().drop_front())
        moveBefore(operand.getDefiningOp(), before);
    Value rsqrt = builder.create<WeightRsqrtOp>(loc, norm.getVariance(), norm.getEpsilonAttr());
    Value factors = builder.create<WeightScaleDimOp>(loc, norm.getWeight(), rsqrt, /*dim=*/0);
    Value moved = builder.create<WeightScaleDimOp>(loc, norm.getMean(), factors, /*dim=*/0);
    Value shift = builder.create<WeightAddOp>(loc, norm.getBias(),
                                              builder.create<WeightScaleOp>(loc, moved, builder.getF64FloatAttr(-1)));
    if (isFolded) {
      llvm::TypeSwitch<Operation *>(before).Case<Conv2dOp, LinearOp>(
          [&](auto op) { scaleOutputs(op, factors, shift); });
      norm.replaceAllUsesWith(input);
    } else {
      Value scaled = builder.create<MulOp>(loc, input, factors);
      norm.replaceAllUsesWith(builder.create<AddOp>(loc, scaled, shift).getResult());
    }
    norm.erase();
    return nullptr;
  }

  /// Moves a weight, and what it is made of, before `op`, if it stands behind.
  static void moveBefore(Operation *weight, Operation *op) {
    if (weight->isBeforeInBlock(op))
      return;
    weight->moveBefore(op);
    for (Value operand : weight->getOperands())
      moveBefore(operand.getDefiningOp(), weight);
  }
};

} // namespace
