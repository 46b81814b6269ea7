//===- Postprocess.cpp - from a model's outputs to an answer --------------===//
//
// Maps are resized with the arithmetic of PyTorch 2.13's `interpolate` (align_corners=False, no antialiasing): sources
// and factors in float32, first along the rows.
//
//===----------------------------------------------------------------------===//

#include "vitc/Postprocessing/Postprocess.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <thread>

using namespace vitc;

namespace {

/// What a position of a resized axis is made of: neighbours and their factors.
template <size_t Taps> struct Blend {
  std::array<int64_t, Taps> from;
  std::array<float, Taps> factor;
};

float sourceOf(int64_t position, int64_t from, int64_t to) {
  const float scale = static_cast<float>(from) / static_cast<float>(to);
  return scale * (static_cast<float>(position) + 0.5F) - 0.5F;
}

std::vector<Blend<2>> bilinearBlends(int64_t from, int64_t to) {
  std::vector<Blend<2>> blends;
  for (int64_t i = 0; i < to; ++i) {
    const float source = std::max(sourceOf(i, from, to), 0.0F);
    const int64_t first = std::min(static_cast<int64_t>(source), from - 1);
    const float second = std::min(std::max(source - static_cast<float>(first), 0.0F), 1.0F);
    blends.push_back({{first, std::min(first + 1, from - 1)}, {1.0F - second, second}});
  }
  return blends;
}

/// Keys' cubic with a = -0.75.
std::vector<Blend<4>> bicubicBlends(int64_t from, int64_t to) {
  constexpr float a = -0.75F;
  const auto near = [](float x) { return ((a + 2) * x - (a + 3)) * x * x + 1; };
  const auto far = [](float x) { return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a; };
  std::vector<Blend<4>> blends;
  for (int64_t i = 0; i < to; ++i) {
    const float source = sourceOf(i, from, to), below = std::floor(source), t = source - below;
    Blend<4> blend{{}, {far(t + 1), near(t), near(1 - t), far(2 - t)}};
    for (int64_t tap = 0; tap < 4; ++tap)
      blend.from[tap] = std::clamp<int64_t>(static_cast<int64_t>(below) - 1 + tap, 0, from - 1);
    blends.push_back(blend);
  }
  return blends;
}

/// Runs `body(first row, end row)` for shares of the rows, each on a thread.
void shareRows(int64_t rows, unsigned threads, const std::function<void(int64_t, int64_t)> &body) {
  const int64_t count = std::clamp<int64_t>(threads, 1, rows);
  std::vector<std::thread> others;
  for (int64_t i = 1; i < count; ++i)
    others.emplace_back(body, rows * i / count, rows * (i + 1) / count);
  body(0, rows / count);
  for (std::thread &other : others)
    other.join();
}

/// A map's rows along the columns of the result. What a row of the result is made of, the next one mostly is, too.
template <size_t Taps> class ResizedLines {
public:
  ResizedLines(const float *map, int64_t width, const std::vector<Blend<Taps>> &columns)
      : map(map), width(width), columns(columns) {}

  /// A row of the result.
  void blend(const Blend<Taps> &row, float *result) {
    std::array<const float *, Taps> lines;
    for (size_t i = 0; i < Taps; ++i)
      lines[i] = lineOf(row.from[i]);
    for (size_t x = 0; x < columns.size(); ++x) {
      float sum = row.factor[0] * lines[0][x];
      for (size_t i = 1; i < Taps; ++i)
        sum += row.factor[i] * lines[i][x];
      result[x] = sum;
    }
  }

private:
  struct Line {
    int64_t row = -1;
    std::vector<float> values;
  };

  const float *lineOf(int64_t row) {
    // Rows that are wanted at once are neighbours.
    Line &line = kept[static_cast<size_t>(row) % Taps];
    if (line.row == row)
      return line.values.data();
    line.row = row;
    line.values.resize(columns.size());
    const float *from = map + row * width;
    for (size_t x = 0; x < columns.size(); ++x) {
      const Blend<Taps> &column = columns[x];
      float sum = column.factor[0] * from[column.from[0]];
      for (size_t i = 1; i < Taps; ++i)
        sum += column.factor[i] * from[column.from[i]];
      line.values[x] = sum;
    }
    return line.values.data();
  }

  const float *map;
  int64_t width;
  const std::vector<Blend<Taps>> &columns;
  std::array<Line, Taps> kept;
};

template <size_t Taps>
void resizeDepthRows(const float *values, int64_t fromWidth, const std::vector<Blend<Taps>> &rows,
                     const std::vector<Blend<Taps>> &columns, unsigned threads, std::vector<float> &result) {
  const auto width = static_cast<int64_t>(columns.size());
  shareRows(static_cast<int64_t>(rows.size()), threads, [&](int64_t first, int64_t end) {
    ResizedLines<Taps> lines(values, fromWidth, columns);
    for (int64_t y = first; y < end; ++y)
      lines.blend(rows[y], result.data() + y * width);
  });
}

/// A candidate's box in pixels of the picture.
std::array<double, 4> cornersOf(const float *box, int64_t height, int64_t width) {
  const auto corner = [](float middle, float size, float side, int64_t pixels) {
    return static_cast<double>((middle + side * size) * static_cast<float>(pixels));
  };
  return {corner(box[0], box[2], -0.5F, width), corner(box[1], box[3], -0.5F, height),
          corner(box[0], box[2], 0.5F, width), corner(box[1], box[3], 0.5F, height)};
}

} // namespace

