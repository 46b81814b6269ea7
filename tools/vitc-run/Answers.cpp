//===- Answers.cpp - masks, boxes and depths of pictures ------------------===//

#include "Answers.h"

#include "PictureText.h"

#include "vitc/Files/Files.h"
#include "vitc/Files/Npy.h"
#include "vitc/Image/Decode.h"
#include "vitc/Image/Encode.h"

#include <algorithm>
#include <cmath>
#include <filesystem>

using namespace vitc;
using nlohmann::ordered_json;
namespace fs = std::filesystem;

/// An .npy file of elements of 4 bytes.
template <typename T>
static std::vector<uint8_t> npyOf(const std::vector<T> &elements, DType dtype, const std::vector<int64_t> &shape) {
  static_assert(sizeof(T) == 4);
  const std::string header = npyHeader(dtype, shape);
  std::vector<uint8_t> file(header.begin(), header.end());
  const auto *bytes = reinterpret_cast<const uint8_t *>(elements.data());
  file.insert(file.end(), bytes, bytes + elements.size() * sizeof(T));
  return file;
}

/// The number of classes of an answer, and none of a depth.
static size_t classesOf(const EntryPointDescription &entry) {
  if (const auto *segmentation = std::get_if<SegmentationRule>(&*entry.answer))
    return static_cast<size_t>(shapeOf(entry, segmentation->output).front());
  if (const auto *detection = std::get_if<DetectionRule>(&*entry.answer))
    return static_cast<size_t>(shapeOf(entry, detection->logits).back()) -
           (detection->scores == DetectionRule::Scores::Softmax ? 1 : 0);
  return 0;
}

std::optional<HostError> Answers::open(const std::vector<uint32_t> &entryPoints) {
  const bool hasAnswer =
      std::any_of(entryPoints.begin(), entryPoints.end(), [&](uint32_t index) { return has(index); });
  const auto isDetector = [&](uint32_t index) {
    return has(index) && std::holds_alternative<DetectionRule>(*manifest.entryPoints[index].answer);
  };
  if (isSaved() && !hasAnswer)
    return commandLineError("--save", "the answer of " + line.model + " is no picture");
  if (line.threshold && std::none_of(entryPoints.begin(), entryPoints.end(), isDetector))
    return commandLineError("--threshold", line.model + " detects nothing");
  if (!isSaved())
    return std::nullopt;
  std::error_code ignored;
  savesMany = line.save.back() == '/' || fs::is_directory(line.save, ignored);
  if (!savesMany && (line.images.size() != 1 || !line.list.empty() || fs::is_directory(line.images.front(), ignored)))
    return commandLineError("--save", "'" + line.save + "' is one file, expected a directory (DIR/) for pictures");
  savesArray = !savesMany && fs::path(line.save).extension() == ".npy";
  if (!savesMany && !savesArray && fs::path(line.save).extension() != ".png")
    return commandLineError("--save",
                            "'" + line.save + "', expected a file that ends with .png or .npy, or a directory");
  if (line.palette.empty())
    return std::nullopt;
  std::string error;
  const std::optional<std::vector<uint8_t>> file = readFile(line.palette, error);
  std::optional<Palette> read =
      file ? parsePalette({reinterpret_cast<const char *>(file->data()), file->size()}, error) : std::nullopt;
  if (!read)
    return HostError{line.palette, "", error};
  for (uint32_t index : entryPoints)
    if (has(index) && read->size() != classesOf(manifest.entryPoints[index]))
      return HostError{line.palette, "",
                       "has " + std::to_string(read->size()) + " colours, the model has " +
                           std::to_string(classesOf(manifest.entryPoints[index])) + " classes"};
  palette = std::move(*read);
  return std::nullopt;
}

Palette Answers::paletteFor(size_t classes) const {
  if (palette.empty())
    return pascalVocPalette(classes + 1);
  // Boxes begin at the second colour: the first one of a palette of masks is that of nothing.
  Palette shifted = palette;
  if (std::holds_alternative<DetectionRule>(*entry->answer))
    shifted.insert(shifted.begin(), Colour{0, 0, 0});
  return shifted;
}

