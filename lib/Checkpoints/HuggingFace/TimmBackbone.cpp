//===- TimmBackbone.cpp - a network of timm as a backbone -------*- C++ -*-===//
//
// TimmBackbone of transformers 5.24, for timm's class ResNet, and how DETR's configurations name it.
//
//===----------------------------------------------------------------------===//

#include "../Timm/TimmArchitectures.h"
#include "../Timm/TimmMaps.h"
#include "Backbone.h"
#include "vitc/Support/Json.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

static constexpr ConfigKey sectionKeys[] = {
    {"architectures", "null"}, {"model_type", "null"},  {"backbone", "null"},     {"num_channels", "3"},
    {"features_only", "true"}, {"out_indices", "[-1]"}, {"output_stride", "null"}};
// Norms are frozen anyway; names of stages follow from the others.
static constexpr const char *sectionInertKeys[] = {"freeze_batch_norm_2d", "out_features", "stage_names",
                                                   "use_pretrained_backbone"};
// What `backbone_kwargs` may have.
static constexpr ConfigKey argumentKeys[] = {{"in_chans", "null"}, {"out_indices", "null"}, {"output_stride", "null"}};

namespace {
/// What TimmBackboneConfig says.
struct TimmBackbone {
  std::string name;
  /// Where the name is, for messages.
  std::string place;
  int64_t channels = 3;
  /// The last stage whose map is returned, from 1 on.
  int64_t stage = 4;
  std::optional<int64_t> outputStride;
};
} // namespace

/// Of stages by number, from the stem (0) to 4, the last one.
static int64_t lastStage(ConfigReader &config, const std::string &key) {
  int64_t last = 0;
  for (int64_t index : config.integers(key, -5, 4))
    last = std::max(last, index < 0 ? index + 5 : index);
  if (last == 0)
    config.getErrors().report(config.placeOf(key), "expected a stage behind the stem");
  return last;
}

static void readStride(ConfigReader &config, std::optional<int64_t> &stride) {
  stride = config.optionalInteger("output_stride");
  if (stride && !llvm::is_contained({8, 16, 32}, *stride))
    config.getErrors().report(config.placeOf("output_stride"), "is " + llvm::Twine(*stride) + ", expected 8, 16 or 32");
}

static BackboneOutputs addTimmBackbone(Model &model, const TimmBackbone &backbone, const std::string &prefix,
                                       const std::vector<int64_t> &size) {
  // Behind a dot, names say which weights.
  const std::string name = llvm::StringRef(backbone.name).split('.').first.str();
  const TimmArchitecture *architecture = findTimmArchitecture(name);
  if (!architecture || architecture->kind != llvm::StringRef("ResNet")) {
    model.errors.report(backbone.place,
                        "'" + backbone.name + "' is not supported, expected one of timm's class ResNet");
    return {};
  }
  llvm::Expected<JsonValue> implied = parseJson(architecture->arguments, "the table of architectures");
  if (!implied) {
    model.errors.report(implied.takeError());
    return {};
  }
  // Batch norms are replaced by frozen ones, other norms are not.
  JsonValue::Object arguments = {{"out_indices", JsonValue::Array{JsonValue(backbone.stage)}}};
  if (backbone.outputStride)
    arguments.emplace_back("output_stride", *backbone.outputStride);
  const JsonValue given = std::move(arguments);
  ModelDescription own;
  std::unique_ptr<WeightSource> tensors = model.weights ? tensorsBehind(*model.weights, prefix) : nullptr;
  TimmGraph graph(model.errors, own, tensors.get());
  TimmSettings settings(model.errors, given, *implied, name);
  graph.NodeBuilder::addImage(backbone.channels, size);
  addPictureMap(graph, "map");
  addTimmResNetMap(graph, settings, "");
  settings.finish();
  if (model.errors.any())
    return {};
  addChannelsFirst(graph, "feature_map", graph.last());
  graph.returns("feature_map", "feature_map");
  graph.ignoreTensors([](llvm::StringRef tensor) { return tensor.ends_with(".num_batches_tracked"); });
  return embedBackbone(model, std::move(own), prefix);
}

/// From `backbone_config` with the model_type timm_backbone.
static TimmBackbone readSection(Model &model, const JsonValue &section, const std::string &place) {
  ConfigReader reader(model.errors, section, place, {{sectionKeys, sectionInertKeys}, {labelKeys(), {}}});
  TimmBackbone result;
  result.place = reader.placeOf("backbone");
  result.name = reader.string("backbone");
  result.channels = reader.integer("num_channels", 1, 4096);
  if (!reader.boolean("features_only"))
    model.errors.report(reader.pointerTo("features_only"), "false is not supported");
  result.stage = lastStage(reader, "out_indices");
  readStride(reader, result.outputStride);
  std::vector<std::string> ignored, notes;
  reader.finish(ignored, notes);
  for (const std::string &pointer : ignored)
    model.result.ignoredKeys.push_back(model.result.file + ": " + pointer);
  return result;
}

/// From the keys beside `backbone_config`.
static TimmBackbone readKeys(Model &model, ConfigReader &config) {
  TimmBackbone result;
  result.place = config.placeOf("backbone");
  result.name = config.gives("backbone") ? config.string("backbone") : "resnet50";
  result.channels = config.integer("num_channels", 1, 4096);
  if (const JsonValue *arguments = config.find("backbone_kwargs")) {
    ConfigReader reader(model.errors, *arguments, config.pointerTo("backbone_kwargs"), {{argumentKeys, {}}});
    if (std::optional<int64_t> channels = reader.optionalInteger("in_chans"))
      result.channels = *channels;
    if (reader.gives("out_indices"))
      result.stage = lastStage(reader, "out_indices");
    readStride(reader, result.outputStride);
    std::vector<std::string> ignored, notes;
    reader.finish(ignored, notes);
  }
  if (config.boolean("dilation") && !result.outputStride)
    result.outputStride = 16;
  return result;
}

BackboneOutputs vitc::huggingface::addMapBackbone(Model &model, ConfigReader &config, const std::string &prefix,
                                                  const std::vector<int64_t> &size) {
  const JsonValue *section = config.find("backbone_config");
  const JsonValue *type = section ? section->find("model_type") : nullptr;
  const bool isTimm = type && type->asString() && *type->asString() == "timm_backbone";
  if (isTimm) {
    const TimmBackbone backbone = readSection(model, *section, config.pointerTo("backbone_config"));
    return model.errors.any() ? BackboneOutputs() : addTimmBackbone(model, backbone, prefix, size);
  }
  if (!section && config.boolean("use_timm_backbone")) {
    const TimmBackbone backbone = readKeys(model, config);
    return model.errors.any() ? BackboneOutputs() : addTimmBackbone(model, backbone, prefix, size);
  }
  static const JsonValue ofResNet =
      JsonValue::Object{{"model_type", "resnet"}, {"out_features", JsonValue::Array{JsonValue("stage4")}}};
  if (!section && config.gives("backbone"))
    model.errors.report(config.pointerTo("backbone"), "is not supported without timm, expected a 'backbone_config'");
  const BackboneOutputs outputs = addBackbone(
      model, section ? *section : ofResNet,
      section ? config.pointerTo("backbone_config") : config.placeOf("backbone_config"), prefix, {"resnet"});
  if (!model.errors.any()) {
    Shape &image = model.result.inputs.front().shape;
    image = {image.front(), size[0], size[1]};
  }
  return outputs;
}
