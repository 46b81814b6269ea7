//===- SharedObjectTest.cpp - what a model exports and needs --------------===//

#include "TestModels.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <array>
#include <memory>
#include <set>
#include <sstream>
#include <vector>

using testing::HasSubstr;
using testing::Not;

namespace {

/// The lines of `text`, cut at white space.
std::vector<std::vector<std::string>> wordsOf(const std::string &text) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    std::istringstream words(line);
    lines.push_back({std::istream_iterator<std::string>(words), {}});
  }
  return lines;
}

TEST(SharedObject, NeedsOnlyListedSymbols) {
  std::set<std::string> allowed;
  for (const auto &words : wordsOf(contentsOf(LIBC_SYMBOLS_FILE)))
    if (words.size() == 3 && words[0] != "#")
      allowed.insert(words[2] + "@" + words[1]);
  ASSERT_TRUE(allowed.count("memcpy@GLIBC_2.2.5"));
  CommandResult names = runCommand("nm -D --undefined-only --with-symbol-versions " + testModel("fake"));
  ASSERT_EQ(names.status, 0) << names.output;
  int checked = 0;
  for (const auto &words : wordsOf(names.output)) {
    EXPECT_TRUE(allowed.count(words.back())) << words.back();
    ++checked;
  }
  EXPECT_GT(checked, 10);
}

TEST(SharedObject, ExportsOneSymbol) {
  CommandResult names = runCommand("nm -D --defined-only " + testModel("fake"));
  ASSERT_EQ(wordsOf(names.output).size(), 1u) << names.output;
  EXPECT_EQ(wordsOf(names.output)[0].back(), "vitc_model_api");
}

TEST(SharedObject, NeedsOnlyTheSystemsLibraries) {
  CommandResult dynamic = runCommand("readelf -d " + testModel("fake"));
  std::set<std::string> needed;
  for (const auto &words : wordsOf(dynamic.output))
    if (words.size() > 2 && words[1] == "(NEEDED)")
      needed.insert(words.back());
  EXPECT_THAT(needed, testing::ElementsAre("[libc.so.6]", "[libpthread.so.0]"));
  EXPECT_THAT(dynamic.output, Not(HasSubstr("(TEXTREL)")));
}

TEST(SharedObject, HasNoConstructors) {
  CommandResult sections = runCommand("readelf -SW " + testModel("fake"));
  EXPECT_THAT(sections.output, HasSubstr(".note.vitc"));
  EXPECT_THAT(sections.output, Not(HasSubstr(".init_array")));
  EXPECT_THAT(sections.output, Not(HasSubstr(".fini_array")));
  EXPECT_THAT(sections.output, Not(HasSubstr(".tbss")));
  EXPECT_THAT(sections.output, Not(HasSubstr(".tdata")));
}

TEST(SharedObject, RuntimeUsesBaselineInstructions) {
  CommandResult code = runCommand("objdump -d " + testModel("fake"));
  EXPECT_THAT(code.output, HasSubstr("xgetbv"));
  EXPECT_THAT(code.output, Not(HasSubstr("%ymm")));
  EXPECT_THAT(code.output, Not(HasSubstr("%zmm")));
  EXPECT_THAT(code.output, Not(HasSubstr("pblend")));
}

TEST(ClassifyExample, PrintsTheBestLabel) {
  std::vector<float> image(48, 0.0f);
  image[2] = 1.0f;
  const std::string bytes(reinterpret_cast<const char *>(image.data()), 48 * sizeof(float));
  TemporaryFile input(bytes);
  CommandResult result = runCommand(CLASSIFY_EXAMPLE " " + testModel("fake") + " " + input.path);
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, "cat\n");
  // A name without a slash.
  EXPECT_EQ(runCommand("cd " TEST_MODELS_DIR " && " CLASSIFY_EXAMPLE " fake.so " + input.path).output, "cat\n");
}

TEST(ClassifyExample, SaysWhatIsWrong) {
  const std::string bytes(48 * sizeof(float), '\0');
  TemporaryFile input(bytes);
  const auto expect = [](const std::string &arguments, const std::string &message) {
    CommandResult result = runCommand(CLASSIFY_EXAMPLE " " + arguments);
    EXPECT_EQ(result.status, 1) << arguments;
    EXPECT_EQ(result.output, "error: " + message + "\n");
  };
  expect("", "command line: expected MODEL.so IMAGE.f32");
  // The loader's words.
  expect("none.so " + input.path, "none.so: ./none.so: cannot open shared object file: No such file or directory");
  expect("libc.so.6 " + input.path,
         "libc.so.6: ./libc.so.6: cannot open shared object file: No such file or directory");
  // Too short, too long (a .npy of the right image, say), not there.
  for (const std::string &wrong : {bytes.substr(1), std::string(128, '\x93') + bytes, std::string()}) {
    TemporaryFile file(wrong);
    expect(testModel("fake") + " " + file.path, file.path + ": cannot be read, or is not as long as the model's input");
  }
  expect(testModel("other_version") + " " + input.path,
         testModel("other_version") + ": the model is of another version of vitc, compile it anew");
  expect(testModel("fake") + " /nowhere", "/nowhere: cannot be read, or is not as long as the model's input");
  expect(testModel("fake_needs_unknown") + " " + input.path,
         testModel("fake_needs_unknown") +
             ": the model was compiled for x86-64 and needs teleport, which this runtime does not know");
}

/// A file with an image whose best label is the one of that index.
std::unique_ptr<TemporaryFile> imageOf(size_t label) {
  std::vector<float> image(48, 0.0f);
  image[label] = 1.0f;
  return std::make_unique<TemporaryFile>(
      std::string(reinterpret_cast<const char *>(image.data()), image.size() * sizeof(float)));
}

TEST(InstancePoolExample, ServesMoreRequestsThanInstances) {
  std::vector<std::unique_ptr<TemporaryFile>> images;
  std::string arguments, expected;
  for (size_t i = 0; i < 40; ++i) {
    images.push_back(imageOf(i % 5));
    arguments += " " + images.back()->path;
    expected += images.back()->path + ": " + std::array{"ant", "bee", "cat", "dog", "elk"}[i % 5] + "\n";
  }
  CommandResult result = runCommand(INSTANCE_POOL_EXAMPLE " " + testModel("fake") + arguments);
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(result.output, expected);
}

TEST(InstancePoolExample, SaysWhatIsWrong) {
  CommandResult result = runCommand(INSTANCE_POOL_EXAMPLE);
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.output, "error: command line: expected MODEL.so IMAGE.f32...\n");
  result = runCommand(INSTANCE_POOL_EXAMPLE " " + testModel("other_version") + " x");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.output,
            "error: " + testModel("other_version") + ": the model is of another version of vitc, compile it anew\n");
  result = runCommand(INSTANCE_POOL_EXAMPLE " " + testModel("fake_needs_unknown") + " x");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.output, HasSubstr("needs teleport"));
  // One request that fails does not stop the others.
  const auto image = imageOf(1);
  result = runCommand(INSTANCE_POOL_EXAMPLE " " + testModel("fake") + " /nowhere " + image->path);
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.output, HasSubstr("error: /nowhere: cannot be read, or is not as long as the model's input\n"));
  EXPECT_THAT(result.output, HasSubstr(image->path + ": bee\n"));
}

} // namespace
