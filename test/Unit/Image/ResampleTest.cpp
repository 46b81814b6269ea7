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

/// Compares all lines of NAME.txt, of which there must be `count`, with the results in NAME.npy.
void expectEqualsGoldens(const std::string &goldens, size_t count) {
  const NpyArray pattern = readTestArray("pattern.npy"), results = readTestArray(goldens + ".npy");
  const std::vector<uint8_t> text = readTestFile(goldens + ".txt");
  std::istringstream lines(std::string(text.begin(), text.end()));
  std::string line, name, error;
  size_t position = 0, cases = 0;
  while (std::getline(lines, line)) {
    int64_t channels, height, width, newHeight, newWidth;
    std::istringstream(line) >> name >> channels >> height >> width >> newHeight >> newWidth;
    const std::optional<Resampling> resampling = resamplingNamed(name);
    ASSERT_TRUE(resampling) << line;
    const Image image = part(pattern, height, width, channels);
    const std::optional<Image> result = resampling->isTorchvision
                                            ? resizeAsTorchvision(image, newHeight, newWidth, resampling->filter, error)
                                            : resize(image, newHeight, newWidth, resampling->filter, error);
    ASSERT_TRUE(result) << line << ": " << error;
    const size_t size = static_cast<size_t>(newHeight * newWidth * channels);
    ASSERT_LE(position + size, results.bytes.size());
    ASSERT_EQ(result->pixels.size(), size);
    EXPECT_TRUE(std::equal(result->pixels.begin(), result->pixels.end(), results.bytes.begin() + position)) << line;
    position += size;
    ++cases;
  }
  EXPECT_EQ(position, results.bytes.size());
  EXPECT_EQ(cases, count);
}

TEST(Resample, EqualsPillowBitForBit) { expectEqualsGoldens("resize", 132); }

TEST(Resample, EqualsTorchvisionBitForBit) { expectEqualsGoldens("resize-torchvision", 80); }

// A window is what would be cut out of the whole, whichever sides change and whichever pass comes first.
TEST(Resample, WindowsAreParts) {
  const NpyArray pattern = readTestArray("pattern.npy");
  std::string error;
  for (const char *name : {"nearest", "bilinear", "bicubic", "lanczos", "torchvision_nearest", "torchvision_bilinear",
                           "torchvision_bicubic"})
    for (const auto &[height, width] : {std::pair(16, 20), {41, 20}, {16, 53}, {41, 53}, {7, 50}, {60, 70}}) {
      const Image image = part(pattern, 41, 53, 3);
      const Resampling resampling = *resamplingNamed(name);
      const auto run = [&, height = height, width = width](const std::optional<PictureWindow> &window) {
        return resampling.isTorchvision ? resizeAsTorchvision(image, height, width, resampling.filter, error, window)
                                        : resize(image, height, width, resampling.filter, error, window);
      };
      const PictureWindow window = {2, 3, height - 5, width - 7};
      const std::optional<Image> whole = run(std::nullopt), result = run(window);
      ASSERT_TRUE(whole && result) << error;
      ASSERT_EQ(result->height, window.height);
      ASSERT_EQ(result->width, window.width);
      const int64_t rowSize = 3 * window.width;
      for (int64_t y = 0; y < window.height; ++y)
        EXPECT_TRUE(std::equal(result->pixels.begin() + y * rowSize, result->pixels.begin() + (y + 1) * rowSize,
                               whole->pixels.begin() + ((y + 2) * width + 3) * 3))
            << name << " to " << height << " x " << width << ", row " << y;
    }
}

TEST(Resample, NamesOfFilters) {
  for (const char *name : {"nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"}) {
    const std::optional<Resampling> resampling = resamplingNamed(name);
    ASSERT_TRUE(resampling) << name;
    EXPECT_FALSE(resampling->isTorchvision);
    EXPECT_EQ(nameOf(resampling->filter), name);
    const bool has = resamplingNamed("torchvision_" + std::string(name)).has_value();
    EXPECT_EQ(has, resampling->filter != ResampleFilter::Box && resampling->filter != ResampleFilter::Hamming) << name;
  }
  for (const char *name : {"", "torchvision_", "torchvision", "Bilinear", "torchvision_torchvision_bicubic"})
    EXPECT_FALSE(resamplingNamed(name)) << name;
}

TEST(Resample, RefusesHugeResults) {
  std::string error;
  const Image strip{1, 60000, 1, std::vector<uint8_t>(60000)};
  EXPECT_FALSE(resize(strip, 384, 23040000, ResampleFilter::Bilinear, error));
  EXPECT_EQ(error, "preprocessing: the picture would have 23040000 x 384 pixels, expected from 1 to 178956970 in all");
  EXPECT_FALSE(resizeAsTorchvision(strip, 384, 23040000, ResampleFilter::Bilinear, error));
  // Between the passes it would be large.
  const Image tall{60000, 1, 1, std::vector<uint8_t>(60000)};
  EXPECT_FALSE(resizeAsTorchvision(tall, 1, 1 << 20, ResampleFilter::Bilinear, error));
  const ImageTensor real{1, 60000, 1, std::vector<float>(60000)};
  EXPECT_FALSE(resize(real, 2, 384000, ResampleFilter::Bilinear, error));
}

} // namespace
