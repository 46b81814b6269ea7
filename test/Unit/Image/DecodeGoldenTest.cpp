//===- DecodeGoldenTest.cpp - every kind of picture against Pillow --------===//

#include "../Files/TestFiles.h"

#include "vitc/Image/Decode.h"

#include <algorithm>
#include <cstdlib>
#include <gtest/gtest.h>

using namespace vitc;

namespace {

class DecodeGolden : public testing::TestWithParam<std::string> {};

void expectDecodesTo(const std::string &name, int64_t channels, const std::string &golden) {
  const std::vector<uint8_t> file = readTestFile("inputs/" + name);
  const NpyArray expected = readTestArray(golden);
  std::string error;
  const std::optional<Image> image = decodeImage(bytesOf(file), channels, error);
  ASSERT_TRUE(image) << error;
  std::vector<int64_t> shape = {image->height, image->width};
  if (channels == 3)
    shape.push_back(3);
  EXPECT_EQ(image->channels, channels);
  EXPECT_EQ(shape, expected.shape);
  // AV1 is decoded, and its colours are converted, by other versions of the libraries than Pillow's.
  const int tolerance = name.find(".avif") != std::string::npos ? 2 : 0;
  ASSERT_EQ(image->pixels.size(), expected.bytes.size());
  int largest = 0;
  for (size_t i = 0; i < expected.bytes.size(); ++i)
    largest = std::max(largest, std::abs(image->pixels[i] - expected.bytes[i]));
  EXPECT_LE(largest, tolerance);
}

TEST_P(DecodeGolden, ColourEqualsPillow) { expectDecodesTo(GetParam(), 3, "decoded/" + GetParam() + ".npy"); }

TEST_P(DecodeGolden, GreyEqualsPillow) {
  if (GetParam().rfind("orientation", 0) == 0)
    return; // the goldens of orientations are in colour only
  expectDecodesTo(GetParam(), 1, "decoded/" + GetParam() + ".L.npy");
}

std::string testName(const testing::TestParamInfo<std::string> &info) {
  std::string name = info.param;
  for (char &c : name)
    if (!std::isalnum(static_cast<unsigned char>(c)))
      c = '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(AllInputs, DecodeGolden, testing::ValuesIn(inputNames()), testName);

TEST(DecodeGolden, InputsOfEveryKindAreThere) {
  // Guards the suite above: with no input it would be empty.
  EXPECT_GE(inputNames().size(), 166u);
}

} // namespace
