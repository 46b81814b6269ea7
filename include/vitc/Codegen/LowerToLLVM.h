//===- LowerToLLVM.h - kernel functions to the LLVM dialect -----*- C++ -*-===//

#ifndef VITC_CODEGEN_LOWERTOLLVM_H
#define VITC_CODEGEN_LOWERTOLLVM_H

#include "mlir/Pass/PassManager.h"

namespace vitc {

/// From arith, cf, func, math, memref, scf and vector to the LLVM dialect alone. Buffers become
/// bare pointers: their shapes and strides are static. With `debugLines` the places in a file that are the locations of
/// ops become debug information.
void buildLowerToLLVMPipeline(mlir::OpPassManager &manager, bool debugLines);

} // namespace vitc

#endif // VITC_CODEGEN_LOWERTOLLVM_H
