//===- PrimitiveOperations.cpp - primitive and weight ops -------*- C++ -*-===//

#include "Operations.h"

#include "vitc/Dialect/Vit/IR/Winograd.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>

using namespace vitc;

Tensor64::Tensor64(llvm::ArrayRef<int64_t> shape) : shape(shape) { values.resize(size_t(product(0, rank()))); }

int64_t Tensor64::product(int64_t first, int64_t last) const {
  int64_t result = 1;
  for (int64_t dim = first; dim < last; ++dim)
    result *= shape[dim];
  return result;
}

/// Four partial sums, so that additions need not wait for each other.
static double dot(const double *lhs, const double *rhs, int64_t count) {
  double sums[4] = {};
  int64_t index = 0;
  for (; index + 4 <= count; index += 4)
    for (int64_t lane = 0; lane < 4; ++lane)
      sums[lane] += lhs[index + lane] * rhs[index + lane];
  for (; index < count; ++index)
    sums[0] += lhs[index] * rhs[index];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

/// out[m, n] = dot(lhs[m, :], rhs[n, :]), in blocks of n whose rows stay in cache.
static void multiply(const double *lhs, const double *rhs, double *out, int64_t rows, int64_t columns, int64_t depth) {
  constexpr int64_t block = 16;
  for (int64_t begin = 0; begin < columns; begin += block)
    for (int64_t m = 0; m < rows; ++m)
      for (int64_t n = begin; n < std::min(begin + block, columns); ++n)
        out[m * columns + n] = dot(lhs + m * depth, rhs + n * depth, depth);
}

Tensor64 reference::conv2d(const Tensor64 &input, const Tensor64 &weight, const Tensor64 *bias,
                           const ConvolutionWindow &window) {
  int64_t height = input.shape[0], width = input.shape[1], channels = input.shape[2];
  int64_t features = weight.shape[0], groupChannels = weight.shape[1];
  int64_t kernelHeight = weight.shape[2], kernelWidth = weight.shape[3];
  auto positions = [&](int64_t axis, int64_t size, int64_t kernel) {
    int64_t padded = size + window.padding[axis] + window.padding[axis + 2];
    return (padded - (kernel - 1) * window.dilation[axis] - 1) / window.stride[axis] + 1;
  };
  Tensor64 result({positions(0, height, kernelHeight), positions(1, width, kernelWidth), features});
  double *out = result.values.data();
  for (int64_t y = 0; y < result.shape[0]; ++y)
    for (int64_t x = 0; x < result.shape[1]; ++x)
      for (int64_t o = 0; o < features; ++o) {
        double sum = bias ? bias->values[o] : 0;
        int64_t firstChannel = o / (features / window.groups) * groupChannels;
        for (int64_t c = 0; c < groupChannels; ++c)
          for (int64_t i = 0; i < kernelHeight; ++i)
            for (int64_t j = 0; j < kernelWidth; ++j) {
              int64_t row = y * window.stride[0] + i * window.dilation[0] - window.padding[0];
              int64_t column = x * window.stride[1] + j * window.dilation[1] - window.padding[1];
              if (row >= 0 && row < height && column >= 0 && column < width)
                sum += input.values[(row * width + column) * channels + firstChannel + c] *
                       weight.values[((o * groupChannels + c) * kernelHeight + i) * kernelWidth + j];
            }
        *out++ = sum;
      }
  return result;
}

Tensor64 reference::pool2d(const Tensor64 &input, const Pooling &pooling, llvm::ArrayRef<int64_t> shape) {
  Tensor64 result(shape);
  int64_t channels = shape[2];
  // Taps within [0, size), and how many there are within the padded input.
  struct Taps {
    std::vector<int64_t> inside;
    int64_t padded = 0;
  };
  auto taps = [&](int64_t axis, int64_t position) {
    Taps found;
    int64_t size = input.shape[axis];
    for (int64_t tap = 0; tap < pooling.window[axis]; ++tap) {
      int64_t at = position * pooling.stride[axis] + tap * pooling.dilation[axis] - pooling.padding[axis];
      found.padded += at < size + pooling.padding[axis + 2];
      if (at >= 0 && at < size)
        found.inside.push_back(at);
    }
    return found;
  };
  for (int64_t y = 0; y < shape[0]; ++y)
    for (int64_t x = 0; x < shape[1]; ++x) {
      Taps rows = taps(0, y), columns = taps(1, x);
      bool isMax = pooling.kind == vit::PoolKind::Max;
      double count = pooling.countsPadding ? double(rows.padded * columns.padded)
                                           : double(rows.inside.size() * columns.inside.size());
      for (int64_t c = 0; c < channels; ++c) {
        double total = isMax ? -std::numeric_limits<double>::infinity() : 0;
        for (int64_t row : rows.inside)
          for (int64_t column : columns.inside) {
            double value = input.values[(row * input.shape[1] + column) * channels + c];
            if (!isMax)
              total += value;
            else if (value > total || std::isnan(value))
              total = value;
          }
        result.values[(y * shape[1] + x) * channels + c] = isMax ? total : total / count;
      }
    }
  return result;
}

Tensor64 reference::batchNorm(const Tensor64 &input, const Tensor64 &mean, const Tensor64 &variance,
                              const Tensor64 &weight, const Tensor64 &bias, double epsilon) {
  Tensor64 result = input;
  int64_t channels = input.shape.back();
  for (int64_t i = 0; i < result.size(); ++i) {
    int64_t c = i % channels;
    result.values[i] = (input.values[i] - mean.values[c]) / std::sqrt(variance.values[c] + epsilon) * weight.values[c] +
                       bias.values[c];
  }
  return result;
}

Tensor64 reference::rsqrt(const Tensor64 &input, double epsilon) {
  Tensor64 result = input;
  for (double &value : result.values)
    value = 1 / std::sqrt(value + epsilon);
  return result;
}

Tensor64 reference::winograd(const Tensor64 &filters, int64_t tile) {
  int64_t size = vit::Winograd(tile).size, channels = filters.shape[1];
  llvm::SmallVector<double> matrix = vit::Winograd(tile).filterMatrix();
  Tensor64 result({filters.shape[0], size * size, channels});
  for (int64_t i = 0; i < result.size(); ++i) {
    int64_t channel = i % channels, position = i / channels % (size * size), output = i / channels / (size * size);
    const double *taps = &filters.values[(output * channels + channel) * 9];
    for (int64_t row = 0; row < 3; ++row)
      for (int64_t column = 0; column < 3; ++column)
        result.values[i] +=
            matrix[position / size * 3 + row] * matrix[position % size * 3 + column] * taps[row * 3 + column];
  }
  return result;
}

Tensor64 reference::linear(const Tensor64 &input, const Tensor64 &weight, const Tensor64 *bias) {
  int64_t columns = weight.shape[0], depth = weight.shape[1], rows = input.product(0, input.rank() - 1);
  std::vector<int64_t> shape = input.shape;
  shape.back() = columns;
  Tensor64 result(shape);
  multiply(input.values.data(), weight.values.data(), result.values.data(), rows, columns, depth);
  return bias ? add(result, *bias) : result;
}

Tensor64 reference::matmul(const Tensor64 &lhs, const Tensor64 &rhs, bool transposeRhs) {
  int64_t rank = lhs.rank();
  if (!transposeRhs) {
    auto permutation = llvm::to_vector(llvm::seq<int64_t>(0, rank));
    std::swap(permutation[rank - 2], permutation[rank - 1]);
    return matmul(lhs, transpose(rhs, permutation), true);
  }
  int64_t rows = lhs.shape[rank - 2], depth = lhs.shape[rank - 1], columns = rhs.shape[rank - 2];
  std::vector<int64_t> shape = lhs.shape;
  shape.back() = columns;
  Tensor64 result(shape);
  for (int64_t batch = 0; batch < lhs.product(0, rank - 2); ++batch)
    multiply(&lhs.values[batch * rows * depth], &rhs.values[batch * columns * depth],
             &result.values[batch * rows * columns], rows, columns, depth);
  return result;
}

Tensor64 reference::layerNorm(const Tensor64 &input, const Tensor64 *weight, const Tensor64 *bias, double epsilon,
                              bool rms) {
  Tensor64 result = input;
  int64_t features = input.shape.back();
  for (int64_t first = 0; first < input.size(); first += features) {
    double *row = &result.values[first];
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < features && !rms; ++i)
      mean += row[i] / double(features);
    for (int64_t i = 0; i < features; ++i)
      variance += (row[i] - mean) * (row[i] - mean) / double(features);
    for (int64_t i = 0; i < features; ++i) {
      row[i] = (row[i] - mean) / std::sqrt(variance + epsilon);
      if (weight)
        row[i] = row[i] * weight->values[i] + bias->values[i];
    }
  }
  return result;
}

