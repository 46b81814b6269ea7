//===- Passes.h - passes from kernel to kernel ------------------*- C++ -*-===//

#ifndef VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_H
#define VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "vitc/TargetInfo/TargetInfo.h"

#include <memory>

namespace vitc::kernel {

#define GEN_PASS_DECL
#include "vitc/Dialect/Kernel/Transforms/Passes.h.inc"
#define GEN_PASS_REGISTRATION
#include "vitc/Dialect/Kernel/Transforms/Passes.h.inc"

/// Creates the pass `kernel-set-target` of a module: functions get the attribute `kernel.target`, which all passes
/// behind it go by. With several targets, each function is copied for each but the first, as `NAME.CPU`. Without a
/// target, those of the module's `kernel.targets`.
std::unique_ptr<mlir::Pass> createSetTarget(std::vector<TargetInfo> targets);

} // namespace vitc::kernel

#endif // VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_H
