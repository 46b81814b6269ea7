//===- DecodePng.cpp - PNG, through libpng --------------------------------===//
//
// libpng reports errors by a function that must not return; it jumps back to `runPng`. So that no C++ object is jumped
// over, everything that needs a destructor belongs to PngReader, which the caller of runPng owns, and the callbacks use
// plain memory only.
//
//===----------------------------------------------------------------------===//

#include "Decoders.h"

#include <cstdio>
#include <cstring>
#include <string_view>

#include <png.h>

using namespace vitc;

namespace {

struct PngReader {
  png_structp png = nullptr;
  png_infop info = nullptr;
  Bytes file;
  size_t position = 0;
  char message[200] = "";

  Image image;
  std::string sizeError;
  /// Grey of 16 bits, big-endian, before it is reduced to 8.
  std::vector<uint8_t> wide;
  std::vector<png_bytep> rows;

  ~PngReader() { png_destroy_read_struct(&png, &info, nullptr); }
};

[[noreturn]] void fail(png_structp png, png_const_charp message) {
  auto &reader = *static_cast<PngReader *>(png_get_error_ptr(png));
  std::snprintf(reader.message, sizeof(reader.message), "%s", message);
  png_longjmp(png, 1);
}

void ignoreWarning(png_structp, png_const_charp) {}

void readBytes(png_structp png, png_bytep out, size_t size) {
  auto &reader = *static_cast<PngReader *>(png_get_io_ptr(png));
  if (size > reader.file.size - reader.position)
    fail(png, "the file is truncated");
  std::memcpy(out, reader.file.data + reader.position, size);
  reader.position += size;
}

/// Makes the memory for what libpng will return; false if sizeError says why not.
bool allocate(PngReader &reader, bool isGrey, bool isWide) {
  const int64_t height = png_get_image_height(reader.png, reader.info);
  const int64_t width = png_get_image_width(reader.png, reader.info);
  std::optional<Image> image = makeImage(height, width, isGrey ? 1 : 3, reader.sizeError);
  if (!image)
    return false;
  reader.image = std::move(*image);
  const size_t rowBytes = static_cast<size_t>(width * (isWide ? 2 : reader.image.channels));
  if (isWide)
    reader.wide.resize(static_cast<size_t>(height) * rowBytes);
  uint8_t *start = isWide ? reader.wide.data() : reader.image.pixels.data();
  for (int64_t y = 0; y < height; ++y)
    reader.rows.push_back(start + static_cast<size_t>(y) * rowBytes);
  return true;
}

/// Whether every row has been decoded, though libpng may complain about what comes after the last one.
bool hasAllRows(const PngReader &reader) {
  if (reader.rows.empty())
    return false;
  return png_get_interlace_type(reader.png, reader.info) == PNG_INTERLACE_NONE
             ? png_get_current_row_number(reader.png) >= reader.rows.size()
             : png_get_current_pass_number(reader.png) >= PNG_INTERLACE_ADAM7_PASSES;
}

/// Decodes the whole file; false if the reader's message or sizeError says why not.
bool runPng(PngReader &reader) {
  reader.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, &reader, fail, ignoreWarning);
  reader.info = reader.png ? png_create_info_struct(reader.png) : nullptr;
  if (!reader.info) {
    std::snprintf(reader.message, sizeof(reader.message), "libpng cannot be used");
    return false;
  }
  // As in Pillow, a picture whose pixels are there is read, even if the file ends or is damaged behind them.
  if (setjmp(png_jmpbuf(reader.png)))
    return hasAllRows(reader);

