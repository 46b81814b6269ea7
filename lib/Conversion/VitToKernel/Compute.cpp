//===- Compute.cpp - ops without a schedule of their own ----------------------===//
//
// Every op here becomes one `kernel.compute`, whose body is linalg and scf on the same buffers. Loops run along
// contiguous memory where the op allows it; beyond that nothing is tuned, and nothing vectorises them (ObjectEmitter).
//
//===----------------------------------------------------------------------===//

#include "ComputeBody.h"
#include "Lowering.h"

#include "vitc/runtime/program.h"
#include "llvm/ADT/TypeSwitch.h"

#include <limits>

using namespace mlir;
using namespace vitc;

using Iterators = SmallVector<utils::IteratorType>;
static constexpr utils::IteratorType kParallel = utils::IteratorType::parallel;
static constexpr utils::IteratorType kReduction = utils::IteratorType::reduction;

/// Elements of a tensor, as a number of operations.
static double elementCount(Value value) { return cast<RankedTensorType>(value.getType()).getNumElements(); }

//===----------------------------------------------------------------------===//
// Elements
//===----------------------------------------------------------------------===//

static void emitBody(ComputeBody &b, vit::AddOp, ValueRange buffers) {
  b.elementwise(buffers.drop_back(), buffers.back(), [&](ValueRange x) { return b.addf(x[0], x[1]); });
}

static void emitBody(ComputeBody &b, vit::MulOp, ValueRange buffers) {
  b.elementwise(buffers.drop_back(), buffers.back(), [&](ValueRange x) { return b.mulf(x[0], x[1]); });
}

static void emitBody(ComputeBody &b, vit::ScaleOp op, ValueRange buffers) {
  b.elementwise(buffers[0], buffers[1],
                [&](ValueRange x) { return b.mulf(x[0], b.constant(op.getFactor().convertToDouble())); });
}

