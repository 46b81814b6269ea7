//===- InitDialects.h - every dialect of the compiler -----------*- C++ -*-===//
//
// The one list that all tools share. Dialects are named one by one: registering all of MLIR's triples build times.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_INITDIALECTS_H
#define VITC_INITDIALECTS_H

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Index/IR/IndexDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Dialect/Vit/IR/VitDialect.h"

namespace vitc {

/// Adds the project's dialects and those of MLIR that its phases go through.
inline void registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<mlir::LLVM::LLVMDialect, mlir::affine::AffineDialect, mlir::arith::ArithDialect,
                  mlir::cf::ControlFlowDialect, mlir::func::FuncDialect, mlir::index::IndexDialect,
                  mlir::math::MathDialect, mlir::memref::MemRefDialect, mlir::scf::SCFDialect,
                  mlir::tensor::TensorDialect, mlir::vector::VectorDialect, vit::VitDialect, kernel::KernelDialect>();
}

} // namespace vitc

#endif // VITC_INITDIALECTS_H
