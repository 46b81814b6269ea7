//===- VitImporter.h - a described model to the vit dialect -----*- C++ -*-===//

#ifndef VITC_IMPORTER_VITIMPORTER_H
#define VITC_IMPORTER_VITIMPORTER_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "vitc/Checkpoints/ReadModel.h"

namespace vitc {

/// Translates a model that was read into a module of primitive `vit` ops and weight ops:
///
///     module attributes {vit.name = "vit_tiny_patch16_224"} {
///       func.func @forward(%pixel_values: tensor<3x224x224xf32> {vit.name = "pixel_values"})
///           -> (tensor<1000xf32> {vit.name = "logits"})
///
/// One argument for each input, one result for each output, in the description's order. Every op has a NameLoc with the
/// node it comes from ("encoder.layer.3/attention/query"). Loads the dialects it needs into the context. An error means
/// that the verifier does not accept the module.
llvm::Expected<mlir::OwningOpRef<mlir::ModuleOp>> importModel(mlir::MLIRContext &context, const SourceModel &model);

} // namespace vitc

#endif // VITC_IMPORTER_VITIMPORTER_H
