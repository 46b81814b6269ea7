//===- ResampleTest.cpp - resizing against Pillow -------------------------===//

#include "../Files/TestFiles.h"

#include "vitc/Image/Resample.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <sstream>

using namespace vitc;

namespace {

/// The upper left part of a picture; with one channel, its first one.
Image part(const NpyArray &pattern, int64_t height, int64_t width, int64_t channels) {
  Image image{height, width, channels, {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c)
        image.pixels.push_back(pattern.bytes[(y * pattern.shape[1] + x) * 3 + c]);
  return image;
}

TEST(Resample, EqualsPillowBitForBit) {
  const NpyArray pattern = readTestArray("pattern.npy"), results = readTestArray("resize.npy");
  const std::vector<uint8_t> text = readTestFile("resize.txt");
  std::istringstream lines(std::string(text.begin(), text.end()));
  std::string line, name, error;
  size_t position = 0, cases = 0;
  while (std::getline(lines, line)) {
    int64_t channels, height, width, newHeight, newWidth;
    std::istringstream(line) >> name >> channels >> height >> width >> newHeight >> newWidth;
    const std::optional<ResampleFilter> filter = resampleFilterNamed(name);
    ASSERT_TRUE(filter) << line;
    EXPECT_EQ(nameOf(*filter), name);
    const std::optional<Image> result =
        resize(part(pattern, height, width, channels), newHeight, newWidth, *filter, error);
    ASSERT_TRUE(result) << line << ": " << error;
    const size_t size = static_cast<size_t>(newHeight * newWidth * channels);
    ASSERT_LE(position + size, results.bytes.size());
    ASSERT_EQ(result->pixels.size(), size);
    EXPECT_TRUE(std::equal(result->pixels.begin(), result->pixels.end(), results.bytes.begin() + position)) << line;
    position += size;
    ++cases;
  }
  EXPECT_EQ(position, results.bytes.size());
  EXPECT_EQ(cases, 132u);
}

TEST(Resample, RefusesHugeResults) {
  std::string error;
  const Image strip{1, 60000, 1, std::vector<uint8_t>(60000)};
  EXPECT_FALSE(resize(strip, 384, 23040000, ResampleFilter::Bilinear, error));
  EXPECT_EQ(error, "preprocessing: the picture would have 23040000 x 384 pixels, expected from 1 to 178956970 in all");
  const ImageTensor real{1, 60000, 1, std::vector<float>(60000)};
  EXPECT_FALSE(resize(real, 2, 384000, ResampleFilter::Bilinear, error));
}

} // namespace
