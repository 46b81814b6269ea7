//===- CheckpointFile.h - a file of a checkpoint ----------------*- C++ -*-===//

#ifndef VITC_CHECKPOINTS_CHECKPOINTFILE_H
#define VITC_CHECKPOINTS_CHECKPOINTFILE_H

#include "vitc/Support/InputErrors.h"
#include "vitc/Support/Json.h"

#include <optional>

namespace vitc {

/// Whose arithmetic resizes pictures of 8 bits.
enum class ResizeLibrary { Pillow, Torchvision };

/// A file of a checkpoint, or an object in it.
struct CheckpointFile {
  std::string path;
  JsonValue json;
  /// Where in the file `json` is.
  std::string pointer = "";
  /// Keys that the user says are without effect; null: that cannot be said.
  IgnoredKeys *ignoredKeys = nullptr;
  /// What the user says of pictures; none: what the file says of them.
  std::optional<ResizeLibrary> resize = {};
};

} // namespace vitc

#endif // VITC_CHECKPOINTS_CHECKPOINTFILE_H
