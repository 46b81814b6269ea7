//===- HostExpected.cpp - a value or the line that says why not -----------===//

#include "vitc/RuntimeHost/HostExpected.h"

#include <cstdint>
#include <string_view>

using namespace vitc;

namespace {

/// A character of UTF-8 text.
struct Character {
  size_t bytes = 0; // 0: not UTF-8
  uint32_t code = 0;
};

Character firstCharacter(std::string_view text) {
  const auto byteAt = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t lead = byteAt(0);
  if (lead < 0x80)
    return {1, lead};
  const size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < bytes)
    return {};
  uint32_t code = lead & (0x7fu >> bytes);
  for (size_t i = 1; i < bytes; ++i) {
    if ((byteAt(i) & 0xc0) != 0x80)
      return {};
    code = code << 6 | (byteAt(i) & 0x3f);
  }
  constexpr uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (code < least[bytes] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
    return {};
  return {bytes, code};
}

/// Whether a character moves the cursor, ends the line or turns the order of those after it.
bool isControl(uint32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0x2028 && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069);
}

void appendHex(std::string &line, uint32_t number, int digits) {
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    line += "0123456789abcdef"[number >> shift & 15];
}

} // namespace

std::string vitc::printable(const std::string &text) {
  std::string line;
  for (size_t i = 0; i < text.size();) {
    const Character character = firstCharacter(std::string_view(text).substr(i));
    if (character.bytes > 0 && !isControl(character.code)) {
      line.append(text, i, character.bytes);
    } else if (character.bytes > 1) {
      line += "\\u";
      appendHex(line, character.code, 4);
    } else {
      line += "\\x";
      appendHex(line, static_cast<uint8_t>(text[i]), 2);
    }
    i += character.bytes > 0 ? character.bytes : 1;
  }
  return line;
}

static std::string lineOf(const char *kind, const HostError &error) {
  return printable(kind + (error.file.empty() ? "" : error.file + ": ") +
                   (error.where.empty() ? "" : error.where + ": ") + error.message);
}

std::string HostError::line() const { return lineOf("error: ", *this); }

std::string HostError::warningLine() const { return lineOf("warning: ", *this); }
