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

/// How to recognise a kind of picture: what stands at byte `offset` of the file.
struct Kind {
  size_t offset;
  std::string_view magic;
  std::optional<DecodedImage> (*decode)(Bytes, std::string &);
};

constexpr Kind kinds[] = {
    {0, "\xff\xd8\xff", decodeJpeg},
    {0, "\x89PNG\r\n\x1a\n", decodePng},
    {8, "WEBP", decodeWebp},
    {0, "BM", decodeBmp},
    {0, "P2", decodePnm},
    {0, "P3", decodePnm},
    {0, "P5", decodePnm},
    {0, "P6", decodePnm},
    {0, "GIF87a", decodeGif},
    {0, "GIF89a", decodeGif},
    {0, {"II*\0", 4}, decodeTiff},
    {0, {"MM\0*", 4}, decodeTiff},
    {0, {"II+\0", 4}, decodeTiff},
    {0, {"MM\0+", 4}, decodeTiff},
};

std::string_view textOf(Bytes file) { return {reinterpret_cast<const char *>(file.data), file.size}; }

/// The decoder for a file; nullptr if its kind is not known.
decltype(Kind::decode) decoderOf(Bytes file) {
  const std::string_view text = textOf(file);
  for (const Kind &kind : kinds)
    if (text.size() > kind.offset && text.substr(kind.offset, kind.magic.size()) == kind.magic &&
        (kind.decode != decodeWebp || text.substr(0, 4) == "RIFF"))
      return kind.decode;
  return isAvif(file) ? decodeAvif : nullptr;
}

/// Kinds that are not read, so that a message can name them: what stands at byte 4 of the file.
constexpr std::pair<std::string_view, const char *> otherKinds[] = {{"ftyphei", "HEIF"}, {"ftypmif1", "HEIF"}};

constexpr const char *knownKinds = "JPEG, PNG, WebP, GIF, TIFF, AVIF, BMP, PPM or PGM";

} // namespace

std::optional<Image> vitc::decodeImage(Bytes file, int64_t channels, std::string &error) {
  if (const auto decode = decoderOf(file)) {
    try {
      std::optional<DecodedImage> decoded = decode(file, error);
      if (!decoded)
        return std::nullopt;
      Image image = applyOrientation(std::move(decoded->image), decoded->orientation);
      return channels == 1 ? toGrey(std::move(image)) : toRgb(std::move(image));
    } catch (const std::bad_alloc &) {
      error = "header: not enough memory for the picture's pixels";
      return std::nullopt;
    }
  }
  for (const auto &[magic, name] : otherKinds)
    if (textOf(file).size() > 4 && textOf(file).substr(4, magic.size()) == magic) {
      error = std::string("byte 0: the picture is ") + name + ", expected " + knownKinds;
      return std::nullopt;
    }
  error = file.size == 0 ? std::string("byte 0: the file is empty, expected a picture (") + knownKinds + ")"
                         : std::string("byte 0: not a picture that is known, expected ") + knownKinds;
  return std::nullopt;
}
