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
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"

namespace vitc::kernel {

/// Columns of a weight panel (design of the packed layout: see KernelDialect.td).
constexpr int64_t kPanelWidth = 16;

/// Columns of a task of a step that is split along its columns are a multiple of this, or all: whole vectors of every
/// target, several at a time.
constexpr int64_t kColumnStep = 128;

/// Bytes of a cache line, which buffers do not share: offsets and sizes of memory are multiples of it.
constexpr int64_t kAlignment = 64;

/// Elements that no buffer exceeds.
constexpr int64_t kMaxElements = int64_t(1) << 38;

/// Whether kernels can read and write a memref. They reckon with rows of elements that lie at one distance and may be
/// padded, where nothing else is (so that all rows are those of one matrix), in the default memory space; with sizes of
/// at least 1, and at most 1 TiB in all, so that no number of bytes, tasks or rows overflows.
bool isBuffer(mlir::MemRefType type);

/// Whether an offset is a multiple of a cache line and not negative.
constexpr bool isAligned(int64_t offset) { return offset >= 0 && offset % kAlignment == 0; }

/// Whether a name of a step's kind can be part of a function's name.
bool isKind(llvm::StringRef name);

namespace detail {
/// The constraints of all steps.
mlir::LogicalResult verifyStep(mlir::Operation *op);
} // namespace detail

} // namespace vitc::kernel

#include "vitc/Dialect/Kernel/IR/KernelDialect.h.inc"
#include "vitc/Dialect/Kernel/IR/KernelEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "vitc/Dialect/Kernel/IR/KernelAttrs.h.inc"
#include "vitc/Dialect/Kernel/IR/KernelInterfaces.h.inc"
#define GET_OP_CLASSES
#include "vitc/Dialect/Kernel/IR/KernelOps.h.inc"

namespace vitc::kernel {

/// Names of the attributes of a memory plan, and of arguments that are outputs (see KernelDialect.td).
constexpr llvm::StringLiteral kArenaBytesAttr = "kernel.arena_bytes", kScratchBytesAttr = "kernel.scratch_bytes",
                              kOutputAttr = "kernel.output";

/// `value` rounded up to a multiple of `multiple`.
constexpr int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

/// Stride in elements between consecutive indices of dimension `dim` of a buffer (static layouts only).
int64_t getStride(mlir::MemRefType type, unsigned dim);

/// What a view is a part of; another value is its own root.
mlir::Value getRoot(mlir::Value buffer);

/// A row-major buffer whose rows lie `rowStride` elements apart, without further padding.
mlir::MemRefType getRowsType(llvm::ArrayRef<int64_t> shape, mlir::Type element, int64_t rowStride);

/// Whether the rows of a buffer are followed by room for the rest of their last panel.
bool hasRoomForPanels(mlir::MemRefType type);

/// A buffer for `rows` rows of `words` words of 32 bits in which numbers of fewer lie, padded for products: a word of
/// each row of a tile is read at a time, and they must not share cache sets.
mlir::MemRefType getWordsType(mlir::MLIRContext *context, int64_t rows, int64_t words);

/// Rows of a task that makes such words.
constexpr int64_t kRowsPerTask = 16;

/// Bytes of an element of a buffer; a boolean takes one.
int64_t getElementBytes(mlir::MemRefType type);

/// The buffer as code has it, which knows no unsigned integers and no booleans: bytes instead.
mlir::MemRefType getStorageType(mlir::MemRefType type);

/// Bytes from the first element of a buffer to the end of its last row, padding included.
int64_t getByteSize(mlir::MemRefType type);

} // namespace vitc::kernel

#endif // VITC_DIALECT_KERNEL_IR_KERNELOPS_H
