//===- vitc.cpp - the compiler's command line ---------------------------------===//

#include "CommandLine.h"

#include "vitc/Frontend/InputErrors.h"
#include "vitc/Pipelines/Compiler.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

#include <csignal>
#include <cstdlib>

using namespace llvm;
using namespace vitc;

/// LLVM's own fatal errors, worded as all others.
static void reportFatal(void *, const char *reason, bool) {
  errs() << "error: vitc: code generation: " << reason << "\n";
  std::_Exit(1);
}

static Error compile(const CommandLine &line) {
  Expected<TargetInfo> target = TargetInfo::create(line.targetCPU, line.targetFeatures);
  if (!target)
    return target.takeError();
  CompilerOptions options;
  options.target = std::move(*target);
  options.phase = line.emit ? *line.emit : phaseOfSuffix(line.output).value_or(Phase::SharedLibrary);

  LoadOptions load;
  load.weightsPath = line.weights;
  load.randomSeed = line.randomSeed;
  load.needsWeights = options.phase == Phase::SharedLibrary;
  Expected<LoadedModel> model = loadModel(line.input, load);
  if (!model)
    return model.takeError();

  options.outputPath = !line.output.empty() ? line.output : model->description.name + phaseSuffix(options.phase).str();
  options.batch = line.batch;
  options.dumpDirectory = line.dumpDirectory;
  options.timePhases = line.timePhases;
  options.remarks = line.remarks;
  return compileModel(*model, options);
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

int main(int argc, char **argv) {
  install_fatal_error_handler(reportFatal);
  // A file-size limit then fails a write, which is reported, instead of ending the process.
  std::signal(SIGXFSZ, SIG_IGN);
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
  if (!error)
    return 0;
  errs() << "error: " << toString(std::move(error)) << "\n";
  return 1;
}
