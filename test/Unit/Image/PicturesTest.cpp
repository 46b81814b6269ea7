//===- PicturesTest.cpp - vitc-run and many pictures ----------------------===//

#include "VitcRun.h"

#include "gmock/gmock.h"

#include <chrono>

using namespace vitc;

namespace {

const char *const redLines = "red.ppm\n  0.5761  red\n";
const char *const blueLines = "blue.ppm\n  0.5503  blue\n";
const char *const halfError = "error: half.ppm: byte 11: damaged PPM or PGM picture: the file is truncated\n";

/// Many pictures, and models that see them.
class Pictures : public VitcRun {
protected:
  /// Runs, and expects status 1 and all that is printed.
  void expectFailure(const std::string &arguments, const std::string &output) const {
    const CommandResult result = run(arguments);
    EXPECT_EQ(result.output, output) << arguments;
    EXPECT_EQ(result.status, 1) << arguments;
  }

  std::string text(const std::string &name) const { return contentsOf((directory / name).string()); }
};

TEST_F(Pictures, ABadFileDoesNotEndTheOthers) {
  const std::string all = std::string(redLines) + halfError + blueLines +
                          "error: none.png: cannot be read: No such file "
                          "or directory\n" +
                          redLines;
  for (const char *options : {"", " --batch 1", " --batch 2", " --batch 100 --threads 3", " --threads 1"})
    expectFailure(std::string("classifier.so --top-k 1 red.ppm half.ppm blue.ppm none.png red.ppm") + options, all);
  expectFailure("classifier.so half.ppm half.ppm half.ppm --batch 1", std::string(halfError) + halfError + halfError);
}

TEST_F(Pictures, ResultsComeInTheOrderOfThePictures) {
  std::string arguments, expected;
  for (int i = 0; i < 100; ++i) {
    arguments += i % 3 ? " red.ppm" : i % 5 ? " blue.ppm" : " half.ppm";
    expected += i % 3 ? redLines : i % 5 ? blueLines : halfError;
  }
  for (const char *options : {" --threads 1", " --threads 4 --batch 7"})
    expectFailure("classifier.so --top-k 1" + arguments + options, expected);
}

TEST_F(Pictures, DirectoriesStandForTheirFiles) {
  fs::create_directories(directory / "photos/inner");
  for (const char *name : {"photos/b", "photos/a.txt", "photos/B.jpg", "photos/inner/c", "photos/.hidden"})
    fs::copy(directory / "red.ppm", directory / name);
  const std::string best = "\n  0.5761  red\n";
  for (const char *photos : {"photos", "photos/", "--list list"}) {
    write("list", "photos\n");
    expect("classifier.so --top-k 1 " + std::string(photos),
           "photos/B.jpg" + best + "photos/a.txt" + best + "photos/b" + best);
  }
  fs::create_directory(directory / "empty");
  expectFailure("classifier.so --top-k 1 empty red.ppm",
                std::string("error: empty: no files in this directory, expected pictures\n") + redLines);
}

TEST_F(Pictures, Lists) {
  const std::string both = std::string(redLines) + blueLines;
  write("list", "\nred.ppm\r\n\n\nblue.ppm");
  expect("classifier.so --top-k 1 --list list", both);
  expect("classifier.so --top-k 1 blue.ppm --list=list", blueLines + both);
  expect("classifier.so --top-k 1 --list - < list", both);
  expect("classifier.so --top-k 1 --list /dev/stdin < list", both);
  // A pipe may be slow.
  expect("classifier.so --top-k 1 --list <(echo red.ppm; sleep 0.3; echo blue.ppm)", both);
  write("list", "");
  expect("classifier.so --list list", "");
  write("list", std::string("red.ppm\nblue.ppm\0red.ppm\0\nred.ppm\n", 33));
  expectFailure("classifier.so --top-k 1 --list list",
                std::string(redLines) + "error: list: line 2: a zero byte, expected a path in each line\n" + redLines);
  expectFailure("classifier.so --top-k 1 --list - < list",
                std::string(redLines) + "error: standard input: line 2: a zero byte, expected a path in each line\n" +
                    redLines);
  expectError("classifier.so red.ppm --list none", "none: cannot be read: No such file or directory");
  expectError("classifier.so --list .",
              ".: cannot be read: it is a directory, expected a file with a path in each line");
}

// A list that says nothing more does not keep a run alive that has failed.
TEST_F(Pictures, AnErrorEndsTheRunThoughTheListIsOpen) {
  const auto start = std::chrono::steady_clock::now();
  expectError("classifier.so --list <(echo red.ppm; exec sleep 20 2> /dev/null) > /dev/full",
              "standard output: cannot be written: No space left on device");
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
}

TEST_F(Pictures, RowsOfOneOutput) {
  expectFailure("sigmoid.so red.ppm half.ppm blue.ppm red.ppm --output emb.npy --batch 2", halfError);
  const std::vector<float> rows = readArray("emb.npy", {3, 3});
  const std::vector<float> red = {1, 0, 0};
  EXPECT_EQ(std::vector<float>(rows.begin(), rows.begin() + 3), red);
  EXPECT_EQ(std::vector<float>(rows.begin() + 6, rows.end()), red);
  EXPECT_FLOAT_EQ(rows[4], 0.2f);
  EXPECT_EQ(text("emb.jsonl"), R"({"row":0,"path":"red.ppm"}
{"path":"half.ppm","error":"byte 11: damaged PPM or PGM picture: the file is truncated"}
{"row":1,"path":"blue.ppm"}
{"row":2,"path":"red.ppm"}
)");
  // Another name, and files that are replaced.
  expect("sigmoid.so blue.ppm --output rows", "");
  EXPECT_EQ(text("rows.jsonl"), "{\"row\":0,\"path\":\"blue.ppm\"}\n");
  expect("sigmoid.so blue.ppm --output emb.npy", "");
  readArray("emb.npy", {1, 3});
  expectError("features.so red.ppm --output y.npy",
              "command line: --output: the model has 2 outputs, expected --output-dir, or a model that was compiled "
              "with --outputs=NAME");
}

TEST_F(Pictures, RowsOfAllOutputs) {
  expectFailure("features.so red.ppm half.ppm blue.ppm --output-dir out", halfError);
  readArray("out/logits.npy", {2, 3});
  readArray("out/doubled.npy", {2, 3, 16});
  EXPECT_FALSE(fs::exists(directory / "out/pixel_values.npy"));
  EXPECT_THAT(text("out/pictures.jsonl"),
              testing::StartsWith("{\"row\":0,\"path\":\"red.ppm\"}\n{\"path\":\"half.ppm\""));
  expect("features.so red.ppm --save-inputs --output-dir out", "");
  const std::vector<float> pixels = readArray("out/pixel_values.npy", {1, 3, 4, 4});
  EXPECT_EQ(pixels[0], 1.0f);
  EXPECT_EQ(pixels[47], 0.0f);
}

TEST_F(Pictures, NothingIsLeftBehind) {
  const std::vector<std::string> before = names();
  // No picture can be used: there is no row.
  expectFailure("classifier.so half.ppm --output y.npy", halfError);
  expectFailure("features.so half.ppm none --output-dir out",
                std::string(halfError) + "error: none: cannot be read: No such file or directory\n");
  EXPECT_EQ(names(), before);
  expectError("classifier.so red.ppm --output none/y.npy", "none/y.npy: cannot be written: No such file or directory");
  expectError("classifier.so red.ppm --output /dev/full", "/dev/full: cannot be written: No space left on device");
  expectError("features.so red.ppm --output-dir red.ppm", "red.ppm/logits.npy: cannot be written: Not a directory");
  // A pipe has no beginning to come back to.
  expectError("classifier.so red.ppm --output /dev/stdout > >(cat)", "/dev/stdout: cannot be written: Illegal seek");
  fs::create_directories(directory / "out/pictures.jsonl");
  expectError("features.so red.ppm --output-dir out", "out/pictures.jsonl: cannot be written: Is a directory");
  // The file grows beyond what is allowed, in the middle of the run.
  prefix = "ulimit -f 20; ";
  expectError("features.so $(yes red.ppm | head -n 200) --output-dir new",
              "new/doubled.npy: cannot be written: File too large");
}

TEST_F(Pictures, SignalsLeaveNothingBehind) {
  const std::vector<std::string> before = names();
  for (const auto &[signal, status] : {std::pair("INT", "130\n"), {"TERM", "143\n"}, {"HUP", "129\n"}}) {
    prefix = std::string("timeout --preserve-status --signal=") + signal + " 0.5 ";
    const CommandResult result =
        run("features.so --list <(echo red.ppm; exec sleep 5 2> /dev/null) --output-dir out; echo $?");
    EXPECT_EQ(result.output, status);
    EXPECT_EQ(names(), before) << signal;
  }
}

TEST_F(Pictures, KindsAreRecognisedByTheirContents) {
  const fs::path inputs = TEST_INPUTS_DIR;
  fs::copy(inputs / "rgb8.png", directory / "picture.jpg");
  fs::copy(inputs / "420.jpg", directory / "picture");
  fs::copy(inputs / "palette.gif", directory / "picture.png");
  fs::copy(inputs / "lzw.tif", directory / "picture.npy");
  fs::copy(inputs / "444.avif", directory / "picture.webp");
  const CommandResult result = run("classifier.so --top-k 1 picture*");
  EXPECT_EQ(result.status, 0);
  EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 10) << result.output;
}

// The decoder of AVIF prints what it finds wrong, too.
TEST_F(Pictures, DamagedPicturesAreOneLine) {
  const std::string avif = contentsOf(std::string(TEST_INPUTS_DIR) + "/444.avif");
  const size_t begin = avif.find("mdat") + 4;
  std::string arguments = "classifier.so --json --top-k 1";
  for (size_t i = 0; i < 16; ++i) {
    std::string changed = avif;
    changed[begin + i] = static_cast<char>(~changed[begin + i]);
    write(std::to_string(i) + ".avif", changed);
    arguments += " " + std::to_string(i) + ".avif";
  }
  const CommandResult result = run(arguments);
  EXPECT_EQ(result.status, 1);
  EXPECT_EQ(std::count(result.output.begin(), result.output.end(), '\n'), 16) << result.output;
  EXPECT_THAT(result.output, testing::HasSubstr("pixels: damaged or truncated AVIF picture: "));
}

} // namespace
