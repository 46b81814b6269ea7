//===- DecodeTiff.cpp - TIFF, through libtiff -----------------------------===//
//
// The first picture of a file. libtiff decompresses strips and tiles; what their samples mean is that of Pillow
// (TiffImagePlugin.py): grey of 16 bits saturates at 255, colour of 16 bits keeps its upper byte, alpha is dropped, and
// divided out where colours were multiplied by it.
//
//===----------------------------------------------------------------------===//

#include "Decoders.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <memory>

#include <tiffio.h>

using namespace vitc;

namespace {

/// The most bytes that a strip or tile may have, decompressed.
constexpr uint64_t maxBlockBytes = uint64_t(1) << 30;

/// A file in memory, and what libtiff said last of it.
struct TiffSource {
  Bytes file;
  uint64_t position = 0;
  char message[200] = "";
};

TiffSource &sourceOf(thandle_t handle) { return *static_cast<TiffSource *>(handle); }

tmsize_t readBytes(thandle_t handle, void *out, tmsize_t size) {
  TiffSource &source = sourceOf(handle);
  const uint64_t start = std::min<uint64_t>(source.position, source.file.size);
  const uint64_t count = std::min<uint64_t>(static_cast<uint64_t>(size), source.file.size - start);
  std::memcpy(out, source.file.data + start, count);
  source.position = start + count;
  return static_cast<tmsize_t>(count);
}

toff_t seek(thandle_t handle, toff_t offset, int whence) {
  TiffSource &source = sourceOf(handle);
  source.position = offset + (whence == SEEK_CUR ? source.position : whence == SEEK_END ? source.file.size : 0);
  return source.position;
}

int keepMessage(TIFF *, void *data, const char *, const char *format, va_list arguments) {
  auto &source = *static_cast<TiffSource *>(data);
  if (!source.message[0])
    std::vsnprintf(source.message, sizeof source.message, format, arguments);
  return 1;
}

struct TiffCloser {
  void operator()(TIFF *tiff) const { TIFFClose(tiff); }
};

/// Opens the file with its first directory; nothing is printed.
std::unique_ptr<TIFF, TiffCloser> openTiff(TiffSource &source) {
  const std::unique_ptr<TIFFOpenOptions, decltype(&TIFFOpenOptionsFree)> options(TIFFOpenOptionsAlloc(),
                                                                                 TIFFOpenOptionsFree);
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), keepMessage, &source);
  TIFFOpenOptionsSetWarningHandlerExtR(
      options.get(), [](TIFF *, void *, const char *, const char *, va_list) { return 1; }, nullptr);
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), tmsize_t(maxBlockBytes));
  // "m": the file is not mapped, it is in memory.
  return std::unique_ptr<TIFF, TiffCloser>(TIFFClientOpenExt(
      "picture", "rm", &source, readBytes, [](thandle_t, void *, tmsize_t) { return tmsize_t(0); }, seek,
      [](thandle_t) { return 0; }, [](thandle_t handle) { return toff_t(sourceOf(handle).file.size); }, nullptr,
      nullptr, options.get()));
}

class TiffReader {
public:
  TiffReader(TIFF *tiff, TiffSource &source, std::string &error) : tiff(tiff), source(source), error(error) {}

  std::optional<DecodedImage> read();

private:
  bool fail(const std::string &message) {
    error = "byte " + std::to_string(std::min<uint64_t>(source.position, source.file.size)) +
            ": damaged or unsupported TIFF picture: " + message;
    return false;
  }
  /// The reason is libtiff's.
  bool failAsLibrary() { return fail(source.message[0] ? source.message : "libtiff cannot read it"); }

  bool readHeader();
  /// Of samples that libtiff converts itself.
  bool readConverted();
  bool readBlocks();
  /// Puts a block (a strip or tile of blockWidth samples a row) of one plane where its upper left corner is.
  void unpack(const uint8_t *block, int64_t top, int64_t left, uint16_t plane);
  /// One sample of a row in the block, 8 bits. 16-bit grey saturates.
  uint8_t sampleAt(const uint8_t *row, int64_t index) const;
  /// From samples to grey or red, green and blue.
  std::optional<Image> toColours();
  int orientation() const;

