//===- Dinov2.cpp - DINOv2 without and with registers -----------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

static constexpr LayerNames version4 = {"norm1",
                                        "attention.attention.query",
                                        "attention.attention.key",
                                        "attention.attention.value",
                                        "attention.output.dense",
                                        "norm2",
                                        "mlp.fc1",
                                        "mlp.fc2",
                                        "",
                                        "layer_scale1.lambda1",
                                        "layer_scale2.lambda1"};

/// The names of the file, which may be those of transformers 5, also of the gated MLP.
static LayerNames findNames(const Model &model, const std::string &layer, bool isGated) {
  LayerNames names = version4;
  if (model.hasPrefix(layer + "attention.q_proj.")) {
    names.query = "attention.q_proj";
    names.key = "attention.k_proj";
    names.value = "attention.v_proj";
    names.output = "attention.o_proj";
  }
  if (isGated && model.hasPrefix(layer + "mlp.gate_proj.")) {
    names.gate = "mlp.gate_proj";
    names.fc1 = "mlp.up_proj";
    names.fc2 = "mlp.down_proj";
  } else if (isGated) {
    names.fc1 = "mlp.weights_in";
    names.fc2 = "mlp.weights_out";
  }
  return names;
}

/// Features between the layers of the MLP, as Dinov2MLP and Dinov2SwiGLUFFN compute them.
static int64_t hiddenSize(Model &model, ConfigReader &config, int64_t width, bool isGated) {
  double features = double(width) * config.real("mlp_ratio");
  if (!(features >= 1 && features < double(1 << 30))) {
    model.errors.report(config.placeOf("mlp_ratio"), "the MLP would have " + numberText(features) + " features");
    return 1;
  }
  // int(), which cuts.
  int64_t hidden = int64_t(features);
  return isGated ? (int64_t(double(hidden * 2) / 3) + 7) / 8 * 8 : hidden;
}

/// What Dinov2Backbone returns: tokens behind some layers, or before the first, normed or not, or patches as maps.
static void addStages(Model &model, ConfigReader &config, double epsilon, const std::string &prefix,
                      const std::vector<std::string> &states) {
  const std::vector<std::string> names = nameStages(states.size() - 1, /*hasStem=*/true);
  const bool isNormed = config.boolean("apply_layernorm"), areMaps = config.boolean("reshape_hidden_states");
  for (size_t stage : readStages(config, names)) {
    const std::string name = "feature_map_" + names[stage];
    std::string state = states[stage];
    if (isNormed) {
      state = "layernorm." + std::to_string(stage);
      model.addNorm(state, prefix + "layernorm", epsilon, states[stage]);
    }
    if (areMaps) {
      model.add(name + ".patches", "patch_map", state);
      addChannelsFirst(model, name, name + ".patches");
      state = name;
    }
    model.returns(name, state);
  }
  model.offerStates(states.front(), llvm::ArrayRef(states).drop_front());
  model.ignoreTensors(
      [&](llvm::StringRef name) { return name.consume_front(prefix) && !isNormed && name.starts_with("layernorm."); });
}

