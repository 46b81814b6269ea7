//===- VitTypeInference.cpp - constraints and result types ------*- C++ -*-===//
//
// Every function checks the constraints that its op's description numbers, in that order where one builds on another,
// and then computes the result's type.
//
//===----------------------------------------------------------------------===//

#include "TypeInference.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace vitc::vit;
using namespace vitc::vit::detail;

static RankedTensorType tensorType(Value value) { return cast<RankedTensorType>(value.getType()); }

LogicalResult vitc::vit::detail::succeedWith(Types &types, ShapeRef shape, Value like) {
  types.push_back(RankedTensorType::get(shape, tensorType(like).getElementType()));
  return success();
}

LogicalResult vitc::vit::detail::expectRank(const Reporter &reporter, llvm::StringRef name, Value value, int64_t rank) {
  if (tensorType(value).getRank() == rank)
    return success();
  return reporter.fail("expected ", name, " of rank ", rank, ", but got ", value.getType());
}

LogicalResult vitc::vit::detail::expectVector(const Reporter &reporter, llvm::StringRef name, Value value, int64_t size,
                                              llvm::StringRef whose) {
  if (!value || (tensorType(value).getRank() == 1 && tensorType(value).getDimSize(0) == size))
    return success();
  return reporter.fail("expected ", name, " of rank 1 with ", size, " elements (", whose, "), but got ",
                       value.getType());
}

LogicalResult vitc::vit::detail::inferLinear(const Reporter &reporter, Value input, Value weight, Value bias,
                                             llvm::SmallVectorImpl<int64_t> &shape) {
  ShapeRef inputShape = getShape(input), weightShape = getShape(weight);
  if (inputShape.empty())
    return reporter.fail("expected input of rank 1 or more, but got ", input.getType());
  if (weightShape.size() != 2 || weightShape[1] != inputShape.back())
    return reporter.fail("expected weight of rank 2 whose last dimension is ", inputShape.back(),
                         " (the input's), but got ", weight.getType());
  if (failed(expectVector(reporter, "bias", bias, weightShape[0], "the weight's rows")))
    return failure();
  shape.assign(inputShape.begin(), inputShape.end());
  shape.back() = weightShape[0];
  return success();
}

LogicalResult vitc::vit::detail::expectGrid(const Reporter &reporter, llvm::StringRef name, ShapeRef grid) {
  constexpr int64_t most = 1 << 20;
  if (grid.size() == 2 && llvm::all_of(grid, [](int64_t size) { return size >= 1 && size <= most; }))
    return success();
  return reporter.about(name.trim('\''))
      .fail("expected ", name, " to be two sizes from 1 to ", most, ", but got [", grid, "]");
}

LogicalResult vitc::vit::detail::expectDim(const Reporter &reporter, int64_t dim, int64_t rank) {
  if (dim >= 0 && dim < rank)
    return success();
  return reporter.about("dim").fail("expected dim to be a dimension of a tensor of rank ", rank, ", but got ", dim);
}

LogicalResult vitc::vit::detail::inferConcat(const Reporter &reporter, ValueRange inputs, int64_t dim, Types &types) {
  llvm::SmallVector<int64_t> shape(getShape(inputs.front()));
  if (failed(expectDim(reporter, dim, shape.size())))
    return failure();
  for (Value input : inputs.drop_front()) {
    ShapeRef other = getShape(input);
    bool fits = other.size() == shape.size();
    for (size_t axis = 0; fits && axis < shape.size(); ++axis)
      fits = axis == size_t(dim) || other[axis] == shape[axis];
    if (!fits)
      return reporter.fail("expected inputs that differ in dimension ", dim, " only, but got ",
                           inputs.front().getType(), " and ", input.getType());
    Type element = tensorType(input).getElementType();
    if (element != tensorType(inputs.front()).getElementType())
      return reporter.fail("expected inputs of one element type, but got ", tensorType(inputs.front()).getElementType(),
                           " and ", element);
    shape[dim] += other[dim];
  }
  return succeedWith(types, shape, inputs.front());
}

