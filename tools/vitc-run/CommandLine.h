//===- CommandLine.h - the options of vitc-run ------------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_COMMANDLINE_H
#define VITC_TOOLS_VITCRUN_COMMANDLINE_H

#include "vitc/RuntimeHost/HostExpected.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vitc {

struct CommandLine {
  std::string model;
  std::vector<std::string> images;
  std::vector<std::string> inputs; // FILE or NAME=FILE
  std::string list;                // of paths of pictures; "-" is standard input, empty: there is none
  std::string output;
  std::string outputDirectory;
  std::string entryPoint; // empty: by what is given
  std::string save;       // where drawings go: a file, or a directory
  std::string palette;    // a file of colours
  std::optional<size_t> topK;
  std::optional<double> threshold;
  uint32_t threads = 0; // 0: as many as the runtime finds
  uint32_t batch = 0;   // pictures in a run; 0: as the model was compiled for
  bool saveInputs = false;
  bool json = false;
  bool info = false;
  bool selfTest = false;
  bool help = false;
  bool version = false;

  bool hasPictures() const { return !images.empty() || !list.empty(); }
};

/// What --help prints.
extern const char *const helpText;

/// An error that is about option or argument `where`.
HostError commandLineError(const std::string &where, const std::string &message);

/// Reads the arguments (without the program's name). Errors: unknown options, missing or wrong values, combinations
/// that make no sense. With --help or --version nothing else is required.
HostExpected<CommandLine> parseCommandLine(const std::vector<std::string> &arguments);

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_COMMANDLINE_H
