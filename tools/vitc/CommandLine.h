//===- CommandLine.h - the options of vitc ----------------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITC_COMMANDLINE_H
#define VITC_TOOLS_VITC_COMMANDLINE_H

#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Pipelines/Phases.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vitc {

extern const char *const helpText;

/// What the user typed, checked for form: files and names are looked at later.
struct CommandLine {
  std::string input, output, name, config, labels, weights, dumpDirectory;
  /// Where an input that is a phase (*.mlir) gets weights, labels and preprocessing from.
  std::string model;
  /// The input, or the model, and the options that say what it is, as a shell takes them.
  std::string modelArguments;
  /// Empty: native, or what the phase says that is the input.
  std::string targetCPU, targetFeatures;
  std::vector<std::string> outputs, ignoredKeys, ignoredTensors;
  Phase emit = Phase::SharedLibrary;
  std::optional<uint64_t> randomSeed;
  /// Empty, "pillow" or "torchvision".
  std::string resize;
  /// Empty, "auto" or "off", both.
  std::string winograd, hoistProducts;
  vit::Precision precision = vit::Precision::F32, attention = vit::Precision::F32;
  /// Patterns of names of nodes.
  std::vector<std::string> keepF32;
  /// No, one or several different sizes, each height and width.
  std::vector<std::vector<int64_t>> imageSizes;
  int64_t batch = 1;
  bool debugLines = false, timePhases = false, remarks = false, verbose = false, help = false, version = false;
};

/// Parses the arguments after the program's name. Errors: `command line: OPTION: what is wrong, what was expected`.
llvm::Expected<CommandLine> parseCommandLine(llvm::ArrayRef<const char *> arguments);

} // namespace vitc

#endif // VITC_TOOLS_VITC_COMMANDLINE_H
