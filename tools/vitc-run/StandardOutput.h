//===- StandardOutput.h - printing that can fail ----------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_STANDARDOUTPUT_H
#define VITC_TOOLS_VITCRUN_STANDARDOUTPUT_H

#include "vitc/RuntimeHost/HostExpected.h"

#include <optional>
#include <string>

namespace vitc {

/// Prints and flushes all of the text. Error: the disk is full, the reader is gone.
std::optional<HostError> print(const std::string &text);

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_STANDARDOUTPUT_H
