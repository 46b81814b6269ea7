//===- HoistSlice.cpp - compute only what a slice leaves --------*- C++ -*-===//

#include "Fusion.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"
#include "llvm/ADT/TypeSwitch.h"

namespace vitc::vit {
#define GEN_PASS_DEF_HOISTSLICE
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"
} // namespace vitc::vit

using namespace mlir;
using namespace vitc::vit;

namespace {

/// How an operand is sliced when the result is: elements [o, o + s) of the result's dimension need elements
/// [o * factor, (o + s) * factor) - skipped, those that there are, of the operand's dimension `dim`, or all of it if
/// `dim` is missing.
struct OperandSlice {
  std::optional<int64_t> dim;
  int64_t factor = 1;
  int64_t skipped = 0;
};

/// One for each operand.
using OperandSlices = llvm::SmallVector<OperandSlice>;

struct Range {
  int64_t begin, end;
};

} // namespace

/// The dimension of a broadcast operand behind dimension `dim` of a result of `rank` dimensions.
static OperandSlice sliceOfBroadcast(Value operand, int64_t dim, int64_t rank) {
  llvm::ArrayRef<int64_t> shape = getShape(operand);
  int64_t aligned = dim - (rank - int64_t(shape.size()));
  if (aligned < 0 || shape[aligned] == 1)
    return {};
  return {aligned};
}

/// The dimension of the input that `dim` of the result is, or is the outer part of.
static std::optional<OperandSlices> sliceOfReshape(ReshapeOp op, int64_t dim) {
  llvm::ArrayRef<int64_t> from = getShape(op.getInput()), to = getShape(op.getResult());
  int64_t outer = 1;
  for (int64_t size : to.take_front(dim))
    outer *= size;
  int64_t product = 1;
  for (auto [index, size] : llvm::enumerate(from)) {
    if (product == outer && size % to[dim] == 0)
      return OperandSlices{{int64_t(index), size / to[dim]}};
    product *= size;
  }
  return std::nullopt;
}

/// The first token that is rotated.
static int64_t firstRotated(RotaryOp op) {
  return getShape(op.getInput()).drop_back().back() - getShape(op.getTable())[1];
}

/// How the operands of `op` are sliced when its result is sliced in `dim`, or nothing if the elements of that dimension
/// are not computed independently.
static std::optional<OperandSlices> sliceOperands(Operation *op, int64_t dim) {
  using Slices = std::optional<OperandSlices>;
  int64_t rank = getShape(op->getResult(0)).size();
  bool isLast = dim == rank - 1;
  return llvm::TypeSwitch<Operation *, Slices>(op)
      .Case([&](LinearOp linear) -> Slices {
        OperandSlices slices(linear->getNumOperands());
        if (!isLast) {
          slices[0].dim = dim;
          return slices;
        }
        for (OperandSlice &slice : llvm::drop_begin(slices))
          slice.dim = 0;
        return slices;
      })
      .Case([&](MatmulOp matmul) -> Slices {
        if (isLast)
          return OperandSlices{{}, {matmul.getTransposeRhs() ? rank - 2 : rank - 1}};
        if (dim == rank - 2)
          return OperandSlices{{dim}, {}};
        return OperandSlices{{dim}, {dim}};
      })
      .Case([&](LayerNormOp norm) -> Slices {
        if (isLast)
          return std::nullopt;
        OperandSlices slices(norm->getNumOperands());
        slices[0].dim = dim;
        return slices;
      })
      .Case([&](RotaryOp rotary) -> Slices {
        // Features come in pairs. Tokens have angles of their own, but for those in front.
        if (isLast)
          return std::nullopt;
        if (dim == rank - 2)
          return OperandSlices{{dim}, {1, 1, firstRotated(rotary)}};
        return OperandSlices{{dim}, {}};
      })
      .Case([&](SoftmaxOp) -> Slices { return isLast ? Slices() : OperandSlices{{dim}}; })
      .Case([&](ReshapeOp reshape) { return sliceOfReshape(reshape, dim); })
      .Case([&](TransposeOp transpose) -> Slices { return OperandSlices{{transpose.getPermutation()[dim]}}; })
      .Case<ReduceMeanOp, ReduceMaxOp, ReduceNormOp>([&](auto reduction) -> Slices {
        return int64_t(reduction.getDim()) == dim ? Slices() : OperandSlices{{dim}};
      })
      .Case([&](ConcatOp concat) -> Slices {
        if (int64_t(concat.getDim()) == dim)
          return std::nullopt;
        return OperandSlices(concat.getInputs().size(), OperandSlice{dim});
      })
      .Default([&](Operation *other) -> Slices {
        if (!other->hasTrait<Elementwise>())
          return std::nullopt;
        OperandSlices slices;
        for (Value operand : other->getOperands())
          slices.push_back(sliceOfBroadcast(operand, dim, rank));
        return slices;
      });
}

/// Whether making `op` once for each of several parts of `dim` costs nothing: it moves data only, or its weight is cut.
static bool isFreeToSplit(Operation *op, int64_t dim) {
  if (auto linear = dyn_cast<LinearOp>(op))
    return dim + 1 == int64_t(getShape(linear.getResult()).size()) && isWeight(linear.getWeight());
  return isa<ReshapeOp, TransposeOp>(op);
}

