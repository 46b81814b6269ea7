//===- Manifest.cpp - what a model says about pictures --------------------===//

#include "vitc/Pictures/Manifest.h"

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace vitc;
using nlohmann::json;

namespace {

class ManifestReader {
public:
  explicit ManifestReader(const ModelFile &file)
      : file(file), root(json::parse(file.manifest, nullptr, /*allow_exceptions=*/false)) {}

  HostExpected<Manifest> read();

private:
  using Error = std::optional<HostError>;

  HostError fail(const std::string &pointer, const std::string &message) const { return {file.path, pointer, message}; }
  Error readTensors(const json &entry, const char *key, const std::string &pointer,
                    std::vector<TensorDescription> &tensors) const;
  Error readTensor(const json &object, const std::string &pointer, TensorDescription &tensor) const;
  Error readAnswer(const json &object, const std::string &pointer, EntryPointDescription &entry) const;
  Error readEntryPoints(Manifest &manifest) const;
  Error readVariants(Manifest &manifest) const;
  Error readScores(Manifest &manifest) const;

  const ModelFile &file;
  json root;
};

bool isString(const json &object, const char *key) { return object.contains(key) && object[key].is_string(); }

/// Shapes of descriptions have sizes of up to 2 to the 31st.
bool isSize(const json &value) { return value.is_number_integer() && value >= 1 && value <= int64_t(1) << 31; }

bool isStringList(const json &object, const char *key) {
  return object.contains(key) && object[key].is_array() &&
         std::all_of(object[key].begin(), object[key].end(), [](const json &item) { return item.is_string(); });
}

std::optional<HostError> ManifestReader::readTensor(const json &object, const std::string &pointer,
                                                    TensorDescription &tensor) const {
  if (!object.is_object() || !isString(object, "name") || !isString(object, "dtype") || !object.contains("shape") ||
      !object["shape"].is_array() || !std::all_of(object["shape"].begin(), object["shape"].end(), isSize))
    return fail(pointer, "expected name, dtype and a shape of positive integers");
  tensor = {object["name"], object["dtype"], object["shape"].get<std::vector<int64_t>>(), {}, {}};
  if (object.contains("labels") && !isStringList(object, "labels"))
    return fail(pointer + "/labels", "expected a list of strings");
  if (object.contains("labels"))
    tensor.labels = object["labels"].get<std::vector<std::string>>();
  if (object.contains("mask_of") && !isString(object, "mask_of"))
    return fail(pointer + "/mask_of", "expected the name of an input");
  if (object.contains("mask_of"))
    tensor.maskOf = object["mask_of"];
  std::string error;
  std::optional<std::vector<ImageStep>> steps = parsePreprocessing(object.dump(), error);
  if (!steps) {
    const size_t end = error.find(": ");
    return fail(pointer + error.substr(0, end), error.substr(end + 2));
  }
  tensor.preprocessing = std::move(*steps);
  return std::nullopt;
}

std::optional<HostError> ManifestReader::readTensors(const json &entry, const char *key, const std::string &pointer,
                                                     std::vector<TensorDescription> &tensors) const {
  const std::string listPointer = pointer + "/" + key;
  if (!entry.contains(key) || !entry[key].is_array() || entry[key].empty())
    return fail(listPointer, "expected a list of tensors");
  for (const auto &item : entry[key].items())
    if (Error error = readTensor(item.value(), listPointer + "/" + item.key(), tensors.emplace_back()))
      return error;
  return std::nullopt;
}

bool hasItsOutputs(const EntryPointDescription &entry, const SegmentationRule &rule) {
  return shapeOf(entry, rule.output).size() == 3;
}

bool hasItsOutputs(const EntryPointDescription &entry, const DepthRule &rule) {
  const std::vector<int64_t> shape = shapeOf(entry, rule.output);
  return shape.size() == 2 || (shape.size() == 3 && shape[0] == 1);
}

bool hasItsOutputs(const EntryPointDescription &entry, const DetectionRule &rule) {
  const std::vector<int64_t> logits = shapeOf(entry, rule.logits), boxes = shapeOf(entry, rule.boxes);
  const int64_t fewest = rule.scores == DetectionRule::Scores::Softmax ? 2 : 1;
  return logits.size() == 2 && logits[1] >= fewest && boxes == std::vector<int64_t>{logits[0], 4};
}

std::optional<HostError> ManifestReader::readAnswer(const json &object, const std::string &pointer,
                                                    EntryPointDescription &entry) const {
  if (!object.contains("postprocessing"))
    return std::nullopt;
  std::string error;
  bool isThere = false;
  entry.answer = parsePostprocessing(json{{"postprocessing", object["postprocessing"]}}.dump(), isThere, error);
  if (!entry.answer) {
    const size_t end = error.find(": ");
    return fail(pointer + error.substr(0, end), error.substr(end + 2));
  }
  if (!std::visit([&](const auto &rule) { return hasItsOutputs(entry, rule); }, *entry.answer))
    return fail(pointer + "/postprocessing", "its outputs are not there, or have other types or shapes than it needs");
  return std::nullopt;
}

std::optional<HostError> ManifestReader::readEntryPoints(Manifest &manifest) const {
  const std::string list = "/entry_points";
  if (!root.contains("entry_points") || !root["entry_points"].is_array() || root["entry_points"].empty())
    return fail(list, "expected a list of entry points");
  for (const auto &item : root["entry_points"].items()) {
    const std::string pointer = list + "/" + item.key();
    const json &object = item.value();
    if (!object.is_object() || !isString(object, "name"))
      return fail(pointer, "expected name, inputs and outputs");
    EntryPointDescription &entry = manifest.entryPoints.emplace_back();
    entry.name = object["name"];
    for (Error error :
         {readTensors(object, "inputs", pointer, entry.inputs), readTensors(object, "outputs", pointer, entry.outputs)})
      if (error)
        return error;
    if (Error error = readAnswer(object, pointer, entry))
      return error;
  }
  return std::nullopt;
}

std::optional<HostError> ManifestReader::readVariants(Manifest &manifest) const {
  if (!root.contains("variants") || !root["variants"].is_array() || root["variants"].empty())
    return fail("/variants", "expected a list of code variants");
  for (const auto &item : root["variants"].items()) {
    const json &object = item.value();
    if (!object.is_object() || !isString(object, "cpu") || !isStringList(object, "features"))
      return fail("/variants/" + item.key(), "expected cpu and a list of features");
    manifest.variants.push_back({object["cpu"], object["features"].get<std::vector<std::string>>()});
  }
  return std::nullopt;
}

std::optional<HostError> ManifestReader::readScores(Manifest &manifest) const {
  const json scores = root.value("scores", json("none"));
  if (scores == "softmax")
    manifest.scores = ScoreKind::Softmax;
  else if (scores == "sigmoid")
    manifest.scores = ScoreKind::Sigmoid;
  else if (scores != "none")
    return fail("/scores", "expected softmax, sigmoid or none");
  if (manifest.scores == ScoreKind::None)
    return std::nullopt;
  for (size_t i = 0; i < manifest.entryPoints.size(); ++i) {
    const std::string pointer = "/entry_points/" + std::to_string(i) + "/outputs/0";
    const TensorDescription &output = manifest.entryPoints[i].outputs.front();
    if (output.dtype != "f32" || output.shape.size() != 1)
      return fail(pointer, "expected one f32 number for each class, because there are scores");
    if (!output.labels.empty() && output.labels.size() != static_cast<size_t>(output.shape[0]))
      return fail(pointer + "/labels", std::to_string(output.labels.size()) + " labels, expected " +
                                           std::to_string(output.shape[0]) + ", one for each class");
  }
  return std::nullopt;
}

HostExpected<Manifest> ManifestReader::read() {
  if (!root.is_object() || root.value("format", json()) != "vitc" ||
      root.value("manifest_version", json()) != manifestVersion)
    return fail("/manifest_version", "expected a manifest of vitc, version " + std::to_string(manifestVersion));
  Manifest manifest;
  if (isString(root, "name"))
    manifest.name = root["name"];
  if (Error error = readEntryPoints(manifest))
    return *error;
  if (Error error = readVariants(manifest))
    return *error;
  if (Error error = readScores(manifest))
    return *error;
  return manifest;
}

} // namespace

