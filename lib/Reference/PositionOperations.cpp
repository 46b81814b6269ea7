//===- PositionOperations.cpp - tables of positions -------------*- C++ -*-===//
//
// Written from the formulas in the ops' descriptions and VitAttrs.td: every weight of every entry of a table.
//
//===----------------------------------------------------------------------===//

#include "Operations.h"

#include <algorithm>
#include <cmath>

using namespace vitc;
using vit::ResampleKind;

static double cubicWeight(double distance, double a) {
  double x = std::abs(distance);
  if (x >= 2)
    return 0;
  return x >= 1 ? a * (x * x * x - 5 * x * x + 8 * x - 4) : (a + 2) * x * x * x - (a + 3) * x * x + 1;
}

/// Where the entries of a geometric table of `from` lie, from the middle outwards.
static std::vector<double> geometricDistances(int64_t from, int64_t to) {
  double low = 1.01, high = 1.5, ratio = 0;
  int64_t fromHalf = from / 2, toHalf = to / 2;
  while (high - low > 1e-6) {
    ratio = (low + high) / 2;
    bool isTooFar = (1 - std::pow(ratio, double(fromHalf))) / (1 - ratio) > double(toHalf);
    (isTooFar ? high : low) = ratio;
  }
  std::vector<double> distances = {0, 1};
  for (int64_t i = 1; i < from / 2; ++i)
    distances.push_back(distances.back() + std::pow(ratio, double(i)));
  for (double &distance : distances)
    distance = float(distance);
  return distances;
}

/// Weights of `to` positions (rows) on `from` entries.
static Tensor64 resampleWeights(ResampleKind kind, int64_t from, int64_t to) {
  Tensor64 weights({to, from});
  auto entry = [&](int64_t i, int64_t j) -> double & {
    return weights.values[i * from + std::clamp<int64_t>(j, 0, from - 1)];
  };
  double step = double(from) / double(to), width = std::max(1.0, step);
  for (int64_t i = 0; i < to; ++i) {
    double centre = (double(i) + 0.5) * step, source = centre - 0.5;
    if (kind == ResampleKind::BicubicOffset)
      source = (double(i) + 0.5) * double(from) / (double(to) + 0.1) - 0.5;
    if (kind == ResampleKind::BilinearCorners || kind == ResampleKind::BicubicCorners)
      source = to == 1 ? 0 : double(i) * double(from - 1) / double(to - 1);
    if (kind == ResampleKind::Bilinear)
      source = std::max(0.0, source);
    int64_t below = int64_t(std::floor(source));
    switch (kind) {
    case ResampleKind::Nearest:
      entry(i, int64_t(std::floor(float(i) * (float(from) / float(to))))) = 1;
      break;
    case ResampleKind::NearestExact:
      entry(i, int64_t(std::floor((float(i) + 0.5F) * (float(from) / float(to))))) = 1;
      break;
    case ResampleKind::Bilinear:
    case ResampleKind::BilinearCorners:
      for (int64_t j : {below, below + 1})
        entry(i, j) += 1 - std::abs(source - double(j));
      break;
    case ResampleKind::Bicubic:
    case ResampleKind::BicubicOffset:
    case ResampleKind::BicubicCorners:
      for (int64_t j = below - 1; j <= below + 2; ++j)
        entry(i, j) += cubicWeight(source - double(j), -0.75);
      break;
    case ResampleKind::BilinearAntialias:
    case ResampleKind::BicubicAntialias: {
      double sum = 0;
      for (int64_t j = 0; j < from; ++j) {
        double distance = (double(j) + 0.5 - centre) / width;
        entry(i, j) = kind == ResampleKind::BicubicAntialias ? cubicWeight(distance, -0.5)
                                                             : std::max(0.0, 1 - std::abs(distance));
        sum += entry(i, j);
      }
      for (int64_t j = 0; j < from; ++j)
        entry(i, j) /= sum;
      break;
    }
    case ResampleKind::Geometric: {
      std::vector<double> distances = geometricDistances(from, to);
      int64_t middle = from / 2, offset = i - to / 2, side = offset < 0 ? -1 : 1;
      double distance = std::abs(double(offset));
      if (distance >= distances.back()) {
        entry(i, middle + side * middle) = 1;
        break;
      }
      int64_t beyond = std::upper_bound(distances.begin(), distances.end(), distance) - distances.begin();
      double t = (distance - distances[beyond - 1]) / (distances[beyond] - distances[beyond - 1]);
      entry(i, middle + side * (beyond - 1)) += 1 - t;
      entry(i, middle + side * beyond) += t;
      break;
    }
    }
  }
  return weights;
}

