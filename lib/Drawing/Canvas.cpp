//===- Canvas.cpp - pixels and rectangles ---------------------------------===//

#include "Canvas.h"

#include <algorithm>

using namespace vitc;

std::optional<Canvas> Canvas::around(Image picture, int64_t height, int64_t width, std::string &error) {
  if (picture.height == height && picture.width == width)
    return Canvas(std::move(picture));
  std::optional<Image> whole = makeImage(height, width, 3, error, "the drawing would have");
  if (!whole)
    return std::nullopt;
  std::fill(whole->pixels.begin(), whole->pixels.end(), 255);
  for (int64_t y = 0; y < std::min(height, picture.height); ++y)
    std::copy_n(picture.pixels.data() + y * picture.width * 3, std::min(width, picture.width) * 3,
                whole->pixels.data() + y * width * 3);
  return Canvas(std::move(*whole));
}

void Canvas::fill(const Rectangle &area, const Colour &colour) {
  for (int64_t y = std::max<int64_t>(area.top, 0); y < std::min(area.bottom, image.height); ++y)
    for (int64_t x = std::max<int64_t>(area.left, 0); x < std::min(area.right, image.width); ++x)
      std::copy(colour.begin(), colour.end(), image.pixels.data() + (y * image.width + x) * 3);
}

void Canvas::outline(const Rectangle &area, int64_t thickness, const Colour &colour) {
  fill({area.left, area.top, area.right, std::min(area.top + thickness, area.bottom)}, colour);
  fill({area.left, std::max(area.bottom - thickness, area.top), area.right, area.bottom}, colour);
  fill({area.left, area.top, std::min(area.left + thickness, area.right), area.bottom}, colour);
  fill({std::max(area.right - thickness, area.left), area.top, area.right, area.bottom}, colour);
}

void Canvas::blend(int64_t y, int64_t x, const Colour &colour, unsigned share) {
  if (y < 0 || x < 0 || y >= image.height || x >= image.width)
    return;
  uint8_t *pixel = image.pixels.data() + (y * image.width + x) * 3;
  for (size_t channel = 0; channel < 3; ++channel)
    pixel[channel] = static_cast<uint8_t>((pixel[channel] * (255 - share) + colour[channel] * share + 127) / 255);
}

Colour vitc::inkOn(const Colour &background) {
  const unsigned luma = 299 * background[0] + 587 * background[1] + 114 * background[2];
  return luma > 140 * 1000 ? Colour{0, 0, 0} : Colour{255, 255, 255};
}

int64_t vitc::textSizeFor(int64_t height, int64_t width) {
  return std::clamp<int64_t>(std::min(height, width) / 26, 13, 60);
}
