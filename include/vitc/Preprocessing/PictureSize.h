//===- PictureSize.h - sizes that keep a picture's ratio --------*- C++ -*-===//
//
// Each library rounds in its own way, and a picture that is one pixel wider is another one.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_PREPROCESSING_PICTURESIZE_H
#define VITC_PREPROCESSING_PICTURESIZE_H

#include <cstdint>

namespace vitc {

/// In pixels. What the functions below return may be too large for a picture, or have a side of 0.
struct PictureSize {
  int64_t height = 0;
  int64_t width = 0;
};

/// The shorter side becomes `edge`; the longer one is edge * long / short, rounded down (torchvision's Resize,
/// get_resize_output_image_size of transformers).
PictureSize shortestEdgeSize(PictureSize from, int64_t edge);

/// The longer side becomes `edge`, and the other keeps the ratio; both are rounded to the nearest, halves up
/// (_get_preprocess_shape of transformers' SAM).
PictureSize longestEdgeSize(PictureSize from, int64_t edge);

/// As `shortestEdgeSize`, but if the longer side would exceed `longest`, the shorter one becomes what makes that one
/// `longest`; then both are rounded down to multiples of `multiple` (get_size_with_aspect_ratio_yolos of transformers).
PictureSize boundedEdgesSize(PictureSize from, int64_t shortest, int64_t longest, int64_t multiple);

/// One side becomes that of `target`, the one that changes by the smaller factor; the other keeps the ratio. Both are
/// rounded to the nearest multiples, halves to even ones (get_resize_output_image_size of transformers' DPT).
PictureSize oneSideSize(PictureSize from, PictureSize target, int64_t multiple);

/// The smallest size that covers `box`, and the largest within it; sides are rounded to the nearest, halves to even
/// (timm's ResizeKeepRatio with longest = 0 and 1).
PictureSize coveringSize(PictureSize from, PictureSize box);
PictureSize containedSize(PictureSize from, PictureSize box);

} // namespace vitc

#endif // VITC_PREPROCESSING_PICTURESIZE_H