  TIFF *tiff;
  TiffSource &source;
  std::string &error;
  int64_t width = 0, height = 0, blockWidth = 0, blockHeight = 0;
  uint16_t bits = 1, samples = 1, photometric = PHOTOMETRIC_MINISWHITE, compression = COMPRESSION_NONE;
  /// How many of the samples matter, and which of them is an alpha that colours were multiplied by (0: none).
  uint16_t used = 1, multipliedBy = 0;
  bool isPlanar = false, isGrey = false;
  /// height x width x used samples of 8 bits.
  Image pixels;
};

bool TiffReader::readHeader() {
  uint32_t columns = 0, rows = 0;
  uint16_t format = SAMPLEFORMAT_UINT, planes = PLANARCONFIG_CONTIG;
  TIFFGetField(tiff, TIFFTAG_IMAGEWIDTH, &columns);
  TIFFGetField(tiff, TIFFTAG_IMAGELENGTH, &rows);
  width = columns;
  height = rows;
  if (!checkImageSize(height, width, error))
    return false;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_BITSPERSAMPLE, &bits);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLESPERPIXEL, &samples);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_SAMPLEFORMAT, &format);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_PLANARCONFIG, &planes);
  TIFFGetFieldDefaulted(tiff, TIFFTAG_COMPRESSION, &compression);
  TIFFGetField(tiff, TIFFTAG_PHOTOMETRIC, &photometric);
  isPlanar = planes == PLANARCONFIG_SEPARATE && samples > 1;
  isGrey = photometric == PHOTOMETRIC_MINISWHITE || photometric == PHOTOMETRIC_MINISBLACK;
  const bool isColour = photometric == PHOTOMETRIC_RGB || photometric == PHOTOMETRIC_YCBCR;
  const uint16_t colours = isColour ? 3 : photometric == PHOTOMETRIC_SEPARATED ? 4 : 1;
  if (!isGrey && !isColour && photometric != PHOTOMETRIC_SEPARATED && photometric != PHOTOMETRIC_PALETTE)
    return fail("colours of kind " + std::to_string(photometric) + ", expected grey, RGB, CMYK, YCbCr or a palette");
  if (compression == COMPRESSION_OJPEG)
    return fail("JPEG as in TIFF 6.0, which its successor replaced");
  const bool hasBits = bits == 8 || (bits == 16 && photometric != PHOTOMETRIC_PALETTE) ||
                       ((bits == 1 || bits == 2 || bits == 4) && colours == 1 && samples == 1);
  if (format != SAMPLEFORMAT_UINT || !hasBits || samples < colours || samples > 16)
    return fail(std::to_string(samples) + " samples of " + std::to_string(bits) + " bits, format " +
                std::to_string(format) + ", expected integers without sign of 8 or 16 bits, or 1, 2 or 4 of one grey");
  uint16_t extra = 0, *kinds = nullptr;
  TIFFGetFieldDefaulted(tiff, TIFFTAG_EXTRASAMPLES, &extra, &kinds);
  used = colours;
  if (extra > 0 && kinds && kinds[0] == EXTRASAMPLE_ASSOCALPHA && samples > colours && colours == 3)
    multipliedBy = used++;
  return true;
}

int TiffReader::orientation() const {
  uint16_t orientation = 1;
  if (TIFFGetField(tiff, TIFFTAG_ORIENTATION, &orientation))
    return orientation;
  uint32_t size = 0;
  const uint8_t *xmp = nullptr;
  if (TIFFGetField(tiff, TIFFTAG_XMLPACKET, &size, &xmp) && xmp)
    return xmpOrientation({xmp, size}).value_or(1);
  return 1;
}

