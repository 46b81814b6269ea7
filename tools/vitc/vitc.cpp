//===- vitc.cpp - the compiler's command line ---------------------------------===//

#include "CommandLine.h"

#include "vitc/Dialect/Kernel/IR/KernelTarget.h"
#include "vitc/Pipelines/Compiler.h"
#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>
#include <cstdlib>
#include <iterator>

using namespace llvm;
using namespace vitc;

/// LLVM's own fatal errors, worded as all others.
static void reportFatal(void *, const char *reason, bool) {
  errs() << "error: " << toString(inputError("vitc", "code generation", reason)) << "\n";
  // Removes temporary files.
  sys::RunInterruptHandlers();
  std::_Exit(1);
}

static Error compile(const CommandLine &line) {
  CompilerOptions options;
  const std::string &modelPath = line.model.empty() ? line.input : line.model;
  if (line.model.empty()) {
    Expected<std::vector<TargetInfo>> targets =
        TargetInfo::createList(line.targetCPU.empty() ? "native" : line.targetCPU, line.targetFeatures,
                               kernel::numbersOf(line.precision, line.attention));
    if (!targets)
      return inputError("command line", "", toString(targets.takeError()));
    options.targets = std::move(*targets);
  } else {
    options.phaseFile = line.input;
  }
  options.modelArguments = line.modelArguments;
  options.phase = line.emit;

  ReadOptions read;
  read.name = line.name;
  read.configPath = line.config;
  read.weightsPath = line.weights;
  read.randomSeed = line.randomSeed;
  read.outputs = line.outputs;
  read.labelsPath = line.labels;
  if (!line.resize.empty())
    read.resize = line.resize == "pillow" ? ResizeLibrary::Pillow : ResizeLibrary::Torchvision;
  read.ignoredKeys = line.ignoredKeys;
  read.ignoredTensors = line.ignoredTensors;
  read.needsWeights = options.phase == Phase::SharedLibrary;
  std::vector<SourceModel> models;
  if (line.imageSizes.empty()) {
    Expected<SourceModel> model = readModel(modelPath, read);
    if (!model)
      return model.takeError();
    models.push_back(std::move(*model));
  } else {
    Expected<std::vector<SourceModel>> inSizes = readModelInSizes(modelPath, read, line.imageSizes);
    if (!inSizes)
      return inSizes.takeError();
    models = std::move(*inSizes);
  }

  options.keepsOtherFiles = line.output.empty();
  options.outputPath =
      !line.output.empty() ? line.output : models.front().description.name + phaseSuffix(options.phase).str();
  options.batch = line.batch;
  options.useWinograd = line.winograd != "off";
  options.hoistProducts = line.hoistProducts != "off";
  options.precision = line.precision;
  options.attention = line.attention;
  options.keepF32 = line.keepF32;
  options.dumpDirectory = line.dumpDirectory;
  options.debugLines = line.debugLines;
  options.timePhases = line.timePhases;
  options.remarks = line.remarks;
  options.verbose = line.verbose;
  return compileModel(models, options);
}

/// Prints `text` to standard output; a full disk is an error like any other.
static Error printText(const std::string &text) {
  outs() << text;
  outs().flush();
  std::error_code code = outs().error();
  outs().clear_error();
  if (code)
    return inputError("standard output", "output", Twine("cannot be written: ") + code.message());
  return Error::success();
}

/// LLVM's handlers, which remove temporary files, would also end a process that was told to ignore a signal (nohup).
static void handleSignals() {
  const int ending[] = {SIGHUP, SIGINT, SIGTERM, SIGUSR2};
  bool isIgnored[std::size(ending)];
  for (size_t i = 0; i < std::size(ending); ++i) {
    struct sigaction action;
    isIgnored[i] = sigaction(ending[i], nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
  }
  sys::SetInterruptFunction(nullptr);
  for (size_t i = 0; i < std::size(ending); ++i)
    if (isIgnored[i])
      std::signal(ending[i], SIG_IGN);
}

int main(int argc, char **argv) {
  install_fatal_error_handler(reportFatal);
  handleSignals();
  // A file-size limit, or a reader that goes away, then fails a write, which is reported, instead of ending the
  // process.
  std::signal(SIGXFSZ, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  Expected<CommandLine> line = parseCommandLine(ArrayRef<const char *>(argv + 1, argc > 0 ? argc - 1 : 0));
  Error error = line ? Error::success() : line.takeError();
  if (!error) {
    if (line->help) {
      error = printText(helpText);
    } else if (line->version) {
      error = printText("vitc " VITC_VERSION " (LLVM " LLVM_VERSION_STRING ")\n");
    } else if (line->targetCPU == "help") {
      error = printText(join(TargetInfo::knownCPUs(), "\n") + "\n");
    } else {
      error = compile(*line);
    }
  }
  const int status = error ? 1 : 0;
  if (error)
    errs() << "error: " << toString(std::move(error)) << "\n";
  // Whether anyone reads it does not matter.
  errs().clear_error();
  return status;
}
