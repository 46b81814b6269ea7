//===- VitCanonicalization.cpp - folders and patterns -----------*- C++ -*-===//

#include "vitc/Dialect/Vit/IR/VitOps.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace vitc::vit;

//===----------------------------------------------------------------------===//
// Folders
//===----------------------------------------------------------------------===//

OpFoldResult ActivationOp::fold(FoldAdaptor) { return getKind() == ActivationKind::None ? getInput() : OpFoldResult(); }

OpFoldResult ScaleOp::fold(FoldAdaptor) { return getFactor().isExactlyValue(1.0) ? getInput() : OpFoldResult(); }

OpFoldResult CastOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : OpFoldResult(); }

/// A reshape to the same shape is its input, and one of a reshape reads what that one reads.
template <typename Op> static OpFoldResult foldReshape(Op op) {
  if (op.getInput().getType() == op.getType())
    return op.getInput();
  auto inner = op.getInput().template getDefiningOp<Op>();
  if (!inner)
    return {};
  op.getInputMutable().assign(inner.getInput());
  return op.getResult();
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) { return foldReshape(*this); }
OpFoldResult WeightReshapeOp::fold(FoldAdaptor) { return foldReshape(*this); }

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (llvm::is_sorted(getPermutation()))
    return getInput();
  auto inner = getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return {};
  llvm::SmallVector<int64_t> permutation;
  for (int64_t dim : getPermutation())
    permutation.push_back(inner.getPermutation()[dim]);
  getInputMutable().assign(inner.getInput());
  setPermutation(permutation);
  return getResult();
}

OpFoldResult PadOp::fold(FoldAdaptor) { return getInput().getType() == getType() ? getInput() : OpFoldResult(); }

/// A slice of everything is its input; one of a slice of the same dimension, or of one input of a concatenation, reads
/// what that one reads.
template <typename Concat, typename Op> static OpFoldResult foldSlice(Op op) {
  if (op.getInput().getType() == op.getType())
    return op.getInput();
  int64_t dim = op.getDim(), offset = op.getOffset();
  if (auto inner = op.getInput().template getDefiningOp<Op>(); inner && int64_t(inner.getDim()) == dim) {
    op.setOffset(inner.getOffset() + offset);
    op.getInputMutable().assign(inner.getInput());
    return op.getResult();
  }
  auto concat = op.getInput().template getDefiningOp<Concat>();
  if (!concat || int64_t(concat.getDim()) != dim)
    return {};
  for (Value input : concat.getInputs()) {
    int64_t size = getShape(input)[dim];
    if (offset < size) {
      if (offset + int64_t(op.getSize()) > size)
        return {};
      op.setOffset(offset);
      op.getInputMutable().assign(input);
      return op.getResult();
    }
    offset -= size;
  }
  return {};
}

OpFoldResult SliceOp::fold(FoldAdaptor) { return foldSlice<ConcatOp>(*this); }
OpFoldResult WeightSliceOp::fold(FoldAdaptor) { return foldSlice<WeightConcatOp>(*this); }

OpFoldResult ConcatOp::fold(FoldAdaptor) { return getInputs().size() == 1 ? getInputs().front() : Value(); }
OpFoldResult WeightConcatOp::fold(FoldAdaptor) { return getInputs().size() == 1 ? getInputs().front() : Value(); }

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

namespace {

/// An op whose operands are all weights is a weight op: what is known at compile time is not computed at run time.
/// Both have the same operands and attributes.
template <typename Op, typename WeightVariant> struct FoldWeights : OpRewritePattern<Op> {
  using OpRewritePattern<Op>::OpRewritePattern;

  LogicalResult matchAndRewrite(Op op, PatternRewriter &rewriter) const override {
    if (!llvm::all_of(op->getOperands(), isWeight))
      return rewriter.notifyMatchFailure(op, "an operand is not a weight");
    rewriter.replaceOpWithNewOp<WeightVariant>(op, op->getResultTypes(), op->getOperands(), op->getAttrs());
    return success();
  }
};

/// A concatenation of concatenations along one dimension is one.
struct FlattenConcat : OpRewritePattern<ConcatOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(ConcatOp op, PatternRewriter &rewriter) const override {
    llvm::SmallVector<Value> inputs;
    for (Value input : op.getInputs()) {
      auto inner = input.getDefiningOp<ConcatOp>();
      if (inner && inner.getDim() == op.getDim() && inner->hasOneUse())
        llvm::append_range(inputs, inner.getInputs());
      else
        inputs.push_back(input);
    }
    if (inputs.size() == op.getInputs().size())
      return rewriter.notifyMatchFailure(op, "no input is a concatenation that only this one uses");
    rewriter.replaceOpWithNewOp<ConcatOp>(op, op.getType(), inputs, op.getDim());
    return success();
  }
};

/// A slice of a concatenation needs only those inputs that it touches.
struct NarrowSlicedConcat : OpRewritePattern<SliceOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(SliceOp op, PatternRewriter &rewriter) const override {
    auto concat = op.getInput().getDefiningOp<ConcatOp>();
    if (!concat || concat.getDim() != op.getDim())
      return rewriter.notifyMatchFailure(op, "the input is not a concatenation along the sliced dimension");
    llvm::SmallVector<Value> touched;
    int64_t begin = op.getOffset(), end = begin + int64_t(op.getSize()), position = 0, offset = 0;
    for (Value input : concat.getInputs()) {
      int64_t next = position + getShape(input)[op.getDim()];
      if (next > begin && position < end) {
        if (touched.empty())
          offset = begin - position;
        touched.push_back(input);
      }
      position = next;
    }
    if (touched.size() == concat.getInputs().size())
      return rewriter.notifyMatchFailure(op, "all inputs are needed");
    Value narrowed = rewriter.createOrFold<ConcatOp>(concat.getLoc(), touched, concat.getDim());
    rewriter.replaceOpWithNewOp<SliceOp>(op, op.getType(), narrowed, op.getDim(), uint64_t(offset), op.getSize());
    return success();
  }
};

} // namespace

void AddOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FoldWeights<AddOp, WeightAddOp>>(context);
}

void ScaleOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FoldWeights<ScaleOp, WeightScaleOp>>(context);
}

void ReshapeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FoldWeights<ReshapeOp, WeightReshapeOp>>(context);
}

void TransposeOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FoldWeights<TransposeOp, WeightTransposeOp>>(context);
}

void ConcatOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FoldWeights<ConcatOp, WeightConcatOp>, FlattenConcat>(context);
}

void SliceOp::getCanonicalizationPatterns(RewritePatternSet &patterns, MLIRContext *context) {
  patterns.add<FoldWeights<SliceOp, WeightSliceOp>, NarrowSlicedConcat>(context);
}
