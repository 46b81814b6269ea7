//===- KernelTarget.h - the target of a function ----------------*- C++ -*-===//

#ifndef VITC_DIALECT_KERNEL_IR_KERNELTARGET_H
#define VITC_DIALECT_KERNEL_IR_KERNELTARGET_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "vitc/TargetInfo/TargetInfo.h"

namespace vitc::kernel {

/// The name of the attribute of functions that is a `#kernel.target`.
constexpr llvm::StringLiteral kTargetAttr = "kernel.target";

/// Says what a function is compiled for.
void setTarget(mlir::func::FuncOp function, const TargetInfo &target);

/// What a function is compiled for. Error, which is reported at the function: it has no `kernel.target`, or one of a
/// CPU or features that are unknown.
mlir::FailureOr<TargetInfo> getTarget(mlir::func::FuncOp function);

} // namespace vitc::kernel

#endif // VITC_DIALECT_KERNEL_IR_KERNELTARGET_H
