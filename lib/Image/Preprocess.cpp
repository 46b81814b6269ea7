//===- Preprocess.cpp - from a decoded picture to an input ----------------===//

#include "vitc/Image/Preprocess.h"

#include "vitc/Image/Decode.h"

#include <algorithm>
#include <array>
#include <cmath>

using namespace vitc;

/// Where a cut of `size` out of `length` begins; negative when the picture is too small.
static int64_t cropStart(int64_t length, int64_t size, CenterCropStep::Rounding rounding) {
  const int64_t excess = length - size;
  if (excess < 0 && rounding == CenterCropStep::Rounding::Even)
    return -(-excess / 2); // torchvision pads the smaller half before
  if (excess < 0)
    return -((-excess + 1) / 2); // transformers pads the larger half before
  const int64_t half = excess / 2;
  return rounding == CenterCropStep::Rounding::Even ? half + (excess % 2 && half % 2) : half;
}

static Image centerCrop(const Image &image, const CenterCropStep &step) {
  const int64_t channels = image.channels;
  const int64_t top = cropStart(image.height, step.height, step.rounding);
  const int64_t left = cropStart(image.width, step.width, step.rounding);
  Image result{step.height, step.width, channels,
               std::vector<uint8_t>(static_cast<size_t>(step.height * step.width * channels))};
  const int64_t firstX = std::max<int64_t>(0, -left), endX = std::min(step.width, image.width - left);
  for (int64_t y = std::max<int64_t>(0, -top); y < std::min(step.height, image.height - top); ++y)
    std::copy_n(image.pixels.begin() + ((top + y) * image.width + left + firstX) * channels, (endX - firstX) * channels,
                result.pixels.begin() + (y * step.width + firstX) * channels);
  return result;
}

/// What each value of a pixel becomes in a channel: steps after the last 8-bit one see only 256 values.
static std::array<float, 256> makeTable(const std::vector<ImageStep> &steps, int64_t channel) {
  std::array<float, 256> table;
  for (size_t i = 0; i < table.size(); ++i) {
    float value = static_cast<float>(i);
    for (const ImageStep &step : steps) {
      if (const auto *rescale = std::get_if<RescaleStep>(&step))
        value = static_cast<float>(static_cast<double>(value) * rescale->factor);
      else if (const auto *normalize = std::get_if<NormalizeStep>(&step))
        value = (value - static_cast<float>(normalize->mean[channel])) / static_cast<float>(normalize->std[channel]);
    }
    table[i] = value;
  }
  return table;
}

std::optional<ImageTensor> vitc::preprocess(Bytes file, const std::vector<ImageStep> &steps, std::string &error) {
  std::optional<Image> image;
  for (const ImageStep &step : steps) {
    if (const auto *decode = std::get_if<DecodeStep>(&step))
      image = decodeImage(file, decode->channels, error);
    else if (const auto *exact = std::get_if<ResizeStep>(&step))
      image = resize(*image, exact->height, exact->width, exact->filter, error);
    else if (const auto *shortest = std::get_if<ResizeShortestEdgeStep>(&step))
      image = resizeShortestEdge(*image, shortest->edge, shortest->filter, error);
    else if (const auto *crop = std::get_if<CenterCropStep>(&step))
      image = centerCrop(*image, *crop);
    if (!image)
      return std::nullopt;
  }

  ImageTensor tensor{image->channels, image->height, image->width, std::vector<float>(image->pixels.size())};
  const size_t plane = static_cast<size_t>(image->height * image->width),
               channels = static_cast<size_t>(image->channels);
  for (size_t c = 0; c < channels; ++c) {
    const std::array<float, 256> table = makeTable(steps, static_cast<int64_t>(c));
    for (size_t i = 0; i < plane; ++i)
      tensor.values[c * plane + i] = table[image->pixels[i * channels + c]];
  }
  return tensor;
}
