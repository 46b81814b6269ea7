//===- Image.h - a picture in memory ----------------------------*- C++ -*-===//
//
// The image library is for programs that run models, so it uses nothing of LLVM. Functions that can fail return an
// empty optional (or false) and set `error` to one line "WHERE: what is wrong, what was expected", without the name of
// the file, which the caller knows.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_IMAGE_IMAGE_H
#define VITC_IMAGE_IMAGE_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace vitc {

/// Bytes that somebody else owns.
struct Bytes {
  const uint8_t *data = nullptr;
  size_t size = 0;
};

/// The most pixels that a picture may have, before and after any resizing: Pillow refuses larger ones too
/// (2 * MAX_IMAGE_PIXELS).
constexpr int64_t maxImagePixels = 178956970;

/// A picture with 8 bits a channel: `pixels` is height x width x channels, row-major, without padding. Channels are
/// 1 (grey) or 3 (red, green, blue).
struct Image {
  int64_t height = 0;
  int64_t width = 0;
  int64_t channels = 0;
  std::vector<uint8_t> pixels;
};

/// Real numbers, channels x height x width.
struct ImageTensor {
  int64_t channels = 0;
  int64_t height = 0;
  int64_t width = 0;
  std::vector<float> values;
};

} // namespace vitc

#endif // VITC_IMAGE_IMAGE_H
