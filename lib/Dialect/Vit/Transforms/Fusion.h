//===- Fusion.h - what the fusion passes share ------------------*- C++ -*-===//

#ifndef VITC_LIB_DIALECT_VIT_TRANSFORMS_FUSION_H
#define VITC_LIB_DIALECT_VIT_TRANSFORMS_FUSION_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"

namespace vitc::vit {

/// Name of the discardable attribute that says why an op is not fused.
inline constexpr llvm::StringLiteral notFusedAttrName = "vit.not_fused";

/// Records on `op` why it is not fused, as attribute and, if asked for, as remark.
void refuse(mlir::Operation *op, const llvm::Twine &reason, bool emitRemark);

/// Erases ops without effects whose results nobody uses, such as those that a fused op replaces.
void eraseDeadOps(mlir::func::FuncOp function);

/// True for a convolution that cuts its input into patches: its stride is its kernel, and nothing else is special.
bool cutsPatches(Conv2dOp convolution);

/// True for a convolution of which each pixel of the result is a linear function of one pixel of the input.
bool isPointwise(Conv2dOp convolution);

/// True for an op that hands the features of its input on unchanged, if to other places.
bool keepsFeatures(mlir::Operation *op);

/// The op that alone uses a value, if it is of this kind, or null.
template <typename Op> Op onlyUser(mlir::Value value) {
  return value.hasOneUse() ? mlir::dyn_cast<Op>(*value.user_begin()) : Op();
}

/// True for a product of activations, perhaps multiplied with or added to something.
bool isScores(mlir::Value value);

/// The product of activations that `value` is made of, element by element and by moving elements, or null: of several
/// the first. Unlike isScores this sees through what no fused op has room for, which a remark can then name.
MatmulOp findProduct(mlir::Value value);

/// True for a softmax between two products of activations, if with other ops in between.
bool isAttention(SoftmaxOp softmax);

/// "'vit.activation' stands between A and B", with the op's name and as much of its kind as matters.
std::string standsBetween(mlir::Operation *op, llvm::StringRef a, llvm::StringRef b);

/// The linear layers that read a layer norm through ops that keep its features, or an empty list if it has another
/// user.
llvm::SmallVector<mlir::Operation *> findReadingLinears(LayerNormOp norm,
                                                        llvm::function_ref<bool(mlir::OpOperand &)> isLinearInput);

/// `op` as a factor of the features of `input`, the other operand: a vector of weights, whatever its rank, or null.
mlir::Value matchFeatureFactors(MulOp op, mlir::Value input);

/// `offsets`, a weight, added to the bias of a linear layer, which may be null or computed at run time.
mlir::Value addToBias(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value bias, mlir::Value offsets);

/// The operand that `op` adds to `input`, if it has the result's shape, or null.
mlir::Value matchResidual(AddOp op, mlir::Value input);

/// What follows a map and uses nothing else: the addition of one of its type, then an activation.
struct Epilogue {
  /// Null if nothing is added.
  mlir::Value residual;
  ActivationKind activation = ActivationKind::None;
  /// The value that has both.
  mlir::Value result;
};
Epilogue matchEpilogue(mlir::Value map);

} // namespace vitc::vit

#endif // VITC_LIB_DIALECT_VIT_TRANSFORMS_FUSION_H
