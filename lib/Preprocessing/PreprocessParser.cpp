//===- PreprocessParser.cpp - the manifest's list of steps ----------------===//

#include "vitc/Preprocessing/Preprocess.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>

using namespace vitc;
using nlohmann::json;

namespace {

/// Larger sides than any model has; products of two of them cannot overflow.
constexpr int64_t maxSide = 1 << 20;

class StepParser {
public:
  StepParser(const json &step, std::string pointer, std::string &error)
      : step(step), pointer(std::move(pointer)), error(error) {}

  std::optional<ImageStep> parse();

private:
  std::nullopt_t fail(const std::string &key, const std::string &message) {
    error = pointer + (key.empty() ? "" : "/" + key) + ": " + message;
    return std::nullopt;
  }

  /// Checks that the step has exactly these keys beside "step", and perhaps `optional`.
  bool hasKeys(std::initializer_list<const char *> keys, const char *optional = nullptr);
  bool readSide(const char *key, int64_t &side);
  bool readFilter(Resampling &filter);
  bool readNumbers(const char *key, std::vector<double> &numbers);
  bool readRounding(CenterCropStep::Rounding &rounding);

  const json &step;
  std::string pointer;
  std::string &error;
};

bool StepParser::hasKeys(std::initializer_list<const char *> keys, const char *optional) {
  for (const char *key : keys)
    if (!step.contains(key)) {
      fail("", "no \"" + std::string(key) + "\"");
      return false;
    }
  for (const auto &item : step.items()) {
    const auto isItem = [&](const char *key) { return item.key() == key; };
    if (item.key() != "step" && !(optional && isItem(optional)) && std::none_of(keys.begin(), keys.end(), isItem)) {
      fail(item.key(), "unknown key");
      return false;
    }
  }
  return true;
}

bool StepParser::readSide(const char *key, int64_t &side) {
  const json &value = step[key];
  if (value.is_number_integer() && value >= 1 && value <= maxSide) {
    side = value.get<int64_t>();
    return true;
  }
  fail(key, "expected an integer from 1 to " + std::to_string(maxSide));
  return false;
}

bool StepParser::readFilter(Resampling &filter) {
  const json &value = step["filter"];
  const std::optional<Resampling> named =
      value.is_string() ? resamplingNamed(value.get_ref<const std::string &>()) : std::nullopt;
  if (named) {
    filter = *named;
    return true;
  }
  fail("filter",
       "unknown filter, expected nearest, box, bilinear, hamming, bicubic or lanczos, or one of torchvision's, which "
       "has torchvision_ before its name");
  return false;
}

bool StepParser::readNumbers(const char *key, std::vector<double> &numbers) {
  const json &values = step[key];
  const auto isNumber = [](const json &value) { return value.is_number() && std::isfinite(value.get<double>()); };
  if (values.is_array() && (values.size() == 1 || values.size() == 3) &&
      std::all_of(values.begin(), values.end(), isNumber)) {
    numbers = values.get<std::vector<double>>();
    return true;
  }
  fail(key, "expected a list of 1 or 3 numbers");
  return false;
}

bool StepParser::readRounding(CenterCropStep::Rounding &rounding) {
  if (!step.contains("rounding") || step["rounding"] == "down")
    return true;
  if (step["rounding"] == "even" || step["rounding"] == "zero") {
    rounding = step["rounding"] == "even" ? CenterCropStep::Rounding::Even : CenterCropStep::Rounding::Zero;
    return true;
  }
  fail("rounding", "expected \"down\", \"even\" or \"zero\"");
  return false;
}

std::optional<ImageStep> StepParser::parse() {
  if (!step.is_object() || !step.contains("step") || !step["step"].is_string())
    return fail("", "expected an object with the string \"step\"");
  const std::string kind = step["step"];
  if (kind == "decode") {
    DecodeStep decode;
    if (!hasKeys({"channels"}))
      return std::nullopt;
    if (step["channels"] != 1 && step["channels"] != 3)
      return fail("channels", "expected 1 or 3");
    decode.channels = step["channels"];
    return decode;
  }
  constexpr std::pair<std::string_view, ResizeStep::Fit> fits[] = {{"resize", ResizeStep::Fit::Exact},
                                                                   {"resize_cover", ResizeStep::Fit::Cover},
                                                                   {"resize_contain", ResizeStep::Fit::Contain}};
  for (const auto &[name, fit] : fits) {
    if (kind != name)
      continue;
    ResizeStep resize;
    resize.fit = fit;
    if (hasKeys({"height", "width", "filter"}) && readSide("height", resize.height) &&
        readSide("width", resize.width) && readFilter(resize.filter))
      return resize;
    return std::nullopt;
  }
  if (kind == "resize_shortest_edge") {
    ResizeShortestEdgeStep resize;
    if (hasKeys({"edge", "filter"}) && readSide("edge", resize.edge) && readFilter(resize.filter))
      return resize;
    return std::nullopt;
  }
  if (kind == "resize_bounded_edges") {
    ResizeBoundedEdgesStep resize;
    if (hasKeys({"shortest", "longest", "multiple", "filter"}) && readSide("shortest", resize.shortest) &&
        readSide("longest", resize.longest) && readSide("multiple", resize.multiple) && readFilter(resize.filter))
      return resize;
    return std::nullopt;
  }
  if (kind == "resize_one_side") {
    ResizeOneSideStep resize;
    if (hasKeys({"height", "width", "multiple", "filter"}) && readSide("height", resize.height) &&
        readSide("width", resize.width) && readSide("multiple", resize.multiple) && readFilter(resize.filter))
      return resize;
    return std::nullopt;
  }
  if (kind == "pad") {
    PadStep pad;
    if (!hasKeys({"height", "width", "fill"}) || !readSide("height", pad.height) || !readSide("width", pad.width) ||
        !readNumbers("fill", pad.fill))
      return std::nullopt;
    const auto isByte = [](double value) { return value >= 0 && value <= 255 && value == std::floor(value); };
    if (!std::all_of(pad.fill.begin(), pad.fill.end(), isByte))
      return fail("fill", "expected integers from 0 to 255");
    return pad;
  }
  if (kind == "pad_end") {
    PadEndStep pad;
    if (hasKeys({"height", "width"}) && readSide("height", pad.height) && readSide("width", pad.width))
      return pad;
    return std::nullopt;
  }
  if (kind == "center_crop") {
    CenterCropStep crop;
    if (hasKeys({"height", "width"}, "rounding") && readSide("height", crop.height) && readSide("width", crop.width) &&
        readRounding(crop.rounding))
      return crop;
    return std::nullopt;
  }
  if (kind == "flip_channels") {
    if (hasKeys({}))
      return FlipChannelsStep{};
    return std::nullopt;
  }
  if (kind == "rescale") {
    if (!hasKeys({"factor"}))
      return std::nullopt;
    if (!step["factor"].is_number() || !std::isfinite(step["factor"].get<double>()))
      return fail("factor", "expected a number");
    return RescaleStep{step["factor"].get<double>()};
  }
  if (kind == "normalize") {
    NormalizeStep normalize;
    if (!hasKeys({"mean", "std"}) || !readNumbers("mean", normalize.mean) || !readNumbers("std", normalize.std))
      return std::nullopt;
    const auto isZero = [](double value) { return static_cast<float>(value) == 0.0f; };
    if (std::any_of(normalize.std.begin(), normalize.std.end(), isZero))
      return fail("std", "a standard deviation is 0");
    return normalize;
  }
  return fail(
      "step",
      "unknown step \"" + kind +
          "\", this version knows decode, resize, resize_cover, resize_contain, resize_shortest_edge, "
          "resize_bounded_edges, resize_one_side, pad, pad_end, center_crop, flip_channels, rescale and normalize");
}

bool makesReal(const ImageStep &step) {
  return std::holds_alternative<RescaleStep>(step) || std::holds_alternative<NormalizeStep>(step);
}

/// Checks what one step alone cannot tell; an error message without the pointer, or "".
std::string checkOrder(const std::vector<ImageStep> &steps, size_t i) {
  const ImageStep &step = steps[i];
  if ((i == 0) != std::holds_alternative<DecodeStep>(step))
    return i == 0 ? "the first step is not \"decode\"" : "\"decode\" is not the first step";
  const auto channels = static_cast<size_t>(std::get<DecodeStep>(steps[0]).channels);
  const auto *normalize = std::get_if<NormalizeStep>(&step);
  const auto *pad = std::get_if<PadStep>(&step);
  if ((normalize && (normalize->mean.size() != channels || normalize->std.size() != channels)) ||
      (pad && pad->fill.size() != channels))
    return "expected " + std::to_string(channels) + " numbers, one for each channel";
  if (pad && std::any_of(steps.begin(), steps.begin() + static_cast<ptrdiff_t>(i), makesReal))
    return "a step on 8-bit pixels after \"rescale\" or \"normalize\"";
  if (std::holds_alternative<PadEndStep>(step) &&
      std::none_of(steps.begin(), steps.begin() + static_cast<ptrdiff_t>(i), makesReal))
    return "a step on real numbers before \"rescale\" or \"normalize\"";
  return "";
}

} // namespace

