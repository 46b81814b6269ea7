//===- DecodeBmp.cpp - Windows bitmaps ------------------------------------===//
//
// The format is described at https://learn.microsoft.com/windows/win32/gdi/bitmap-storage. Kinds and results are those
// of Pillow: all header versions, 1, 4, 8, 16, 24 and 32 bits, run-length encoding, channel masks.
//
//===----------------------------------------------------------------------===//

#include "Decoders.h"

#include <algorithm>
#include <array>

using namespace vitc;

namespace {

enum Compression : uint32_t { Raw = 0, Rle8 = 1, Rle4 = 2, Bitfields = 3 };

/// Where a channel lies in a pixel of 16, 24 or 32 bits.
struct ChannelBits {
  unsigned shift = 0;
  uint32_t maximum = 255;
};

class BmpReader {
public:
  BmpReader(Bytes file, std::string &error) : file(file), error(error) {}

  std::optional<DecodedImage> read();

private:
  bool fail(uint64_t position, const std::string &message) {
    error = "byte " + std::to_string(position) + ": damaged or unsupported BMP picture: " + message;
    return false;
  }

  /// A little-endian number; false if it lies outside the file.
  bool readNumber(uint64_t position, unsigned bytes, uint32_t &value);

  bool readHeader();
  bool readMasks();
  bool readPalette();
  bool readPaletteRows();
  bool readColorRows();
  /// Expands run-length encoding to one palette index a byte, bottom row first.
  bool expandRuns(std::vector<uint8_t> &indices);
  bool setPixel(int64_t row, int64_t x, uint64_t position, uint32_t index);

  /// Rows of the file are stored from the bottom up unless isTopDown.
  int64_t rowOf(int64_t stored) const { return isTopDown ? stored : image.height - 1 - stored; }

  Bytes file;
  std::string &error;
  Image image;
  uint32_t headerSize = 0, dataOffset = 0, bits = 0, compression = Raw, colors = 0;
  int64_t height = 0, width = 0;
  bool isTopDown = false;
  std::array<ChannelBits, 3> channels;
  std::vector<std::array<uint8_t, 3>> palette;
};

} // namespace

/// Size of the file header, where the information header starts.
constexpr uint64_t fileHeaderBytes = 14;
/// Size of the oldest information header, whose width and height have 16 bits.
constexpr uint32_t coreHeaderBytes = 12;

bool BmpReader::readNumber(uint64_t position, unsigned bytes, uint32_t &value) {
  if (position > file.size || bytes > file.size - position)
    return fail(file.size, "the file is truncated");
  value = 0;
  for (unsigned i = 0; i < bytes; ++i)
    value |= static_cast<uint32_t>(file.data[position + i]) << (8 * i);
  return true;
}

bool BmpReader::readHeader() {
  if (!readNumber(10, 4, dataOffset) || !readNumber(14, 4, headerSize))
    return false;
  constexpr uint32_t knownSizes[] = {coreHeaderBytes, 40, 52, 56, 64, 108, 124};
  if (std::find(std::begin(knownSizes), std::end(knownSizes), headerSize) == std::end(knownSizes))
    return fail(fileHeaderBytes, "a header of " + std::to_string(headerSize) + " bytes");
  uint32_t rawWidth = 0, rawHeight = 0;
  if (headerSize == coreHeaderBytes) {
    if (!readNumber(18, 2, rawWidth) || !readNumber(20, 2, rawHeight) || !readNumber(24, 2, bits))
      return false;
  } else if (!readNumber(18, 4, rawWidth) || !readNumber(22, 4, rawHeight) || !readNumber(28, 2, bits) ||
             !readNumber(30, 4, compression) || !readNumber(46, 4, colors)) {
    return false;
  }
  // A negative height says that the first row is the top one.
  isTopDown = headerSize != coreHeaderBytes && rawHeight >> 24 == 0xFF;
  width = rawWidth;
  height = isTopDown ? (int64_t(1) << 32) - rawHeight : rawHeight;

  constexpr uint32_t knownBits[] = {1, 4, 8, 16, 24, 32};
  if (std::find(std::begin(knownBits), std::end(knownBits), bits) == std::end(knownBits))
    return fail(28, std::to_string(bits) + " bits a pixel, expected 1, 4, 8, 16, 24 or 32");
  const bool isPossible = compression == Raw || (compression == Rle8 && bits == 8) ||
                          (compression == Rle4 && bits == 4) || (compression == Bitfields && bits >= 16);
  if (!isPossible)
    return fail(30, "compression " + std::to_string(compression) + " with " + std::to_string(bits) + " bits a pixel");
  return checkImageSize(height, width, error);
}

