//===- Resample.h - sizes of pictures ---------------------------*- C++ -*-===//

#ifndef VITC_IMAGE_RESAMPLE_H
#define VITC_IMAGE_RESAMPLE_H

#include "vitc/Image/Image.h"

#include <optional>
#include <string>
#include <string_view>

namespace vitc {

/// Pillow's filters (Image.Resampling).
enum class ResampleFilter { Nearest, Box, Bilinear, Hamming, Bicubic, Lanczos };

/// How a picture of 8 bits is resized: a filter, and whose arithmetic.
struct Resampling {
  ResampleFilter filter = ResampleFilter::Bilinear;
  bool isTorchvision = false;
};

/// The filter of a name ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"); empty if there is none.
std::optional<ResampleFilter> resampleFilterNamed(std::string_view name);

/// The name of a filter.
std::string_view nameOf(ResampleFilter filter);

/// The same for the names of manifests: a filter's is Pillow's, with "torchvision_" before it torchvision's, which has
/// no "box" and "hamming".
std::optional<Resampling> resamplingNamed(std::string_view name);

/// The part of a picture that is wanted, in pixels; it lies within.
struct PictureWindow {
  int64_t top = 0;
  int64_t left = 0;
  int64_t height = 0;
  int64_t width = 0;
};

/// Resizes to exactly height x width pixels, with the same bits as Pillow's Image.resize: filters widen when a picture
/// shrinks, coefficients have 22 bits after the point, rows come before columns with 8 bits between. Of the
/// result, only the window is returned; nothing else is computed if neither side keeps its size. Errors: a size that is
/// not positive or exceeds maxImagePixels.
std::optional<Image> resize(const Image &image, int64_t height, int64_t width, ResampleFilter filter,
                            std::string &error, const std::optional<PictureWindow> &window = std::nullopt);

/// Resizes to exactly height x width pixels as torchvision's resize does with tensors of 8 bits and antialias=True on a
/// CPU with AVX2: coefficients have as many bits after the point as fit 16, rows always come before columns, with 8
/// bits between. Not for Box and Hamming. Window and errors: as for resize.
std::optional<Image> resizeAsTorchvision(const Image &image, int64_t height, int64_t width, ResampleFilter filter,
                                         std::string &error, const std::optional<PictureWindow> &window = std::nullopt);

/// Resizes real numbers, with the same filters, as PyTorch does with antialiasing: rows come before columns, nothing is
/// rounded or clipped. The result differs from PyTorch's by the order of its sums only. Errors: as for resize.
std::optional<ImageTensor> resize(const ImageTensor &image, int64_t height, int64_t width, ResampleFilter filter,
                                  std::string &error);

} // namespace vitc

#endif // VITC_IMAGE_RESAMPLE_H
