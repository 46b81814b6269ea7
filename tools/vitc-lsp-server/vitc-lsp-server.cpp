//===- vitc-lsp-server.cpp - the dialects for editors -----------*- C++ -*-===//

#include "mlir/Tools/mlir-lsp-server/MlirLspServerMain.h"
#include "vitc/InitDialects.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  vitc::registerDialects(registry);
  llvm::cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "vitc-lsp-server " VITC_VERSION " (LLVM " LLVM_VERSION_STRING ")\n"; });
  return mlir::failed(mlir::MlirLspServerMain(argc, argv, registry));
}