LogicalResult vitc::vit::detail::inferSlice(const Reporter &reporter, Value input, int64_t dim, int64_t offset,
                                            int64_t size, Types &types) {
  llvm::SmallVector<int64_t> shape(getShape(input));
  if (failed(expectDim(reporter, dim, shape.size())))
    return failure();
  if (offset < 0 || size < 1 || offset > shape[dim] - size)
    return reporter.about("offset").fail("expected a range within the ", shape[dim], " elements of dimension ", dim,
                                         ", but got ", size, " from ", offset);
  shape[dim] = size;
  return succeedWith(types, shape, input);
}

LogicalResult vitc::vit::detail::inferTranspose(const Reporter &reporter, Value input, ShapeRef permutation,
                                                Types &types) {
  ShapeRef inputShape = getShape(input);
  llvm::SmallVector<int64_t> sorted(permutation), shape;
  llvm::sort(sorted);
  bool isPermutation = sorted.size() == inputShape.size();
  for (auto [index, value] : llvm::enumerate(sorted))
    isPermutation &= value == int64_t(index);
  if (!isPermutation)
    return reporter.about("permutation")
        .fail("expected a permutation of ", inputShape.size(), " dimensions, but got [", permutation, "]");
  for (int64_t source : permutation)
    shape.push_back(inputShape[source]);
  return succeedWith(types, shape, input);
}

//===----------------------------------------------------------------------===//
// Primitive ops
//===----------------------------------------------------------------------===//

LogicalResult vitc::vit::detail::inferElementwise(std::optional<Location> location, llvm::StringRef op,
                                                  ValueRange operands, Types &types) {
  llvm::SmallVector<int64_t> shape(getShape(operands.front()));
  for (Value operand : operands.drop_front()) {
    ShapeRef other = getShape(operand);
    if (shape.size() < other.size())
      shape.insert(shape.begin(), other.size() - shape.size(), 1);
    for (auto [result, size] : llvm::zip(llvm::MutableArrayRef(shape).take_back(other.size()), other)) {
      if (result != size && result != 1 && size != 1)
        return Reporter(location, op)
            .fail("expected shapes that broadcast, but got ", operands.front().getType(), " and ", operand.getType());
      if (result == 1)
        result = size;
    }
  }
  return succeedWith(types, shape, operands.front());
}

static bool areAtLeast(ShapeRef values, size_t count, int64_t least) {
  return values.size() == count && llvm::all_of(values, [&](int64_t value) { return value >= least; });
}

/// What a window of `size` elements `dilation` apart reaches over; the largest number, if that is beyond it.
static int64_t dilatedExtent(int64_t size, int64_t dilation) {
  int64_t extent = 0;
  if (__builtin_mul_overflow(size - 1, dilation, &extent) || __builtin_add_overflow(extent, 1, &extent))
    return std::numeric_limits<int64_t>::max();
  return extent;
}

LogicalResult vitc::vit::detail::expectEpsilon(const Reporter &reporter, FloatAttr epsilon) {
  if (epsilon.getValueAsDouble() >= 0 && std::isfinite(epsilon.getValueAsDouble()))
    return success();
  return reporter.about("epsilon").fail("expected an epsilon that is finite and not negative, but got ", epsilon);
}

/// Conv2dOp or FusedConv2dOp.
template <typename Adaptor>
static LogicalResult inferConvolution(const Reporter &reporter, Adaptor adaptor, Types &types) {
  ShapeRef input = getShape(adaptor.getInput()), weight = getShape(adaptor.getWeight());
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 3)) ||
      failed(expectRank(reporter, "weight", adaptor.getWeight(), 4)) ||
      failed(expectVector(reporter, "bias", adaptor.getBias(), weight[0], "the weight's first dimension")))
    return failure();

  ShapeRef stride = adaptor.getStride(), padding = adaptor.getPadding(), dilation = adaptor.getDilation();
  int64_t groups = adaptor.getGroups();
  if (!areAtLeast(stride, 2, 1) || !areAtLeast(dilation, 2, 1))
    return reporter.about("stride").fail("expected two strides and two dilations of at least 1, but got [", stride,
                                         "] and [", dilation, "]");
  if (!areAtLeast(padding, 4, 0))
    return reporter.about("padding").fail("expected four paddings of at least 0, but got [", padding, "]");
  if (groups < 1)
    return reporter.about("groups").fail("expected groups to be at least 1, but got ", groups);

  if (weight[1] * groups != input[2])
    return reporter.fail("expected weight for ", input[2], " channels (the input's) in ", groups,
                         " groups, but got one for ", weight[1], " channels in each");
  if (weight[0] % groups != 0)
    return reporter.about("groups").fail("expected groups to divide ", weight[0],
                                         " (the weight's first dimension), but got ", groups);

  int64_t result[3] = {0, 0, weight[0]};
  for (int64_t axis : {0, 1}) {
    int64_t padded = input[axis] + padding[axis] + padding[axis + 2];
    int64_t kernel = dilatedExtent(weight[axis + 2], dilation[axis]);
    if (kernel > padded)
      return reporter.about("kernel_size")
          .fail("expected a dilated kernel of at most ", padded, " (the padded input) in dimension ", axis,
                ", but got ", kernel);
    result[axis] = (padded - kernel) / stride[axis] + 1;
  }
  return succeedWith(types, result, adaptor.getInput());
}

