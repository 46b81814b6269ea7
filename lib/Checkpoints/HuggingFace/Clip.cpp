//===- Clip.cpp - the pictures' towers of CLIP and SigLIP -------*- C++ -*-===//
//
// clip, siglip, siglip2: the tower alone (*_vision_model), or in a model that has one for texts beside it.
//
//===----------------------------------------------------------------------===//

#include "Families.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

static constexpr LayerNames layerNames = {
    "layer_norm1",        "self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
    "self_attn.out_proj", "layer_norm2",      "mlp.fc1",          "mlp.fc2"};

/// CLIP's tower or SigLIP's, up to the last hidden state.
static void addEncoder(Model &model, const Dimensions &dimensions, const std::string &prefix) {
  std::string firstState = model.last();
  std::vector<std::string> blocks;
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    blocks.push_back("encoder.layers." + std::to_string(index));
    model.addBlock(blocks.back(), dimensions, prefix + blocks.back() + ".", layerNames, /*hasQkvBias=*/true);
  }
  model.offerStates(firstState, blocks);
}

/// Vectors that are compared with texts, divided by their length: what the whole model returns, and others on demand.
static void addNormalised(Model &model, const std::string &from, int64_t width) {
  model.addUnitLength("image_embeds_normalized", from, width);
  if (model.head == Head::Whole)
    model.returns("image_embeds_normalized", "image_embeds_normalized");
  else
    model.offers("image_embeds_normalized", "image_embeds_normalized");
}

/// What the towers of texts consist of, and what compares them with pictures; buffers of older files.
static bool isBesideVision(llvm::StringRef name) {
  return name.starts_with("text_model.") || name.starts_with("text_projection.") || name == "logit_scale" ||
         name == "logit_bias" || name.ends_with(".position_ids");
}

static void buildClip(Model &model, ConfigReader &config, ConfigReader &outer) {
  Dimensions dimensions = readDimensions(config);
  checkDimensions(config, dimensions);
  // The whole model has a projection_dim of its own, and does not look at the picture's.
  int64_t embedding = (model.head == Head::Whole ? outer : config).integer("projection_dim");
  if (model.errors.any())
    return;

  model.addImage(dimensions);
  std::string prefix = model.choosePrefix({"vision_model.", ""});
  std::string embeddings = prefix + "embeddings.";
  model.addPatches("embeddings.patch_embedding", dimensions, embeddings + "patch_embedding", /*hasBias=*/false);
  model.add("embeddings.class_embedding", "prefix_tokens").parameters["class_token"] = embeddings + "class_embedding";
  model.addPositions("embeddings.position_embedding", embeddings + "position_embedding.weight", "bicubic",
                     dimensions.grid(), dimensions, /*others=*/1);
  // Spelt so.
  model.addNorm("pre_layrnorm", prefix + "pre_layrnorm", dimensions.epsilon);
  addEncoder(model, dimensions, prefix);
  // last_hidden_state is not normalised, what is pooled from it is.
  std::string lastState = model.last();
  if (model.head == Head::Classifier) {
    model.addMean("mean", 1, lastState);
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
    model.offers("last_hidden_state", lastState);
  }
  if (model.head == Head::None || model.head == Head::Whole)
    model.returns("last_hidden_state", lastState);
  bool hasNorm = !model.weights || model.hasTensor(prefix + "post_layernorm.weight");
  if (model.head != Head::Classifier || hasNorm) {
    model.addToken("pooled", 0, lastState);
    model.addNorm("post_layernorm", prefix + "post_layernorm", dimensions.epsilon);
    if (model.head == Head::None || model.head == Head::Whole)
      model.returns("pooler_output", "post_layernorm");
    else
      model.offers("pooler_output", "post_layernorm");
  }
  if (model.head == Head::Whole || model.head == Head::Projection) {
    model.addLinear("visual_projection", embedding, "visual_projection", /*hasBias=*/false);
    model.returns("image_embeds", "visual_projection");
    if (model.head == Head::Projection)
      model.returns("last_hidden_state", lastState);
    addNormalised(model, "visual_projection", embedding);
  }
  model.offerTokens(lastState, 1);
  model.ignoreTensors([&](llvm::StringRef name) {
    bool isOtherHead =
        model.head == Head::None && (name.starts_with("visual_projection.") || name.starts_with("classifier."));
    return isBesideVision(name) || isOtherHead;
  });
}

