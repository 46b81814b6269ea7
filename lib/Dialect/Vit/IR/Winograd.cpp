//===- Winograd.cpp - minimal filtering of 3x3 convolutions -------------------===//

#include "vitc/Dialect/Vit/IR/Winograd.h"

#include <cassert>

using namespace vitc::vit;

// What they and products of few of them give is exact in f32.
static constexpr double kPointsOfTwo[] = {1}, kPointsOfFour[] = {0.75, 1.5};

Winograd::Winograd(int64_t tile)
    : tile(tile), size(tile + 2),
      points(tile == 2 ? llvm::ArrayRef<double>(kPointsOfTwo) : llvm::ArrayRef<double>(kPointsOfFour)) {
  assert((tile == 2 || tile == 4) && "other tiles have no points");
}

llvm::SmallVector<double> Winograd::coefficients(int64_t without) const {
  llvm::SmallVector<double> result = {1};
  for (int64_t i = 0; i < int64_t(points.size()); ++i) {
    if (i == without)
      continue;
    // Times x^2, minus p^2 times the polynomial.
    llvm::SmallVector<double> next(result.size() + 1);
    for (size_t power = 0; power < result.size(); ++power) {
      next[power + 1] += result[power];
      next[power] -= points[i] * points[i] * result[power];
    }
    result = next;
  }
  return result;
}

llvm::SmallVector<double> Winograd::filterMatrix() const {
  llvm::SmallVector<double> finite = {0}, matrix;
  for (double point : points)
    finite.append({point, -point});
  for (double point : finite) {
    double distances = 1;
    for (double other : finite)
      if (other != point)
        distances *= point - other;
    matrix.append({1 / distances, point / distances, point * point / distances});
  }
  matrix.append({0, 0, 1});
  return matrix;
}
