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
#include <optional>
#include <string>

namespace vitc {

/// What is known about a model before it is loaded.
struct ModelFile {
  std::string path;
  uint64_t fileBytes = 0;
  std::string manifest; // JSON text, an object
  uint64_t weightsOffset = 0;
  uint64_t weightsSegmentBytes = 0;

  /// Reads the file at `path`. Errors: it cannot be read, is not a 64-bit shared object for this architecture, is
  /// truncated, has no manifest of vitc, or is damaged elsewhere than in its weights. Does not throw.
  static HostExpected<ModelFile> open(const std::string &path);

  /// Compares the version of the interface that the model serves, by its manifest, with that of model_abi.h. Error:
  /// another one, or none. Returns nothing when they are the same.
  std::optional<HostError> checkAbiVersion() const;

  /// Reads all of the weights, and compares them with the hash that the manifest has of them. Errors: it has none, they
  /// cannot be read, they are damaged. Returns nothing when they are as they were written.
  std::optional<HostError> checkWeights() const;
};

} // namespace vitc

#endif // VITC_RUNTIMEHOST_MODELFILE_H
