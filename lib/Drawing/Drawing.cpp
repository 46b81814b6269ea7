//===- Drawing.cpp - answers as pictures ----------------------------------===//

#include "vitc/Drawing/Drawing.h"

#include "Canvas.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

using namespace vitc;

namespace {
constexpr Colour kBlack = {0, 0, 0}, kGrey = {128, 128, 128};
/// How much of a mask's colour there is in a pixel, of 255: shapes of the photo stay visible.
constexpr unsigned kMaskShare = 140;
/// Classes of a legend; the others are counted.
constexpr size_t kLegendRows = 16;

std::string formatted(const char *format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

struct LegendRow {
  Colour colour;
  std::string text;
};
} // namespace

std::string vitc::nameOfClass(const std::vector<std::string> &labels, int64_t index) {
  return static_cast<size_t>(index) < labels.size() ? labels[index] : std::to_string(index);
}

std::vector<ClassArea> vitc::areasOf(const Segmentation &segmentation) {
  const auto largest = std::max_element(segmentation.classes.begin(), segmentation.classes.end());
  std::vector<int64_t> pixels(largest == segmentation.classes.end() ? 0 : static_cast<size_t>(*largest) + 1, 0);
  for (int32_t index : segmentation.classes)
    ++pixels[index];
  std::vector<ClassArea> areas;
  for (size_t index = 0; index < pixels.size(); ++index)
    if (pixels[index] > 0)
      areas.push_back({static_cast<int64_t>(index), pixels[index]});
  std::stable_sort(areas.begin(), areas.end(),
                   [](const ClassArea &a, const ClassArea &b) { return a.pixels > b.pixels; });
  return areas;
}

static Colour colourOf(const Palette &palette, int64_t index) {
  return palette.empty() ? kGrey : palette[static_cast<size_t>(index) % palette.size()];
}

/// The picture with a legend at its right; `ending` is a last line without a colour, or empty.
static std::optional<Image> withLegend(Image picture, const std::vector<LegendRow> &rows, const std::string &ending,
                                       std::string &error) {
  const std::optional<Font> font = Font::open(textSizeFor(picture.height, picture.width), error);
  if (!font)
    return std::nullopt;
  const int64_t line = font->lineHeight(), margin = line / 2, swatch = line - line / 4;
  int64_t textWidth = font->widthOf(ending);
  for (const LegendRow &row : rows)
    textWidth = std::max(textWidth, font->widthOf(row.text));
  const int64_t left = picture.width + margin, lines = static_cast<int64_t>(rows.size()) + (ending.empty() ? 0 : 1);
  const int64_t width = left + swatch + margin + textWidth + margin;
  const int64_t height = std::max(picture.height, lines * line + 2 * margin);
  std::optional<Canvas> canvas = Canvas::around(std::move(picture), height, width, error);
  if (!canvas)
    return std::nullopt;
  int64_t top = margin;
  for (const LegendRow &row : rows) {
    const int64_t inset = (line - swatch) / 2;
    const Rectangle box = {left, top + inset, left + swatch, top + inset + swatch};
    canvas->fill(box, row.colour);
    canvas->outline(box, 1, kBlack);
    font->draw(*canvas, top, left + swatch + margin, row.text, kBlack);
    top += line;
  }
  font->draw(*canvas, top, left + swatch + margin, ending, kBlack);
  return canvas->take();
}

std::optional<Image> vitc::drawSegmentation(Image photo, const Segmentation &segmentation,
                                            const std::vector<ClassArea> &areas, const std::vector<std::string> &labels,
                                            const Palette &palette, std::string &error) {
  std::optional<Canvas> canvas = Canvas::around(std::move(photo), segmentation.height, segmentation.width, error);
  if (!canvas)
    return std::nullopt;
  for (int64_t y = 0; y < segmentation.height; ++y)
    for (int64_t x = 0; x < segmentation.width; ++x)
      canvas->blend(y, x, colourOf(palette, segmentation.classes[y * segmentation.width + x]), kMaskShare);
  std::vector<LegendRow> rows;
  for (const ClassArea &area : areas)
    if (rows.size() < kLegendRows)
      rows.push_back({colourOf(palette, area.index),
                      nameOfClass(labels, area.index) +
                          formatted("  %.1f %%", 100.0 * double(area.pixels) / double(segmentation.classes.size()))});
  const size_t others = areas.size() - rows.size();
  return withLegend(canvas->take(), rows, others ? "and " + std::to_string(others) + " more" : "", error);
}

std::optional<Image> vitc::drawDetections(Image photo, const std::vector<Detection> &detections,
                                          const std::vector<std::string> &labels, const Palette &palette,
                                          std::string &error) {
  const int64_t height = photo.height, width = photo.width;
  std::optional<Canvas> canvas = Canvas::around(std::move(photo), height, width, error);
  const std::optional<Font> font = Font::open(textSizeFor(height, width), error);
  if (!canvas || !font)
    return std::nullopt;
  const int64_t thickness = std::max<int64_t>(2, std::min(height, width) / 200), padding = font->lineHeight() / 5;
  // The least certain first: the others' labels are drawn over theirs.
  std::vector<Detection> order = detections;
  std::stable_sort(order.begin(), order.end(),
                   [](const Detection &a, const Detection &b) { return a.score < b.score; });
  for (const Detection &detection : order) {
    // A box may lie anywhere: it is cut at the edges, where numbers still fit.
    const auto pixel = [](double position, int64_t length) {
      return std::isnan(position) ? 0 : std::llround(std::clamp(position, 0.0, double(length)));
    };
    const Rectangle box = {pixel(detection.box[0], width), pixel(detection.box[1], height),
                           pixel(detection.box[2], width), pixel(detection.box[3], height)};
    // The first colour of most palettes is that of nothing.
    const Colour colour = colourOf(palette, detection.label + 1);
    canvas->outline(box, thickness, colour);
    const std::string text = nameOfClass(labels, detection.label) + formatted(" %.2f", detection.score);
    const int64_t tagHeight = font->lineHeight() + padding, tagWidth = font->widthOf(text) + 2 * padding;
    const int64_t top = box.top >= tagHeight ? box.top - tagHeight : box.top;
    const int64_t left = std::clamp<int64_t>(box.left, 0, std::max<int64_t>(width - tagWidth, 0));
    canvas->fill({left, top, left + tagWidth, top + tagHeight}, colour);
    font->draw(*canvas, top + padding / 2, left + padding, text, inkOn(colour));
  }
  return canvas->take();
}

/// Black, violet, red, yellow: as matplotlib's `inferno`, between nine of its colours.
static Colour heatOf(double share) {
  static constexpr Colour anchors[] = {{0, 0, 4},     {31, 12, 72},   {85, 15, 109},  {136, 34, 106}, {186, 54, 85},
                                       {227, 89, 51}, {249, 140, 10}, {249, 201, 50}, {252, 255, 164}};
  const double place = std::clamp(share, 0.0, 1.0) * 8;
  const auto first = std::min<size_t>(static_cast<size_t>(place), 7);
  Colour colour;
  for (size_t channel = 0; channel < 3; ++channel) {
    const double from = anchors[first][channel], to = anchors[first + 1][channel];
    colour[channel] = static_cast<uint8_t>(std::lround(from + (to - from) * (place - double(first))));
  }
  return colour;
}

std::optional<Image> vitc::drawDepth(const DepthMap &depth, std::string &error) {
  float least = HUGE_VALF, most = -HUGE_VALF;
  for (float value : depth.values)
    if (std::isfinite(value)) {
      least = std::min(least, value);
      most = std::max(most, value);
    }
  std::optional<Image> picture = makeImage(depth.height, depth.width, 3, error, "the drawing would have");
  if (!picture)
    return std::nullopt;
  const double range = most > least ? double(most) - double(least) : 1;
  for (size_t i = 0; i < depth.values.size(); ++i) {
    const float value = depth.values[i];
    const Colour colour = std::isfinite(value) ? heatOf((double(value) - double(least)) / range) : kGrey;
    std::copy(colour.begin(), colour.end(), picture->pixels.data() + 3 * i);
  }
  if (most < least)
    return picture;
  std::vector<LegendRow> rows;
  for (int step = 8; step >= 0; --step)
    rows.push_back({heatOf(step / 8.0), formatted("%.4g", double(least) + range * step / 8)});
  if (most == least)
    rows.resize(1);
  return withLegend(std::move(*picture), rows, "", error);
}
