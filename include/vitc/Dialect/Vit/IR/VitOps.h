//===- VitOps.h - ops of the vit dialect ------------------------*- C++ -*-===//
//
// Primitive, weight and fused ops; their documentation is in VitOps.td, VitWeightOps.td, VitWindowOps.td and
// VitFusedOps.td.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DIALECT_VIT_IR_VITOPS_H
#define VITC_DIALECT_VIT_IR_VITOPS_H

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "vitc/Dialect/Vit/IR/VitDialect.h"
#include "vitc/Dialect/Vit/IR/VitTraits.h"
#include "vitc/Files/DType.h"

#include "vitc/Dialect/Vit/IR/VitEnums.h.inc"
#define GET_ATTRDEF_CLASSES
#include "vitc/Dialect/Vit/IR/VitAttrs.h.inc"
#define GET_OP_CLASSES
#include "vitc/Dialect/Vit/IR/VitOps.h.inc"

namespace vitc::vit {

/// True for the weight ops (VitWeightOps.td, VitWindowOps.td): their results are known at compile time.
bool isWeightOp(mlir::Operation *op);

/// True for the result of such an op.
bool isWeight(mlir::Value value);

/// The location of a message about one attribute of an op, as descriptions call it; the message would be about the
/// operands otherwise.
mlir::Location aboutAttribute(mlir::Location op, llvm::StringRef attribute);

/// The name of the attribute that the message at this location is about; empty: it is about none.
llvm::StringRef attributeOf(mlir::Location message);

/// The shape of a value of the dialect.
llvm::ArrayRef<int64_t> getShape(mlir::Value value);

/// Whether maps are resized in this way, not only tables of positions.
bool resizesMaps(ResampleKind kind);

/// Neighbours that a position of an axis is made of, at most, when `from` positions are read at `to`.
int64_t getTapCount(ResampleKind kind, int64_t from, int64_t to);

/// The element type of values of a dtype that inputs can be of.
mlir::Type getElementType(mlir::MLIRContext *context, DType dtype);

/// The dtype of an element type that inputs can be of; none for another.
std::optional<DType> findDType(mlir::Type element);

/// The same where it is known that there is one.
inline DType getDType(mlir::Type element) { return *findDType(element); }

} // namespace vitc::vit

#endif // VITC_DIALECT_VIT_IR_VITOPS_H
