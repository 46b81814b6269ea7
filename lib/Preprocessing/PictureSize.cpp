//===- PictureSize.cpp - sizes that keep a picture's ratio ----------------===//

#include "vitc/Preprocessing/PictureSize.h"

#include <algorithm>
#include <cmath>

using namespace vitc;

/// Python's edge * a / b: it divides the exact product once. Sides are below 2^28 and edges at most 2^20.
static double scaled(int64_t edge, int64_t a, int64_t b) {
  return static_cast<double>(edge * a) / static_cast<double>(b);
}

PictureSize vitc::shortestEdgeSize(PictureSize from, int64_t edge) {
  const auto [shorter, longer] = std::minmax(from.height, from.width);
  const auto other = static_cast<int64_t>(scaled(edge, longer, shorter));
  return from.width <= from.height ? PictureSize{other, edge} : PictureSize{edge, other};
}

PictureSize vitc::longestEdgeSize(PictureSize from, int64_t edge) {
  const double scale = static_cast<double>(edge) / static_cast<double>(std::max(from.height, from.width));
  const auto rounded = [&](int64_t side) { return static_cast<int64_t>(static_cast<double>(side) * scale + 0.5); };
  return {rounded(from.height), rounded(from.width)};
}

PictureSize vitc::boundedEdgesSize(PictureSize from, int64_t shortest, int64_t longest, int64_t multiple) {
  const auto shorter = static_cast<double>(std::min(from.height, from.width));
  const auto longer = static_cast<double>(std::max(from.height, from.width));
  PictureSize size;
  if (longer / shorter * static_cast<double>(shortest) > static_cast<double>(longest)) {
    const double edge = static_cast<double>(longest) * shorter / longer;
    const auto rounded = static_cast<int64_t>(std::nearbyint(edge)),
               other = static_cast<int64_t>(edge * longer / shorter);
    size = from.width < from.height ? PictureSize{other, rounded} : PictureSize{rounded, other};
    // The library leaves a picture alone that has that shorter side already; where it makes multiples, one that is not
    // higher than wide.
    if (static_cast<double>(rounded) == shorter && (multiple == 1 || from.width >= from.height))
      size = from;
  } else {
    size = shortestEdgeSize(from, shortest);
  }
  return {size.height - size.height % multiple, size.width - size.width % multiple};
}

PictureSize vitc::oneSideSize(PictureSize from, PictureSize target, int64_t multiple) {
  const auto height = static_cast<double>(from.height), width = static_cast<double>(from.width);
  const double byHeight = static_cast<double>(target.height) / height;
  const double byWidth = static_cast<double>(target.width) / width;
  const double scale = std::abs(1 - byWidth) < std::abs(1 - byHeight) ? byWidth : byHeight;
  const auto rounded = [&](double side) {
    return static_cast<int64_t>(std::nearbyint(scale * side / static_cast<double>(multiple))) * multiple;
  };
  return {rounded(height), rounded(width)};
}

static PictureSize divided(PictureSize from, double ratio) {
  return {static_cast<int64_t>(std::nearbyint(static_cast<double>(from.height) / ratio)),
          static_cast<int64_t>(std::nearbyint(static_cast<double>(from.width) / ratio))};
}

PictureSize vitc::coveringSize(PictureSize from, PictureSize box) {
  return divided(from, std::min(static_cast<double>(from.height) / static_cast<double>(box.height),
                                static_cast<double>(from.width) / static_cast<double>(box.width)));
}

PictureSize vitc::containedSize(PictureSize from, PictureSize box) {
  return divided(from, std::max(static_cast<double>(from.height) / static_cast<double>(box.height),
                                static_cast<double>(from.width) / static_cast<double>(box.width)));
}
