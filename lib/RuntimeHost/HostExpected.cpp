//===- HostExpected.cpp - a value or the line that says why not -----------===//

#include "vitc/RuntimeHost/HostExpected.h"

std::string vitc::printable(const std::string &text) {
  std::string line;
  for (unsigned char c : text) {
    if (c >= ' ' && c != 0x7f) {
      line += static_cast<char>(c);
      continue;
    }
    line += "\\x";
    line += "0123456789abcdef"[c >> 4];
    line += "0123456789abcdef"[c & 15];
  }
  return line;
}

std::string vitc::HostError::line() const {
  return printable("error: " + (file.empty() ? "" : file + ": ") + (where.empty() ? "" : where + ": ") + message);
}
