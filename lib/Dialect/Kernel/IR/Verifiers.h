//===- Verifiers.h - what verifiers of kernel ops share ---------*- C++ -*-===//
//
// Private to lib/Dialect/Kernel/IR.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_DIALECT_KERNEL_IR_VERIFIERS_H
#define VITC_LIB_DIALECT_KERNEL_IR_VERIFIERS_H

#include "vitc/Dialect/Kernel/IR/KernelOps.h"

namespace vitc::kernel::detail {

inline mlir::MemRefType bufferType(mlir::Value value) { return llvm::cast<mlir::MemRefType>(value.getType()); }

/// Panels that a row of `columns` elements takes.
inline int64_t panelsOf(int64_t columns) { return llvm::divideCeil(columns, kPanelWidth); }

/// Checks that `weight` is panels of this depth.
llvm::LogicalResult verifyPanels(mlir::Operation *op, mlir::Value weight, int64_t depth);

/// Checks that a schedule, if there is one, covers as many rows as there are, and says `tiles_per_task`, and `k_block`
/// and `k_unroll`, exactly if the step has such.
llvm::LogicalResult verifySchedule(mlir::Operation *op, ScheduleAttr schedule, int64_t rows, bool hasTilesPerTask,
                                   bool hasK);

/// Checks that the last operand, which is written, is none of the others.
llvm::LogicalResult verifyOutput(mlir::Operation *op);

/// Checks a bias that may be absent.
llvm::LogicalResult verifyBias(mlir::Operation *op, mlir::Value bias, int64_t columns);

/// Checks a residual that may be absent.
llvm::LogicalResult verifyResidual(mlir::Operation *op, mlir::Value residual, mlir::MemRefType output);

} // namespace vitc::kernel::detail

#endif // VITC_LIB_DIALECT_KERNEL_IR_VERIFIERS_H
