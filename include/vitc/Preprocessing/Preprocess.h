//===- Preprocess.h - from a decoded picture to an input --------*- C++ -*-===//
//
// The steps that a model's manifest lists. Arithmetic is that of transformers' processors (PilBackend and
// TorchvisionBackend in image_processing_backends.py, image_transforms.py): pictures stay 8-bit while they are resized,
// by Pillow's arithmetic or torchvision's, and cropped, "rescale" multiplies in double and rounds to float, "normalize"
// subtracts and divides in float. Where "rescale" comes first, real numbers are resized, as torchvision does.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_PREPROCESSING_PREPROCESS_H
#define VITC_PREPROCESSING_PREPROCESS_H

#include "vitc/Files/Bytes.h"
#include "vitc/Image/Image.h"
#include "vitc/Image/Resample.h"
#include "vitc/Preprocessing/PictureSize.h"

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vitc {

/// The version of the list of steps that is understood.
constexpr int64_t preprocessingVersion = 1;

struct DecodeStep {
  int64_t channels = 3;
};

struct ResizeStep {
  /// To exactly the size, or keeping the ratio: as small as it can be to cover the size, as large to be within it.
  enum class Fit { Exact, Cover, Contain };

  int64_t height = 0;
  int64_t width = 0;
  Resampling filter;
  Fit fit = Fit::Exact;
};

struct ResizeShortestEdgeStep {
  int64_t edge = 0;
  Resampling filter;
};

/// See longestEdgeSize.
struct ResizeLongestEdgeStep {
  int64_t edge = 0;
  Resampling filter;
};

/// See boundedEdgesSize.
struct ResizeBoundedEdgesStep {
  int64_t shortest = 0;
  int64_t longest = 0;
  int64_t multiple = 1;
  Resampling filter;
};

/// See oneSideSize.
struct ResizeOneSideStep {
  int64_t height = 0;
  int64_t width = 0;
  int64_t multiple = 1;
  Resampling filter;
};

/// Makes pictures that are lower or narrower than the size as high or wide as it is; the smaller half of what is
/// missing goes to the top and the left.
struct PadStep {
  int64_t height = 0;
  int64_t width = 0;
  /// Of each channel.
  std::vector<double> fill;
};

/// Makes pictures that are lower or narrower than the size as high or wide as it is, with zeros at the bottom and the
/// right; of real numbers, which pixels become here if they are none yet.
struct PadEndStep {
  int64_t height = 0;
  int64_t width = 0;
};

/// Cuts out the middle; what lies outside the picture is zero.
struct CenterCropStep {
  /// Where the cut begins when the excess, which is negative if the picture is too small, is odd: transformers on
  /// Pillow rounds half of it down, on torchvision to zero, torchvision itself to even if there is an excess and to
  /// zero if not.
  enum class Rounding { Down, Even, Zero };

  int64_t height = 0;
  int64_t width = 0;
  Rounding rounding = Rounding::Down;
};

/// Puts the channels in reverse order: red, green, blue become blue, green, red.
struct FlipChannelsStep {};

struct RescaleStep {
  double factor = 1.0;
};

/// One mean and one standard deviation for each channel.
struct NormalizeStep {
  std::vector<double> mean;
  std::vector<double> std;
};

using ImageStep =
    std::variant<DecodeStep, ResizeStep, ResizeShortestEdgeStep, ResizeLongestEdgeStep, ResizeBoundedEdgesStep,
                 ResizeOneSideStep, PadStep, PadEndStep, CenterCropStep, FlipChannelsStep, RescaleStep, NormalizeStep>;

/// Reads "preprocessing" from the JSON text of an input of a manifest: {"version": 1, "steps": [{"step": KIND, …}, …]},
/// with the kinds and keys
///   decode {channels}, resize, resize_cover and resize_contain {height, width, filter}, resize_shortest_edge and
///   resize_longest_edge {edge, filter}, resize_bounded_edges {shortest, longest, multiple, filter}, resize_one_side
///   {height, width, multiple, filter}, pad {height, width, fill}, pad_end {height, width}, center_crop {height, width,
///   rounding: "down" (default), "even" or "zero"}, flip_channels {}, rescale {factor}, normalize {mean, std}.
/// where filter is a name for resamplingNamed. Errors, with a JSON pointer: an unknown version, kind, key or filter, a
/// value out of range, a list that does not begin with its only "decode", "pad" after the numbers became real. An input
/// without preprocessing gives no steps.
std::optional<std::vector<ImageStep>> parsePreprocessing(std::string_view input, std::string &error);

/// Decodes a picture file and carries out the steps, which parsePreprocessing returned and are not empty. `decoded`
/// gets the size of the picture before them, `filled` that of what is no padding of "pad_end". Errors: those of
/// decodeImage, and a step whose result would have no pixels or more than maxImagePixels, which the message names.
std::optional<ImageTensor> preprocess(Bytes file, const std::vector<ImageStep> &steps, std::string &error,
                                      PictureSize *decoded = nullptr, PictureSize *filled = nullptr);

/// The same for a picture that was decoded by somebody else; it becomes grey or coloured as the first step says.
std::optional<ImageTensor> preprocess(Image image, const std::vector<ImageStep> &steps, std::string &error,
                                      PictureSize *decoded = nullptr, PictureSize *filled = nullptr);

} // namespace vitc

#endif // VITC_PREPROCESSING_PREPROCESS_H
