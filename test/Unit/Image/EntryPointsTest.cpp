//===- EntryPointsTest.cpp - vitc-run and models with several entry points -===//

#include "VitcRun.h"

#include "gmock/gmock.h"

#include <nlohmann/json.hpp>

using namespace vitc;
using nlohmann::json;

namespace {

/// Models with entry points for pictures of 4 x 4 and 6 x 8 (two_sizes.h), and pictures.
class EntryPoints : public VitcRun {
protected:
  void SetUp() override {
    VitcRun::SetUp();
    for (const char *name : {"two_sizes", "two_sizes_both_run", "two_sizes_need_more", "two_sizes_one_resizes",
                             "two_sizes_both_resize", "two_sizes_bounded"})
      fs::create_symlink(TWO_SIZES_MODELS_DIR "/" + std::string(name) + ".so", directory / (std::string(name) + ".so"));
    writePicture("small.ppm", 4, 4);
    writePicture("large.ppm", 6, 8);
    writePicture("other.ppm", 5, 5);
  }

  /// A grey picture: the means of its channels are 0.2.
  void writePicture(const std::string &name, int64_t height, int64_t width) const {
    write(name, "P6 " + std::to_string(width) + " " + std::to_string(height) + " 255\n" +
                    std::string(static_cast<size_t>(3 * height * width), '\x33'));
  }

  void writePixels(const std::string &name, const std::vector<int64_t> &shape, float value) const {
    int64_t count = 1;
    for (int64_t size : shape)
      count *= size;
    writeArray(name, DType::F32, shape, std::vector<float>(static_cast<size_t>(count), value));
  }

