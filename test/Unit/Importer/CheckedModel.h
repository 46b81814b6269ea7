//===- CheckedModel.h - models that were read and imported ------*- C++ -*-===//

#ifndef VITC_TEST_UNIT_IMPORTER_CHECKEDMODEL_H
#define VITC_TEST_UNIT_IMPORTER_CHECKEDMODEL_H

#include "mlir/IR/MLIRContext.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Importer/VitImporter.h"

namespace vitc::test {

/// The context of everything that tests import.
inline mlir::MLIRContext &importContext() {
  static mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  return context;
}

/// A description that was imported on its own.
struct TestFunction {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  ImportedFunction imported;
};

inline llvm::Expected<TestFunction> importAlone(const ModelDescription &description) {
  TestFunction result;
  result.module = mlir::ModuleOp::create(mlir::UnknownLoc::get(&importContext()));
  llvm::Expected<ImportedFunction> imported = importFunction(*result.module, "forward", description);
  if (!imported)
    return imported.takeError();
  result.imported = std::move(*imported);
  return result;
}

/// A model that the compiler would take: read, imported, with weights that fit.
struct CheckedModel : SourceModel {
  ImportedModel imported;

  ImportedFunction &forward() { return imported.functions.front(); }
  const Shape &outputShape(size_t output) { return forward().outputShapes[output]; }
  /// The op whose result an output is.
  mlir::Operation *outputOp(size_t output) {
    return forward().function.front().getTerminator()->getOperand(unsigned(output)).getDefiningOp();
  }
};

inline llvm::Expected<CheckedModel> readAndImport(llvm::StringRef path, const ReadOptions &options) {
  llvm::Expected<SourceModel> source = readModel(path, options);
  if (!source)
    return source.takeError();
  llvm::Expected<ImportedModel> imported = importModel(importContext(), *source);
  if (!imported)
    return imported.takeError();
  return CheckedModel{std::move(*source), std::move(*imported)};
}

} // namespace vitc::test

#endif // VITC_TEST_UNIT_IMPORTER_CHECKEDMODEL_H
