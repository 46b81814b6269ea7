//===- GeluTable.h - GELU from a table in registers -------------*- C++ -*-===//

#ifndef VITC_LIB_CONVERSION_KERNELTOVECTOR_GELUTABLE_H
#define VITC_LIB_CONVERSION_KERNELTOVECTOR_GELUTABLE_H

#include "KernelEmitter.h"

namespace vitc {

/// Q(x) = 1 - Phi(x) (Phi: the normal distribution) for x >= 0 as 32 polynomials of degree 4, piece n around n kWidth.
/// In float32 arithmetic, the error of x Q(x) is below 4e-8, and below 1e-4 of it.
struct GeluTable {
  static constexpr size_t kPieces = 32;
  /// From 31 pieces' width (6.5) on, Q counts as Q(6.5) = 4e-11.
  static constexpr double kWidth = 6.5 / 31;
  /// By power of the distance from the middle of the piece.
  float coefficients[5][kPieces];

  GeluTable();
};

/// x Phi(x) for native vectors side by side of a target with table look-up; error below 1e-7 max(1, |x|).
mlir::Value emitGeluFromTable(KernelEmitter &emitter, mlir::Value x);

} // namespace vitc

#endif // VITC_LIB_CONVERSION_KERNELTOVECTOR_GELUTABLE_H