Tensor64 reference::softmax(const Tensor64 &input) {
  Tensor64 result = input;
  int64_t count = input.shape.back();
  for (int64_t first = 0; first < input.size(); first += count) {
    double *row = &result.values[first];
    double maximum = *std::max_element(row, row + count), sum = 0;
    for (int64_t i = 0; i < count; ++i)
      sum += row[i] = std::exp(row[i] - maximum);
    for (int64_t i = 0; i < count; ++i)
      row[i] /= sum;
  }
  return result;
}

static double activate(double x, vit::ActivationKind kind) {
  auto sigmoid = [](double value) { return 1 / (1 + std::exp(-value)); };
  auto clamp6 = [](double value) { return std::isnan(value) ? value : std::clamp(value, 0.0, 6.0); };
  switch (kind) {
  case vit::ActivationKind::None:
    return x;
  case vit::ActivationKind::Gelu:
    return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
  case vit::ActivationKind::GeluTanh:
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  case vit::ActivationKind::QuickGelu:
    return x * sigmoid(1.702 * x);
  case vit::ActivationKind::Silu:
    return x * sigmoid(x);
  case vit::ActivationKind::Relu:
    return x > 0 || std::isnan(x) ? x : 0;
  case vit::ActivationKind::Tanh:
    return std::tanh(x);
  case vit::ActivationKind::Sigmoid:
    return sigmoid(x);
  case vit::ActivationKind::Relu6:
    return clamp6(x);
  case vit::ActivationKind::HardSigmoid:
    return clamp6(x + 3) / 6;
  case vit::ActivationKind::HardSwish:
    return x * clamp6(x + 3) / 6;
  case vit::ActivationKind::LeakyRelu:
    return x >= 0 || std::isnan(x) ? x : 0.01 * x;
  case vit::ActivationKind::Softplus:
    return std::isnan(x) ? x : std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
  case vit::ActivationKind::Exp:
    return std::exp(x);
  case vit::ActivationKind::Sqrt:
    return std::sqrt(x);
  }
  llvm_unreachable("all kinds are listed");
}

