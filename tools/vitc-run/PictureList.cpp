//===- PictureList.cpp - which pictures there are -------------------------===//

#include "PictureList.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <memory>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace vitc;

static std::string cannotBeRead() { return std::string("cannot be read: ") + std::strerror(errno); }

static bool isDirectory(const std::string &path) {
  struct stat status;
  return stat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

/// The files in a directory, or an error.
static HostExpected<std::deque<std::string>> filesIn(const std::string &path) {
  const std::unique_ptr<DIR, int (*)(DIR *)> directory(opendir(path.c_str()), closedir);
  if (!directory)
    return HostError{path, "", cannotBeRead()};
  std::deque<std::string> files;
  const std::string prefix = path.back() == '/' ? path : path + "/";
  errno = 0;
  while (const dirent *entry = readdir(directory.get())) {
    if (entry->d_name[0] != '.' && !isDirectory(prefix + entry->d_name))
      files.push_back(prefix + entry->d_name);
    errno = 0;
  }
  if (errno != 0)
    return HostError{path, "", cannotBeRead()};
  if (files.empty())
    return HostError{path, "", "no files in this directory, expected pictures"};
  std::sort(files.begin(), files.end());
  return files;
}

PictureList::PictureList(const CommandLine &line) : line(line) {}

PictureList::~PictureList() {
  if (list > STDIN_FILENO)
    close(list);
}

std::optional<HostError> PictureList::open() {
  if (line.list.empty())
    return std::nullopt;
  list = line.list == "-" ? STDIN_FILENO : ::open(line.list.c_str(), O_RDONLY | O_CLOEXEC);
  if (list < 0)
    return HostError{line.list, "", cannotBeRead()};
  if (isDirectory(line.list))
    return HostError{line.list, "", "cannot be read: it is a directory, expected a file with a path in each line"};
  return std::nullopt;
}

std::optional<HostError> PictureList::readMore(const std::atomic<bool> &isStopped) {
  char buffer[1 << 16];
  while (!isStopped) {
    pollfd waiting = {list, POLLIN, 0};
    if (poll(&waiting, 1, /*milliseconds=*/100) == 0)
      continue;
    const ssize_t count = read(list, buffer, sizeof buffer);
    if (count < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    if (count > 0) {
      text.append(buffer, static_cast<size_t>(count));
      return std::nullopt;
    }
    std::optional<HostError> error;
    if (count < 0)
      error = HostError{line.list == "-" ? "standard input" : line.list, "", cannotBeRead()};
    if (list > STDIN_FILENO)
      close(list);
    list = -1;
    return error;
  }
  return std::nullopt;
}

std::optional<PictureList::Entry> PictureList::nextLine(const std::atomic<bool> &isStopped) {
  for (;;) {
    size_t end = text.find('\n');
    while (end == std::string::npos && list >= 0 && !isStopped) {
      if (std::optional<HostError> error = readMore(isStopped))
        return Entry{line.list, error};
      end = text.find('\n');
    }
    if (isStopped || (end == std::string::npos && text.empty()))
      return std::nullopt;
    std::string path = text.substr(0, end);
    text.erase(0, end == std::string::npos ? end : end + 1);
    ++lineNumber;
    // Lists come from Windows, too.
    if (!path.empty() && path.back() == '\r')
      path.pop_back();
    if (path.find('\0') != std::string::npos)
      return Entry{line.list,
                   HostError{line.list == "-" ? "standard input" : line.list, "line " + std::to_string(lineNumber),
                             "a zero byte, expected a path in each line"}};
    if (!path.empty())
      return Entry{std::move(path), std::nullopt};
  }
}

std::optional<PictureList::Entry> PictureList::nextName(const std::atomic<bool> &isStopped) {
  if (nextArgument < line.images.size())
    return Entry{line.images[nextArgument++], std::nullopt};
  return nextLine(isStopped);
}

std::optional<PictureList::Entry> PictureList::next(const std::atomic<bool> &isStopped) {
  if (files.empty()) {
    std::optional<Entry> entry = nextName(isStopped);
    if (!entry || entry->error || !isDirectory(entry->path))
      return entry;
    HostExpected<std::deque<std::string>> found = filesIn(entry->path);
    if (!found)
      return Entry{entry->path, found.error()};
    files = std::move(*found);
  }
  Entry entry = {std::move(files.front()), std::nullopt};
  files.pop_front();
  return entry;
}
