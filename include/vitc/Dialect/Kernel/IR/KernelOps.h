//===- KernelOps.h - the kernel dialect -------------------------*- C++ -*-===//
//
// Its documentation is in KernelDialect.td and KernelOps.td.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DIALECT_KERNEL_IR_KERNELOPS_H
#define VITC_DIALECT_KERNEL_IR_KERNELOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"

#include "vitc/Dialect/Kernel/IR/KernelDialect.h.inc"
#include "vitc/Dialect/Kernel/IR/KernelEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "vitc/Dialect/Kernel/IR/KernelAttrs.h.inc"
#include "vitc/Dialect/Kernel/IR/KernelInterfaces.h.inc"
#define GET_OP_CLASSES
#include "vitc/Dialect/Kernel/IR/KernelOps.h.inc"

namespace vitc::kernel {

/// Columns of a weight panel (design of the packed layout: see KernelDialect.td).
constexpr int64_t kPanelWidth = 16;

/// `value` rounded up to a multiple of `multiple`.
constexpr int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// Stride in elements between consecutive indices of dimension `dim` of a buffer (static layouts only).
int64_t getStride(mlir::MemRefType type, unsigned dim);

/// Bytes from the first element of a buffer to the end of its last row, padding included.
int64_t getByteSize(mlir::MemRefType type);

} // namespace vitc::kernel

#endif // VITC_DIALECT_KERNEL_IR_KERNELOPS_H