std::vector<float> Answers::numbersOf(const std::string &output) const {
  for (size_t i = 0; i < outputs->infos.size(); ++i)
    if (output == outputs->infos[i].name)
      return vitc::numbersOf(*outputs, i, element);
  return {};
}

HostExpected<Answers::Report> Answers::drawnOnPhoto(Report report, const std::string &path, PictureSize size,
                                                    const Draw &draw) const {
  if (!isDrawn())
    return report;
  std::string error;
  const std::optional<std::vector<uint8_t>> file = readFile(path, error);
  std::optional<Image> photo = file ? decodeImage({file->data(), file->size()}, 3, error) : std::nullopt;
  if (photo && (photo->height != size.height || photo->width != size.width))
    return HostError{path, "", "the file has changed since it was read"};
  if (photo)
    report.drawing = draw(std::move(*photo), error);
  if (!report.drawing)
    return HostError{path, "", error};
  return report;
}

static const std::vector<std::string> &labelsOf(const EntryPointDescription &entry) {
  return entry.outputs.front().labels;
}

HostExpected<Answers::Report> Answers::reportOf(const SegmentationRule &rule, const std::string &path,
                                                PictureSize size) const {
  const std::vector<float> scores = numbersOf(rule.output);
  const Segmentation segmentation =
      segment(scores.data(), mapShapeOf(*entry, rule.output), size.height, size.width, threads);
  const std::vector<std::string> &labels = labelsOf(*entry);
  const std::vector<ClassArea> areas = areasOf(segmentation);
  Report report;
  report.json["segments"] = ordered_json::array();
  for (size_t i = 0; i < std::min(line.topK.value_or(areas.size()), areas.size()); ++i) {
    const auto &[index, pixels] = areas[i];
    const double share = static_cast<double>(pixels) / static_cast<double>(segmentation.classes.size());
    const std::string label = nameOfClass(labels, index);
    report.text += formatted("  %5.1f %%  ", 100 * share) + printable(label) + "\n";
    report.json["segments"].push_back({{"index", index}, {"label", label}, {"pixels", pixels}, {"share", share}});
  }
  if (savesArray)
    report.array = npyOf(segmentation.classes, DType::I32, {size.height, size.width});
  return drawnOnPhoto(std::move(report), path, size, [&](Image photo, std::string &error) {
    return drawSegmentation(std::move(photo), segmentation, areas, labels, paletteFor(classesOf(*entry)), error);
  });
}

HostExpected<Answers::Report> Answers::reportOf(const DetectionRule &rule, const std::string &path,
                                                PictureSize size) const {
  DetectionRule own = rule;
  own.threshold = line.threshold.value_or(rule.threshold);
  const std::vector<float> logits = numbersOf(rule.logits), boxes = numbersOf(rule.boxes);
  const auto candidates = static_cast<int64_t>(boxes.size() / 4);
  std::vector<Detection> detections =
      detect(logits.data(), boxes.data(), candidates, static_cast<int64_t>(logits.size()) / candidates, own,
             size.height, size.width);
  if (line.topK && detections.size() > *line.topK) {
    std::stable_sort(detections.begin(), detections.end(),
                     [](const Detection &a, const Detection &b) { return a.score > b.score; });
    detections.resize(*line.topK);
  }
  const std::vector<std::string> &labels = labelsOf(*entry);
  Report report;
  report.json["boxes"] = ordered_json::array();
  for (const Detection &detection : detections) {
    const std::string label = nameOfClass(labels, detection.label);
    report.text += formatted("  %.4f  ", detection.score) + printable(label) + "  ";
    for (size_t side = 0; side < 4; ++side)
      report.text += formatted(side == 2 ? " - %.1f" : " %.1f", detection.box[side]);
    report.text += "\n";
    report.json["boxes"].push_back(
        {{"index", detection.label}, {"label", label}, {"score", detection.score}, {"box", detection.box}});
  }
  if (detections.empty())
    report.text += "  nothing with a score above " + formatted("%g", own.threshold) + "\n";
  if (savesArray) {
    std::vector<float> rows;
    for (const Detection &detection : detections) {
      rows.insert(rows.end(), {static_cast<float>(detection.label), static_cast<float>(detection.score)});
      rows.insert(rows.end(), detection.box.begin(), detection.box.end());
    }
    report.array = npyOf(rows, DType::F32, {static_cast<int64_t>(detections.size()), 6});
  }
  return drawnOnPhoto(std::move(report), path, size, [&](Image photo, std::string &error) {
    return drawDetections(std::move(photo), detections, labels, paletteFor(classesOf(*entry)), error);
  });
}

