//===- Manifest.cpp - what a compiled model says about itself -------------===//

#include "vitc/Target/Manifest.h"

#include "vitc/RuntimeHost/ProgramHash.h"
#include "vitc/Support/Json.h"
#include "vitc/runtime/model_abi.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Config/llvm-config.h"

using namespace vitc;

/// The layout of the manifest, of its list of preprocessing steps and of its rule of postprocessing, that tools must
/// know.
static constexpr int manifestVersion = 2, preprocessingVersion = 1, postprocessingVersion = 1;

template <typename T> static JsonValue list(llvm::ArrayRef<T> values) {
  return JsonValue::Array(values.begin(), values.end());
}

/// A step with a key for each of its values, as vitc_preprocess_step orders them.
static JsonValue toJson(const PreprocessStep &step) {
  JsonValue::Object object = {{"step", step.kind}};
  llvm::ArrayRef<double> values = step.values;
  if (step.kind == "decode") {
    object.emplace_back("channels", int64_t(values[0]));
  } else if (step.kind == "resize_shortest_edge" || step.kind == "resize_longest_edge") {
    object.emplace_back("edge", int64_t(values[0]));
  } else if (step.kind == "resize_bounded_edges") {
    object.emplace_back("shortest", int64_t(values[0]));
    object.emplace_back("longest", int64_t(values[1]));
    object.emplace_back("multiple", int64_t(values[2]));
  } else if (step.kind == "resize_one_side") {
    object.emplace_back("height", int64_t(values[0]));
    object.emplace_back("width", int64_t(values[1]));
    object.emplace_back("multiple", int64_t(values[2]));
  } else if (step.hasSize()) {
    object.emplace_back("height", int64_t(values[0]));
    object.emplace_back("width", int64_t(values[1]));
    if (step.kind == "pad")
      object.emplace_back("fill", list(values.drop_front(2)));
  } else if (step.kind == "rescale") {
    object.emplace_back("factor", values[0]);
  } else if (step.kind == "normalize") {
    object.emplace_back("mean", list(values.take_front(values.size() / 2)));
    object.emplace_back("std", list(values.drop_front(values.size() / 2)));
  }
  if (!step.filter.empty())
    object.emplace_back(step.kind == "center_crop" ? "rounding" : "filter", step.filter);
  return object;
}

/// Adds "preprocessing", if there is any.
static void addPreprocessing(JsonValue::Object &object, llvm::ArrayRef<PreprocessStep> steps) {
  JsonValue::Array array;
  for (const PreprocessStep &step : steps)
    array.push_back(toJson(step));
  if (!array.empty())
    object.emplace_back("preprocessing",
                        JsonValue::Object{{"version", preprocessingVersion}, {"steps", std::move(array)}});
}

/// Adds "labels", if there are any.
static void addLabels(JsonValue::Object &object, llvm::ArrayRef<std::string> labels) {
  if (!labels.empty())
    object.emplace_back("labels", list(labels));
}

