//===- Encode.h - pixels to picture files -----------------------*- C++ -*-===//

#ifndef VITC_IMAGE_ENCODE_H
#define VITC_IMAGE_ENCODE_H

#include "vitc/Image/Image.h"

#include <optional>
#include <string>
#include <vector>

namespace vitc {

/// A PNG file of a picture, through libpng: the same bytes for the same pixels. Errors: not enough memory.
std::optional<std::vector<uint8_t>> encodePng(const Image &image, std::string &error);

} // namespace vitc

#endif // VITC_IMAGE_ENCODE_H
