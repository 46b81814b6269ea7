//===- FilesTest.cpp - whole files in and out -----------------------------===//

#include "TestFiles.h"

#include "vitc/Files/Files.h"

#include <cstring>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

using namespace vitc;
namespace fs = std::filesystem;

namespace {

class Files : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "vitc-files-XXXXXX").string();
    ASSERT_TRUE(mkdtemp(pattern.data()));
    directory = pattern;
  }
  void TearDown() override { fs::remove_all(directory); }

  std::string path(const char *name) const { return (directory / name).string(); }
  bool write(const std::string &target, const std::string &text) {
    const auto *data = reinterpret_cast<const uint8_t *>(text.data());
    std::optional<StagedFile> file = StagedFile::create(target, {{data, 1}, {data + 1, text.size() - 1}}, error);
    return file && file->commit(error);
  }
  std::string read(const std::string &source) {
    const std::optional<std::vector<uint8_t>> data = readFile(source, error);
    return data ? std::string(data->begin(), data->end()) : "";
  }
  size_t entries() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(directory), fs::directory_iterator()));
  }

  fs::path directory;
  std::string error;
};

TEST_F(Files, WritesAndReplaces) {
  EXPECT_TRUE(write(path("a"), "first"));
  EXPECT_TRUE(write(path("a"), "second"));
  EXPECT_EQ(read(path("a")), "second");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, GrowsAndGetsItsBeginningAtTheEnd) {
  std::optional<StagedFile> file = StagedFile::open(path("a"), error);
  ASSERT_TRUE(file) << error;
  for (const char *part : {"?????", "middle", "end"})
    EXPECT_TRUE(file->append({reinterpret_cast<const uint8_t *>(part), std::strlen(part)}, error));
  EXPECT_TRUE(file->rewriteStart({reinterpret_cast<const uint8_t *>("begin"), 5}, error));
  EXPECT_TRUE(file->append({reinterpret_cast<const uint8_t *>("!"), 1}, error));
  EXPECT_FALSE(fs::exists(path("a")));
  EXPECT_TRUE(file->finish(error) && file->commit(error)) << error;
  EXPECT_EQ(read(path("a")), "beginmiddleend!");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, APipeHasNoBeginning) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  std::optional<StagedFile> file = StagedFile::open("/dev/fd/" + std::to_string(ends[1]), error);
  ASSERT_TRUE(file) << error;
  EXPECT_FALSE(file->rewriteStart({}, error));
  EXPECT_EQ(error, "cannot be written: Illegal seek");
  close(ends[0]);
  close(ends[1]);
}

TEST_F(Files, NothingIsLeftWithoutCommit) {
  const uint8_t byte = 0;
  {
    std::optional<StagedFile> file = StagedFile::create(path("a"), {{&byte, 1}}, error);
    ASSERT_TRUE(file);
    EXPECT_EQ(entries(), 1u);
    EXPECT_FALSE(fs::exists(path("a")));
  }
  EXPECT_EQ(entries(), 0u);
}

TEST_F(Files, FollowsLinks) {
  EXPECT_TRUE(write(path("a"), "first"));
  fs::create_symlink("a", directory / "link");
  EXPECT_TRUE(write(path("link"), "second"));
  EXPECT_TRUE(fs::is_symlink(directory / "link"));
  EXPECT_EQ(read(path("a")), "second");
}

TEST_F(Files, FullDiskIsAnErrorAndLeavesNothing) {
  EXPECT_FALSE(write("/dev/full", "text"));
  EXPECT_EQ(error, "cannot be written: No space left on device");
  EXPECT_TRUE(fs::exists("/dev/full"));
}

TEST_F(Files, TargetThatCannotBeMade) {
  EXPECT_FALSE(write(path("none/a"), "text"));
  EXPECT_EQ(error, "cannot be written: No such file or directory");
  // A directory cannot be replaced.
  fs::create_directory(directory / "folder");
  EXPECT_FALSE(write(path("folder"), "text"));
  EXPECT_EQ(error, "cannot be written: Is a directory");
  EXPECT_EQ(entries(), 1u);
}

TEST_F(Files, SourceThatCannotBeRead) {
  EXPECT_EQ(read(path("none")), "");
  EXPECT_EQ(error, "cannot be read: No such file or directory");
  EXPECT_EQ(read(directory.string()), "");
  EXPECT_EQ(error, "not a regular file");
}

} // namespace
