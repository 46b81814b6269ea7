//===- WeightEvaluator.h - values of expressions on weights -----*- C++ -*-===//

#ifndef VITC_LIB_TARGET_WEIGHTEVALUATOR_H
#define VITC_LIB_TARGET_WEIGHTEVALUATOR_H

#include "QuantizedRow.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Weights/WeightSource.h"
#include "llvm/ADT/DenseMap.h"

#include <vector>

namespace vitc {

/// Whether an expression only moves values, or rounds them to f32 anyway, so that f32 is as good as f64.
bool movesValuesOnly(mlir::Value expression);

/// Evaluates expressions on weights in T (double; float where nothing is computed), a range of elements at a time. An
/// element's value does not depend on the range. What an op needs as a whole is kept as long as the evaluator lives.
template <typename T> class WeightEvaluator {
public:
  explicit WeightEvaluator(const WeightSource &source) : source(source) {}

  /// Computes the elements [first, first + count) of an expression in row-major order. Errors: those of the source, a
  /// tensor that has another size than the expression says, an op that is none on weights.
  llvm::Error evaluate(mlir::Value expression, int64_t first, int64_t count, T *out);

private:
  llvm::Error evaluateOp(vit::WeightOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightFillOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightConcatOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightSliceOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightReshapeOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightTransposeOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightAddOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightScaleOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightScaleDimOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightRsqrtOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightStandardizeOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightMatvecOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightReverseOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightMatmulOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightQuantizeOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightQuantizeScaleOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightQuantizeSumOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightRoundOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightWinogradOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightResampleTapsOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightResampleOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightResampleKernelOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightRelativePositionBiasOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightSinusoidsOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightWindowMaskOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightContinuousPositionsOp op, int64_t first, int64_t count, T *out);
  llvm::Error evaluateOp(vit::WeightExpOp op, int64_t first, int64_t count, T *out);

  /// A row of what an op makes numbers of 8 bits of. Error: a value that is not finite.
  template <typename Op> llvm::Expected<QuantizedRow> quantizeRow(Op op, int64_t row);
  /// A number of each of these rows.
  template <typename Op>
  llvm::Error evaluateRows(Op op, int64_t first, int64_t count, T *out,
                           llvm::function_ref<double(const QuantizedRow &)> function);

  /// All elements of an expression; valid as long as this object.
  llvm::Expected<llvm::ArrayRef<T>> evaluateWhole(mlir::Value expression);
  /// Elements of `operand` as if it had the shape that it is broadcast to.
  llvm::Error evaluateBroadcast(mlir::Value operand, llvm::ArrayRef<int64_t> shape, int64_t first, int64_t count,
                                T *out);

  const WeightSource &source;
  llvm::DenseMap<mlir::Value, std::vector<T>> wholes;
};

} // namespace vitc

#endif // VITC_LIB_TARGET_WEIGHTEVALUATOR_H