/// Pooling by attention: a learned query attends to all tokens.
static void addAttentionHead(Model &model, const Dimensions &dimensions, const std::string &prefix,
                             const std::string &tokens) {
  std::string head = prefix + "head.";
  model.addParameter("head.probe", head + "probe", {1, dimensions.width});
  Node &attention = model.add("head.attention", "attention");
  attention.inputs = {"head.probe", tokens};
  attention.attributes["heads"] = dimensions.heads;
  attention.parameters["qkv.weight"] = head + "attention.in_proj_weight";
  attention.parameters["qkv.bias"] = head + "attention.in_proj_bias";
  Model::setModule(attention, "output", head + "attention.out_proj");
  model.addNorm("head.layernorm", head + "layernorm", dimensions.epsilon);
  Node &mlp = model.add("head.mlp", "mlp");
  mlp.attributes["hidden_size"] = dimensions.hidden;
  mlp.attributes["activation"] = dimensions.activation;
  Model::setModule(mlp, "fc1", head + "mlp.fc1");
  Model::setModule(mlp, "fc2", head + "mlp.fc2");
  model.add("head.sum", "add").inputs = {"head.attention", "head.mlp"};
  model.addToken("head.pooled", 0, "head.sum");
}

static void buildSiglip(Model &model, ConfigReader &config, ConfigReader &) {
  bool isVersion2 = llvm::StringRef(model.type).starts_with("siglip2");
  Dimensions dimensions = readDimensions(config);
  if (isVersion2) {
    // Pictures of any shape are cut into at most so many patches; positions are a square of them.
    int64_t patches = config.integer("num_patches"), side = std::lround(std::sqrt(double(patches)));
    if (side * side != patches)
      model.errors.report(config.placeOf("num_patches"), llvm::Twine(patches) + " is not a square");
    dimensions.imageSize = {side * dimensions.patchSize[0], side * dimensions.patchSize[1]};
  }
  checkDimensions(config, dimensions);
  bool usesHead = config.boolean("vision_use_head");
  if (model.errors.any())
    return;

  model.addImage(dimensions);
  std::string prefix = model.choosePrefix({"vision_model.", ""});
  std::string embeddings = prefix + "embeddings.";
  Node &patches = model.addPatches("embeddings.patch_embedding", dimensions, embeddings + "patch_embedding");
  if (isVersion2)
    patches.attributes["weight_layout"] = std::string("channels_last");
  model.addPositions("embeddings.position_embedding", embeddings + "position_embedding.weight",
                     isVersion2 ? "bilinear_antialias" : "bicubic", dimensions.grid(), dimensions, /*others=*/0);
  addEncoder(model, dimensions, prefix);
  model.addNorm("post_layernorm", prefix + "post_layernorm", dimensions.epsilon);
  std::string lastState = model.last();
  if (model.head == Head::Classifier) {
    model.addMean("mean", 0, lastState);
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
    model.offers("last_hidden_state", lastState);
  } else {
    model.returns("last_hidden_state", lastState);
  }
  if (usesHead && (model.head != Head::Classifier || model.hasTensor(prefix + "head.probe"))) {
    addAttentionHead(model, dimensions, prefix, lastState);
    if (model.head == Head::Classifier)
      model.offers("pooler_output", "head.pooled");
    else
      model.returns("pooler_output", "head.pooled");
    if (model.head != Head::Classifier) {
      model.offers("image_embeds", "head.pooled");
      addNormalised(model, "head.pooled", dimensions.width);
    }
  }
  model.offerTokens(lastState, 0);
  model.ignoreTensors([&](llvm::StringRef name) {
    return isBesideVision(name) || (model.head != Head::Classifier && name.starts_with("classifier."));
  });
}

