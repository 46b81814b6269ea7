//===- Quantization.cpp - numbers of fewer bits -----------------*- C++ -*-===//

#include "Operations.h"

#include <algorithm>
#include <cmath>

using namespace vitc;

/// Steps below the smallest normal number of f32 are 0.
static double stepOf(double extent, double count) {
  double step = extent / count;
  return step >= std::ldexp(1.0, -126) ? step : 0;
}

Tensor64 reference::quantizeRows(const Tensor64 &input) {
  Tensor64 result = input;
  const int64_t columns = input.shape.back();
  for (int64_t first = 0; first < input.size(); first += columns) {
    double *row = result.values.data() + first;
    if (!std::all_of(row, row + columns, [](double value) { return std::isfinite(float(value)); })) {
      std::fill_n(row, columns, std::nan(""));
      continue;
    }
    const auto [least, most] = std::minmax_element(row, row + columns);
    const double low = *least, step = stepOf(*most - low, 255);
    for (int64_t k = 0; k < columns; ++k)
      row[k] = step == 0 ? low : low + step * std::nearbyint((row[k] - low) / step);
  }
  return result;
}

Tensor64 reference::quantizationScale(const Tensor64 &weight, bool pairs) {
  const int64_t columns = weight.shape[1];
  Tensor64 result(llvm::ArrayRef(weight.shape).take_front());
  for (int64_t row = 0; row < weight.shape[0]; ++row) {
    double most = 0;
    for (int64_t k = 0; k < columns; ++k) {
      const double value = weight.values[row * columns + k];
      const double neighbour = pairs && k % 2 == 1 ? weight.values[row * columns + k - 1] : 0;
      most = std::max({most, std::abs(value), std::abs(value + neighbour)});
    }
    result.values[row] = float(stepOf(most, 127));
  }
  return result;
}

Tensor64 reference::quantizeWeight(const Tensor64 &weight, bool pairs) {
  const Tensor64 scale = quantizationScale(weight, pairs);
  const int64_t columns = weight.shape[1];
  Tensor64 result = weight;
  for (int64_t i = 0; i < result.size(); ++i) {
    const double own = scale.values[i / columns];
    result.values[i] = own == 0 ? 0 : std::clamp(std::nearbyint(weight.values[i] / own), -127.0, 127.0);
  }
  return result;
}

Tensor64 reference::quantizationSum(const Tensor64 &weight, bool pairs) {
  const Tensor64 whole = quantizeWeight(weight, pairs);
  Tensor64 result = quantizationScale(weight, pairs);
  const int64_t columns = weight.shape[1];
  for (int64_t row = 0; row < weight.shape[0]; ++row) {
    double sum = 0;
    for (int64_t k = 0; k < columns; ++k)
      sum += whole.values[row * columns + k];
    result.values[row] *= sum;
  }
  return result;
}

double reference::roundToBf16(double value) {
  // What is rounded is an f32, to 8 digits or multiples of 2^-133.
  int exponent = 0;
  value = float(value);
  if (!std::isfinite(value) || value == 0)
    return value;
  std::frexp(value, &exponent);
  const double unit = std::ldexp(1.0, std::max(exponent - 8, -133));
  value = std::nearbyint(value / unit) * unit;
  return std::abs(value) >= std::ldexp(1.0, 128) ? std::copysign(HUGE_VAL, value) : value;
}

Tensor64 reference::roundToBf16(const Tensor64 &input) {
  Tensor64 result = input;
  for (double &value : result.values)
    value = roundToBf16(value);
  return result;
}

Tensor64 reference::product(const Tensor64 &input, const Tensor64 &weight, const Tensor64 *bias,
                            vit::Precision precision) {
  if (precision == vit::Precision::F32)
    return linear(input, weight, bias);
  if (precision == vit::Precision::Bf16)
    return linear(roundToBf16(input), roundToBf16(weight), bias);
  const bool pairs = precision == vit::Precision::Int8Pairs;
  return linear(quantizeRows(input), scaleDim(quantizeWeight(weight, pairs), quantizationScale(weight, pairs), 0),
                bias);
}
