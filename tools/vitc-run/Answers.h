//===- Answers.h - masks, boxes and depths of pictures ----------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_ANSWERS_H
#define VITC_TOOLS_VITCRUN_ANSWERS_H

#include "CommandLine.h"
#include "Tensors.h"

#include "vitc/Drawing/Drawing.h"
#include "vitc/Pictures/Manifest.h"
#include "vitc/Preprocessing/PictureSize.h"

#include <nlohmann/json.hpp>

#include <functional>
#include <set>

namespace vitc {

/// What is made of outputs where a model's manifest says how: printed, and with --save drawn. For other models there is
/// nothing to be saved.
class Answers {
public:
  Answers(const Manifest &manifest, const CommandLine &line, unsigned threads)
      : manifest(manifest), line(line), threads(threads) {}

  /// Reads --palette, and checks that the options fit the model's entry points that pictures may go to.
  std::optional<HostError> open(const std::vector<uint32_t> &entryPoints);

  bool has(uint32_t entryPoint) const { return manifest.entryPoints[entryPoint].answer.has_value(); }

  /// What is printed of a picture, whose size is that of its file: batch element `element` of the outputs of
  /// `entryPoint`. Writes its drawing with --save. Errors: a file that cannot be written, not enough memory.
  HostExpected<std::string> report(const std::string &path, PictureSize size, const Outputs &outputs, size_t element,
                                   uint32_t entryPoint);

private:
  /// An answer in both forms; what is drawn is made of it, too.
  struct Report {
    std::string text;
    nlohmann::ordered_json json;
    /// With --save, one of both: a drawing, or with FILE.npy the numbers.
    std::optional<Image> drawing;
    std::optional<std::vector<uint8_t>> array;
  };

  HostExpected<Report> reportOf(const SegmentationRule &rule, const std::string &path, PictureSize size) const;
  HostExpected<Report> reportOf(const DetectionRule &rule, const std::string &path, PictureSize size) const;
  HostExpected<Report> reportOf(const DepthRule &rule, const std::string &path, PictureSize size) const;
  /// The numbers of an output of the picture that is reported.
  std::vector<float> numbersOf(const std::string &output) const;
  using Draw = std::function<std::optional<Image>(Image photo, std::string &error)>;
  /// The report with what `draw` makes of the picture in the file, if that is wanted.
  HostExpected<Report> drawnOnPhoto(Report report, const std::string &path, PictureSize size, const Draw &draw) const;
  std::optional<HostError> save(const Report &report, const std::string &path);
  std::string savedPath(const std::string &path);
  Palette paletteFor(size_t classes) const;
  bool isSaved() const { return !line.save.empty(); }
  bool isDrawn() const { return isSaved() && !savesArray; }

  const Manifest &manifest;
  const CommandLine &line;
  const unsigned threads;
  Palette palette;
  /// --save names a directory.
  bool savesMany = false;
  bool savesArray = false;
  std::set<std::string> saved;
  // Of the picture that is reported.
  const Outputs *outputs = nullptr;
  size_t element = 0;
  const EntryPointDescription *entry = nullptr;
};

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_ANSWERS_H
