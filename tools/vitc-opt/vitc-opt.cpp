//===- vitc-opt.cpp - mlir-opt with the project's dialects ------*- C++ -*-===//

#include "mlir/Debug/Counter.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Support/Timing.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "vitc/Conversion/KernelToVector/KernelToVector.h"
#include "vitc/Conversion/VitToKernel/ExplainSchedules.h"
#include "vitc/Conversion/VitToKernel/VitToKernel.h"
#include "vitc/Conversion/VitToKernel/WarnSlowSteps.h"
#include "vitc/Dialect/Kernel/Transforms/Passes.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"
#include "vitc/InitDialects.h"
#include "vitc/Pipelines/PhasePipelines.h"
#include "vitc/Support/InputErrors.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/MemoryBuffer.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace {
/// CPUs, for the pass that says what to compile for.
struct TargetOptions : mlir::PassPipelineOptions<TargetOptions> {
  Option<std::string> cpu{*this, "cpu",
                          llvm::cl::desc("LLVM's names of CPUs, or native (default: kernel.targets of the module)")};
  Option<std::string> features{*this, "features", llvm::cl::desc("Changes to the features of one CPU: +a,-b")};
};
} // namespace

/// Registers the pass that is made for targets, as `kernel-set-target{cpu=... features=...}`.
static void registerSetTarget() {
  mlir::PassPipelineRegistration<TargetOptions>("kernel-set-target", "Say what functions are compiled for",
                                                [](mlir::OpPassManager &manager, const TargetOptions &options) {
                                                  if (options.cpu.empty() && options.features.empty())
                                                    return manager.addPass(vitc::kernel::createSetTarget({}));
                                                  // A message means that the pipeline cannot be made; see
                                                  // checkPipeline.
                                                  if (auto targets =
                                                          vitc::TargetInfo::createList(options.cpu, options.features))
                                                    manager.addPass(vitc::kernel::createSetTarget(std::move(*targets)));
                                                  else
                                                    llvm::errs() << llvm::toString(targets.takeError()) << '\n';
                                                });
}

static int fail(llvm::Error error) {
  llvm::errs() << "error: " << llvm::toString(std::move(error)) << '\n';
  return 1;
}

/// LLVM's own fatal errors (a full disk), worded as all others.
static void reportFatal(void *, const char *reason, bool) {
  std::_Exit(fail(vitc::inputError("vitc-opt", "", reason)));
}

/// What `action` writes to standard error: LLVM explains what is wrong with options there, in several lines.
static std::string captureErrors(llvm::function_ref<void()> action) {
  const int standardError = dup(STDERR_FILENO);
  FILE *messages = std::tmpfile();
  if (standardError < 0 || !messages)
    llvm::report_fatal_error("cannot make a temporary file");
  dup2(fileno(messages), STDERR_FILENO);
  action();
  dup2(standardError, STDERR_FILENO);
  close(standardError);
  (void)std::fseek(messages, 0, SEEK_SET);
  std::array<char, 4096> buffer;
  std::string text(buffer.data(), std::fread(buffer.data(), 1, buffer.size(), messages));
  std::fclose(messages);
  return text;
}

/// The gist of LLVM's explanation: its first line without the names that it puts in front.
static std::string firstComplaint(llvm::StringRef text) {
  llvm::StringRef line = text.split('\n').first.split("  Try: ").first;
  for (llvm::StringRef prefix : {"vitc-opt: ", "<Pass-Options-Parser>: "})
    line.consume_front(prefix);
  if (size_t at = line.rfind("error: "); at != llvm::StringRef::npos)
    line = line.drop_front(at + strlen("error: "));
  return line.str();
}

/// Makes the pipeline once before it is used, to learn what is wrong with the options of passes.
static std::string checkPipeline(const mlir::DialectRegistry &registry) {
  return captureErrors([&] {
    mlir::MLIRContext context(registry, mlir::MLIRContext::Threading::DISABLED);
    mlir::PassManager manager(&context);
    if (failed(mlir::MlirOptMainConfig::createFromCLOptions().setupPassPipeline(manager)))
      llvm::errs() << "the passes do not make a pipeline\n";
  });
}

int main(int argc, char **argv) {
  llvm::install_fatal_error_handler(reportFatal);
  mlir::DialectRegistry registry;
  vitc::registerDialects(registry);
  mlir::registerTransformsPasses();
  vitc::vit::registerVitTransforms();
  vitc::kernel::registerKernelPasses();
  vitc::registerPhasePipelines();
  registerSetTarget();
  mlir::registerPass([] { return vitc::createConvertVitToKernel(); });
  mlir::registerPass(vitc::createExplainSchedules);
  mlir::registerPass(vitc::createWarnSlowSteps);
  mlir::registerPass(vitc::createConvertKernelToVector);

  // What mlir::registerAndParseCLIOptions registers; it would leave errors to LLVM.
  static llvm::cl::opt<std::string> input(llvm::cl::Positional, llvm::cl::desc("<input file>"), llvm::cl::init("-"));
  static llvm::cl::opt<std::string> output("o", llvm::cl::desc("Output filename"), llvm::cl::value_desc("filename"),
                                           llvm::cl::init("-"));
  mlir::MlirOptMainConfig::registerCLOptions(registry);
  mlir::registerAsmPrinterCLOptions();
  mlir::registerMLIRContextCLOptions();
  mlir::registerPassManagerCLOptions();
  mlir::registerDefaultTimingManagerCLOptions();
  mlir::tracing::DebugCounter::registerCLOptions();
  llvm::cl::SetVersionPrinter(
      [](llvm::raw_ostream &os) { os << "vitc-opt " VITC_VERSION " (LLVM " LLVM_VERSION_STRING ")\n"; });
  std::string messages = captureErrors([&] {
    llvm::cl::ParseCommandLineOptions(argc, argv, "mlir-opt with vitc's dialects and passes\n", &llvm::errs());
  });
  if (messages.empty())
    messages = checkPipeline(registry);
  if (!messages.empty())
    return fail(vitc::inputError("command line", "", firstComplaint(messages)));
  if (input != "-")
    if (std::error_code code = llvm::MemoryBuffer::getFile(input).getError())
      return fail(vitc::inputError(input, "", code.message()));
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, input, output, registry));
}
