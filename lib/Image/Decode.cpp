//===- Decode.cpp - picture files to pixels -------------------------------===//

#include "vitc/Image/Decode.h"

#include "Decoders.h"

#include <cstring>
#include <new>
#include <string_view>

using namespace vitc;

bool vitc::checkImageSize(int64_t height, int64_t width, std::string &error, const char *what) {
  if (height >= 1 && width >= 1 && height <= maxImagePixels / width)
    return true;
  error = std::string(what) + " " + std::to_string(width) + " x " + std::to_string(height) +
          " pixels, expected from 1 to " + std::to_string(maxImagePixels) + " in all";
  return false;
}

std::optional<Image> vitc::makeImage(int64_t height, int64_t width, int64_t channels, std::string &error,
                                     const char *what) {
  if (!checkImageSize(height, width, error, what))
    return std::nullopt;
  Image image{height, width, channels, {}};
  image.pixels.resize(static_cast<size_t>(height * width * channels));
  return image;
}

Image vitc::toGrey(Image image) {
  if (image.channels == 1)
    return image;
  Image grey{image.height, image.width, 1, std::vector<uint8_t>(image.pixels.size() / 3)};
  const uint8_t *rgb = image.pixels.data();
  for (uint8_t &value : grey.pixels) {
    value = static_cast<uint8_t>((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 0x8000u) >> 16);
    rgb += 3;
  }
  return grey;
}

Image vitc::toRgb(Image image) {
  if (image.channels == 3)
    return image;
  Image rgb{image.height, image.width, 3, std::vector<uint8_t>(image.pixels.size() * 3)};
  for (size_t i = 0; i < image.pixels.size(); ++i)
    std::memset(&rgb.pixels[3 * i], image.pixels[i], 3);
  return rgb;
}

namespace {

/// How to recognise a kind of picture: `magic` at the start of the file, and `second` at byte 8.
struct Kind {
  std::string_view magic;
  std::string_view second;
  std::optional<DecodedImage> (*decode)(Bytes, std::string &);
};

} // namespace

constexpr Kind kinds[] = {
    {"\xff\xd8\xff", "", decodeJpeg},
    {"\x89PNG\r\n\x1a\n", "", decodePng},
    {"RIFF", "WEBP", decodeWebp},
    {"BM", "", decodeBmp},
    {"P2", "", decodePnm},
    {"P3", "", decodePnm},
    {"P5", "", decodePnm},
    {"P6", "", decodePnm},
};

/// Kinds that are not read, so that a message can name them: what stands where.
constexpr struct {
  size_t offset;
  std::string_view magic;
  const char *name;
} otherKinds[] = {{0, "GIF8", "GIF"},      {0, {"II*\0", 4}, "TIFF"}, {0, {"MM\0*", 4}, "TIFF"},
                  {4, "ftypavif", "AVIF"}, {4, "ftyphei", "HEIF"},    {4, "ftypmif1", "HEIF"}};

std::optional<Image> vitc::decodeImage(Bytes file, int64_t channels, std::string &error) {
  const std::string_view text(reinterpret_cast<const char *>(file.data), file.size);
  for (const Kind &kind : kinds) {
    if (text.substr(0, kind.magic.size()) != kind.magic ||
        (!kind.second.empty() && (text.size() < 8 || text.substr(8, kind.second.size()) != kind.second)))
      continue;
    try {
      std::optional<DecodedImage> decoded = kind.decode(file, error);
      if (!decoded)
        return std::nullopt;
      Image image = applyOrientation(std::move(decoded->image), decoded->orientation);
      return channels == 1 ? toGrey(std::move(image)) : toRgb(std::move(image));
    } catch (const std::bad_alloc &) {
      error = "header: not enough memory for the picture's pixels";
      return std::nullopt;
    }
  }
  for (const auto &[offset, magic, name] : otherKinds)
    if (text.size() > offset && text.substr(offset, magic.size()) == magic) {
      error = "byte 0: the picture is " + std::string(name) + ", expected JPEG, PNG, WebP, BMP, PPM or PGM";
      return std::nullopt;
    }
  error = file.size == 0 ? "byte 0: the file is empty, expected a picture (JPEG, PNG, WebP, BMP, PPM or PGM)"
                         : "byte 0: not a picture that is known, expected JPEG, PNG, WebP, BMP, PPM or PGM";
  return std::nullopt;
}