bool BmpReader::readMasks() {
  const bool is555 = bits == 16;
  channels = {
      {{is555 ? 10u : 16u, is555 ? 31u : 255u}, {is555 ? 5u : 8u, is555 ? 31u : 255u}, {0, is555 ? 31u : 255u}}};
  if (compression != Bitfields)
    return true;
  std::array<uint32_t, 3> masks;
  for (unsigned c = 0; c < 3; ++c)
    if (!readNumber(fileHeaderBytes + 40 + 4 * c, 4, masks[c]))
      return false;
  if (masks == std::array<uint32_t, 3>{0, 0, 0})
    return true;
  for (unsigned c = 0; c < 3; ++c) {
    unsigned shift = 0;
    while (shift < 32 && !(masks[c] >> shift & 1))
      ++shift;
    const uint32_t maximum = shift < 32 ? masks[c] >> shift : 0;
    const bool fits = bits == 32 || masks[c] >> bits == 0;
    if (!fits || (maximum != 31 && maximum != 63 && maximum != 255))
      return fail(fileHeaderBytes + 40 + 4 * c, "a channel mask that is not 5, 6 or 8 bits");
    channels[c] = {shift, maximum};
  }
  return true;
}

bool BmpReader::readPalette() {
  const unsigned entryBytes = headerSize == coreHeaderBytes ? 3 : 4;
  if (colors == 0)
    colors = 1u << bits;
  if (colors > 65536)
    return fail(46, "a palette of " + std::to_string(colors) + " colours");
  const uint64_t start = fileHeaderBytes + headerSize;
  if (start > file.size || uint64_t(colors) * entryBytes > file.size - start)
    return fail(file.size, "the file is truncated");
  for (uint64_t i = 0; i < colors; ++i) {
    const uint8_t *entry = file.data + start + i * entryBytes;
    palette.push_back({entry[2], entry[1], entry[0]});
  }
  return true;
}

bool BmpReader::setPixel(int64_t row, int64_t x, uint64_t position, uint32_t index) {
  if (index >= palette.size())
    return fail(position,
                "colour " + std::to_string(index) + " is not in the palette of " + std::to_string(palette.size()));
  std::copy_n(palette[index].begin(), 3, image.pixels.begin() + (rowOf(row) * width + x) * 3);
  return true;
}

