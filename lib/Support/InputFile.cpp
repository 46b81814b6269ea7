//===- InputFile.cpp - a file that is read piece by piece -------*- C++ -*-===//

#include "vitc/Support/InputFile.h"

#include "vitc/Support/InputErrors.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace vitc;

llvm::Expected<std::unique_ptr<InputFile>> InputFile::open(llvm::StringRef path) {
  std::unique_ptr<InputFile> file(new InputFile(path));
  // Non-blocking: opening a pipe must not wait for its other end.
  file->descriptor = ::open(file->path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  struct stat status;
  if (file->descriptor < 0 || ::fstat(file->descriptor, &status) != 0)
    return inputError(path, "", std::strerror(errno));
  if (!S_ISREG(status.st_mode))
    return inputError(path, "", "not a regular file");
  file->fileBytes = uint64_t(status.st_size);
  file->changeSeconds = status.st_mtim.tv_sec;
  file->changeNanoseconds = status.st_mtim.tv_nsec;
  return file;
}

InputFile::~InputFile() {
  if (descriptor >= 0)
    ::close(descriptor);
}

llvm::Error InputFile::read(uint64_t offset, uint64_t count, char *out) const {
  while (count > 0) {
    ssize_t done = ::pread(descriptor, out, std::min<uint64_t>(count, 1 << 30), off_t(offset));
    if (done < 0 && errno == EINTR)
      continue;
    if (done < 0)
      return inputError(path, "byte " + std::to_string(offset), std::strerror(errno));
    if (done == 0)
      return inputError(path, "byte " + std::to_string(offset), "the file was truncated while it was read");
    out += done;
    offset += uint64_t(done);
    count -= uint64_t(done);
  }
  return llvm::Error::success();
}

llvm::Error InputFile::checkUnchanged(llvm::StringRef where) const {
  struct stat status;
  if (::fstat(descriptor, &status) != 0)
    return inputError(path, "", std::strerror(errno));
  if (uint64_t(status.st_size) != fileBytes || status.st_mtim.tv_sec != changeSeconds ||
      status.st_mtim.tv_nsec != changeNanoseconds)
    return inputError(path, where, "the file was changed while it was read");
  return llvm::Error::success();
}
