//===- Operations.h - the ops of vit on tensors -----------------*- C++ -*-===//
//
// One function for each op, defined as the op's description says. Operands fit, as the ops' verifiers have checked; an
// optional one may be null.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_REFERENCE_OPERATIONS_H
#define VITC_LIB_REFERENCE_OPERATIONS_H

#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Reference/Tensor64.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace vitc::reference {

/// How a convolution moves over its input.
struct ConvolutionWindow {
  llvm::ArrayRef<int64_t> stride, padding, dilation;
  int64_t groups;
};

/// The attributes of `vit.pool2d`.
struct Pooling {
  vit::PoolKind kind;
  llvm::ArrayRef<int64_t> window, stride, padding, dilation;
  bool countsPadding;
};
Tensor64 pool2d(const Tensor64 &input, const Pooling &pooling, llvm::ArrayRef<int64_t> shape);
Tensor64 batchNorm(const Tensor64 &input, const Tensor64 &mean, const Tensor64 &variance, const Tensor64 &weight,
                   const Tensor64 &bias, double epsilon);
/// Of vit.weight_winograd.
Tensor64 winograd(const Tensor64 &filters, int64_t tile);
Tensor64 rsqrt(const Tensor64 &input, double epsilon);
Tensor64 conv2d(const Tensor64 &input, const Tensor64 &weight, const Tensor64 *bias, const ConvolutionWindow &window);
Tensor64 linear(const Tensor64 &input, const Tensor64 &weight, const Tensor64 *bias);
/// A linear layer at a precision, as `vit.fused_linear` says (Quantization.cpp).
Tensor64 product(const Tensor64 &input, const Tensor64 &weight, const Tensor64 *bias, vit::Precision precision);
/// Elements as numbers of bf16.
double roundToBf16(double value);
Tensor64 roundToBf16(const Tensor64 &input);
/// What the rows of activations become at int8, as numbers.
Tensor64 quantizeRows(const Tensor64 &input);
/// Of vit.weight_quantize, vit.weight_quantize_scale and vit.weight_quantize_sum.
Tensor64 quantizeWeight(const Tensor64 &weight, bool pairs);
Tensor64 quantizationScale(const Tensor64 &weight, bool pairs);
Tensor64 quantizationSum(const Tensor64 &weight, bool pairs);
Tensor64 matmul(const Tensor64 &lhs, const Tensor64 &rhs, bool transposeRhs);
Tensor64 layerNorm(const Tensor64 &input, const Tensor64 *weight, const Tensor64 *bias, double epsilon, bool rms);
Tensor64 softmax(const Tensor64 &input);
Tensor64 activation(const Tensor64 &input, vit::ActivationKind kind);
/// `function` of the elements of both, which broadcast.
Tensor64 combine(const Tensor64 &lhs, const Tensor64 &rhs, llvm::function_ref<double(double, double)> function);
Tensor64 add(const Tensor64 &lhs, const Tensor64 &rhs);
Tensor64 scale(const Tensor64 &input, double factor);
Tensor64 transpose(const Tensor64 &input, llvm::ArrayRef<int64_t> permutation);
Tensor64 concat(llvm::ArrayRef<const Tensor64 *> inputs, int64_t dim);
Tensor64 slice(const Tensor64 &input, int64_t dim, int64_t offset, int64_t size);
Tensor64 pad(const Tensor64 &input, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high, double value);
/// `indices` are whole numbers, from -N to N - 1 where N is the size of the dimension.
Tensor64 gather(const Tensor64 &input, const Tensor64 &indices, int64_t dim);
/// `shape` is that of the result.
Tensor64 unfold2d(const Tensor64 &input, llvm::ArrayRef<int64_t> stride, llvm::ArrayRef<int64_t> dilation,
                  llvm::ArrayRef<int64_t> shape);
/// The numbers of `from` as those of `to`; whole numbers of 64 bits are exact up to 2^53.
Tensor64 cast(const Tensor64 &input, DType from, DType to);
Tensor64 reduceMean(const Tensor64 &input, int64_t dim);
Tensor64 reduceMax(const Tensor64 &input, int64_t dim);
Tensor64 reduceNorm(const Tensor64 &input, int64_t dim);

Tensor64 fill(llvm::ArrayRef<int64_t> shape, double value);
Tensor64 scaleDim(const Tensor64 &input, const Tensor64 &factors, int64_t dim);

Tensor64 resize2d(const Tensor64 &input, vit::ResampleKind kind, llvm::ArrayRef<int64_t> size);
Tensor64 resampleTaps(vit::ResampleKind kind, int64_t from, int64_t to);
Tensor64 resample(const Tensor64 &input, vit::ResampleKind kind, llvm::ArrayRef<int64_t> from,
                  llvm::ArrayRef<int64_t> to, int64_t leading, int64_t trailing);
/// Of vit.weight_resample_kernel.
Tensor64 resampleKernel(const Tensor64 &input, vit::ResampleKind kind, llvm::ArrayRef<int64_t> to);
Tensor64 relativePositionBias(const Tensor64 &table, llvm::ArrayRef<int64_t> window, bool hasClassToken);
/// The attributes of `vit.weight_sinusoids`.
struct Sinusoids {
  llvm::ArrayRef<int64_t> grid;
  llvm::ArrayRef<double> origin, step;
  double theta;
  bool lastAxisFirst;
};
Tensor64 sinusoids(llvm::ArrayRef<int64_t> shape, const Sinusoids &what);
Tensor64 decomposedPositions(const Tensor64 &query, const Tensor64 &rows, const Tensor64 &columns,
                             llvm::ArrayRef<int64_t> grid);
Tensor64 reverse(const Tensor64 &input, int64_t dim);
Tensor64 rotary(const Tensor64 &input, const Tensor64 &table, bool isInterleaved);

// Windows (WindowOperations.cpp).
Tensor64 windowPartition(const Tensor64 &map, vit::WindowsAttr windows);
Tensor64 windowMerge(const Tensor64 &sequences, vit::WindowsAttr windows);
Tensor64 windowMask(vit::WindowsAttr windows, double value, bool byEdge);
Tensor64 continuousPositions(const Tensor64 &first, const Tensor64 &bias, const Tensor64 &second,
                             llvm::ArrayRef<int64_t> window, llvm::ArrayRef<int64_t> trained);
/// A bias for each kind of window at an edge (`4 x ...`, or `1 x ...`) as one for each window.
Tensor64 biasOfWindows(const Tensor64 &bias, vit::WindowsAttr windows);
Tensor64 exponential(const Tensor64 &input, double most);

Tensor64 fusedPatchEmbedding(const Tensor64 &image, const Tensor64 &weight, const Tensor64 &addend,
                             vit::Precision precision);
Tensor64 fusedHeadProjection(const Tensor64 &input, const Tensor64 &weight, const Tensor64 *bias, int64_t parts,
                             int64_t heads, int64_t sequences, vit::Precision precision);

/// One part of an operand of attention: `HxTxd` within `PxHxTxd`.
struct HeadPart {
  const Tensor64 &tensor;
  int64_t part;
};
/// What is added to the scores beside their own product, as far as it is there: a bias, and what queries make of their
/// positions in a grid.
struct AddedToScores {
  const Tensor64 *bias, *positions;
  llvm::ArrayRef<int64_t> grid;
};
Tensor64 fusedAttention(HeadPart query, HeadPart key, HeadPart value, AddedToScores what, const Tensor64 *factors,
                        double scale, int64_t sequences, vit::Precision precision);

} // namespace vitc::reference

#endif // VITC_LIB_REFERENCE_OPERATIONS_H
