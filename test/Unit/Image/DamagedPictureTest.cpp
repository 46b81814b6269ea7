//===- DamagedPictureTest.cpp - files that no decoder may trust -----------===//

#include "../Files/TestFiles.h"

#include "vitc/Image/Decode.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <random>

using namespace vitc;

namespace {

std::string decodeError(const std::vector<uint8_t> &file) {
  std::string error;
  EXPECT_FALSE(decodeImage(bytesOf(file), 3, error));
  return error;
}

std::string decodeError(const std::string &text) { return decodeError(std::vector<uint8_t>(text.begin(), text.end())); }

/// A file, and how many of its last bytes are not pixels: they may be missing.
struct Truncation {
  std::string name;
  size_t tail = 0;
};

class DamagedPicture : public testing::TestWithParam<Truncation> {};

TEST_P(DamagedPicture, EveryTruncationIsAnError) {
  const std::vector<uint8_t> file = readTestFile("inputs/" + GetParam().name);
  for (size_t size = 0; size < file.size(); ++size) {
    // A copy of exactly that size, so that a sanitizer sees reads beyond it.
    const std::vector<uint8_t> prefix(file.begin(), file.begin() + static_cast<ptrdiff_t>(size));
    std::string error;
    const bool hasPixels = size + GetParam().tail >= file.size();
    EXPECT_EQ(decodeImage(bytesOf(prefix), 3, error).has_value(), hasPixels) << size << " of " << file.size();
    if (hasPixels)
      continue;
    EXPECT_NE(error.find(": "), std::string::npos) << error;
    EXPECT_EQ(error.find('\n'), std::string::npos) << error;
  }
}

// Behind a PNG's pixels are a checksum of 4 bytes and the chunk IEND of 12; behind a GIF's, the end of their blocks and
// the file's. Other kinds whose last bytes matter: plain PNM may end anywhere in its last number, BMP may lack padding,
// run-length encoding its end mark.
INSTANTIATE_TEST_SUITE_P(
    Kinds, DamagedPicture,
    testing::Values(Truncation{"420.jpg"}, Truncation{"420-progressive.jpg"}, Truncation{"grey.jpg"},
                    Truncation{"cmyk.jpg"}, Truncation{"orientation6.jpg"}, Truncation{"rgb8.png", 16},
                    Truncation{"rgb8-interlaced.png", 16}, Truncation{"palette4.png", 16}, Truncation{"grey16.png", 16},
                    Truncation{"orientation-raw8.png", 16}, Truncation{"lossy.webp"}, Truncation{"lossless-alpha.webp"},
                    Truncation{"animated.webp"}, Truncation{"orientation8.webp"}, Truncation{"palette4.bmp"},
                    Truncation{"rgb32.bmp"}, Truncation{"p6-255.ppm"}, Truncation{"p5-65535.pgm"},
                    Truncation{"palette.gif", 2}, Truncation{"interlaced.gif", 2}, Truncation{"small-frame.gif", 2},
                    Truncation{"rgb16.tif"}, Truncation{"planes.tif"}, Truncation{"last-strip.tif"},
                    Truncation{"444.avif"}, Truncation{"alpha.avif"}, Truncation{"grey.avif"}),
    [](const testing::TestParamInfo<Truncation> &info) { return "number" + std::to_string(info.index); });

TEST(DamagedPicture, RandomChangesNeverBreakTheDecoder) {
  std::mt19937 random(1);
  size_t decoded = 0;
  for (const std::string &name : inputNames()) {
    const std::vector<uint8_t> file = readTestFile("inputs/" + name);
    for (int round = 0; round < 20; ++round) {
      std::vector<uint8_t> changed = file;
      for (unsigned i = 0; i <= random() % 4; ++i)
        changed[random() % changed.size()] = static_cast<uint8_t>(random());
      std::string error;
      const std::optional<Image> image = decodeImage(bytesOf(changed), 1, error);
      EXPECT_NE(image.has_value(), !error.empty()) << name;
      if (image) {
        ++decoded;
        EXPECT_EQ(image->pixels.size(), static_cast<size_t>(image->height * image->width)) << name;
      }
    }
  }
  EXPECT_GT(decoded, 0u);
}

TEST(DamagedPicture, UnknownKinds) {
  const std::string known = "JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM or PGM";
  EXPECT_EQ(decodeError(""), "byte 0: the file is empty, expected a picture (" + known + ")");
  EXPECT_EQ(decodeError("....ftypheic"), "byte 0: the picture is HEIF, expected " + known);
  EXPECT_EQ(decodeError("....ftypmif1"), "byte 0: the picture is HEIF, expected " + known);
  EXPECT_EQ(decodeError("RIFF1234WAVE"), "byte 0: not a picture that is known, expected " + known);
  EXPECT_EQ(decodeError("1234567 WEBP"), "byte 0: not a picture that is known, expected " + known);
}

TEST(DamagedPicture, TruncatedFilesSayWhere) {
  std::vector<uint8_t> file = readTestFile("inputs/rgb8.png");
  file.resize(100);
  EXPECT_EQ(decodeError(file), "byte 41: damaged PNG picture: the file is truncated");
  file = readTestFile("inputs/420.jpg");
  file.resize(700); // in the middle of a marker
  EXPECT_EQ(decodeError(file), "byte 623: damaged JPEG picture: the file is truncated");
  file = readTestFile("inputs/lossy.webp");
  file.resize(60);
  EXPECT_EQ(decodeError(file), "pixels: damaged or truncated WebP picture");
  EXPECT_EQ(decodeError("P6 2 2 255\nabc"), "byte 11: damaged PPM or PGM picture: the file is truncated");
}

TEST(DamagedPicture, TooManyPixels) {
  const std::string limit = " pixels, expected from 1 to 178956970 in all";
  EXPECT_EQ(decodeError("P5 100000000 100000000 255\n"), "header: the picture has 100000000 x 100000000" + limit);
  EXPECT_EQ(decodeError("P5 0 7 255\n"), "header: the picture has 0 x 7" + limit);
  std::vector<uint8_t> png = readTestFile("inputs/rgb8.png");
  // Width and height of the header, whose checksum is then wrong too, but comes later.
  png[16] = 0x7F;
  EXPECT_NE(decodeError(png), "");
  std::vector<uint8_t> bmp = readTestFile("inputs/rgb24.bmp");
  bmp[21] = 0x7F;
  EXPECT_EQ(decodeError(bmp), "header: the picture has 2130706439 x 5" + limit);
  std::vector<uint8_t> gif = readTestFile("inputs/palette.gif");
  std::fill_n(gif.begin() + 6, 4, 0xFF);
  EXPECT_EQ(decodeError(gif), "header: the picture has 65535 x 65535" + limit);
  std::vector<uint8_t> tiff = readTestFile("inputs/rgb16.tif");
  std::fill_n(tiff.begin() + 18, 4, 0xFF); // the value of the first entry, the width
  EXPECT_EQ(decodeError(tiff), "header: the picture has 4294967295 x 9" + limit);
  std::vector<uint8_t> avif = readTestFile("inputs/444.avif");
  const std::string kind = "ispe";
  const auto size = std::search(avif.begin(), avif.end(), kind.begin(), kind.end()) + 8;
  size[0] = 0x7F;
  EXPECT_NE(decodeError(avif).find("header: damaged or truncated AVIF picture: "), std::string::npos);
}

TEST(DamagedPicture, TiffThatIsNotSupported) {
  const std::string begin = ": damaged or unsupported TIFF picture: ";
  const std::vector<uint8_t> file = readTestFile("inputs/rgb16.tif");
  const auto with = [&](size_t entry, uint8_t low, uint8_t high = 0) {
    std::vector<uint8_t> changed = file;
    changed[18 + 12 * entry] = low;
    changed[19 + 12 * entry] = high;
    return decodeError(changed);
  };
  // The entries are width, height, bits, compression, colours, where the strip is, samples, …
  EXPECT_NE(with(3, 6).find(begin + "JPEG as in TIFF 6.0"), std::string::npos) << with(3, 6);
  EXPECT_NE(with(4, 8).find(begin + "colours of kind 8, expected grey"), std::string::npos) << with(4, 8);
  EXPECT_NE(with(3, 0x99, 0x99), "");
  // More rows than there are strips for.
  EXPECT_NE(with(1, 0xFF, 0x7F).find(begin + "strip or tile 1 is missing"), std::string::npos) << with(1, 0xFF, 0x7F);
}

TEST(DamagedPicture, PnmSyntax) {
  const std::string begin = ": damaged PPM or PGM picture: ";
  EXPECT_EQ(decodeError("P6x"), "byte 2" + begin + "expected white space after the first two characters");
  EXPECT_EQ(decodeError("P6 4 -1 255\n"), "byte 5" + begin + "expected the numbers width, height and maximum");
  EXPECT_EQ(decodeError("P6 1 1 65536\n"), "byte 13" + begin + "the maximum is 65536, expected from 1 to 65535");
  EXPECT_EQ(decodeError("P2 2 1 9\n3 10"), "byte 13" + begin + "expected a number from 0 to 9");
}

TEST(DamagedPicture, BmpThatIsNotSupported) {
  std::vector<uint8_t> bmp = readTestFile("inputs/rgb24.bmp");
  bmp[28] = 2;
  EXPECT_EQ(decodeError(bmp),
            "byte 28: damaged or unsupported BMP picture: 2 bits a pixel, expected 1, 4, 8, 16, 24 or 32");
  bmp = readTestFile("inputs/rle8.bmp");
  bmp[30] = 4;
  EXPECT_EQ(decodeError(bmp), "byte 30: damaged or unsupported BMP picture: compression 4 with 8 bits a pixel");
  bmp = readTestFile("inputs/rle8.bmp");
  bmp[bmp.size() - 3] = 200;
  EXPECT_NE(decodeError(bmp).find("is not in the palette of 16"), std::string::npos);
}

} // namespace
