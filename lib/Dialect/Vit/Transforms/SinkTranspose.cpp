//===- SinkTranspose.cpp - channels first becomes channels last -*- C++ -*-===//

#include "View.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

namespace vitc::vit {
#define GEN_PASS_DEF_SINKTRANSPOSE
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {
using Dims = llvm::SmallVector<int64_t>;

/// A transposition that puts the outer dimensions behind the inner ones: dimension i of the result is dimension
/// (first + i) mod rank of the input.
struct Rotation {
  int64_t first, rank;

  int64_t inputDim(int64_t dim) const { return (first + dim) % rank; }
  Rotation inverse() const { return {rank - first, rank}; }
  /// Numbers of the result's dimensions as those of the input's.
  Dims ofInput(llvm::ArrayRef<int64_t> ofResult) const {
    Dims numbers(rank);
    for (int64_t dim = 0; dim < rank; ++dim)
      numbers[inputDim(dim)] = ofResult[dim];
    return numbers;
  }
  Dims permutation() const {
    Dims dims;
    for (int64_t dim = 0; dim < rank; ++dim)
      dims.push_back(inputDim(dim));
    return dims;
  }
  bool operator==(const Rotation &other) const { return first == other.first && rank == other.rank; }
};

/// Moves one op in front of the rotations that its operands come from.
class SinkRotation : public RewritePattern {
public:
  explicit SinkRotation(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), /*benefit=*/1, context) {}

  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override;
};

/// Two transpositions with a reshape between them, which nothing else uses, are one.
struct JoinTranspositions : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override;
};

/// A rotation that only moves dimensions of 1 moves nothing.
struct RotationToReshape : OpRewritePattern<TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const override;
};

struct SinkTranspose : vitc::vit::impl::SinkTransposeBase<SinkTranspose> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<SinkRotation, JoinTranspositions, RotationToReshape>(&getContext());
    if (failed(applyPatternsAndFoldGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

/// The rotation that makes a value, perhaps behind another transposition that leaves the last dimension, the channels,
/// where it is. None if another op makes the value, or it is one of a weight, which is done at compile time.
static std::optional<Rotation> rotationOf(Value value) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  if (!transpose || isWeight(transpose.getInput()))
    return std::nullopt;
  llvm::ArrayRef<int64_t> permutation = transpose.getPermutation();
  if (permutation.size() < 2 || permutation.front() == 0)
    return std::nullopt;
  Rotation rotation{permutation.front(), int64_t(permutation.size())};
  if (rotation.first + 1 == rotation.rank || llvm::ArrayRef<int64_t>(rotation.permutation()) == permutation)
    return rotation;
  return std::nullopt;
}

/// What such a value is before its rotation.
static Value beforeRotation(PatternRewriter &rewriter, TransposeOp op, const Rotation &rotation) {
  Dims rest = rotation.ofInput(op.getPermutation());
  if (llvm::is_sorted(rest))
    return op.getInput();
  return rewriter.create<TransposeOp>(op.getLoc(), op.getInput(), rest);
}

static RankedTensorType typeLike(Value value, llvm::ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, cast<RankedTensorType>(value.getType()).getElementType());
}

/// Whether it costs nothing to have a value as it is before a rotation.
static bool isFreeToUndo(Value value, const Rotation &rotation) {
  return rotationOf(value) == rotation || isWeight(value) ||
         llvm::count_if(getShape(value), [](int64_t size) { return size != 1; }) <= 1;
}

/// What becomes `value`, which has at most the rotation's rank, when it is rotated.
static Value undoRotation(PatternRewriter &rewriter, Value value, const Rotation &rotation) {
  if (rotationOf(value) == rotation)
    return beforeRotation(rewriter, value.getDefiningOp<TransposeOp>(), rotation);
  Dims shape(rotation.rank - int64_t(getShape(value).size()), 1);
  llvm::append_range(shape, getShape(value));
  if (getShape(value).empty())
    return value;
  RankedTensorType longer = typeLike(value, shape), rotated = typeLike(value, rotation.ofInput(shape));
  Location loc = value.getLoc();
  if (isWeight(value)) {
    Value reshaped = rewriter.createOrFold<WeightReshapeOp>(loc, longer, value);
    return rewriter.create<WeightTransposeOp>(loc, rotated, reshaped, rotation.inverse().permutation());
  }
  return rewriter.createOrFold<ReshapeOp>(loc, rotated, value);
}

/// The shape before a rotation of what is reshaped to `shape` behind it, and the rotation that is left. None if a
/// dimension of `shape` has elements of both sides.
static std::optional<std::pair<Dims, Rotation>> reshapeBefore(llvm::ArrayRef<int64_t> rotated, const Rotation &rotation,
                                                              llvm::ArrayRef<int64_t> shape) {
  const int64_t rank = int64_t(shape.size()),
                outer = ShapedType::getNumElements(rotated.take_front(rotation.rank - rotation.first));
  for (int64_t split = 1; split < rank; ++split) {
    if (ShapedType::getNumElements(shape.take_front(split)) != outer)
      continue;
    Rotation left{rank - split, rank};
    return std::pair(left.ofInput(shape), left);
  }
  return std::nullopt;
}

