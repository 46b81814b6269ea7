//===- PositionTables.cpp - tables of positions at compile time -----------===//

#include "PositionTables.h"

#include <algorithm>
#include <cmath>

using namespace vitc;
using vit::ResampleKind;
using Taps = std::vector<ResampleTap>;

/// Keys' cubic convolution kernel.
static double cubic(double x, double a) {
  x = std::fabs(x);
  if (x < 1)
    return ((a + 2) * x - (a + 3)) * x * x + 1;
  if (x < 2)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0;
}

static double triangle(double x) { return std::max(0.0, 1 - std::fabs(x)); }

/// Between the two neighbours of `position`, which lies within the table.
static Taps linearTaps(double position, int64_t from) {
  const auto left = std::min(int64_t(position), from - 1);
  const double t = position - double(left);
  if (t == 0)
    return {{left, 1}};
  return {{left, 1 - t}, {std::min(left + 1, from - 1), t}};
}

static Taps cubicTaps(double position, int64_t from) {
  constexpr double a = -0.75;
  const double left = std::floor(position);
  Taps taps;
  for (int64_t offset = -1; offset <= 2; ++offset) {
    const int64_t index = std::clamp<int64_t>(int64_t(left) + offset, 0, from - 1);
    taps.push_back({index, cubic(position - left - double(offset), a)});
  }
  return taps;
}

static Taps nearestTap(float position, int64_t from, int64_t to) {
  const float source = position * (float(from) / float(to));
  return {{std::min(int64_t(source), from - 1), 1}};
}

/// All positions under a kernel that is as wide as a step, if that is more than one.
static Taps antialiasedTaps(int64_t i, int64_t from, int64_t to, bool isCubic) {
  const double step = double(from) / double(to), width = std::max(step, 1.0);
  const double support = (isCubic ? 2 : 1) * width, centre = step * (double(i) + 0.5);
  const auto first = std::max<int64_t>(int64_t(centre - support + 0.5), 0);
  const auto end = std::min<int64_t>(int64_t(centre + support + 0.5), from);
  Taps taps;
  double sum = 0;
  for (int64_t j = first; j < end; ++j) {
    const double x = (double(j) - centre + 0.5) / width;
    taps.push_back({j, isCubic ? cubic(x, -0.5) : triangle(x)});
    sum += taps.back().weight;
  }
  for (ResampleTap &tap : taps)
    tap.weight /= sum;
  return taps;
}

/// Where the entries of a table of relative positions lie, in units of the result: 0, ±1, ±(1 + q), ±(1 + q + q^2), …
/// with the q for which the last one comes nearest to the result's last one. Found by halving, as the library does, and
/// rounded to f32 as there.
static std::vector<double> geometricPositions(int64_t from, int64_t to) {
  const int64_t fromHalf = from / 2, toHalf = to / 2;
  double left = 1.01, right = 1.5, q = 0;
  while (right - left > 1e-6) {
    q = (left + right) / 2;
    double power = 1;
    for (int64_t i = 0; i < fromHalf; ++i)
      power *= q;
    if ((1 - power) / (1 - q) > double(toHalf))
      right = q;
    else
      left = q;
  }
  std::vector<double> positions(from, 0.0);
  double position = 1, power = 1;
  for (int64_t i = 1; i <= fromHalf; ++i) {
    positions[fromHalf + i] = double(float(position));
    positions[fromHalf - i] = -positions[fromHalf + i];
    position += power *= q;
  }
  return positions;
}

static Taps geometricTaps(llvm::ArrayRef<double> positions, double at) {
  if (at <= positions.front())
    return {{0, 1}};
  for (size_t right = 1; right < positions.size(); ++right)
    if (at <= positions[right]) {
      const double t = (at - positions[right - 1]) / (positions[right] - positions[right - 1]);
      return {{int64_t(right) - 1, 1 - t}, {int64_t(right), t}};
    }
  return {{int64_t(positions.size()) - 1, 1}};
}

