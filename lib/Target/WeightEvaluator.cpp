//===- WeightEvaluator.cpp - values of expressions on weights -------------===//

#include "WeightEvaluator.h"

#include "PositionTables.h"
#include "vitc/Dialect/Vit/IR/Winograd.h"
#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/TypeSwitch.h"

#include <array>
#include <cmath>

using namespace llvm;
using namespace vitc;
using mlir::Value;

/// Elements of a matrix that a product reads at once.
static constexpr int64_t blockElements = 1 << 16;

static ArrayRef<int64_t> shapeOf(Value value) { return cast<mlir::RankedTensorType>(value.getType()).getShape(); }

static int64_t product(ArrayRef<int64_t> shape) {
  int64_t elements = 1;
  for (int64_t extent : shape)
    elements *= extent;
  return elements;
}

/// Elements between neighbours of each dimension in row-major order.
static SmallVector<int64_t> stridesOf(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (size_t dim = shape.size(); dim > 1; --dim)
    strides[dim - 2] = strides[dim - 1] * shape[dim - 1];
  return strides;
}

/// Copies the elements [first, first + count) of an array of this shape whose elements lie in `values` at the given
/// strides.
template <typename T>
static void gather(ArrayRef<T> values, ArrayRef<int64_t> shape, ArrayRef<int64_t> strides, int64_t first, int64_t count,
                   T *out) {
  SmallVector<int64_t> index(shape.size());
  int64_t position = 0;
  for (size_t dim = shape.size(), rest = first; dim-- > 0; rest /= shape[dim]) {
    index[dim] = rest % shape[dim];
    position += index[dim] * strides[dim];
  }
  for (int64_t i = 0; i < count; ++i) {
    out[i] = values[position];
    for (size_t dim = shape.size(); dim-- > 0;) {
      position += strides[dim];
      if (++index[dim] < shape[dim])
        break;
      position -= shape[dim] * strides[dim];
      index[dim] = 0;
    }
  }
}

