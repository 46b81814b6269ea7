//===- Image.h - a picture in memory ----------------------------*- C++ -*-===//
//
// The library of pictures is for programs that run models, so it uses nothing of LLVM; errors are told as in that of
// files (Bytes.h).
//
//===----------------------------------------------------------------------===//

#ifndef VITC_IMAGE_IMAGE_H
#define VITC_IMAGE_IMAGE_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace vitc {

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

/// Whether a picture may have that size: positive, at most maxImagePixels. `what` begins the message.
bool checkImageSize(int64_t height, int64_t width, std::string &error, const char *what = "header: the picture has");

/// Begins the message of checkImageSize for what steps make of pictures.
constexpr const char *wouldHave = "preprocessing: the picture would have";

/// Makes a picture of zeros. Errors: as checkImageSize.
std::optional<Image> makeImage(int64_t height, int64_t width, int64_t channels, std::string &error,
                               const char *what = "header: the picture has");

} // namespace vitc

#endif // VITC_IMAGE_IMAGE_H