static JsonValue::Object toObject(const ManifestTensor &tensor) {
  return {{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", list<int64_t>(tensor.shape)}};
}

static JsonValue memory(uint64_t arenaBytes, uint64_t scratchBytes) {
  return JsonValue::Object{{"arena_bytes", int64_t(arenaBytes)}, {"scratch_bytes", int64_t(scratchBytes)}};
}

static const char *toString(Scores scores) {
  switch (scores) {
  case Scores::None:
    return "none";
  case Scores::Softmax:
    return "softmax";
  case Scores::Sigmoid:
    return "sigmoid";
  }
  llvm_unreachable("not a kind of scores");
}

/// What lib/Postprocessing reads. Everything is said, defaults too.
static JsonValue toJson(const Postprocessing &own) {
  JsonValue::Object object = {{"version", postprocessingVersion}};
  switch (own.kind) {
  case Postprocessing::Kind::None:
    break;
  case Postprocessing::Kind::Segmentation:
    object.insert(object.end(), {{"kind", "segmentation"}, {"output", own.output}});
    break;
  case Postprocessing::Kind::Depth:
    object.insert(object.end(), {{"kind", "depth"}, {"output", own.output}, {"filter", own.filter}});
    break;
  case Postprocessing::Kind::Detection:
    object.insert(object.end(), {{"kind", "detection"},
                                 {"logits", own.output},
                                 {"boxes", own.boxes},
                                 {"scores", toString(own.scores)},
                                 {"threshold", own.threshold},
                                 {"top", own.top}});
    break;
  }
  return object;
}

static JsonValue toJson(const ManifestEntryPoint &entry) {
  JsonValue::Array inputs, outputs;
  for (const ManifestTensor &tensor : entry.inputs) {
    JsonValue::Object input = toObject(tensor);
    if (tensor.defaultValue)
      input.emplace_back("default", *tensor.defaultValue);
    if (!tensor.maskOf.empty())
      input.emplace_back("mask_of", tensor.maskOf);
    addPreprocessing(input, tensor.preprocessing);
    inputs.push_back(std::move(input));
  }
  for (const ManifestTensor &tensor : entry.outputs) {
    JsonValue::Object output = toObject(tensor);
    addLabels(output, tensor.labels);
    outputs.push_back(std::move(output));
  }
  JsonValue::Object object = {{"name", entry.name}, {"inputs", std::move(inputs)}, {"outputs", std::move(outputs)}};
  if (entry.postprocessing.kind != Postprocessing::Kind::None)
    object.emplace_back("postprocessing", toJson(entry.postprocessing));
  object.emplace_back("memory", memory(entry.arenaBytes, entry.scratchBytes));
  return object;
}

static JsonValue toJson(llvm::ArrayRef<ManifestTensor> tensors) {
  JsonValue::Array array;
  for (const ManifestTensor &tensor : tensors)
    array.push_back(toObject(tensor));
  return array;
}

std::string vitc::weightsHashMember(const std::string &hash) { return "\"hash\":\"" + hash + "\""; }

std::string vitc::unknownWeightsHash() { return weightsHashMember(std::string(64, '0')); }

std::string vitc::buildManifest(const ModelDescription &description, const ManifestOptions &options) {
  const ManifestEntryPoint &entry = options.entryPoints.front();
  const ManifestVariant &variant = options.variants.front();
  JsonValue::Object root = {
      {"format", "vitc"},
      {"manifest_version", manifestVersion},
      {"name", description.name},
      {"compiler", "vitc " VITC_VERSION " (LLVM " LLVM_VERSION_STRING ")"},
      {"abi_version", VITC_MODEL_ABI_VERSION},
      {"target", JsonValue::Object{{"triple", options.triple},
                                   {"cpu", variant.cpu},
                                   {"features", list<std::string>(variant.features)}}},
      {"options",
       JsonValue::Object{{"batch", options.batch}, {"precision", options.precision}, {"attention", options.attention}}},
      {"description_hash", options.descriptionHash},
      {"weights", JsonValue::Object{{"bytes", int64_t(options.weightsBytes)}, {"hash", std::string(64, '0')}}},
      {"program_hash", unknownProgramHash()},
      {"inputs", toJson(llvm::ArrayRef(entry.inputs))},
      {"outputs", toJson(llvm::ArrayRef(entry.outputs))},
      {"scores", toString(description.scores)}};
  addLabels(root, entry.outputs.front().labels);
  // A picture becomes one input.
  if (!entry.inputs.empty())
    addPreprocessing(root, entry.inputs.front().preprocessing);
  uint64_t arenaBytes = 0, scratchBytes = 0;
  JsonValue::Array entryPoints, variants;
  for (const ManifestEntryPoint &next : options.entryPoints) {
    arenaBytes = std::max(arenaBytes, next.arenaBytes);
    scratchBytes = std::max(scratchBytes, next.scratchBytes);
    entryPoints.push_back(toJson(next));
  }
  for (const ManifestVariant &next : options.variants)
    variants.push_back(JsonValue::Object{{"cpu", next.cpu}, {"features", list<std::string>(next.features)}});
  root.emplace_back("memory", memory(arenaBytes, scratchBytes));
  root.emplace_back("entry_points", std::move(entryPoints));
  root.emplace_back("variants", std::move(variants));
  return writeJson(std::move(root), JsonLayout::Compact);
}
