//===- TimmPreprocessing.cpp - timm's transform for evaluation --*- C++ -*-===//

#include "TimmPreprocessing.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;

namespace {

/// The members of PretrainedCfg that matter, with its defaults.
struct Transform {
  double cropFraction = 0.875;
  std::string mode = "center", filter = "bicubic";
  std::vector<double> mean = {0.485, 0.456, 0.406}, deviation = {0.229, 0.224, 0.225};
};

class TransformReader {
public:
  TransformReader(InputErrors &errors, ObjectReader &pretrained, size_t channels)
      : errors(errors), pretrained(pretrained), channels(channels) {}

  Transform read() {
    Transform transform;
    // What is 0, empty or null counts as absent.
    if (const JsonValue *value = find("crop_pct")) {
      double fraction = readReal(errors, pretrained.pointerTo("crop_pct"), *value).value_or(0);
      if (fraction < 0 || (fraction > 0 && fraction < 0x1p-10))
        errors.report(pretrained.pointerTo("crop_pct"),
                      "is " + numberText(fraction) + ", expected a part of the picture");
      else if (fraction != 0)
        transform.cropFraction = fraction;
    }
    readWord("crop_mode", transform.mode, {"center", "squash", "border"});
    readWord("interpolation", transform.filter, {"nearest", "bilinear", "bicubic", "box", "hamming", "lanczos"});
    transform.mean = perChannel("mean", transform.mean);
    transform.deviation = perChannel("std", transform.deviation);
    for (const auto &[index, value] : llvm::enumerate(transform.deviation))
      if (!isDeviation(value))
        errors.report(pretrained.pointerTo("std"),
                      "has " + numberText(value) + ", a standard deviation is greater than 0");
    return transform;
  }

private:
  const JsonValue *find(llvm::StringRef key) {
    const JsonValue *value = pretrained.find(key);
    return value && !value->isNull() ? value : nullptr;
  }

  void readWord(llvm::StringRef key, std::string &word, const std::vector<std::string> &known) {
    const JsonValue *value = find(key);
    if (!value)
      return;
    std::string given = readString(errors, pretrained.pointerTo(key), *value).value_or("");
    if (given.empty())
      return;
    if (!llvm::is_contained(known, given))
      errors.report(pretrained.pointerTo(key), unknownName("value", given, known));
    word = given;
  }

  /// One number stands for all channels.
  std::vector<double> perChannel(llvm::StringRef key, std::vector<double> values) {
    const JsonValue *value = find(key);
    if (value && value->asArray() && !value->asArray()->empty())
      values = readReals(errors, pretrained.pointerTo(key), *value).value_or(values);
    else if (value && !value->asArray())
      values = {readReal(errors, pretrained.pointerTo(key), *value).value_or(1)};
    if (values.size() == 1)
      values.assign(channels, values.front());
    // timm's defaults are those of colour pictures; it refuses to apply them to others.
    if (value && values.size() != channels)
      errors.report(pretrained.pointerTo(key), "has " + llvm::Twine(values.size()) + " numbers, the model has " +
                                                   llvm::Twine(channels) + " channels");
    return values;
  }

  InputErrors &errors;
  ObjectReader &pretrained;
  size_t channels;
};

} // namespace

std::vector<PreprocessStep> vitc::readTimmPreprocessing(InputErrors &errors, ObjectReader &pretrained,
                                                        const std::vector<int64_t> &imageShape) {
  size_t channels = size_t(imageShape[0]);
  Transform transform = TransformReader(errors, pretrained, channels).read();
  if ((channels != 1 && channels != 3) || transform.mean.size() != channels || transform.deviation.size() != channels)
    return {};
  std::vector<double> size = {double(imageShape[1]), double(imageShape[2])}, scaled;
  for (double edge : size)
    scaled.push_back(std::floor(edge / transform.cropFraction));
  std::vector<PreprocessStep> steps = {{"decode", "", {double(channels)}}};
  if (transform.mode == "squash") {
    steps.push_back({"resize", transform.filter, scaled});
  } else if (transform.mode == "border") {
    steps.push_back({"resize_contain", transform.filter, scaled});
    steps.push_back({"pad", "", size});
    for (double mean : transform.mean) {
      if (!(mean >= 0 && mean <= 1))
        errors.report(pretrained.pointerTo("mean"), "has " + numberText(mean) + ", which is no colour for a border");
      steps.back().values.push_back(std::nearbyint(255 * mean));
    }
  } else if (scaled.front() == scaled.back()) {
    steps.push_back({"resize_shortest_edge", transform.filter, {scaled.front()}});
  } else {
    steps.push_back({"resize_cover", transform.filter, scaled});
  }
  steps.push_back({"center_crop", "even", size});
  steps.push_back({"rescale", "", {1.0 / 255.0}});
  transform.mean.insert(transform.mean.end(), transform.deviation.begin(), transform.deviation.end());
  steps.push_back({"normalize", "", std::move(transform.mean)});
  return steps;
}
