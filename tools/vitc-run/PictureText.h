//===- PictureText.h - what is printed of a picture -------------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_PICTURETEXT_H
#define VITC_TOOLS_VITCRUN_PICTURETEXT_H

#include "CommandLine.h"
#include "Tensors.h"

#include "vitc/Pictures/Manifest.h"

#include <nlohmann/json.hpp>

namespace vitc {

/// How results are printed: as text, or with --json as a line of JSON for each picture.
class PictureText {
public:
  PictureText(const Manifest &manifest, const CommandLine &line) : manifest(manifest), line(line) {}

  /// The best classes of a picture by the first output of `entryPoint` for batch element `element`, with their labels
  /// and scores. Scores that are not finite mean nothing: as text nothing is printed then, as JSON they are null.
  std::string classes(const std::string &path, const Outputs &outputs, size_t element, uint32_t entryPoint) const;

  /// Names, shapes and norms of all outputs.
  std::string norms(const std::string &path, const Outputs &outputs, size_t element) const;

private:
  const Manifest &manifest;
  const CommandLine &line;
};

/// A number as printf's format says.
std::string formatted(const char *format, double value);

/// One line of JSON; what is not UTF-8 in names of files is replaced.
std::string jsonLine(const nlohmann::ordered_json &json);

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_PICTURETEXT_H
