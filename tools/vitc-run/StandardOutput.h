//===- StandardOutput.h - printing that can fail ----------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_STANDARDOUTPUT_H
#define VITC_TOOLS_VITCRUN_STANDARDOUTPUT_H

#include "vitc/RuntimeHost/HostExpected.h"

#include <optional>
#include <string_view>

namespace vitc {

/// Prints and flushes all of the text. Error: the disk is full, the reader is gone.
std::optional<HostError> print(std::string_view text);

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_STANDARDOUTPUT_H
