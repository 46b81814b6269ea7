//===- SinkResize.cpp - products before maps are enlarged -------*- C++ -*-===//

#include "Fusion.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_SINKRESIZE
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

/// The resize that makes a map of more pixels, for one user only, or null.
static Resize2dOp enlargingResize(Value map) {
  auto resize = map.getDefiningOp<Resize2dOp>();
  if (!resize || !resize->hasOneUse())
    return {};
  llvm::ArrayRef<int64_t> from = getShape(resize.getInput()), to = resize.getSize();
  return from[0] * from[1] < to[0] * to[1] ? resize : Resize2dOp();
}

static int64_t pixelsOf(Value map) { return getShape(map)[0] * getShape(map)[1]; }

/// `linear` of `input` instead.
static Value createLinear(PatternRewriter &rewriter, LinearOp linear, Value input, Value weight, Value bias) {
  return rewriter.create<LinearOp>(linear.getLoc(), input, weight, bias);
}

namespace {

/// linear(resize(x)) is resize(linear(x)): a linear layer is one of each pixel, and the factors of neighbours sum to 1,
/// so that the bias stays what it is.
struct SinkBehindLinear : OpRewritePattern<LinearOp> {
  SinkBehindLinear(MLIRContext *context, bool emitRemarks) : OpRewritePattern(context), emitRemarks(emitRemarks) {}

  LogicalResult matchAndRewrite(LinearOp op, PatternRewriter &rewriter) const override {
    Resize2dOp resize = enlargingResize(op.getInput());
    if (!resize || !isWeight(op.getWeight()))
      return rewriter.notifyMatchFailure(op, "no map is enlarged before it");
    if (emitRemarks)
      op.emitRemark("computed for ") << pixelsOf(resize.getInput()) << " pixels, which are then enlarged to "
                                     << pixelsOf(resize);
    Value small = createLinear(rewriter, op, resize.getInput(), op.getWeight(), op.getBias());
    rewriter.replaceOpWithNewOp<Resize2dOp>(op, small, resize.getKindAttr(), resize.getSizeAttr());
    return success();
  }

  const bool emitRemarks;
};

/// A linear layer of channels that lie behind each other is the sum of one of each: those of enlarged maps are then
/// computed before.
struct SplitConcatenation : OpRewritePattern<LinearOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearOp op, PatternRewriter &rewriter) const override {
    auto concat = op.getInput().getDefiningOp<ConcatOp>();
    if (!concat || !concat->hasOneUse() || getShape(concat).size() != 3 || concat.getDim() != 2 ||
        !isWeight(op.getWeight()))
      return rewriter.notifyMatchFailure(op, "no channels of several maps");
    // What is added up costs a pass over the result: worth it for maps of half as many pixels, or fewer.
    auto isSmall = [](Value map) {
      Resize2dOp resize = enlargingResize(map);
      return resize && 2 * pixelsOf(resize.getInput()) <= pixelsOf(map);
    };
    llvm::SmallVector<int64_t> offsets;
    int64_t offset = 0;
    for (Value input : concat.getInputs()) {
      offsets.push_back(offset);
      offset += getShape(input)[2];
    }
    llvm::SmallVector<Value> plain, enlarged;
    llvm::SmallVector<int64_t> plainColumns;
    auto slice = [&](int64_t index) {
      return rewriter.createOrFold<WeightSliceOp>(op.getLoc(), op.getWeight(), 1, offsets[index],
                                                  getShape(concat.getInputs()[index])[2]);
    };
    if (llvm::none_of(concat.getInputs(), isSmall))
      return rewriter.notifyMatchFailure(op, "no map is enlarged before it");
    for (auto [index, input] : llvm::enumerate(concat.getInputs())) {
      if (isSmall(input)) {
        enlarged.push_back(createLinear(rewriter, op, input, slice(int64_t(index)), Value()));
        continue;
      }
      plain.push_back(input);
      plainColumns.push_back(int64_t(index));
    }
    // The sums of enlarged maps are what is added to the product of the others.
    Value sum = enlarged.front();
    for (Value next : llvm::drop_begin(enlarged))
      sum = rewriter.create<AddOp>(op.getLoc(), next, sum);
    if (plain.empty()) {
      if (op.getBias())
        sum = rewriter.create<AddOp>(op.getLoc(), sum, op.getBias());
      rewriter.replaceOp(op, sum);
      return success();
    }
    llvm::SmallVector<Value> weights;
    for (int64_t index : plainColumns)
      weights.push_back(slice(index));
    Value input = rewriter.createOrFold<ConcatOp>(concat.getLoc(), plain, 2);
    Value weight = rewriter.createOrFold<WeightConcatOp>(op.getLoc(), weights, 1);
    Value product = createLinear(rewriter, op, input, weight, op.getBias());
    rewriter.replaceOpWithNewOp<AddOp>(op, product, sum);
    return success();
  }
};

/// Two linear layers with nothing between them, but for a reshape that leaves the features, are one, if that has fewer
/// products.
struct JoinLinears : OpRewritePattern<LinearOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(LinearOp op, PatternRewriter &rewriter) const override {
    Value input = op.getInput();
    auto reshape = input.getDefiningOp<ReshapeOp>();
    if (reshape && reshape->hasOneUse() && getShape(reshape.getInput()).back() == getShape(reshape).back())
      input = reshape.getInput();
    auto inner = input.getDefiningOp<LinearOp>();
    if (!inner || !inner->hasOneUse() || !isWeight(inner.getWeight()) || !isWeight(op.getWeight()))
      return rewriter.notifyMatchFailure(op, "no linear layer before it alone");
    int64_t outputs = getShape(op.getWeight())[0], between = getShape(op.getWeight())[1];
    int64_t inputs = getShape(inner.getWeight())[1];
    if (inputs * outputs >= between * (inputs + outputs))
      return rewriter.notifyMatchFailure(op, "together they have more products");
    Location loc = op.getLoc();
    Value weight = rewriter.create<WeightMatmulOp>(loc, op.getWeight(), inner.getWeight());
    Value bias = op.getBias();
    if (inner.getBias()) {
      Value moved = rewriter.create<WeightMatvecOp>(loc, op.getWeight(), inner.getBias());
      bias = bias ? rewriter.create<WeightAddOp>(loc, moved, bias).getResult() : moved;
    }
    Value joined = createLinear(rewriter, op, inner.getInput(), weight, bias);
    if (joined.getType() != op.getType())
      joined = rewriter.create<ReshapeOp>(loc, op.getType(), joined);
    rewriter.replaceOp(op, joined);
    return success();
  }
};

class SinkResize : public vitc::vit::impl::SinkResizeBase<SinkResize> {
public:
  using SinkResizeBase::SinkResizeBase;

  void runOnOperation() override {
    // Joined are only layers that resizes stood between, or would have.
    bool hasResize = false;
    getOperation().walk([&](Resize2dOp) { hasResize = true; });
    if (!hasResize)
      return;
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkBehindLinear>(&getContext(), emitRemarks);
    patterns.add<SplitConcatenation, JoinLinears>(&getContext());
    if (failed(applyPatternsAndFoldGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace
