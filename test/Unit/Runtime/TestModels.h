//===- TestModels.h - files and programs for tests of whole models --------===//

#ifndef VITC_TEST_UNIT_RUNTIME_TESTMODELS_H
#define VITC_TEST_UNIT_RUNTIME_TESTMODELS_H

#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

/// The path of a model that test/Runtime builds.
inline std::string testModel(const std::string &name) { return std::string(TEST_MODELS_DIR "/") + name + ".so"; }

/// A file that is removed with this object.
struct TemporaryFile {
  explicit TemporaryFile(const std::string &contents = "")
      : path("/tmp/vitc-test-" + std::to_string(getpid()) + "-" + std::to_string(++count)) {
    std::ofstream(path, std::ios::binary) << contents;
  }
  ~TemporaryFile() { std::remove(path.c_str()); }
  TemporaryFile(const TemporaryFile &) = delete;
  TemporaryFile &operator=(const TemporaryFile &) = delete;

  const std::string path;
  static inline int count = 0;
};

/// The bytes of a file.
inline std::string contentsOf(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

/// What a shell command prints (standard error too), and its exit status (-1: a signal).
struct CommandResult {
  std::string output;
  int status;
};

inline CommandResult runCommand(const std::string &command) {
  FILE *pipe = popen((command + " 2>&1").c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer;
  while (size_t got = fread(buffer.data(), 1, buffer.size(), pipe))
    output.append(buffer.data(), got);
  int status = pclose(pipe);
  return {output, WIFEXITED(status) ? WEXITSTATUS(status) : -1};
}

#endif // VITC_TEST_UNIT_RUNTIME_TESTMODELS_H
