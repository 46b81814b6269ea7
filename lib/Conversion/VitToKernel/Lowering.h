//===- Lowering.h - state and helpers of the lowering to kernel -*- C++ -*-===//
//
// Private to lib/Conversion/VitToKernel. Each family of ops has a file with one `lower` function; all see this state.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CONVERSION_VITTOKERNEL_LOWERING_H
#define VITC_LIB_CONVERSION_VITTOKERNEL_LOWERING_H

#include "mlir/IR/IRMapping.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/TargetInfo/TargetInfo.h"

namespace vitc {

class ComputeBody;

class Lowering {
public:
  explicit Lowering(mlir::OpBuilder &builder) : builder(builder) {}

  /// Lowers one op of the old function at the builder's insertion point.
  mlir::LogicalResult lower(mlir::Operation *op);

  /// Declares the buffer that holds `value` (an argument, say).
  void setBuffer(mlir::Value value, mlir::Value buffer) { buffers[value] = buffer; }

  /// Where a result is to be written, when the function returns it and nothing else reads it (see VitToKernel.cpp). Not
  /// for `PxHxTxd`, whose kernels write padded rows.
  void setDestination(mlir::Value value, mlir::Value buffer) { destinations[value] = buffer; }

  /// Writes a returned value to `destination` if it was not computed there.
  void copyResult(mlir::Value value, mlir::Value destination);

  /// The buffer of an activation or weight. A weight is packed in rows, without padding, on its first use as one.
  mlir::Value bufferOf(mlir::Value value);

private:
  /// A product with epilogue: vit.linear, vit.fused_linear, vit.fused_head_projection (columns in groups of `group`).
  void lowerProduct(mlir::Location loc, mlir::Value input, mlir::Value weight, mlir::Value bias, mlir::Value residual,
                    vit::ActivationKind activation, int64_t group, mlir::Value result);
  void lowerPatchEmbedding(vit::FusedPatchEmbeddingOp op);
  void lowerAttention(vit::FusedAttentionOp op);
  void lowerLayerNorm(vit::LayerNormOp op);
  void lowerRotary(vit::RotaryOp op);
  /// An op without a schedule of its own (Compute.cpp).
  mlir::LogicalResult lowerCompute(mlir::Operation *op);
  /// The buffer of an operand of such an op; one of no dimensions is stored as a vector of one element.
  mlir::Value computeOperand(mlir::Value value);
  /// The buffer of a matrix or filter whose outputs come first: permuted at compile time, so that they come last, if it
  /// is a weight.
  mlir::Value computeFilter(mlir::Value weight, llvm::ArrayRef<int64_t> permutation);
  /// Creates a `kernel.compute`; `emit` writes its body on block arguments for `inputs` and, last, `output`.
  void addCompute(mlir::Location loc, llvm::StringRef kind, mlir::ValueRange inputs, mlir::Value output, double flops,
                  llvm::function_ref<void(ComputeBody &, mlir::ValueRange)> emit);

  /// The buffer that `value` is computed into: its destination, or a new one. Rows of matrices are padded as
  /// TargetInfo says, rows of `PxHxTxd` to whole panels.
  mlir::Value makeBuffer(mlir::Value value);
  /// A row-major buffer that no value of the old function names.
  mlir::Value makeTemporary(mlir::Location loc, mlir::Type element, llvm::ArrayRef<int64_t> shape);

  /// The type of a new buffer for an activation.
  mlir::MemRefType activationType(mlir::Value value) const;
  /// A buffer of `PxHxTxd` whose rows are padded to whole panels.
  mlir::Value headsOf(mlir::Value value);

  bool isWeight(mlir::Value value) const;
  /// Whether all are weights; null values do not count.
  bool areWeights(llvm::ArrayRef<mlir::Value> values) const;

  /// A matrix NxK in panels; every `group` rows are padded.
  mlir::Value packPanels(mlir::Value matrix, int64_t group);
  /// A weight in rows of `columns` elements (at least its last dimension).
  mlir::Value packRows(mlir::Value weight, int64_t columns);
  /// A weight under another shape.
  mlir::Value reshapeWeight(mlir::Value weight, llvm::ArrayRef<int64_t> shape);

  mlir::OpBuilder &builder;
  /// Weight values of the old function -> of the new one.
  mlir::IRMapping weights;
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;
  llvm::DenseMap<mlir::Value, mlir::Value> destinations;
};

} // namespace vitc

#endif // VITC_LIB_CONVERSION_VITTOKERNEL_LOWERING_H
