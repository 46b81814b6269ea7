//===- TypeInference.h - how constraints are worded --------------*- C++ -*-===//
//
// Private to lib/Dialect/Vit/IR: what the files that infer the types of results share.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_DIALECT_VIT_IR_TYPEINFERENCE_H
#define VITC_LIB_DIALECT_VIT_IR_TYPEINFERENCE_H

#include "vitc/Dialect/Vit/IR/VitOps.h"

#include <optional>

namespace vitc::vit::detail {

using ShapeRef = llvm::ArrayRef<int64_t>;
using Types = llvm::SmallVectorImpl<mlir::Type>;

/// Reports unmet constraints as an op's verifier words them.
class Reporter {
public:
  Reporter(std::optional<mlir::Location> location, llvm::StringRef op) : location(location), op(op) {}

  /// For what is wrong with an attribute, not with operands.
  Reporter about(llvm::StringRef attribute) const {
    return {location ? std::optional(aboutAttribute(*location, attribute)) : std::nullopt, op};
  }

  /// The arguments are streamed into a diagnostic.
  template <typename... Args> llvm::LogicalResult fail(Args &&...args) const {
    if (location)
      ((mlir::emitError(*location) << "'" << op << "' op ") << ... << std::forward<Args>(args));
    return mlir::failure();
  }

private:
  std::optional<mlir::Location> location;
  llvm::StringRef op;
};

/// A tensor with the element type of `like`.
llvm::LogicalResult succeedWith(Types &types, ShapeRef shape, mlir::Value like);
llvm::LogicalResult expectRank(const Reporter &reporter, llvm::StringRef name, mlir::Value value, int64_t rank);
/// An optional vector of `size` elements; `whose` says why so many.
llvm::LogicalResult expectVector(const Reporter &reporter, llvm::StringRef name, mlir::Value value, int64_t size,
                                 llvm::StringRef whose);
/// The shape of a linear layer's result.
llvm::LogicalResult inferLinear(const Reporter &reporter, mlir::Value input, mlir::Value weight, mlir::Value bias,
                                llvm::SmallVectorImpl<int64_t> &shape);
/// The types of parts of tensors, joined, cut out and turned.
llvm::LogicalResult inferConcat(const Reporter &reporter, mlir::ValueRange inputs, int64_t dim, Types &types);
llvm::LogicalResult inferSlice(const Reporter &reporter, mlir::Value input, int64_t dim, int64_t offset, int64_t size,
                               Types &types);
llvm::LogicalResult inferTranspose(const Reporter &reporter, mlir::Value input, ShapeRef permutation, Types &types);
/// A dimension of a tensor of this rank.
llvm::LogicalResult expectDim(const Reporter &reporter, int64_t dim, int64_t rank);
llvm::LogicalResult expectEpsilon(const Reporter &reporter, mlir::FloatAttr epsilon);
/// Two sizes of at least 1 whose product is no overflow.
llvm::LogicalResult expectGrid(const Reporter &reporter, llvm::StringRef name, ShapeRef grid);

} // namespace vitc::vit::detail

#endif // VITC_LIB_DIALECT_VIT_IR_TYPEINFERENCE_H
