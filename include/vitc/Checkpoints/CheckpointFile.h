//===- CheckpointFile.h - a file of a checkpoint ----------------*- C++ -*-===//

#ifndef VITC_CHECKPOINTS_CHECKPOINTFILE_H
#define VITC_CHECKPOINTS_CHECKPOINTFILE_H

#include "vitc/Support/InputErrors.h"
#include "vitc/Support/Json.h"

namespace vitc {

/// A file of a checkpoint, or an object in it.
struct CheckpointFile {
  std::string path;
  JsonValue json;
  /// Where in the file `json` is.
  std::string pointer = "";
  /// Keys that the user says are without effect; null: that cannot be said.
  IgnoredKeys *ignoredKeys = nullptr;
};

} // namespace vitc

#endif // VITC_CHECKPOINTS_CHECKPOINTFILE_H
