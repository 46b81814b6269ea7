//===- DrawingTest.cpp - answers as pictures ------------------------------===//

#include "vitc/Drawing/Drawing.h"
#include "vitc/Image/Decode.h"
#include "vitc/Image/Encode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

using namespace vitc;

namespace {

Image blank(int64_t height, int64_t width) {
  return {height, width, 3, std::vector<uint8_t>(static_cast<size_t>(height * width * 3), 200)};
}

Colour pixel(const Image &image, int64_t y, int64_t x) {
  const uint8_t *at = image.pixels.data() + (y * image.width + x) * 3;
  return {at[0], at[1], at[2]};
}

/// The message for a palette.
std::string errorOf(const char *text) {
  std::string error;
  EXPECT_FALSE(parsePalette(text, error)) << text;
  return error;
}

} // namespace

TEST(Palette, IsPascalVocs) {
  // The colours that its development kit lists: background, aeroplane, bicycle, person, tv/monitor, the border.
  const Palette palette = pascalVocPalette(256);
  EXPECT_EQ(palette[0], (Colour{0, 0, 0}));
  EXPECT_EQ(palette[1], (Colour{128, 0, 0}));
  EXPECT_EQ(palette[2], (Colour{0, 128, 0}));
  EXPECT_EQ(palette[15], (Colour{192, 128, 128}));
  EXPECT_EQ(palette[20], (Colour{0, 64, 128}));
  EXPECT_EQ(palette[255], (Colour{224, 224, 192}));
}

TEST(Palette, IsReadFromTextAndJson) {
  std::string error;
  const Palette expected = {{1, 2, 3}, {255, 128, 0}};
  EXPECT_EQ(parsePalette("# classes\n1 2 3 sky\n\n#ff8000 a road\n", error), expected) << error;
  EXPECT_EQ(parsePalette("[[1,2,3],[255,128,0]]", error), expected) << error;
  EXPECT_EQ(errorOf("1 2 3\n1 2\n"), "line 2: expected three numbers from 0 to 255");
  EXPECT_EQ(errorOf("1 2 256\n"), "line 1: expected three numbers from 0 to 255");
  EXPECT_EQ(errorOf("1 -2 3\n"), "line 1: expected three numbers from 0 to 255");
  EXPECT_EQ(errorOf("[[1,2,3],[1,2]]"), "/1: expected three integers from 0 to 255");
  EXPECT_THAT(errorOf("nothing\n"), testing::StartsWith("no colours"));
  EXPECT_THAT(errorOf(""), testing::StartsWith("no colours"));
}

TEST(Drawing, AMaskLiesOverThePhotoWithALegendBesideIt) {
  std::string error;
  const Segmentation segmentation{40, 30, std::vector<int32_t>(1200, 1)};
  const std::optional<Image> drawing = drawSegmentation(blank(40, 30), segmentation, areasOf(segmentation),
                                                        {"sky", "sea \xC3\xA9"}, pascalVocPalette(2), error);
  ASSERT_TRUE(drawing) << error;
  EXPECT_GE(drawing->height, 40);
  EXPECT_GT(drawing->width, 100);
  // Between the photo's grey and the class's red; the legend has the red alone, on white.
  const Colour mixed = pixel(*drawing, 20, 15);
  EXPECT_GT(mixed[0], 128);
  EXPECT_LT(mixed[1], 120);
  EXPECT_EQ(pixel(*drawing, 0, drawing->width - 1), (Colour{255, 255, 255}));
}

TEST(Drawing, BoxesAnywhereAndAnyNumberOfThem) {
  std::string error;
  std::vector<Detection> detections = {{0, 0.9, {5, 30, 25, 55}},
                                       {7, 0.8, {-1e9, -5, 1e9, NAN}},
                                       {1, 0.5, {20, 20, 10, 10}},
                                       {2, 0.4, {HUGE_VAL, -HUGE_VAL, 3, 3}}};
  for (int i = 0; i < 200; ++i)
    detections.push_back({i, 0.1, {double(i), double(i), double(2 * i), 60}});
  const std::optional<Image> drawing = drawDetections(blank(60, 80), detections, {"cat"}, pascalVocPalette(4), error);
  ASSERT_TRUE(drawing) << error;
  EXPECT_EQ(drawing->height, 60);
  EXPECT_EQ(drawing->width, 80);
  // The most certain one's frame is on top of all others.
  EXPECT_EQ(pixel(*drawing, 54, 15), (Colour{128, 0, 0}));
  EXPECT_EQ(drawDetections(blank(9, 9), {}, {}, {}, error)->pixels, blank(9, 9).pixels);
}

TEST(Drawing, DepthsAreDarkToBright) {
  std::string error;
  const std::optional<Image> drawing = drawDepth({2, 2, {1, 3, NAN, 2}}, error);
  ASSERT_TRUE(drawing) << error;
  EXPECT_EQ(pixel(*drawing, 0, 0), (Colour{0, 0, 4}));
  EXPECT_EQ(pixel(*drawing, 0, 1), (Colour{252, 255, 164}));
  EXPECT_EQ(pixel(*drawing, 1, 0), (Colour{128, 128, 128}));
  EXPECT_TRUE(drawDepth({1, 2, {4, 4}}, error)) << error;
  EXPECT_TRUE(drawDepth({1, 1, {NAN}}, error)) << error;
}

TEST(EncodePng, IsReadBack) {
  Image image = blank(5, 7);
  for (size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<uint8_t>(i * 37);
  std::string error;
  const std::optional<std::vector<uint8_t>> file = encodePng(image, error);
  ASSERT_TRUE(file) << error;
  const std::optional<Image> read = decodeImage({file->data(), file->size()}, 3, error);
  ASSERT_TRUE(read) << error;
  EXPECT_EQ(read->pixels, image.pixels);
}
