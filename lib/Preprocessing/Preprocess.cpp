//===- Preprocess.cpp - from a decoded picture to an input ----------------===//

#include "vitc/Preprocessing/Preprocess.h"

#include "vitc/Image/Decode.h"
#include "vitc/Preprocessing/PictureSize.h"

#include <algorithm>
#include <array>

using namespace vitc;

namespace {

/// What a step that resizes makes of a size, and how.
struct Resizing {
  PictureSize size;
  Resampling filter;
};

/// Where a cut of `size` out of `length` begins; negative when the picture is too small.
int64_t cropStart(int64_t length, int64_t size, CenterCropStep::Rounding rounding) {
  const int64_t excess = length - size;
  if (rounding == CenterCropStep::Rounding::Zero || (excess < 0 && rounding == CenterCropStep::Rounding::Even))
    return excess / 2; // torchvision pads the smaller half before
  if (excess < 0)
    return -((-excess + 1) / 2); // transformers pads the larger half before
  const int64_t half = excess / 2;
  return rounding == CenterCropStep::Rounding::Even ? half + (excess % 2 && half % 2) : half;
}

std::optional<Resizing> resizingOf(const ImageStep &step, PictureSize from) {
  if (const auto *exact = std::get_if<ResizeStep>(&step)) {
    const PictureSize size = {exact->height, exact->width};
    return Resizing{exact->fit == ResizeStep::Fit::Cover     ? coveringSize(from, size)
                    : exact->fit == ResizeStep::Fit::Contain ? containedSize(from, size)
                                                             : size,
                    exact->filter};
  }
  if (const auto *shortest = std::get_if<ResizeShortestEdgeStep>(&step))
    return Resizing{shortestEdgeSize(from, shortest->edge), shortest->filter};
  if (const auto *longest = std::get_if<ResizeLongestEdgeStep>(&step))
    return Resizing{longestEdgeSize(from, longest->edge), longest->filter};
  if (const auto *bounded = std::get_if<ResizeBoundedEdgesStep>(&step))
    return Resizing{boundedEdgesSize(from, bounded->shortest, bounded->longest, bounded->multiple), bounded->filter};
  if (const auto *oneSide = std::get_if<ResizeOneSideStep>(&step))
    return Resizing{oneSideSize(from, {oneSide->height, oneSide->width}, oneSide->multiple), oneSide->filter};
  return std::nullopt;
}

/// Copies `from`, of height x width x channels elements, into `to`, so that its element (0, 0) is that of (top, left);
/// what lies outside of either is left alone.
template <typename Number>
void copyWindow(const Number *from, PictureSize fromSize, Number *to, PictureSize toSize, int64_t channels, int64_t top,
                int64_t left) {
  const int64_t firstX = std::max<int64_t>(0, -left), endX = std::min(toSize.width, fromSize.width - left);
  if (endX <= firstX)
    return;
  for (int64_t y = std::max<int64_t>(0, -top); y < std::min(toSize.height, fromSize.height - top); ++y)
    std::copy_n(from + ((top + y) * fromSize.width + left + firstX) * channels, (endX - firstX) * channels,
                to + (y * toSize.width + firstX) * channels);
}

std::optional<Image> centerCrop(const Image &image, const CenterCropStep &step, std::string &error) {
  std::optional<Image> result = makeImage(step.height, step.width, image.channels, error, wouldHave);
  if (result)
    copyWindow(image.pixels.data(), {image.height, image.width}, result->pixels.data(), {step.height, step.width},
               image.channels, cropStart(image.height, step.height, step.rounding),
               cropStart(image.width, step.width, step.rounding));
  return result;
}

std::optional<ImageTensor> centerCrop(const ImageTensor &image, const CenterCropStep &step, std::string &error) {
  if (!checkImageSize(step.height, step.width, error, wouldHave))
    return std::nullopt;
  const int64_t area = step.height * step.width;
  ImageTensor result{image.channels, step.height, step.width,
                     std::vector<float>(static_cast<size_t>(image.channels * area))};
  for (int64_t c = 0; c < image.channels; ++c)
    copyWindow(image.values.data() + c * image.height * image.width, {image.height, image.width},
               result.values.data() + c * area, {step.height, step.width}, 1,
               cropStart(image.height, step.height, step.rounding), cropStart(image.width, step.width, step.rounding));
  return result;
}

std::optional<Image> pad(const Image &image, const PadStep &step, std::string &error) {
  const PictureSize size = {std::max(step.height, image.height), std::max(step.width, image.width)};
  std::optional<Image> result = makeImage(size.height, size.width, image.channels, error, wouldHave);
  if (!result)
    return std::nullopt;
  for (size_t i = 0; i < result->pixels.size(); ++i)
    result->pixels[i] = static_cast<uint8_t>(step.fill[i % step.fill.size()]);
  copyWindow(image.pixels.data(), {image.height, image.width}, result->pixels.data(), size, image.channels,
             -((size.height - image.height) / 2), -((size.width - image.width) / 2));
  return result;
}

/// What a value of a channel becomes; other steps leave it as it is.
float applyToValue(const ImageStep &step, float value, size_t channel) {
  if (const auto *rescale = std::get_if<RescaleStep>(&step))
    return static_cast<float>(static_cast<double>(value) * rescale->factor);
  if (const auto *normalize = std::get_if<NormalizeStep>(&step))
    return (value - static_cast<float>(normalize->mean[channel])) / static_cast<float>(normalize->std[channel]);
  return value;
}

bool isOnValues(const ImageStep &step) {
  return std::holds_alternative<RescaleStep>(step) || std::holds_alternative<NormalizeStep>(step);
}

using Steps = std::vector<ImageStep>::const_iterator;

/// Carries out steps on the values of 8-bit pixels, which are only 256 in each channel.
ImageTensor applyToPixels(const Image &image, Steps begin, Steps end) {
  ImageTensor tensor{image.channels, image.height, image.width, std::vector<float>(image.pixels.size())};
  const size_t plane = static_cast<size_t>(image.height * image.width), channels = static_cast<size_t>(image.channels);
  for (size_t c = 0; c < channels; ++c) {
    std::array<float, 256> table;
    for (size_t i = 0; i < table.size(); ++i) {
      table[i] = static_cast<float>(i);
      for (Steps step = begin; step != end; ++step)
        table[i] = applyToValue(*step, table[i], c);
    }
    for (size_t i = 0; i < plane; ++i)
      tensor.values[c * plane + i] = table[image.pixels[i * channels + c]];
  }
  return tensor;
}

std::optional<Image> resizeBytes(const Image &image, const Resizing &to, const std::optional<PictureWindow> &window,
                                 std::string &error) {
  return to.filter.isTorchvision
             ? resizeAsTorchvision(image, to.size.height, to.size.width, to.filter.filter, error, window)
             : resize(image, to.size.height, to.size.width, to.filter.filter, error, window);
}

/// Of a step that resizes, what is left by a cut that follows: what lies outside need not be computed. Nothing if there
/// is no such step and cut, or the cut is larger.
std::optional<PictureWindow> windowOf(const std::optional<Resizing> &to, const ImageStep *next) {
  const auto *crop = next ? std::get_if<CenterCropStep>(next) : nullptr;
  if (!to || !crop || crop->height > to->size.height || crop->width > to->size.width)
    return std::nullopt;
  return PictureWindow{cropStart(to->size.height, crop->height, crop->rounding),
                       cropStart(to->size.width, crop->width, crop->rounding), crop->height, crop->width};
}

/// A step on 8-bit pixels.
std::optional<Image> apply(const ImageStep &step, const Image &image, std::string &error) {
  if (const std::optional<Resizing> to = resizingOf(step, {image.height, image.width}))
    return resizeBytes(image, *to, std::nullopt, error);
  if (const auto *padding = std::get_if<PadStep>(&step))
    return pad(image, *padding, error);
  if (std::holds_alternative<FlipChannelsStep>(step)) {
    Image flipped = image;
    for (size_t first = 0; first < flipped.pixels.size(); first += static_cast<size_t>(image.channels))
      std::reverse(flipped.pixels.begin() + static_cast<ptrdiff_t>(first),
                   flipped.pixels.begin() + static_cast<ptrdiff_t>(first) + image.channels);
    return flipped;
  }
  return centerCrop(image, std::get<CenterCropStep>(step), error);
}

/// Zeros at the bottom and the right, as far as something is missing.
std::optional<ImageTensor> padEnd(const ImageTensor &image, const PadEndStep &step, std::string &error) {
  ImageTensor result{image.channels, std::max(image.height, step.height), std::max(image.width, step.width), {}};
  if (!checkImageSize(result.height, result.width, error, wouldHave))
    return std::nullopt;
  result.values.assign(static_cast<size_t>(result.channels * result.height * result.width), 0.0F);
  for (int64_t row = 0; row < image.channels * image.height; ++row) {
    const int64_t channel = row / image.height, y = row % image.height;
    std::copy_n(image.values.begin() + row * image.width, image.width,
                result.values.begin() + (channel * result.height + y) * result.width);
  }
  return result;
}

/// A step on real numbers.
std::optional<ImageTensor> apply(const ImageStep &step, ImageTensor image, std::string &error) {
  if (const std::optional<Resizing> to = resizingOf(step, {image.height, image.width}))
    return resize(image, to->size.height, to->size.width, to->filter.filter, error);
  if (const auto *crop = std::get_if<CenterCropStep>(&step))
    return centerCrop(image, *crop, error);
  if (const auto *padding = std::get_if<PadEndStep>(&step))
    return padEnd(image, *padding, error);
  const size_t plane = static_cast<size_t>(image.height * image.width);
  if (std::holds_alternative<FlipChannelsStep>(step)) {
    for (int64_t first = 0, last = image.channels - 1; first < last; ++first, --last)
      std::swap_ranges(image.values.begin() + static_cast<ptrdiff_t>(first * static_cast<int64_t>(plane)),
                       image.values.begin() + static_cast<ptrdiff_t>((first + 1) * static_cast<int64_t>(plane)),
                       image.values.begin() + static_cast<ptrdiff_t>(last * static_cast<int64_t>(plane)));
    return image;
  }
  for (size_t i = 0; i < image.values.size(); ++i)
    image.values[i] = applyToValue(step, image.values[i], i / plane);
  return image;
}

} // namespace

