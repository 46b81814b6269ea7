//===- Tensor64.h - tensors of the reference --------------------*- C++ -*-===//

#ifndef VITC_REFERENCE_TENSOR64_H
#define VITC_REFERENCE_TENSOR64_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <vector>

namespace vitc {

/// A dense tensor in double precision, in row-major order.
struct Tensor64 {
  std::vector<int64_t> shape;
  std::vector<double> values;

  Tensor64() = default;
  /// A tensor of zeros.
  explicit Tensor64(llvm::ArrayRef<int64_t> shape);
  Tensor64(llvm::ArrayRef<int64_t> shape, std::vector<double> values) : shape(shape), values(std::move(values)) {}

  int64_t rank() const { return int64_t(shape.size()); }
  int64_t size() const { return int64_t(values.size()); }
  /// The product of the sizes of dimensions [first, last).
  int64_t product(int64_t first, int64_t last) const;
};

} // namespace vitc

#endif // VITC_REFERENCE_TENSOR64_H
