//===- VitcRunTest.cpp - the tool as users see it -------------------------===//

#include "VitcRun.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

using namespace vitc;
using nlohmann::json;
using testing::HasSubstr;
namespace fs = std::filesystem;

namespace {

TEST_F(VitcRun, PrintsTheBestLabels) {
  // exp(1) / (exp(1) + 2), and so on.
  expect("classifier.so red.ppm", "red.ppm\n  0.5761  red\n  0.2119  green\n  0.2119  blue\n");
  expect("classifier.so red.ppm blue.ppm red.ppm --top-k 1 --threads=2",
         "red.ppm\n  0.5761  red\nblue.ppm\n  0.5503  blue\nred.ppm\n  0.5761  red\n");
  expect("sigmoid.so --top-k=2 blue.ppm", "blue.ppm\n  0.7311  blue\n  0.5498  green\n");
}

TEST_F(VitcRun, PrintsAllLabelsIfMoreAreAskedFor) {
  expect("classifier.so red.ppm --top-k 1000000", "red.ppm\n  0.5761  red\n  0.2119  green\n  0.2119  blue\n");
  for (const char *count : {"0", "-1", "''", "1e3", "2.5", "1000001", "99999999999999999999"})
    expectError("classifier.so red.ppm --top-k " + std::string(count),
                "command line: --top-k: '" + std::string(count == std::string("''") ? "" : count) +
                    "', expected a number from 1 to 1000000");
}

TEST_F(VitcRun, PrintsJsonLines) {
  const CommandResult result = run("classifier.so --json red.ppm --top-k 2 blue.ppm");
  ASSERT_EQ(result.status, 0) << result.output;
  const size_t end = result.output.find('\n');
  EXPECT_EQ(result.output.rfind(R"({"image":"red.ppm","top":[{"index":0,"label":"red","score":0.57611688)", 0), 0u)
      << result.output;
  const json first = json::parse(result.output.substr(0, end)), second = json::parse(result.output.substr(end));
  ASSERT_EQ(first["top"].size(), 2u);
  EXPECT_NEAR(first["top"][0]["score"].get<double>(), std::exp(1.0) / (std::exp(1.0) + 2), 1e-12);
  EXPECT_EQ(second["image"], "blue.ppm");
  EXPECT_EQ(second["top"][1]["label"], "green");
}

TEST_F(VitcRun, PrintsNormsWithoutClasses) {
  expect("features.so red.ppm", "red.ppm\n  logits  3  norm 1\n  doubled  3x16  norm 8\n");
  expect("features.so red.ppm --json", R"({"image":"red.ppm","outputs":[{"name":"logits","shape":[3],"norm":1.0},)"
                                       R"({"name":"doubled","shape":[3,16],"norm":8.0}]})"
                                       "\n");
}

// What is white becomes infinite in this model, and its scores NaN.
TEST_F(VitcRun, ScoresThatAreNotFinite) {
  write("black.ppm", "P6 1 1 255\n" + std::string(3, '\0'));
  expect("overflowing.so black.ppm --top-k 1", "black.ppm\n  0.3333  red\n");
  const std::string line = "error: overflowing.so: red.ppm: output 'logits' is not finite\n";
  for (const char *pictures : {"red.ppm", "red.ppm red.ppm red.ppm"}) {
    const CommandResult result = run(std::string("overflowing.so ") + pictures);
    EXPECT_EQ(result.status, 1);
    EXPECT_EQ(result.output, std::string(pictures).size() > 7 ? line + line + line : line);
  }
  // The others are printed.
  CommandResult result = run("overflowing.so black.ppm red.ppm black.ppm --top-k 1 --threads 2");
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(result.output, "black.ppm\n  0.3333  red\n" + line + "black.ppm\n  0.3333  red\n");
  result = run("overflowing.so --json --top-k 2 red.ppm");
  EXPECT_EQ(result.status, 1);
  const size_t end = result.output.find('\n') + 1;
  EXPECT_EQ(result.output.substr(end), line);
  const json scores = json::parse(result.output.substr(0, end));
  EXPECT_EQ(scores["image"], "red.ppm");
  ASSERT_EQ(scores["top"].size(), 2u);
  for (const json &score : scores["top"])
    EXPECT_TRUE(score.at("score").is_null()) << result.output;
}

TEST_F(VitcRun, NumbersThatAreNotFinite) {
  constexpr float infinity = std::numeric_limits<float>::infinity();
  const std::string warnings = "warning: features.so: output 'logits' is not finite\n"
                               "warning: features.so: output 'doubled' is not finite\n";
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity}) {
    std::vector<float> values(96, 1.0f);
    values[95] = bad;
    writeArray("x.npy", DType::F32, {2, 3, 4, 4}, values);
    expect("features.so --input x.npy --output-dir out", warnings);
    const std::vector<float> logits = readArray("out/logits.npy", {2, 3});
    EXPECT_THAT(std::vector<float>(logits.begin(), logits.end() - 1), testing::Each(1.0f));
    EXPECT_FALSE(std::isfinite(logits.back()));
  }
  // One output of two; from a picture, too.
  std::vector<float> values(48, 1.0f);
  values[0] = 3e38f;
  writeArray("x.npy", DType::F32, {1, 3, 4, 4}, values);
  expect("features.so --input x.npy --output-dir out", "warning: features.so: output 'doubled' is not finite\n");
  const std::string warning = "warning: overflowing.so: output 'logits' is not finite\n";
  expect("overflowing.so red.ppm red.ppm blue.ppm --output-dir out", warning);
  EXPECT_EQ(readArray("out/logits.npy", {3, 3})[0], infinity);
  const CommandResult result = run("overflowing_features.so --json red.ppm red.ppm red.ppm 2> warnings");
  EXPECT_EQ(result.status, 0);
  EXPECT_TRUE(json::parse(result.output.substr(0, result.output.find('\n')))["outputs"][1]["norm"].is_null());
  EXPECT_EQ(contentsOf((directory / "warnings").string()),
            "warning: overflowing_features.so: output 'logits' is not finite\n"
            "warning: overflowing_features.so: output 'doubled' is not finite\n");
}

