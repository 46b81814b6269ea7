//===- Orientation.cpp - which way up a picture is ------------------------===//

#include "Decoders.h"

#include <algorithm>
#include <string_view>

using namespace vitc;

namespace {

/// Reads integers of a TIFF structure. Reads past the end give nothing.
class TiffReader {
public:
  TiffReader(std::string_view data, bool bigEndian) : data(data), bigEndian(bigEndian) {}

  std::optional<uint64_t> read(uint64_t offset, unsigned bytes) const {
    if (offset > data.size() || bytes > data.size() - offset)
      return std::nullopt;
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; ++i) {
      const uint64_t byte = static_cast<uint8_t>(data[offset + i]);
      value |= byte << (8 * (bigEndian ? bytes - 1 - i : i));
    }
    return value;
  }

private:
  std::string_view data;
  bool bigEndian;
};

} // namespace

std::optional<int> vitc::exifOrientation(Bytes exif) {
  using namespace std::literals;
  constexpr uint64_t orientationTag = 0x0112, entryBytes = 12;
  std::string_view data(reinterpret_cast<const char *>(exif.data), exif.size);
  for (int i = 0; i < 2 && data.substr(0, 6) == "Exif\0\0"sv; ++i)
    data.remove_prefix(6);
  const bool bigEndian = data.substr(0, 4) == "MM\0*"sv;
  if (!bigEndian && data.substr(0, 4) != "II*\0"sv)
    return std::nullopt;

  const TiffReader reader(data, bigEndian);
  const std::optional<uint64_t> directory = reader.read(4, 4);
  const std::optional<uint64_t> entries = directory ? reader.read(*directory, 2) : std::nullopt;
  std::optional<int> orientation;
  for (uint64_t i = 0; entries && i < *entries; ++i) {
    const uint64_t entry = *directory + 2 + i * entryBytes;
    const std::optional<uint64_t> tag = reader.read(entry, 2), type = reader.read(entry + 2, 2);
    const std::optional<uint64_t> count = reader.read(entry + 4, 4);
    if (tag != orientationTag || count != 1u)
      continue;
    // The types byte, short and long; a value lies at the start of its four bytes.
    const unsigned bytes = type == 1u ? 1 : type == 3u ? 2 : type == 4u ? 4 : 0;
    if (const std::optional<uint64_t> value = reader.read(entry + 8, bytes); value && bytes != 0)
      orientation = static_cast<int>(std::min<uint64_t>(*value, 9));
  }
  return orientation;
}

std::optional<int> vitc::xmpOrientation(Bytes xmp) {
  constexpr std::string_view key = "tiff:Orientation";
  const std::string_view text(reinterpret_cast<const char *>(xmp.data), xmp.size);
  for (size_t at = text.find(key); at != text.npos; at = text.find(key, at + 1)) {
    std::string_view rest = text.substr(at + key.size());
    // An attribute (tiff:Orientation="6") or an element (<tiff:Orientation>6<).
    if (rest.substr(0, 2) == "=\"")
      rest.remove_prefix(2);
    else if (rest.substr(0, 1) == ">")
      rest.remove_prefix(1);
    else
      continue;
    if (!rest.empty() && rest[0] >= '0' && rest[0] <= '9')
      return rest[0] - '0';
  }
  return std::nullopt;
}

Image vitc::applyOrientation(Image image, int orientation) {
  if (orientation < 2 || orientation > 8)
    return image;
  // Pixel (y, x) of the result is pixel (start + y * dy + x * dx) of the picture.
  const int64_t height = image.height, width = image.width, channels = image.channels;
  const bool swapped = orientation >= 5;
  int64_t start = 0, dy = swapped ? 1 : width, dx = swapped ? width : 1;
  if (orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8) {
    start += width - 1;
    (swapped ? dy : dx) *= -1;
  }
  if (orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7) {
    start += (height - 1) * width;
    (swapped ? dx : dy) *= -1;
  }
  Image turned{swapped ? width : height, swapped ? height : width, channels, std::vector<uint8_t>(image.pixels.size())};
  uint8_t *out = turned.pixels.data();
  for (int64_t y = 0; y < turned.height; ++y)
    for (int64_t x = 0; x < turned.width; ++x)
      out = std::copy_n(image.pixels.data() + (start + y * dy + x * dx) * channels, channels, out);
  return turned;
}