static void emitBody(ComputeBody &b, vit::ActivationOp op, ValueRange buffers) {
  b.elementwise(buffers[0], buffers[1], [&](ValueRange x) { return b.activation(op.getKind(), x[0]); });
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Indices of a row and, last, of an element in it.
static SmallVector<Value> withColumn(ValueRange row, Value column) {
  SmallVector<Value> indices(row);
  indices.push_back(column);
  return indices;
}

static void emitBody(ComputeBody &b, vit::SoftmaxOp, ValueRange buffers) {
  Value input = buffers[0], output = buffers[1];
  int64_t columns = bufferShape(input).back();
  b.forAll(bufferShape(input).drop_back(), [&](ValueRange row) {
    Value lowest = b.constant(-std::numeric_limits<double>::infinity());
    Value maximum = b.reduce(columns, lowest, [&](Value column, Value carried) {
      return b.maxf(carried, b.load(input, withColumn(row, column)));
    });
    Value sum = b.reduce(columns, b.constant(0.0), [&](Value column, Value carried) {
      Value power = b.exp(b.subf(b.load(input, withColumn(row, column)), maximum));
      b.store(power, output, withColumn(row, column));
      return b.addf(carried, power);
    });
    Value reciprocal = b.divf(b.constant(1.0), sum);
    b.forAll(columns, [&](ValueRange column) {
      SmallVector<Value> indices = withColumn(row, column[0]);
      b.store(b.mulf(b.load(output, indices), reciprocal), output, indices);
    });
  });
}

static void emitBody(ComputeBody &b, vit::LayerNormOp op, ValueRange buffers) {
  Value input = buffers.front(), output = buffers.back();
  int64_t columns = bufferShape(input).back();
  b.forAll(bufferShape(input).drop_back(), [&](ValueRange row) {
    Value scale = b.constant(1.0 / double(columns));
    Value mean;
    if (!op.getRms()) {
      Value sum = b.reduce(columns, b.constant(0.0), [&](Value column, Value carried) {
        return b.accumulate(carried, b.load(input, withColumn(row, column)));
      });
      mean = b.mulf(sum, scale);
    }
    auto centred = [&](ValueRange indices) {
      Value x = b.load(input, indices);
      return mean ? b.subf(x, mean) : x;
    };
    Value squares = b.reduce(columns, b.constant(0.0), [&](Value column, Value carried) {
      Value x = centred(withColumn(row, column));
      return b.accumulateProduct(carried, x, x);
    });
    Value variance = b.addf(b.mulf(squares, scale), b.constant(op.getEpsilon().convertToDouble()));
    Value reciprocal = b.divf(b.constant(1.0), b.sqrt(variance));
    b.forAll(columns, [&](ValueRange column) {
      SmallVector<Value> indices = withColumn(row, column[0]);
      Value result = b.mulf(centred(indices), reciprocal);
      if (op.getWeight())
        result = b.multiplyAdd(result, b.load(buffers[1], column), b.load(buffers[2], column));
      b.store(result, output, indices);
    });
  });
}

/// Combines the elements of one dimension, starting from `start`; `finish` makes the result of that.
static void emitReduction(ComputeBody &b, unsigned dim, Value input, Value output, Value start,
                          llvm::function_ref<Value(Value, Value)> combine, llvm::function_ref<Value(Value)> finish) {
  ArrayRef<int64_t> shape = bufferShape(input);
  unsigned rank = shape.size();
  if (dim + 1 == rank) {
    b.forAll(shape.drop_back(), [&](ValueRange row) {
      Value result = b.reduce(shape[dim], start, [&](Value column, Value carried) {
        return combine(carried, b.load(input, withColumn(row, column)));
      });
      b.store(finish(result), output, withColumn(row, b.index(0)));
    });
    return;
  }
  // Results are collected in the output, along its last dimension.
  b.elementwise({}, output, [&](ValueRange) { return start; });
  AffineMap identity = b.builder.getMultiDimIdentityMap(rank);
  SmallVector<AffineExpr> results(identity.getResults());
  results[dim] = b.builder.getAffineConstantExpr(0);
  Iterators iterators(rank, kParallel);
  iterators[dim] = kReduction;
  b.generic(input, output, {identity, AffineMap::get(rank, 0, results, b.builder.getContext())}, iterators,
            [&](ValueRange x) { return combine(x[1], x[0]); });
  b.elementwise({}, output, [&](ValueRange x) { return finish(x[0]); });
}

static void emitBody(ComputeBody &b, vit::ReduceMeanOp op, ValueRange buffers) {
  ArrayRef<int64_t> shape = bufferShape(buffers[0]);
  bool isLast = op.getDim() + 1 == shape.size();
  Value zero = b.constant(0.0), scale = b.constant(1.0 / double(shape[op.getDim()]));
  emitReduction(
      b, op.getDim(), buffers[0], buffers[1], zero,
      [&](Value sum, Value x) { return isLast ? b.accumulate(sum, x) : b.addf(sum, x); },
      [&](Value sum) { return b.mulf(sum, scale); });
}

static void emitBody(ComputeBody &b, vit::ReduceMaxOp op, ValueRange buffers) {
  // Unlike `maxf` this keeps a NaN that comes early.
  auto combine = [&](Value maximum, Value x) -> Value {
    return b.builder.create<arith::MaximumFOp>(b.loc, maximum, x);
  };
  emitReduction(b, op.getDim(), buffers[0], buffers[1], b.constant(-std::numeric_limits<double>::infinity()), combine,
                [](Value maximum) { return maximum; });
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

static void emitCopy(ComputeBody &b, ValueRange buffers) {
  b.elementwise(buffers[0], buffers[1], [](ValueRange x) { return x[0]; });
}

/// `indices` with `offset` added to that of one dimension.
static SmallVector<Value> shifted(ComputeBody &b, ValueRange indices, unsigned dim, int64_t offset) {
  SmallVector<Value> result(indices);
  if (offset != 0)
    result[dim] = b.add(result[dim], b.index(offset));
  return result;
}

static void emitBody(ComputeBody &b, vit::SliceOp op, ValueRange buffers) {
  b.forAll(bufferShape(buffers[1]), [&](ValueRange indices) {
    b.store(b.load(buffers[0], shifted(b, indices, op.getDim(), op.getOffset())), buffers[1], indices);
  });
}

/// Copies inputs next to each other along `dim`, the first one to `offset`.
static void emitConcat(ComputeBody &b, unsigned dim, int64_t offset, ValueRange buffers) {
  for (Value input : buffers.drop_back()) {
    b.forAll(bufferShape(input), [&](ValueRange indices) {
      b.store(b.load(input, indices), buffers.back(), shifted(b, indices, dim, offset));
    });
    offset += bufferShape(input)[dim];
  }
}

static void emitBody(ComputeBody &b, vit::TransposeOp op, ValueRange buffers) {
  // Loops are over the result; dimension i of it is dimension permutation[i] of the input.
  ArrayRef<int64_t> permutation = op.getPermutation();
  unsigned rank = permutation.size();
  SmallVector<AffineExpr> results(rank);
  for (unsigned dim = 0; dim < rank; ++dim)
    results[permutation[dim]] = b.builder.getAffineDimExpr(dim);
  b.generic(buffers[0], buffers[1],
            {AffineMap::get(rank, 0, results, b.builder.getContext()), b.builder.getMultiDimIdentityMap(rank)},
            Iterators(rank, kParallel), [](ValueRange x) { return x[0]; });
}

/// Row-major strides of a shape, without padding.
static SmallVector<int64_t> rowMajorStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t dim = int64_t(shape.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * shape[dim + 1];
  return strides;
}

/// The coarsest shape that both shapes can be made of by merging neighbours: 14x14x192 for 196x192 and 14x14x192. If
/// there is none (2x3 and 3x2), all elements in one dimension.
static SmallVector<int64_t> commonRefinement(ArrayRef<int64_t> a, ArrayRef<int64_t> b, int64_t elements) {
  SmallVector<int64_t> strides = rowMajorStrides(a);
  llvm::append_range(strides, rowMajorStrides(b));
  llvm::sort(strides, std::greater<int64_t>());
  SmallVector<int64_t> shape;
  int64_t outer = elements;
  for (int64_t stride : strides) {
    if (outer % stride != 0)
      return {elements};
    if (outer != stride)
      shape.push_back(outer / stride);
    outer = stride;
  }
  return shape;
}

static void emitBody(ComputeBody &b, vit::ReshapeOp op, ValueRange buffers) {
  ArrayRef<int64_t> from = bufferShape(buffers[0]), to = bufferShape(buffers[1]);
  SmallVector<int64_t> shape = commonRefinement(from, to, int64_t(elementCount(op.getInput())));
  SmallVector<int64_t> strides = rowMajorStrides(shape);
  b.forAll(shape, [&](ValueRange loops) {
    // A dimension takes the loops whose strides lie within it; a single loop over everything is taken apart.
    auto indicesIn = [&](ArrayRef<int64_t> dims) {
      SmallVector<Value> indices;
      for (auto [size, stride] : llvm::zip(dims, rowMajorStrides(dims))) {
        Value index;
        for (auto [loop, loopStride, loopSize] : llvm::zip(loops, strides, shape)) {
          if (loopStride >= stride * size || loopStride * loopSize <= stride)
            continue;
          bool isWithin = loopStride >= stride && loopStride * loopSize <= stride * size;
          Value part = isWithin ? b.mul(loop, loopStride / stride) : b.rem(b.div(loop, stride), size);
          index = index ? b.add(index, part) : part;
        }
        if (!index)
          index = b.index(0);
        indices.push_back(index);
      }
      return indices;
    };
    b.store(b.load(buffers[0], indicesIn(from)), buffers[1], indicesIn(to));
  });
}

/// Copies the tokens that are not rotated, then rotates pair by pair.
static void emitBody(ComputeBody &b, vit::RotaryOp op, ValueRange buffers) {
  Value input = buffers[0], table = buffers[1], output = buffers[2];
  ArrayRef<int64_t> shape = bufferShape(input);
  unsigned tokenDim = shape.size() - 2;
  int64_t rotated = bufferShape(table)[1], pairs = bufferShape(table)[2], kept = shape[tokenDim] - rotated;
  SmallVector<int64_t> loops(shape);
  if (kept > 0) {
    loops[tokenDim] = kept;
    b.forAll(loops, [&](ValueRange indices) { b.store(b.load(input, indices), output, indices); });
  }
  loops[tokenDim] = rotated;
  loops.back() = pairs;
  b.forAll(loops, [&](ValueRange indices) {
    Value token = indices[tokenDim], pair = indices.back();
    SmallVector<Value> first(indices);
    first[tokenDim] = kept > 0 ? b.add(token, b.index(kept)) : token;
    SmallVector<Value> second = first;
    first.back() = op.getInterleaved() ? b.mul(pair, 2) : pair;
    second.back() = b.add(first.back(), b.index(op.getInterleaved() ? 1 : pairs));
    Value x = b.load(input, first), y = b.load(input, second);
    Value cosine = b.load(table, {b.index(0), token, pair}), sine = b.load(table, {b.index(1), token, pair});
    b.store(b.subf(b.mulf(x, cosine), b.mulf(y, sine)), output, first);
    b.store(b.multiplyAdd(x, sine, b.mulf(y, cosine)), output, second);
  });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// Sets the output to the bias, repeated, or to zero.
static void emitStart(ComputeBody &b, ValueRange bias, Value output) {
  b.elementwise(bias, output, [&](ValueRange x) { return bias.empty() ? b.constant(0.0) : x[0]; });
}

/// `output[outer, m, n] += sum(k) lhs[outer, m, k] * rhs[batch, k, n]` along n, where `batch` are the first dimensions
/// of outer, as many as the rank of rhs has beyond two.
static void emitProduct(ComputeBody &b, Value lhs, Value rhs, Value output) {
  unsigned rank = bufferShape(lhs).size(), batch = bufferShape(rhs).size() - 2;
  auto dim = [&](unsigned position) { return b.builder.getAffineDimExpr(position); };
  SmallVector<AffineExpr> rows, columns;
  for (unsigned i = 0; i + 1 < rank; ++i)
    rows.push_back(dim(i));
  columns.assign(rows.begin(), rows.begin() + batch);
  AffineExpr k = dim(rank - 1), n = dim(rank);
  auto map = [&](SmallVector<AffineExpr> results, std::initializer_list<AffineExpr> last) {
    results.append(last);
    return AffineMap::get(rank + 1, 0, results, b.builder.getContext());
  };
  Iterators iterators(rank + 1, kParallel);
  iterators[rank - 1] = kReduction;
  b.generic({lhs, rhs}, output, {map(rows, {k}), map(columns, {k, n}), map(rows, {n})}, iterators,
            [&](ValueRange x) { return b.multiplyAdd(x[0], x[1], x[2]); });
}

/// The same with `rhs[batch, n, k]`, every element of the result on its own, from `bias[n]` if there is one.
static void emitTransposedProduct(ComputeBody &b, Value lhs, Value rhs, ValueRange bias, Value output) {
  unsigned batch = bufferShape(rhs).size() - 2;
  b.forAll(bufferShape(output), [&](ValueRange indices) {
    Value start = bias.empty() ? b.constant(0.0) : b.load(bias[0], indices.back());
    Value sum = b.reduce(bufferShape(lhs).back(), start, [&](Value k, Value carried) {
      SmallVector<Value> row(indices.take_front(batch));
      row.append({indices.back(), k});
      return b.accumulateProduct(carried, b.load(lhs, withColumn(indices.drop_back(), k)), b.load(rhs, row));
    });
    b.store(sum, output, indices);
  });
}

static void emitBody(ComputeBody &b, vit::MatmulOp op, ValueRange buffers) {
  if (op.getTransposeRhs())
    return emitTransposedProduct(b, buffers[0], buffers[1], {}, buffers[2]);
  emitStart(b, {}, buffers[2]);
  emitProduct(b, buffers[0], buffers[1], buffers[2]);
}

/// Runs over kernel positions with outputs innermost. `isTransposed`: the weight is `KHxKWxCxO`, else `OxCxKHxKW`.
static void emitConv2d(ComputeBody &b, vit::Conv2dOp op, ValueRange buffers, bool isTransposed) {
  Value input = buffers[0], weight = buffers[1], output = buffers.back();
  ArrayRef<int64_t> inputShape = bufferShape(input), outputShape = bufferShape(output);
  ArrayRef<int64_t> kernel = vit::getShape(op.getWeight());
  ArrayRef<int64_t> stride = op.getStride(), padding = op.getPadding(), dilation = op.getDilation();
  emitStart(b, buffers.drop_front(2).drop_back(), output);

  // Kernel position p meets input y * stride + p * dilation - padding, which must lie within [0, size): the first and
  // the end of such p for an output position.
  auto kernelRange = [&](unsigned axis, Value position) -> std::pair<Value, Value> {
    int64_t taps = kernel[axis + 2], step = dilation[axis], size = inputShape[axis];
    if (padding[axis] == 0 && padding[axis + 2] == 0)
      return {b.index(0), b.index(taps)};
    Value start = b.mul(position, stride[axis]);
    Value before = b.max(b.sub(b.index(padding[axis]), start), b.index(0));
    Value room = b.max(b.sub(b.index(size + padding[axis]), start), b.index(0));
    return {b.div(b.add(before, b.index(step - 1)), step),
            b.min(b.div(b.add(room, b.index(step - 1)), step), b.index(taps))};
  };
  auto inputIndex = [&](unsigned axis, Value position, Value tap) {
    Value index = b.add(b.mul(position, stride[axis]), b.mul(tap, dilation[axis]));
    return padding[axis] == 0 ? index : b.sub(index, b.index(padding[axis]));
  };
  int64_t groupOutputs = kernel[0] / int64_t(op.getGroups()), groupInputs = kernel[1];
  b.forAll(outputShape.take_front(2), [&](ValueRange at) {
    auto [rowBegin, rowEnd] = kernelRange(0, at[0]);
    auto [columnBegin, columnEnd] = kernelRange(1, at[1]);
    b.loop(rowBegin, rowEnd, [&, begin = columnBegin, end = columnEnd](Value i) {
      b.loop(begin, end, [&](Value j) {
        b.forAll({groupInputs, kernel[0]}, [&](ValueRange channels) {
          Value c = channels[0], o = channels[1];
          Value channel = op.getGroups() == 1 ? c : b.add(b.mul(b.div(o, groupOutputs), groupInputs), c);
          Value x = b.load(input, {inputIndex(0, at[0], i), inputIndex(1, at[1], j), channel});
          Value w = isTransposed ? b.load(weight, {i, j, c, o}) : b.load(weight, {o, c, i, j});
          SmallVector<Value> target = withColumn(at, o);
          b.store(b.multiplyAdd(x, w, b.load(output, target)), output, target);
        });
      });
    });
  });
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

void Lowering::addCompute(Location loc, StringRef kind, ValueRange inputs, Value output, double flops,
                          llvm::function_ref<void(ComputeBody &, ValueRange)> emit) {
  SmallVector<Value> operands(inputs);
  operands.push_back(output);
  auto compute = builder.create<kernel::ComputeOp>(loc, operands, inputs.size(), kind, int64_t(flops));
  Block &body = compute.getBody().emplaceBlock();
  for (Value operand : operands)
    body.addArgument(operand.getType(), loc);
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&body);
  ComputeBody emitter(builder, loc, cast<MemRefType>(output.getType()).getElementType());
  emit(emitter, body.getArguments());
}

Value Lowering::computeOperand(Value value) {
  if (!isWeight(value) || !vit::getShape(value).empty())
    return bufferOf(value);
  return packRows(reshapeWeight(weights.lookupOrDefault(value), {1}), 1);
}

Value Lowering::computeFilter(Value weight, ArrayRef<int64_t> permutation) {
  if (!isWeight(weight))
    return bufferOf(weight);
  Value transposed = builder.create<vit::WeightTransposeOp>(weight.getLoc(), weights.lookupOrDefault(weight),
                                                            builder.getDenseI64ArrayAttr(permutation));
  return packRows(transposed, vit::getShape(transposed).back());
}

LogicalResult Lowering::lowerCompute(Operation *op) {
  Location loc = op->getLoc();
  StringRef kind = op->getName().stripDialect();
  // Buffers of all operands, then the result's.
  auto add = [&](auto typed, double flops) {
    SmallVector<Value> inputs;
    for (Value operand : typed->getOperands())
      inputs.push_back(computeOperand(operand));
    addCompute(loc, kind, inputs, makeBuffer(typed.getResult()), flops,
               [&](ComputeBody &body, ValueRange buffers) { emitBody(body, typed, buffers); });
    return success();
  };
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case<vit::AddOp, vit::MulOp, vit::ScaleOp, vit::ActivationOp>(
          [&](auto typed) { return add(typed, elementCount(typed.getResult())); })
      .Case<vit::ReduceMeanOp, vit::ReduceMaxOp>(
          [&](auto reduction) { return add(reduction, elementCount(reduction.getInput())); })
      // A maximum, a subtraction, an exponential, an addition and a multiplication.
      .Case([&](vit::SoftmaxOp softmax) { return add(softmax, 5 * elementCount(softmax.getResult())); })
      // As kernel.layer_norm.
      .Case([&](vit::LayerNormOp norm) { return add(norm, (norm.getRms() ? 4 : 8) * elementCount(norm.getResult())); })
      .Case([&](vit::RotaryOp rotary) { return add(rotary, 3 * elementCount(rotary.getResult())); })
      .Case<vit::ReshapeOp, vit::TransposeOp, vit::SliceOp>([&](auto typed) { return add(typed, 0); })
      .Case([&](vit::ConcatOp concat) {
        SmallVector<Value> inputs;
        for (Value operand : concat.getOperands())
          inputs.push_back(computeOperand(operand));
        Value output = makeBuffer(concat.getResult());
        // As many inputs a step as the runtime takes operands.
        int64_t offset = 0;
        for (ArrayRef<Value> rest = inputs, part; !rest.empty(); rest = rest.drop_front(part.size())) {
          part = rest.take_front(VITC_MAX_OPERANDS - 1);
          addCompute(loc, kind, part, output, 0, [&](ComputeBody &body, ValueRange buffers) {
            emitConcat(body, concat.getDim(), offset, buffers);
          });
          for (Value input : part)
            offset += bufferShape(input)[concat.getDim()];
        }
        return success();
      })
      .Case([&](vit::MatmulOp matmul) {
        return add(matmul, 2 * elementCount(matmul.getResult()) * double(vit::getShape(matmul.getLhs()).back()));
      })
      .Case([&](vit::LinearOp linear) {
        bool isTransposed = isWeight(linear.getWeight());
        SmallVector<Value> inputs = {computeOperand(linear.getInput()), computeFilter(linear.getWeight(), {1, 0})};
        if (linear.getBias())
          inputs.push_back(computeOperand(linear.getBias()));
        double flops = 2 * elementCount(linear.getInput()) * double(vit::getShape(linear.getWeight())[0]);
        addCompute(loc, kind, inputs, makeBuffer(linear.getResult()), flops,
                   [&](ComputeBody &body, ValueRange buffers) {
                     ValueRange bias = buffers.drop_front(2).drop_back();
                     if (!isTransposed)
                       return emitTransposedProduct(body, buffers[0], buffers[1], bias, buffers.back());
                     emitStart(body, bias, buffers.back());
                     emitProduct(body, buffers[0], buffers[1], buffers.back());
                   });
        return success();
      })
      .Case([&](vit::Conv2dOp conv) {
        ArrayRef<int64_t> kernel = vit::getShape(conv.getWeight());
        bool isTransposed = isWeight(conv.getWeight());
        SmallVector<Value> inputs = {computeOperand(conv.getInput()), computeFilter(conv.getWeight(), {2, 3, 1, 0})};
        if (conv.getBias())
          inputs.push_back(computeOperand(conv.getBias()));
        double flops = 2 * elementCount(conv.getResult()) * double(kernel[1] * kernel[2] * kernel[3]);
        addCompute(loc, kind, inputs, makeBuffer(conv.getResult()), flops,
                   [&](ComputeBody &body, ValueRange buffers) { emitConv2d(body, conv, buffers, isTransposed); });
        return success();
      })
      .Default([](Operation *other) {
        if (isa_and_nonnull<vit::VitDialect>(other->getDialect()))
          return other->emitOpError("expected weights that are known at compile time");
        return other->emitOpError("expected an op of the vit dialect");
      });
}

void Lowering::copyResult(Value value, Value destination) {
  Value source = computeOperand(value);
  if (source == destination)
    return;
  addCompute(value.getLoc(), "copy", source, destination, 0,
             [](ComputeBody &body, ValueRange buffers) { emitCopy(body, buffers); });
}
