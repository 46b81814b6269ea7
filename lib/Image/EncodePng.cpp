//===- EncodePng.cpp - PNG, through libpng --------------------------------===//

#include "vitc/Image/Encode.h"

#include <png.h>

using namespace vitc;

std::optional<std::vector<uint8_t>> vitc::encodePng(const Image &image, std::string &error) {
  png_image header = {};
  header.version = PNG_IMAGE_VERSION;
  header.width = static_cast<png_uint_32>(image.width);
  header.height = static_cast<png_uint_32>(image.height);
  header.format = image.channels == 1 ? PNG_FORMAT_GRAY : PNG_FORMAT_RGB;
  // The size of the file is known when it has been made; this is the most that it can be.
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(header);
  std::vector<uint8_t> file(size);
  if (!png_image_write_to_memory(&header, file.data(), &size, /*convert_to_8_bit=*/0, image.pixels.data(),
                                 /*row_stride=*/0, /*colormap=*/nullptr)) {
    error = std::string("PNG: ") + header.message;
    return std::nullopt;
  }
  file.resize(size);
  return file;
}
