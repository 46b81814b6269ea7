//===- vitc.cpp - the compiler's command line ---------------------------------===//

#include "CommandLine.h"

#include "vitc/Pipelines/Compiler.h"
#include "llvm/Config/llvm-config.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/raw_ostream.h"

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

int main(int argc, char **argv) {
  install_fatal_error_handler(reportFatal);
  Expected<CommandLine> line = parseCommandLine(ArrayRef<const char *>(argv + 1, argc > 0 ? argc - 1 : 0));
  Error error = line ? Error::success() : line.takeError();
  if (!error) {
    if (line->help) {
      outs() << helpText;
      return 0;
    }
    if (line->version) {
      outs() << "vitc " VITC_VERSION " (LLVM " LLVM_VERSION_STRING ")\n";
      return 0;
    }
    if (line->targetCPU == "help") {
      for (const std::string &name : TargetInfo::knownCPUs())
        outs() << name << "\n";
      return 0;
    }
    error = compile(*line);
  }
  if (!error)
    return 0;
  errs() << "error: " << toString(std::move(error)) << "\n";
  return 1;
}