HostExpected<Manifest> vitc::readManifest(const ModelFile &file) { return ManifestReader(file).read(); }

std::optional<HostError> vitc::checkEntryPoints(const LoadedModel &model, const Manifest &manifest) {
  const std::vector<vitc_entry_point_info> infos = model.entryPoints();
  const auto isDescribed = [](const vitc_entry_point_info &info, const EntryPointDescription &entry) {
    return info.name == entry.name && info.input_count == entry.inputs.size() &&
           info.output_count == entry.outputs.size();
  };
  if (std::equal(infos.begin(), infos.end(), manifest.entryPoints.begin(), manifest.entryPoints.end(), isDescribed))
    return std::nullopt;
  return HostError{model.file().path, "/entry_points", "they are not those of the code: the file is damaged"};
}

std::vector<int64_t> vitc::shapeOf(const EntryPointDescription &entry, const std::string &output) {
  for (const TensorDescription &tensor : entry.outputs)
    if (tensor.name == output && tensor.dtype == "f32")
      return tensor.shape;
  return {};
}

MapShape vitc::mapShapeOf(const EntryPointDescription &entry, const std::string &output) {
  const std::vector<int64_t> shape = shapeOf(entry, output);
  const size_t rank = shape.size();
  return {rank == 3 ? shape[0] : 1, shape[rank - 2], shape[rank - 1]};
}

std::string vitc::toString(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t extent : shape)
    text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text.empty() ? "scalar" : text;
}
