//===- Sam.cpp - the vision encoder of Segment Anything ---------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"
#include "VitDetLayer.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes. What stands behind the encoder needs points, boxes or masks.
class Sam {
public:
  Sam(Model &model, ConfigReader &config);
  void build();

private:
  void addEmbeddings();
  void addNeck();

  Model &model;
  const Dimensions dimensions;
  const int64_t outputChannels, windowSize;
  const bool hasPositions;
  std::vector<int64_t> globalLayers;
  VitDetLayers layers;
  std::string prefix;
};
} // namespace

/// As the library takes them: its pictures are square.
static Dimensions readSquareDimensions(ConfigReader &config) {
  Dimensions dimensions;
  dimensions.width = config.integer("hidden_size", 1, 1 << 20);
  dimensions.layers = config.integer("num_hidden_layers", 1, 10000);
  dimensions.heads = config.integer("num_attention_heads", 1, 1 << 20);
  dimensions.channels = config.integer("num_channels", 1, 4096);
  dimensions.imageSize.assign(2, config.integer("image_size", 1, 1 << 16));
  dimensions.patchSize.assign(2, config.integer("patch_size", 1, 1 << 16));
  dimensions.activation = config.activation("hidden_act");
  dimensions.epsilon = config.real("layer_norm_eps");
  const double ratio = config.real("mlp_ratio");
  checkMultiplier(config, "mlp_ratio", ratio);
  const std::optional<int64_t> hidden = config.optionalInteger("mlp_dim");
  dimensions.hidden = hidden.value_or(std::max<int64_t>(int64_t(double(dimensions.width) * ratio), 1));
  return dimensions;
}

Sam::Sam(Model &model, ConfigReader &config)
    : model(model), dimensions(readSquareDimensions(config)),
      outputChannels(config.integer("output_channels", 1, 1 << 20)),
      windowSize(config.integer("window_size", 0, 1 << 16)), hasPositions(config.boolean("use_abs_pos")) {
  checkDimensions(config, dimensions);
  const JsonValue *list = config.find("global_attn_indexes");
  if (!list || !list->asArray() || !list->asArray()->empty())
    globalLayers = config.integers("global_attn_indexes", -(int64_t(1) << 31), int64_t(1) << 31);
  if (model.pictureSize && *model.pictureSize != dimensions.imageSize)
    model.errors.report(config.placeOf("image_size"), "pictures are of " + shapeText(*model.pictureSize) +
                                                          ", the library takes none but those of " +
                                                          shapeText(dimensions.imageSize));
  if (model.errors.any())
    return;
  layers = makeVitDetLayers({"layer_norm1", "attn", "layer_norm2", "mlp.lin1", "mlp.lin2"}, dimensions,
                            config.boolean("qkv_bias"), config.boolean("use_rel_pos"), dimensions.grid());
}

void Sam::addEmbeddings() {
  const std::vector<int64_t> grid = dimensions.grid();
  const int64_t width = dimensions.width;
  model.addImage(dimensions);
  model.addPatches("patch_embed", dimensions, prefix + "patch_embed.projection");
  if (hasPositions) {
    model.addParameter("pos_embed", prefix + "pos_embed", {1, grid[0], grid[1], width});
    model.addReshape("pos_embed.tokens", {grid[0] * grid[1], width});
    model.addSum("patch_embed.positions", "patch_embed", "pos_embed.tokens");
  }
  model.addReshape("embeddings", {grid[0], grid[1], width});
}

void Sam::addNeck() {
  // That of the class, whatever layer_norm_eps says.
  constexpr double epsilon = 1e-6;
  auto addLayer = [&](const std::string &convolution, const std::string &norm, int64_t kernel) {
    PlainConvolution layer{prefix + convolution, outputChannels, {kernel, kernel}};
    layer.padding.assign(4, kernel / 2);
    layer.hasBias = false;
    addConvolution(model, convolution, layer);
    model.addNorm(norm, prefix + norm, epsilon);
  };
  addLayer("neck.conv1", "neck.layer_norm1", 1);
  addLayer("neck.conv2", "neck.layer_norm2", 3);
}

void Sam::build() {
  prefix = model.choosePrefix({"vision_encoder.", ""});
  addEmbeddings();
  std::vector<std::string> states = {model.last()};
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    const std::string name = "layers." + std::to_string(index);
    addVitDetLayer(model, name, prefix + name + ".", layers, llvm::is_contained(globalLayers, index) ? 0 : windowSize);
    states.push_back(name);
    model.offers("attention_" + std::to_string(index), name + ".attn/probabilities");
  }
  // Rows x columns x features, as the library has them.
  for (const auto &[index, state] : llvm::enumerate(states))
    model.offers("hidden_state_" + std::to_string(index), state);
  addNeck();
  addChannelsFirst(model, "last_hidden_state", model.last());
  model.returns("last_hidden_state", "last_hidden_state");
  model.ignoreTensors([](llvm::StringRef tensor) {
    return tensor.starts_with("prompt_encoder.") || tensor.starts_with("mask_decoder.") ||
           tensor.starts_with("shared_image_embedding.");
  });
}

static constexpr Architecture classes[] = {{"SamModel", Head::None, nullptr}};
static constexpr Architecture visionClasses[] = {{"SamVisionModel", Head::None, nullptr}};
static constexpr ConfigKey keys[] = {{"hidden_size", "768"},
                                     {"output_channels", "256"},
                                     {"num_hidden_layers", "12"},
                                     {"num_attention_heads", "12"},
                                     {"num_channels", "3"},
                                     {"image_size", "1024"},
                                     {"patch_size", "16"},
                                     {"hidden_act", "\"gelu\""},
                                     {"layer_norm_eps", "1e-6"},
                                     {"qkv_bias", "true"},
                                     {"mlp_ratio", "4.0"},
                                     {"use_abs_pos", "true"},
                                     {"use_rel_pos", "true"},
                                     {"window_size", "14"},
                                     {"global_attn_indexes", "[2, 5, 8, 11]"},
                                     {"mlp_dim", "null"}};
// Of the decoder, and keys of older files that no version reads.
static constexpr const char *inert[] = {"num_pos_feats", "scale", "intermediate_size", "projection_dim"};
static constexpr const char *sectionInert[] = {"num_pos_feats", "scale",       "intermediate_size", "projection_dim",
                                               "architectures", "id2label",    "label2id",          "model_type",
                                               "num_labels",    "problem_type"};
// What turns points, boxes and masks into masks.
static constexpr const char *outerInert[] = {"prompt_encoder_config", "mask_decoder_config"};

llvm::ArrayRef<Family> vitc::huggingface::samFamilies() {
  static const Family list[] = {
      {"sam", classes, {keys, sectionInert}, "vision_config", {{}, outerInert}, buildWith<Sam>, false, true},
      {"sam_vision_model", visionClasses, {keys, inert}, nullptr, {}, buildWith<Sam>, false, true}};
  return list;
}