std::optional<std::vector<ImageStep>> vitc::parsePreprocessing(std::string_view input, std::string &error) {
  const json root = json::parse(input, nullptr, /*allow_exceptions=*/false);
  if (!root.is_object()) {
    error = "input: expected a JSON object";
    return std::nullopt;
  }
  std::vector<ImageStep> steps;
  if (!root.contains("preprocessing") || root["preprocessing"].is_null())
    return steps;
  const json &list = root["preprocessing"];
  if (!list.is_object() || !list.contains("version") || list["version"] != preprocessingVersion) {
    error = "/preprocessing/version: expected version " + std::to_string(preprocessingVersion) +
            " of the list of steps, a newer vitc-run may know this one";
    return std::nullopt;
  }
  if (!list.contains("steps") || !list["steps"].is_array()) {
    error = "/preprocessing/steps: expected a list";
    return std::nullopt;
  }
  for (const auto &item : list["steps"].items()) {
    const std::string pointer = "/preprocessing/steps/" + item.key();
    std::optional<ImageStep> step = StepParser(item.value(), pointer, error).parse();
    if (!step)
      return std::nullopt;
    steps.push_back(std::move(*step));
    if (const std::string message = checkOrder(steps, steps.size() - 1); !message.empty()) {
      error = pointer + ": " + message;
      return std::nullopt;
    }
  }
  return steps;
}
