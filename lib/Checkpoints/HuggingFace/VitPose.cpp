//===- VitPose.cpp - ViTPose ------------------------------------*- C++ -*-===//
//
// VitPoseForPoseEstimation and VitPoseBackbone of transformers 5.24: a heatmap for each keypoint, by either decoder.
//
//===----------------------------------------------------------------------===//

#include "Backbone.h"
#include "Convolutions.h"

using namespace vitc;
using namespace vitc::huggingface;

//===----------------------------------------------------------------------===//
// The backbone
//===----------------------------------------------------------------------===//

static constexpr LayerNames layerNames = {"layernorm_before",
                                          "attention.attention.query",
                                          "attention.attention.key",
                                          "attention.attention.value",
                                          "attention.output.dense",
                                          "layernorm_after",
                                          "mlp.fc1",
                                          "mlp.fc2"};

/// Reads and checks what describes the backbone, for which the pictures have one size.
static Dimensions readBackbone(Model &model, ConfigReader &config) {
  Dimensions dimensions = readDimensions(config);
  const int64_t ratio = config.integer("mlp_ratio", 1, 1024);
  if (config.integer("num_experts", 1, 1 << 20) != 1)
    model.errors.report(config.pointerTo("num_experts"),
                        "is more than 1: MLPs with experts for each dataset are not supported");
  checkDimensions(config, dimensions);
  dimensions.hidden = dimensions.width * ratio;
  if (model.pictureSize && *model.pictureSize != dimensions.imageSize)
    model.errors.report(config.placeOf("image_size"), "pictures are of " + shapeText(*model.pictureSize) +
                                                          ", the library takes none but those of " +
                                                          shapeText(dimensions.imageSize));
  return dimensions;
}

static void buildBackbone(Model &model, ConfigReader &config, ConfigReader &) {
  const Dimensions dimensions = readBackbone(model, config);
  if (model.errors.any())
    return;
  // Zeros around the picture move the patches, of which there are no more.
  constexpr int64_t border = 2;
  const std::vector<int64_t> grid = dimensions.grid();
  for (size_t axis : {0, 1})
    if ((dimensions.imageSize[axis] + 2 * border) / dimensions.patchSize[axis] != grid[axis])
      return model.errors.report(config.placeOf("patch_size"),
                                 "patches of " + llvm::Twine(dimensions.patchSize[axis]) +
                                     " fit once more into a side of " + llvm::Twine(dimensions.imageSize[axis]) +
                                     " with its border of 2 pixels, for which there are no positions");
  const int64_t patches = grid[0] * grid[1], width = dimensions.width;
  const std::string embeddings = "embeddings.", projection = embeddings + "patch_embeddings.projection";
  model.addImage(dimensions);
  addPictureMap(model, "map");
  PlainConvolution convolution{projection, width, dimensions.patchSize, dimensions.patchSize};
  convolution.padding.assign(4, border);
  addConvolution(model, projection, convolution);
  model.addReshape("patches", {patches, width});
  // Every patch has the class token's position too.
  const std::string positions = embeddings + "position_embeddings";
  model.addParameter("positions.table", positions, {1, patches + 1, width});
  model.addReshape("positions", {patches + 1, width});
  model.addSlice("positions.patches", 0, 1, patches, "positions");
  model.addSlice("positions.token", 0, 0, 1, "positions");
  model.addSum("positions.sum", "positions.patches", "positions.token");
  model.addSum(positions, "patches", "positions.sum");

  const bool hasQkvBias = config.boolean("qkv_bias");
  std::vector<std::string> states = {positions};
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    states.push_back("encoder.layer." + std::to_string(index));
    model.addBlock(states.back(), dimensions, states.back() + ".", layerNames, hasQkvBias);
  }
  model.offerStates(states.front(), llvm::ArrayRef(states).drop_front());
  const std::vector<std::string> names = nameStages(states.size() - 1, /*hasStem=*/true);
  for (size_t stage : readStages(config, names)) {
    const std::string name = "feature_map_" + names[stage];
    model.addNorm(name, "layernorm", dimensions.epsilon, states[stage]);
    model.returns(name, name);
  }
}