Tensor64 reference::activation(const Tensor64 &input, vit::ActivationKind kind) {
  Tensor64 result = input;
  for (double &value : result.values)
    value = activate(value, kind);
  return result;
}

/// Repeats dimensions of size 1, and missing ones in front, so that the result has `shape`.
static Tensor64 broadcast(const Tensor64 &input, llvm::ArrayRef<int64_t> shape) {
  Tensor64 result(shape);
  int64_t missing = result.rank() - input.rank();
  std::vector<int64_t> index(shape.size(), 0);
  for (double &value : result.values) {
    int64_t position = 0;
    for (int64_t dim = 0; dim < input.rank(); ++dim)
      position = position * input.shape[dim] + (input.shape[dim] == 1 ? 0 : index[missing + dim]);
    value = input.values[position];
    for (int64_t dim = result.rank() - 1; dim >= 0 && ++index[dim] == shape[dim]; --dim)
      index[dim] = 0;
  }
  return result;
}

static std::vector<int64_t> broadcastShape(const Tensor64 &lhs, const Tensor64 &rhs) {
  const Tensor64 &longer = lhs.rank() >= rhs.rank() ? lhs : rhs, &shorter = lhs.rank() >= rhs.rank() ? rhs : lhs;
  std::vector<int64_t> shape = longer.shape;
  for (int64_t dim = 0; dim < shorter.rank(); ++dim) {
    int64_t &size = shape[longer.rank() - shorter.rank() + dim];
    size = std::max(size, shorter.shape[dim]);
  }
  return shape;
}