std::vector<Taps> vitc::resampleAxis(ResampleKind kind, int64_t from, int64_t to) {
  std::vector<double> positions;
  if (kind == ResampleKind::Geometric)
    positions = geometricPositions(from, to);
  const double step = double(from) / double(to);
  std::vector<Taps> all;
  for (int64_t i = 0; i < to; ++i) {
    const double centre = double(i) + 0.5;
    switch (kind) {
    case ResampleKind::Bilinear:
      all.push_back(linearTaps(std::max(0.0, centre * step - 0.5), from));
      break;
    case ResampleKind::BilinearCorners:
      all.push_back(linearTaps(to == 1 ? 0.0 : double(i) * double(from - 1) / double(to - 1), from));
      break;
    case ResampleKind::BilinearAntialias:
      all.push_back(antialiasedTaps(i, from, to, /*isCubic=*/false));
      break;
    case ResampleKind::Bicubic:
      all.push_back(cubicTaps(centre * step - 0.5, from));
      break;
    case ResampleKind::BicubicOffset:
      all.push_back(cubicTaps(centre / ((double(to) + 0.1) / double(from)) - 0.5, from));
      break;
    case ResampleKind::BicubicCorners:
      all.push_back(cubicTaps(to == 1 ? 0.0 : double(i) * double(from - 1) / double(to - 1), from));
      break;
    case ResampleKind::BicubicAntialias:
      all.push_back(antialiasedTaps(i, from, to, /*isCubic=*/true));
      break;
    case ResampleKind::Nearest:
      all.push_back(nearestTap(float(i), from, to));
      break;
    case ResampleKind::NearestExact:
      all.push_back(nearestTap(float(i) + 0.5F, from, to));
      break;
    case ResampleKind::Geometric: {
      const int64_t offset = i - to / 2;
      all.push_back(geometricTaps(positions, double(offset)));
      break;
    }
    }
  }
  return all;
}

/// Solves a x = b for symmetric, positive definite a of size x size by Cholesky's factors, which take a's place; b has
/// `columns` columns and becomes x.
static void solve(std::vector<double> &a, std::vector<double> &b, int64_t size, int64_t columns) {
  for (int64_t i = 0; i < size; ++i)
    for (int64_t j = 0; j <= i; ++j) {
      double sum = a[i * size + j];
      for (int64_t k = 0; k < j; ++k)
        sum -= a[i * size + k] * a[j * size + k];
      a[i * size + j] = i == j ? std::sqrt(sum) : sum / a[j * size + j];
    }
  auto eliminate = [&](int64_t row, int64_t other, double factor) {
    for (int64_t column = 0; column < columns; ++column)
      b[row * columns + column] -= factor * b[other * columns + column];
  };
  auto divide = [&](int64_t row) {
    for (int64_t column = 0; column < columns; ++column)
      b[row * columns + column] /= a[row * size + row];
  };
  for (int64_t i = 0; i < size; ++i) {
    for (int64_t k = 0; k < i; ++k)
      eliminate(i, k, a[i * size + k]);
    divide(i);
  }
  for (int64_t i = size; i-- > 0;) {
    for (int64_t k = i + 1; k < size; ++k)
      eliminate(i, k, a[k * size + i]);
    divide(i);
  }
}

std::vector<double> vitc::invertedAxis(ResampleKind kind, int64_t from, int64_t to) {
  // The shorter side of the matrix R has full rank: R+ is (R^T R)^-1 R^T or, for fewer positions, the transpose of
  // (R R^T)^-1 R.
  const bool isTaller = to >= from;
  const int64_t shorter = std::min(from, to), longer = std::max(from, to);
  std::vector<double> matrix(shorter * longer), products(shorter * shorter);
  const std::vector<Taps> taps = resampleAxis(kind, from, to);
  for (int64_t i = 0; i < to; ++i)
    for (const ResampleTap &tap : taps[i])
      matrix[isTaller ? tap.index * longer + i : i * longer + tap.index] += tap.weight;
  for (int64_t i = 0; i < shorter; ++i)
    for (int64_t j = 0; j < shorter; ++j)
      for (int64_t k = 0; k < longer; ++k)
        products[i * shorter + j] += matrix[i * longer + k] * matrix[j * longer + k];
  solve(products, matrix, shorter, longer);
  if (isTaller)
    return matrix;
  std::vector<double> transposed(from * to);
  for (int64_t i = 0; i < to; ++i)
    for (int64_t j = 0; j < from; ++j)
      transposed[j * to + i] = matrix[i * from + j];
  return transposed;
}