bool TiffReader::readConverted() {
  TIFFRGBAImage converter;
  char message[1024] = "";
  if (!TIFFRGBAImageBegin(&converter, tiff, 1, message))
    return fail(message);
  // As the rows lie in the file: they are turned later.
  converter.req_orientation = converter.orientation;
  std::vector<uint32_t> raster(static_cast<size_t>(width * height));
  const int isRead =
      TIFFRGBAImageGet(&converter, raster.data(), static_cast<uint32_t>(width), static_cast<uint32_t>(height));
  TIFFRGBAImageEnd(&converter);
  if (!isRead)
    return failAsLibrary();
  uint8_t *out = pixels.pixels.data();
  for (const uint32_t value : raster) {
    *out++ = static_cast<uint8_t>(TIFFGetR(value));
    *out++ = static_cast<uint8_t>(TIFFGetG(value));
    *out++ = static_cast<uint8_t>(TIFFGetB(value));
  }
  return true;
}

uint8_t TiffReader::sampleAt(const uint8_t *row, int64_t index) const {
  if (bits == 8)
    return row[index];
  if (bits == 16) {
    uint16_t value;
    std::memcpy(&value, row + 2 * index, sizeof value);
    return static_cast<uint8_t>(isGrey && samples == 1 ? std::min<uint16_t>(value, 255) : value >> 8);
  }
  const int64_t bit = index * bits;
  return static_cast<uint8_t>((row[bit / 8] >> (8 - bits - bit % 8)) & ((1 << bits) - 1));
}

void TiffReader::unpack(const uint8_t *block, int64_t top, int64_t left, uint16_t plane) {
  const int64_t inPixel = isPlanar ? 1 : samples, count = isPlanar ? 1 : used;
  const int64_t rowBytes = (blockWidth * inPixel * bits + 7) / 8;
  const int64_t rows = std::min(blockHeight, height - top), columns = std::min(blockWidth, width - left);
  for (int64_t y = 0; y < rows; ++y) {
    const uint8_t *row = block + y * rowBytes;
    uint8_t *out = pixels.pixels.data() + ((top + y) * width + left) * used + plane;
    for (int64_t x = 0; x < columns; ++x, out += used)
      for (int64_t s = 0; s < count; ++s)
        out[s] = sampleAt(row, x * inPixel + s);
  }
}

bool TiffReader::readBlocks() {
  const bool isTiled = TIFFIsTiled(tiff) != 0;
  uint32_t tileWidth = 0, blockRows = 0;
  if (isTiled)
    TIFFGetField(tiff, TIFFTAG_TILEWIDTH, &tileWidth);
  TIFFGetFieldDefaulted(tiff, isTiled ? TIFFTAG_TILELENGTH : TIFFTAG_ROWSPERSTRIP, &blockRows);
  blockWidth = isTiled ? tileWidth : width;
  blockHeight = isTiled ? blockRows : std::min<int64_t>(blockRows, height);
  const uint64_t bytes = isTiled ? TIFFTileSize64(tiff) : TIFFVStripSize64(tiff, static_cast<uint32_t>(blockHeight));
  // In a product of three 32-bit numbers nothing is lost but in the last step.
  const auto needed = static_cast<unsigned __int128>(blockWidth) * static_cast<uint64_t>(blockHeight) *
                      (isPlanar ? 1 : samples) * bits / 8;
  if (blockWidth < 1 || blockHeight < 1 || bytes < needed || bytes > maxBlockBytes)
    return fail("strips or tiles of " + std::to_string(bytes) + " bytes");
  std::vector<uint8_t> block(bytes);
  const uint16_t planes = isPlanar ? used : uint16_t(1);
  for (uint16_t plane = 0; plane < planes; ++plane)
    for (int64_t top = 0; top < height; top += blockHeight)
      for (int64_t left = 0; left < width; left += blockWidth) {
        const auto x = static_cast<uint32_t>(left), y = static_cast<uint32_t>(top);
        const int64_t rows = isTiled ? blockHeight : std::min(blockHeight, height - top);
        const auto wanted =
            static_cast<tmsize_t>(isTiled ? bytes : TIFFVStripSize64(tiff, static_cast<uint32_t>(rows)));
        const uint32_t index = isTiled ? TIFFComputeTile(tiff, x, y, 0, plane) : TIFFComputeStrip(tiff, y, plane);
        // What a directory does not list has no place, and libtiff would read the file from its beginning.
        if (TIFFGetStrileOffset(tiff, index) == 0)
          return fail("strip or tile " + std::to_string(index) + " is missing");
        const tmsize_t got = isTiled ? TIFFReadEncodedTile(tiff, index, block.data(), wanted)
                                     : TIFFReadEncodedStrip(tiff, index, block.data(), wanted);
        if (got < wanted)
          return failAsLibrary();
        unpack(block.data(), top, left, plane);
      }
  return true;
}

