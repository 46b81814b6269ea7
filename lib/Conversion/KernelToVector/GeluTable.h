//===- GeluTable.h - GELU from a table in registers -------------*- C++ -*-===//

#ifndef VITC_LIB_CONVERSION_KERNELTOVECTOR_GELUTABLE_H
#define VITC_LIB_CONVERSION_KERNELTOVECTOR_GELUTABLE_H

#include "KernelEmitter.h"

namespace vitc {

/// Phi(x) - 1/2 (Phi: the normal distribution) for x >= 0 as 32 polynomials of degree 4, piece n around n kWidth.
/// Absolute error below 4e-8 in float32 arithmetic.
struct GeluTable {
  static constexpr size_t kPieces = 32;
  /// From 31 pieces' width (5.5) on, Phi is 1 in float32.
  static constexpr double kWidth = 5.5 / 31;
  /// By power of the distance from the middle of the piece.
  float coefficients[5][kPieces];

  GeluTable();
};

/// x Phi(x) for a native vector of a target with table look-up; error below 1e-7 max(1, |x|).
mlir::Value emitGeluFromTable(KernelEmitter &emitter, mlir::Value x);

} // namespace vitc

#endif // VITC_LIB_CONVERSION_KERNELTOVECTOR_GELUTABLE_H
