//===- DecodeJpeg.cpp - JPEG, through libjpeg-turbo -----------------------===//
//
// libjpeg reports errors by a function that must not return; it jumps back to `runJpeg`. So that no C++ object is
// jumped over, everything that needs a destructor belongs to JpegReader, which the caller of runJpeg owns, and the
// callbacks use plain memory only.
//
// Where the file ends, libjpeg is told to wait, as in Pillow (JpegDecode.c): a picture whose rows are all there is read
// without an end marker, whatever lies behind it.
//
//===----------------------------------------------------------------------===//

#include "Decoders.h"

#include <algorithm>
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <string_view>

#include <jpeglib.h>

using namespace vitc;

namespace {

/// A file with more scans than this is an attack: each one costs a pass over the whole picture.
constexpr int maxScans = 500;

constexpr const char *truncated = "the file is truncated";

struct JpegReader {
  jpeg_decompress_struct info = {};
  jpeg_error_mgr errors = {};
  jpeg_source_mgr source = {};
  jpeg_progress_mgr progress = {};
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX] = "";

  std::vector<uint8_t> row;
  Image image;
  int orientation = 1;
  std::string sizeError;

  ~JpegReader() { jpeg_destroy_decompress(&info); }
};

JpegReader &readerOf(j_common_ptr info) { return *static_cast<JpegReader *>(info->client_data); }

[[noreturn]] void fail(j_common_ptr info) {
  JpegReader &reader = readerOf(info);
  if (!reader.message[0])
    info->err->format_message(info, reader.message);
  std::longjmp(reader.failed, 1);
}

[[noreturn]] void failWith(j_common_ptr info, const char *message) {
  std::snprintf(readerOf(info).message, JMSG_LENGTH_MAX, "%s", message);
  fail(info);
}

void skipInSource(j_decompress_ptr info, long count) {
  jpeg_source_mgr &source = *info->src;
  const size_t skipped = std::min(static_cast<size_t>(std::max(count, 0L)), source.bytes_in_buffer);
  source.next_input_byte += skipped;
  source.bytes_in_buffer -= skipped;
}

void limitScans(j_common_ptr info) {
  if (reinterpret_cast<j_decompress_ptr>(info)->input_scan_number > maxScans)
    failWith(info, "more than 500 scans");
}

/// Inverted CMYK, as Adobe's programs and Pillow have it, to RGB.
void convertCmykRow(const uint8_t *cmyk, uint8_t *rgb, int64_t width) {
  for (int64_t x = 0; x < width; ++x, cmyk += 4, rgb += 3) {
    const int white = cmyk[3];
    for (int c = 0; c < 3; ++c) {
      const int product = (255 - cmyk[c]) * white + 128;
      const int value = white - ((product + (product >> 8)) >> 8);
      rgb[c] = static_cast<uint8_t>(value < 0 ? 0 : value);
    }
  }
}

/// Makes the memory that the header asks for; false if sizeError says why not.
bool allocate(JpegReader &reader) {
  const jpeg_decompress_struct &info = reader.info;
  std::optional<Image> image =
      makeImage(info.image_height, info.image_width, info.num_components == 1 ? 1 : 3, reader.sizeError);
  if (!image)
    return false;
  reader.image = std::move(*image);
  if (info.num_components == 4)
    reader.row.resize(static_cast<size_t>(info.image_width) * 4);
  return true;
}

/// EXIF, spread over markers if it is long, comes before XMP.
int orientationOf(const jpeg_decompress_struct &info) {
  using namespace std::literals;
  constexpr std::string_view exifMark = "Exif\0\0"sv, xmpMark = "http://ns.adobe.com/xap/1.0/\0"sv;
  std::string exif, xmp;
  for (jpeg_saved_marker_ptr marker = info.marker_list; marker; marker = marker->next) {
    const std::string_view data(reinterpret_cast<const char *>(marker->data), marker->data_length);
    if (data.substr(0, exifMark.size()) == exifMark)
      exif += data.substr(exifMark.size());
    else if (data.substr(0, xmpMark.size()) == xmpMark)
      xmp = data.substr(xmpMark.size());
  }
  const auto bytes = [](const std::string &text) {
    return Bytes{reinterpret_cast<const uint8_t *>(text.data()), text.size()};
  };
  if (const std::optional<int> orientation = exifOrientation(bytes(exif)))
    return *orientation;
  return xmpOrientation(bytes(xmp)).value_or(1);
}

/// Decodes the whole file; false if the reader's message or sizeError says why not.
bool runJpeg(JpegReader &reader, Bytes file) {
  jpeg_decompress_struct &info = reader.info;
  info.err = jpeg_std_error(&reader.errors);
  info.client_data = &reader;
  reader.errors.error_exit = fail;
  // Warnings (damaged data that can be decoded somehow) are silent, as in Pillow.
  reader.errors.output_message = [](j_common_ptr) {};
  if (setjmp(reader.failed))
    return false;

  jpeg_create_decompress(&info);
  reader.source.next_input_byte = file.data;
  reader.source.bytes_in_buffer = file.size;
  reader.source.init_source = [](j_decompress_ptr) {};
  reader.source.fill_input_buffer = [](j_decompress_ptr) { return boolean(FALSE); };
  reader.source.skip_input_data = skipInSource;
  reader.source.resync_to_restart = jpeg_resync_to_restart;
  reader.source.term_source = [](j_decompress_ptr) {};
  info.src = &reader.source;
  reader.progress.progress_monitor = limitScans;
  info.progress = &reader.progress;
  jpeg_save_markers(&info, JPEG_APP0 + 1, 0xFFFF);
  const auto common = reinterpret_cast<j_common_ptr>(&info);
  if (jpeg_read_header(&info, TRUE) == JPEG_SUSPENDED)
    failWith(common, truncated);

  if (info.num_components != 1 && info.num_components != 3 && info.num_components != 4)
    failWith(common, "the number of channels is not 1, 3 or 4");
  info.out_color_space = info.num_components == 1 ? JCS_GRAYSCALE : info.num_components == 3 ? JCS_RGB : JCS_CMYK;
  if (!allocate(reader))
    return false;

  reader.orientation = orientationOf(info);

  if (!jpeg_start_decompress(&info))
    failWith(common, truncated);
  const size_t rowBytes = static_cast<size_t>(reader.image.width * reader.image.channels);
  const bool isCmyk = info.num_components == 4;
  while (info.output_scanline < info.output_height) {
    uint8_t *out = reader.image.pixels.data() + info.output_scanline * rowBytes;
    JSAMPROW row = isCmyk ? reader.row.data() : out;
    if (jpeg_read_scanlines(&info, &row, 1) == 0)
      failWith(common, truncated);
    if (isCmyk)
      convertCmykRow(reader.row.data(), out, reader.image.width);
  }
  // Looks for the end marker, and need not find it; another one may be an error.
  jpeg_finish_decompress(&info);
  return true;
}

} // namespace

std::optional<DecodedImage> vitc::decodeJpeg(Bytes file, std::string &error) {
  JpegReader reader;
  if (!runJpeg(reader, file)) {
    error = reader.message[0] ? "byte " + std::to_string(file.size - reader.source.bytes_in_buffer) +
                                    ": damaged JPEG picture: " + reader.message
                              : reader.sizeError;
    return std::nullopt;
  }
  return DecodedImage{std::move(reader.image), reader.orientation};
}
