//===- PictureInput.h - from pictures to a model's input --------*- C++ -*-===//

#ifndef VITC_PICTURES_PICTUREINPUT_H
#define VITC_PICTURES_PICTUREINPUT_H

#include "vitc/Files/Bytes.h"
#include "vitc/Pictures/Manifest.h"

#include <functional>

namespace vitc {

/// A picture as numbers, the entry point that takes it, the size that it had, and how much of the numbers'
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
  /// Both must outlive it. `needsClasses`: pictures go only where their classes or another answer come out (--top-k).
  PictureInput(const LoadedModel &model, const Manifest &manifest, bool needsClasses)
      : model(model), manifest(manifest), needsClasses(needsClasses) {}

  /// Finds the entry points that pictures may go to: the one that is wanted, or all that take nothing but a picture.
  /// Error: there is none.
  std::optional<HostError> findEntryPoints(std::optional<uint32_t> wanted);

  /// Makes numbers of the file at `path`, and chooses the entry point by their size. Errors: the file is no picture
  /// that can be decoded, or it fits no entry point.
  HostExpected<PreparedPicture> prepare(const std::string &path) const;

  /// The same for what is in memory: the bytes of a file, or what was decoded. `name` is for messages.
  HostExpected<PreparedPicture> prepare(const std::string &name, Bytes file) const;
  HostExpected<PreparedPicture> prepare(const std::string &name, const Image &image) const;

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
  const std::vector<int64_t> &inputShape(uint32_t entryPoint) const {
    return manifest.entryPoints[entryPoint].inputs.front().shape;
  }
  /// Carries out the steps of an entry point on a certain picture; `error` and the sizes are as for `preprocess`.
  using Make = std::function<std::optional<ImageTensor>(const std::vector<ImageStep> &steps, std::string &error,
                                                        PictureSize *size, PictureSize *filled)>;
  HostExpected<PreparedPicture> prepare(const std::string &name, const Make &make) const;
  /// The error of a picture that fits no entry point, of which the first one's steps made `shape`.
  HostError fitsNone(const std::string &path, const std::vector<int64_t> &shape) const;

  const LoadedModel &model;
  const Manifest &manifest;
  const bool needsClasses;
  /// Where pictures may go to.
  std::vector<uint32_t> entryPoints;
};

} // namespace vitc

#endif // VITC_PICTURES_PICTUREINPUT_H
