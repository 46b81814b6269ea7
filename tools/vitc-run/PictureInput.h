//===- PictureInput.h - from picture files to a model's input ---*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_PICTUREINPUT_H
#define VITC_TOOLS_VITCRUN_PICTUREINPUT_H

#include "CommandLine.h"
#include "Manifest.h"

#include "vitc/RuntimeHost/LoadedModel.h"

namespace vitc {

/// A picture as numbers, the entry point that takes it, the size that it has in its file, and how much of the numbers'
/// height and width is no padding.
struct PreparedPicture {
  uint32_t entryPoint;
  ImageTensor tensor;
  PictureSize size;
  PictureSize filled;
};

/// Makes inputs of pictures, as a model's manifest says. `prepare` may be called by several threads at once.
class PictureInput {
public:
  PictureInput(const LoadedModel &model, const Manifest &manifest, const CommandLine &line)
      : model(model), manifest(manifest), line(line) {}

  /// Finds the entry points that pictures may go to: the one that is wanted, or all that take nothing but a picture.
  /// Error: there is none.
  std::optional<HostError> findEntryPoints(std::optional<uint32_t> wanted);

  /// Makes numbers of the file at `path`, and chooses the entry point by their size. Errors: the file is no picture
  /// that can be decoded, or it fits no entry point.
  HostExpected<PreparedPicture> prepare(const std::string &path) const;

  /// What `findEntryPoints` found.
  const std::vector<uint32_t> &found() const { return entryPoints; }

  /// Whether the first output of an entry point is a number for each class: with scores, or with labels (a regression).
  bool hasClasses(uint32_t entryPoint) const;

  /// Whether input `index` of an entry point tells the picture's pixels from padding.
  bool isMask(uint32_t entryPoint, size_t index) const {
    const EntryPointDescription &entry = manifest.entryPoints[entryPoint];
    return entry.inputs[index].maskOf == entry.inputs.front().name;
  }

private:
  /// Why pictures cannot go to an entry point, or nothing.
  std::optional<HostError> checkTakesPictures(uint32_t entryPoint) const;
  const std::vector<ImageStep> &steps(uint32_t entryPoint) const {
    return manifest.entryPoints[entryPoint].inputs.front().preprocessing;
  }
  std::vector<int64_t> inputShape(uint32_t entryPoint) const;
  /// The error of a picture that fits no entry point, of which the first one's steps made `shape`.
  HostError fitsNone(const std::string &path, const std::vector<int64_t> &shape) const;

  const LoadedModel &model;
  const Manifest &manifest;
  const CommandLine &line;
  /// Where pictures may go to.
  std::vector<uint32_t> entryPoints;
};

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_PICTUREINPUT_H
