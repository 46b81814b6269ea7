//===- VitImporter.h - a described model to the vit dialect -----*- C++ -*-===//

#ifndef VITC_IMPORTER_VITIMPORTER_H
#define VITC_IMPORTER_VITIMPORTER_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "vitc/Checkpoints/ReadModel.h"
#include "vitc/Weights/WeightRequirement.h"

namespace vitc {

/// A described model in a module.
struct ImportedFunction {
  mlir::func::FuncOp function;
  /// The tensors that its `vit.weight` ops name: each once, in order of first use.
  std::vector<WeightRequirement> weights;
  /// For each node and each output of the description, the shape of its value.
  std::vector<Shape> nodeShapes, outputShapes;
  std::vector<DType> outputDTypes;
};

/// Adds a valid description (`validateDescription`) to a module, as a function of primitive `vit` ops and weight ops:
///
///     func.func @forward(%pixel_values: tensor<3x224x224xf32> {vit.name = "pixel_values"})
///         -> (tensor<1000xf32> {vit.name = "logits"})
///
/// One argument for each input, one result for each output, in the description's order. Every op has a NameLoc with the
/// node it comes from ("encoder.layer.3/attention/query"). Loads the dialects it needs into the context.
///
/// Errors give the JSON pointer, and leave the module as it was: shapes that do not fit, sizes that do not divide, a
/// tensor used in two shapes, tensors of more than 2^40 elements, more than 2^36 weights together, labels that do not
/// match the first output.
llvm::Expected<ImportedFunction> importFunction(mlir::ModuleOp module, llvm::StringRef name,
                                                const ModelDescription &description);

/// Checks that `weights` has every tensor that the function needs, of floating point and of the right shape, and no
/// other but those that `ignored` matches (`*` stands for any characters). Gives the function's weights the shapes of
/// the file. Errors name the file and the tensor.
llvm::Error bindWeights(ImportedFunction &imported, const WeightSource &weights, llvm::ArrayRef<std::string> ignored);

/// A module that was made of models.
struct ImportedModel {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  /// Of each entry point.
  std::vector<ImportedFunction> functions;
};

/// Makes a module, named after the first model (`vit.name`), with a function for each of the models that were read:
/// `forward`, or `forward_NAME` for each of several entry points, which has that name (`vit.name`). The weights of the
/// first are those of all; those that are to be made up are made now. Errors: those of importFunction and bindWeights,
/// no weights where they are needed, a tensor that has different shapes in two functions.
llvm::Expected<ImportedModel> importModel(mlir::MLIRContext &context, llvm::MutableArrayRef<SourceModel> entryPoints);

} // namespace vitc

#endif // VITC_IMPORTER_VITIMPORTER_H