Segmentation vitc::segment(const float *scores, const MapShape &shape, int64_t height, int64_t width,
                           unsigned threads) {
  Segmentation result{height, width, std::vector<int32_t>(static_cast<size_t>(height * width), 0)};
  const std::vector<Blend<2>> rows = bilinearBlends(shape.height, height), columns = bilinearBlends(shape.width, width);
  shareRows(height, threads, [&](int64_t first, int64_t end) {
    // Some rows at a time: few enough for a cache, enough to share what they are made of.
    constexpr int64_t kRows = 16;
    std::vector<float> best(std::min(kRows, end - first) * width), row(width);
    for (int64_t begin = first; begin < end; begin += kRows)
      for (int64_t channel = 0; channel < shape.channels; ++channel) {
        ResizedLines<2> lines(scores + channel * shape.height * shape.width, shape.width, columns);
        for (int64_t y = begin; y < std::min(begin + kRows, end); ++y) {
          int32_t *classes = result.classes.data() + y * width;
          float *own = best.data() + (y - begin) * width;
          lines.blend(rows[y], row.data());
          for (int64_t x = 0; x < width; ++x)
            // Not "row > own": what is not a number is not at most anything, and nothing wins over it.
            if (channel == 0 || (!(row[x] <= own[x]) && !std::isnan(own[x]))) {
              own[x] = row[x];
              classes[x] = static_cast<int32_t>(channel);
            }
        }
      }
  });
  return result;
}

std::vector<Detection> vitc::detect(const float *logits, const float *boxes, int64_t candidates, int64_t classes,
                                    const DetectionRule &rule, int64_t height, int64_t width) {
  std::vector<Detection> detections;
  if (rule.scores == DetectionRule::Scores::Softmax) {
    for (int64_t i = 0; i < candidates; ++i) {
      const float *own = logits + i * classes;
      const double largest = *std::max_element(own, own + classes);
      const double sum = std::accumulate(own, own + classes, 0.0,
                                         [&](double all, float logit) { return all + std::exp(logit - largest); });
      const float *best = std::max_element(own, own + classes - 1);
      const double score = std::exp(*best - largest) / sum;
      if (score > rule.threshold)
        detections.push_back({best - own, score, cornersOf(boxes + 4 * i, height, width)});
    }
    return detections;
  }
  std::vector<int64_t> order(static_cast<size_t>(candidates * classes));
  std::iota(order.begin(), order.end(), 0);
  const auto count = std::min(rule.top, static_cast<int64_t>(order.size()));
  // What is not a number comes last.
  const auto rank = [&](int64_t i) { return std::isnan(logits[i]) ? -HUGE_VALF : logits[i]; };
  std::partial_sort(order.begin(), order.begin() + count, order.end(),
                    [&](int64_t a, int64_t b) { return rank(a) != rank(b) ? rank(a) > rank(b) : a < b; });
  for (int64_t i = 0; i < count; ++i) {
    const double score = 1.0 / (1.0 + std::exp(-static_cast<double>(logits[order[i]])));
    if (score > rule.threshold)
      detections.push_back({order[i] % classes, score, cornersOf(boxes + 4 * (order[i] / classes), height, width)});
  }
  return detections;
}

DepthMap vitc::resizeDepth(const float *values, const MapShape &shape, DepthRule::Filter filter, int64_t height,
                           int64_t width, unsigned threads) {
  DepthMap result{height, width, std::vector<float>(static_cast<size_t>(height * width))};
  if (filter == DepthRule::Filter::Bilinear)
    resizeDepthRows(values, shape.width, bilinearBlends(shape.height, height), bilinearBlends(shape.width, width),
                    threads, result.values);
  else
    resizeDepthRows(values, shape.width, bicubicBlends(shape.height, height), bicubicBlends(shape.width, width),
                    threads, result.values);
  return result;
}
