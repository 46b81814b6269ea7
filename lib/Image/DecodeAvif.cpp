//===- DecodeAvif.cpp - AVIF, through libavif -----------------------------===//
//
// Of a sequence the first frame. The decoder of AV1 and the conversion from YUV are those of the machine's libavif:
// Pillow brings newer ones, from which the results may differ by a level or two.
//
//===----------------------------------------------------------------------===//

#include "Decoders.h"

#include <algorithm>
#include <memory>

#include <avif/avif.h>

using namespace vitc;

namespace {

struct AvifCloser {
  void operator()(avifDecoder *decoder) const { avifDecoderDestroy(decoder); }
};

/// The EXIF orientation that the picture's properties stand for: turned first, then mirrored (ISO/IEC
/// 23000-22, 7.3.6.7).
int orientationOfProperties(const avifImage &image) {
  const bool isMirrored = (image.transformFlags & AVIF_TRANSFORM_IMIR) != 0;
  const int turns = image.transformFlags & AVIF_TRANSFORM_IROT ? image.irot.angle & 3 : 0;
  // Quarter turns against the clock; mirroring swaps top and bottom (mode 0), or left and right (mode 1).
  constexpr int turned[4] = {1, 8, 3, 6}, upsideDown[4] = {4, 5, 2, 7}, leftToRight[4] = {2, 7, 4, 5};
  return !isMirrored ? turned[turns] : image.imir.mode ? leftToRight[turns] : upsideDown[turns];
}

/// The properties' word is the last one, unless they and EXIF are silent (Pillow, AvifImagePlugin.py).
int orientationOf(const avifImage &image) {
  const int orientation = orientationOfProperties(image);
  if (orientation != 1 || exifOrientation({image.exif.data, image.exif.size}))
    return orientation;
  return xmpOrientation({image.xmp.data, image.xmp.size}).value_or(1);
}

} // namespace

bool vitc::isAvif(Bytes file) {
  const avifROData data = {file.data, file.size};
  return file.size >= 12 && avifPeekCompatibleFileType(&data);
}

std::optional<DecodedImage> vitc::decodeAvif(Bytes file, std::string &error) {
  const std::unique_ptr<avifDecoder, AvifCloser> decoder(avifDecoderCreate());
  const auto fail = [&](const char *where, avifResult result) {
    error = std::string(where) + ": damaged or truncated AVIF picture: " + avifResultToString(result);
    return std::nullopt;
  };
  if (!decoder)
    return fail("header", AVIF_RESULT_OUT_OF_MEMORY);
  decoder->maxThreads = 1;
  decoder->imageSizeLimit = static_cast<uint32_t>(maxImagePixels);
  decoder->imageDimensionLimit = 0;
  // What Pillow does not insist on either.
  decoder->strictFlags &= ~static_cast<avifStrictFlags>(AVIF_STRICT_CLAP_VALID | AVIF_STRICT_PIXI_REQUIRED);
  avifResult result = avifDecoderSetIOMemory(decoder.get(), file.data, file.size);
  if (result == AVIF_RESULT_OK)
    result = avifDecoderParse(decoder.get());
  if (result != AVIF_RESULT_OK)
    return fail("header", result);
  if (!checkImageSize(decoder->image->height, decoder->image->width, error))
    return std::nullopt;
  result = avifDecoderNextImage(decoder.get());
  if (result != AVIF_RESULT_OK)
    return fail("pixels", result);

  // The stream may have another size than its container.
  std::optional<Image> image = makeImage(decoder->image->height, decoder->image->width, 3, error);
  if (!image)
    return std::nullopt;
  // Without room for it, colours would be multiplied by alpha.
  const bool hasAlpha = decoder->image->alphaPlane != nullptr;
  std::vector<uint8_t> withAlpha(hasAlpha ? static_cast<size_t>(image->height * image->width * 4) : 0);
  avifRGBImage rgb;
  avifRGBImageSetDefaults(&rgb, decoder->image);
  rgb.format = hasAlpha ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  rgb.depth = 8;
  rgb.pixels = hasAlpha ? withAlpha.data() : image->pixels.data();
  rgb.rowBytes = static_cast<uint32_t>(image->width * (hasAlpha ? 4 : 3));
  result = avifImageYUVToRGB(decoder->image, &rgb);
  if (result != AVIF_RESULT_OK)
    return fail("pixels", result);
  for (size_t i = 0; i < withAlpha.size() / 4; ++i)
    std::copy_n(&withAlpha[4 * i], 3, &image->pixels[3 * i]);
  return DecodedImage{std::move(*image), orientationOf(*decoder->image)};
}