bool BmpReader::expandRuns(std::vector<uint8_t> &indices) {
  const size_t total = static_cast<size_t>(height * width), rowSize = static_cast<size_t>(width);
  const bool isRle4 = compression == Rle4;
  size_t position = dataOffset;
  // Column of the next pixel; a full row stays full until its end is marked.
  size_t x = 0;
  const auto pad = [&](size_t count) { indices.resize(indices.size() + std::min(count, total - indices.size())); };
  while (indices.size() < total) {
    if (file.size - position < 2)
      return fail(file.size, "the file is truncated");
    const uint8_t count = file.data[position], value = file.data[position + 1];
    position += 2;
    if (count) { // a run; what exceeds the row is dropped
      const size_t pixels = std::min<size_t>(count, rowSize - std::min(x, rowSize));
      for (size_t i = 0; i < pixels; ++i)
        indices.push_back(!isRle4 ? value : i % 2 ? value & 15 : value >> 4);
      x += pixels;
    } else if (value == 0) { // end of row
      pad((rowSize - indices.size() % rowSize) % rowSize);
      x = 0;
    } else if (value == 1) { // end of picture
      break;
    } else if (value == 2) { // move right and up
      if (file.size - position < 2)
        return fail(file.size, "the file is truncated");
      pad(file.data[position] + size_t(file.data[position + 1]) * rowSize);
      x = indices.size() % rowSize;
      position += 2;
    } else { // `value` pixels as they are, padded to 16 bits
      const size_t pixels = std::min<size_t>(value, total - indices.size());
      const size_t bytes = isRle4 ? (pixels + 1) / 2 : pixels;
      if (file.size - position < bytes)
        return fail(file.size, "the file is truncated");
      for (size_t i = 0; i < pixels; ++i) {
        const uint8_t byte = file.data[position + (isRle4 ? i / 2 : i)];
        indices.push_back(!isRle4 ? byte : i % 2 ? byte & 15 : byte >> 4);
      }
      x += pixels;
      position = std::min(position + bytes + bytes % 2, file.size);
    }
  }
  return indices.size() == total || fail(position, "the picture ends before its last row");
}

bool BmpReader::readPaletteRows() {
  if (compression == Rle8 || compression == Rle4) {
    std::vector<uint8_t> indices;
    if (!expandRuns(indices))
      return false;
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        if (!setPixel(y, x, dataOffset, indices[static_cast<size_t>(y * width + x)]))
          return false;
    return true;
  }
  const uint64_t stride = (uint64_t(width) * bits + 31) / 32 * 4;
  const unsigned perByte = 8 / bits;
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      const uint64_t position = dataOffset + y * stride + x / perByte;
      const unsigned shift = bits * (perByte - 1 - x % perByte);
      if (!setPixel(y, x, position, file.data[position] >> shift & ((1u << bits) - 1)))
        return false;
    }
  return true;
}

bool BmpReader::readColorRows() {
  const unsigned pixelBytes = bits / 8;
  const uint64_t stride = (uint64_t(width) * bits + 31) / 32 * 4;
  for (int64_t y = 0; y < height; ++y) {
    uint8_t *out = image.pixels.data() + rowOf(y) * width * 3;
    for (int64_t x = 0; x < width; ++x, out += 3) {
      uint32_t pixel = 0;
      if (!readNumber(dataOffset + y * stride + x * pixelBytes, pixelBytes, pixel))
        return false;
      for (unsigned c = 0; c < 3; ++c)
        out[c] = static_cast<uint8_t>((pixel >> channels[c].shift & channels[c].maximum) * 255 / channels[c].maximum);
    }
  }
  return true;
}

std::optional<DecodedImage> BmpReader::read() {
  if (!readHeader())
    return std::nullopt;
  const bool hasPalette = bits <= 8;
  if (hasPalette ? !readPalette() : !readMasks())
    return std::nullopt;
  // Checked before memory is made for the picture; the last row may lack its padding.
  const uint64_t rowBytes = (uint64_t(width) * bits + 7) / 8, stride = (rowBytes + 3) / 4 * 4;
  const uint64_t needed = compression == Rle8 || compression == Rle4 ? 2 : (height - 1) * stride + rowBytes;
  if (dataOffset > file.size || needed > file.size - dataOffset) {
    fail(file.size, "the file is truncated");
    return std::nullopt;
  }
  std::optional<Image> made = makeImage(height, width, 3, error);
  if (!made)
    return std::nullopt;
  image = std::move(*made);
  if (hasPalette ? !readPaletteRows() : !readColorRows())
    return std::nullopt;
  return DecodedImage{std::move(image), 1};
}

std::optional<DecodedImage> vitc::decodeBmp(Bytes file, std::string &error) { return BmpReader(file, error).read(); }
