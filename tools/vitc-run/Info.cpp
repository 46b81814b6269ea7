//===- Info.cpp - what a model's file says about itself -------------------===//

#include "Info.h"

#include <nlohmann/json.hpp>

#include <cstdio>

using namespace vitc;
using nlohmann::ordered_json;

static std::string row(const std::string &key, const std::string &value) {
  return "  " + key + std::string(key.size() < 12 ? 12 - key.size() : 1, ' ') + printable(value) + "\n";
}

static std::string listed(const std::vector<std::string> &items) {
  std::string text;
  for (const std::string &item : items)
    text += (text.empty() ? "" : ", ") + item;
  return text;
}

static std::string megabytes(uint64_t bytes) {
  char text[64];
  std::snprintf(text, sizeof text, "%.1f MB (%llu bytes)", double(bytes) / 1e6, static_cast<unsigned long long>(bytes));
  return text;
}

/// "resize 32 32 bilinear": the step's name and its values.
static std::string stepText(const ordered_json &step) {
  std::string text = step.value("step", "");
  for (const auto &item : step.items())
    if (item.key() != "step")
      text += " " + (item.value().is_string() ? item.value().get<std::string>() : item.value().dump());
  return text;
}

/// "key=value" for each of an object's members.
static std::string optionsText(const ordered_json &options) {
  std::string text;
  for (const auto &item : options.items())
    text += (text.empty() ? "" : ", ") + item.key() + "=" +
            (item.value().is_string() ? item.value().get<std::string>() : item.value().dump());
  return text;
}

static std::string labelsText(const std::vector<std::string> &labels) {
  constexpr size_t shown = 5;
  std::string text;
  for (size_t i = 0; i < std::min(shown, labels.size()); ++i)
    text += (i ? ", " : "") + labels[i];
  return std::to_string(labels.size()) + " (" + text + (labels.size() > shown ? ", ..." : "") + ")";
}

/// The rows of an entry point; `json` is what the manifest says of it. Its name is there if it is one of several.
static std::string entryPointRows(const Manifest &manifest, const EntryPointDescription &entry,
                                  const ordered_json &json) {
  std::string rows;
  if (manifest.entryPoints.size() > 1)
    rows += row("entry", entry.name);
  for (const TensorDescription &input : entry.inputs)
    rows += row("input", input.name + "  " + input.dtype + "  " + toString(input.shape));
  for (const TensorDescription &output : entry.outputs)
    rows += row("output", output.name + "  " + output.dtype + "  " + toString(output.shape));
  for (const TensorDescription &output : entry.outputs)
    if (!output.labels.empty())
      rows += row("labels", labelsText(output.labels));
  if (manifest.scores != ScoreKind::None)
    rows += row("scores", manifest.scores == ScoreKind::Softmax ? "softmax" : "sigmoid");
  for (const ordered_json &input : json["inputs"])
    if (input.contains("preprocessing") && input["preprocessing"].is_object())
      for (const ordered_json &step : input["preprocessing"]["steps"])
        rows += row("picture", stepText(step));
  return rows;
}

/// The rows that come from parts of the manifest that only this text reads. What is not there is left out.
static std::string propertyRows(const ordered_json &root, const Manifest &manifest) {
  const auto member = [](const ordered_json &object, const char *key) {
    return object.is_object() && object.contains(key) ? object[key] : ordered_json();
  };
  const auto text = [&](const ordered_json &object, const char *key) {
    const ordered_json value = member(object, key);
    return value.is_string() ? value.get<std::string>() : value.is_null() ? "" : value.dump();
  };
  std::string rows;
  const auto add = [&](const char *key, const std::string &value) {
    if (!value.empty())
      rows += row(key, value);
  };
  add("compiler", text(root, "compiler"));
  add("target", text(member(root, "target"), "triple"));
  for (const VariantDescription &variant : manifest.variants) {
    add("cpu", variant.cpu);
    add("features", listed(variant.features));
  }
  add("options", optionsText(member(root, "options")));
  const ordered_json weights = member(root, "weights");
  if (member(weights, "bytes").is_number_unsigned())
    add("weights", megabytes(weights["bytes"].get<uint64_t>()));
  add("hash", text(weights, "hash"));
  const ordered_json memory = member(root, "memory");
  if (member(memory, "arena_bytes").is_number_unsigned())
    add("activations", megabytes(memory["arena_bytes"].get<uint64_t>()) + " an image");
  if (member(memory, "scratch_bytes").is_number_unsigned())
    add("scratch", megabytes(memory["scratch_bytes"].get<uint64_t>()) + " a thread");
  return rows;
}

std::string vitc::infoText(const ModelFile &file, const Manifest &manifest) {
  const ordered_json root = ordered_json::parse(file.manifest);
  std::string text = printable(manifest.name.empty() ? file.path : manifest.name) + "\n";
  for (size_t i = 0; i < manifest.entryPoints.size(); ++i)
    text += entryPointRows(manifest, manifest.entryPoints[i], root["entry_points"][i]);
  return text + propertyRows(root, manifest) + row("file", megabytes(file.fileBytes));
}

std::string vitc::infoJson(const ModelFile &file) {
  ordered_json root = ordered_json::parse(file.manifest);
  root["file_bytes"] = file.fileBytes;
  return root.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}
