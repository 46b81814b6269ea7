//===- StandardOutput.cpp - printing that can fail ------------------------===//

#include "StandardOutput.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unistd.h>

std::optional<vitc::HostError> vitc::print(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0)
    return std::nullopt;
  return HostError{"standard output", "", std::string("cannot be written: ") + std::strerror(errno)};
}

void vitc::printDiagnostic(const std::string &line) {
  const std::string text = line + "\n";
  for (size_t done = 0; done < text.size();) {
    const ssize_t count = write(STDERR_FILENO, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    // There is nobody to tell.
    if (count <= 0)
      return;
    done += static_cast<size_t>(count);
  }
}

void vitc::silenceLibraries() {
  // In the GNU C library, stderr is a variable like any other.
  if (FILE *nothing = std::fopen("/dev/null", "we"))
    stderr = nothing;
}
