//===- Winograd.h - minimal filtering of 3x3 convolutions -------*- C++ -*-===//

#ifndef VITC_DIALECT_VIT_IR_WINOGRAD_H
#define VITC_DIALECT_VIT_IR_WINOGRAD_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"

#include <cstdint>

namespace vitc::vit {

/// Winograd's F(m x m, 3 x 3): m x m outputs from n x n inputs, n = m + 2, by n^2 multiplications for each channel
/// instead of 9 m^2 (A. Lavin, S. Gray, "Fast Algorithms for Convolutional Neural Networks", 2015). With the matrices
/// of Toom and Cook at the points 0, +p, -p for each p of `points`, and infinity, in this order:
///
///     Y = A^T [(G g G^T) * (B^T d B)] A
///
/// The points decide the rounding error. Those here, in f32 over 256 channels: 2.9e-6 of the largest output for m = 4
/// (0, 1, -1, 2, -2 give 1.0e-5), 5.6e-7 for m = 2.
struct Winograd {
  /// `tile` is 2 or 4.
  explicit Winograd(int64_t tile);

  /// m and n.
  int64_t tile, size;
  /// The p.
  llvm::ArrayRef<double> points;

  /// Coefficients, from the lowest power of x^2, of the product of x^2 - p^2 over all p but number `without`.
  llvm::SmallVector<double> coefficients(int64_t without = -1) const;

  /// G: `size` rows of 3.
  llvm::SmallVector<double> filterMatrix() const;
};

} // namespace vitc::vit

#endif // VITC_DIALECT_VIT_IR_WINOGRAD_H
