//===- Decode.h - picture files to pixels -----------------------*- C++ -*-===//
//
// Decodes to the same bytes as Pillow's Image.open, ImageOps.exif_transpose and convert("RGB") or convert("L"), which
// is what transformers' load_image does (of AVIF within 2 levels): alpha is dropped, not blended with anything, the
// orientation of EXIF (or, without it, XMP) metadata is applied, and 16-bit grey saturates at 255.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_IMAGE_DECODE_H
#define VITC_IMAGE_DECODE_H

#include "vitc/Files/Bytes.h"
#include "vitc/Image/Image.h"

#include <optional>
#include <string>

namespace vitc {

/// Decodes a JPEG, PNG, WebP, GIF, TIFF, AVIF (of several pictures, the first one), BMP, PPM or PGM file, recognised by
/// its first bytes, to 1 or 3 channels. Errors: another kind of file (HEIF is named), a damaged or truncated one, more
/// than maxImagePixels. May be called by several threads at once. libdav1d, which decodes AVIF, prints to the C
/// library's stream `stderr` what it finds wrong.
std::optional<Image> decodeImage(Bytes file, int64_t channels, std::string &error);

/// Grey as Pillow's convert("L"): (19595 r + 38470 g + 7471 b + 32768) / 65536. Grey pictures are returned as they are.
Image toGrey(Image image);

/// Repeats the grey channel three times. Pictures with three channels are returned as they are.
Image toRgb(Image image);

} // namespace vitc

#endif // VITC_IMAGE_DECODE_H
