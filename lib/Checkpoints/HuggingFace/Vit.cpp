//===- Vit.cpp - ViT and its relatives --------------------------*- C++ -*-===//
//
// vit, deit, vit_msn, vit_mae, ijepa: one encoder with other tokens in front and other heads.
//
//===----------------------------------------------------------------------===//

#include "Families.h"

using namespace vitc;
using namespace vitc::huggingface;

static constexpr LayerNames version4 = {
    "layernorm_before",       "attention.attention.query", "attention.attention.key", "attention.attention.value",
    "attention.output.dense", "layernorm_after",           "intermediate.dense",      "output.dense"};
static constexpr LayerNames version5 = {"layernorm_before", "attention.q_proj", "attention.k_proj", "attention.v_proj",
                                        "attention.o_proj", "layernorm_after",  "mlp.fc1",          "mlp.fc2"};

Layers vitc::huggingface::findVitLayers(const Model &model, const std::string &prefix) {
  // ViTMSNForImageClassification writes its layers without the prefix that its other tensors have.
  for (const std::string &before : {prefix, std::string()})
    for (const auto &[name, names] : {std::pair("encoder.layer.", version4), std::pair("layers.", version5)})
      if (model.hasPrefix(before + name))
        return {before + name, names};
  return {prefix + "encoder.layer.", version4};
}

static void buildVit(Model &model, ConfigReader &config, ConfigReader &) {
  Dimensions dimensions = readDimensions(config);
  checkDimensions(config, dimensions);
  bool qkvBias = config.boolean("qkv_bias");
  bool isDeit = model.type == "deit", isIjepa = model.type == "ijepa";
  bool hasPooler = model.type == "vit" || isDeit;
  std::string poolerActivation = hasPooler ? config.activation("pooler_act") : "";
  int64_t poolerWidth = hasPooler ? config.optionalInteger("pooler_output_size").value_or(dimensions.width) : 0;
  if (model.errors.any())
    return;

  model.addImage(dimensions);
  std::string base = isDeit || isIjepa ? model.type + "." : "vit.";
  std::string prefix = model.hasPrefix(base) || (!model.weights && model.head != Head::None) ? base : "";
  model.addPatches("embeddings.patch_embeddings", dimensions, prefix + "embeddings.patch_embeddings.projection");
  if (!isIjepa) {
    Node &tokens = model.add("embeddings.tokens", "prefix_tokens");
    tokens.parameters["class_token"] = prefix + "embeddings.cls_token";
    if (isDeit)
      tokens.parameters["distillation_token"] = prefix + "embeddings.distillation_token";
  }
  model.addPositions("embeddings.position_embeddings", prefix + "embeddings.position_embeddings", "bicubic",
                     dimensions.grid(), dimensions, /*others=*/
                     isIjepa  ? 0
                     : isDeit ? 2
                              : 1);
  std::vector<std::string> blocks;
  Layers layers = findVitLayers(model, prefix);
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    blocks.push_back("encoder.layer." + std::to_string(index));
    model.addBlock(blocks.back(), dimensions, layers.prefix + std::to_string(index) + ".", layers.names, qkvBias);
  }
  model.addNorm("layernorm", prefix + "layernorm", dimensions.epsilon);

  if (model.head == Head::None) {
    model.returns("last_hidden_state", "layernorm");
  } else if (model.head == Head::Distilled) {
    model.addToken("class_token", 0, "layernorm");
    model.addClassifier("cls_classifier");
    model.addToken("distillation_token", 1, "layernorm");
    model.addClassifier("distillation_classifier");
    model.add("logits", "average").inputs = {"cls_classifier", "distillation_classifier"};
    model.returns("logits", "logits");
    model.returns("cls_logits", "cls_classifier");
    model.returns("distillation_logits", "distillation_classifier");
  } else {
    if (isIjepa)
      model.addMean("mean", 0, "layernorm");
    else
      model.addToken("class_token", 0, "layernorm");
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
  // Checkpoints without a pooler exist; the library would make up random weights for it.
  bool isPooled = model.head == Head::None && (!model.weights || model.hasTensor(prefix + "pooler.dense.weight"));
  if (hasPooler && isPooled) {
    model.addToken("pooler.token", 0, "layernorm");
    model.addLinear("pooler.dense", poolerWidth, prefix + "pooler.dense");
    model.addActivation("pooler.activation", poolerActivation);
    model.returns("pooler_output", "pooler.activation");
  }
  if (model.head != Head::None)
    model.offers("last_hidden_state", "layernorm");
  if (isDeit) {
    model.addToken("tokens.distillation", 1, "layernorm");
    model.offers("distillation_token", "tokens.distillation");
  }
  model.offerTokens("layernorm", isIjepa ? 0 : 1, isDeit ? 1 : 0, nullptr);
  model.offerStates("embeddings.position_embeddings", blocks);
  model.ignoreTensors([&](llvm::StringRef name) {
    name.consume_front(prefix);
    bool isOtherHead =
        model.head == Head::None && (name.starts_with("classifier.") || name.starts_with("cls_classifier.") ||
                                     name.starts_with("distillation_classifier."));
    bool isPooler = model.head != Head::None && name.starts_with("pooler.");
    // The decoders of masked image modelling.
    return name == "embeddings.mask_token" || name.starts_with("decoder.") || isOtherHead || isPooler;
  });
}

