//===- CommandLine.h - the options of vitc-evaluate -------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCEVALUATE_COMMANDLINE_H
#define VITC_TOOLS_VITCEVALUATE_COMMANDLINE_H

#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vitc {

extern const char *const helpText;

/// What the user typed, checked for form: files are looked at later.
struct CommandLine {
  std::string program;                      // a .mlir file, or a model
  std::vector<std::string> inputs, outputs; // files
  std::vector<std::string> results;         // names of outputs of the model
  std::string config, weights, model;
  std::optional<uint64_t> randomSeed, noiseSeed;
  std::optional<std::vector<int64_t>> imageSize;
  /// Another than f32 is what fused ops are given.
  vit::Precision precision = vit::Precision::F32;
  /// As vitc has it by default, if nobody says.
  std::optional<vit::Precision> attention;
  bool fuse = false, help = false, version = false;
};

/// Parses the arguments after the program's name. Errors: `command line: OPTION: what is wrong, what was expected`.
llvm::Expected<CommandLine> parseCommandLine(llvm::ArrayRef<const char *> arguments);

} // namespace vitc

#endif // VITC_TOOLS_VITCEVALUATE_COMMANDLINE_H
