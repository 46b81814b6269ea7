//===- KernelToVector.h - from schedules to loops of vectors ----*- C++ -*-===//

#ifndef VITC_CONVERSION_KERNELTOVECTOR_KERNELTOVECTOR_H
#define VITC_CONVERSION_KERNELTOVECTOR_KERNELTOVECTOR_H

#include "mlir/Pass/Pass.h"

#include <memory>

namespace vitc {

/// Creates the pass `convert-kernel-to-vector`: every step op becomes a `kernel.launch` of a function that computes one
/// task with scf loops and vector ops of the native width of its function's target. Steps of equal structure (op,
/// attributes, buffer types) share one function.
///
///     kernel.layer_norm %x into %y ... ==>  kernel.launch "layer_norm" @layer_norm_197x192(%x, %y) tasks 13 flops ...
///                                           func.func private @layer_norm_197x192(%task: index, %x: memref<...>, ...)
std::unique_ptr<mlir::Pass> createConvertKernelToVector();

} // namespace vitc

#endif // VITC_CONVERSION_KERNELTOVECTOR_KERNELTOVECTOR_H
