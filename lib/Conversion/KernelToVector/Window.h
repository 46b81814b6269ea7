//===- Window.h - windows that slide over a map -----------------*- C++ -*-===//

#ifndef VITC_LIB_CONVERSION_KERNELTOVECTOR_WINDOW_H
#define VITC_LIB_CONVERSION_KERNELTOVECTOR_WINDOW_H

#include "KernelEmitter.h"

namespace vitc {

/// One axis of the windows of a convolution or pooling: tap t of output position p is at p stride + t dilation - before
/// of the input, which has `size` positions.
struct WindowAxis {
  int64_t size, outputs, taps, stride, dilation, before, after;

  /// Of kernel.conv2d or kernel.pool2d.
  template <typename Op> static WindowAxis of(Op op, unsigned axis, int64_t taps) {
    return {op.getInputSize(axis),
            op.getOutput().getType().getDimSize(axis),
            taps,
            op.getStride()[axis],
            op.getDilation()[axis],
            op.getPadding()[axis],
            op.getPadding()[axis + 2]};
  }

  /// Whether a tap meets the input.
  bool meets(int64_t position, int64_t tap) const {
    int64_t at = position * stride + tap * dilation - before;
    return at >= 0 && at < size;
  }
  /// Where a tap is in the input.
  mlir::Value at(KernelEmitter &e, mlir::Value position, mlir::Value tap) const;
  /// The first tap that meets the input, and the end of those.
  std::pair<mlir::Value, mlir::Value> tapsInside(KernelEmitter &e, mlir::Value position) const;
  /// How many taps lie before the end of the padded input.
  mlir::Value tapsPadded(KernelEmitter &e, mlir::Value position) const;

private:
  /// How many taps lie below `bound`, counted from the first position of the padding.
  mlir::Value tapsBelow(KernelEmitter &e, mlir::Value position, int64_t bound) const;
};

/// What becomes of the sums of a map's pixels: a residual (or none) is added, the activation applied, the result
/// stored.
struct MapEpilogue {
  KernelEmitter &e;
  mlir::Value output, residual;
  vit::ActivationKind activation;

  /// Finishes the sums (pixels by vectors) of neighbours in row `row` from `firstColumn` on: of outputs from `output`
  /// on, of which there are `valid`.
  void finish(mlir::ValueRange sums, mlir::Value row, mlir::Value firstColumn, mlir::Value firstOutput,
              int64_t valid) const;
};

} // namespace vitc

#endif // VITC_LIB_CONVERSION_KERNELTOVECTOR_WINDOW_H