  /// Where a picture goes, by the shape of the input that --output-dir writes.
  void expectShape(const std::string &arguments, const std::vector<int64_t> &shape) const {
    expect(arguments + " --save-inputs --output-dir out", "");
    readArray("out/pixel_values.npy", shape);
    EXPECT_NEAR(readArray("out/logits.npy", {shape[0], 3})[1], 0.4, 1e-6) << arguments;
    fs::remove_all(directory / "out");
  }
};

TEST_F(EntryPoints, ArraysGoWhereTheyFit) {
  writePixels("small.npy", {2, 3, 4, 4}, 1);
  writePixels("large.npy", {1, 3, 6, 8}, 0.5);
  expect("two_sizes.so --input small.npy --output y.npy", "");
  EXPECT_EQ(readArray("y.npy", {2, 3}), (std::vector<float>{1, 2, 4, 1, 2, 4}));
  for (const char *arguments : {"--input large.npy", "--input pixel_values=large.npy --entry 6x8",
                                "--input /dev/stdin < large.npy", "--entry=6x8 --input large.npy"}) {
    expect("two_sizes.so --output y.npy " + std::string(arguments), "");
    EXPECT_EQ(readArray("y.npy", {1, 3}), (std::vector<float>{0.5, 1, 2}));
  }
}

TEST_F(EntryPoints, ArraysThatFitNone) {
  writePixels("other.npy", {1, 3, 5, 5}, 1);
  writePixels("large.npy", {1, 3, 6, 8}, 1);
  expectError("two_sizes.so --input other.npy --output y.npy",
              "command line: --input: the arrays fit no entry point: 4x4: shape 1x3x5x5, expected Nx3x4x4 for input "
              "pixel_values; 6x8: shape 1x3x5x5, expected Nx3x6x8 for input pixel_values");
  expectError("two_sizes.so --entry 4x4 --input large.npy --output y.npy",
              "large.npy: header: shape 1x3x6x8, expected Nx3x4x4 for input pixel_values");
  // What is wrong with the array itself is said once.
  expectError("two_sizes.so --input none.npy --output y.npy", "none.npy: cannot be read: No such file or directory");
  writeArray("x.npy", DType::I64, {1, 3, 6, 8}, std::vector<int64_t>(144));
  expectError("two_sizes.so --entry 6x8 --input x.npy --output y.npy",
              "x.npy: elements of type i64, expected f32 for input pixel_values");
  expectError("two_sizes.so --input bias=large.npy --output y.npy",
              "command line: --input: 'bias=large.npy': the model has no input 'bias', expected pixel_values=FILE or a "
              "FILE that is there");
}

TEST_F(EntryPoints, PicturesGoToTheFirstThatTheyFit) {
  // No preprocessing changes a size.
  expectShape("two_sizes.so small.ppm", {1, 3, 4, 4});
  expectShape("two_sizes.so large.ppm", {1, 3, 6, 8});
  expectShape("two_sizes.so large.ppm large.ppm large.ppm", {3, 3, 6, 8});
  expectError("two_sizes.so other.ppm",
              "other.ppm: a picture of shape 3x5x5 (channels, height, width), expected 3x4x4 or 3x6x8: the model's "
              "preprocessing does not resize");
  // Both resize, so the first takes all.
  for (const char *name : {"small.ppm", "large.ppm", "other.ppm"})
    expectShape("two_sizes_both_resize.so " + std::string(name), {1, 3, 4, 4});
  expectShape("two_sizes_both_resize.so --entry 6x8 small.ppm", {1, 3, 6, 8});
  // The second has steps of its own.
  expectShape("two_sizes_one_resizes.so small.ppm", {1, 3, 4, 4});
  expectShape("two_sizes_one_resizes.so other.ppm", {1, 3, 6, 8});
  expectError(
      "two_sizes_one_resizes.so other.ppm --entry=4x4",
      "other.ppm: a picture of shape 3x5x5 (channels, height, width), expected 3x4x4: the model's preprocessing "
      "does not resize");
  // The size depends on the picture.
  writePicture("half.ppm", 3, 4);
  expectShape("two_sizes_bounded.so half.ppm", {1, 3, 6, 8});
  expectError("two_sizes_bounded.so other.ppm",
              "other.ppm: becomes a picture of 6x6, the model takes 4x4 or 6x8: compile it with --image-size=6x6");
}

TEST_F(EntryPoints, PicturesOfSeveralSizes) {
  const std::string best = "  0.8000  blue\n";
  expect("two_sizes.so --top-k 1 small.ppm large.ppm large.ppm small.ppm",
         "small.ppm\n" + best + "large.ppm\n" + best + "large.ppm\n" + best + "small.ppm\n" + best);
  CommandResult result = run("two_sizes.so small.ppm large.ppm small.ppm --output-dir out");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(
      result.output,
      "error: large.ppm: is for entry point 6x8, those before for 4x4: --output-dir takes pictures for one, which "
      "--entry chooses\n");
  readArray("out/logits.npy", {2, 3});
  result = run("two_sizes.so --top-k 1 large.ppm other.ppm");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.output, testing::StartsWith("large.ppm\n" + best + "error: other.ppm: a picture of shape 3x5x5"));
}

TEST_F(EntryPoints, WrongCommandLines) {
  for (const char *rest : {"small.ppm", "--input small.npy --output y.npy"})
    expectError("two_sizes.so --entry 8x8 " + std::string(rest),
                "command line: --entry: the model has no entry point '8x8', expected one of: 4x4, 6x8");
  expectError("classifier.so --entry 4x4 red.ppm",
              "command line: --entry: the model has no entry point '4x4', expected one of: main");
  expect("classifier.so --entry main red.ppm --top-k 1", "red.ppm\n  0.5761  red\n");
  expectError("two_sizes.so small.ppm --entry", "command line: --entry: no value");
  expectError("two_sizes.so small.ppm --entry=", "command line: --entry: no name");
  expectError("two_sizes.so small.ppm --entry 4x4 --entry 6x8", "command line: --entry: given twice");
  expectError("two_sizes.so --info --entry 4x4", "command line: --info: together with something to run");
}

