//===- OutputDirectory.h - the directory of --output-dir --------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_OUTPUTDIRECTORY_H
#define VITC_TOOLS_VITCRUN_OUTPUTDIRECTORY_H

#include "vitc/Files/Files.h"

#include <optional>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace vitc {

/// A directory that is there, or is made and removed again unless `keep` is called.
class OutputDirectory {
public:
  explicit OutputDirectory(const std::string &path) : path(path) {
    isMade = mkdir(path.c_str(), 0777) == 0;
    if (isMade)
      onSignal.emplace(path);
  }
  ~OutputDirectory() {
    if (isMade)
      rmdir(path.c_str());
  }
  OutputDirectory(const OutputDirectory &) = delete;
  OutputDirectory &operator=(const OutputDirectory &) = delete;

  void keep() {
    isMade = false;
    onSignal.reset();
  }

private:
  std::string path;
  bool isMade;
  std::optional<RemovedOnSignal> onSignal;
};

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_OUTPUTDIRECTORY_H
