//===- Files.h - whole files in and out -------------------------*- C++ -*-===//

#ifndef VITC_IMAGE_FILES_H
#define VITC_IMAGE_FILES_H

#include "vitc/Image/Image.h"

#include <optional>
#include <string>
#include <vector>

namespace vitc {

/// Reads a whole regular file. Errors: it cannot be opened or read, is no regular file. They have no WHERE.
std::optional<std::vector<uint8_t>> readFile(const std::string &path, std::string &error);

/// Writes a file so that it is there whole or not at all: into a temporary file beside it, which is renamed at the end
/// and removed on errors. A target that exists and is no regular file (a device, a pipe) is written to as it is; a
/// symbolic link is followed. Errors (without a WHERE): the file cannot be made, the disk is full.
bool writeFile(const std::string &path, const std::vector<Bytes> &parts, std::string &error);

} // namespace vitc

#endif // VITC_IMAGE_FILES_H
