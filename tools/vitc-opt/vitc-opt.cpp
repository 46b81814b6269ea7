//===- vitc-opt.cpp - mlir-opt with the project's dialects ------*- C++ -*-===//

#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"
#include "vitc/InitDialects.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  vitc::registerDialects(registry);
  mlir::registerTransformsPasses();
  vitc::vit::registerVitTransforms();
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "vitc optimizer driver\n", registry));
}
