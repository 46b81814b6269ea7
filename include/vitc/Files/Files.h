//===- Files.h - whole files in and out -------------------------*- C++ -*-===//

#ifndef VITC_FILES_FILES_H
#define VITC_FILES_FILES_H

#include "vitc/Files/Bytes.h"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vitc {

/// Reads a whole regular file. Errors: it cannot be opened or read, is no regular file. They have no WHERE.
std::optional<std::vector<uint8_t>> readFile(const std::string &path, std::string &error);

/// From now on, SIGINT, SIGTERM and SIGHUP (those that are not ignored) end the process only after the temporary files
/// of all StagedFiles are removed, and what other RemovedOnSignal objects name.
void removeStagedFilesOnSignals();

/// Something that a signal removes as long as this object exists: a file or an empty directory.
class RemovedOnSignal {
public:
  explicit RemovedOnSignal(const std::string &path);
  RemovedOnSignal(const RemovedOnSignal &) = delete;
  RemovedOnSignal &operator=(const RemovedOnSignal &) = delete;
  ~RemovedOnSignal();

private:
  std::atomic<const char *> *place; // nullptr: there were too many
};

/// A file that is there whole or not at all: its bytes go to a temporary file beside it, which is renamed by `commit`
/// and removed by the destructor otherwise. Several files are written together by finishing all before any is
/// committed. A target that exists and is no regular file (a device, a pipe) is written to at once; a symbolic link is
/// followed. Errors have no WHERE: the file cannot be made or written, the disk is full.
class StagedFile {
public:
  /// Begins an empty file.
  static std::optional<StagedFile> open(const std::string &path, std::string &error);

  /// A finished file of `parts` one after the other.
  static std::optional<StagedFile> create(const std::string &path, const std::vector<Bytes> &parts, std::string &error);

  StagedFile(StagedFile &&other) noexcept;
  StagedFile &operator=(StagedFile &&) = delete;
  ~StagedFile();

  /// Writes at the end.
  bool append(Bytes bytes, std::string &error);

  /// Writes over the first bytes. Error: a pipe, which has no beginning, besides the others.
  bool rewriteStart(Bytes bytes, std::string &error);

  /// Ends writing, and learns of errors that come late.
  bool finish(std::string &error);

  /// Gives the file, which is finished, its name. Error: it cannot be renamed.
  bool commit(std::string &error);

private:
  StagedFile(std::string temporary, std::string target) : temporary(std::move(temporary)), target(std::move(target)) {}

  std::string temporary; // empty when there is nothing to rename or remove
  std::string target;
  int descriptor = -1; // of a file that is not finished
  std::unique_ptr<RemovedOnSignal> onSignal;
};

} // namespace vitc

#endif // VITC_FILES_FILES_H
