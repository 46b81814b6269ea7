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

/// The filter of a name ("nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"); empty if there is none.
std::optional<ResampleFilter> resampleFilterNamed(std::string_view name);

/// The name of a filter.
std::string_view nameOf(ResampleFilter filter);

/// Resizes to exactly height x width pixels, with the same bits as Pillow's Image.resize: filters widen when a picture
/// shrinks, coefficients have 22 bits after the point, rows come before columns with 8 bits between. Errors: a size
/// that is not positive or exceeds maxImagePixels.
std::optional<Image> resize(const Image &image, int64_t height, int64_t width, ResampleFilter filter,
                            std::string &error);

/// Resizes real numbers, with the same filters, as PyTorch does with antialiasing: rows come before columns, nothing is
/// rounded or clipped. The result differs from PyTorch's by the order of its sums only. Errors: as for resize.
std::optional<ImageTensor> resize(const ImageTensor &image, int64_t height, int64_t width, ResampleFilter filter,
                                  std::string &error);

} // namespace vitc

#endif // VITC_IMAGE_RESAMPLE_H
