//===- AtomicFile.cpp - a file that is complete or not there ------------===//

#include "vitc/Target/AtomicFile.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/Signals.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

using namespace llvm;
using namespace vitc;

static constexpr unsigned kAttempts = 100;

static std::error_code lastError() { return std::error_code(errno, std::generic_category()); }

/// Where the kernel shows an open file; that is how one without a name gets one.
static std::string linkOf(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

AtomicFile::~AtomicFile() {
  if (open >= 0)
    ::close(open);
  removePath();
}

void AtomicFile::setPath(unsigned attempt) {
  path = sys::path::parent_path(target);
  sys::path::append(path, ".vitc-" + Twine(sys::Process::getProcessId()) + "-" + Twine(attempt) + ".tmp");
  // Before there is such a file, so that no signal finds one that it does not know.
  sys::RemoveFileOnSignal(path);
}

void AtomicFile::removePath() {
  if (path.empty())
    return;
  ::unlink(path.c_str());
  sys::DontRemoveFileOnSignal(path);
  path.clear();
}

std::error_code AtomicFile::createNamed(unsigned mode) {
  for (unsigned attempt = 0;; ++attempt) {
    setPath(attempt);
    open = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    if (open >= 0)
      return {};
    std::error_code error = lastError();
    sys::DontRemoveFileOnSignal(path);
    path.clear();
    if (error != std::errc::file_exists || attempt + 1 == kAttempts)
      return error;
  }
}

std::error_code AtomicFile::create(unsigned mode) {
  std::string directory = sys::path::parent_path(target).str();
  open = ::open(directory.empty() ? "." : directory.c_str(), O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
  if (open >= 0 && ::access(linkOf(open).c_str(), F_OK) == 0)
    return {};
  if (open >= 0)
    ::close(std::exchange(open, -1));
  return createNamed(mode);
}

std::error_code AtomicFile::reserve(uint64_t bytes) {
  if (bytes == 0 || ::fallocate(open, 0, 0, off_t(bytes)) == 0)
    return {};
  // Not every file system can; writing will tell.
  std::error_code error = lastError();
  bool isFull = error == std::errc::no_space_on_device || error == std::errc::file_too_large || errno == EDQUOT;
  return isFull ? error : std::error_code();
}

std::error_code AtomicFile::giveName() {
  std::string from = linkOf(open);
  // A name that is free needs no detour; one that is taken can only be replaced by renaming.
  if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) == 0)
    return {};
  std::error_code error = lastError();
  for (unsigned attempt = 0; error == std::errc::file_exists && attempt < kAttempts; ++attempt) {
    setPath(attempt);
    if (::linkat(AT_FDCWD, from.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) == 0)
      return {};
    error = lastError();
    sys::DontRemoveFileOnSignal(path);
    path.clear();
  }
  return error;
}

std::error_code AtomicFile::commit() {
  std::error_code error = path.empty() ? giveName() : std::error_code();
  std::error_code closed = sys::Process::SafelyCloseFileDescriptor(std::exchange(open, -1));
  if (!error)
    error = closed;
  if (path.empty())
    return error;
  if (!error)
    error = sys::fs::rename(path, target);
  if (error) {
    removePath();
    return error;
  }
  sys::DontRemoveFileOnSignal(path);
  path.clear();
  return {};
}