/// The steps after decoding.
static std::optional<ImageTensor> applySteps(std::optional<Image> image, const std::vector<ImageStep> &steps,
                                             std::string &error, PictureSize *decoded, PictureSize *filled) {
  if (image && decoded)
    *decoded = {image->height, image->width};
  if (filled)
    *filled = {INT64_MAX, INT64_MAX};
  const auto firstReal = std::find_if(steps.begin(), steps.end(), [](const ImageStep &step) {
    return isOnValues(step) || std::holds_alternative<PadEndStep>(step);
  });
  for (Steps step = steps.begin() + 1; image && step != firstReal; ++step) {
    const std::optional<Resizing> to = resizingOf(*step, {image->height, image->width});
    if (const auto window = windowOf(to, step + 1 != firstReal ? &step[1] : nullptr)) {
      image = resizeBytes(*image, *to, window, error);
      ++step;
    } else {
      image = apply(*step, *image, error);
    }
  }
  if (!image)
    return std::nullopt;
  const auto nextOnSizes = std::find_if_not(firstReal, steps.end(), isOnValues);
  std::optional<ImageTensor> tensor = applyToPixels(*image, firstReal, nextOnSizes);
  image.reset();
  for (Steps step = nextOnSizes; tensor && step != steps.end(); ++step) {
    if (filled && std::holds_alternative<PadEndStep>(*step))
      *filled = {tensor->height, tensor->width};
    tensor = apply(*step, std::move(*tensor), error);
  }
  return tensor;
}

std::optional<ImageTensor> vitc::preprocess(Bytes file, const std::vector<ImageStep> &steps, std::string &error,
                                            PictureSize *decoded, PictureSize *filled) {
  return applySteps(decodeImage(file, std::get<DecodeStep>(steps.front()).channels, error), steps, error, decoded,
                    filled);
}

std::optional<ImageTensor> vitc::preprocess(Image image, const std::vector<ImageStep> &steps, std::string &error,
                                            PictureSize *decoded, PictureSize *filled) {
  const bool isGrey = std::get<DecodeStep>(steps.front()).channels == 1;
  return applySteps(isGrey ? toGrey(std::move(image)) : toRgb(std::move(image)), steps, error, decoded, filled);
}
