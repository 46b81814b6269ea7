//===- VitTraits.h - traits of the vit dialect's ops ------------*- C++ -*-===//

#ifndef VITC_DIALECT_VIT_IR_VITTRAITS_H
#define VITC_DIALECT_VIT_IR_VITTRAITS_H

#include "mlir/IR/OpDefinition.h"

namespace vitc::vit {
namespace detail {

/// Reports that the type of an op's only result is not the inferred one.
mlir::LogicalResult verifyResultType(mlir::Operation *op, mlir::Type inferred);

/// Infers the result's type of an elementwise op.
mlir::LogicalResult inferElementwise(std::optional<mlir::Location> location, llvm::StringRef op,
                                     mlir::ValueRange operands, llvm::SmallVectorImpl<mlir::Type> &types);

/// Infers the result's type of a reduction of one dimension, which stays with size 1.
mlir::LogicalResult inferReduction(std::optional<mlir::Location> location, llvm::StringRef op, mlir::Value input,
                                   int64_t dim, llvm::SmallVectorImpl<mlir::Type> &types);

/// Reports an operand that is not the result of a weight op.
mlir::LogicalResult verifyOperandsAreWeights(mlir::Operation *op);

} // namespace detail

/// See Vit_InferredResult in VitDialect.td.
template <typename ConcreteOp> class InferredResult : public mlir::OpTrait::TraitBase<ConcreteOp, InferredResult> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) {
    llvm::SmallVector<mlir::Type, 1> types;
    if (mlir::failed(ConcreteOp::inferReturnTypes(op->getContext(), op->getLoc(), op->getOperands(),
                                                  op->getRawDictionaryAttrs(), op->getPropertiesStorage(),
                                                  op->getRegions(), types)))
      return mlir::failure();
    return detail::verifyResultType(op, types.front());
  }
};

/// See Vit_Elementwise in VitDialect.td.
template <typename ConcreteOp> class Elementwise : public mlir::OpTrait::TraitBase<ConcreteOp, Elementwise> {};

/// See Vit_WeightExpression in VitDialect.td.
template <typename ConcreteOp> class WeightExpression : public mlir::OpTrait::TraitBase<ConcreteOp, WeightExpression> {
public:
  static mlir::LogicalResult verifyTrait(mlir::Operation *op) { return detail::verifyOperandsAreWeights(op); }
};

} // namespace vitc::vit

#endif // VITC_DIALECT_VIT_IR_VITTRAITS_H
