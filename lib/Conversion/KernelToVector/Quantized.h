//===- Quantized.h - numbers of 8 bits --------------------------*- C++ -*-===//
//
// Private to lib/Conversion/KernelToVector. What rows of activations become (kernel.quantize), and the register tile of
// products with weights of i8.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CONVERSION_KERNELTOVECTOR_QUANTIZED_H
#define VITC_LIB_CONVERSION_KERNELTOVECTOR_QUANTIZED_H

#include "KernelEmitter.h"

namespace vitc {

/// Sums of products, `rows x vectors` native vectors of i32 (row-major), over `quads` fours of the depth:
/// `loadQuad(row, quad)` is a word of activations, an i32, `loadQuads(vector, quad)` a native vector of words of
/// weights.
KernelEmitter::Values quantizedProduct(KernelEmitter &e, int64_t rows, int64_t vectors, int64_t quads, int64_t unroll,
                                       KernelEmitter::LoadElement loadQuad, KernelEmitter::LoadVector loadQuads);

} // namespace vitc

#endif // VITC_LIB_CONVERSION_KERNELTOVECTOR_QUANTIZED_H
