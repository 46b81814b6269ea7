//===- PostprocessParser.cpp - the manifest's rule for an answer ----------===//

#include "vitc/Postprocessing/Postprocess.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <initializer_list>

using namespace vitc;
using nlohmann::json;

namespace {

class RuleParser {
public:
  RuleParser(const json &rule, std::string &error) : rule(rule), error(error) {}

  std::optional<AnswerRule> parse();

private:
  std::nullopt_t fail(const std::string &key, const std::string &message) {
    error = "/postprocessing" + (key.empty() ? "" : "/" + key) + ": " + message;
    return std::nullopt;
  }

  /// Checks that there are exactly these keys beside version and kind.
  bool hasKeys(std::initializer_list<const char *> keys);
  bool readName(const char *key, std::string &name);
  /// The number of the word that stands at `key`, among those that may.
  std::optional<size_t> readChoice(const char *key, std::initializer_list<const char *> words);

  const json &rule;
  std::string &error;
};

bool RuleParser::hasKeys(std::initializer_list<const char *> keys) {
  for (const char *key : keys)
    if (!rule.contains(key)) {
      fail("", "no \"" + std::string(key) + "\"");
      return false;
    }
  for (const auto &item : rule.items()) {
    const auto isItem = [&](const char *key) { return item.key() == key; };
    if (item.key() != "version" && item.key() != "kind" && std::none_of(keys.begin(), keys.end(), isItem)) {
      fail(item.key(), "unknown key");
      return false;
    }
  }
  return true;
}

bool RuleParser::readName(const char *key, std::string &name) {
  if (!rule[key].is_string()) {
    fail(key, "expected the name of an output");
    return false;
  }
  name = rule[key];
  return true;
}

std::optional<size_t> RuleParser::readChoice(const char *key, std::initializer_list<const char *> words) {
  for (size_t i = 0; i < words.size(); ++i)
    if (rule[key] == *(words.begin() + i))
      return i;
  std::string expected;
  for (const char *word : words)
    expected += (expected.empty() ? "\"" : "\" or \"") + std::string(word);
  return fail(key, "expected " + expected + "\"");
}

std::optional<AnswerRule> RuleParser::parse() {
  if (!rule.is_object() || rule.value("version", json()) != postprocessingVersion)
    return fail("version", "expected version " + std::to_string(postprocessingVersion));
  const json kind = rule.value("kind", json());
  if (kind == "segmentation") {
    SegmentationRule segmentation;
    if (!hasKeys({"output"}) || !readName("output", segmentation.output))
      return std::nullopt;
    return segmentation;
  }
  if (kind == "depth") {
    DepthRule depth;
    if (!hasKeys({"output", "filter"}) || !readName("output", depth.output))
      return std::nullopt;
    const std::optional<size_t> filter = readChoice("filter", {"bilinear", "bicubic"});
    if (!filter)
      return std::nullopt;
    depth.filter = *filter == 0 ? DepthRule::Filter::Bilinear : DepthRule::Filter::Bicubic;
    return depth;
  }
  if (kind != "detection")
    return fail("kind", "expected \"segmentation\", \"detection\" or \"depth\"");
  DetectionRule detection;
  if (!hasKeys({"logits", "boxes", "scores", "threshold", "top"}) || !readName("logits", detection.logits) ||
      !readName("boxes", detection.boxes))
    return std::nullopt;
  const std::optional<size_t> scores = readChoice("scores", {"softmax", "sigmoid"});
  if (!scores)
    return std::nullopt;
  detection.scores = *scores == 0 ? DetectionRule::Scores::Softmax : DetectionRule::Scores::Sigmoid;
  if (!rule["threshold"].is_number() || !(rule["threshold"] >= 0.0 && rule["threshold"] <= 1.0))
    return fail("threshold", "expected a number from 0 to 1");
  detection.threshold = rule["threshold"];
  if (!rule["top"].is_number_integer() || !(rule["top"] >= 1 && rule["top"] <= 1 << 20))
    return fail("top", "expected an integer from 1 to " + std::to_string(1 << 20));
  detection.top = rule["top"];
  return detection;
}

} // namespace

std::optional<AnswerRule> vitc::parsePostprocessing(std::string_view entryPoint, bool &isThere, std::string &error) {
  const json entry = json::parse(entryPoint, nullptr, /*allow_exceptions=*/false);
  isThere = entry.is_object() && entry.contains("postprocessing");
  if (!isThere)
    return std::nullopt;
  return RuleParser(entry["postprocessing"], error).parse();
}
