//===- PreprocessTest.cpp - whole pipelines, and lists of steps -----------===//

#include "../Files/TestFiles.h"

#include "vitc/Preprocessing/Preprocess.h"

#include <cstring>
#include <gtest/gtest.h>

using namespace vitc;

namespace {

class Pipeline : public testing::TestWithParam<std::string> {};

TEST_P(Pipeline, EqualsTheLibraryBitForBit) {
  const std::vector<uint8_t> manifest = readTestFile(GetParam() + ".json");
  const std::vector<uint8_t> photo = readTestFile("photo.png");
  const NpyArray expected = readTestArray(GetParam() + ".npy");
  std::string error;
  const std::optional<std::vector<ImageStep>> steps =
      parsePreprocessing(std::string(manifest.begin(), manifest.end()), error);
  ASSERT_TRUE(steps) << error;
  const std::optional<ImageTensor> tensor = preprocess(bytesOf(photo), *steps, error);
  ASSERT_TRUE(tensor) << error;
  EXPECT_EQ((std::vector<int64_t>{tensor->channels, tensor->height, tensor->width}), expected.shape);
  ASSERT_EQ(tensor->values.size() * sizeof(float), expected.bytes.size());
  EXPECT_EQ(std::memcmp(tensor->values.data(), expected.bytes.data(), expected.bytes.size()), 0);
}

INSTANTIATE_TEST_SUITE_P(Transformers, Pipeline, testing::Values("vit", "crop", "crop-odd", "pad"));
INSTANTIATE_TEST_SUITE_P(Torchvision, Pipeline, testing::Values("even", "even-pad", "even-mixed"));

/// The error for a list of steps.
std::string stepsError(const std::string &steps) {
  std::string error;
  EXPECT_FALSE(parsePreprocessing(R"({"preprocessing":{"version":1,"steps":[)" + steps + "]}}", error));
  return error;
}

TEST(PreprocessParser, NoPreprocessingIsAnEmptyList) {
  std::string error;
  const std::optional<std::vector<ImageStep>> steps = parsePreprocessing(R"({"format":"vitc"})", error);
  ASSERT_TRUE(steps);
  EXPECT_TRUE(steps->empty());
}

TEST(PreprocessParser, UnknownVersion) {
  std::string error;
  EXPECT_FALSE(parsePreprocessing(R"({"preprocessing":{"version":2,"steps":[]}})", error));
  EXPECT_EQ(error,
            "/preprocessing/version: expected version 1 of the list of steps, a newer vitc-run may know this one");
  EXPECT_FALSE(parsePreprocessing(R"({"preprocessing":{"version":1}})", error));
  EXPECT_EQ(error, "/preprocessing/steps: expected a list");
}

TEST(PreprocessParser, UnknownStep) {
  EXPECT_EQ(stepsError(R"({"step":"decode","channels":3},{"step":"flip"})"),
            "/preprocessing/steps/1/step: unknown step \"flip\", this version knows decode, resize, "
            "resize_cover, resize_contain, resize_shortest_edge, resize_longest_edge, resize_bounded_edges, "
            "resize_one_side, pad, pad_end, center_crop, "
            "flip_channels, rescale and "
            "normalize");
  EXPECT_EQ(stepsError("3"), "/preprocessing/steps/0: expected an object with the string \"step\"");
}

TEST(PreprocessParser, KeysAreExact) {
  const std::string decode = R"({"step":"decode","channels":3},)";
  EXPECT_EQ(stepsError(R"({"step":"decode"})"), "/preprocessing/steps/0: no \"channels\"");
  EXPECT_EQ(stepsError(R"({"step":"decode","channels":4})"), "/preprocessing/steps/0/channels: expected 1 or 3");
  EXPECT_EQ(stepsError(decode + R"({"step":"resize","height":4,"width":4,"filter":"box","antialias":true})"),
            "/preprocessing/steps/1/antialias: unknown key");
  EXPECT_EQ(stepsError(decode + R"({"step":"resize","height":0,"width":4,"filter":"box"})"),
            "/preprocessing/steps/1/height: expected an integer from 1 to 1048576");
  EXPECT_EQ(
      stepsError(decode + R"({"step":"resize_shortest_edge","edge":4,"filter":"area"})"),
      "/preprocessing/steps/1/filter: unknown filter, expected nearest, box, bilinear, hamming, bicubic or lanczos, or "
      "one of torchvision's, which has torchvision_ before its name");
  EXPECT_NE(stepsError(decode + R"({"step":"resize_shortest_edge","edge":4,"filter":"torchvision_box"})"), "");
  EXPECT_EQ(stepsError(decode + R"({"step":"center_crop","height":4,"width":4,"rounding":"up"})"),
            "/preprocessing/steps/1/rounding: expected \"down\", \"even\" or \"zero\"");
  EXPECT_EQ(stepsError(decode + R"({"step":"rescale","factor":"1"})"),
            "/preprocessing/steps/1/factor: expected a number");
  EXPECT_EQ(stepsError(decode + R"({"step":"normalize","mean":[0,0,0],"std":[1,0,1]})"),
            "/preprocessing/steps/1/std: a standard deviation is 0");
  EXPECT_EQ(stepsError(decode + R"({"step":"pad","height":4,"width":4,"fill":[0,256,0]})"),
            "/preprocessing/steps/1/fill: expected integers from 0 to 255");
  EXPECT_EQ(stepsError(decode + R"({"step":"pad","height":4,"width":4,"fill":[0]})"),
            "/preprocessing/steps/1: expected 3 numbers, one for each channel");
  EXPECT_EQ(
      stepsError(decode + R"({"step":"resize_bounded_edges","shortest":4,"longest":0,"multiple":1,"filter":"box"})"),
      "/preprocessing/steps/1/longest: expected an integer from 1 to 1048576");
  EXPECT_EQ(stepsError(decode + R"({"step":"normalize","mean":[0],"std":[1]})"),
            "/preprocessing/steps/1: expected 3 numbers, one for each channel");
}

/// A picture of one row: 255, 0, 0, 0 in its only channel.
constexpr uint8_t row[] = {'P', '5', ' ', '4', ' ', '1', ' ', '2', '5', '5', '\n', 255, 0, 0, 0};

/// What steps make of `row`.
ImageTensor resultOf(const std::string &steps, std::string &error) {
  const std::string decode = R"({"preprocessing":{"version":1,"steps":[{"step":"decode","channels":1},)";
  const std::optional<std::vector<ImageStep>> list = parsePreprocessing(decode + steps + "]}}", error);
  std::optional<ImageTensor> tensor = list ? preprocess({row, sizeof row}, *list, error) : std::nullopt;
  return tensor.value_or(ImageTensor());
}

TEST(Preprocess, RealNumbersAreNotRounded) {
  std::string error;
  const std::string resize = R"({"step":"resize","height":1,"width":2,"filter":"bilinear"})";
  const std::string rescale = R"({"step":"rescale","factor":1})",
                    crop = R"({"step":"center_crop","height":2,"width":1})";
  // The weights of the four pixels are 3, 3, 1 and 0 of 7.
  EXPECT_EQ(resultOf(resize + "," + rescale, error).values, (std::vector<float>{109, 0}));
  const ImageTensor real = resultOf(rescale + "," + resize, error);
  ASSERT_EQ(real.values.size(), 2u) << error;
  EXPECT_NEAR(real.values[0], 255 * 3.0 / 7, 1e-4);
  EXPECT_EQ(real.values[1], 0);
  // What is beside the picture is 0 in the middle of the list too.
  const ImageTensor cropped = resultOf(rescale + "," + crop + R"(,{"step":"normalize","mean":[1],"std":[2]})", error);
  EXPECT_EQ(cropped.values, (std::vector<float>{-0.5, -0.5})) << error;
}

TEST(Preprocess, EndsAreZero) {
  std::string error;
  const std::string rescale = R"({"step":"normalize","mean":[1],"std":[2]},)";
  const ImageTensor padded = resultOf(rescale + R"({"step":"pad_end","height":2,"width":5})", error);
  EXPECT_EQ(padded.values, (std::vector<float>{127, -0.5, -0.5, -0.5, 0, 0, 0, 0, 0, 0})) << error;
  // What is larger stays.
  const ImageTensor wide = resultOf(rescale + R"({"step":"pad_end","height":2,"width":3})", error);
  EXPECT_EQ(wide.values, (std::vector<float>{127, -0.5, -0.5, -0.5, 0, 0, 0, 0})) << error;
  // How much is no padding.
  const auto steps = parsePreprocessing(R"({"preprocessing":{"version":1,"steps":[{"step":"decode","channels":1},)" +
                                            rescale + R"({"step":"pad_end","height":2,"width":5}]}})",
                                        error);
  ASSERT_TRUE(steps) << error;
  PictureSize filled;
  ASSERT_TRUE(preprocess({row, sizeof row}, *steps, error, nullptr, &filled));
  EXPECT_EQ(filled.height, 1);
  EXPECT_EQ(filled.width, 4);
}

TEST(Preprocess, PixelsAreRealBehindTheirEnds) {
  std::string error;
  const std::string smaller = R"({"step":"resize_longest_edge","edge":2,"filter":"bilinear"})",
                    pad = R"({"step":"pad_end","height":2,"width":3})";
  // The weights of the four pixels are 3, 3, 1 and 0 of 7; half a row is rounded to one.
  const ImageTensor pixels = resultOf(smaller + "," + pad, error);
  EXPECT_EQ(pixels.values, (std::vector<float>{109, 0, 0, 0, 0, 0})) << error;
}

TEST(Preprocess, SizesThatPicturesCannotHave) {
  std::string error;
  resultOf(R"({"step":"resize_shortest_edge","edge":100000,"filter":"bilinear"})", error);
  EXPECT_EQ(error, "preprocessing: the picture would have 400000 x 100000 pixels, expected from 1 to 178956970 in all");
  resultOf(R"({"step":"resize_contain","height":9,"width":1,"filter":"bilinear"})", error);
  EXPECT_EQ(error, "preprocessing: the picture would have 1 x 0 pixels, expected from 1 to 178956970 in all");
  resultOf(R"({"step":"center_crop","height":100000,"width":100000})", error);
  EXPECT_EQ(error, "preprocessing: the picture would have 100000 x 100000 pixels, expected from 1 to 178956970 in all");
  resultOf(R"({"step":"rescale","factor":1},{"step":"pad_end","height":100000,"width":100000})", error);
  EXPECT_EQ(error, "preprocessing: the picture would have 100000 x 100000 pixels, expected from 1 to 178956970 in all");
  resultOf(R"({"step":"pad","height":100000,"width":100000,"fill":[0]})", error);
  EXPECT_EQ(error, "preprocessing: the picture would have 100000 x 100000 pixels, expected from 1 to 178956970 in all");
}

TEST(PreprocessParser, OrderOfSteps) {
  EXPECT_EQ(stepsError(R"({"step":"rescale","factor":1})"), "/preprocessing/steps/0: the first step is not \"decode\"");
  EXPECT_EQ(stepsError(R"({"step":"decode","channels":1},{"step":"decode","channels":1})"),
            "/preprocessing/steps/1: \"decode\" is not the first step");
  EXPECT_EQ(stepsError(R"({"step":"decode","channels":1},{"step":"rescale","factor":1},)"
                       R"({"step":"pad","height":4,"width":4,"fill":[0]})"),
            "/preprocessing/steps/2: a step on 8-bit pixels after \"rescale\", \"normalize\" or \"pad_end\"");
  EXPECT_EQ(stepsError(R"({"step":"decode","channels":1},{"step":"pad_end","height":4,"width":4},)"
                       R"({"step":"pad","height":4,"width":4,"fill":[0]})"),
            "/preprocessing/steps/2: a step on 8-bit pixels after \"rescale\", \"normalize\" or \"pad_end\"");
}

} // namespace
