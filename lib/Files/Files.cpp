//===- Files.cpp - whole files in and out ---------------------------------===//

#include "vitc/Files/Files.h"

#include <cerrno>
#include <climits>
#include <csignal>
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

/// Paths to remove, which the handler of signals may read at any time: it sees each as a whole or not at all. Files
/// come after the directory that they are in.
static std::atomic<const char *> removed[256];

/// From when on the handler may hold a path that it has read.
static std::atomic<bool> isEnding{false};

RemovedOnSignal::RemovedOnSignal(const std::string &path) : place(nullptr) {
  const char *copy = strdup(path.c_str());
  for (std::atomic<const char *> &candidate : removed) {
    const char *empty = nullptr;
    if (candidate.compare_exchange_strong(empty, copy)) {
      place = &candidate;
      return;
    }
  }
  std::free(const_cast<char *>(copy));
}

RemovedOnSignal::~RemovedOnSignal() {
  const char *path = place ? place->exchange(nullptr) : nullptr;
  if (!isEnding)
    std::free(const_cast<char *>(path));
}

static void removeAndEnd(int signal) {
  isEnding = true;
  for (size_t i = std::size(removed); i-- > 0;)
    if (const char *path = removed[i].load())
      if (unlink(path) != 0)
        rmdir(path);
  std::signal(signal, SIG_DFL);
  raise(signal);
}

void vitc::removeStagedFilesOnSignals() {
  for (const int signal : {SIGINT, SIGTERM, SIGHUP})
    if (std::signal(signal, removeAndEnd) == SIG_IGN)
      std::signal(signal, SIG_IGN);
}

std::optional<StagedFile> StagedFile::open(const std::string &path, std::string &error) {
  char resolved[PATH_MAX];
  std::string target = realpath(path.c_str(), resolved) ? resolved : path;
  struct stat status;
  const bool isReplaced = stat(target.c_str(), &status) != 0 || S_ISREG(status.st_mode);
  StagedFile staged(isReplaced ? target + ".vitc-" + std::to_string(getpid()) + ".tmp" : "", target);
  // Before there is such a file, so that no signal finds one that it does not know.
  if (isReplaced)
    staged.onSignal = std::make_unique<RemovedOnSignal>(staged.temporary);
  staged.descriptor = isReplaced ? ::open(staged.temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)
                                 : ::open(target.c_str(), O_WRONLY | O_CLOEXEC);
  if (staged.descriptor < 0) {
    error = reason("cannot be written");
    staged.temporary.clear();
    return std::nullopt;
  }
  return staged;
}

std::optional<StagedFile> StagedFile::create(const std::string &path, const std::vector<Bytes> &parts,
                                             std::string &error) {
  std::optional<StagedFile> staged = open(path, error);
  if (!staged)
    return std::nullopt;
  for (const Bytes &part : parts)
    if (!staged->append(part, error))
      return std::nullopt;
  if (!staged->finish(error))
    return std::nullopt;
  return staged;
}

StagedFile::StagedFile(StagedFile &&other) noexcept
    : temporary(std::exchange(other.temporary, "")), target(std::move(other.target)),
      descriptor(std::exchange(other.descriptor, -1)), onSignal(std::move(other.onSignal)) {}

StagedFile::~StagedFile() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (!temporary.empty())
    unlink(temporary.c_str());
}

bool StagedFile::append(Bytes bytes, std::string &error) {
  while (bytes.size > 0) {
    const ssize_t count = write(descriptor, bytes.data, bytes.size);
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0) {
      error = reason("cannot be written");
      return false;
    }
    bytes.data += count;
    bytes.size -= static_cast<size_t>(count);
  }
  return true;
}

bool StagedFile::rewriteStart(Bytes bytes, std::string &error) {
  const off_t end = lseek(descriptor, 0, SEEK_CUR);
  if (end >= 0 && lseek(descriptor, 0, SEEK_SET) == 0 && append(bytes, error) && lseek(descriptor, end, SEEK_SET) >= 0)
    return true;
  error = reason("cannot be written");
  return false;
}

bool StagedFile::finish(std::string &error) {
  if (::close(std::exchange(descriptor, -1)) == 0)
    return true;
  error = reason("cannot be written");
  return false;
}

bool StagedFile::commit(std::string &error) {
  if (!temporary.empty() && std::rename(temporary.c_str(), target.c_str()) != 0) {
    error = reason("cannot be written");
    return false;
  }
  temporary.clear();
  onSignal.reset();
  return true;
}