Tensor64 reference::resize2d(const Tensor64 &input, vit::ResampleKind kind, llvm::ArrayRef<int64_t> size) {
  // Along rows, then along columns: each as a product with the matrix of weights.
  Tensor64 rows = linear(transpose(input, {1, 2, 0}), resampleWeights(kind, input.shape[0], size[0]), nullptr);
  Tensor64 both = linear(transpose(rows, {2, 1, 0}), resampleWeights(kind, input.shape[1], size[1]), nullptr);
  return transpose(both, {0, 2, 1});
}

Tensor64 reference::resampleTaps(vit::ResampleKind kind, int64_t from, int64_t to) {
  Tensor64 weights = resampleWeights(kind, from, to);
  int64_t count = vit::getTapCount(kind, from, to);
  Tensor64 taps({to, 1 + count});
  for (int64_t i = 0; i < to; ++i) {
    const double *row = &weights.values[i * from];
    int64_t first = std::find_if(row, row + from, [](double weight) { return weight != 0; }) - row;
    first = std::min(first, from - count);
    taps.values[i * (1 + count)] = double(first);
    std::copy_n(row + first, count, &taps.values[i * (1 + count) + 1]);
  }
  return taps;
}

/// The inverse of a square matrix, by Gauss and Jordan.
static Tensor64 inverse(Tensor64 matrix) {
  const int64_t size = matrix.shape[0];
  Tensor64 result({size, size});
  for (int64_t i = 0; i < size; ++i)
    result.values[i * size + i] = 1;
  for (int64_t pivot = 0; pivot < size; ++pivot) {
    int64_t best = pivot;
    for (int64_t row = pivot; row < size; ++row)
      if (std::abs(matrix.values[row * size + pivot]) > std::abs(matrix.values[best * size + pivot]))
        best = row;
    for (Tensor64 *both : {&matrix, &result})
      std::swap_ranges(&both->values[pivot * size], &both->values[pivot * size] + size, &both->values[best * size]);
    const double value = matrix.values[pivot * size + pivot];
    for (Tensor64 *both : {&matrix, &result})
      for (int64_t column = 0; column < size; ++column)
        both->values[pivot * size + column] /= value;
    for (int64_t row = 0; row < size; ++row) {
      const double factor = row == pivot ? 0 : matrix.values[row * size + pivot];
      for (Tensor64 *both : {&matrix, &result})
        for (int64_t column = 0; column < size; ++column)
          both->values[row * size + column] -= factor * both->values[pivot * size + column];
    }
  }
  return result;
}

/// The pseudo-inverse of the matrix that resizes an axis, transposed: `to` x `from`.
static Tensor64 invertedWeights(ResampleKind kind, int64_t from, int64_t to) {
  const Tensor64 weights = resampleWeights(kind, from, to), turned = reference::transpose(weights, {1, 0});
  if (to >= from)
    return reference::matmul(weights, inverse(reference::matmul(turned, weights, false)), false);
  return reference::matmul(inverse(reference::matmul(weights, turned, false)), weights, false);
}

Tensor64 reference::resampleKernel(const Tensor64 &input, vit::ResampleKind kind, llvm::ArrayRef<int64_t> to) {
  Tensor64 columns = linear(input, invertedWeights(kind, input.shape[3], to[1]), nullptr);
  Tensor64 rows = linear(transpose(columns, {0, 1, 3, 2}), invertedWeights(kind, input.shape[2], to[0]), nullptr);
  return transpose(rows, {0, 1, 3, 2});
}

Tensor64 reference::resample(const Tensor64 &input, vit::ResampleKind kind, llvm::ArrayRef<int64_t> from,
                             llvm::ArrayRef<int64_t> to, int64_t leading, int64_t trailing) {
  int64_t features = input.shape[1];
  Tensor64 table(llvm::ArrayRef<int64_t>{from[0], from[1], features},
                 slice(input, 0, leading, from[0] * from[1]).values);
  Tensor64 resampled({to[0] * to[1], features}, resize2d(table, kind, to).values);
  std::vector<Tensor64> parts;
  if (leading > 0)
    parts.push_back(slice(input, 0, 0, leading));
  parts.push_back(resampled);
  if (trailing > 0)
    parts.push_back(slice(input, 0, input.shape[0] - trailing, trailing));
  std::vector<const Tensor64 *> pointers;
  for (const Tensor64 &part : parts)
    pointers.push_back(&part);
  return concat(pointers, 0);
}

