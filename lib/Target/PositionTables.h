//===- PositionTables.h - tables of positions at compile time ---*- C++ -*-===//
//
// What the position ops on weights compute: in double precision, from the basic operations alone, so that the bytes of
// a model do not depend on where it is compiled.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_TARGET_POSITIONTABLES_H
#define VITC_LIB_TARGET_POSITIONTABLES_H

#include "vitc/Dialect/Vit/IR/VitOps.h"

#include <vector>

namespace vitc {

/// What one position of a resampled axis is made of: positions of the table and their weights.
struct ResampleTap {
  int64_t index;
  double weight;
};

/// For each of `to` positions, its taps among `from`.
std::vector<std::vector<ResampleTap>> resampleAxis(vit::ResampleKind kind, int64_t from, int64_t to);

/// The pseudo-inverse of the matrix (to x from) that resampleAxis means: from x to. For `bilinear` and
/// `bicubic_antialias`, whose matrices have full rank.
std::vector<double> invertedAxis(vit::ResampleKind kind, int64_t from, int64_t to);

/// The tables of `vit.weight_continuous_positions`, row by row; layers as the op has them.
std::vector<double> continuousPositions(llvm::ArrayRef<double> first, llvm::ArrayRef<double> bias,
                                        llvm::ArrayRef<double> second, llvm::ArrayRef<int64_t> window,
                                        llvm::ArrayRef<int64_t> trained);

/// e^x.
double exponentialOf(double x);

/// theta^exponent for a positive theta.
double powerOf(double theta, double exponent);

/// Cosine and sine of an angle of at most 10^6.
struct CosineAndSine {
  double cosine, sine;
};
CosineAndSine cosineAndSineOf(double angle);

} // namespace vitc

#endif // VITC_LIB_TARGET_POSITIONTABLES_H
