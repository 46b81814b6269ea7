//===- StandardOutput.cpp - printing that can fail ------------------------===//

#include "StandardOutput.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

std::optional<vitc::HostError> vitc::print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return std::nullopt;
  return HostError{"standard output", "", std::string("cannot be written: ") + std::strerror(errno)};
}
