//===- VerifyFused.cpp - the contract of fused IR ---------------*- C++ -*-===//

#include "Fusion.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_VERIFYFUSED
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

/// The fused linear layer that makes `value` for one user only, or null.
static FusedLinearOp producingLinear(Value value) {
  auto linear = value.getDefiningOp<FusedLinearOp>();
  return linear && linear->hasOneUse() && !linear.getResidual() ? linear : FusedLinearOp();
}

/// The pass that should have taken `op`, or nothing.
static std::optional<llvm::StringRef> findMissedFusion(Operation *op) {
  if (isa<BatchNormOp>(op))
    return "vit-fold-batch-norm";
  if (isa<Conv2dOp>(op))
    return cutsPatches(cast<Conv2dOp>(op)) ? "vit-fuse-patch-embedding" : "vit-fuse-convolution";
  if (auto softmax = dyn_cast<SoftmaxOp>(op); softmax && isAttention(softmax))
    return "vit-fuse-attention";
  if (auto norm = dyn_cast<LayerNormOp>(op); norm && norm.getWeight()) {
    auto isLinearInput = [](OpOperand &use) {
      return isa<LinearOp, FusedLinearOp, FusedHeadProjectionOp>(use.getOwner()) && use.getOperandNumber() == 0;
    };
    if (!findReadingLinears(norm, isLinearInput).empty())
      return "vit-fold-layer-norm";
  }
  if (isa<LinearOp>(op))
    return "vit-fuse-mlp";

  for (Value operand : op->getOperands()) {
    FusedLinearOp linear = producingLinear(operand);
    if (!linear)
      continue;
    bool isPlain = linear.getActivation() == ActivationKind::None;
    auto mul = dyn_cast<MulOp>(op);
    auto add = dyn_cast<AddOp>(op);
    if ((isPlain && (isa<ActivationOp, ScaleOp>(op) || (mul && matchFeatureFactors(mul, operand)))) ||
        (add && matchResidual(add, operand)))
      return "vit-fuse-mlp";
  }
  return std::nullopt;
}

namespace {

class VerifyFused : public vitc::vit::impl::VerifyFusedBase<VerifyFused> {
public:
  void runOnOperation() override {
    getOperation().walk([&](Operation *op) {
      std::optional<llvm::StringRef> pass = findMissedFusion(op);
      if (!pass || op->hasAttr(notFusedAttrName))
        return;
      op->emitOpError() << "is a candidate of " << *pass << ", but is neither fused nor says in '" << notFusedAttrName
                        << "' why not";
      signalPassFailure();
    });
    markAllAnalysesPreserved();
  }
};

} // namespace
