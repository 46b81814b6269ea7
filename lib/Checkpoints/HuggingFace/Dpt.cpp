//===- Dpt.cpp - DPT --------------------------------------------*- C++ -*-===//
//
// DPTForDepthEstimation and DPTForSemanticSegmentation of transformers 5.24, on a ViT of their own or on DINOv2.
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
  BackboneOutputs addDinov2();
  /// The patches of a level as a map that has heard of the class token.
  SizedMap addReadout(size_t level, const std::string &tokens, const BackboneOutputs &all);
  void addDepth(const SizedMap &map);
  void addSegmentation(const SizedMap &map);

  Model &model;
  ConfigReader &config;
  const std::string readout, activation;
  DptNeck neck;
};
} // namespace

Dpt::Dpt(Model &model, ConfigReader &config)
    : model(model), config(config), readout(config.string("readout_type")), activation(config.activation("hidden_act")),
      neck(model, config) {
  rejectOtherBackbones(config);
  for (auto [key, what] : {std::pair("is_hybrid", "hybrids of ViT and BiT are not supported"),
                           {"add_projection", "a projection in front of the head is not supported"}})
    if (config.boolean(key))
      model.errors.report(config.pointerTo(key), llvm::Twine("is true: ") + what);
  if (readout != "ignore" && readout != "add" && readout != "project")
    model.errors.report(config.placeOf("readout_type"), "is '" + readout + "', expected 'ignore', 'add' or 'project'");
  neck.hasBatchNorm = config.boolean("use_batch_norm_in_fusion_residual");
  neck.hasBias =
      config.gives("use_bias_in_fusion_residual") ? config.boolean("use_bias_in_fusion_residual") : !neck.hasBatchNorm;
  if (model.head == Head::Segmentation && config.gives("backbone_config"))
    model.errors.report(config.pointerTo("backbone_config"),
                        "is not supported, DPTForSemanticSegmentation has a ViT of its own");
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
  model.addImage(dimensions);
  BackboneOutputs tokens;
  tokens.width = dimensions.width;
  for (int64_t pixels : model.sizeOfPicture())
    tokens.grid.push_back(pixels / dimensions.patchSize[0]);
  if (tokens.grid[0] != tokens.grid[1])
    model.errors.report(config.placeOf("image_size"), "pictures have " + llvm::Twine(tokens.grid[0]) + " x " +
                                                          llvm::Twine(tokens.grid[1]) +
                                                          " patches, which the library takes for a square");
  if (model.errors.any())
    return {};

  const std::string prefix = "dpt.", embeddings = prefix + "embeddings.";
  model.addPatches("embeddings.patch_embeddings", dimensions, embeddings + "patch_embeddings.projection");
  model.add("embeddings.cls_token", "prefix_tokens").parameters["class_token"] = embeddings + "cls_token";
  model.addPositions("embeddings.position_embeddings", embeddings + "position_embeddings", "bilinear", {side, side},
                     dimensions, /*others=*/1);
  const std::string first = model.last();
  const Layers layers = findVitLayers(model, prefix);
  std::vector<std::string> blocks;
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    blocks.push_back("encoder.layer." + std::to_string(index));
    model.addBlock(blocks.back(), dimensions, layers.prefix + std::to_string(index) + ".", layers.names, hasQkvBias);
    // The library asks of each layer whether it is in the list.
    if (llvm::is_contained(chosen, index))
      tokens.values.push_back(blocks.back());
  }
  model.offerStates(first, blocks);
  neck.checkCount(tokens.values.size(), config.placeOf("backbone_out_indices"));
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
  const BackboneOutputs tokens = config.gives("backbone_config") ? addDinov2() : addVit();
  if (model.errors.any())
    return;
  std::vector<SizedMap> patches;
  for (const auto &[level, value] : llvm::enumerate(tokens.values))
    patches.push_back(addReadout(level, value, tokens));
  const SizedMap map = neck.build(patches, DptNeck::Enlarging::Twice);
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
static constexpr const char *inert[] = {
    "use_auxiliary_head",     "auxiliary_loss_weight",  "semantic_loss_ignore_index", "semantic_classifier_dropout",
    "backbone_featmap_shape", "neck_ignore_stages",     "pooler_output_size",         "pooler_act",
    "expand_channels",        "use_pretrained_backbone"};

llvm::ArrayRef<Family> vitc::huggingface::dptFamilies() {
  static const Family list[] = {{"dpt", classes, {keys, inert}, nullptr, {}, buildWith<Dpt>, true, true}};
  return list;
}
