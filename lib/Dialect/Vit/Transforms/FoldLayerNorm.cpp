//===- FoldLayerNorm.cpp - layer norms into linear layers -------*- C++ -*-===//

#include "Fusion.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_FOLDLAYERNORM
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

static bool isZero(Value weight) {
  auto fill = weight.getDefiningOp<WeightFillOp>();
  return fill && fill.getValue().isZero();
}

/// Replaces a linear layer of `x * factors + offsets` by one of `x`.
static void foldInto(LinearOp linear, Value factors, Value offsets) {
  OpBuilder builder(linear);
  Location loc = linear.getLoc();
  Value bias = linear.getBias();
  if (!isZero(offsets))
    bias = addToBias(builder, loc, bias, builder.create<WeightMatvecOp>(loc, linear.getWeight(), offsets));
  Value weight = builder.create<WeightScaleDimOp>(loc, linear.getWeight(), factors, /*dim=*/1);
  linear.replaceAllUsesWith(builder.create<LinearOp>(loc, linear.getInput(), weight, bias).getResult());
  linear.erase();
}

namespace {

class FoldLayerNorm : public vitc::vit::impl::FoldLayerNormBase<FoldLayerNorm> {
public:
  using FoldLayerNormBase::FoldLayerNormBase;

  void runOnOperation() override {
    llvm::SmallVector<LayerNormOp> norms;
    getOperation().walk([&](LayerNormOp norm) {
      if (norm.getWeight())
        norms.push_back(norm);
    });
    for (LayerNormOp norm : norms)
      if (const char *reason = fold(norm))
        refuse(norm, reason, emitRemarks);
  }

private:
  /// Folds, or returns why not.
  static const char *fold(LayerNormOp norm) {
    auto isLinearInput = [](OpOperand &use) { return isa<LinearOp>(use.getOwner()) && use.getOperandNumber() == 0; };
    llvm::SmallVector<Operation *> linears = findReadingLinears(norm, isLinearInput);
    if (linears.empty())
      return "its result has a user that is no linear layer";
    if (!isWeight(norm.getWeight()) || !isWeight(norm.getBias()))
      return "its weight or bias is computed at run time";
    for (Operation *linear : linears)
      if (!isWeight(cast<LinearOp>(linear).getWeight()))
        return "the weight of a linear layer that follows is computed at run time";

    for (Operation *linear : linears)
      foldInto(cast<LinearOp>(linear), norm.getWeight(), norm.getBias());
    OpBuilder builder(norm);
    auto plain = builder.create<LayerNormOp>(norm.getLoc(), norm.getInput(), Value(), Value(), norm.getEpsilonAttr(),
                                             norm.getRmsAttr());
    norm.replaceAllUsesWith(plain.getResult());
    norm.erase();
    return nullptr;
  }
};

} // namespace