static LogicalResult expectResidual(const Reporter &reporter, Value residual, Type result) {
  if (residual && residual.getType() != result)
    return reporter.fail("expected residual of ", result, " (the result), but got ", residual.getType());
  return success();
}

LogicalResult Conv2dOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                         Types &types) {
  return inferConvolution({location, getOperationName()}, adaptor, types);
}

LogicalResult FusedConv2dOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                              Types &types) {
  Reporter reporter(location, getOperationName());
  if (failed(inferConvolution(reporter, adaptor, types)))
    return failure();
  return expectResidual(reporter, adaptor.getResidual(), types.front());
}

LogicalResult Pool2dOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                         Types &types) {
  Reporter reporter(location, getOperationName());
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 3)))
    return failure();
  ShapeRef input = getShape(adaptor.getInput()), window = adaptor.getWindow(), stride = adaptor.getStride(),
           padding = adaptor.getPadding(), dilation = adaptor.getDilation();
  if (!areAtLeast(window, 2, 1) || !areAtLeast(stride, 2, 1) || !areAtLeast(dilation, 2, 1))
    return reporter.about("window").fail("expected two sizes, two strides and two dilations of at least 1, but got [",
                                         window, "], [", stride, "] and [", dilation, "]");
  if (!areAtLeast(padding, 4, 0) ||
      llvm::any_of(llvm::seq(4), [&](int side) { return padding[side] > window[side % 2] / 2; }))
    return reporter.about("padding").fail("expected four paddings from 0 to half of the window, but got [", padding,
                                          "]");
  bool isAverage = adaptor.getKind() == PoolKind::Average;
  if (isAverage && !llvm::all_of(dilation, [](int64_t step) { return step == 1; }))
    return reporter.about("dilation").fail("expected no dilation of an average, but got [", dilation, "]");
  if (!isAverage && adaptor.getCountIncludePad())
    return reporter.about("count_include_pad").fail("expected count_include_pad of an average only");
  int64_t result[3] = {0, 0, input[2]};
  for (int64_t axis : {0, 1}) {
    int64_t padded = input[axis] + padding[axis] + padding[axis + 2];
    int64_t extent = dilatedExtent(window[axis], dilation[axis]);
    if (extent > padded)
      return reporter.about("window").fail("expected a dilated window of at most ", padded,
                                           " (the padded input) in dimension ", axis, ", but got ", extent);
    int64_t rest = padded - extent;
    result[axis] = rest / stride[axis] + 1;
    if (adaptor.getCeilMode() && rest % stride[axis] != 0 && result[axis] * stride[axis] < input[axis] + padding[axis])
      ++result[axis];
  }
  return succeedWith(types, result, adaptor.getInput());
}

LogicalResult Unfold2dOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                           Types &types) {
  Reporter reporter(location, getOperationName());
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 3)))
    return failure();
  ShapeRef input = getShape(adaptor.getInput()), window = adaptor.getWindow(), stride = adaptor.getStride(),
           dilation = adaptor.getDilation();
  if (!areAtLeast(window, 2, 1) || !areAtLeast(stride, 2, 1) || !areAtLeast(dilation, 2, 1))
    return reporter.about("window").fail("expected two sizes, two strides and two dilations of at least 1, but got [",
                                         window, "], [", stride, "] and [", dilation, "]");
  int64_t result[5] = {0, 0, window[0], window[1], input[2]};
  for (int64_t axis : {0, 1}) {
    int64_t extent = dilatedExtent(window[axis], dilation[axis]);
    if (extent > input[axis])
      return reporter.about("window").fail("expected a dilated window of at most ", input[axis],
                                           " (the input) in dimension ", axis, ", but got ", extent);
    result[axis] = (input[axis] - extent) / stride[axis] + 1;
  }
  return succeedWith(types, result, adaptor.getInput());
}

