//===- QuantizedRow.h - a row of a weight as numbers of 8 bits --*- C++ -*-===//

#ifndef VITC_LIB_TARGET_QUANTIZEDROW_H
#define VITC_LIB_TARGET_QUANTIZEDROW_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MathExtras.h"

#include <vector>

namespace vitc {

/// What `vit.weight_quantize` and its kin make of a row.
class QuantizedRow {
public:
  /// With `pairs` two neighbours are no more than 128 together. `node` names the row's product in errors. Error: a
  /// value that is not finite.
  static llvm::Expected<QuantizedRow> create(std::vector<double> values, bool pairs, llvm::StringRef node);

  /// What the numbers are multiplied by, an f32.
  double getScale() const { return scale; }
  /// Number k, from -127 to 127.
  double get(int64_t k) const;
  /// The sum of the numbers times the scale.
  double getSum() const;

private:
  std::vector<double> values;
  double scale = 0;
};

} // namespace vitc

#endif // VITC_LIB_TARGET_QUANTIZEDROW_H
