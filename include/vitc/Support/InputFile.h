//===- InputFile.h - a file that is read piece by piece ---------*- C++ -*-===//

#ifndef VITC_SUPPORT_INPUTFILE_H
#define VITC_SUPPORT_INPUTFILE_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <memory>
#include <string>

namespace vitc {

/// A regular file that must stay as it is while it is open. It is never mapped: a file that is truncated meanwhile is
/// an error then, and no signal.
class InputFile {
public:
  /// Errors: no such file, not a regular one.
  static llvm::Expected<std::unique_ptr<InputFile>> open(llvm::StringRef path);
  ~InputFile();
  InputFile(const InputFile &) = delete;
  InputFile &operator=(const InputFile &) = delete;

  /// The file's size when it was opened.
  uint64_t bytes() const { return fileBytes; }
  /// For libraries that want to read by themselves. Stays open as long as this object.
  int getDescriptor() const { return descriptor; }

  /// Reads exactly `count` bytes from `offset` on. Error: the file ends before.
  llvm::Error read(uint64_t offset, uint64_t count, char *out) const;

  /// An error at `where` if size or time of modification have changed.
  llvm::Error checkUnchanged(llvm::StringRef where) const;

private:
  explicit InputFile(llvm::StringRef path) : path(path) {}

  std::string path;
  int descriptor = -1;
  uint64_t fileBytes = 0;
  int64_t changeSeconds = 0;
  int64_t changeNanoseconds = 0;
};

} // namespace vitc

#endif // VITC_SUPPORT_INPUTFILE_H
