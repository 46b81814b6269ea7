//===- WeightsWriter.h - packed weights, byte by byte -----------*- C++ -*-===//
//
// What becomes of the weights of a model: the expressions behind `kernel.pack` ops are evaluated while the file is
// written, a few megabytes at a time, so that the size of a model does not matter.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_TARGET_WEIGHTSWRITER_H
#define VITC_TARGET_WEIGHTSWRITER_H

#include "mlir/IR/BuiltinOps.h"
#include "vitc/Weights/WeightSource.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"

namespace vitc {

/// Takes the next bytes of a sequence; an error ends it.
using ByteSink = llvm::function_ref<llvm::Error(llvm::ArrayRef<char>)>;

/// Gives `sink` the `segmentBytes` bytes of the weights segment in order: every `kernel.pack` of `kernelModule` at its
/// offset, zeros between. Expressions on weights are evaluated in double precision, in one fixed order, with one
/// rounding at the end, so the bytes are the same on every machine. Only what an op reads as a whole (the operand of a
/// transpose, factors, the vector of a product) is held in memory, and that only for one pack.
///
/// Errors: those of `source` and `sink`; a tensor that is missing or has another size than the module says; a pack
/// without an offset, that overlaps another or the end of the segment, or whose elements are not f32.
llvm::Error writeWeights(mlir::ModuleOp kernelModule, const WeightSource &source, uint64_t segmentBytes, ByteSink sink);

} // namespace vitc

#endif // VITC_TARGET_WEIGHTSWRITER_H