static bool overlap(llvm::ArrayRef<SliceOp> slices) {
  llvm::SmallVector<SliceOp> sorted(slices);
  llvm::sort(sorted, [](SliceOp a, SliceOp b) { return a.getOffset() < b.getOffset(); });
  for (size_t index = 1; index < sorted.size(); ++index)
    if (sorted[index - 1].getOffset() + sorted[index - 1].getSize() > sorted[index].getOffset())
      return true;
  return false;
}

/// Elements `range` of dimension `dim`.
static Value createSlice(OpBuilder &builder, Location loc, Value input, int64_t dim, Range range) {
  int64_t size = range.end - range.begin;
  if (isWeight(input))
    return builder.createOrFold<WeightSliceOp>(loc, input, dim, range.begin, size);
  return builder.createOrFold<SliceOp>(loc, input, dim, range.begin, size);
}

/// Makes `op` anew for the elements `range` of dimension `dim` of its result.
static Value createForRange(OpBuilder &builder, Operation *op, const OperandSlices &slices, int64_t dim, Range range) {
  llvm::SmallVector<Value> operands;
  for (auto [operand, slice] : llvm::zip_equal(op->getOperands(), slices))
    operands.push_back(slice.dim ? createSlice(builder, op->getLoc(), operand, *slice.dim,
                                               {std::max<int64_t>(range.begin * slice.factor - slice.skipped, 0),
                                                range.end * slice.factor - slice.skipped})
                                 : operand);
  Operation *copy = builder.clone(*op);
  copy->setOperands(operands);
  Value result = copy->getResult(0);
  llvm::SmallVector<int64_t> shape(getShape(result));
  shape[dim] = range.end - range.begin;
  result.setType(RankedTensorType::get(shape, cast<RankedTensorType>(result.getType()).getElementType()));
  return result;
}

namespace {

class HoistSlice : public vitc::vit::impl::HoistSliceBase<HoistSlice> {
public:
  using HoistSliceBase::HoistSliceBase;

  void runOnOperation() override {
    // Backwards: when an op is reached, all slices of its result are there, those hoisted from its users too.
    for (Block &block : getOperation().getBody())
      for (Operation *op = block.empty() ? nullptr : &block.back(); op;) {
        bool isReplaced = hoistAbove(op);
        Operation *previous = op->getPrevNode();
        if (isReplaced)
          op->erase();
        op = previous;
      }
  }

private:
  /// Moves the slices of the op's result above it; then the result has no users.
  bool hoistAbove(Operation *op) {
    // Two slices would change places for ever.
    if (op->getNumResults() != 1 || isWeightOp(op) || isa<SliceOp>(op) || op->use_empty())
      return false;
    llvm::SmallVector<SliceOp> slices;
    for (Operation *user : op->getUsers())
      if (auto slice = dyn_cast<SliceOp>(user))
        slices.push_back(slice);
    if (slices.empty())
      return false;
    if (slices.size() != size_t(llvm::range_size(op->getUsers())))
      return refuse(op, "its result has a user that is no slice");
    int64_t dim = slices.front().getDim(), size = getShape(op->getResult(0))[dim];
    Range hull = {size, 0};
    for (SliceOp slice : slices) {
      if (int64_t(slice.getDim()) != dim)
        return refuse(op, "its result is sliced in two dimensions");
      hull.begin = std::min(hull.begin, int64_t(slice.getOffset()));
      hull.end = std::max(hull.end, int64_t(slice.getOffset() + slice.getSize()));
    }
    if (auto rotary = dyn_cast<RotaryOp>(op);
        rotary && dim + 2 == int64_t(getShape(rotary).size()) && hull.end <= firstRotated(rotary)) {
      // Tokens that are not rotated: the class token's query, say.
      for (SliceOp slice : slices)
        slice.getInputMutable().assign(rotary.getInput());
      return true;
    }
    std::optional<OperandSlices> operands = sliceOperands(op, dim);
    if (!operands)
      return refuse(op, "'" + op->getName().getStringRef() + "' is not computed independently in dimension " +
                            llvm::Twine(dim));

    OpBuilder builder(op);
    if (isFreeToSplit(op, dim) && !overlap(slices)) {
      for (SliceOp slice : slices) {
        int64_t begin = slice.getOffset();
        replace(slice, createForRange(builder, op, *operands, dim, {begin, begin + int64_t(slice.getSize())}));
      }
      return true;
    }
    if ((hull.end - hull.begin) * 2 > size)
      return refuse(op, llvm::Twine(hull.end - hull.begin) + " of " + llvm::Twine(size) + " elements of dimension " +
                            llvm::Twine(dim) + " are needed, more than half");
    Value narrowed = createForRange(builder, op, *operands, dim, hull);
    for (SliceOp slice : slices) {
      int64_t begin = int64_t(slice.getOffset()) - hull.begin;
      builder.setInsertionPoint(slice);
      replace(slice, createSlice(builder, slice.getLoc(), narrowed, dim, {begin, begin + int64_t(slice.getSize())}));
    }
    return true;
  }

  static void replace(SliceOp slice, Value value) {
    slice.getResult().replaceAllUsesWith(value);
    slice.erase();
  }

  bool refuse(Operation *op, const llvm::Twine &reason) const {
    if (emitRemarks)
      op->emitRemark() << "not sliced: " << reason;
    return false;
  }
};

} // namespace
