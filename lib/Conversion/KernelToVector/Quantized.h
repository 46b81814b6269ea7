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
/// `loadQuad(row, quad)` is a word of activations, an i32, `loadQuads(vector, quad)` a vector of weights, as i8.
using LoadQuad = llvm::function_ref<mlir::Value(int64_t row, mlir::Value quad)>;
using LoadQuads = llvm::function_ref<mlir::Value(int64_t vector, mlir::Value quad)>;
KernelEmitter::Values quantizedProduct(KernelEmitter &e, int64_t rows, int64_t vectors, int64_t quads, int64_t unroll,
                                       LoadQuad loadQuad, LoadQuads loadQuads);

} // namespace vitc

#endif // VITC_LIB_CONVERSION_KERNELTOVECTOR_QUANTIZED_H
