//===- TestFiles.cpp - files of the sources that tests read ---------------===//

#include "TestFiles.h"

#include "vitc/Files/Files.h"

#include <algorithm>
#include <filesystem>
#include <gtest/gtest.h>

using namespace vitc;

std::vector<uint8_t> vitc::readTestFile(const std::string &name) {
  std::string error;
  std::optional<std::vector<uint8_t>> data = readFile(std::string(VITC_TEST_FILES_DIR) + "/" + name, error);
  EXPECT_TRUE(data) << name << ": " << error;
  return data.value_or(std::vector<uint8_t>());
}

NpyArray vitc::readTestArray(const std::string &name) {
  const std::vector<uint8_t> data = readTestFile(name);
  std::string error;
  std::optional<NpyArray> array = parseNpy(bytesOf(data), error);
  EXPECT_TRUE(array) << name << ": " << error;
  return array.value_or(NpyArray());
}

std::vector<std::string> vitc::inputNames() {
  std::vector<std::string> names;
  for (const auto &entry : std::filesystem::directory_iterator(std::string(VITC_TEST_FILES_DIR) + "/inputs"))
    names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}
