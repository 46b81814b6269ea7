//===- Bf16.h - numbers of bf16 ---------------------------------*- C++ -*-===//
//
// Private to lib/Conversion/KernelToVector. A bf16 is the upper half of an f32; weights of that type, and rows rounded
// by kernel.round, lie in pairs along the depth of a product, the first in the lower half of a word of 32 bits.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CONVERSION_KERNELTOVECTOR_BF16_H
#define VITC_LIB_CONVERSION_KERNELTOVECTOR_BF16_H

#include "KernelEmitter.h"

namespace vitc {

/// As KernelEmitter::product, of words: both sides are pairs, which an instruction of the target multiplies.
KernelEmitter::Values pairProduct(KernelEmitter &e, mlir::ValueRange sums, int64_t rows, int64_t vectors, int64_t pairs,
                                  KernelEmitter::ProductSteps steps, KernelEmitter::LoadElement loadPair,
                                  KernelEmitter::LoadVector loadPairs);

/// The same with elements of f32 on the left (`loadElement` gets their number, not that of their pair), and the pairs
/// on the right expanded in registers: what f32 computes with weights of these values, bit for bit.
KernelEmitter::Values expandedProduct(KernelEmitter &e, mlir::ValueRange sums, int64_t rows, int64_t vectors,
                                      int64_t pairs, KernelEmitter::ProductSteps steps,
                                      KernelEmitter::LoadElement loadElement, KernelEmitter::LoadVector loadPairs);

/// A vector of f32 rounded, in words: two neighbours in each.
mlir::Value roundToWords(KernelEmitter &e, mlir::Value vector);

/// Numbers of two native vectors of f32 in words: those of `low` rounded in the lower halves, of `high` in the upper
/// ones.
mlir::Value roundToPairs(KernelEmitter &e, mlir::Value low, mlir::Value high);

} // namespace vitc

#endif // VITC_LIB_CONVERSION_KERNELTOVECTOR_BF16_H
