//===- VitDet.cpp - ViTDet --------------------------------------*- C++ -*-===//
//
// VitDetModel and VitDetBackbone of transformers 5.24.
//
//===----------------------------------------------------------------------===//

#include "Convolutions.h"
#include "Families.h"
#include "VitDetLayer.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes: maps, channels last, throughout.
class VitDet {
public:
  VitDet(Model &model, ConfigReader &config);
  void build();

private:
  void addEmbeddings();
  void addResidualBlock(const std::string &name);
  void addOutputs(llvm::ArrayRef<std::string> states);

  Model &model;
  ConfigReader &config;
  Dimensions dimensions;
  const std::vector<int64_t> trainedSize;
  const int64_t windowSize;
  const std::vector<int64_t> windowLayers, residualLayers;
  std::vector<size_t> stages;
  VitDetLayers layers;
  std::string prefix;
};
} // namespace

/// Numbers of layers, of which the library does not look at those that are none; there may be none.
static std::vector<int64_t> readLayers(ConfigReader &config, llvm::StringRef key) {
  const JsonValue *list = config.find(key);
  if (!list || (list->asArray() && list->asArray()->empty()))
    return {};
  return config.integers(key, -(int64_t(1) << 31), int64_t(1) << 31);
}

VitDet::VitDet(Model &model, ConfigReader &config)
    : model(model), config(config), dimensions(readDimensions(config)), trainedSize(config.size("pretrain_image_size")),
      windowSize(config.integer("window_size", 0, 1 << 16)), windowLayers(readLayers(config, "window_block_indices")),
      residualLayers(readLayers(config, "residual_block_indices")) {
  dimensions.hidden = dimensions.width * config.integer("mlp_ratio", 1, 1024);
  checkDimensions(config, dimensions);
  if (!config.boolean("use_absolute_position_embeddings"))
    model.errors.report(config.pointerTo("use_absolute_position_embeddings"),
                        "is false, for which the library of this version makes no model");
  if (!residualLayers.empty() && dimensions.width < 2)
    model.errors.report(config.placeOf("hidden_size"), "is 1, of which a residual block takes half");
  if (model.errors.any())
    return;
  stages = readStages(config, nameStages(size_t(dimensions.layers), /*hasStem=*/true));
  const std::vector<int64_t> picture = model.pictureSize.value_or(dimensions.imageSize);
  std::vector<int64_t> map;
  for (size_t axis : {0, 1}) {
    map.push_back(picture[axis] / dimensions.patchSize[axis]);
    if (map.back() == 0)
      model.errors.report(config.placeOf("patch_size"), "patches of " + llvm::Twine(dimensions.patchSize[axis]) +
                                                            " are larger than pictures of " + shapeText(picture));
  }
  layers = makeVitDetLayers({"norm1", "attention", "norm2", "mlp.fc1", "mlp.fc2"}, dimensions,
                            config.boolean("qkv_bias"), config.boolean("use_relative_position_embeddings"), map);
}

void VitDet::addEmbeddings() {
  model.addImage(dimensions);
  addPictureMap(model, "map");
  const std::string projection = "embeddings.projection", positions = "embeddings.position_embeddings";
  addConvolution(model, projection,
                 PlainConvolution{prefix + projection, dimensions.width, dimensions.patchSize, dimensions.patchSize});
  const int64_t patches = (trainedSize[0] / dimensions.patchSize[0]) * (trainedSize[1] / dimensions.patchSize[1]);
  const auto side = std::llround(std::sqrt(double(patches)));
  if (patches == 0 || side * side != patches)
    return model.errors.report(config.placeOf("pretrain_image_size"),
                               "there are positions for " + llvm::Twine(patches) +
                                   " patches, which the library cannot take for a square");
  const std::vector<int64_t> &map = layers.map;
  model.addReshape("patches", {map[0] * map[1], dimensions.width});
  Node &node = model.add(positions, "position_embedding");
  const bool fits = map == std::vector<int64_t>{side, side};
  node.attributes["resample"] = std::string(fits ? "none" : "bicubic");
  node.attributes["grid"] = map;
  if (!fits)
    node.attributes["source_grid"] = std::vector<int64_t>{side, side};
  // Without that of a class token, which there is none of.
  node.parameters["value"] = prefix + positions + "[1:]";
  model.addReshape("embeddings", {map[0], map[1], dimensions.width});
}

void VitDet::addResidualBlock(const std::string &name) {
  // That of the class, whatever layer_norm_eps says.
  constexpr double epsilon = 1e-6;
  const std::string input = model.last();
  for (int64_t index : {1, 2, 3}) {
    const std::string number = std::to_string(index), layer = name + ".conv" + number;
    const int64_t kernel = index == 2 ? 3 : 1, channels = index == 3 ? dimensions.width : dimensions.width / 2;
    PlainConvolution convolution{prefix + layer, channels, {kernel, kernel}};
    convolution.padding.assign(4, kernel / 2);
    convolution.hasBias = false;
    addConvolution(model, layer, convolution);
    model.addNorm(name + ".norm" + number, prefix + name + ".norm" + number, epsilon);
    if (index < 3 && dimensions.activation != "none")
      model.addActivation(name + ".act" + number, dimensions.activation);
  }
  model.addSum(name, input, model.last());
}

void VitDet::addOutputs(llvm::ArrayRef<std::string> states) {
  if (model.head == Head::Backbone) {
    addFeatureMaps(model, stages, nameStages(states.size() - 1, /*hasStem=*/true), states);
  } else {
    addChannelsFirst(model, "last_hidden_state", states.back());
    model.returns("last_hidden_state", "last_hidden_state");
  }
  offerMaps(model, states);
}

void VitDet::build() {
  prefix = model.hasPrefix("vitdet.") ? "vitdet." : "";
  addEmbeddings();
  if (model.errors.any())
    return;
  std::vector<std::string> states = {model.last()};
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    const std::string name = "encoder.layer." + std::to_string(index);
    addVitDetLayer(model, name, prefix + name + ".", layers, llvm::is_contained(windowLayers, index) ? windowSize : 0);
    model.offers("attention_" + std::to_string(index), name + ".attention/probabilities");
    if (llvm::is_contained(residualLayers, index))
      addResidualBlock(name + ".residual");
    states.push_back(model.last());
  }
  addOutputs(states);
}

static constexpr Architecture classes[] = {{"VitDetModel", Head::None, nullptr},
                                           {"VitDetBackbone", Head::Backbone, nullptr}};
static constexpr ConfigKey keys[] = {{"hidden_size", "768"},
                                     {"num_hidden_layers", "12"},
                                     {"num_attention_heads", "12"},
                                     {"mlp_ratio", "4"},
                                     {"hidden_act", "\"gelu\""},
                                     {"layer_norm_eps", "1e-6"},
                                     {"image_size", "224"},
                                     {"pretrain_image_size", "224"},
                                     {"patch_size", "16"},
                                     {"num_channels", "3"},
                                     {"qkv_bias", "true"},
                                     {"window_block_indices", "null"},
                                     {"residual_block_indices", "null"},
                                     {"use_absolute_position_embeddings", "true"},
                                     {"use_relative_position_embeddings", "false"},
                                     {"window_size", "0"},
                                     {"out_features", "null"},
                                     {"out_indices", "null"}};
// Of training; what follows from the number of layers.
static constexpr const char *inert[] = {"dropout_prob", "stage_names"};

llvm::ArrayRef<Family> vitc::huggingface::vitdetFamilies() {
  static const Family list[] = {{"vitdet", classes, {keys, inert}, nullptr, {}, buildWith<VitDet>, true, true}};
  return list;
}
