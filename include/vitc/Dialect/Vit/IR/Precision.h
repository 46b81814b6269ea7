//===- Precision.h - what a module's products are computed with -*- C++ -*-===//

#ifndef VITC_DIALECT_VIT_IR_PRECISION_H
#define VITC_DIALECT_VIT_IR_PRECISION_H

#include "mlir/IR/BuiltinOps.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"

namespace vitc::vit {

/// The attributes of a module: what its linear layers are computed with, what attention is, and patterns (as of shells)
/// of names of nodes that stay f32.
inline constexpr llvm::StringLiteral kPrecisionAttr = "vit.precision", kAttentionPrecisionAttr = "vit.attention",
                                     kKeepF32Attr = "vit.keep_f32";

/// What attention is computed with unless somebody says: f32 with f32, else bf16.
Precision defaultAttention(Precision precision);

/// Sets all three, as far as they differ from f32 and no patterns.
void setPrecision(mlir::ModuleOp module, Precision precision, Precision attention, llvm::ArrayRef<std::string> keepF32);

/// What users call it: how weights are rounded to 8 bits follows from the targets.
llvm::StringRef precisionOption(Precision precision);

/// What a module says.
Precision getPrecision(mlir::ModuleOp module);
Precision getAttentionPrecision(mlir::ModuleOp module);
std::vector<std::string> getKeepF32(mlir::ModuleOp module);

} // namespace vitc::vit

#endif // VITC_DIALECT_VIT_IR_PRECISION_H
