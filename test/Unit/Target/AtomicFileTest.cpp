//===- AtomicFileTest.cpp - a file that is complete or not there --------===//

#include "vitc/Target/AtomicFile.h"

#include "../Runtime/TestModels.h"
#include "../Support/TestFiles.h"

#include "gmock/gmock.h"

#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>

using namespace vitc;
using testing::ElementsAre;
using testing::IsEmpty;

namespace {

using test::TemporaryDirectory;

std::vector<std::string> namesIn(const std::string &directory) {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  return names;
}

/// Writes a file; commits it unless `isGivenUp`.
std::error_code write(const std::string &path, const std::string &text, bool isGivenUp = false) {
  AtomicFile file(path);
  if (std::error_code error = file.create(0666))
    return error;
  EXPECT_EQ(::write(file.descriptor(), text.data(), text.size()), ssize_t(text.size()));
  return isGivenUp ? std::error_code() : file.commit();
}

TEST(AtomicFile, TakesItsNameWhenItIsComplete) {
  TemporaryDirectory directory;
  const std::string path = directory.path("f");
  const mode_t mask = ::umask(027);
  EXPECT_FALSE(write(path, "given up", /*isGivenUp=*/true));
  EXPECT_THAT(namesIn(directory.path()), IsEmpty());
  EXPECT_FALSE(write(path, "first"));
  EXPECT_EQ(contentsOf(path), "first");
  EXPECT_FALSE(write(path, "given up", /*isGivenUp=*/true));
  EXPECT_EQ(contentsOf(path), "first");
  EXPECT_FALSE(write(path, "second"));
  EXPECT_EQ(contentsOf(path), "second");
  EXPECT_THAT(namesIn(directory.path()), ElementsAre("f"));
  struct stat status;
  ASSERT_EQ(::stat(path.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0640u);
  ::umask(mask);
}

TEST(AtomicFile, ReplacesALinkNotWhatItLeadsTo) {
  TemporaryDirectory directory;
  const std::string path = directory.path("link"), target = directory.write("target", "old");
  ASSERT_EQ(::symlink("target", path.c_str()), 0);
  EXPECT_FALSE(write(path, "new"));
  EXPECT_EQ(contentsOf(path), "new");
  EXPECT_EQ(contentsOf(target), "old");
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::symlink("nowhere", path.c_str()), 0);
  EXPECT_FALSE(write(path, "new"));
  EXPECT_EQ(contentsOf(path), "new");
}

TEST(AtomicFile, PassesOverTemporaryFilesOfOthers) {
  TemporaryDirectory directory;
  const std::string stale = ".vitc-" + std::to_string(::getpid()) + "-0.tmp";
  directory.write(stale, "stale");
  directory.write("f", "old");
  EXPECT_FALSE(write(directory.path("f"), "new"));
  EXPECT_EQ(contentsOf(directory.path("f")), "new");
  EXPECT_EQ(contentsOf(directory.path(stale)), "stale");
}

TEST(AtomicFile, Errors) {
  TemporaryDirectory directory;
  EXPECT_EQ(write(directory.path("no/f"), ""), std::errc::no_such_file_or_directory);
  EXPECT_EQ(write(directory.path(), "text"), std::errc::is_a_directory);
  EXPECT_THAT(namesIn(directory.path()), IsEmpty());
  EXPECT_FALSE(std::filesystem::exists(directory.path() + ".tmp"));
  AtomicFile file(directory.path("f"));
  ASSERT_FALSE(file.create(0666));
  EXPECT_FALSE(file.reserve(0));
  EXPECT_FALSE(file.reserve(100));
  // No disk is that large.
  EXPECT_TRUE(file.reserve(uint64_t(1) << 62));
}

} // namespace
