//===- KernelTarget.h - the target of a function ----------------*- C++ -*-===//

#ifndef VITC_DIALECT_KERNEL_IR_KERNELTARGET_H
#define VITC_DIALECT_KERNEL_IR_KERNELTARGET_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/TargetInfo/TargetInfo.h"

namespace vitc::kernel {

/// The name of the attribute of functions that is a `#kernel.target`.
constexpr llvm::StringLiteral kTargetAttr = "kernel.target";

/// The name of the attribute of modules that is an array of `#kernel.target`, best first: what their functions are to
/// be compiled for.
constexpr llvm::StringLiteral kTargetsAttr = "kernel.targets";

/// The numbers that code of these precisions computes with.
inline TargetInfo::Numbers numbersOf(vit::Precision precision, vit::Precision attention) {
  using vit::Precision;
  return {precision == Precision::Bf16 || attention == Precision::Bf16,
          precision == Precision::Int8 || precision == Precision::Int8Pairs};
}

/// Says what a module is to be compiled for.
void setTargets(mlir::ModuleOp module, llvm::ArrayRef<TargetInfo> targets);

/// What a module is to be compiled for. Error, which is reported at the module: it has no `kernel.targets`, or one of a
/// CPU or features that are unknown.
mlir::FailureOr<std::vector<TargetInfo>> getTargets(mlir::ModuleOp module);

/// Says what a function is compiled for.
void setTarget(mlir::func::FuncOp function, const TargetInfo &target);

/// What a function is compiled for. Error, which is reported at the function: it has no `kernel.target`, or one of a
/// CPU or features that are unknown.
mlir::FailureOr<TargetInfo> getTarget(mlir::func::FuncOp function);

} // namespace vitc::kernel

#endif // VITC_DIALECT_KERNEL_IR_KERNELTARGET_H