Tensor64 reference::relativePositionBias(const Tensor64 &table, llvm::ArrayRef<int64_t> window, bool hasClassToken) {
  int64_t height = window[0], width = window[1], heads = table.shape[1];
  int64_t prefix = hasClassToken ? 1 : 0, tokens = height * width + prefix;
  int64_t distances = (2 * height - 1) * (2 * width - 1);
  auto rowOf = [&](int64_t i, int64_t j) {
    if (i < prefix)
      return distances + (j < prefix ? 2 : 0);
    if (j < prefix)
      return distances + 1;
    int64_t y = (i - prefix) / width - (j - prefix) / width, x = (i - prefix) % width - (j - prefix) % width;
    return (y + height - 1) * (2 * width - 1) + x + width - 1;
  };
  Tensor64 result({heads, tokens, tokens});
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t i = 0; i < tokens; ++i)
      for (int64_t j = 0; j < tokens; ++j)
        result.values[(h * tokens + i) * tokens + j] = table.values[rowOf(i, j) * heads + h];
  return result;
}

Tensor64 reference::sinusoids(llvm::ArrayRef<int64_t> shape, const Sinusoids &what) {
  Tensor64 result(shape);
  int64_t positions = shape[1], angles = shape[2], axes = int64_t(what.grid.size()), each = angles / axes;
  for (int64_t n = 0; n < positions; ++n)
    for (int64_t place = 0; place < axes; ++place) {
      int64_t axis = what.lastAxisFirst ? axes - 1 - place : place;
      int64_t index = axes == 1 ? n : axis == 0 ? n / what.grid[1] : n % what.grid[1];
      for (int64_t k = 0; k < each; ++k) {
        double angle =
            (what.origin[axis] + double(index) * what.step[axis]) * std::pow(what.theta, -double(k) / double(each));
        int64_t column = place * each + k;
        result.values[n * angles + column] = std::cos(angle);
        result.values[(positions + n) * angles + column] = std::sin(angle);
      }
    }
  return result;
}

Tensor64 reference::decomposedPositions(const Tensor64 &query, const Tensor64 &rows, const Tensor64 &columns,
                                        llvm::ArrayRef<int64_t> grid) {
  int64_t height = grid[0], width = grid[1], tokens = height * width, features = query.shape.back();
  std::vector<int64_t> shape = query.shape;
  shape.back() = tokens;
  Tensor64 result(shape);
  for (int64_t token = 0; token < query.size() / features; ++token)
    for (int64_t key = 0; key < tokens; ++key) {
      int64_t own = token % tokens;
      int64_t down = key / width - own / width + height - 1, right = key % width - own % width + width - 1;
      for (int64_t f = 0; f < features; ++f)
        result.values[token * tokens + key] +=
            query.values[token * features + f] *
            (rows.values[down * features + f] + columns.values[right * features + f]);
    }
  return result;
}

Tensor64 reference::reverse(const Tensor64 &input, int64_t dim) {
  std::vector<Tensor64> slices;
  std::vector<const Tensor64 *> parts;
  for (int64_t index = input.shape[dim] - 1; index >= 0; --index)
    slices.push_back(slice(input, dim, index, 1));
  for (const Tensor64 &part : slices)
    parts.push_back(&part);
  return concat(parts, dim);
}

Tensor64 reference::rotary(const Tensor64 &input, const Tensor64 &table, bool isInterleaved) {
  Tensor64 result = input;
  int64_t tokens = input.shape[input.rank() - 2], features = input.shape.back(), rotated = table.shape[1];
  int64_t pairs = features / 2;
  for (int64_t outer = 0; outer < input.product(0, input.rank() - 2); ++outer)
    for (int64_t n = 0; n < rotated; ++n)
      for (int64_t p = 0; p < pairs; ++p) {
        int64_t first = (outer * tokens + tokens - rotated + n) * features;
        int64_t a = first + (isInterleaved ? 2 * p : p), b = first + (isInterleaved ? 2 * p + 1 : pairs + p);
        double cosine = table.values[n * pairs + p], sine = table.values[(rotated + n) * pairs + p];
        result.values[a] = input.values[a] * cosine - input.values[b] * sine;
        result.values[b] = input.values[b] * cosine + input.values[a] * sine;
      }
  return result;
}