Tensor64 reference::combine(const Tensor64 &lhs, const Tensor64 &rhs,
                            llvm::function_ref<double(double, double)> function) {
  std::vector<int64_t> shape = broadcastShape(lhs, rhs);
  Tensor64 result = broadcast(lhs, shape), other = broadcast(rhs, shape);
  for (auto [value, operand] : llvm::zip_equal(result.values, other.values))
    value = function(value, operand);
  return result;
}

Tensor64 reference::add(const Tensor64 &lhs, const Tensor64 &rhs) { return combine(lhs, rhs, std::plus<>()); }

Tensor64 reference::scale(const Tensor64 &input, double factor) {
  Tensor64 result = input;
  for (double &value : result.values)
    value *= factor;
  return result;
}

Tensor64 reference::transpose(const Tensor64 &input, llvm::ArrayRef<int64_t> permutation) {
  std::vector<int64_t> shape, strides;
  for (int64_t source : permutation) {
    shape.push_back(input.shape[source]);
    strides.push_back(input.product(source + 1, input.rank()));
  }
  Tensor64 result(shape);
  std::vector<int64_t> index(shape.size(), 0);
  for (double &value : result.values) {
    int64_t position = 0;
    for (int64_t dim = 0; dim < result.rank(); ++dim)
      position += index[dim] * strides[dim];
    value = input.values[position];
    for (int64_t dim = result.rank() - 1; dim >= 0 && ++index[dim] == shape[dim]; --dim)
      index[dim] = 0;
  }
  return result;
}

Tensor64 reference::concat(llvm::ArrayRef<const Tensor64 *> inputs, int64_t dim) {
  std::vector<int64_t> shape = inputs.front()->shape;
  shape[dim] = 0;
  for (const Tensor64 *input : inputs)
    shape[dim] += input->shape[dim];
  std::vector<double> values;
  for (int64_t outer = 0; outer < inputs.front()->product(0, dim); ++outer)
    for (const Tensor64 *input : inputs) {
      int64_t count = input->product(dim, input->rank());
      auto first = input->values.begin() + outer * count;
      values.insert(values.end(), first, first + count);
    }
  return {shape, std::move(values)};
}

Tensor64 reference::slice(const Tensor64 &input, int64_t dim, int64_t offset, int64_t size) {
  std::vector<int64_t> shape = input.shape;
  shape[dim] = size;
  std::vector<double> values;
  int64_t inner = input.product(dim + 1, input.rank());
  for (int64_t outer = 0; outer < input.product(0, dim); ++outer) {
    auto first = input.values.begin() + (outer * input.shape[dim] + offset) * inner;
    values.insert(values.end(), first, first + size * inner);
  }
  return {shape, std::move(values)};
}

Tensor64 reference::pad(const Tensor64 &input, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high,
                        double value) {
  Tensor64 result = input;
  for (int64_t dim = 0; dim < input.rank(); ++dim) {
    std::vector<int64_t> before = result.shape, behind = result.shape;
    before[dim] = low[dim];
    behind[dim] = high[dim];
    Tensor64 first = fill(before, value), last = fill(behind, value);
    result = concat({&first, &result, &last}, dim);
  }
  return result;
}

Tensor64 reference::gather(const Tensor64 &input, const Tensor64 &indices, int64_t dim) {
  std::vector<int64_t> shape(input.shape.begin(), input.shape.begin() + dim);
  shape.insert(shape.end(), indices.shape.begin(), indices.shape.end());
  shape.insert(shape.end(), input.shape.begin() + dim + 1, input.shape.end());
  std::vector<double> values;
  int64_t count = input.shape[dim], inner = input.product(dim + 1, input.rank());
  for (int64_t outer = 0; outer < input.product(0, dim); ++outer)
    for (double index : indices.values) {
      double place = index < 0 ? index + double(count) : index;
      assert(place >= 0 && place < double(count));
      auto first = input.values.begin() + (outer * count + int64_t(place)) * inner;
      values.insert(values.end(), first, first + inner);
    }
  return {shape, std::move(values)};
}

