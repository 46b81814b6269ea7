//===- DecodeGif.cpp - GIF, through giflib --------------------------------===//
//
// The first frame, on a canvas that Pillow makes large enough for it (GifImagePlugin.py): what it does not cover has
// the transparent index, or 0. Rows are read one by one: giflib's DGifSlurp would read and allocate all frames.
//
//===----------------------------------------------------------------------===//

#include "Decoders.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>

#include <gif_lib.h>

using namespace vitc;

namespace {

struct Source {
  Bytes file;
  size_t position = 0;
  /// Whether the last byte that was read alone may announce a block of one byte.
  bool announcesOne = false;
};

/// giflib asks for the length of a block alone. Where the file has ended, that is 0: Pillow reads a GIF whose pixels
/// are all there, whatever follows them.
int readBytes(GifFileType *gif, GifByteType *out, int size) {
  Source &source = *static_cast<Source *>(gif->UserData);
  const size_t left = source.file.size - source.position;
  if (left == 0 && size == 1 && !source.announcesOne) {
    *out = 0;
    return 1;
  }
  const size_t count = std::min(left, static_cast<size_t>(size));
  std::memcpy(out, source.file.data + source.position, count);
  source.position += count;
  source.announcesOne = size == 1 && count == 1 && *out == 1;
  return static_cast<int>(count);
}

struct GifCloser {
  void operator()(GifFileType *gif) const { DGifCloseFile(gif, nullptr); }
};
using Gif = std::unique_ptr<GifFileType, GifCloser>;

/// Reads up to the description of the first frame; `background` becomes its transparent index, if it has one. Error: a
/// damaged file, or one without a frame.
bool findFrame(GifFileType *gif, uint8_t &background) {
  for (;;) {
    GifRecordType kind;
    if (DGifGetRecordType(gif, &kind) != GIF_OK)
      return false;
    if (kind == IMAGE_DESC_RECORD_TYPE)
      return DGifGetImageDesc(gif) == GIF_OK;
    if (kind != EXTENSION_RECORD_TYPE)
      return false;
    int code;
    GifByteType *block;
    if (DGifGetExtension(gif, &code, &block) != GIF_OK)
      return false;
    // A block begins with its length.
    if (code == GRAPHICS_EXT_FUNC_CODE && block && block[0] >= 4 && (block[1] & 1))
      background = block[4];
    while (block)
      if (DGifGetExtensionNext(gif, &block) != GIF_OK)
        return false;
  }
}

using Colours = std::array<std::array<uint8_t, 3>, 256>;

/// The colours of all indices. Without a palette, or with one that says nothing else, they are levels of grey; behind
/// the end of any other they are black (Pillow).
Colours coloursOf(const GifFileType &gif) {
  Colours colours = {}, greys;
  for (size_t i = 0; i < greys.size(); ++i)
    greys[i].fill(static_cast<uint8_t>(i));
  const ColorMapObject *map = gif.Image.ColorMap ? gif.Image.ColorMap : gif.SColorMap;
  const int count = map ? map->ColorCount : 0;
  for (int i = 0; i < count; ++i)
    colours[i] = {map->Colors[i].Red, map->Colors[i].Green, map->Colors[i].Blue};
  return std::equal(colours.begin(), colours.begin() + count, greys.begin()) ? greys : colours;
}

/// Reads the frame's indices into the canvas, which has room for it.
bool readFrame(GifFileType *gif, Image &canvas) {
  const GifImageDesc &frame = gif->Image;
  constexpr int passes[][2] = {{0, 8}, {4, 8}, {2, 4}, {1, 2}};
  for (int pass = 0; pass < (frame.Interlace ? 4 : 1); ++pass) {
    const int first = frame.Interlace ? passes[pass][0] : 0, step = frame.Interlace ? passes[pass][1] : 1;
    for (int y = first; y < frame.Height; y += step)
      if (DGifGetLine(gif, canvas.pixels.data() + (frame.Top + y) * canvas.width + frame.Left, frame.Width) != GIF_OK)
        return false;
  }
  return true;
}

} // namespace

std::optional<DecodedImage> vitc::decodeGif(Bytes file, std::string &error) {
  Source source{file};
  int code = 0;
  const Gif gif(DGifOpen(&source, readBytes, &code));
  const auto fail = [&](const char *what) {
    error = "byte " + std::to_string(source.position) + ": damaged or truncated GIF picture: " + what;
    return std::nullopt;
  };
  const auto reason = [&] {
    const char *text = GifErrorString(gif ? gif->Error : code);
    return text ? text : "there is no frame";
  };
  uint8_t background = 0;
  if (!gif || !findFrame(gif.get(), background))
    return fail(reason());
  const GifImageDesc &frame = gif->Image;
  if (frame.Width < 1 || frame.Height < 1)
    return fail("the first frame is empty");
  std::optional<Image> canvas = makeImage(std::max<int64_t>(gif->SHeight, int64_t(frame.Top) + frame.Height),
                                          std::max<int64_t>(gif->SWidth, int64_t(frame.Left) + frame.Width), 1, error);
  if (!canvas)
    return std::nullopt;
  std::fill(canvas->pixels.begin(), canvas->pixels.end(), background);
  if (!readFrame(gif.get(), *canvas))
    return fail(reason());

  const Colours colours = coloursOf(*gif);
  const bool isGrey =
      std::all_of(colours.begin(), colours.end(), [](const auto &c) { return c[0] == c[1] && c[0] == c[2]; });
  if (isGrey) {
    for (uint8_t &pixel : canvas->pixels)
      pixel = colours[pixel][0];
    return DecodedImage{std::move(*canvas)};
  }
  std::optional<Image> rgb = makeImage(canvas->height, canvas->width, 3, error);
  for (size_t i = 0; i < canvas->pixels.size(); ++i)
    std::copy_n(colours[canvas->pixels[i]].data(), 3, &rgb->pixels[3 * i]);
  return DecodedImage{std::move(*rgb)};
}