TEST_F(VitcRun, RunsArraysOfAnyBatch) {
  for (int64_t batch : {1, 2, 5}) {
    std::vector<float> values;
    for (int64_t i = 0; i < batch * 48; ++i)
      values.push_back(static_cast<float>(i / 16));
    writeArray("x.npy", DType::F32, {batch, 3, 4, 4}, values);
    expect("classifier.so --input x.npy --output y.npy", "");
    std::vector<float> expected;
    for (int64_t i = 0; i < batch * 3; ++i)
      expected.push_back(static_cast<float>(i));
    EXPECT_EQ(readArray("y.npy", {batch, 3}), expected);
  }
}

TEST_F(VitcRun, WritesEveryOutput) {
  writeArray("x.npy", DType::F32, {1, 3, 4, 4}, std::vector<float>(48, 1.5f));
  expect("features.so --input pixel_values=x.npy --output-dir out", "");
  EXPECT_EQ(readArray("out/logits.npy", {1, 3}), std::vector<float>(3, 1.5f));
  EXPECT_EQ(readArray("out/doubled.npy", {1, 3, 16}), std::vector<float>(48, 3.0f));
  // Once more, into the directory that is there now.
  expect("features.so --input x.npy --output-dir out", "");
  expectError("features.so --input x.npy --output y.npy",
              "command line: --output: the model has 2 outputs, expected --output-dir");
}

TEST_F(VitcRun, WritesToStandardOutput) {
  writeArray("x.npy", DType::F32, {1, 3, 4, 4}, std::vector<float>(48, 1.5f));
  expect("classifier.so --input x.npy --output - > y.npy", "");
  EXPECT_EQ(readArray("y.npy", {1, 3}), std::vector<float>(3, 1.5f));
  EXPECT_FALSE(fs::exists(directory / "-"));
  expect("classifier.so --input x.npy --output ./-", "");
  EXPECT_TRUE(fs::exists(directory / "-"));
  expectError("classifier.so --input x.npy --output - > /dev/full",
              "standard output: cannot be written: No space left on device");
  expectError("features.so --input x.npy --output -",
              "command line: --output: the model has 2 outputs, expected --output-dir");
}