static constexpr Architecture backboneClasses[] = {{"VitPoseBackbone", Head::Backbone, nullptr}};
static constexpr ConfigKey backboneKeys[] = {
    {"hidden_size", "768"},      {"num_hidden_layers", "12"},  {"num_attention_heads", "12"},
    {"mlp_ratio", "4"},          {"num_experts", "1"},         {"hidden_act", "\"gelu\""},
    {"layer_norm_eps", "1e-12"}, {"image_size", "[256, 192]"}, {"patch_size", "[16, 16]"},
    {"num_channels", "3"},       {"qkv_bias", "true"},         {"out_features", "null"},
    {"out_indices", "null"}};
// Of experts; what follows from the number of layers.
static constexpr const char *backboneInert[] = {"part_features", "stage_names"};

//===----------------------------------------------------------------------===//
// The decoders
//===----------------------------------------------------------------------===//

/// VitPoseSimpleDecoder, up to the convolution that makes heatmaps.
static void addSimpleDecoder(Model &model, const std::vector<int64_t> &grid, int64_t factor) {
  model.addActivation("head.activation", "relu");
  addResize(model, "head.upsampling", "bilinear", {grid[0] * factor, grid[1] * factor});
}

/// VitPoseClassicDecoder, up to the convolution that makes heatmaps.
static void addClassicDecoder(Model &model) {
  // Whatever the configuration says.
  constexpr int64_t channels = 256;
  constexpr double epsilon = 1e-5;
  for (const std::string index : {"1", "2"}) {
    const std::string name = "head.deconv" + index;
    Node &node = model.add(name, "conv_transpose2d");
    node.attributes["out_channels"] = channels;
    node.attributes["kernel_size"] = std::vector<int64_t>{4, 4};
    node.attributes["stride"] = std::vector<int64_t>{2, 2};
    node.attributes["padding"] = std::vector<int64_t>{1, 1, 1, 1};
    Model::setModule(node, "", name, /*hasBias=*/false);
    addBatchNorm(model, "head.batchnorm" + index, "head.batchnorm" + index, epsilon);
    model.addActivation("head.relu" + index, "relu");
  }
}

static void buildVitPose(Model &model, ConfigReader &config, ConfigReader &) {
  rejectOtherBackbones(config);
  const bool isSimple = config.boolean("use_simple_decoder");
  const int64_t factor = config.integer("scale_factor", 1, 1024);
  model.checkLabels("head.conv.weight");
  const BackboneOutputs backbone = addBackbone(model, config, {"vitpose_backbone"});
  if (model.errors.any())
    return;
  const std::string pointer = config.pointerTo("backbone_config");
  ConfigReader section(model.errors, *config.find("backbone_config"), pointer, {{backboneKeys, backboneInert}});
  const Dimensions dimensions = readDimensions(section);
  const std::vector<int64_t> grid = dimensions.grid();
  model.addReshape("head.patches", {grid[0], grid[1], dimensions.width}, backbone.values.back());
  if (isSimple)
    addSimpleDecoder(model, grid, factor);
  else
    addClassicDecoder(model);
  PlainConvolution convolution{"head.conv", int64_t(model.labels.names.size()), {1, 1}};
  if (isSimple) {
    convolution.kernel = {3, 3};
    convolution.padding = {1, 1, 1, 1};
  }
  addConvolution(model, "head.conv", convolution);
  addChannelsFirst(model, "heatmaps", "head.conv");
  model.returns("heatmaps", "heatmaps");
  model.ignoreTensors([](llvm::StringRef name) { return name.ends_with(".num_batches_tracked"); });
}

static constexpr Architecture classes[] = {{"VitPoseForPoseEstimation", Head::Keypoints, nullptr}};
static constexpr ConfigKey keys[] = {{"backbone_config", "null"},    {"scale_factor", "4"},
                                     {"use_simple_decoder", "true"}, {"backbone", "null"},
                                     {"backbone_kwargs", "null"},    {"use_timm_backbone", "false"}};
// How skeletons are drawn.
static constexpr const char *inert[] = {"edges", "use_pretrained_backbone"};

llvm::ArrayRef<Family> vitc::huggingface::vitposeFamilies() {
  static const Family list[] = {
      {"vitpose", classes, {keys, inert}, nullptr, {}, buildVitPose, false, true},
      {"vitpose_backbone", backboneClasses, {backboneKeys, backboneInert}, nullptr, {}, buildBackbone, false, true}};
  return list;
}
