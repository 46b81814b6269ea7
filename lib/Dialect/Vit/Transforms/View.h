//===- View.h - what reshapes and transpositions do -------------*- C++ -*-===//

#ifndef VITC_LIB_DIALECT_VIT_TRANSFORMS_VIEW_H
#define VITC_LIB_DIALECT_VIT_TRANSFORMS_VIEW_H

#include "mlir/IR/Operation.h"
#include "llvm/ADT/SmallVector.h"

namespace vitc::vit {

/// A tensor as another way to look at the elements of a row-major one: a size and a stride for each dimension. Two
/// chains of reshapes and transpositions do the same if they lead to the same view, however they are spelled.
class View {
public:
  /// The row-major tensor itself.
  explicit View(llvm::ArrayRef<int64_t> shape);
  View(llvm::ArrayRef<int64_t> sizes, llvm::ArrayRef<int64_t> strides)
      : sizes(sizes.begin(), sizes.end()), strides(strides.begin(), strides.end()) {}

  /// What a reshape or transposition makes of it. Returns false if the op is neither, or if the result has no strides.
  bool apply(mlir::Operation *op);
  /// The view whose result, after the op, this one is.
  bool applyInverse(mlir::Operation *op);

  /// Strides of dimensions of size 1 do not matter.
  bool operator==(const View &other) const;

private:
  bool reshape(llvm::ArrayRef<int64_t> shape);
  void transpose(llvm::ArrayRef<int64_t> permutation);

  llvm::SmallVector<int64_t, 4> sizes, strides;
};

} // namespace vitc::vit

#endif // VITC_LIB_DIALECT_VIT_TRANSFORMS_VIEW_H
