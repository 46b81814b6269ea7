//===- vitc-opt.cpp - mlir-opt with the project's dialects ------*- C++ -*-===//

#include "mlir/Pass/PassManager.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "vitc/Conversion/KernelToVector/KernelToVector.h"
#include "vitc/Conversion/VitToKernel/VitToKernel.h"
#include "vitc/Dialect/Kernel/Transforms/Passes.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"
#include "vitc/InitDialects.h"

namespace {
/// Options of passes that compile for a CPU.
struct TargetOptions : mlir::PassPipelineOptions<TargetOptions> {
  Option<std::string> cpu{*this, "cpu", llvm::cl::desc("LLVM's name of a CPU, or native"), llvm::cl::init("x86-64-v3")};
  Option<std::string> features{*this, "features", llvm::cl::desc("Changes to its features: +a,-b")};
};
} // namespace

/// Registers a pass that is made for a target, as `name{cpu=... features=...}`.
static void registerTargetPass(llvm::StringRef name, llvm::StringRef description,
                               std::unique_ptr<mlir::Pass> (*create)(const vitc::TargetInfo &)) {
  mlir::PassPipelineRegistration<TargetOptions>(
      name, description, [create](mlir::OpPassManager &manager, const TargetOptions &options) {
        llvm::ExitOnError exitOnError("error: ");
        manager.addPass(create(exitOnError(vitc::TargetInfo::create(options.cpu, options.features))));
      });
}

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  vitc::registerDialects(registry);
  mlir::registerTransformsPasses();
  vitc::vit::registerVitTransforms();
  vitc::kernel::registerKernelPasses();
  registerTargetPass("convert-vit-to-kernel", "Choose layouts and schedules for functions of vit ops",
                     vitc::createConvertVitToKernel);
  registerTargetPass("convert-kernel-to-vector", "Make a function of vector ops from every distinct step",
                     vitc::createConvertKernelToVector);
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "vitc optimizer driver\n", registry));
}