static constexpr Architecture vitClasses[] = {{"ViTForImageClassification", Head::Classifier, "classifier.weight"},
                                              {"ViTModel", Head::None, nullptr}};
static constexpr Architecture deitClasses[] = {
    {"DeiTForImageClassificationWithTeacher", Head::Distilled, "cls_classifier.weight"},
    {"DeiTForImageClassification", Head::Classifier, "classifier.weight"},
    {"DeiTModel", Head::None, nullptr}};
static constexpr Architecture msnClasses[] = {{"ViTMSNForImageClassification", Head::Classifier, "classifier.weight"},
                                              {"ViTMSNModel", Head::None, nullptr}};
// The encoder alone: what is called a pre-training model differs by a decoder.
static constexpr Architecture maeClasses[] = {{"ViTMAEForPreTraining", Head::None, nullptr},
                                              {"ViTMAEModel", Head::None, nullptr}};
static constexpr Architecture ijepaClasses[] = {{"IJepaForImageClassification", Head::Classifier, "classifier.weight"},
                                                {"IJepaModel", Head::None, nullptr}};

// Tables are written out, as transformers' classes of configurations are: each can be compared with its class.
static constexpr ConfigKey vitKeys[] = {
    {"hidden_size", "768"},        {"num_hidden_layers", "12"}, {"num_attention_heads", "12"},
    {"intermediate_size", "3072"}, {"hidden_act", "\"gelu\""},  {"layer_norm_eps", "1e-12"},
    {"image_size", "224"},         {"patch_size", "16"},        {"num_channels", "3"},
    {"qkv_bias", "true"},          {"head_dim", "null"},        {"pooler_output_size", "null"},
    {"pooler_act", "\"tanh\""}};
static constexpr ConfigKey msnKeys[] = {
    {"hidden_size", "768"},        {"num_hidden_layers", "12"}, {"num_attention_heads", "12"},
    {"intermediate_size", "3072"}, {"hidden_act", "\"gelu\""},  {"layer_norm_eps", "1e-6"},
    {"image_size", "224"},         {"patch_size", "16"},        {"num_channels", "3"},
    {"qkv_bias", "true"},          {"head_dim", "null"}};
static constexpr ConfigKey maeKeys[] = {
    {"hidden_size", "768"},        {"num_hidden_layers", "12"}, {"num_attention_heads", "12"},
    {"intermediate_size", "3072"}, {"hidden_act", "\"gelu\""},  {"layer_norm_eps", "1e-12"},
    {"image_size", "224"},         {"patch_size", "16"},        {"num_channels", "3"},
    {"qkv_bias", "true"},          {"head_dim", "null"}};
static constexpr const char *vitInert[] = {"encoder_stride"};
// All patches are seen, in their order, whatever mask_ratio says: features of masked pictures are of no use.
static constexpr const char *maeInert[] = {"decoder_hidden_size",
                                           "decoder_intermediate_size",
                                           "decoder_num_attention_heads",
                                           "decoder_num_hidden_layers",
                                           "mask_ratio",
                                           "norm_pix_loss"};
// There is no pooler.
static constexpr const char *ijepaInert[] = {"encoder_stride", "pooler_act", "pooler_output_size"};

llvm::ArrayRef<Family> vitc::huggingface::vitFamilies() {
  static const Family list[] = {{"vit", vitClasses, {vitKeys, vitInert}, nullptr, {}, buildVit},
                                {"deit", deitClasses, {vitKeys, vitInert}, nullptr, {}, buildVit},
                                {"vit_msn", msnClasses, {msnKeys, {}}, nullptr, {}, buildVit},
                                {"vit_mae", maeClasses, {maeKeys, maeInert}, nullptr, {}, buildVit},
                                {"ijepa", ijepaClasses, {maeKeys, ijepaInert}, nullptr, {}, buildVit}};
  return list;
}
