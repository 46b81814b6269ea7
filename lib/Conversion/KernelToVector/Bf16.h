//===- Bf16.h - numbers of bf16 ---------------------------------*- C++ -*-===//
//
// Private to lib/Conversion/KernelToVector. A bf16 is the upper half of an f32; weights of that type, and rows rounded
// by kernel.round, lie in pairs along the depth of a product, the first in the lower half of 32 bits.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CONVERSION_KERNELTOVECTOR_BF16_H
#define VITC_LIB_CONVERSION_KERNELTOVECTOR_BF16_H

#include "KernelEmitter.h"

namespace vitc {

/// `rows x vectors` sums (row-major) plus products of pairs, by the instruction that the target has for it: for every
/// pair, one vector of words of each panel column and, row by row, one broadcast word.
using LoadPair = llvm::function_ref<mlir::Value(int64_t row, mlir::Value pair)>;
using LoadPairs = llvm::function_ref<mlir::Value(int64_t vector, mlir::Value pair)>;
KernelEmitter::Values pairProduct(KernelEmitter &e, mlir::ValueRange sums, int64_t rows, int64_t vectors, int64_t pairs,
                                  KernelEmitter::ProductSteps steps, LoadPair loadPair, LoadPairs loadPairs);

/// The same with elements of f32 on the left, and the pairs on the right expanded in registers: what f32 computes with
/// weights of these values, bit for bit.
using LoadElement = llvm::function_ref<mlir::Value(int64_t row, mlir::Value k)>;
KernelEmitter::Values expandedProduct(KernelEmitter &e, mlir::ValueRange sums, int64_t rows, int64_t vectors,
                                      int64_t pairs, KernelEmitter::ProductSteps steps, LoadElement loadElement,
                                      LoadPairs loadPairs);

/// A native vector of pairs of a buffer of bf16, as words.
mlir::Value loadPairs(KernelEmitter &e, mlir::Value buffer, llvm::ArrayRef<mlir::Value> place);

/// Numbers of two native vectors of f32 as words: those of `low` rounded to bf16 in the lower halves, of `high` in the
/// upper ones.
mlir::Value roundToPairs(KernelEmitter &e, mlir::Value low, mlir::Value high);

} // namespace vitc

#endif // VITC_LIB_CONVERSION_KERNELTOVECTOR_BF16_H
