//===- Files.cpp - whole files in and out ---------------------------------===//

#include "vitc/Files/Files.h"

#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <new>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

using namespace vitc;

namespace {

/// A file descriptor that is closed at the end.
class Descriptor {
public:
  explicit Descriptor(int number) : number(number) {}
  ~Descriptor() {
    if (number >= 0)
      ::close(number);
  }
  Descriptor(const Descriptor &) = delete;
  Descriptor &operator=(const Descriptor &) = delete;

  int get() const { return number; }

  /// Closes it now, to learn of write errors that come late.
  bool close() { return ::close(std::exchange(number, -1)) == 0; }

private:
  int number;
};

} // namespace

static std::string reason(const char *what) { return std::string(what) + ": " + std::strerror(errno); }

std::optional<std::vector<uint8_t>> vitc::readFile(const std::string &path, std::string &error) {
  // O_NONBLOCK: opening a pipe must not wait for a writer.
  const Descriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status;
  if (file.get() < 0 || fstat(file.get(), &status) != 0) {
    error = reason("cannot be read");
    return std::nullopt;
  }
  if (!S_ISREG(status.st_mode)) {
    error = "not a regular file";
    return std::nullopt;
  }
  std::vector<uint8_t> bytes;
  try {
    bytes.resize(static_cast<size_t>(status.st_size));
  } catch (const std::bad_alloc &) {
    error = "cannot be read: not enough memory";
    return std::nullopt;
  }
  size_t got = 0;
  while (got < bytes.size()) {
    const ssize_t count = read(file.get(), bytes.data() + got, bytes.size() - got);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0) {
      error = count < 0 ? reason("cannot be read") : "was truncated while it was read";
      return std::nullopt;
    }
    got += static_cast<size_t>(count);
  }
  return bytes;
}

static bool writeParts(int file, const std::vector<Bytes> &parts) {
  for (Bytes part : parts)
    while (part.size > 0) {
      const ssize_t count = write(file, part.data, part.size);
      if (count < 0 && errno == EINTR)
        continue;
      if (count < 0)
        return false;
      part.data += count;
      part.size -= static_cast<size_t>(count);
    }
  return true;
}

std::optional<StagedFile> StagedFile::create(const std::string &path, const std::vector<Bytes> &parts,
                                             std::string &error) {
  char resolved[PATH_MAX];
  std::string target = realpath(path.c_str(), resolved) ? resolved : path;
  struct stat status;
  const bool isReplaced = stat(target.c_str(), &status) != 0 || S_ISREG(status.st_mode);
  StagedFile staged(isReplaced ? target + ".vitc-" + std::to_string(getpid()) + ".tmp" : "", target);
  Descriptor file(isReplaced ? open(staged.temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)
                             : open(target.c_str(), O_WRONLY | O_CLOEXEC));
  if (file.get() < 0) {
    error = reason("cannot be written");
    staged.temporary.clear();
    return std::nullopt;
  }
  if (!writeParts(file.get(), parts) || !file.close()) {
    error = reason("cannot be written");
    return std::nullopt;
  }
  return staged;
}

StagedFile::StagedFile(StagedFile &&other) noexcept
    : temporary(std::exchange(other.temporary, "")), target(std::move(other.target)) {}

StagedFile::~StagedFile() {
  if (!temporary.empty())
    unlink(temporary.c_str());
}

bool StagedFile::commit(std::string &error) {
  if (!temporary.empty() && std::rename(temporary.c_str(), target.c_str()) != 0) {
    error = reason("cannot be written");
    return false;
  }
  temporary.clear();
  return true;
}
