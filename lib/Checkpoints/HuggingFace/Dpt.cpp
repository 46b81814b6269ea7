//===- Dpt.cpp - DPT --------------------------------------------*- C++ -*-===//
//
// DPTForDepthEstimation and DPTForSemanticSegmentation of transformers 5.24, on a ViT of their own, behind a BiT or
// not, or on DINOv2.
//
//===----------------------------------------------------------------------===//

#include "Backbone.h"
#include "Convolutions.h"
#include "DptNeck.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class Dpt {
public:
  Dpt(Model &model, ConfigReader &config);
  void build();

private:
  /// DPTModel: class token, positions, layers.
  BackboneOutputs addVit();
  /// Of a hybrid: the backbone in front of the layers, whose last map are the patches. The other maps are kept.
  void addBit(const Dimensions &dimensions, const std::vector<int64_t> &grid);
  void readHybrid();
  BackboneOutputs addDinov2();
  /// The patches of a level as a map that has heard of the class token.
  SizedMap addReadout(size_t level, const std::string &tokens, const BackboneOutputs &all);
  void addDepth(const SizedMap &map);
  void addSegmentation(const SizedMap &map);

  Model &model;
  ConfigReader &config;
  const std::string readout, activation;
  const bool isHybrid;
  DptNeck neck;
  /// The maps of a hybrid's backbone that the neck takes as they are.
  std::vector<SizedMap> maps;
};
} // namespace

Dpt::Dpt(Model &model, ConfigReader &config)
    : model(model), config(config), readout(config.string("readout_type")), activation(config.activation("hidden_act")),
      isHybrid(config.boolean("is_hybrid")), neck(model, config) {
  rejectOtherBackbones(config);
  if (config.boolean("add_projection"))
    model.errors.report(config.pointerTo("add_projection"),
                        "is true: a projection in front of the head is not supported");
  if (readout != "ignore" && readout != "add" && readout != "project")
    model.errors.report(config.placeOf("readout_type"), "is '" + readout + "', expected 'ignore', 'add' or 'project'");
  neck.hasBatchNorm = config.boolean("use_batch_norm_in_fusion_residual");
  neck.hasBias =
      config.gives("use_bias_in_fusion_residual") ? config.boolean("use_bias_in_fusion_residual") : !neck.hasBatchNorm;
  if (isHybrid)
    readHybrid();
  else if (model.head == Head::Segmentation && config.gives("backbone_config"))
    model.errors.report(config.pointerTo("backbone_config"),
                        "is not supported, DPTForSemanticSegmentation has a ViT of its own");
}

void Dpt::readHybrid() {
  if (readout != "project")
    model.errors.report(config.placeOf("readout_type"), "is '" + readout + "', hybrids have 'project'");
  const JsonValue *ignored = config.find("neck_ignore_stages");
  const bool isEmpty = ignored && ignored->asArray() && ignored->asArray()->empty();
  if (isEmpty || config.integers("neck_ignore_stages", 0, 1 << 20) != std::vector<int64_t>{0, 1})
    model.errors.report(config.pointerTo("neck_ignore_stages"),
                        "expected [0, 1]: hybrids take the first two maps from their backbone");
}