  png_set_read_fn(reader.png, &reader, readBytes);
  // The number of pixels is limited by makeImage.
  png_set_user_limits(reader.png, PNG_UINT_31_MAX, PNG_UINT_31_MAX);
  png_read_info(reader.png, reader.info);
  const int colorType = png_get_color_type(reader.png, reader.info);
  const bool isGrey = (colorType & PNG_COLOR_MASK_COLOR) == 0;
  const bool hasAlpha = (colorType & PNG_COLOR_MASK_ALPHA) != 0;
  const int depth = png_get_bit_depth(reader.png, reader.info);
  if (colorType == PNG_COLOR_TYPE_PALETTE)
    png_set_palette_to_rgb(reader.png);
  if (isGrey && depth < 8)
    png_set_expand_gray_1_2_4_to_8(reader.png);
  // Pillow keeps 16-bit grey whole, to let it saturate later, and takes the upper byte of everything else.
  const bool isWide = depth == 16 && isGrey && !hasAlpha;
  if (depth == 16 && !isWide)
    png_set_strip_16(reader.png);
  png_set_strip_alpha(reader.png);
  png_set_interlace_handling(reader.png);
  png_read_update_info(reader.png, reader.info);

  if (!allocate(reader, isGrey, isWide))
    return false;
  const size_t rowBytes = static_cast<size_t>(reader.image.width * (isWide ? 2 : reader.image.channels));
  if (png_get_rowbytes(reader.png, reader.info) != rowBytes)
    fail(reader.png, "rows of an unexpected size");
  png_read_image(reader.png, reader.rows.data());
  png_read_end(reader.png, reader.info);
  return true;
}

void saturateGrey(PngReader &reader) {
  for (size_t i = 0; i < reader.image.pixels.size(); ++i)
    reader.image.pixels[i] = reader.wide[2 * i] ? 255 : reader.wide[2 * i + 1];
}

/// Text of ImageMagick's "Raw profile type exif": three lines of heading, then hexadecimal digits.
std::vector<uint8_t> bytesOfRawProfile(std::string_view text) {
  for (int line = 0; line < 3; ++line) {
    const size_t end = text.find('\n');
    if (end == text.npos)
      return {};
    text.remove_prefix(end + 1);
  }
  std::vector<uint8_t> bytes;
  int digits = 0, value = 0;
  for (char c : text) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0)
      continue;
    value = value * 16 + digit;
    if (++digits % 2 == 0) {
      bytes.push_back(static_cast<uint8_t>(value));
      value = 0;
    }
  }
  return bytes;
}

/// The chunk eXIf comes before a raw profile, and EXIF before XMP.
int orientationOf(PngReader &reader) {
  png_bytep exif = nullptr;
  png_uint_32 exifSize = 0;
  const bool hasExif = png_get_eXIf_1(reader.png, reader.info, &exifSize, &exif) != 0;
  std::vector<uint8_t> profile;
  std::string_view xmp;
  png_textp texts = nullptr;
  int count = 0;
  png_get_text(reader.png, reader.info, &texts, &count);
  for (int i = 0; i < count; ++i) {
    const bool isInternational = texts[i].compression >= PNG_ITXT_COMPRESSION_NONE;
    const std::string_view key = texts[i].key;
    const std::string_view text(texts[i].text, isInternational ? texts[i].itxt_length : texts[i].text_length);
    if (key == "Raw profile type exif")
      profile = bytesOfRawProfile(text);
    else if (key == "XML:com.adobe.xmp" && isInternational)
      xmp = text;
  }
  const Bytes metadata = hasExif ? Bytes{exif, exifSize} : Bytes{profile.data(), profile.size()};
  if (const std::optional<int> orientation = exifOrientation(metadata))
    return *orientation;
  return xmpOrientation({reinterpret_cast<const uint8_t *>(xmp.data()), xmp.size()}).value_or(1);
}

} // namespace

std::optional<DecodedImage> vitc::decodePng(Bytes file, std::string &error) {
  PngReader reader;
  reader.file = file;
  if (!runPng(reader)) {
    error = reader.message[0] ? "byte " + std::to_string(reader.position) + ": damaged PNG picture: " + reader.message
                              : reader.sizeError;
    return std::nullopt;
  }
  if (!reader.wide.empty())
    saturateGrey(reader);
  const int orientation = orientationOf(reader);
  return DecodedImage{std::move(reader.image), orientation};
}
