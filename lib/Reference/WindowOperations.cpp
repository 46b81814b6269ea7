//===- WindowOperations.cpp - windows of maps -------------------*- C++ -*-===//
//
// Written as the libraries do it, step by step: pad, roll, cut.
//
//===----------------------------------------------------------------------===//

#include "Operations.h"

#include <algorithm>
#include <cmath>

using namespace vitc;

/// `torch.roll` of a map by the windows' shift, back or forth.
static Tensor64 roll(const Tensor64 &map, vit::WindowsAttr windows, bool isForward) {
  Tensor64 result(map.shape);
  int64_t height = map.shape[0], width = map.shape[1], channels = map.shape[2];
  int64_t down = windows.getShift()[0], right = windows.getShift()[1];
  if (!isForward) {
    down = height - down;
    right = width - right;
  }
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      std::copy_n(&map.values[(y * width + x) * channels], channels,
                  &result.values[((y + down) % height * width + (x + right) % width) * channels]);
  return result;
}

/// The top left corner of a map, or a map with zeros at the bottom and right.
static Tensor64 resized(const Tensor64 &map, int64_t height, int64_t width) {
  Tensor64 result({height, width, map.shape[2]});
  for (int64_t y = 0; y < std::min(height, map.shape[0]); ++y)
    std::copy_n(&map.values[y * map.shape[1] * map.shape[2]], std::min(width, map.shape[1]) * map.shape[2],
                &result.values[y * width * map.shape[2]]);
  return result;
}

Tensor64 reference::windowPartition(const Tensor64 &map, vit::WindowsAttr windows) {
  int64_t rows = windows.getCount(0), columns = windows.getCount(1), channels = map.shape[2];
  int64_t height = windows.getWindow()[0], width = windows.getWindow()[1];
  Tensor64 shifted = roll(resized(map, rows * height, columns * width), windows, /*isForward=*/false);
  shifted.shape = {rows, height, columns, width, channels};
  Tensor64 cut = transpose(shifted, {0, 2, 1, 3, 4});
  cut.shape = {rows * columns, height * width, channels};
  return cut;
}

Tensor64 reference::windowMerge(const Tensor64 &sequences, vit::WindowsAttr windows) {
  int64_t rows = windows.getCount(0), columns = windows.getCount(1), channels = sequences.shape[2];
  int64_t height = windows.getWindow()[0], width = windows.getWindow()[1];
  Tensor64 cut = sequences;
  cut.shape = {rows, columns, height, width, channels};
  Tensor64 shifted = transpose(cut, {0, 2, 1, 3, 4});
  shifted.shape = {rows * height, columns * width, channels};
  return resized(roll(shifted, windows, /*isForward=*/true), windows.getMap()[0], windows.getMap()[1]);
}

/// Whether a window is in the last row (2) and in the last column (1) of windows, added up.
static int64_t edgeOf(vit::WindowsAttr windows, int64_t sequence) {
  int64_t row = sequence / windows.getCount(1), column = sequence % windows.getCount(1);
  return 2 * int64_t(row + 1 == windows.getCount(0)) + int64_t(column + 1 == windows.getCount(1));
}

Tensor64 reference::windowMask(vit::WindowsAttr windows, double value, bool byEdge) {
  // The part of the shifted map that a pixel comes from, as `img_mask` has it.
  int64_t height = windows.getPadded(0), width = windows.getPadded(1);
  Tensor64 parts({height, width, 1});
  auto partOf = [&](unsigned axis, int64_t position) {
    int64_t size = windows.getPadded(axis), shift = windows.getShift()[axis];
    return shift == 0 ? 0 : int64_t(position >= size - windows.getWindow()[axis]) + int64_t(position >= size - shift);
  };
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      parts.values[y * width + x] = double(3 * partOf(0, y) + partOf(1, x));
  auto unshifted = vit::WindowsAttr::get(windows.getContext(), {height, width}, windows.getWindow(), {0, 0});
  Tensor64 cut = windowPartition(parts, unshifted);
  int64_t tokens = windows.getTokens(), sequences = windows.getSequences();
  Tensor64 all({byEdge ? 4 : sequences, 1, tokens, tokens});
  for (int64_t s = 0; s < sequences; ++s)
    for (int64_t i = 0; i < tokens; ++i)
      for (int64_t j = 0; j < tokens; ++j)
        all.values[((byEdge ? edgeOf(windows, s) : s) * tokens + i) * tokens + j] =
            cut.values[s * tokens + i] == cut.values[s * tokens + j] ? 0 : value;
  return all;
}

Tensor64 reference::continuousPositions(const Tensor64 &first, const Tensor64 &bias, const Tensor64 &second,
                                        llvm::ArrayRef<int64_t> window, llvm::ArrayRef<int64_t> trained) {
  int64_t height = 2 * window[0] - 1, width = 2 * window[1] - 1;
  Tensor64 distances({height * width, 2});
  auto coordinate = [&](unsigned axis, int64_t index) {
    double distance = double(index - window[axis] + 1);
    if (trained[axis] > 1)
      distance *= 8.0 / double(trained[axis] - 1);
    return std::copysign(std::log2(std::abs(distance) + 1), distance) / 3;
  };
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      distances.values[2 * (y * width + x)] = coordinate(0, y);
      distances.values[2 * (y * width + x) + 1] = coordinate(1, x);
    }
  Tensor64 hidden = activation(linear(distances, first, &bias), vit::ActivationKind::Relu);
  return scale(activation(linear(hidden, second, nullptr), vit::ActivationKind::Sigmoid), 16);
}

Tensor64 reference::biasOfWindows(const Tensor64 &bias, vit::WindowsAttr windows) {
  if (bias.rank() < 4 || bias.shape[0] == 1)
    return bias;
  std::vector<Tensor64> edges;
  for (int64_t edge = 0; edge < 4; ++edge)
    edges.push_back(slice(bias, 0, edge, 1));
  std::vector<const Tensor64 *> parts;
  for (int64_t s = 0; s < windows.getSequences(); ++s)
    parts.push_back(&edges[size_t(edgeOf(windows, s))]);
  return concat(parts, 0);
}

Tensor64 reference::exponential(const Tensor64 &input, double most) {
  Tensor64 result = input;
  for (double &value : result.values)
    value = std::exp(std::min(value, most));
  return result;
}