TEST_F(VitcRun, StandardOutputThatIsGone) {
  writeArray("x.npy", DType::F32, {1, 3, 4, 4}, std::vector<float>(48, 1.5f));
  for (const char *arguments : {"classifier.so red.ppm", "classifier.so --info", "--help", "--version",
                                "classifier.so --input x.npy --output -"}) {
    expectError(std::string(arguments) + " >&-", "standard output: cannot be written: Bad file descriptor");
    // The reader ends at once; the tool says so instead of dying.
    const CommandResult result = runCommand("cd " + directory.string() + " && ((sleep 0.2; " VITC_RUN " " + arguments +
                                            "; echo status $? >&2) | true)");
    EXPECT_EQ(result.output, "error: standard output: cannot be written: Broken pipe\nstatus 1\n") << arguments;
  }
}

TEST_F(VitcRun, NamesOfInputs) {
  writeArray("x.npy", DType::F32, {1, 3, 4, 4}, std::vector<float>(48));
  expectError("classifier.so --input foo=x.npy --output y.npy",
              "command line: --input: 'foo=x.npy': the model has no input 'foo', expected pixel_values=FILE or a FILE "
              "that is there");
  expectError("classifier.so --input pixel_values= --output y.npy",
              "command line: --input: no file name for input pixel_values");
  fs::rename(directory / "x.npy", directory / "a=b.npy");
  expect("classifier.so --input a=b.npy --output y.npy", "");
}

