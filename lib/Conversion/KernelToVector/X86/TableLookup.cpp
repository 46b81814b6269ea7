//===- TableLookup.cpp - tables in registers, AVX-512 -------------------------===//

#include "../KernelEmitter.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace vitc;

Value KernelEmitter::lookUp(llvm::ArrayRef<float> table, Value index) {
  assert(target.tableEntries == 32 && table.size() == 32 && "two registers of 16 elements");
  auto half = [&](size_t first) -> Value {
    return builder.create<arith::ConstantOp>(loc, DenseFPElementsAttr::get(vectorType, table.slice(first, 16)));
  };
  // vpermi2ps: bit 4 of an index chooses the register, the bits above do not count.
  return builder
      .create<LLVM::CallIntrinsicOp>(loc, TypeRange(vectorType), "llvm.x86.avx512.vpermi2var.ps.512",
                                     ValueRange{half(0), index, half(16)})
      .getResult(0);
}
