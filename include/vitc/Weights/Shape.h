//===- Shape.h - sizes of tensors -------------------------------*- C++ -*-===//

#ifndef VITC_WEIGHTS_SHAPE_H
#define VITC_WEIGHTS_SHAPE_H

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vitc {

/// Sizes of the dimensions of a tensor; of values, those of one image (there is no batch dimension).
using Shape = std::vector<int64_t>;

/// Number of elements, or nothing if it is more than 2^40.
std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape);

/// "[2, 3]", for messages.
std::string shapeText(llvm::ArrayRef<int64_t> shape);

} // namespace vitc

#endif // VITC_WEIGHTS_SHAPE_H
