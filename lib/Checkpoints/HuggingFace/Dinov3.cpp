//===- Dinov3.cpp - DINOv3's vision transformers ----------------*- C++ -*-===//

#include "Families.h"

using namespace vitc;
using namespace vitc::huggingface;

static constexpr LayerNames layerNames = {"norm1",
                                          "attention.q_proj",
                                          "attention.k_proj",
                                          "attention.v_proj",
                                          "attention.o_proj",
                                          "norm2",
                                          "mlp.up_proj",
                                          "mlp.down_proj",
                                          "",
                                          "layer_scale1.lambda1",
                                          "layer_scale2.lambda1"};

namespace {

/// Which layers have a bias.
struct Biases {
  bool query, key, value, output, mlp;
};

} // namespace

static void removeMissing(Node &block, const Biases &biases) {
  for (auto [role, isThere] :
       {std::pair("query", biases.query), std::pair("key", biases.key), std::pair("value", biases.value),
        std::pair("output", biases.output), std::pair("fc1", biases.mlp), std::pair("gate", biases.mlp),
        std::pair("fc2", biases.mlp)})
    if (!isThere)
      block.parameters.erase(std::string(role) + ".bias");
}

static void buildDinov3(Model &model, ConfigReader &config, ConfigReader &) {
  Dimensions dimensions = readDimensions(config);
  checkDimensions(config, dimensions);
  Biases biases = {config.boolean("query_bias"), config.boolean("key_bias"), config.boolean("value_bias"),
                   config.boolean("proj_bias"), config.boolean("mlp_bias")};
  bool isGated = config.boolean("use_gated_mlp");
  int64_t registers = config.integer("num_register_tokens", 0, 1 << 20);
  double theta = config.real("rope_theta");
  if (!(theta > 0))
    model.errors.report(config.placeOf("rope_theta"), "is " + numberText(theta) + ", expected more than 0");
  if (model.errors.any())
    return;

  model.addImage(dimensions);
  model.addPatches("embeddings.patch_embeddings", dimensions, "embeddings.patch_embeddings");
  Node &tokens = model.add("embeddings.tokens", "prefix_tokens");
  tokens.parameters["class_token"] = "embeddings.cls_token";
  if (registers) {
    tokens.attributes["registers"] = registers;
    tokens.parameters["register_tokens"] = "embeddings.register_tokens";
  }
  // transformers 4 and 5.
  std::string prefix = model.choosePrefix({"layer.", "model.layer."});
  LayerNames names = layerNames;
  if (isGated)
    names.gate = "mlp.gate_proj";
  std::vector<std::string> blocks;
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    blocks.push_back("layer." + std::to_string(index));
    Node &block = model.addBlock(blocks.back(), dimensions, prefix + std::to_string(index) + ".", names, true);
    removeMissing(block, biases);
    block.attributes["rotary"] = std::string("halves");
    block.attributes["rotary_coordinates"] = std::string("centred");
    block.attributes["rotary_theta"] = theta;
  }
  model.addNorm("norm", "norm", dimensions.epsilon);
  model.addToken("pooler", 0, "norm");
  model.returns("last_hidden_state", "norm");
  model.returns("pooler_output", "pooler");
  model.offerTokens("norm", 1, registers);
  model.offerStates("embeddings.tokens", blocks);
  model.ignoreTensors([&](llvm::StringRef name) {
    // Without registers their tensor has no elements.
    return name == "embeddings.mask_token" || (name == "embeddings.register_tokens" && model.isEmptyTensor(name));
  });
}

static constexpr Architecture classes[] = {{"DINOv3ViTModel", Head::None, nullptr}};

static constexpr ConfigKey keys[] = {
    {"patch_size", "16"},        {"hidden_size", "384"},       {"intermediate_size", "1536"},
    {"num_hidden_layers", "12"}, {"num_attention_heads", "6"}, {"hidden_act", "\"gelu\""},
    {"layer_norm_eps", "1e-5"},  {"rope_theta", "100.0"},      {"image_size", "224"},
    {"num_channels", "3"},       {"query_bias", "true"},       {"key_bias", "false"},
    {"value_bias", "true"},      {"proj_bias", "true"},        {"mlp_bias", "true"},
    {"use_gated_mlp", "false"},  {"num_register_tokens", "0"}};
// The initial value of layer scales; changes of positions in training; backbones' outputs.
static constexpr const char *inert[] = {"apply_layernorm", "layerscale_value",      "out_features",
                                        "out_indices",     "pos_embed_jitter",      "pos_embed_rescale",
                                        "pos_embed_shift", "reshape_hidden_states", "stage_names"};

llvm::ArrayRef<Family> vitc::huggingface::dinov3Families() {
  static const Family list[] = {{"dinov3_vit", classes, {keys, inert}, nullptr, {}, buildDinov3, true}};
  return list;
}
