//===- Postprocess.h - from a model's outputs to an answer ------*- C++ -*-===//
//
// What a model's manifest says is to be made of its outputs for a picture, as the processors of transformers 5.24 do it
// (post_process_semantic_segmentation, post_process_object_detection, post_process_depth_estimation), on the numbers of
// one picture. No LLVM: programs that run models link it.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_POSTPROCESSING_POSTPROCESS_H
#define VITC_POSTPROCESSING_POSTPROCESS_H

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vitc {

/// The version of the description of an answer that is understood.
constexpr int64_t postprocessingVersion = 1;

/// A class for each pixel: the output's scores (classes x height x width) at the picture's size, bilinearly, and the
/// largest of them.
struct SegmentationRule {
  std::string output;
};

/// Boxes with classes, of candidates: `logits` is candidates x classes, `boxes` candidates x 4 (the middle's x and y,
/// width and height, of the picture's).
struct DetectionRule {
  /// How a candidate's score comes of its logits. Softmax: the last class is that nothing is there, and the best other
  /// one counts. Sigmoid: every class of every candidate is one, and the best `top` of all of them are left.
  enum class Scores { Softmax, Sigmoid };

  std::string logits;
  std::string boxes;
  Scores scores = Scores::Softmax;
  /// A detection's score is larger; unless the program that runs the model says otherwise.
  double threshold = 0.5;
  int64_t top = 100;
};

/// A distance, or its reciprocal, for each pixel: the output (height x width) at the picture's size.
struct DepthRule {
  enum class Filter { Bilinear, Bicubic };

  std::string output;
  Filter filter = Filter::Bicubic;
};

using AnswerRule = std::variant<SegmentationRule, DetectionRule, DepthRule>;

/// Reads "postprocessing" from the JSON text of an entry point of a manifest, which has none for most models:
///   {"version": 1, "kind": "segmentation", "output"}
///   {"version": 1, "kind": "detection", "logits", "boxes", "scores": "softmax" or "sigmoid", "threshold", "top"}
///   {"version": 1, "kind": "depth", "output", "filter": "bilinear" or "bicubic"}
/// Errors, with a JSON pointer: an unknown version, kind or key, a value out of range. `isThere` tells whether there is
/// one.
std::optional<AnswerRule> parsePostprocessing(std::string_view entryPoint, bool &isThere, std::string &error);

/// The classes of a picture's pixels, row by row.
struct Segmentation {
  int64_t height = 0, width = 0;
  std::vector<int32_t> classes;
};

struct Detection {
  int64_t label;
  double score;
  /// Left, top, right, bottom, in pixels of the picture; may lie beyond its edges.
  std::array<double, 4> box;
};

/// Numbers of a picture's pixels, row by row.
struct DepthMap {
  int64_t height = 0, width = 0;
  std::vector<float> values;
};

/// The sizes of a picture of numbers.
struct MapShape {
  int64_t channels, height, width;
};

/// Of equal scores the first class wins, and one that is not a number wins over all, as torch.argmax has it. `threads`
/// share the rows.
Segmentation segment(const float *scores, const MapShape &shape, int64_t height, int64_t width, unsigned threads);

/// The detections whose scores are larger than the threshold: by candidate (Softmax), or the best first (Sigmoid).
std::vector<Detection> detect(const float *logits, const float *boxes, int64_t candidates, int64_t classes,
                              const DetectionRule &rule, int64_t height, int64_t width);

DepthMap resizeDepth(const float *values, const MapShape &shape, DepthRule::Filter filter, int64_t height,
                     int64_t width, unsigned threads);

} // namespace vitc

#endif // VITC_POSTPROCESSING_POSTPROCESS_H
