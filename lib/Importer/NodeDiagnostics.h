//===- NodeDiagnostics.h - what ops say, where it was described -*- C++ -*-===//

#ifndef VITC_LIB_IMPORTER_NODEDIAGNOSTICS_H
#define VITC_LIB_IMPORTER_NODEDIAGNOSTICS_H

#include "mlir/IR/Diagnostics.h"
#include "vitc/Description/ModelDescription.h"
#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/StringMap.h"

namespace vitc {

/// While it lives, errors of ops that were made from a description are reported as errors of it: at the JSON pointer of
/// the node whose name is the op's location, and of the attribute that the op names (`aboutAttribute`), or else of the
/// inputs; with shapes instead of types.
class NodeDiagnostics {
public:
  /// Both outlive it.
  NodeDiagnostics(mlir::MLIRContext *context, const ModelDescription &description, InputErrors &errors);

private:
  void report(mlir::Diagnostic &diagnostic);

  InputErrors &errors;
  llvm::StringMap<const Node *> nodes;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace vitc

#endif // VITC_LIB_IMPORTER_NODEDIAGNOSTICS_H
