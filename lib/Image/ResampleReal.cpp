//===- ResampleReal.cpp - resizing real numbers with PyTorch's arithmetic -===//

#include "vitc/Image/Resample.h"

#include "FilterWeights.h"

using namespace vitc;

static ImageTensor makeTensor(int64_t channels, int64_t height, int64_t width) {
  return {channels, height, width, std::vector<float>(static_cast<size_t>(channels * height * width))};
}

static ImageTensor resizeNearest(const ImageTensor &image, int64_t height, int64_t width) {
  ImageTensor result = makeTensor(image.channels, height, width);
  const std::vector<int64_t> ys = nearestPositions(image.height, height), xs = nearestPositions(image.width, width);
  float *out = result.values.data();
  for (int64_t c = 0; c < image.channels; ++c)
    for (int64_t y : ys)
      for (int64_t x : xs)
        *out++ = image.values[(c * image.height + y) * image.width + x];
  return result;
}

static ImageTensor resizeRows(const ImageTensor &image, int64_t width, const FilterWeights<float> &weights) {
  ImageTensor result = makeTensor(image.channels, image.height, width);
  float *out = result.values.data();
  for (int64_t row = 0; row < image.channels * image.height; ++row)
    for (int64_t x = 0; x < width; ++x) {
      const float *in = image.values.data() + row * image.width + weights.start[x];
      const float *coefficients = weights.coefficients.data() + x * weights.taps;
      float sum = 0;
      for (int64_t j = 0; j < weights.count[x]; ++j)
        sum += in[j] * coefficients[j];
      *out++ = sum;
    }
  return result;
}

static ImageTensor resizeColumns(const ImageTensor &image, int64_t height, const FilterWeights<float> &weights) {
  ImageTensor result = makeTensor(image.channels, height, image.width);
  float *out = result.values.data();
  for (int64_t c = 0; c < image.channels; ++c)
    for (int64_t y = 0; y < height; ++y, out += image.width)
      for (int64_t j = 0; j < weights.count[y]; ++j) {
        const float coefficient = weights.coefficients[y * weights.taps + j];
        const float *in = image.values.data() + (c * image.height + weights.start[y] + j) * image.width;
        for (int64_t x = 0; x < image.width; ++x)
          out[x] += in[x] * coefficient;
      }
  return result;
}

std::optional<ImageTensor> vitc::resize(const ImageTensor &image, int64_t height, int64_t width, ResampleFilter filter,
                                        std::string &error) {
  if (height == image.height && width == image.width)
    return image;
  // The picture between the passes may be larger than both the others.
  if (!checkImageSize(height, width, error, wouldHave) || !checkImageSize(image.height, width, error, wouldHave))
    return std::nullopt;
  if (filter == ResampleFilter::Nearest)
    return resizeNearest(image, height, width);
  const auto weights = [&](int64_t from, int64_t to) { return filterWeights<float>(from, to, filterKind(filter)); };
  return resizeRowsThenColumns(
      image, height, width,
      [&](const ImageTensor &from) { return resizeRows(from, width, weights(from.width, width)); },
      [&](const ImageTensor &from) { return resizeColumns(from, height, weights(from.height, height)); });
}