void Dpt::addBit(const Dimensions &dimensions, const std::vector<int64_t> &grid) {
  static const JsonValue::Object byDefault = {
      {"model_type", "bit"},
      {"global_padding", "same"},
      {"layer_type", "bottleneck"},
      {"depths", JsonValue::Array{JsonValue(3), JsonValue(4), JsonValue(9)}},
      {"out_features", JsonValue::Array{JsonValue("stage1"), JsonValue("stage2"), JsonValue("stage3")}},
      {"embedding_dynamic_padding", true}};
  const JsonValue *section = config.find("backbone_config");
  JsonValue description(byDefault);
  if (section)
    description = *section;
  // The section may leave its type out.
  if (const JsonValue::Object *given = section ? section->asObject() : nullptr; given && !section->find("model_type")) {
    JsonValue::Object typed = *given;
    typed.push_back({"model_type", "bit"});
    description = JsonValue(typed);
  }
  const std::string place = section ? config.pointerTo("backbone_config") : config.placeOf("backbone_config");
  // The backbone's nodes are for pictures of this size.
  const std::vector<int64_t> picture = model.pictureSize.value_or(dimensions.imageSize);
  Model sized(model.errors, model.result, model.weights, model.type, model.head, model.isResized, picture);
  const BackboneOutputs backbone = addBackbone(sized, description, place, "dpt.embeddings.backbone.", {"bit"});
  if (model.errors.any())
    return;
  if (backbone.values.size() != 3)
    return model.errors.report(place, "has " + llvm::Twine(backbone.values.size()) + " maps, expected 3");
  Shape &image = model.result.inputs.front().shape;
  if (image.front() != dimensions.channels)
    model.errors.report(config.placeOf("num_channels"), "is " + llvm::Twine(dimensions.channels) +
                                                            ", the backbone takes " + llvm::Twine(image.front()));
  image = {dimensions.channels, dimensions.imageSize[0], dimensions.imageSize[1]};
  std::vector<int64_t> size = picture;
  for (const auto &[index, value] : llvm::enumerate(backbone.values)) {
    // Of a quarter of the rows, then half as many each time.
    for (int64_t step = index == 0 ? 2 : 1; step > 0; --step)
      size = {(size[0] + 1) / 2, (size[1] + 1) / 2};
    addPictureMap(model, "embeddings.map." + std::to_string(index), value);
    if (index < 2)
      maps.push_back({model.last(), size});
  }
  if (size != grid)
    return model.errors.report(place, "makes a map of " + shapeText(size) + ", there are positions for " +
                                          shapeText(grid) + " patches");
  const std::string projection = "embeddings.projection";
  const std::vector<int64_t> shape = config.integers("backbone_featmap_shape", 1, 1 << 20);
  const TensorInfo *filter = model.weights ? model.weights->find("dpt." + projection + ".weight") : nullptr;
  if (shape.size() != 4)
    model.errors.report(config.pointerTo("backbone_featmap_shape"), "expected four numbers");
  else if (filter && filter->shape.size() == 4 && filter->shape[1] != shape[1])
    model.errors.report(config.placeOf("backbone_featmap_shape"), "has " + llvm::Twine(shape[1]) +
                                                                      " channels, the projection of the last map " +
                                                                      llvm::Twine(filter->shape[1]));
  addConvolution(model, projection, PlainConvolution{"dpt." + projection, dimensions.width, {1, 1}});
  model.addReshape("embeddings.patches", {grid[0] * grid[1], dimensions.width});
}

