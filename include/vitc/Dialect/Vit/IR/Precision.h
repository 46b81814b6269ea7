//===- Precision.h - what a module's products are computed with -*- C++ -*-===//

#ifndef VITC_DIALECT_VIT_IR_PRECISION_H
#define VITC_DIALECT_VIT_IR_PRECISION_H

#include "mlir/IR/BuiltinOps.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"

namespace vitc::vit {

/// The attributes of a module: what its products are computed with, and patterns (as of shells) of names of nodes whose
/// products stay f32.
inline constexpr llvm::StringLiteral kPrecisionAttr = "vit.precision", kKeepF32Attr = "vit.keep_f32";

/// Sets both, as far as they differ from f32 and no patterns.
void setPrecision(mlir::ModuleOp module, Precision precision, llvm::ArrayRef<std::string> keepF32);

/// What a module says.
Precision getPrecision(mlir::ModuleOp module);
std::vector<std::string> getKeepF32(mlir::ModuleOp module);

} // namespace vitc::vit

#endif // VITC_DIALECT_VIT_IR_PRECISION_H
