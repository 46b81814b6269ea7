//===- Info.h - what a model's file says about itself -----------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_INFO_H
#define VITC_TOOLS_VITCRUN_INFO_H

#include "vitc/Pictures/Manifest.h"

#include <string>

namespace vitc {

/// The manifest for a reader: a line for each input, output and property.
std::string infoText(const ModelFile &file, const Manifest &manifest);

/// The manifest as one line of JSON, with "file_bytes" added.
std::string infoJson(const ModelFile &file);

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_INFO_H