LogicalResult BatchNormOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                            Types &types) {
  Reporter reporter(location, getOperationName());
  ShapeRef shape = getShape(adaptor.getInput());
  if (shape.empty())
    return reporter.fail("expected input of rank 1 or more, but got ", adaptor.getInput().getType());
  for (auto [name, value] : {std::pair("mean", adaptor.getMean()), std::pair("variance", adaptor.getVariance()),
                             std::pair("weight", adaptor.getWeight()), std::pair("bias", adaptor.getBias())})
    if (failed(expectVector(reporter, name, value, shape.back(), "the input's last dimension")))
      return failure();
  if (failed(expectEpsilon(reporter, adaptor.getEpsilonAttr())))
    return failure();
  return succeedWith(types, shape, adaptor.getInput());
}

LogicalResult LinearOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                         Types &types) {
  llvm::SmallVector<int64_t> shape;
  if (failed(inferLinear({location, getOperationName()}, adaptor.getInput(), adaptor.getWeight(), adaptor.getBias(),
                         shape)))
    return failure();
  return succeedWith(types, shape, adaptor.getInput());
}

LogicalResult MatmulOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                         Types &types) {
  Reporter reporter(location, getOperationName());
  Value lhs = adaptor.getLhs(), rhs = adaptor.getRhs();
  ShapeRef lhsShape = getShape(lhs), rhsShape = getShape(rhs);
  size_t rank = lhsShape.size();
  if (rank < 2 || rhsShape.size() != rank)
    return reporter.fail("expected operands of the same rank, at least 2, but got ", lhs.getType(), " and ",
                         rhs.getType());
  if (lhsShape.drop_back(2) != rhsShape.drop_back(2))
    return reporter.fail("expected equal leading dimensions, but got ", lhs.getType(), " and ", rhs.getType());
  bool isTransposed = adaptor.getTransposeRhs();
  int64_t contracted = rhsShape[isTransposed ? rank - 1 : rank - 2];
  if (lhsShape.back() != contracted)
    return reporter.fail("expected the same contracted dimension, but got ", lhsShape.back(), " and ", contracted);
  llvm::SmallVector<int64_t> shape(lhsShape);
  shape.back() = rhsShape[isTransposed ? rank - 2 : rank - 1];
  return succeedWith(types, shape, lhs);
}

LogicalResult LayerNormOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                            Types &types) {
  Reporter reporter(location, getOperationName());
  ShapeRef shape = getShape(adaptor.getInput());
  if (shape.empty())
    return reporter.fail("expected input of rank 1 or more, but got ", adaptor.getInput().getType());
  if (bool(adaptor.getWeight()) != bool(adaptor.getBias()))
    return reporter.fail("expected weight and bias, or none of both");
  if (failed(expectVector(reporter, "weight", adaptor.getWeight(), shape.back(), "the input's last dimension")) ||
      failed(expectVector(reporter, "bias", adaptor.getBias(), shape.back(), "the input's last dimension")))
    return failure();
  if (!(adaptor.getEpsilon().convertToDouble() >= 0))
    return reporter.about("epsilon").fail("expected an epsilon that is not negative, but got ",
                                          adaptor.getEpsilonAttr());
  return succeedWith(types, shape, adaptor.getInput());
}

LogicalResult SoftmaxOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                          Types &types) {
  ShapeRef shape = getShape(adaptor.getInput());
  if (shape.empty())
    return Reporter(location, getOperationName())
        .fail("expected input of rank 1 or more, but got ", adaptor.getInput().getType());
  return succeedWith(types, shape, adaptor.getInput());
}

LogicalResult TransposeOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                            Types &types) {
  return inferTranspose({location, getOperationName()}, adaptor.getInput(), adaptor.getPermutation(), types);
}

LogicalResult ConcatOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                         Types &types) {
  return inferConcat({location, getOperationName()}, adaptor.getInputs(), adaptor.getDim(), types);
}