LogicalResult SinkRotation::matchAndRewrite(Operation *op, PatternRewriter &rewriter) const {
  std::optional<Rotation> rotation;
  for (Value operand : op->getOperands())
    if (!rotation)
      rotation = rotationOf(operand);
  if (!rotation)
    return rewriter.notifyMatchFailure(op, "no operand is rotated");
  Rotation left = *rotation;
  Dims before;
  if (auto reshape = dyn_cast<ReshapeOp>(op)) {
    auto found = reshapeBefore(getShape(reshape.getInput()), *rotation, getShape(reshape.getResult()));
    if (!found)
      return rewriter.notifyMatchFailure(op, "the reshape joins what the rotation swaps");
    std::tie(before, left) = *found;
  } else {
    bool isMovable =
        op->hasTrait<Elementwise>() || isa<ConcatOp, SliceOp, PadOp, ReduceMeanOp, ReduceMaxOp, ReduceNormOp>(op);
    if (!isMovable || int64_t(getShape(op->getResult(0)).size()) != rotation->rank)
      return rewriter.notifyMatchFailure(op, "the op does not work on either order");
    before = rotation->ofInput(getShape(op->getResult(0)));
  }
  if (!llvm::all_of(op->getOperands(), [&](Value operand) { return isFreeToUndo(operand, *rotation); }))
    return rewriter.notifyMatchFailure(op, "an operand would have to be rotated");
  IRMapping mapping;
  for (Value operand : op->getOperands())
    if (!mapping.contains(operand))
      mapping.map(operand, undoRotation(rewriter, operand, *rotation));
  Operation *moved = rewriter.clone(*op, mapping);
  moved->getResult(0).setType(typeLike(op->getResult(0), before));
  if (auto dim = op->getAttrOfType<IntegerAttr>("dim"))
    moved->setAttr("dim", rewriter.getI64IntegerAttr(rotation->inputDim(dim.getInt())));
  if (auto pad = dyn_cast<PadOp>(moved)) {
    pad.setLow(rotation->ofInput(pad.getLow()));
    pad.setHigh(rotation->ofInput(pad.getHigh()));
  }
  rewriter.replaceOpWithNewOp<TransposeOp>(op, op->getResult(0).getType(), moved->getResult(0), left.permutation());
  return success();
}

LogicalResult RotationToReshape::matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const {
  if (!rotationOf(op.getResult()))
    return rewriter.notifyMatchFailure(op, "no rotation");
  View view(getShape(op.getInput()));
  if (!view.apply(op) || !(view == View(getShape(op.getResult()))))
    return rewriter.notifyMatchFailure(op, "elements move");
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), op.getInput());
  return success();
}

/// Sizes into which the dimensions of both shapes, of as many elements, can be cut; none if there are no such.
static std::optional<Dims> commonRefinement(llvm::ArrayRef<int64_t> a, llvm::ArrayRef<int64_t> b) {
  Dims refined;
  for (int64_t restA = 1, restB = 1; !a.empty() || !b.empty() || restA > 1 || restB > 1;) {
    if (restA == 1 && !a.empty()) {
      restA = a.front();
      a = a.drop_front();
    }
    if (restB == 1 && !b.empty()) {
      restB = b.front();
      b = b.drop_front();
    }
    int64_t least = std::min(restA, restB);
    if (least > 1) {
      if (restA % least != 0 || restB % least != 0)
        return std::nullopt;
      refined.push_back(least);
      restA /= least;
      restB /= least;
    } else if (restA != restB && a.empty() && b.empty()) {
      return std::nullopt;
    }
  }
  return refined;
}

/// For each dimension of `shape`, the dimensions of its refinement that it consists of.
static llvm::SmallVector<Dims> partsOf(llvm::ArrayRef<int64_t> shape, llvm::ArrayRef<int64_t> refined) {
  llvm::SmallVector<Dims> parts;
  int64_t next = 0;
  for (int64_t size : shape) {
    parts.emplace_back();
    for (int64_t product = 1; product < size; product *= refined[next++])
      parts.back().push_back(next);
  }
  return parts;
}

LogicalResult JoinTranspositions::matchAndRewrite(TransposeOp op, PatternRewriter &rewriter) const {
  auto reshape = op.getInput().getDefiningOp<ReshapeOp>();
  auto inner = reshape ? reshape.getInput().getDefiningOp<TransposeOp>() : TransposeOp();
  if (!inner || !reshape->hasOneUse() || !inner->hasOneUse())
    return rewriter.notifyMatchFailure(op, "no transposition before a reshape that only this one uses");
  llvm::ArrayRef<int64_t> between = getShape(inner.getResult());
  std::optional<Dims> refined = commonRefinement(between, getShape(reshape.getResult()));
  if (!refined)
    return rewriter.notifyMatchFailure(op, "the reshape cuts dimensions that it joins");
  // The refined dimensions as the inner transposition finds them, and where each of them lies there.
  llvm::SmallVector<Dims> ofInner = partsOf(between, *refined);
  Dims source, place(refined->size());
  for (int64_t dim : invertPermutationVector(inner.getPermutation()))
    for (int64_t part : ofInner[dim]) {
      place[part] = int64_t(source.size());
      source.push_back((*refined)[part]);
    }
  llvm::SmallVector<Dims> ofOuter = partsOf(getShape(reshape.getResult()), *refined);
  Dims permutation, result;
  for (int64_t from : op.getPermutation())
    for (int64_t part : ofOuter[from]) {
      permutation.push_back(place[part]);
      result.push_back((*refined)[part]);
    }
  Value cut = rewriter.createOrFold<ReshapeOp>(op.getLoc(), typeLike(op.getResult(), source), inner.getInput());
  Value moved = rewriter.create<TransposeOp>(op.getLoc(), typeLike(op.getResult(), result), cut, permutation);
  rewriter.replaceOpWithNewOp<ReshapeOp>(op, op.getType(), moved);
  return success();
}
