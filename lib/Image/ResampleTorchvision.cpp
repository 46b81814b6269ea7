//===- ResampleTorchvision.cpp - resizing with torchvision's arithmetic ---===//
//
// What torchvision's resize does with 8-bit tensors and antialias=True on a CPU with AVX2 (ATen's
// native/cpu/UpSampleKernel.cpp and UpSampleKernelAVXAntialias.h, PyTorch 2.13): the weights of Pillow's filters with
// as many bits as fit 16, rows before columns, and 8 bits between.
//
//===----------------------------------------------------------------------===//

#include "vitc/Image/Resample.h"

#include "FilterWeights.h"

using namespace vitc;

namespace {

/// Weights of 16 bits, and how many of these come after the point.
struct Weights : FilterWeights<int16_t> {
  int precision = 0;
};

Weights makeWeights(int64_t inputSize, int64_t outputSize, ResampleFilter filter) {
  FilterWeights<double> real = filterWeights<double>(inputSize, outputSize, filterKind(filter));
  Weights weights;
  weights.taps = real.taps;
  weights.start = std::move(real.start);
  weights.count = std::move(real.count);
  const double largest = *std::max_element(real.coefficients.begin(), real.coefficients.end());
  while (weights.precision < 22 && static_cast<int>(0.5 + largest * (1 << (weights.precision + 1))) < 1 << 15)
    ++weights.precision;
  for (double coefficient : real.coefficients) {
    const double value = coefficient * (1 << weights.precision);
    weights.coefficients.push_back(static_cast<int16_t>(value < 0 ? value - 0.5 : value + 0.5));
  }
  return weights;
}

/// Half of the last bit: sums begin with it.
int32_t half(const Weights &weights) { return weights.precision > 0 ? 1 << (weights.precision - 1) : 0; }

uint8_t toByte(int32_t sum, int precision) {
  return static_cast<uint8_t>(std::clamp<int32_t>(sum >> precision, 0, 255));
}

/// The number of channels is a constant, so that the sums stay in registers.
template <int channels> void resizeRow(const uint8_t *row, uint8_t *out, int64_t width, const Weights &weights) {
  for (int64_t x = 0; x < width; ++x) {
    const int16_t *coefficients = weights.coefficients.data() + x * weights.taps;
    const uint8_t *in = row + weights.start[x] * channels;
    int32_t sums[channels];
    std::fill_n(sums, channels, half(weights));
    for (int64_t j = 0, count = weights.count[x]; j < count; ++j)
      for (int c = 0; c < channels; ++c)
        sums[c] += *in++ * coefficients[j];
    for (int c = 0; c < channels; ++c)
      *out++ = toByte(sums[c], weights.precision);
  }
}

Image resizeRows(const Image &image, int64_t width, const Weights &weights) {
  const int64_t channels = image.channels;
  Image result{image.height, width, channels,
               std::vector<uint8_t>(static_cast<size_t>(image.height * width * channels))};
  for (int64_t y = 0; y < image.height; ++y) {
    const uint8_t *row = image.pixels.data() + y * image.width * channels;
    uint8_t *out = result.pixels.data() + y * width * channels;
    channels == 1 ? resizeRow<1>(row, out, width, weights) : resizeRow<3>(row, out, width, weights);
  }
  return result;
}

Image resizeColumns(const Image &image, int64_t height, const Weights &weights) {
  const int64_t rowSize = image.width * image.channels;
  Image result{height, image.width, image.channels, std::vector<uint8_t>(static_cast<size_t>(height * rowSize))};
  std::vector<int32_t> sums(static_cast<size_t>(rowSize));
  for (int64_t y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), half(weights));
    for (int64_t j = 0; j < weights.count[y]; ++j) {
      const int16_t coefficient = weights.coefficients[y * weights.taps + j];
      const uint8_t *in = image.pixels.data() + (weights.start[y] + j) * rowSize;
      for (int64_t i = 0; i < rowSize; ++i)
        sums[i] += in[i] * coefficient;
    }
    std::transform(sums.begin(), sums.end(), result.pixels.begin() + y * rowSize,
                   [&](int32_t sum) { return toByte(sum, weights.precision); });
  }
  return result;
}

/// "nearest-exact": the middle of each pixel, in float.
std::vector<int64_t> positions(int64_t inputSize, int64_t outputSize) {
  const float scale = static_cast<float>(inputSize) / static_cast<float>(outputSize);
  std::vector<int64_t> positions;
  for (int64_t i = 0; i < outputSize; ++i)
    positions.push_back(
        std::min(static_cast<int64_t>(std::floor((static_cast<float>(i) + 0.5f) * scale)), inputSize - 1));
  return positions;
}

Image resizeNearest(const Image &image, int64_t height, int64_t width) {
  Image result{height, width, image.channels,
               std::vector<uint8_t>(static_cast<size_t>(height * width * image.channels))};
  const std::vector<int64_t> ys = positions(image.height, height), xs = positions(image.width, width);
  uint8_t *out = result.pixels.data();
  for (int64_t y : ys)
    for (int64_t x : xs)
      out = std::copy_n(image.pixels.data() + (y * image.width + x) * image.channels, image.channels, out);
  return result;
}

} // namespace

std::optional<Image> vitc::resizeAsTorchvision(const Image &image, int64_t height, int64_t width, ResampleFilter filter,
                                               std::string &error, const std::optional<PictureWindow> &window) {
  if (height == image.height && width == image.width)
    return cutOut(image, window);
  // The picture between the passes may be larger than both the others.
  if (!checkImageSize(height, width, error, wouldHave) || !checkImageSize(image.height, width, error, wouldHave))
    return std::nullopt;
  if (filter == ResampleFilter::Nearest)
    return cutOut(resizeNearest(image, height, width), window);
  if (window && height != image.height && width != image.width) {
    Weights rows = makeWeights(image.width, width, filter), columns = makeWeights(image.height, height, filter);
    keepOutputs(rows, window->left, window->width);
    keepOutputs(columns, window->top, window->height);
    return resizeColumns(resizeRows(image, window->width, rows), window->height, columns);
  }
  return cutOut(
      resizeRowsThenColumns(
          image, height, width,
          [&](const Image &from) { return resizeRows(from, width, makeWeights(from.width, width, filter)); },
          [&](const Image &from) { return resizeColumns(from, height, makeWeights(from.height, height, filter)); }),
      window);
}
