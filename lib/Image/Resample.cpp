//===- Resample.cpp - resizing with Pillow's arithmetic -------------------===//
//
// What must be repeated exactly is the order and the type of the floating-point operations that make the coefficients
// (src/libImaging/Resample.c of Pillow), and for "nearest" the accumulated coordinates (Geometry.c). Everything after
// that is integers.
//
//===----------------------------------------------------------------------===//

#include "vitc/Image/Resample.h"

#include "FilterWeights.h"

using namespace vitc;

namespace {

constexpr double pi = 3.14159265358979323846;

double boxFilter(double x) { return x > -0.5 && x <= 0.5 ? 1.0 : 0.0; }

double bilinearFilter(double x) {
  x = std::fabs(x);
  return x < 1.0 ? 1.0 - x : 0.0;
}

double hammingFilter(double x) {
  x = std::fabs(x);
  if (x == 0.0)
    return 1.0;
  if (x >= 1.0)
    return 0.0;
  x *= pi;
  // Pillow's constants are floats.
  return std::sin(x) / x * (0.54f + 0.46f * std::cos(x));
}

double bicubicFilter(double x) {
  constexpr double a = -0.5;
  x = std::fabs(x);
  if (x < 1.0)
    return ((a + 2.0) * x - (a + 3.0)) * x * x + 1;
  if (x < 2.0)
    return (((x - 5) * x + 8) * x - 4) * a;
  return 0.0;
}

double sinc(double x) { return x == 0.0 ? 1.0 : std::sin(x * pi) / (x * pi); }

double lanczosFilter(double x) { return x >= -3.0 && x < 3.0 ? sinc(x) * sinc(x / 3) : 0.0; }

} // namespace

/// In the order of ResampleFilter.
constexpr FilterKind filterKinds[] = {
    {"nearest", 0.0, nullptr},       {"box", 0.5, boxFilter},         {"bilinear", 1.0, bilinearFilter},
    {"hamming", 1.0, hammingFilter}, {"bicubic", 2.0, bicubicFilter}, {"lanczos", 3.0, lanczosFilter},
};

std::optional<ResampleFilter> vitc::resampleFilterNamed(std::string_view name) {
  for (size_t i = 0; i < std::size(filterKinds); ++i)
    if (filterKinds[i].name == name)
      return static_cast<ResampleFilter>(i);
  return std::nullopt;
}

std::optional<Resampling> vitc::resamplingNamed(std::string_view name) {
  constexpr std::string_view prefix = "torchvision_";
  Resampling resampling;
  resampling.isTorchvision = name.substr(0, prefix.size()) == prefix;
  if (resampling.isTorchvision)
    name.remove_prefix(prefix.size());
  const std::optional<ResampleFilter> filter = resampleFilterNamed(name);
  if (!filter || (resampling.isTorchvision && (*filter == ResampleFilter::Box || *filter == ResampleFilter::Hamming)))
    return std::nullopt;
  resampling.filter = *filter;
  return resampling;
}

const FilterKind &vitc::filterKind(ResampleFilter filter) { return filterKinds[static_cast<size_t>(filter)]; }

std::string_view vitc::nameOf(ResampleFilter filter) { return filterKinds[static_cast<size_t>(filter)].name; }

/// Bits after the point of a coefficient: a sum of products with 8-bit pixels, which may overshoot, fits 32 bits.
constexpr int precisionBits = 22;

using Weights = FilterWeights<int32_t>;

static Weights makeWeights(int64_t inputSize, int64_t outputSize, ResampleFilter filter) {
  FilterWeights<double> real = filterWeights<double>(inputSize, outputSize, filterKind(filter));
  Weights weights{real.taps, std::move(real.start), std::move(real.count), {}};
  weights.coefficients.reserve(real.coefficients.size());
  for (double coefficient : real.coefficients) {
    const double value = coefficient * (1 << precisionBits);
    weights.coefficients.push_back(static_cast<int32_t>(value < 0 ? value - 0.5 : value + 0.5));
  }
  return weights;
}

static uint8_t clampToByte(int32_t sum) {
  return static_cast<uint8_t>(std::clamp<int32_t>(sum >> precisionBits, 0, 255));
}

/// Filters one row. The number of channels is a constant, so that the sums stay in registers.
template <int channels> static void resizeRow(const uint8_t *row, uint8_t *out, int64_t width, const Weights &weights) {
  for (int64_t x = 0; x < width; ++x) {
    const int32_t *coefficients = weights.coefficients.data() + x * weights.taps;
    const uint8_t *in = row + weights.start[x] * channels;
    int32_t sums[channels];
    std::fill_n(sums, channels, 1 << (precisionBits - 1));
    for (int64_t j = 0, count = weights.count[x]; j < count; ++j)
      for (int c = 0; c < channels; ++c)
        sums[c] += *in++ * coefficients[j];
    for (int c = 0; c < channels; ++c)
      *out++ = clampToByte(sums[c]);
  }
}