HostExpected<Answers::Report> Answers::reportOf(const DepthRule &rule, const std::string &path,
                                                PictureSize size) const {
  const std::vector<float> values = numbersOf(rule.output);
  const DepthMap depth =
      resizeDepth(values.data(), mapShapeOf(*entry, rule.output), rule.filter, size.height, size.width, threads);
  double least = HUGE_VAL, most = -HUGE_VAL, sum = 0;
  for (float value : depth.values) {
    least = std::min(least, double(value));
    most = std::max(most, double(value));
    sum += value;
  }
  const double mean = sum / static_cast<double>(depth.values.size());
  Report report;
  report.text = "  depth" + formatted("  %.6g", least) + formatted(" to %.6g", most) + formatted(", mean %.6g\n", mean);
  report.json["depth"] = {{"least", least}, {"most", most}, {"mean", mean}};
  if (savesArray)
    report.array = npyOf(depth.values, DType::F32, {size.height, size.width});
  if (!isDrawn())
    return report;
  std::string error;
  report.drawing = drawDepth(depth, error);
  if (!report.drawing)
    return HostError{path, "", error};
  return report;
}

/// DIR/NAME.png, with a number behind the name if another picture has it already.
std::string Answers::savedPath(const std::string &path) {
  if (!savesMany)
    return line.save;
  const std::string stem = (fs::path(line.save) / fs::path(path).stem()).string();
  std::string name = stem + ".png";
  for (size_t number = 2; !saved.insert(name).second; ++number)
    name = stem + "-" + std::to_string(number) + ".png";
  return name;
}

std::optional<HostError> Answers::save(const Report &report, const std::string &path) {
  std::error_code code;
  if (savesMany)
    fs::create_directories(line.save, code);
  const std::string target = savedPath(path);
  if (fs::equivalent(target, path, code))
    return HostError{target, "", "is the picture that was read: --save writes another file"};
  std::string error;
  const std::optional<std::vector<uint8_t>> bytes = report.array ? report.array : encodePng(*report.drawing, error);
  std::optional<StagedFile> file =
      bytes ? StagedFile::create(target, {{bytes->data(), bytes->size()}}, error) : std::nullopt;
  if (!file || !file->commit(error))
    return HostError{target, "", error};
  return std::nullopt;
}

HostExpected<std::string> Answers::report(const std::string &path, PictureSize size, const Outputs &all,
                                          size_t batchElement, uint32_t entryPoint) {
  outputs = &all;
  element = batchElement;
  entry = &manifest.entryPoints[entryPoint];
  HostExpected<Report> report =
      std::visit([&](const auto &rule) { return reportOf(rule, path, size); }, *entry->answer);
  if (!report)
    return report.error();
  if (isSaved())
    if (std::optional<HostError> error = save(*report, path))
      return *error;
  if (!line.json)
    return printable(path) + "  " + std::to_string(size.width) + "x" + std::to_string(size.height) + "\n" +
           report->text;
  ordered_json json = {{"image", path}, {"width", size.width}, {"height", size.height}};
  json.update(report->json);
  return jsonLine(json);
}
