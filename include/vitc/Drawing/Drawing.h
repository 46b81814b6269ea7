//===- Drawing.h - answers as pictures --------------------------*- C++ -*-===//
//
// What people expect to see: the mask over the photo with a legend, boxes with labels, depth in colours. Text is set by
// FreeType with DejaVu Sans, which is part of the library. No LLVM: programs that run models link it.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DRAWING_DRAWING_H
#define VITC_DRAWING_DRAWING_H

#include "vitc/Image/Image.h"
#include "vitc/Postprocessing/Postprocess.h"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vitc {

/// Red, green, blue.
using Colour = std::array<uint8_t, 3>;
/// A colour for each class.
using Palette = std::vector<Colour>;

/// PASCAL VOC's colours: the bits of a class's number are dealt out to red, green and blue, the low ones to the high.
Palette pascalVocPalette(size_t count);

/// Reads a palette: a JSON list of [red, green, blue], or a line for each class of three numbers from 0 to 255 or of
/// #rrggbb; what follows on a line, and lines without either, do not count. Errors, with the place: a number out of
/// range, a file without colours.
std::optional<Palette> parsePalette(std::string_view text, std::string &error);

/// The name of a class: its label, or its number.
std::string nameOfClass(const std::vector<std::string> &labels, int64_t index);

/// The classes that a picture has, with their pixels; the largest first, equal ones by number.
struct ClassArea {
  int64_t index;
  int64_t pixels;
};
std::vector<ClassArea> areasOf(const Segmentation &segmentation);

/// `photo`, three channels, has the answer's size; `areas` are the segmentation's. Errors: not enough room for the
/// picture, FreeType's.
std::optional<Image> drawSegmentation(Image photo, const Segmentation &segmentation,
                                      const std::vector<ClassArea> &areas, const std::vector<std::string> &labels,
                                      const Palette &palette, std::string &error);
std::optional<Image> drawDetections(Image photo, const std::vector<Detection> &detections,
                                    const std::vector<std::string> &labels, const Palette &palette, std::string &error);

/// Small numbers dark, large ones bright; what is not finite grey. A bar beside it has the numbers.
std::optional<Image> drawDepth(const DepthMap &depth, std::string &error);

} // namespace vitc

#endif // VITC_DRAWING_DRAWING_H
