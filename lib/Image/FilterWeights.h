//===- FilterWeights.h - what each output of a filter adds up ---*- C++ -*-===//

#ifndef VITC_LIB_IMAGE_FILTERWEIGHTS_H
#define VITC_LIB_IMAGE_FILTERWEIGHTS_H

#include "vitc/Image/Resample.h"

#include <algorithm>
#include <cmath>

namespace vitc {

/// The weights of one direction: output i is the sum of coefficients[i * taps + j] * input[start[i] + j], j < count[i].
template <typename Coefficient> struct FilterWeights {
  int64_t taps = 0;
  std::vector<int64_t> start, count;
  std::vector<Coefficient> coefficients;
};

/// Leaves the weights of `size` outputs from `first` on.
template <typename Weights> void keepOutputs(Weights &weights, int64_t first, int64_t size) {
  const auto keep = [&](auto &list, int64_t each) {
    list.erase(list.begin() + (first + size) * each, list.end());
    list.erase(list.begin(), list.begin() + first * each);
  };
  keep(weights.start, 1);
  keep(weights.count, 1);
  keep(weights.coefficients, weights.taps);
}

/// The window of a picture, or the picture itself without one.
Image cutOut(Image image, const std::optional<PictureWindow> &window);

/// How far a filter reaches, and its value at x.
struct FilterKind {
  std::string_view name;
  double support;
  double (*value)(double x);
};

/// That of any filter but Nearest.
const FilterKind &filterKind(ResampleFilter filter);

/// Source positions of Nearest.
std::vector<int64_t> nearestPositions(int64_t inputSize, int64_t outputSize);

/// The weights of a filter, which widens when a picture shrinks, in the arithmetic of `Real`: double is Pillow's
/// (precompute_coeffs), float PyTorch's (_compute_indices_min_size_weights_aa), which differ in nothing else.
template <typename Real>
FilterWeights<Real> filterWeights(int64_t inputSize, int64_t outputSize, const FilterKind &filter) {
  const Real scale = static_cast<Real>(static_cast<float>(inputSize)) / static_cast<Real>(outputSize);
  const Real filterScale = std::max<Real>(scale, 1);
  const Real support = static_cast<Real>(filter.support) * filterScale;
  const Real inverse = 1 / filterScale;
  FilterWeights<Real> weights;
  weights.taps = static_cast<int64_t>(std::ceil(support)) * 2 + 1;
  weights.coefficients.resize(static_cast<size_t>(outputSize * weights.taps));
  for (int64_t i = 0; i < outputSize; ++i) {
    const Real center = static_cast<Real>((static_cast<double>(i) + 0.5) * static_cast<double>(scale));
    const int64_t start = std::max<int64_t>(0, static_cast<int64_t>(static_cast<double>(center - support) + 0.5));
    const int64_t end = std::min(inputSize, static_cast<int64_t>(static_cast<double>(center + support) + 0.5));
    Real *values = weights.coefficients.data() + i * weights.taps;
    Real sum = 0;
    for (int64_t j = 0; j < end - start; ++j) {
      const Real distance = static_cast<Real>(j + start) - center;
      values[j] = static_cast<Real>(filter.value((static_cast<double>(distance) + 0.5) * static_cast<double>(inverse)));
      sum += values[j];
    }
    for (int64_t j = 0; sum != 0 && j < end - start; ++j)
      values[j] /= sum;
    weights.start.push_back(start);
    weights.count.push_back(end - start);
  }
  return weights;
}

/// Resizes a picture of any kind: rows come first, and a direction that keeps its size is left out.
template <typename Picture, typename Rows, typename Columns>
Picture resizeRowsThenColumns(const Picture &image, int64_t height, int64_t width, Rows resizeRows,
                              Columns resizeColumns) {
  if (height == image.height)
    return resizeRows(image);
  return width == image.width ? resizeColumns(image) : resizeColumns(resizeRows(image));
}

} // namespace vitc

#endif // VITC_LIB_IMAGE_FILTERWEIGHTS_H