LogicalResult SliceOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                        Types &types) {
  return inferSlice({location, getOperationName()}, adaptor.getInput(), adaptor.getDim(), adaptor.getOffset(),
                    adaptor.getSize(), types);
}

LogicalResult PadOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor, Types &types) {
  ShapeRef shape = getShape(adaptor.getInput()), low = adaptor.getLow(), high = adaptor.getHigh();
  if (!areAtLeast(low, shape.size(), 0) || !areAtLeast(high, shape.size(), 0))
    return Reporter(location, getOperationName())
        .about("low")
        .fail("expected as many elements before and behind as there are dimensions, not negative, but got [", low,
              "] and [", high, "] for ", adaptor.getInput().getType());
  llvm::SmallVector<int64_t> result;
  // What does not fit is too large in any case.
  for (auto [size, before, behind] : llvm::zip_equal(shape, low, high))
    result.push_back(int64_t(std::min<uint64_t>(llvm::SaturatingAdd(uint64_t(size), uint64_t(before), uint64_t(behind)),
                                                std::numeric_limits<int64_t>::max())));
  return succeedWith(types, result, adaptor.getInput());
}

LogicalResult GatherOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                         Types &types) {
  Reporter reporter(location, getOperationName());
  ShapeRef input = getShape(adaptor.getInput()), indices = getShape(adaptor.getIndices());
  int64_t dim = adaptor.getDim();
  if (failed(expectDim(reporter, dim, input.size())))
    return failure();
  Type element = tensorType(adaptor.getIndices()).getElementType();
  if (!element.isSignlessInteger(32) && !element.isSignlessInteger(64))
    return reporter.fail("expected indices of i32 or i64, but got ", adaptor.getIndices().getType());
  llvm::SmallVector<int64_t> result(input.take_front(dim));
  llvm::append_range(result, indices);
  llvm::append_range(result, input.drop_front(dim + 1));
  return succeedWith(types, result, adaptor.getInput());
}

LogicalResult RotaryOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                         Types &types) {
  Reporter reporter(location, getOperationName());
  ShapeRef input = getShape(adaptor.getInput()), table = getShape(adaptor.getTable());
  if (input.size() < 2)
    return reporter.fail("expected input of rank 2 or more, but got ", adaptor.getInput().getType());
  if (failed(expectRank(reporter, "table", adaptor.getTable(), 3)))
    return failure();
  if (table[0] != 2)
    return reporter.fail("expected table with cosines and sines, but got ", table[0], " parts");
  if (table[1] > input[input.size() - 2])
    return reporter.fail("expected table for at most ", input[input.size() - 2], " tokens (the input's), but got ",
                         table[1]);
  if (input.back() % 2 != 0 || table[2] != input.back() / 2)
    return reporter.fail("expected table for half of ", input.back(), " features (the input's), but got ", table[2]);
  return succeedWith(types, input, adaptor.getInput());
}

LogicalResult vitc::vit::detail::inferReduction(std::optional<Location> location, llvm::StringRef op, Value input,
                                                int64_t dim, Types &types) {
  llvm::SmallVector<int64_t> shape(getShape(input));
  if (failed(expectDim({location, op}, dim, shape.size())))
    return failure();
  shape[dim] = 1;
  return succeedWith(types, shape, input);
}

/// Of a map at another size, fused or not.
template <typename Adaptor> static LogicalResult inferResize(const Reporter &reporter, Adaptor adaptor, Types &types) {
  ShapeRef size = adaptor.getSize();
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 3)))
    return failure();
  ShapeRef input = getShape(adaptor.getInput());
  if (!resizesMaps(adaptor.getKind()))
    return reporter.about("kind").fail("expected a kind for maps, but got ", stringifyResampleKind(adaptor.getKind()));
  if (failed(expectGrid(reporter, "'size'", size)) || failed(expectGrid(reporter, "the input", input.take_front(2))))
    return failure();
  return succeedWith(types, {size[0], size[1], input[2]}, adaptor.getInput());
}

LogicalResult Resize2dOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                           Types &types) {
  return inferResize({location, getOperationName()}, adaptor, types);
}

LogicalResult FusedResize2dOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                Types &types) {
  Reporter reporter(location, getOperationName());
  if (failed(inferResize(reporter, adaptor, types)))
    return failure();
  return expectResidual(reporter, adaptor.getResidual(), types.front());
}
