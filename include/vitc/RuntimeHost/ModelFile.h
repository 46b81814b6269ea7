//===- ModelFile.h - a model as a file, not loaded --------------*- C++ -*-===//
//
// Reads what a compiled model says about itself without executing any of it. Every offset of the file is checked, so
// that any file may be given, and a damaged one is found out before it is loaded (ProgramHash.h).
//
//===----------------------------------------------------------------------===//

#ifndef VITC_RUNTIMEHOST_MODELFILE_H
#define VITC_RUNTIMEHOST_MODELFILE_H

#include "vitc/RuntimeHost/HostExpected.h"

#include <cstdint>
#include <string>

namespace vitc {

/// What is known about a model before it is loaded.
struct ModelFile {
  std::string path;
  uint64_t fileBytes = 0;
  std::string manifest; // JSON text, an object

  /// Reads the file at `path`. Errors: it cannot be read, is not a 64-bit shared object for this architecture, is
  /// truncated, has no manifest of vitc, or is damaged elsewhere than in its weights. Does not throw.
  static HostExpected<ModelFile> open(const std::string &path);
};

} // namespace vitc

#endif // VITC_RUNTIMEHOST_MODELFILE_H
