//===- VitToKernel.h - from what to how -------------------------*- C++ -*-===//
//
// Lowers a function of `vit` ops on tensors to one of `kernel` ops on buffers: chooses kernels, layouts and packs, none
// of which depends on the target. Weight expressions stay as they are and end in `kernel.pack`.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_CONVERSION_VITTOKERNEL_VITTOKERNEL_H
#define VITC_CONVERSION_VITTOKERNEL_VITTOKERNEL_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

#include <memory>

namespace vitc {

/// Creates the pass `convert-vit-to-kernel`.
///
///     %y = vit.fused_linear %x, %w bias %b ==>  %p = kernel.pack panels %w group 576 : ...
///                                               %y = kernel.buffer : memref<197x576xf32, strided<[576, 1]>>
///                                               kernel.linear %x, %p bias %q into %y ...
///
/// Every op of the `vit` dialect is lowered: those without a schedule of their own too (ColdOps.cpp). Arguments
/// become buffers in row-major order, results become arguments after them. Schedules are `kernel-schedule`'s to choose.
/// Without `useWinograd` every convolution is computed directly.
std::unique_ptr<mlir::Pass> createConvertVitToKernel(bool useWinograd = true);

} // namespace vitc

#endif // VITC_CONVERSION_VITTOKERNEL_VITTOKERNEL_H