Tensor64 reference::unfold2d(const Tensor64 &input, llvm::ArrayRef<int64_t> stride, llvm::ArrayRef<int64_t> dilation,
                             llvm::ArrayRef<int64_t> shape) {
  std::vector<double> values;
  for (int64_t y = 0; y < shape[0]; ++y)
    for (int64_t x = 0; x < shape[1]; ++x)
      for (int64_t i = 0; i < shape[2]; ++i)
        for (int64_t j = 0; j < shape[3]; ++j) {
          int64_t row = y * stride[0] + i * dilation[0], column = x * stride[1] + j * dilation[1];
          auto first = input.values.begin() + (row * input.shape[1] + column) * shape[4];
          values.insert(values.end(), first, first + shape[4]);
        }
  return {shape, std::move(values)};
}

/// A real number cut off to the range of an integer type; NaN is 0.
static double truncate(double value, DType to) {
  if (std::isnan(value))
    return 0;
  const double least = to == DType::U8 ? 0 : to == DType::I32 ? -0x1p31 : -0x1p63;
  const double most = to == DType::U8 ? 255 : to == DType::I32 ? 0x1p31 - 1 : 0x1p63;
  return std::clamp(std::trunc(value), least, most);
}

/// The low bits of a whole number.
static double wrap(double value, DType to) {
  // 2^63 stands for what is one less, which has no double.
  const int64_t number = value >= 0x1p63 ? INT64_MAX : int64_t(value);
  return to == DType::U8 ? double(uint8_t(number)) : to == DType::I32 ? double(int32_t(number)) : double(number);
}

Tensor64 vitc::reference::cast(const Tensor64 &input, DType from, DType to) {
  Tensor64 result = input;
  for (double &value : result.values) {
    // What is cut off are numbers of 32 bits.
    if (from == DType::F32 && to != DType::F32)
      value = double(float(value));
    if (to == DType::Bool || from == DType::Bool)
      value = double(value != 0);
    else if (to != DType::F32)
      value = from == DType::F32 ? truncate(value, to) : wrap(value, to);
  }
  return result;
}

Tensor64 reference::reduceMean(const Tensor64 &input, int64_t dim) {
  std::vector<int64_t> shape = input.shape;
  shape[dim] = 1;
  Tensor64 result(shape);
  int64_t inner = input.product(dim + 1, input.rank()), count = input.shape[dim];
  for (int64_t index = 0; index < result.size(); ++index) {
    int64_t outer = index / inner;
    for (int64_t i = 0; i < count; ++i)
      result.values[index] += input.values[(outer * count + i) * inner + index % inner];
    result.values[index] /= double(count);
  }
  return result;
}

Tensor64 reference::reduceMax(const Tensor64 &input, int64_t dim) {
  std::vector<int64_t> shape = input.shape;
  shape[dim] = 1;
  Tensor64 result(shape);
  int64_t inner = input.product(dim + 1, input.rank()), count = input.shape[dim];
  for (int64_t index = 0; index < result.size(); ++index) {
    double &maximum = result.values[index];
    for (int64_t i = 0; i < count; ++i) {
      double x = input.values[((index / inner) * count + i) * inner + index % inner];
      if (i == 0 || x > maximum || std::isnan(x))
        maximum = std::isnan(maximum) && i > 0 ? maximum : x;
    }
  }
  return result;
}

Tensor64 reference::reduceNorm(const Tensor64 &input, int64_t dim) {
  Tensor64 squares = combine(input, input, std::multiplies<>());
  Tensor64 result = reduceMean(squares, dim);
  for (double &value : result.values)
    value = std::sqrt(value * double(input.shape[dim]));
  return result;
}

Tensor64 reference::fill(llvm::ArrayRef<int64_t> shape, double value) {
  Tensor64 result(shape);
  result.values.assign(result.values.size(), value);
  return result;
}

Tensor64 reference::scaleDim(const Tensor64 &input, const Tensor64 &factors, int64_t dim) {
  std::vector<int64_t> shape(input.shape.size(), 1);
  shape[dim] = input.shape[dim];
  return combine(input, Tensor64(shape, factors.values), std::multiplies<>());
}
