//===- PhaseFile.h - phases of MLIR as files --------------------*- C++ -*-===//

#ifndef VITC_LIB_PIPELINES_PHASEFILE_H
#define VITC_LIB_PIPELINES_PHASEFILE_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "vitc/Importer/VitImporter.h"
#include "vitc/Pipelines/Phases.h"
#include "vitc/TargetInfo/TargetInfo.h"

namespace vitc {

/// The name of the file that a phase is dumped to: "5.kernel.mlir". `part`, if there is one, stands before the suffix.
std::string phaseFileName(Phase phase, llvm::StringRef part = "");

/// Flags that text has which can be read back: locations are names of nodes.
mlir::OpPrintingFlags phasePrintingFlags();

/// The lines that a phase's text begins with: how it is made from the phase before, and how to go on from it.
/// `modelArguments` are those of the command that read the model.
std::string phaseComment(Phase phase, mlir::ModuleOp module, llvm::StringRef modelArguments);

/// What a file of a phase holds.
struct PhaseFile {
  mlir::OwningOpRef<mlir::ModuleOp> module;
  Phase phase;
  std::vector<TargetInfo> targets;
};

/// Reads a phase back, to go on from it. Errors, one line: text that is no valid MLIR, a module that does not name a
/// phase and its targets, functions whose inputs and outputs are not those of the models, which were imported.
llvm::Expected<PhaseFile> readPhaseFile(mlir::MLIRContext &context, llvm::StringRef path,
                                        llvm::ArrayRef<SourceModel> models, llvm::ArrayRef<ImportedFunction> imported);

} // namespace vitc

#endif // VITC_LIB_PIPELINES_PHASEFILE_H