std::optional<Image> TiffReader::toColours() {
  const size_t count = static_cast<size_t>(width * height);
  const uint8_t *in = pixels.pixels.data();
  if (multipliedBy)
    for (size_t i = 0; i < count; ++i) {
      uint8_t *pixel = &pixels.pixels[i * used];
      const int alpha = pixel[multipliedBy];
      for (int c = 0; c < multipliedBy; ++c)
        pixel[c] = static_cast<uint8_t>(alpha == 0 ? 0 : std::min(255, pixel[c] * 255 / alpha));
    }
  if (isGrey) {
    // Levels of fewer bits are spread over 255; 16 bits are as they are.
    const int largest = bits < 8 ? (1 << bits) - 1 : 255;
    const bool isInverted = photometric == PHOTOMETRIC_MINISWHITE && bits <= 8;
    Image grey{height, width, 1, std::vector<uint8_t>(count)};
    for (size_t i = 0; i < count; ++i) {
      const int value = in[i * used] * (255 / largest);
      grey.pixels[i] = static_cast<uint8_t>(isInverted ? 255 - value : value);
    }
    return grey;
  }
  uint16_t *palette[3] = {};
  if (photometric == PHOTOMETRIC_PALETTE &&
      !TIFFGetField(tiff, TIFFTAG_COLORMAP, &palette[0], &palette[1], &palette[2])) {
    fail("there is no palette");
    return std::nullopt;
  }
  if (used == 3)
    return std::move(pixels);
  std::optional<Image> rgb = makeImage(height, width, 3, error);
  uint8_t *out = rgb->pixels.data();
  for (size_t i = 0; i < count; ++i, in += used)
    for (int c = 0; c < 3; ++c) {
      if (photometric == PHOTOMETRIC_SEPARATED) {
        const int white = 255 - in[3], product = in[c] * white + 128;
        *out++ = static_cast<uint8_t>(std::max(0, white - ((product + (product >> 8)) >> 8)));
      } else {
        *out++ = palette[0] ? static_cast<uint8_t>(palette[c][in[0]] >> 8) : in[c];
      }
    }
  return rgb;
}

std::optional<DecodedImage> TiffReader::read() {
  if (!readHeader())
    return std::nullopt;
  bool isConverted = photometric == PHOTOMETRIC_YCBCR;
  if (isConverted && compression == COMPRESSION_JPEG && !isPlanar)
    isConverted = !TIFFSetField(tiff, TIFFTAG_JPEGCOLORMODE, JPEGCOLORMODE_RGB);
  pixels = {height, width, used, std::vector<uint8_t>(static_cast<size_t>(width * height * used))};
  if (isConverted ? !readConverted() : !readBlocks())
    return std::nullopt;
  std::optional<Image> image = toColours();
  if (!image)
    return std::nullopt;
  return DecodedImage{std::move(*image), orientation()};
}

} // namespace

std::optional<DecodedImage> vitc::decodeTiff(Bytes file, std::string &error) {
  TiffSource source{file};
  const std::unique_ptr<TIFF, TiffCloser> tiff = openTiff(source);
  if (!tiff) {
    error = std::string("header: damaged TIFF picture: ") + source.message;
    return std::nullopt;
  }
  return TiffReader(tiff.get(), source, error).read();
}
