//===- Files.h - whole files in and out -------------------------*- C++ -*-===//

#ifndef VITC_FILES_FILES_H
#define VITC_FILES_FILES_H

#include "vitc/Files/Bytes.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vitc {

/// Reads a whole regular file. Errors: it cannot be opened or read, is no regular file. They have no WHERE.
std::optional<std::vector<uint8_t>> readFile(const std::string &path, std::string &error);

/// A file that is there whole or not at all: its bytes go to a temporary file beside it, which is renamed by `commit`
/// and removed by the destructor otherwise. Several files are written together by creating all before any is committed.
/// A target that exists and is no regular file (a device, a pipe) is written to at once; a symbolic link is followed.
class StagedFile {
public:
  /// Writes `parts` one after the other. Errors (without a WHERE): the file cannot be made, the disk is full.
  static std::optional<StagedFile> create(const std::string &path, const std::vector<Bytes> &parts, std::string &error);

  StagedFile(StagedFile &&other) noexcept;
  StagedFile &operator=(StagedFile &&) = delete;
  ~StagedFile();

  /// Gives the file its name. Error: it cannot be renamed.
  bool commit(std::string &error);

private:
  StagedFile(std::string temporary, std::string target) : temporary(std::move(temporary)), target(std::move(target)) {}

  std::string temporary; // empty when there is nothing to rename or remove
  std::string target;
};

} // namespace vitc

#endif // VITC_FILES_FILES_H
