//===- JoinLinear.cpp - two linear layers as one ----------------*- C++ -*-===//

#include "Fusion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_JOINLINEAR
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {

/// Two linear layers with nothing between them, but for a reshape that leaves the features, are one, if that has fewer
/// products.
struct JoinLinears : OpRewritePattern<LinearOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearOp op, PatternRewriter &rewriter) const override {
    Value input = op.getInput();
    auto reshape = input.getDefiningOp<ReshapeOp>();
    if (reshape && reshape->hasOneUse() && keepsFeatures(reshape))
      input = reshape.getInput();
    auto inner = input.getDefiningOp<LinearOp>();
    if (!inner || !inner->hasOneUse() || !isWeight(inner.getWeight()) || !isWeight(op.getWeight()))
      return rewriter.notifyMatchFailure(op, "no linear layer before it alone");
    if (inner.getBias() && !isWeight(inner.getBias()))
      return rewriter.notifyMatchFailure(op, "the bias of the one before it is computed at run time");
    int64_t outputs = getShape(op.getWeight())[0], between = getShape(op.getWeight())[1];
    int64_t inputs = getShape(inner.getWeight())[1];
    if (inputs * outputs >= between * (inputs + outputs))
      return rewriter.notifyMatchFailure(op, "together they have more products");
    Location loc = op.getLoc();
    Value weight = rewriter.create<WeightMatmulOp>(loc, op.getWeight(), inner.getWeight());
    Value bias = op.getBias();
    if (inner.getBias())
      bias = addToBias(rewriter, loc, bias, rewriter.create<WeightMatvecOp>(loc, op.getWeight(), inner.getBias()));
    Value joined = rewriter.create<LinearOp>(loc, inner.getInput(), weight, bias);
    if (joined.getType() != op.getType())
      joined = rewriter.create<ReshapeOp>(loc, op.getType(), joined);
    rewriter.replaceOp(op, joined);
    return success();
  }
};

struct JoinLinear : vitc::vit::impl::JoinLinearBase<JoinLinear> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<JoinLinears>(&getContext());
    if (failed(applyPatternsAndFoldGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
