//===- Palette.cpp - a colour for each class ------------------------------===//

#include "vitc/Drawing/Drawing.h"

#include <nlohmann/json.hpp>

#include <sstream>

using namespace vitc;
using nlohmann::json;

Palette vitc::pascalVocPalette(size_t count) {
  Palette palette;
  for (size_t index = 0; index < count; ++index) {
    Colour colour = {0, 0, 0};
    size_t rest = index;
    for (int bit = 7; bit >= 0; --bit, rest >>= 3)
      for (size_t channel = 0; channel < 3; ++channel)
        colour[channel] |= static_cast<uint8_t>((rest >> channel & 1) << bit);
    palette.push_back(colour);
  }
  return palette;
}

static std::optional<Palette> paletteOfJson(const json &list, std::string &error) {
  Palette palette;
  for (const auto &item : list.items()) {
    const auto isLevel = [](const json &value) { return value.is_number_integer() && value >= 0 && value <= 255; };
    const json &colour = item.value();
    if (!colour.is_array() || colour.size() != 3 || !std::all_of(colour.begin(), colour.end(), isLevel)) {
      error = "/" + item.key() + ": expected three integers from 0 to 255";
      return std::nullopt;
    }
    palette.push_back({colour[0], colour[1], colour[2]});
  }
  return palette;
}

/// The colour that a line begins with; `error` is set if it is none that can be.
static std::optional<Colour> colourOfLine(const std::string &line, std::string &error) {
  std::istringstream words(line);
  std::string word;
  words >> word;
  if (word.size() == 7 && word[0] == '#' && word.find_first_not_of("0123456789abcdefABCDEF", 1) == std::string::npos) {
    const unsigned long number = std::stoul(word.substr(1), nullptr, 16);
    return Colour{static_cast<uint8_t>(number >> 16), static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)};
  }
  if (word.empty() || word.find_first_not_of("0123456789-") != std::string::npos)
    return std::nullopt;
  std::istringstream numbers(line);
  long levels[3];
  if (!(numbers >> levels[0] >> levels[1] >> levels[2]) ||
      std::any_of(levels, levels + 3, [](long level) { return level < 0 || level > 255; })) {
    error = "expected three numbers from 0 to 255";
    return std::nullopt;
  }
  return Colour{static_cast<uint8_t>(levels[0]), static_cast<uint8_t>(levels[1]), static_cast<uint8_t>(levels[2])};
}

std::optional<Palette> vitc::parsePalette(std::string_view text, std::string &error) {
  Palette palette;
  if (const json list = json::parse(text, nullptr, /*allow_exceptions=*/false); list.is_array()) {
    std::optional<Palette> read = paletteOfJson(list, error);
    if (!read)
      return std::nullopt;
    palette = std::move(*read);
  } else {
    std::istringstream lines{std::string(text)};
    std::string line;
    for (size_t number = 1; std::getline(lines, line); ++number) {
      const std::optional<Colour> colour = colourOfLine(line, error);
      if (!error.empty()) {
        error = "line " + std::to_string(number) + ": " + error;
        return std::nullopt;
      }
      if (colour)
        palette.push_back(*colour);
    }
  }
  if (palette.empty()) {
    error = "no colours, expected lines of three numbers or of #rrggbb, or a JSON list";
    return std::nullopt;
  }
  return palette;
}
