//===- VitcRun.h - runs vitc-run in a directory of its own ------*- C++ -*-===//

#ifndef VITC_TEST_UNIT_IMAGE_VITCRUN_H
#define VITC_TEST_UNIT_IMAGE_VITCRUN_H

#include "TestModels.h"

#include "vitc/Files/Files.h"
#include "vitc/Files/Npy.h"

#include "gtest/gtest.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

namespace vitc {
namespace fs = std::filesystem;

/// A directory of its own for each test; commands run in it.
class VitcRun : public testing::Test {
protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "vitc-run-XXXXXX").string();
    ASSERT_TRUE(mkdtemp(pattern.data()));
    directory = pattern;
    for (const char *name : {"classifier", "sigmoid", "features", "two_inputs", "no_resize", "no_pictures",
                             "unknown_step", "overflowing", "overflowing_features"})
      fs::create_symlink(testModel(name), directory / (std::string(name) + ".so"));
    // Pure colours: the means of their channels are 0, 1 or 0.2.
    write("red.ppm", std::string("P6 1 1 255\n\xff\0\0", 14));
    write("blue.ppm", std::string("P6 1 2 255\n\0\x33\xff\0\x33\xff", 17));
    write("half.ppm", "P6 2 2 255\nabc");
  }
  void TearDown() override { fs::remove_all(directory); }

  void write(const std::string &name, const std::string &contents) const {
    std::ofstream(directory / name, std::ios::binary) << contents;
  }

  template <typename T>
  void writeArray(const std::string &name, DType type, const std::vector<int64_t> &shape,
                  const std::vector<T> &values) const {
    write(name, npyHeader(type, shape) +
                    std::string(reinterpret_cast<const char *>(values.data()), values.size() * sizeof(T)));
  }

  /// The numbers of a file, whose shape must be as given.
  std::vector<float> readArray(const std::string &name, const std::vector<int64_t> &shape) const {
    std::string error;
    const std::optional<std::vector<uint8_t>> file = readFile((directory / name).string(), error);
    const std::optional<NpyArray> array = file ? parseNpy({file->data(), file->size()}, error) : std::nullopt;
    EXPECT_TRUE(array) << name << ": " << error;
    if (!array)
      return {};
    EXPECT_EQ(array->shape, shape);
    std::vector<float> values(array->bytes.size() / sizeof(float));
    std::memcpy(values.data(), array->bytes.data(), array->bytes.size());
    return values;
  }

  CommandResult run(const std::string &arguments) const {
    write("command", prefix + VITC_RUN " " + arguments);
    const CommandResult result = runCommand("cd " + directory.string() + " && bash command");
    fs::remove(directory / "command");
    return result;
  }

  void expect(const std::string &arguments, const std::string &output) const {
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.output, output) << arguments;
    EXPECT_EQ(result.status, 0) << arguments;
  }

  void expectError(const std::string &arguments, const std::string &line) const {
    const std::vector<std::string> before = names();
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.output, "error: " + line + "\n") << arguments;
    EXPECT_EQ(result.status, 1) << arguments;
    EXPECT_EQ(names(), before) << arguments << ": something is left behind";
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto &entry : fs::recursive_directory_iterator(directory))
      names.push_back(entry.path().string());
    std::sort(names.begin(), names.end());
    return names;
  }

  fs::path directory;
  /// Shell commands before vitc-run: limits.
  std::string prefix;
};

} // namespace vitc

#endif // VITC_TEST_UNIT_IMAGE_VITCRUN_H
