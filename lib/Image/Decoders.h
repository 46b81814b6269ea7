//===- Decoders.h - one function for each kind of picture -------*- C++ -*-===//
//
// Every decoder returns what Pillow's plugin returns after convert("RGB"), or one channel where converting that to RGB
// would repeat it, so that convert("L") is the channel itself.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_IMAGE_DECODERS_H
#define VITC_LIB_IMAGE_DECODERS_H

#include "vitc/Files/Bytes.h"
#include "vitc/Image/Image.h"

#include <optional>
#include <string>

namespace vitc {

/// A picture as it lies in the file.
struct DecodedImage {
  Image image;
  /// EXIF orientation, 1 to 8; 1 is upright.
  int orientation = 1;
};

std::optional<DecodedImage> decodeJpeg(Bytes file, std::string &error);
std::optional<DecodedImage> decodePng(Bytes file, std::string &error);
std::optional<DecodedImage> decodeWebp(Bytes file, std::string &error);
std::optional<DecodedImage> decodeBmp(Bytes file, std::string &error);
std::optional<DecodedImage> decodePnm(Bytes file, std::string &error);
std::optional<DecodedImage> decodeGif(Bytes file, std::string &error);
std::optional<DecodedImage> decodeTiff(Bytes file, std::string &error);
std::optional<DecodedImage> decodeAvif(Bytes file, std::string &error);

/// Whether a file of ISO's base media format says that it is AVIF: other pictures (HEIF) begin like it.
bool isAvif(Bytes file);

/// The orientation that a block of EXIF metadata (a TIFF header and its directory, with or without "Exif\0\0" before
/// it) asks for; empty if it has none or is damaged.
std::optional<int> exifOrientation(Bytes exif);

/// The value of tiff:Orientation in a packet of XMP; empty if it has none.
std::optional<int> xmpOrientation(Bytes xmp);

/// Turns and mirrors a picture as an EXIF orientation asks; what is not in 2..8 leaves it as it is.
Image applyOrientation(Image image, int orientation);

} // namespace vitc

#endif // VITC_LIB_IMAGE_DECODERS_H