BackboneOutputs Dpt::addVit() {
  Dimensions dimensions = readDimensions(config);
  checkDimensions(config, dimensions);
  const bool hasQkvBias = config.boolean("qkv_bias");
  const std::vector<int64_t> chosen =
      config.integers("backbone_out_indices", 0, std::max<int64_t>(dimensions.layers - 1, 0));
  if (dimensions.patchSize[0] != dimensions.patchSize[1])
    model.errors.report(config.placeOf("patch_size"), "expected patches that are square, as the library does");
  if (model.errors.any())
    return {};
  const int64_t patches = dimensions.grid()[0] * dimensions.grid()[1];
  const auto side = std::llround(std::sqrt(double(patches)));
  if (side * side != patches)
    model.errors.report(config.placeOf("image_size"),
                        "there are " + llvm::Twine(patches) + " patches, which the library cannot take for a square");
  BackboneOutputs tokens;
  tokens.width = dimensions.width;
  for (int64_t pixels : model.pictureSize.value_or(dimensions.imageSize))
    tokens.grid.push_back(pixels / dimensions.patchSize[0]);
  if (isHybrid && model.pictureSize && *model.pictureSize != dimensions.imageSize)
    model.errors.report(config.placeOf("image_size"), "pictures are of " + shapeText(*model.pictureSize) +
                                                          ", the library's hybrids take none but those of " +
                                                          shapeText(dimensions.imageSize));
  if (tokens.grid[0] != tokens.grid[1])
    model.errors.report(config.placeOf("image_size"), "pictures have " + llvm::Twine(tokens.grid[0]) + " x " +
                                                          llvm::Twine(tokens.grid[1]) +
                                                          " patches, which the library takes for a square");
  if (model.errors.any())
    return {};

  const std::string prefix = "dpt.", embeddings = prefix + "embeddings.";
  if (isHybrid) {
    addBit(dimensions, tokens.grid);
    if (model.errors.any())
      return {};
  } else {
    model.addImage(dimensions);
    model.addPatches("embeddings.patch_embeddings", dimensions, embeddings + "patch_embeddings.projection");
  }
  model.add("embeddings.cls_token", "prefix_tokens").parameters["class_token"] = embeddings + "cls_token";
  Node &positions = model.addPositions("embeddings.position_embeddings", embeddings + "position_embeddings", "bilinear",
                                       {side, side}, dimensions, /*others=*/1);
  if (isHybrid)
    positions.attributes["grid"] = tokens.grid;
  const std::string first = model.last();
  const Layers layers = findVitLayers(model, prefix);
  std::vector<std::string> blocks;
  // Of a hybrid's list, the first two stand for the backbone's maps.
  const llvm::ArrayRef<int64_t> wanted =
      llvm::ArrayRef(chosen).drop_front(isHybrid ? std::min<size_t>(2, chosen.size()) : 0);
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    blocks.push_back("encoder.layer." + std::to_string(index));
    model.addBlock(blocks.back(), dimensions, layers.prefix + std::to_string(index) + ".", layers.names, hasQkvBias);
    // The library asks of each layer whether it is in the list.
    if (llvm::is_contained(wanted, index))
      tokens.values.push_back(blocks.back());
  }
  model.offerStates(first, blocks);
  neck.checkCount(maps.size() + tokens.values.size(), config.placeOf("backbone_out_indices"));
  return tokens;
}

BackboneOutputs Dpt::addDinov2() {
  BackboneOutputs backbone = addTokenBackbone(model, config);
  if (!model.errors.any())
    neck.checkCount(backbone.values.size(), config.pointerTo("backbone_config"));
  return backbone;
}

SizedMap Dpt::addReadout(size_t level, const std::string &tokens, const BackboneOutputs &all) {
  const std::string name = "neck.reassemble_stage.readout_projects." + std::to_string(level);
  model.add(name + ".patches", "patch_map", tokens);
  const std::string patches = model.last();
  if (readout == "ignore")
    return {patches, all.grid};
  model.addSlice(name + ".token", 0, 0, 1, tokens);
  model.addReshape(name + ".pixel", {1, 1, all.width});
  if (readout == "add") {
    model.addSum(name, patches, model.last());
    return {name, all.grid};
  }
  // The token beside every patch.
  addResize(model, name + ".spread", "nearest", all.grid);
  model.addConcat(name + ".both", {patches, name + ".spread"}, 2);
  model.addLinear(name + ".0", all.width, name + ".0");
  model.addActivation(name + ".1", activation);
  return {model.last(), all.grid};
}

void Dpt::addDepth(const SizedMap &map) {
  // The head's width does not depend on the configuration.
  constexpr int64_t width = 32;
  std::vector<int64_t> size;
  for (int64_t side : map.size)
    size.push_back(side * 2);
  addSquareConvolution(model, "head.head.0", neck.width / 2, map.name);
  addResize(model, "head.head.1", "bilinear_corners", size);
  addSquareConvolution(model, "head.head.2", width);
  model.addActivation("head.head.3", "relu");
  addConvolution(model, "head.head.4", PlainConvolution{"head.head.4", 1, {1, 1}});
  model.addActivation("head.head.5", "relu");
  addDepthOutput(model, size);
}