TEST_F(EntryPoints, CpusThatLackSomething) {
  expectShape("two_sizes_both_run.so small.ppm", {1, 3, 4, 4});
  const CommandResult result = run("two_sizes_need_more.so small.ppm");
  EXPECT_EQ(result.status, 1);
  EXPECT_THAT(result.output,
              testing::MatchesRegex("error: two_sizes_need_more.so: create: the model was compiled for 2 CPUs, none of "
                                    "them like this one: best needs [a-z0-9]+, which this CPU lacks; x86-64 needs "
                                    "teleport, which this runtime does not know\n"));
}

TEST_F(EntryPoints, DescribesTheFile) {
  const CommandResult text = run("two_sizes_one_resizes.so --info");
  EXPECT_EQ(text.status, 0);
  EXPECT_THAT(text.output, testing::StartsWith("two sizes\n"
                                               "  entry       4x4\n"
                                               "  input       pixel_values  f32  3x4x4\n"
                                               "  output      logits  f32  3\n"
                                               "  labels      3 (red, green, blue)\n"
                                               "  picture     decode 3\n"
                                               "  picture     rescale 0.00392156862745098\n"
                                               "  entry       6x8\n"
                                               "  input       pixel_values  f32  3x6x8\n"
                                               "  output      logits  f32  3\n"
                                               "  labels      3 (red, green, blue)\n"
                                               "  picture     decode 3\n"
                                               "  picture     resize 6 8 nearest\n"
                                               "  picture     rescale 0.00392156862745098\n"
                                               "  target      x86_64-unknown-linux-gnu\n"
                                               "  cpu         best\n"
                                               "  features    sse2, xop\n"
                                               "  cpu         x86-64\n"
                                               "  features    sse2\n"
                                               "  activations 0.0 MB (640 bytes) an image\n"));
  const json info = json::parse(run("two_sizes.so --info --json").output);
  EXPECT_EQ(info["entry_points"][1]["name"], "6x8");
  EXPECT_EQ(info["variants"][1]["cpu"], "x86-64");
}

TEST_F(EntryPoints, ManifestsThatAreWrong) {
  const std::string contents = contentsOf(TWO_SIZES_MODELS_DIR "/two_sizes.so");
  const auto expectWrong = [&](const std::string &from, const std::string &to, const std::string &error,
                               const std::string &arguments = "--info") {
    std::string changed = contents;
    ASSERT_EQ(from.size(), to.size());
    ASSERT_NE(changed.find(from), std::string::npos) << from;
    for (size_t at = changed.find(from); at != std::string::npos; at = changed.find(from, at + 1))
      changed.replace(at, from.size(), to);
    write("wrong.so", changed);
    expectError("wrong.so " + arguments, "wrong.so: " + error);
  };
  expectWrong("manifest_version\":2", "manifest_version\":1",
              "/manifest_version: expected a manifest of vitc, version 2");
  expectWrong("\"entry_points\"", "\"extry_points\"", "/entry_points: expected a list of entry points");
  expectWrong("\"entry_points\":[{\"name\":", "\"entry_points\":[{\"nome\":",
              "/entry_points/0: expected name, inputs and outputs");
  expectWrong("[3,6,8]", "[3,6,0]", "/entry_points/1/inputs/0: expected name, dtype and a shape of positive integers");
  expectWrong("[3,6,8]", "[3,-68]", "/entry_points/1/inputs/0: expected name, dtype and a shape of positive integers");
  expectWrong("\"outputs\":", "\"output_\":", "/entry_points/0/outputs: expected a list of tensors");
  expectWrong("\"green\"", "1234567", "/entry_points/0/outputs/0/labels: expected a list of strings");
  expectWrong(
      "\"version\":1", "\"version\":7",
      "/entry_points/0/inputs/0/preprocessing/version: expected version 1 of the list of steps, a newer vitc-run "
      "may know this one");
  expectWrong("\"variants\"", "\"verients\"", "/variants: expected a list of code variants");
  expectWrong("\"cpu\":\"x86-64\"", "\"cpe\":\"x86-64\"", "/variants/1: expected cpu and a list of features");
  expectWrong("{\"name\":\"6x8\"", "{\"name\":\"8x6\"",
              "/entry_points: they are not those of the code: the file is damaged", "small.ppm");
}

} // namespace
