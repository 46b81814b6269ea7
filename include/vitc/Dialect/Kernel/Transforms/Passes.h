//===- Passes.h - passes from kernel to kernel ------------------*- C++ -*-===//

#ifndef VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_H
#define VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"

namespace vitc::kernel {

#define GEN_PASS_DECL
#include "vitc/Dialect/Kernel/Transforms/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "vitc/Dialect/Kernel/Transforms/Passes.h.inc"

} // namespace vitc::kernel

#endif // VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_H
