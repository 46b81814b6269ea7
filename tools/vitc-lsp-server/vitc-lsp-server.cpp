//===- vitc-lsp-server.cpp - the dialects for editors -----------*- C++ -*-===//

#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "vitc/InitDialects.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  vitc::registerDialects(registry);
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