// Powers, cosines and sines are not libm's, whose last bit depends on the system. Reductions of the argument are exact
// or nearly so, and series end where terms no longer matter in double precision; results are rounded to f32 in the end.

static double logarithm(double x) {
  constexpr double ln2 = 0.693147180559945309417232121458;
  int exponent = 0;
  double m = std::frexp(x, &exponent);
  if (m < 0.70710678118654752440) {
    m *= 2;
    --exponent;
  }
  // log((1 + s) / (1 - s)) = 2 (s + s^3/3 + s^5/5 + …), |s| < 0.172
  const double s = (m - 1) / (m + 1), square = s * s;
  double sum = 0;
  for (int n = 27; n >= 1; n -= 2)
    sum = sum * square + 1.0 / n;
  return double(exponent) * ln2 + 2 * s * sum;
}

double vitc::exponentialOf(double x) {
  // ln 2 in two parts, the first with few enough bits for exact products with the exponent.
  constexpr double high = 6.93147180369123816490e-01, low = 1.90821492927058770002e-10;
  const double exponent = std::floor(x / high + 0.5);
  const double r = (x - exponent * high) - exponent * low;
  double sum = 1;
  for (int n = 16; n >= 1; --n)
    sum = 1 + sum * r / n;
  return std::ldexp(sum, int(std::clamp(exponent, -2000.0, 2000.0)));
}

double vitc::powerOf(double theta, double exponent) { return exponentialOf(exponent * logarithm(theta)); }

std::vector<double> vitc::continuousPositions(llvm::ArrayRef<double> first, llvm::ArrayRef<double> bias,
                                              llvm::ArrayRef<double> second, llvm::ArrayRef<int64_t> window,
                                              llvm::ArrayRef<int64_t> trained) {
  const double ln8 = logarithm(8);
  const auto coordinatesOf = [&](size_t axis) {
    std::vector<double> coordinates;
    for (int64_t distance = 1 - window[axis]; distance < window[axis]; ++distance) {
      const double steps = 8.0 * double(std::abs(distance)) / double(std::max<int64_t>(trained[axis] - 1, 1));
      const double length = logarithm(1 + steps) / ln8;
      coordinates.push_back(distance < 0 ? -length : length);
    }
    return coordinates;
  };
  const size_t hiddenSize = bias.size(), outputs = hiddenSize == 0 ? 0 : second.size() / hiddenSize;
  std::vector<double> table, hidden(hiddenSize);
  const std::vector<double> columns = coordinatesOf(1);
  for (const double y : coordinatesOf(0))
    for (const double x : columns) {
      for (size_t i = 0; i < hiddenSize; ++i)
        hidden[i] = std::max(0.0, first[2 * i] * y + first[2 * i + 1] * x + bias[i]);
      for (size_t o = 0; o < outputs; ++o) {
        double sum = 0;
        for (size_t i = 0; i < hiddenSize; ++i)
          sum += second[o * hiddenSize + i] * hidden[i];
        table.push_back(16 / (1 + exponentialOf(-sum)));
      }
    }
  return table;
}

CosineAndSine vitc::cosineAndSineOf(double angle) {
  // pi/2 in three parts of 33 bits (as in FreeBSD's msun): products of the first ones with quadrants are exact.
  constexpr double part1 = 1.57079632673412561417e+00, part2 = 6.07710050630396597660e-11,
                   part3 = 2.02226624871116645580e-21, rest = 8.47842766036889956997e-32;
  constexpr double twoOverPi = 0.636619772367581343076;
  const double quadrant = std::floor(angle * twoOverPi + 0.5);
  const double r = (((angle - quadrant * part1) - quadrant * part2) - quadrant * part3) - quadrant * rest;
  const double square = r * r;
  double sine = 1, cosine = 1;
  for (int n = 20; n >= 2; n -= 2) {
    cosine = 1 - cosine * square / (n * (n - 1));
    sine = 1 - sine * square / (n * (n + 1));
  }
  sine *= r;
  switch (int64_t(quadrant) & 3) {
  case 0:
    return {cosine, sine};
  case 1:
    return {-sine, cosine};
  case 2:
    return {-cosine, -sine};
  default:
    return {sine, -cosine};
  }
}
