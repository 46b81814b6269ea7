//===- TestFiles.h - files that tests make ----------------------*- C++ -*-===//

#ifndef VITC_TEST_UNIT_SUPPORT_TESTFILES_H
#define VITC_TEST_UNIT_SUPPORT_TESTFILES_H

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include "gtest/gtest.h"

#include <cstdlib>
#include <string>

namespace vitc::test {

/// A directory that is removed with everything in it.
class TemporaryDirectory {
public:
  TemporaryDirectory() { EXPECT_FALSE(llvm::sys::fs::createUniqueDirectory("vitc-test", directory)); }
  ~TemporaryDirectory() { llvm::sys::fs::remove_directories(directory); }

  std::string path(llvm::StringRef name = "") const {
    llvm::SmallString<128> file(directory);
    if (!name.empty())
      llvm::sys::path::append(file, name);
    return std::string(file);
  }

  /// Writes a file (and makes its directories); gives its path.
  std::string write(llvm::StringRef name, llvm::StringRef content) const {
    std::string file = path(name);
    EXPECT_FALSE(llvm::sys::fs::create_directories(llvm::sys::path::parent_path(file)));
    std::error_code error;
    llvm::raw_fd_ostream(file, error) << content;
    EXPECT_FALSE(error);
    return file;
  }

private:
  llvm::SmallString<128> directory;
};

inline std::string contentOf(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path);
  EXPECT_TRUE(bool(buffer)) << path.str();
  return buffer ? (*buffer)->getBuffer().str() : "";
}

/// Writes a file of the sources that follows from the code, if VITC_UPDATE_MODELS is in the environment.
inline void updateIfAsked(llvm::StringRef file, llvm::StringRef content) {
  if (!std::getenv("VITC_UPDATE_MODELS"))
    return;
  std::error_code error;
  llvm::raw_fd_ostream(file, error) << content;
  ASSERT_FALSE(error);
}

/// A safetensors file: length, header, data.
inline std::string safetensors(llvm::StringRef header, llvm::StringRef data) {
  std::string file;
  for (int byte = 0; byte < 8; ++byte)
    file += char((uint64_t(header.size()) >> (8 * byte)) & 0xff);
  return file + header.str() + data.str();
}

/// The message of an Expected without a value; empty, and a failure of the test, if it has one.
template <typename T> std::string messageOf(llvm::Expected<T> result) {
  if (result) {
    ADD_FAILURE() << "expected an error";
    return "";
  }
  return llvm::toString(result.takeError());
}

/// The value of an Expected; a failure of the test if it is an error.
template <typename T> T valueOf(llvm::Expected<T> result) {
  if (result)
    return std::move(*result);
  ADD_FAILURE() << llvm::toString(result.takeError());
  return T();
}

} // namespace vitc::test

#endif // VITC_TEST_UNIT_SUPPORT_TESTFILES_H
