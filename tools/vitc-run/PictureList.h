//===- PictureList.h - which pictures there are -----------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_PICTURELIST_H
#define VITC_TOOLS_VITCRUN_PICTURELIST_H

#include "CommandLine.h"

#include <atomic>
#include <deque>

namespace vitc {

/// The pictures of a command line, one after the other: its arguments, then the lines of --list, which are read as they
/// are needed. A directory stands for its files that are not hidden, in the order of their names' bytes; directories in
/// it are left out. For one thread at a time.
class PictureList {
public:
  /// A picture's path, or why there is none.
  struct Entry {
    std::string path;
    std::optional<HostError> error;
  };

  explicit PictureList(const CommandLine &line);
  ~PictureList();
  PictureList(const PictureList &) = delete;
  PictureList &operator=(const PictureList &) = delete;

  /// Opens --list, if there is one. Error: it cannot be read.
  std::optional<HostError> open();

  /// The next entry; nothing at the end, or when `isStopped` becomes true while a list from a pipe keeps silent. An
  /// entry is an error for a directory that cannot be read or has no files, a line that is no path, and where the list
  /// cannot be read on.
  std::optional<Entry> next(const std::atomic<bool> &isStopped);

private:
  /// The next argument or line.
  std::optional<Entry> nextName(const std::atomic<bool> &isStopped);
  /// The next line of the list that is not empty, without its end.
  std::optional<Entry> nextLine(const std::atomic<bool> &isStopped);
  /// Reads more of the list into `text`.
  std::optional<HostError> readMore(const std::atomic<bool> &isStopped);

  const CommandLine &line;
  size_t nextArgument = 0;
  /// The files of the directory that was named last.
  std::deque<std::string> files;
  int list = -1;
  /// What has been read of the list and is not used yet.
  std::string text;
  size_t lineNumber = 0;
};

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_PICTURELIST_H