TEST_F(VitcRun, SeveralInputs) {
  writeArray("x.npy", DType::F32, {2, 3, 4, 4}, std::vector<float>(96, 1.0f));
  writeArray("b.npy", DType::F32, {2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  expect("two_inputs.so --input bias=b.npy --input pixel_values=x.npy --output y.npy", "");
  EXPECT_EQ(readArray("y.npy", {2, 3}), (std::vector<float>{2, 3, 4, 5, 6, 7}));
  fs::remove(directory / "y.npy");
  expectError("two_inputs.so --input bias=b.npy --output y.npy",
              "command line: --input: input pixel_values is missing");
  expectError("two_inputs.so --input bias=b.npy --input bias=b.npy --output y.npy",
              "command line: --input: input bias is given twice");
  expectError("two_inputs.so --input b.npy --output y.npy",
              "command line: --input: 'b.npy', expected NAME=FILE, where NAME is one of: pixel_values, bias");
  writeArray("b.npy", DType::F32, {1, 3}, std::vector<float>{1, 2, 3});
  expectError("two_inputs.so --input bias=b.npy --input pixel_values=x.npy --output y.npy",
              "b.npy: header: a batch of 1, expected 2 as in x.npy");
  expectError("two_inputs.so red.ppm",
              "two_inputs.so: inputs: more than a picture, expected --input NAME=FILE.npy for each of them");
}

TEST_F(VitcRun, ArraysThatDoNotFit) {
  const std::string rest = " --output y.npy", command = "classifier.so --input x.npy" + rest;
  writeArray("x.npy", DType::I64, {1, 3, 4, 4}, std::vector<int64_t>(48));
  expectError(command, "x.npy: elements of type i64, expected f32 for input pixel_values");
  writeArray("x.npy", DType::F64, {1, 3, 4, 4}, std::vector<double>(48, 1e300));
  expectError(command, "x.npy: element 0 is beyond f32 for input pixel_values");
  writeArray("x.npy", DType::F32, {3, 4, 4}, std::vector<float>(48));
  expectError(command, "x.npy: header: shape 3x4x4, expected Nx3x4x4 for input pixel_values");
  writeArray("x.npy", DType::F32, {0, 3, 4, 4}, std::vector<float>());
  expectError(command, "x.npy: header: an empty batch, expected at least one element");
  write("x.npy", "P6");
  expectError(command, "x.npy: byte 0: not a .npy file");
  expectError("classifier.so --input none.npy" + rest, "none.npy: cannot be read: No such file or directory");
}

TEST_F(VitcRun, OutputsThatCannotBeWritten) {
  writeArray("x.npy", DType::F32, {1, 3, 4, 4}, std::vector<float>(48));
  expectError("classifier.so --input x.npy --output none/y.npy",
              "none/y.npy: cannot be written: No such file or directory");
  expectError("classifier.so --input x.npy --output /dev/full",
              "/dev/full: cannot be written: No space left on device");
  expectError("features.so --input x.npy --output-dir red.ppm",
              "red.ppm/logits.npy: cannot be written: Not a directory");
  // The second output fails: the first one is not there either.
  fs::create_directories(directory / "out/doubled.npy");
  expectError("features.so --input x.npy --output-dir out", "out/doubled.npy: cannot be written: Is a directory");
  expectError("classifier.so red.ppm > /dev/full", "standard output: cannot be written: No space left on device");
}

TEST_F(VitcRun, PicturesThatCannotBeUsed) {
  expectError("classifier.so none.png", "none.png: cannot be read: No such file or directory");
  expectError(
      "classifier.so classifier.so",
      "classifier.so: byte 0: not a picture that is known, expected JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM or "
      "PGM");
  write("phone.jpg", std::string("\0\0\0\x18"
                                 "ftypheic",
                                 12));
  expectError("classifier.so phone.jpg",
              "phone.jpg: byte 0: the picture is HEIF, expected JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM or PGM");
}

TEST_F(VitcRun, PicturesThatAreNotResized) {
  write("right.ppm", "P6 4 4 255\n" + std::string(48, '\xff'));
  expect("no_resize.so right.ppm", "right.ppm\n  0.3333  red\n  0.3333  green\n  0.3333  blue\n");
  expectError("no_resize.so blue.ppm",
              "blue.ppm: a picture of shape 3x2x1 (channels, height, width), expected 3x4x4: the model's preprocessing "
              "does not resize");
  expectError(
      "no_pictures.so right.ppm",
      "no_pictures.so: preprocessing: the model does not say how pictures become its input (it was compiled "
      "from a checkpoint without preprocessor_config.json or with one that cuts pictures into patches, as SigLIP "
      "2's, or from a description without preprocessing), expected --input FILE.npy: normalised numbers of shape "
      "Nx3x4x4");
}

TEST_F(VitcRun, ErrorsAreOneLine) {
  expectError("'no\nsuch\x1b.so' red.ppm", "no\\x0asuch\\x1b.so: cannot be read: No such file or directory");
  expectError("classifier.so 'a\rb.png'", "a\\x0db.png: cannot be read: No such file or directory");
  expectError("classifier.so red.ppm '--fast\n'", "command line: --fast\\x0a: unknown option; see --help");
}

TEST_F(VitcRun, ModelsThatCannotBeUsed) {
  expectError("none.so red.ppm", "none.so: cannot be read: No such file or directory");
  expectError("red.ppm red.ppm", "red.ppm: byte 0: not an ELF file, expected a model compiled by vitc");
  expectError("unknown_step.so red.ppm",
              "unknown_step.so: /entry_points/0/inputs/0/preprocessing/steps/2/step: unknown step \"flip\", this "
              "version knows decode, resize, "
              "resize_cover, resize_contain, resize_shortest_edge, resize_longest_edge, resize_bounded_edges, "
              "resize_one_side, pad, pad_end, center_crop, "
              "flip_channels, rescale and "
              "normalize");
}

TEST_F(VitcRun, DescribesTheFile) {
  const CommandResult text = run("classifier.so --info");
  EXPECT_EQ(text.status, 0);
  const uintmax_t bytes = fs::file_size(directory / "classifier.so");
  char megabytes[32];
  std::snprintf(megabytes, sizeof megabytes, "%.1f", static_cast<double>(bytes) / 1e6);
  EXPECT_EQ(text.output, "small\n"
                         "  input       pixel_values  f32  3x4x4\n"
                         "  output      logits  f32  3\n"
                         "  labels      3 (red, green, blue)\n"
                         "  scores      softmax\n"
                         "  picture     decode 3\n"
                         "  picture     resize 4 4 nearest\n"
                         "  picture     rescale 0.00392156862745098\n"
                         "  compiler    vitc 0.1.0\n"
                         "  target      x86_64-unknown-linux-gnu\n"
                         "  cpu         x86-64\n"
                         "  features    sse2\n"
                         "  options     batch=2, precision=f32\n"
                         "  weights     0.0 MB (64 bytes)\n"
                         "  hash        0123\n"
                         "  activations 0.0 MB (64 bytes) an image\n"
                         "  scratch     0.0 MB (0 bytes) a thread\n"
                         "  file        " +
                             std::string(megabytes) + " MB (" + std::to_string(bytes) + " bytes)\n");

  const CommandResult line = run("classifier.so --info --json");
  const json info = json::parse(line.output);
  EXPECT_EQ(info["file_bytes"], bytes);
  EXPECT_EQ(info["entry_points"][0]["inputs"][0]["shape"], json({3, 4, 4}));
  EXPECT_EQ(info["entry_points"][0]["outputs"][0]["labels"], json({"red", "green", "blue"}));
  EXPECT_EQ(line.output.rfind(R"({"format":"vitc",)", 0), 0u);
}

TEST_F(VitcRun, WrongCommandLines) {
  expectError("", "command line: MODEL.so: no model; see --help");
  expectError("classifier.so", "command line: IMAGE: nothing to run, expected pictures, --list or --input; see --help");
  expectError("classifier.so --fast red.ppm", "command line: --fast: unknown option; see --help");
  expectError("classifier.so --json=1 red.ppm", "command line: --json=1: unknown option; see --help");
  expectError("classifier.so red.ppm --top-k", "command line: --top-k: no value");
  expectError("classifier.so red.ppm --top-k 0", "command line: --top-k: '0', expected a number from 1 to 1000000");
  expectError("classifier.so red.ppm --threads 2k", "command line: --threads: '2k', expected a number from 1 to 1024");
  expectError("classifier.so red.ppm --input x.npy",
              "command line: --input: together with pictures, expected one or the other");
  expectError("classifier.so red.ppm --output y.npy --output-dir z",
              "command line: --output: together with --output-dir, expected one or the other");
  expectError("classifier.so red.ppm --output -",
              "command line: --output: pictures' rows go to a file, whose beginning is known at the end, not to "
              "standard output");
  expectError("classifier.so red.ppm --output y.npy --json",
              "command line: --output: together with --json, --top-k, --threshold or --save, which say what is printed "
              "or drawn");
  expectError("classifier.so red.ppm --output y.npy --save-inputs",
              "command line: --save-inputs: without a place for them, expected --output-dir with it");
  expectError("classifier.so red.ppm --batch 0", "command line: --batch: '0', expected a number from 1 to 65536");
  expectError("classifier.so --list", "command line: --list: no value");
  expectError("classifier.so --list=", "command line: --list: no file name");
  expectError("classifier.so --list a --list b", "command line: --list: given twice");
  expectError("classifier.so --list a --input x.npy",
              "command line: --input: together with pictures, expected one or the other");
  expectError("classifier.so --input x.npy", "command line: --input: expected either --output or --output-dir with it");
  expectError("classifier.so --input x.npy --output y --output-dir z",
              "command line: --input: expected either --output or --output-dir with it");
  expectError("classifier.so --input x.npy --output y --output z", "command line: --output: given twice");
  expectError("classifier.so --input= --output y", "command line: --input: no file name");
  expectError("classifier.so --input x.npy --output y --json",
              "command line: --json: together with --input, expected pictures or --info");
  expectError("classifier.so --input x.npy --output y --top-k 3",
              "command line: --top-k: together with --input, expected pictures");
  for (const char *option : {"--batch", "--save-inputs"})
    expectError(std::string("classifier.so --input x.npy --output y ") + option +
                    (option == std::string("--batch") ? " 3" : ""),
                std::string("command line: ") + option + ": together with --input, expected pictures");
  for (const char *work :
       {"red.ppm", "--threads 2", "--top-k 2", "--input x.npy", "--output y", "--list x", "--batch 2", "--self-test"})
    expectError(std::string("classifier.so --info ") + work, "command line: --info: together with something to run");
  expectError("classifier.so --self-test --json",
              "command line: --self-test: together with other options, expected the model alone");
}

TEST_F(VitcRun, HelpAndVersion) {
  const CommandResult help = run("--help");
  EXPECT_EQ(help.status, 0);
  EXPECT_THAT(help.output, HasSubstr("vitc-run MODEL.so IMAGE... [options]"));
  expect("--version", "vitc-run " VITC_VERSION "\n");
}

} // namespace
