//===- Manifest.cpp - what vitc-run needs to know of a model --------------===//

#include "Manifest.h"

#include <nlohmann/json.hpp>

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
  Error readTensors(const char *key, std::vector<TensorDescription> &tensors) const;
  Error readLabels(Manifest &manifest) const;
  Error readScores(Manifest &manifest) const;

  const ModelFile &file;
  json root;
};

bool isString(const json &object, const char *key) { return object.contains(key) && object[key].is_string(); }

bool isSize(const json &value) { return value.is_number_integer() && value >= 1 && value <= INT32_MAX; }

std::optional<HostError> ManifestReader::readTensors(const char *key, std::vector<TensorDescription> &tensors) const {
  const std::string pointer = std::string("/") + key;
  if (!root.contains(key) || !root[key].is_array() || root[key].empty())
    return fail(pointer, "expected a list of tensors");
  for (const auto &item : root[key].items()) {
    const json &tensor = item.value();
    if (!tensor.is_object() || !isString(tensor, "name") || !isString(tensor, "dtype") || !tensor.contains("shape") ||
        !tensor["shape"].is_array() || !std::all_of(tensor["shape"].begin(), tensor["shape"].end(), isSize))
      return fail(pointer + "/" + item.key(), "expected name, dtype and a shape of positive integers");
    tensors.push_back({tensor["name"], tensor["dtype"], tensor["shape"].get<std::vector<int64_t>>()});
  }
  return std::nullopt;
}

std::optional<HostError> ManifestReader::readLabels(Manifest &manifest) const {
  if (!root.contains("labels"))
    return std::nullopt;
  const json &labels = root["labels"];
  if (!labels.is_array() ||
      !std::all_of(labels.begin(), labels.end(), [](const json &label) { return label.is_string(); }))
    return fail("/labels", "expected a list of strings");
  manifest.labels = labels.get<std::vector<std::string>>();
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
  const TensorDescription &output = manifest.outputs.front();
  if (output.dtype != "f32" || output.shape.size() != 1)
    return fail("/outputs/0", "expected one f32 number for each class, because there are scores");
  if (!manifest.labels.empty() && manifest.labels.size() != static_cast<size_t>(output.shape[0]))
    return fail("/labels", std::to_string(manifest.labels.size()) + " labels, expected " +
                               std::to_string(output.shape[0]) + ", one for each class");
  return std::nullopt;
}

HostExpected<Manifest> ManifestReader::read() {
  if (!root.is_object() || root.value("format", json()) != "vitc" ||
      root.value("manifest_version", json()) != manifestVersion)
    return fail("/manifest_version", "expected a manifest of vitc, version " + std::to_string(manifestVersion));
  Manifest manifest;
  if (isString(root, "name"))
    manifest.name = root["name"];
  for (Error error : {readTensors("inputs", manifest.inputs), readTensors("outputs", manifest.outputs)})
    if (error)
      return *error;
  if (Error error = readLabels(manifest))
    return *error;
  if (Error error = readScores(manifest))
    return *error;
  std::string error;
  std::optional<std::vector<ImageStep>> steps = parsePreprocessing(file.manifest, error);
  if (!steps) {
    const size_t end = error.find(": ");
    return fail(error.substr(0, end), error.substr(end + 2));
  }
  manifest.preprocessing = std::move(*steps);
  return manifest;
}

} // namespace

HostExpected<Manifest> vitc::readManifest(const ModelFile &file) { return ManifestReader(file).read(); }

std::string vitc::toString(const std::vector<int64_t> &shape) {
  std::string text;
  for (int64_t extent : shape)
    text += (text.empty() ? "" : "x") + std::to_string(extent);
  return text.empty() ? "scalar" : text;
}
