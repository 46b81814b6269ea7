//===- Lowering.h - state and helpers of the lowering to kernel -*- C++ -*-===//
//
// Private to lib/Conversion/VitToKernel. Each family of ops has a file with one `lower` function; all see this state.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CONVERSION_VITTOKERNEL_LOWERING_H
#define VITC_LIB_CONVERSION_VITTOKERNEL_LOWERING_H

#include "ModuleWeights.h"

#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/TargetInfo/TargetInfo.h"

namespace vitc {

class Lowering {
public:
  Lowering(mlir::OpBuilder &builder, ModuleWeights &weights, bool useWinograd)
      : builder(builder), moduleWeights(weights), useWinograd(useWinograd) {}

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

  /// Where a loop nest reads or writes a buffer, see `#kernel.access`.
  struct Access {
    int64_t offset = 0;
    llvm::SmallVector<int64_t> strides;
  };

private:
  /// A product with epilogue: vit.linear, vit.fused_linear, vit.fused_head_projection (columns in groups of `group`;
  /// maybe of windows).
  void lowerProduct(mlir::Location loc, mlir::Value input, mlir::Value weight, mlir::Value bias, mlir::Value residual,
                    vit::ActivationKind activation, bool residualFirst, int64_t group, mlir::Value result,
                    vit::Precision precision, vit::WindowsAttr windows = nullptr);
  /// The rows of an activation as numbers of 8 bits, made once for all its readers.
  struct Quantized {
    mlir::Value words, rows;
  };
  Quantized quantize(mlir::Value value);
  void lowerPatchEmbedding(vit::FusedPatchEmbeddingOp op);
  void lowerAttention(vit::FusedAttentionOp op);
  void lowerLayerNorm(vit::LayerNormOp op);
  void lowerRotary(vit::RotaryOp op);
  /// vit.conv2d, vit.fused_conv2d (Convolution.cpp).
  template <typename Op>
  void lowerConv2d(Op op, mlir::Value residual = nullptr, vit::ActivationKind activation = vit::ActivationKind::None);
  /// An op without a schedule of its own (ColdOps.cpp).
  mlir::LogicalResult lowerCold(mlir::Operation *op);
  void lowerTranspose(vit::TransposeOp op);
  void lowerSlice(vit::SliceOp op);
  void lowerConcat(vit::ConcatOp op);
  void lowerReduction(mlir::Operation *op, kernel::Reduction reduction, int64_t dim);
  /// A product with matrices `KxN`, or `NxK` with `transposeRhs`; `bias` may be null.
  void lowerMatmul(mlir::Location loc, mlir::Value lhs, mlir::Value rhs, bool transposeRhs, mlir::Value bias,
                   mlir::Value result);
  /// Whether a convolution's filters are in panels: those of one group, known at compile time.
  template <typename Op> bool hasPanels(Op conv) const;
  /// The tile of the minimal filtering that computes a convolution; none: it is computed directly.
  template <typename Op> std::optional<int64_t> tileOf(Op conv) const;
  /// The picture, channels first, that a direct convolution reads instead of its channels-last copy, or null.
  template <typename Op> mlir::Value pictureOf(Op conv) const;
  /// Whether nothing but convolutions reads the result, which read the input as it is instead.
  bool isReadInPlace(vit::TransposeOp op) const;
  void lowerPad(vit::PadOp op);
  void lowerUnfold2d(vit::Unfold2dOp op);
  void lowerGather(vit::GatherOp op);
  void lowerDecomposedPositions(vit::DecomposedPositionsOp op);
  void lowerPool2d(vit::Pool2dOp op);
  /// A map at the size of the op's result; `residual` may be null.
  void lowerResize2d(mlir::Operation *op, vit::ResampleKind kind, mlir::Value map, mlir::Value residual,
                     vit::ActivationKind activation);
  /// vit.window_partition, vit.window_merge.
  template <typename Op> void lowerWindows(Op op);
  /// The buffer of an operand of such an op; one of no dimensions is stored as a vector of one element.
  mlir::Value coldOperand(mlir::Value value);
  /// Filters `OxCxKHxKW` as `kernel.conv2d` reads them.
  mlir::Value packFilters(mlir::Value value);
  /// Matrices `KxN`, or `NxK`, as `kernel.matmul` reads them.
  mlir::Value packColumns(mlir::Value value, bool isTransposed);

  /// Makes the result of a `kernel.map` from an element of each input.
  using MapBody = llvm::function_ref<mlir::Value(mlir::ImplicitLocOpBuilder &, mlir::ValueRange)>;
  /// Creates a `kernel.map` over `shape` with an access for each input and the output, in the simplest form. Without a
  /// body it moves elements.
  void addMap(mlir::Location loc, llvm::StringRef kind, llvm::ArrayRef<int64_t> shape, mlir::ValueRange inputs,
              mlir::Value output, llvm::ArrayRef<Access> accesses, MapBody body = nullptr);
  /// The map of an op whose operands broadcast to its result.
  void addElementwise(mlir::Operation *op, MapBody body);
  void addReshape(mlir::Location loc, mlir::Value input, mlir::Value output);

  /// The buffer that `value` is computed into: its destination, or a new one.
  mlir::Value makeBuffer(mlir::Value value);
  /// A row-major buffer that no value of the old function names.
  mlir::Value makeTemporary(mlir::Location loc, mlir::Type element, llvm::ArrayRef<int64_t> shape);

  /// The type of a new buffer for an activation, in the layout that suits what makes it and what reads it (Layout.cpp).
  static mlir::MemRefType activationType(mlir::Value value);
  /// Makes the result of an op that only moves elements a view of its input, if it can be one.
  bool lowerAsView(mlir::Operation *op);
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
  ModuleWeights &moduleWeights;
  const bool useWinograd;
  /// Weight values of the old function -> of the module.
  mlir::IRMapping weights;
  llvm::DenseMap<mlir::Value, mlir::Value> buffers;
  llvm::DenseMap<mlir::Value, mlir::Value> destinations;
  llvm::DenseMap<mlir::Value, Quantized> quantized;
};

} // namespace vitc

#endif // VITC_LIB_CONVERSION_VITTOKERNEL_LOWERING_H
