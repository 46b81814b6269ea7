//===- FusedOperations.cpp - fused ops --------------------------*- C++ -*-===//
//
// Written from the formulas in the ops' descriptions, not from the primitive ops that they replace.
//
//===----------------------------------------------------------------------===//

#include "Operations.h"

#include <cmath>

using namespace vitc;

Tensor64 reference::fusedPatchEmbedding(const Tensor64 &image, const Tensor64 &weight, const Tensor64 &addend,
                                        vit::Precision precision) {
  const auto rounded = [&](double value) { return precision == vit::Precision::Bf16 ? roundToBf16(value) : value; };
  int64_t channels = image.shape[0], height = image.shape[1], width = image.shape[2];
  int64_t features = weight.shape[0], patchHeight = weight.shape[2], patchWidth = weight.shape[3];
  int64_t gridHeight = height / patchHeight, gridWidth = width / patchWidth;
  int64_t prefix = addend.shape[0] - gridHeight * gridWidth;
  Tensor64 result = addend;
  for (int64_t n = 0; n < gridHeight * gridWidth; ++n) {
    int64_t y = n / gridWidth * patchHeight, x = n % gridWidth * patchWidth;
    for (int64_t o = 0; o < features; ++o) {
      double sum = 0;
      for (int64_t c = 0; c < channels; ++c)
        for (int64_t i = 0; i < patchHeight; ++i)
          for (int64_t j = 0; j < patchWidth; ++j)
            sum += rounded(image.values[(c * height + y + i) * width + x + j]) *
                   rounded(weight.values[((o * channels + c) * patchHeight + i) * patchWidth + j]);
      result.values[(prefix + n) * features + o] += sum;
    }
  }
  return result;
}

Tensor64 reference::fusedHeadProjection(const Tensor64 &input, const Tensor64 &weight, const Tensor64 *bias,
                                        int64_t parts, int64_t heads, int64_t sequences, vit::Precision precision) {
  int64_t tokens = input.shape[0] / sequences, features = weight.shape[0] / (parts * heads);
  Tensor64 rows = product(input, weight, bias, precision);
  Tensor64 result({parts, sequences * heads, tokens, features});
  for (int64_t p = 0; p < parts; ++p)
    for (int64_t s = 0; s < sequences; ++s)
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t t = 0; t < tokens; ++t)
          for (int64_t f = 0; f < features; ++f)
            result.values[(((p * sequences + s) * heads + h) * tokens + t) * features + f] =
                rows.values[(s * tokens + t) * weight.shape[0] + (p * heads + h) * features + f];
  return result;
}

Tensor64 reference::fusedAttention(HeadPart query, HeadPart key, HeadPart value, AddedToScores what,
                                   const Tensor64 *factors, double scale, int64_t sequences, vit::Precision precision) {
  const auto rounded = [&](double value) { return precision == vit::Precision::Bf16 ? roundToBf16(value) : value; };
  int64_t allHeads = query.tensor.shape[1], heads = allHeads / sequences, queries = query.tensor.shape[2],
          keys = key.tensor.shape[2];
  int64_t features = query.tensor.shape[3], valueFeatures = value.tensor.shape[3];
  auto at = [](HeadPart operand, int64_t h, int64_t t, int64_t f) {
    const std::vector<int64_t> &shape = operand.tensor.shape;
    return operand.tensor.values[((operand.part * shape[1] + h) * shape[2] + t) * shape[3] + f];
  };
  Tensor64 added({sequences, heads, queries, keys});
  if (what.bias)
    added = add(added, *what.bias);
  Tensor64 result({sequences * queries, heads * valueFeatures});
  std::vector<double> weights(keys);
  for (int64_t h = 0; h < allHeads; ++h)
    for (int64_t i = 0; i < queries; ++i) {
      double maximum = -HUGE_VAL, sum = 0, factor = scale * (factors ? factors->values[h % heads] : 1);
      for (int64_t j = 0; j < keys; ++j) {
        double score = 0;
        for (int64_t f = 0; f < features; ++f)
          score += rounded(at(query, h, i, f)) * rounded(at(key, h, j, f));
        weights[j] = factor * score + added.values[(h * queries + i) * keys + j];
        if (what.positions) {
          int64_t height = what.grid[0], width = what.grid[1];
          int64_t row = j / width - i / width + height - 1;
          int64_t column = 2 * height - 1 + j % width - i % width + width - 1;
          for (int64_t f = 0; f < features; ++f)
            weights[j] += at(query, h, i, f) *
                          (what.positions->values[row * features + f] + what.positions->values[column * features + f]);
        }
        maximum = std::max(maximum, weights[j]);
      }
      for (double &weight : weights)
        sum += weight = std::exp(weight - maximum);
      for (int64_t j = 0; j < keys; ++j)
        for (int64_t f = 0; f < valueFeatures; ++f)
          result.values[((h / heads * queries + i) * heads + h % heads) * valueFeatures + f] +=
              rounded(weights[j]) / sum * rounded(at(value, h, j, f));
    }
  return result;
}
