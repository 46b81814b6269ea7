//===- AtomicFile.h - a file that is complete or not there ------*- C++ -*-===//

#ifndef VITC_TARGET_ATOMICFILE_H
#define VITC_TARGET_ATOMICFILE_H

#include "llvm/ADT/SmallString.h"

#include <string>
#include <system_error>

namespace vitc {

/// A new file that takes its name, and the place of what has it, when it is complete. Until then it has no name where
/// the file system can do that, so that nothing is left behind even if the process is killed; elsewhere it has a
/// temporary one beside the other, which is removed unless the file is committed, also when a signal ends the process.
class AtomicFile {
public:
  /// `target` is the path of a regular file, or nothing is there.
  explicit AtomicFile(std::string target) : target(std::move(target)) {}
  AtomicFile(const AtomicFile &) = delete;
  AtomicFile &operator=(const AtomicFile &) = delete;
  ~AtomicFile();

  /// Makes the file. `mode` is what the umask leaves permissions of.
  std::error_code create(unsigned mode);
  /// Open for writing after `create`, until `commit`.
  int descriptor() const { return open; }
  /// Asks for room on the disk, where the file system can do that: what does not fit is an error now, not later.
  std::error_code reserve(uint64_t bytes);
  /// Closes the file and gives it its name.
  std::error_code commit();

private:
  std::error_code createNamed(unsigned mode);
  std::error_code giveName();
  /// The name for an attempt to make a temporary file.
  void setPath(unsigned attempt);
  void removePath();

  std::string target;
  /// The temporary name, if there is one.
  llvm::SmallString<128> path;
  int open = -1;
};

} // namespace vitc

#endif // VITC_TARGET_ATOMICFILE_H
