//===- DecodeWebp.cpp - WebP, through libwebp -----------------------------===//
//
// Uses the decoder of animations for still pictures too, as Pillow does: it composes the first frame with its canvas.
//
//===----------------------------------------------------------------------===//

#include "Decoders.h"

#include <memory>

#include <webp/decode.h>
#include <webp/demux.h>

using namespace vitc;

static std::optional<int> orientationIn(const WebPDemuxer *demuxer, const char *chunk,
                                        std::optional<int> (*parse)(Bytes)) {
  WebPChunkIterator iterator;
  std::optional<int> orientation;
  if (WebPDemuxGetChunk(demuxer, chunk, 1, &iterator))
    orientation = parse({iterator.chunk.bytes, iterator.chunk.size});
  WebPDemuxReleaseChunkIterator(&iterator);
  return orientation;
}

std::optional<DecodedImage> vitc::decodeWebp(Bytes file, std::string &error) {
  // The decoder allocates its canvas at once, so the size is checked before it is made.
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(file.data, file.size, &features) != VP8_STATUS_OK) {
    error = "header: damaged WebP picture";
    return std::nullopt;
  }
  std::optional<Image> image = makeImage(features.height, features.width, 3, error);
  if (!image)
    return std::nullopt;

  const WebPData data = {file.data, file.size};
  WebPAnimDecoderOptions options;
  WebPAnimDecoderOptionsInit(&options);
  options.color_mode = MODE_RGBA;
  const std::unique_ptr<WebPAnimDecoder, decltype(&WebPAnimDecoderDelete)> decoder(WebPAnimDecoderNew(&data, &options),
                                                                                   WebPAnimDecoderDelete);
  WebPAnimInfo info;
  uint8_t *canvas = nullptr;
  int timestamp = 0;
  if (!decoder || !WebPAnimDecoderGetInfo(decoder.get(), &info) || int64_t(info.canvas_width) != image->width ||
      int64_t(info.canvas_height) != image->height || !WebPAnimDecoderGetNext(decoder.get(), &canvas, &timestamp)) {
    error = "pixels: damaged or truncated WebP picture";
    return std::nullopt;
  }
  for (size_t from = 0, to = 0; to < image->pixels.size(); from += 4, to += 3)
    for (size_t c = 0; c < 3; ++c)
      image->pixels[to + c] = canvas[from + c];

  const WebPDemuxer *demuxer = WebPAnimDecoderGetDemuxer(decoder.get());
  std::optional<int> orientation = orientationIn(demuxer, "EXIF", exifOrientation);
  if (!orientation)
    orientation = orientationIn(demuxer, "XMP ", xmpOrientation);
  return DecodedImage{std::move(*image), orientation.value_or(1)};
}
