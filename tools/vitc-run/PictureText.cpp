//===- PictureText.cpp - what is printed of a picture ---------------------===//

#include "PictureText.h"

#include "vitc/Drawing/Drawing.h"
#include "vitc/Pictures/Scores.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

using namespace vitc;
using nlohmann::ordered_json;

std::string vitc::formatted(const char *format, double value) {
  char text[64];
  std::snprintf(text, sizeof text, format, value);
  return text;
}

std::string vitc::jsonLine(const ordered_json &json) {
  return json.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

std::string PictureText::classes(const std::string &path, const Outputs &outputs, size_t element,
                                 uint32_t entryPoint) const {
  const bool areFinite = isFinite(outputs, 0, element);
  const std::vector<std::string> &labels = manifest.entryPoints[entryPoint].outputs.front().labels;
  if (!areFinite && !line.json)
    return "";
  const std::vector<ClassScore> scores = scoresOf(numbersOf(outputs, 0, element), manifest.scores);
  const size_t count = std::min(line.topK.value_or(5), scores.size());
  std::string text = printable(path) + "\n";
  ordered_json top = ordered_json::array();
  for (size_t i = 0; i < count; ++i) {
    const size_t index = scores[i].index;
    const std::string label = nameOfClass(labels, static_cast<int64_t>(index));
    text += formatted("  %.4f  ", scores[i].value) + printable(label) + "\n";
    top.push_back({{"index", index}, {"label", label}, {"score", nullptr}});
    if (areFinite)
      top.back()["score"] = scores[i].value;
  }
  return line.json ? jsonLine({{"image", path}, {"top", top}}) : text;
}

std::string PictureText::norms(const std::string &path, const Outputs &outputs, size_t element) const {
  std::string text = printable(path) + "\n";
  ordered_json list = ordered_json::array();
  for (size_t i = 0; i < outputs.infos.size(); ++i) {
    const vitc_tensor_info &info = outputs.infos[i];
    ordered_json entry = {{"name", info.name}, {"shape", shapeOf(info)}};
    text += "  " + printable(info.name) + "  " + toString(shapeOf(info));
    if (info.dtype == VITC_DTYPE_F32) {
      const std::vector<float> numbers = numbersOf(outputs, i, element);
      const double squares = std::accumulate(numbers.begin(), numbers.end(), 0.0,
                                             [](double sum, float x) { return sum + double(x) * double(x); });
      entry["norm"] = std::sqrt(squares);
      text += formatted("  norm %.6g", std::sqrt(squares));
    }
    list.push_back(std::move(entry));
    text += "\n";
  }
  return line.json ? jsonLine({{"image", path}, {"outputs", list}}) : text;
}
