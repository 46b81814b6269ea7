//===- StandardOutput.h - printing that can fail ----------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_STANDARDOUTPUT_H
#define VITC_TOOLS_VITCRUN_STANDARDOUTPUT_H

#include "vitc/RuntimeHost/HostExpected.h"

#include <optional>
#include <string_view>

namespace vitc {

/// Prints and flushes all of the text. Error: the disk is full, the reader is gone.
std::optional<HostError> print(std::string_view text);

/// Prints a line to standard error, whatever has become of the C library's stream.
void printDiagnostic(const std::string &line);

/// Takes the C library's stream `stderr` away from libraries: libdav1d prints there what it finds wrong with a picture.
void silenceLibraries();

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_STANDARDOUTPUT_H
