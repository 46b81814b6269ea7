//===- Manifest.cpp - what a compiled model says about itself -------------===//

#include "vitc/Target/Manifest.h"

#include "vitc/Description/DescriptionWriter.h"
#include "vitc/RuntimeHost/ProgramHash.h"
#include "vitc/Support/Json.h"
#include "vitc/runtime/model_abi.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Config/llvm-config.h"

using namespace vitc;

/// The layout of the manifest, and of its list of preprocessing steps, that tools must know.
static constexpr int manifestVersion = 1, preprocessingVersion = 1;

template <typename T> static JsonValue list(llvm::ArrayRef<T> values) {
  return JsonValue::Array(values.begin(), values.end());
}

static JsonValue toJson(const std::vector<ManifestTensor> &tensors) {
  JsonValue::Array array;
  for (const ManifestTensor &tensor : tensors)
    array.push_back(
        JsonValue::Object{{"name", tensor.name}, {"dtype", tensor.dtype}, {"shape", list<int64_t>(tensor.shape)}});
  return array;
}

/// A step with a key for each of its values, as vitc_preprocess_step orders them.
static JsonValue toJson(const PreprocessStep &step) {
  JsonValue::Object object = {{"step", step.kind}};
  llvm::ArrayRef<double> values = step.values;
  if (step.kind == "decode") {
    object.emplace_back("channels", int64_t(values[0]));
  } else if (step.kind == "resize_shortest_edge") {
    object.emplace_back("edge", int64_t(values[0]));
  } else if (step.kind == "resize_bounded_edges") {
    object.emplace_back("shortest", int64_t(values[0]));
    object.emplace_back("longest", int64_t(values[1]));
    object.emplace_back("multiple", int64_t(values[2]));
  } else if (step.hasSize()) {
    object.emplace_back("height", int64_t(values[0]));
    object.emplace_back("width", int64_t(values[1]));
    if (step.kind == "pad")
      object.emplace_back("fill", list(values.drop_front(2)));
  } else if (step.kind == "rescale") {
    object.emplace_back("factor", values[0]);
  } else {
    object.emplace_back("mean", list(values.take_front(values.size() / 2)));
    object.emplace_back("std", list(values.drop_front(values.size() / 2)));
  }
  if (!step.filter.empty())
    object.emplace_back(step.kind == "center_crop" ? "rounding" : "filter", step.filter);
  return object;
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

std::string vitc::weightsHashMember(const std::string &hash) { return "\"hash\":\"" + hash + "\""; }

std::string vitc::unknownWeightsHash() { return weightsHashMember(std::string(64, '0')); }

std::string vitc::buildManifest(const ModelDescription &description, const TargetInfo &target,
                                const ManifestOptions &options) {
  JsonValue::Array steps;
  for (const ModelInput &input : llvm::ArrayRef(description.inputs).take_front(1))
    for (const PreprocessStep &step : input.preprocessing)
      steps.push_back(toJson(step));
  JsonValue::Object root = {
      {"format", "vitc"},
      {"manifest_version", manifestVersion},
      {"name", description.name},
      {"compiler", "vitc " VITC_VERSION " (LLVM " LLVM_VERSION_STRING ")"},
      {"abi_version", VITC_MODEL_ABI_VERSION},
      {"target", JsonValue::Object{{"triple", target.triple},
                                   {"cpu", target.cpu},
                                   {"features", list<std::string>(target.features)}}},
      {"options", JsonValue::Object{{"batch", options.batch}, {"precision", options.precision}}},
      {"description_hash", descriptionHash(description)},
      {"weights", JsonValue::Object{{"bytes", int64_t(options.weightsBytes)}, {"hash", std::string(64, '0')}}},
      {"program_hash", unknownProgramHash()},
      {"inputs", toJson(options.inputs)},
      {"outputs", toJson(options.outputs)},
      {"scores", toString(description.scores)}};
  if (!description.labels.empty())
    root.emplace_back("labels", list<std::string>(description.labels));
  if (!steps.empty())
    root.emplace_back("preprocessing",
                      JsonValue::Object{{"version", preprocessingVersion}, {"steps", std::move(steps)}});
  root.emplace_back("memory", JsonValue::Object{{"arena_bytes", int64_t(options.arenaBytes)},
                                                {"scratch_bytes", int64_t(options.scratchBytes)}});
  return writeJson(std::move(root), JsonLayout::Compact);
}