/// The sum of products in one order, which leaves a compiler eight independent sums.
template <typename T> static T dotProduct(const T *a, const T *b, int64_t count) {
  std::array<T, 8> sums = {};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8)
    for (int64_t lane = 0; lane < 8; ++lane)
      sums[lane] += a[i + lane] * b[i + lane];
  for (; i < count; ++i)
    sums[i % 8] += a[i] * b[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

bool vitc::movesValuesOnly(Value expression) {
  mlir::Operation *op = expression.getDefiningOp();
  return isa_and_nonnull<vit::WeightOp, vit::WeightFillOp, vit::WeightConcatOp, vit::WeightSliceOp,
                         vit::WeightReshapeOp, vit::WeightTransposeOp, vit::WeightReverseOp,
                         vit::WeightRelativePositionBiasOp, vit::WeightWindowMaskOp, vit::WeightQuantizeOp,
                         vit::WeightQuantizeScaleOp, vit::WeightQuantizeSumOp, vit::WeightRoundOp>(op) &&
         all_of(op->getOperands(), movesValuesOnly);
}

template <typename T> Error WeightEvaluator<T>::evaluate(Value expression, int64_t first, int64_t count, T *out) {
  if (count == 0)
    return Error::success();
  if (!expression.getDefiningOp())
    return inputError("weights", "", "a weight depends on an argument");
  Error error = Error::success();
  ErrorAsOutParameter isChecked(&error);
  TypeSwitch<mlir::Operation *>(expression.getDefiningOp())
      .Case<vit::WeightOp, vit::WeightFillOp, vit::WeightConcatOp, vit::WeightSliceOp, vit::WeightReshapeOp,
            vit::WeightTransposeOp, vit::WeightReverseOp, vit::WeightAddOp, vit::WeightScaleOp, vit::WeightScaleDimOp,
            vit::WeightRsqrtOp, vit::WeightStandardizeOp, vit::WeightMatvecOp, vit::WeightMatmulOp,
            vit::WeightQuantizeOp, vit::WeightQuantizeScaleOp, vit::WeightQuantizeSumOp, vit::WeightRoundOp,
            vit::WeightWinogradOp, vit::WeightResampleTapsOp, vit::WeightResampleOp, vit::WeightResampleKernelOp,
            vit::WeightRelativePositionBiasOp, vit::WeightSinusoidsOp, vit::WeightWindowMaskOp,
            vit::WeightContinuousPositionsOp, vit::WeightExpOp>(
          [&](auto op) { error = evaluateOp(op, first, count, out); })
      .Default([&](mlir::Operation *op) {
        error = inputError("weights", "", "a weight depends on " + op->getName().getStringRef());
      });
  return error;
}

template <typename T> Expected<ArrayRef<T>> WeightEvaluator<T>::evaluateWhole(Value expression) {
  if (auto known = wholes.find(expression); known != wholes.end())
    return ArrayRef<T>(known->second);
  std::vector<T> values(product(shapeOf(expression)));
  if (Error error = evaluate(expression, 0, values.size(), values.data()))
    return error;
  return ArrayRef<T>(wholes[expression] = std::move(values));
}

template <typename T> Error WeightEvaluator<T>::evaluateOp(vit::WeightOp op, int64_t first, int64_t count, T *out) {
  const StringRef name = op.getTensor();
  const TensorInfo *info = source.find(name);
  if (!info)
    return inputError(source.fileOf(name), name, "no such tensor");
  if (product(info->shape) != product(shapeOf(op)))
    return inputError(source.fileOf(name), name,
                      Twine(product(info->shape)) + " elements, expected " + Twine(product(shapeOf(op))));
  if constexpr (std::is_same_v<T, float>)
    return source.read(name, first, count, out);
  std::vector<float> values(count);
  if (Error error = source.read(name, first, count, values.data()))
    return error;
  copy(values, out);
  return Error::success();
}

template <typename T> Error WeightEvaluator<T>::evaluateOp(vit::WeightFillOp op, int64_t first, int64_t count, T *out) {
  std::fill_n(out, count, static_cast<T>(op.getValue().convertToDouble()));
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightConcatOp op, int64_t first, int64_t count, T *out) {
  const int64_t inner = product(shapeOf(op).drop_front(op.getDim() + 1));
  const int64_t outer = inner * shapeOf(op)[op.getDim()];
  const auto runOf = [&](Value input) { return inner * shapeOf(input)[op.getDim()]; };
  // Each index of the dimensions in front has one run of elements of each input.
  for (int64_t end = first + count; first < end;) {
    int64_t offset = first % outer;
    const auto inputs = op.getInputs();
    auto input = inputs.begin();
    for (; offset >= runOf(*input); ++input)
      offset -= runOf(*input);
    const int64_t run = runOf(*input), next = std::min(run - offset, end - first);
    if (Error error = evaluate(*input, first / outer * run + offset, next, out))
      return error;
    first += next;
    out += next;
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightSliceOp op, int64_t first, int64_t count, T *out) {
  const int64_t inner = product(shapeOf(op).drop_front(op.getDim() + 1));
  const int64_t run = inner * op.getSize(), outer = inner * shapeOf(op.getInput())[op.getDim()];
  for (int64_t end = first + count; first < end;) {
    const int64_t next = std::min(run - first % run, end - first);
    if (Error error = evaluate(op.getInput(), first / run * outer + inner * op.getOffset() + first % run, next, out))
      return error;
    first += next;
    out += next;
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightReshapeOp op, int64_t first, int64_t count, T *out) {
  return evaluate(op.getInput(), first, count, out);
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightTransposeOp op, int64_t first, int64_t count, T *out) {
  Expected<ArrayRef<T>> values = evaluateWhole(op.getInput());
  if (!values)
    return values.takeError();
  const SmallVector<int64_t> inputStrides = stridesOf(shapeOf(op.getInput()));
  SmallVector<int64_t> strides;
  for (int64_t dim : op.getPermutation())
    strides.push_back(inputStrides[dim]);
  gather<T>(*values, shapeOf(op), strides, first, count, out);
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightReverseOp op, int64_t first, int64_t count, T *out) {
  // Runs of elements that stay behind each other.
  const ArrayRef<int64_t> shape = shapeOf(op);
  const int64_t size = shape[op.getDim()], run = product(shape.drop_front(op.getDim() + 1));
  for (int64_t end = first + count; first < end;) {
    const int64_t row = first / run, mirrored = row - row % size + size - 1 - row % size;
    const int64_t next = std::min(run - first % run, end - first);
    if (Error error = evaluate(op.getInput(), mirrored * run + first % run, next, out))
      return error;
    first += next;
    out += next;
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateBroadcast(Value operand, ArrayRef<int64_t> shape, int64_t first, int64_t count,
                                            T *out) {
  const ArrayRef<int64_t> operandShape = shapeOf(operand);
  if (operandShape == shape)
    return evaluate(operand, first, count, out);
  Expected<ArrayRef<T>> values = evaluateWhole(operand);
  if (!values)
    return values.takeError();
  const SmallVector<int64_t> operandStrides = stridesOf(operandShape);
  SmallVector<int64_t> strides(shape.size(), 0);
  const size_t missing = shape.size() - operandShape.size();
  for (auto [dim, stride] : enumerate(operandStrides))
    if (operandShape[dim] != 1)
      strides[missing + dim] = stride;
  gather<T>(*values, shape, strides, first, count, out);
  return Error::success();
}

template <typename T> Error WeightEvaluator<T>::evaluateOp(vit::WeightAddOp op, int64_t first, int64_t count, T *out) {
  std::vector<T> addends(count);
  if (Error error = evaluateBroadcast(op.getLhs(), shapeOf(op), first, count, out))
    return error;
  if (Error error = evaluateBroadcast(op.getRhs(), shapeOf(op), first, count, addends.data()))
    return error;
  for (int64_t i = 0; i < count; ++i)
    out[i] += addends[i];
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightScaleOp op, int64_t first, int64_t count, T *out) {
  if (Error error = evaluate(op.getInput(), first, count, out))
    return error;
  const T factor = static_cast<T>(op.getFactor().convertToDouble());
  for (int64_t i = 0; i < count; ++i)
    out[i] *= factor;
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightScaleDimOp op, int64_t first, int64_t count, T *out) {
  if (Error error = evaluate(op.getInput(), first, count, out))
    return error;
  Expected<ArrayRef<T>> factors = evaluateWhole(op.getFactors());
  if (!factors)
    return factors.takeError();
  const int64_t inner = product(shapeOf(op).drop_front(op.getDim() + 1));
  // Runs of elements with one factor; for the last dimension, of elements with one factor each.
  for (int64_t i = 0; i < count;) {
    const int64_t index = (first + i) / inner % factors->size();
    if (inner == 1) {
      const int64_t run = std::min<int64_t>(factors->size() - index, count - i);
      for (int64_t j = 0; j < run; ++j)
        out[i + j] *= (*factors)[index + j];
      i += run;
      continue;
    }
    const int64_t run = std::min(inner - (first + i) % inner, count - i);
    for (int64_t j = 0; j < run; ++j)
      out[i + j] *= (*factors)[index];
    i += run;
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightRsqrtOp op, int64_t first, int64_t count, T *out) {
  if (Error error = evaluate(op.getInput(), first, count, out))
    return error;
  const double epsilon = op.getEpsilon().convertToDouble();
  for (int64_t i = 0; i < count; ++i)
    out[i] = T(1 / std::sqrt(double(out[i]) + epsilon));
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightStandardizeOp op, int64_t first, int64_t count, T *out) {
  const ArrayRef<int64_t> shape = shapeOf(op);
  const int64_t size = product(shape) / shape.front();
  const double epsilon = op.getEpsilon().convertToDouble();
  std::vector<T> filter(size);
  for (int64_t i = 0; i < count;) {
    const int64_t offset = (first + i) % size, run = std::min(size - offset, count - i);
    if (Error error = evaluate(op.getInput(), first + i - offset, size, filter.data()))
      return error;
    double sum = 0, squares = 0;
    for (T value : filter)
      sum += double(value);
    const double mean = sum / double(size);
    for (T value : filter)
      squares += (double(value) - mean) * (double(value) - mean);
    const double factor = 1 / std::sqrt(squares / double(size) + epsilon);
    for (int64_t k = 0; k < run; ++k)
      out[i + k] = T((double(filter[offset + k]) - mean) * factor);
    i += run;
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightMatvecOp op, int64_t first, int64_t count, T *out) {
  Expected<ArrayRef<T>> vector = evaluateWhole(op.getVector());
  if (!vector)
    return vector.takeError();
  const int64_t depth = vector->size(), blockRows = std::max<int64_t>(1, blockElements / std::max<int64_t>(1, depth));
  std::vector<T> rows(std::min(count, blockRows) * depth);
  for (int64_t row = 0; row < count; row += blockRows) {
    const int64_t end = std::min(row + blockRows, count);
    if (Error error = evaluate(op.getMatrix(), (first + row) * depth, (end - row) * depth, rows.data()))
      return error;
    for (int64_t i = row; i < end; ++i)
      out[i] = dotProduct(rows.data() + (i - row) * depth, vector->data(), depth);
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightMatmulOp op, int64_t first, int64_t count, T *out) {
  Expected<ArrayRef<T>> rhs = evaluateWhole(op.getRhs());
  if (!rhs)
    return rhs.takeError();
  const int64_t depth = shapeOf(op.getLhs())[1], columns = shapeOf(op)[1];
  std::vector<T> row(depth);
  for (int64_t end = first + count; first < end;) {
    const int64_t column = first % columns, next = std::min(columns - column, end - first);
    if (Error error = evaluate(op.getLhs(), first / columns * depth, depth, row.data()))
      return error;
    std::fill_n(out, next, T(0));
    for (int64_t k = 0; k < depth; ++k)
      for (int64_t i = 0; i < next; ++i)
        out[i] += row[k] * (*rhs)[k * columns + column + i];
    first += next;
    out += next;
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightWinogradOp op, int64_t first, int64_t count, T *out) {
  const vit::Winograd winograd(op.getTile());
  const SmallVector<double> matrix = winograd.filterMatrix();
  const int64_t size = winograd.size, channels = shapeOf(op)[2], run = size * size * channels;
  if (channels == 0)
    return Error::success();
  std::vector<T> filter(9 * channels);
  int64_t known = -1;
  for (int64_t end = first + count; first < end;) {
    const int64_t output = first / run, position = first % run / channels, channel = first % channels;
    if (output != known)
      if (Error error = evaluate(op.getInput(), output * 9 * channels, 9 * channels, filter.data()))
        return error;
    known = output;
    const double *left = &matrix[position / size * 3], *right = &matrix[position % size * 3];
    const int64_t next = std::min(channels - channel, end - first);
    for (int64_t i = 0; i < next; ++i) {
      const T *taps = &filter[9 * (channel + i)];
      double sum = 0;
      for (int64_t row = 0; row < 3; ++row)
        sum += left[row] * (double(taps[3 * row]) * right[0] + double(taps[3 * row + 1]) * right[1] +
                            double(taps[3 * row + 2]) * right[2]);
      out[i] = static_cast<T>(sum);
    }
    first += next;
    out += next;
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightResampleOp op, int64_t first, int64_t count, T *out) {
  Expected<ArrayRef<T>> table = evaluateWhole(op.getInput());
  if (!table)
    return table.takeError();
  const auto rows = resampleAxis(op.getKind(), op.getFrom()[0], op.getTo()[0]);
  const auto columns = resampleAxis(op.getKind(), op.getFrom()[1], op.getTo()[1]);
  const int64_t features = shapeOf(op)[1], leading = op.getLeading(), positions = op.getTo()[0] * op.getTo()[1];
  std::vector<double> row(features);
  for (int64_t end = first + count; first < end;) {
    const int64_t index = first / features, offset = first % features, next = std::min(features - offset, end - first);
    const int64_t position = index - leading;
    if (position < 0 || position >= positions) {
      const int64_t source = position < 0 ? index : index - positions + op.getFrom()[0] * op.getFrom()[1];
      copy(table->slice(source * features + offset, next), out);
    } else {
      std::fill(row.begin(), row.end(), 0.0);
      for (const ResampleTap &y : rows[position / op.getTo()[1]])
        for (const ResampleTap &x : columns[position % op.getTo()[1]]) {
          const int64_t source = leading + y.index * op.getFrom()[1] + x.index;
          for (int64_t i = offset; i < offset + next; ++i)
            row[i] += y.weight * x.weight * double((*table)[source * features + i]);
        }
      for (int64_t i = 0; i < next; ++i)
        out[i] = static_cast<T>(row[offset + i]);
    }
    first += next;
    out += next;
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightResampleTapsOp op, int64_t first, int64_t count, T *out) {
  const int64_t from = op.getFrom(), columns = shapeOf(op)[1], taps = columns - 1;
  const auto positions = resampleAxis(op.getKind(), from, op.getTo());
  std::vector<double> row(columns);
  for (int64_t end = first + count; first < end;) {
    const std::vector<ResampleTap> &own = positions[first / columns];
    int64_t start = from - taps;
    for (const ResampleTap &tap : own)
      start = std::min(start, tap.index);
    std::fill(row.begin(), row.end(), 0.0);
    row[0] = double(start);
    for (const ResampleTap &tap : own)
      row[1 + tap.index - start] += tap.weight;
    const int64_t column = first % columns, next = std::min(columns - column, end - first);
    for (int64_t i = 0; i < next; ++i)
      out[i] = static_cast<T>(row[column + i]);
    first += next;
    out += next;
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightResampleKernelOp op, int64_t first, int64_t count, T *out) {
  const ArrayRef<int64_t> from = shapeOf(op.getInput()).take_back(2), to = op.getTo();
  const std::vector<double> rows = invertedAxis(op.getKind(), from[0], to[0]);
  const std::vector<double> columns = invertedAxis(op.getKind(), from[1], to[1]);
  const int64_t oldSize = product(from), newSize = product(to);
  std::vector<T> filter(oldSize);
  std::vector<double> wide(from[0] * to[1]);
  for (int64_t end = first + count; first < end;) {
    const int64_t offset = first % newSize, next = std::min(newSize - offset, end - first);
    if (Error error = evaluate(op.getInput(), first / newSize * oldSize, oldSize, filter.data()))
      return error;
    std::fill(wide.begin(), wide.end(), 0.0);
    for (int64_t i = 0; i < from[0]; ++i)
      for (int64_t j = 0; j < from[1]; ++j)
        for (int64_t x = 0; x < to[1]; ++x)
          wide[i * to[1] + x] += double(filter[i * from[1] + j]) * columns[j * to[1] + x];
    for (int64_t element = offset; element < offset + next; ++element) {
      const int64_t y = element / to[1], x = element % to[1];
      double sum = 0;
      for (int64_t i = 0; i < from[0]; ++i)
        sum += wide[i * to[1] + x] * rows[i * to[0] + y];
      *out++ = static_cast<T>(sum);
    }
    first += next;
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightRelativePositionBiasOp op, int64_t first, int64_t count, T *out) {
  Expected<ArrayRef<T>> table = evaluateWhole(op.getTable());
  if (!table)
    return table.takeError();
  const int64_t height = op.getWindow()[0], width = op.getWindow()[1], classTokens = op.getClassToken() ? 1 : 0;
  const int64_t heads = shapeOf(op)[0], tokens = shapeOf(op)[1], distances = (2 * height - 1) * (2 * width - 1);
  for (int64_t element = first; element < first + count; ++element) {
    const int64_t head = element / (tokens * tokens);
    const int64_t from = element / tokens % tokens - classTokens, to = element % tokens - classTokens;
    int64_t row = (from / width - to / width + height - 1) * (2 * width - 1) + from % width - to % width + width - 1;
    if (from < 0 || to < 0)
      row = distances + (from >= 0 ? 1 : to >= 0 ? 0 : 2);
    *out++ = (*table)[row * heads + head];
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightSinusoidsOp op, int64_t first, int64_t count, T *out) {
  const int64_t positions = shapeOf(op)[1], angles = shapeOf(op)[2], axes = op.getGrid().size(), each = angles / axes;
  const double theta = op.getTheta().convertToDouble();
  for (int64_t element = first; element < first + count; ++element) {
    const int64_t angle = element % angles, position = element / angles % positions;
    const int64_t axis = op.getLastAxisFirst() ? axes - 1 - angle / each : angle / each;
    const int64_t index = axis + 1 == axes ? position % op.getGrid()[axis] : position / op.getGrid().back();
    const double coordinate = op.getOrigin()[axis] + double(index) * op.getStep()[axis];
    const auto [cosine, sine] = cosineAndSineOf(coordinate * powerOf(theta, -double(angle % each) / double(each)));
    *out++ = static_cast<T>(element < positions * angles ? cosine : sine);
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightWindowMaskOp op, int64_t first, int64_t count, T *out) {
  const vit::WindowsAttr windows = op.getWindows();
  const int64_t tokens = windows.getTokens(), width = windows.getWindow()[1], columns = windows.getCount(1);
  const bool byEdge = op.getByEdge();
  const T value = static_cast<T>(op.getValue().convertToDouble());
  // Whether a pixel of a window was brought there from the other end of the map.
  const auto isFromOtherEnd = [&](unsigned axis, bool isLast, int64_t pixel) {
    return isLast && pixel >= windows.getWindow()[axis] - windows.getShift()[axis];
  };
  for (int64_t element = first; element < first + count; ++element) {
    const int64_t group = element / (tokens * tokens), query = element / tokens % tokens, key = element % tokens;
    const bool isLast[] = {byEdge ? group / 2 == 1 : group / columns == windows.getCount(0) - 1,
                           byEdge ? group % 2 == 1 : group % columns == columns - 1};
    const int64_t pixels[2][2] = {{query / width, key / width}, {query % width, key % width}};
    bool areApart = false;
    for (unsigned axis : {0, 1})
      areApart |=
          isFromOtherEnd(axis, isLast[axis], pixels[axis][0]) != isFromOtherEnd(axis, isLast[axis], pixels[axis][1]);
    *out++ = areApart ? value : T(0);
  }
  return Error::success();
}

template <typename T>
Error WeightEvaluator<T>::evaluateOp(vit::WeightContinuousPositionsOp op, int64_t first, int64_t count, T *out) {
  std::array<std::vector<double>, 3> layers;
  for (auto [layer, operand] : zip_equal(layers, op->getOperands())) {
    Expected<ArrayRef<T>> values = evaluateWhole(operand);
    if (!values)
      return values.takeError();
    layer.assign(values->begin(), values->end());
  }
  const std::vector<double> table =
      continuousPositions(layers[0], layers[1], layers[2], op.getWindow(), op.getTrained());
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<T>(table[first + i]);
  return Error::success();
}

template <typename T> Error WeightEvaluator<T>::evaluateOp(vit::WeightExpOp op, int64_t first, int64_t count, T *out) {
  if (Error error = evaluate(op.getInput(), first, count, out))
    return error;
  for (int64_t i = 0; i < count; ++i)
    out[i] = static_cast<T>(exponentialOf(std::min(double(out[i]), op.getMost().convertToDouble())));
  return Error::success();
}

template class vitc::WeightEvaluator<float>;
template class vitc::WeightEvaluator<double>;