/// Filters rows [firstRow, firstRow + rows) of the image.
static Image resizeRows(const Image &image, int64_t firstRow, int64_t rows, int64_t width, const Weights &weights) {
  const int64_t channels = image.channels;
  Image result{rows, width, channels, std::vector<uint8_t>(static_cast<size_t>(rows * width * channels))};
  for (int64_t y = 0; y < rows; ++y) {
    const uint8_t *row = image.pixels.data() + (firstRow + y) * image.width * channels;
    uint8_t *out = result.pixels.data() + y * width * channels;
    channels == 1 ? resizeRow<1>(row, out, width, weights) : resizeRow<3>(row, out, width, weights);
  }
  return result;
}

/// Filters columns; row 0 of `image` is row `firstRow` of what the weights speak of.
static Image resizeColumns(const Image &image, int64_t firstRow, int64_t height, const Weights &weights) {
  const int64_t rowSize = image.width * image.channels;
  Image result{height, image.width, image.channels, std::vector<uint8_t>(static_cast<size_t>(height * rowSize))};
  std::vector<int32_t> sums(static_cast<size_t>(rowSize));
  for (int64_t y = 0; y < height; ++y) {
    std::fill(sums.begin(), sums.end(), 1 << (precisionBits - 1));
    for (int64_t j = 0; j < weights.count[y]; ++j) {
      const int32_t coefficient = weights.coefficients[y * weights.taps + j];
      const uint8_t *in = image.pixels.data() + (weights.start[y] - firstRow + j) * rowSize;
      for (int64_t i = 0; i < rowSize; ++i)
        sums[i] += in[i] * coefficient;
    }
    std::transform(sums.begin(), sums.end(), result.pixels.begin() + y * rowSize, clampToByte);
  }
  return result;
}

/// The coordinate is accumulated, not multiplied, in double.
std::vector<int64_t> vitc::nearestPositions(int64_t inputSize, int64_t outputSize) {
  const double scale = static_cast<double>(static_cast<float>(inputSize)) / static_cast<double>(outputSize);
  std::vector<int64_t> positions;
  double position = scale * 0.5;
  for (int64_t i = 0; i < outputSize; ++i, position += scale)
    positions.push_back(std::min(static_cast<int64_t>(position), inputSize - 1));
  return positions;
}

static Image resizeNearest(const Image &image, int64_t height, int64_t width) {
  Image result{height, width, image.channels,
               std::vector<uint8_t>(static_cast<size_t>(height * width * image.channels))};
  const std::vector<int64_t> ys = nearestPositions(image.height, height);
  const std::vector<int64_t> xs = nearestPositions(image.width, width);
  uint8_t *out = result.pixels.data();
  for (int64_t y : ys)
    for (int64_t x : xs)
      out = std::copy_n(image.pixels.data() + (y * image.width + x) * image.channels, image.channels, out);
  return result;
}

/// Which pass comes first shows in the last bit. Pillow 13 shrinks columns before rows when that saves much.
static bool columnsComeFirst(const Image &image, int64_t height, int64_t width) {
  return height < image.height && image.height - height > 2 * (image.width - width);
}

Image vitc::cutOut(Image image, const std::optional<PictureWindow> &window) {
  if (!window)
    return image;
  const int64_t rowSize = window->width * image.channels;
  Image part{window->height, window->width, image.channels,
             std::vector<uint8_t>(static_cast<size_t>(window->height * rowSize))};
  for (int64_t y = 0; y < window->height; ++y)
    std::copy_n(image.pixels.data() + ((window->top + y) * image.width + window->left) * image.channels, rowSize,
                part.pixels.data() + y * rowSize);
  return part;
}

std::optional<Image> vitc::resize(const Image &image, int64_t height, int64_t width, ResampleFilter filter,
                                  std::string &error, const std::optional<PictureWindow> &window) {
  if (height == image.height && width == image.width)
    return cutOut(image, window);
  if (!checkImageSize(height, width, error, wouldHave))
    return std::nullopt;
  if (filter == ResampleFilter::Nearest)
    return cutOut(resizeNearest(image, height, width), window);

  if (width == image.width)
    return cutOut(resizeColumns(image, 0, height, makeWeights(image.height, height, filter)), window);
  Weights rows = makeWeights(image.width, width, filter);
  if (height == image.height)
    return cutOut(resizeRows(image, 0, height, width, rows), window);
  Weights columns = makeWeights(image.height, height, filter);
  const bool isColumnsFirst = columnsComeFirst(image, height, width);
  if (window) {
    keepOutputs(rows, window->left, window->width);
    keepOutputs(columns, window->top, window->height);
    height = window->height;
    width = window->width;
  }
  if (isColumnsFirst)
    return resizeRows(resizeColumns(image, 0, height, columns), 0, height, width, rows);
  const int64_t firstRow = columns.start.front();
  const int64_t usedRows = columns.start.back() + columns.count.back() - firstRow;
  // The picture between the passes may be larger than both the others.
  if (!checkImageSize(usedRows, width, error, wouldHave))
    return std::nullopt;
  return resizeColumns(resizeRows(image, firstRow, usedRows, width, rows), firstRow, height, columns);
}
