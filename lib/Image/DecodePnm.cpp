//===- DecodePnm.cpp - PPM and PGM, binary and plain ----------------------===//
//
// The format's grammar is at https://netpbm.sourceforge.net/doc/ppm.html. Where it leaves room, or Pillow departs from
// it, Pillow's way is taken: grey with more than 8 bits is scaled to 16 bits and saturates at 255.
//
//===----------------------------------------------------------------------===//

#include "Decoders.h"

#include <algorithm>
#include <cmath>

using namespace vitc;

namespace {

class PnmReader {
public:
  PnmReader(Bytes file, std::string &error) : file(file), error(error) {}

  std::optional<DecodedImage> read();

private:
  std::optional<DecodedImage> fail(const std::string &message) {
    error = "byte " + std::to_string(position) + ": damaged PPM or PGM picture: " + message;
    return std::nullopt;
  }

  /// The next decimal number of at most nine digits, after white space and comments, and one character after it.
  std::optional<int64_t> readNumber();

  /// The next sample of the picture.
  std::optional<int64_t> readSample(bool isPlain, int64_t maximum);

  Bytes file;
  std::string &error;
  size_t position = 0;
};

} // namespace

static bool isSpace(uint8_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::optional<int64_t> PnmReader::readNumber() {
  int64_t value = 0;
  int digits = 0;
  for (; position < file.size; ++position) {
    const uint8_t c = file.data[position];
    if (c == '#') {
      while (position + 1 < file.size && file.data[position] != '\n' && file.data[position] != '\r')
        ++position;
    } else if (isSpace(c)) {
      if (digits == 0)
        continue;
      ++position;
      return value;
    } else if (c >= '0' && c <= '9' && digits < 9) {
      value = value * 10 + (c - '0');
      ++digits;
    } else {
      return std::nullopt;
    }
  }
  // The last number of a file needs nothing after it.
  return digits ? std::optional<int64_t>(value) : std::nullopt;
}

std::optional<int64_t> PnmReader::readSample(bool isPlain, int64_t maximum) {
  if (isPlain) {
    const std::optional<int64_t> value = readNumber();
    return value && *value <= maximum ? value : std::nullopt;
  }
  if (maximum < 256)
    return file.data[position++];
  position += 2;
  return file.data[position - 2] << 8 | file.data[position - 1];
}

std::optional<DecodedImage> PnmReader::read() {
  const char kind = static_cast<char>(file.data[1]);
  const bool isPlain = kind == '2' || kind == '3';
  position = 2;
  if (position >= file.size || !(isSpace(file.data[position]) || file.data[position] == '#'))
    return fail("expected white space after the first two characters");
  const std::optional<int64_t> width = readNumber(), height = width ? readNumber() : std::nullopt;
  const std::optional<int64_t> maximum = height ? readNumber() : std::nullopt;
  if (!maximum)
    return fail("expected the numbers width, height and maximum");
  if (*maximum < 1 || *maximum > 65535)
    return fail("the maximum is " + std::to_string(*maximum) + ", expected from 1 to 65535");

  const int64_t channels = kind == '3' || kind == '6' ? 3 : 1;
  if (!checkImageSize(*height, *width, error))
    return std::nullopt;
  // A plain sample takes a digit and a space, the last one a digit; checked before memory is made for the picture.
  const size_t sampleBytes = isPlain || *maximum > 255 ? 2 : 1;
  const size_t samples = static_cast<size_t>(*height * *width * channels);
  if (file.size - position + (isPlain ? 1 : 0) < samples * sampleBytes)
    return fail("the file is truncated");
  std::optional<Image> image = makeImage(*height, *width, channels, error);
  const bool isWideGrey = channels == 1 && *maximum > 255;
  const double scaledMaximum = isWideGrey ? 65535.0 : 255.0;
  for (uint8_t &pixel : image->pixels) {
    const std::optional<int64_t> sample = readSample(isPlain, *maximum);
    if (!sample)
      return fail("expected a number from 0 to " + std::to_string(*maximum));
    // Rounds halves to even, as Python does.
    const double scaled = std::nearbyint(static_cast<double>(*sample) / static_cast<double>(*maximum) * scaledMaximum);
    pixel = static_cast<uint8_t>(std::min(scaled, 255.0));
  }
  return DecodedImage{std::move(*image), 1};
}

std::optional<DecodedImage> vitc::decodePnm(Bytes file, std::string &error) { return PnmReader(file, error).read(); }