static constexpr Architecture clipClasses[] = {{"CLIPForImageClassification", Head::Classifier, "classifier.weight"},
                                               {"CLIPModel", Head::Whole, nullptr}};
static constexpr Architecture clipVisionClasses[] = {
    {"CLIPVisionModelWithProjection", Head::Projection, "visual_projection.weight"},
    {"CLIPVisionModel", Head::None, nullptr}};
static constexpr Architecture siglipClasses[] = {
    {"SiglipForImageClassification", Head::Classifier, "classifier.weight"}, {"SiglipModel", Head::Whole, nullptr}};
static constexpr Architecture siglipVisionClasses[] = {{"SiglipVisionModel", Head::None, nullptr}};
static constexpr Architecture siglip2Classes[] = {
    {"Siglip2ForImageClassification", Head::Classifier, "classifier.weight"}, {"Siglip2Model", Head::Whole, nullptr}};
static constexpr Architecture siglip2VisionClasses[] = {{"Siglip2VisionModel", Head::None, nullptr}};

static constexpr ConfigKey clipVisionKeys[] = {
    {"hidden_size", "768"},      {"intermediate_size", "3072"}, {"projection_dim", "512"},
    {"num_hidden_layers", "12"}, {"num_attention_heads", "12"}, {"num_channels", "3"},
    {"image_size", "224"},       {"patch_size", "32"},          {"hidden_act", "\"quick_gelu\""},
    {"layer_norm_eps", "1e-5"}};
static constexpr ConfigKey siglipVisionKeys[] = {{"hidden_size", "768"},      {"intermediate_size", "3072"},
                                                 {"num_hidden_layers", "12"}, {"num_attention_heads", "12"},
                                                 {"num_channels", "3"},       {"image_size", "224"},
                                                 {"patch_size", "16"},        {"hidden_act", "\"gelu_pytorch_tanh\""},
                                                 {"layer_norm_eps", "1e-6"},  {"vision_use_head", "true"}};
static constexpr ConfigKey siglip2VisionKeys[] = {{"hidden_size", "768"},      {"intermediate_size", "3072"},
                                                  {"num_hidden_layers", "12"}, {"num_attention_heads", "12"},
                                                  {"num_channels", "3"},       {"num_patches", "256"},
                                                  {"patch_size", "16"},        {"hidden_act", "\"gelu_pytorch_tanh\""},
                                                  {"layer_norm_eps", "1e-6"},  {"vision_use_head", "true"}};
static constexpr ConfigKey clipKeys[] = {{"projection_dim", "512"}};
// The text's tower, and what compares both. vision_config_dict is what older files have beside vision_config.
static constexpr const char *clipInert[] = {"logit_scale_init_value", "text_config", "text_config_dict"};
static constexpr const char *siglipInert[] = {"text_config"};
// In a section, labels are those of no model.
static constexpr const char *sectionInert[] = {"architectures", "id2label",   "label2id",
                                               "model_type",    "num_labels", "problem_type"};

llvm::ArrayRef<Family> vitc::huggingface::clipFamilies() {
  static const Family list[] = {
      {"clip", clipClasses, {clipVisionKeys, sectionInert}, "vision_config", {clipKeys, clipInert}, buildClip},
      {"clip_vision_model", clipVisionClasses, {clipVisionKeys, {}}, nullptr, {}, buildClip},
      {"siglip", siglipClasses, {siglipVisionKeys, sectionInert}, "vision_config", {{}, siglipInert}, buildSiglip},
      {"siglip_vision_model", siglipVisionClasses, {siglipVisionKeys, {}}, nullptr, {}, buildSiglip},
      {"siglip2", siglip2Classes, {siglip2VisionKeys, sectionInert}, "vision_config", {{}, siglipInert}, buildSiglip},
      {"siglip2_vision_model", siglip2VisionClasses, {siglip2VisionKeys, {}}, nullptr, {}, buildSiglip}};
  return list;
}