static void buildDinov2(Model &model, ConfigReader &config, ConfigReader &) {
  Dimensions dimensions = readDimensions(config);
  checkDimensions(config, dimensions);
  bool isGated = config.boolean("use_swiglu_ffn"), qkvBias = config.boolean("qkv_bias");
  bool hasRegisters = model.type == "dinov2_with_registers";
  int64_t registers = hasRegisters ? config.integer("num_register_tokens", 0, 1 << 20) : 0;
  dimensions.hidden = hiddenSize(model, config, dimensions.width, isGated);
  // SwiGLU is with SiLU whatever hidden_act says.
  if (isGated)
    dimensions.activation = "silu";
  // The library takes positions for a square grid, whatever the shape of image_size; it resamples them if that differs.
  int64_t patches = dimensions.grid()[0] * dimensions.grid()[1], side = std::lround(std::sqrt(double(patches)));
  if (side * side != patches)
    model.errors.report(config.placeOf("image_size"),
                        "there are " + llvm::Twine(patches) + " patches, which the library cannot take for a square");
  if (model.errors.any())
    return;

  model.addImage(dimensions);
  std::string base = model.type + ".";
  std::string prefix = choosePrefix(model, base);
  std::string embeddings = prefix + "embeddings.";
  model.addPatches("embeddings.patch_embeddings", dimensions, embeddings + "patch_embeddings.projection");
  model.add("embeddings.cls_token", "prefix_tokens").parameters["class_token"] = embeddings + "cls_token";
  model.addPositions("embeddings.position_embeddings", embeddings + "position_embeddings",
                     hasRegisters ? "bicubic_antialias" : "bicubic", {side, side}, dimensions, /*others=*/1);
  // Registers have no positions.
  if (registers) {
    Node &tokens = model.add("embeddings.register_tokens", "prefix_tokens");
    tokens.attributes["registers"] = registers;
    tokens.attributes["after"] = int64_t(1);
    tokens.parameters["register_tokens"] = embeddings + "register_tokens";
  }
  std::string firstState = model.last();
  std::vector<std::string> blocks;
  LayerNames names = findNames(model, prefix + "encoder.layer.0.", isGated);
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    blocks.push_back("encoder.layer." + std::to_string(index));
    Node &block = model.addBlock(blocks.back(), dimensions, prefix + blocks.back() + ".", names, qkvBias);
    if (isGated && !*names.gate)
      block.attributes["gate"] = std::string("first_half");
  }
  if (model.head == Head::Backbone) {
    std::vector<std::string> states = {firstState};
    llvm::append_range(states, blocks);
    addStages(model, config, dimensions.epsilon, prefix, states);
  } else {
    model.addNorm("layernorm", prefix + "layernorm", dimensions.epsilon);
    model.offerTokens("layernorm", 1, registers);
    model.offerStates(firstState, blocks);
  }
  if (model.head == Head::Classifier) {
    model.addToken("pooler", 0, "layernorm");
    model.addMean("mean", 1 + registers, "layernorm");
    model.addConcat("features", {"pooler", "mean"}, 0);
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
    model.offers("last_hidden_state", "layernorm");
  } else if (model.head == Head::None) {
    model.addToken("pooler", 0, "layernorm");
    model.returns("last_hidden_state", "layernorm");
    model.returns("pooler_output", "pooler");
  }
  model.ignoreTensors([&](llvm::StringRef name) {
    // Without registers their tensor has no elements.
    bool isNoRegister = name.ends_with("embeddings.register_tokens") && model.isEmptyTensor(name);
    name.consume_front(prefix);
    bool isOtherHead = model.head != Head::Classifier && name.starts_with("classifier.");
    return name == "embeddings.mask_token" || isNoRegister || isOtherHead;
  });
}

static constexpr Architecture classes[] = {{"Dinov2ForImageClassification", Head::Classifier, "classifier.weight"},
                                           {"Dinov2Model", Head::None, nullptr},
                                           {"Dinov2Backbone", Head::Backbone, nullptr}};
static constexpr Architecture registersClasses[] = {
    {"Dinov2WithRegistersForImageClassification", Head::Classifier, "classifier.weight"},
    {"Dinov2WithRegistersModel", Head::None, nullptr},
    {"Dinov2WithRegistersBackbone", Head::Backbone, nullptr}};

static constexpr ConfigKey keys[] = {
    {"hidden_size", "768"},  {"num_hidden_layers", "12"}, {"num_attention_heads", "12"},
    {"mlp_ratio", "4"},      {"hidden_act", "\"gelu\""},  {"layer_norm_eps", "1e-6"},
    {"image_size", "224"},   {"patch_size", "14"},        {"num_channels", "3"},
    {"qkv_bias", "true"},    {"use_swiglu_ffn", "false"}, {"out_features", "null"},
    {"out_indices", "null"}, {"apply_layernorm", "true"}, {"reshape_hidden_states", "true"}};
static constexpr ConfigKey registersKeys[] = {{"hidden_size", "768"},        {"num_hidden_layers", "12"},
                                              {"num_attention_heads", "12"}, {"mlp_ratio", "4"},
                                              {"hidden_act", "\"gelu\""},    {"layer_norm_eps", "1e-6"},
                                              {"image_size", "224"},         {"patch_size", "16"},
                                              {"num_channels", "3"},         {"qkv_bias", "true"},
                                              {"use_swiglu_ffn", "false"},   {"num_register_tokens", "4"},
                                              {"out_features", "null"},      {"out_indices", "null"},
                                              {"apply_layernorm", "true"},   {"reshape_hidden_states", "true"}};
// The initial value of layer scales; names of stages; the token that is for masked patches.
static constexpr const char *inert[] = {"layerscale_value", "stage_names", "use_mask_token"};

llvm::ArrayRef<Family> vitc::huggingface::dinov2Families() {
  static const Family list[] = {
      {"dinov2", classes, {keys, inert}, nullptr, {}, buildDinov2, true},
      {"dinov2_with_registers", registersClasses, {registersKeys, inert}, nullptr, {}, buildDinov2, true}};
  return list;
}