void Dpt::addSegmentation(const SizedMap &map) {
  addSquareConvolution(model, "head.head.0", neck.width, map.name, /*hasBias=*/false);
  addBatchNorm(model, "head.head.1", "head.head.1", 1e-5);
  model.addActivation("head.head.2", "relu");
  addPixelClassifier(model, "head.head.4", "head.head.4");
  addResize(model, "head.head.5", "bilinear_corners", {map.size[0] * 2, map.size[1] * 2});
  returnPixelLogits(model, "head.head.5");
}

void Dpt::build() {
  const BackboneOutputs tokens = config.gives("backbone_config") && !isHybrid ? addDinov2() : addVit();
  if (model.errors.any())
    return;
  std::vector<SizedMap> patches = maps;
  for (const auto &[level, value] : llvm::enumerate(tokens.values))
    patches.push_back(addReadout(maps.size() + level, value, tokens));
  const SizedMap map = neck.build(patches, DptNeck::Enlarging::Twice, maps.size());
  if (model.head == Head::Depth)
    addDepth(map);
  else
    addSegmentation(map);
  // Of the encoder alone, and of training.
  model.ignoreTensors([](llvm::StringRef name) {
    return name.starts_with("dpt.layernorm.") || name.starts_with("dpt.pooler.") || name.starts_with("auxiliary_head.");
  });
}

static constexpr Architecture classes[] = {
    {"DPTForSemanticSegmentation", Head::Segmentation, "head.head.1.running_mean"},
    {"DPTForDepthEstimation", Head::Depth, nullptr}};
static constexpr ConfigKey keys[] = {{"hidden_size", "768"},
                                     {"num_hidden_layers", "12"},
                                     {"num_attention_heads", "12"},
                                     {"intermediate_size", "3072"},
                                     {"hidden_act", "\"gelu\""},
                                     {"layer_norm_eps", "1e-12"},
                                     {"image_size", "384"},
                                     {"patch_size", "16"},
                                     {"num_channels", "3"},
                                     {"qkv_bias", "true"},
                                     {"is_hybrid", "false"},
                                     {"neck_ignore_stages", "[0, 1]"},
                                     {"backbone_featmap_shape", "[1, 1024, 24, 24]"},
                                     {"backbone_out_indices", "[2, 5, 8, 11]"},
                                     {"readout_type", "\"project\""},
                                     {"reassemble_factors", "[4, 2, 1, 0.5]"},
                                     {"neck_hidden_sizes", "[96, 192, 384, 768]"},
                                     {"fusion_hidden_size", "256"},
                                     {"head_in_index", "-1"},
                                     {"use_batch_norm_in_fusion_residual", "false"},
                                     {"use_bias_in_fusion_residual", "null"},
                                     {"add_projection", "false"},
                                     {"backbone_config", "null"},
                                     {"backbone", "null"},
                                     {"backbone_kwargs", "null"},
                                     {"use_timm_backbone", "false"}};
// The auxiliary head and training; hybrids; the encoder alone; what older files have.
static constexpr const char *inert[] = {"use_auxiliary_head",
                                        "auxiliary_loss_weight",
                                        "semantic_loss_ignore_index",
                                        "semantic_classifier_dropout",
                                        "backbone_featmap_shape",
                                        "pooler_output_size",
                                        "pooler_act",
                                        "expand_channels",
                                        "use_pretrained_backbone"};

llvm::ArrayRef<Family> vitc::huggingface::dptFamilies() {
  static const Family list[] = {{"dpt", classes, {keys, inert}, nullptr, {}, buildWith<Dpt>, true, true}};
  return list;
}
