//===- Evaluator.h - what a vit function means ------------------*- C++ -*-===//
//
// The independent reference that compiled code is compared with: plain loops in double precision that share nothing
// with the compiler's kernels, themselves tested against PyTorch.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_REFERENCE_EVALUATOR_H
#define VITC_REFERENCE_EVALUATOR_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "vitc/Reference/Tensor64.h"
#include "vitc/Weights/WeightSource.h"

#include <optional>

namespace vitc {

/// Evaluates a function of `vit` ops, primitive, weight and fused ones, on one image. Returns the function's results.
///
/// Nothing is rounded to the element types of the IR; weights are read as f32, which is exact for f32, f16 and bf16.
/// Tensors are freed after their last use. Errors: inputs that do not fit the arguments, weights that are missing or of
/// another shape, an op of another dialect.
///
/// With `noiseSeed` every element that an op computes, and every factor of what a product or norm sums, is changed by
/// up to half a unit in the last place of f32 (2^-24 of itself), at random; beyond f32's range a result is infinite.
/// How far that moves the results says how exact f32 arithmetic can be expected to be on this function and these inputs
/// (the CESTAC method of Vignes, 1993).
llvm::Expected<std::vector<Tensor64>> evaluate(mlir::func::FuncOp function, llvm::ArrayRef<Tensor64> inputs,
                                               const WeightSource &weights,
                                               std::optional<uint64_t> noiseSeed = std::nullopt);

} // namespace vitc

#endif // VITC_REFERENCE_EVALUATOR_H
