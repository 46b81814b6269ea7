//===- Yolos.cpp - YOLOS: a ViT that detects objects ------------*- C++ -*-===//

#include "Families.h"

using namespace vitc;
using namespace vitc::huggingface;

/// Positions for class token, patches and detection tokens.
static Node &addPositions(Model &model, const std::string &name, const std::string &tensor,
                          const Dimensions &dimensions, int64_t detections) {
  Node &node = model.addPositions(name, tensor, "bicubic", dimensions.grid(), dimensions, 1 + detections);
  node.attributes["trailing"] = detections;
  return node;
}

static void buildYolos(Model &model, ConfigReader &config, ConfigReader &) {
  Dimensions dimensions = readDimensions(config);
  checkDimensions(config, dimensions);
  bool qkvBias = config.boolean("qkv_bias"), hasMidPositions = config.boolean("use_mid_position_embeddings");
  int64_t detections = config.integer("num_detection_tokens", 1, 1 << 20);
  if (model.errors.any())
    return;

  model.addImage(dimensions);
  std::string prefix = model.hasPrefix("vit.") || (!model.weights && model.head != Head::None) ? "vit." : "";
  std::string embeddings = prefix + "embeddings.";
  model.addPatches("embeddings.patch_embeddings", dimensions, embeddings + "patch_embeddings.projection");
  model.add("embeddings.cls_token", "prefix_tokens").parameters["class_token"] = embeddings + "cls_token";
  model.addParameter("embeddings.detection_tokens", embeddings + "detection_tokens", {detections, dimensions.width});
  model.addConcat("embeddings.tokens", {"embeddings.cls_token", "embeddings.detection_tokens"}, 0);
  addPositions(model, "embeddings.position_embeddings", embeddings + "position_embeddings", dimensions, detections);

  Layers layers = findVitLayers(model, prefix);
  std::string midPositions = prefix + "encoder.mid_position_embeddings";
  // transformers 5.
  if (std::string other = prefix + "encoder.interpolation.mid_position_embeddings"; model.hasTensor(other))
    midPositions = other;
  std::vector<std::string> blocks;
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    std::string number = std::to_string(index);
    blocks.push_back("encoder.layer." + number);
    model.addBlock(blocks.back(), dimensions, layers.prefix + number + ".", layers.names, qkvBias);
    // Hidden states are those before positions are added again.
    if (hasMidPositions && index + 1 < dimensions.layers) {
      Node &node =
          addPositions(model, "encoder.mid_position_embeddings." + number, midPositions, dimensions, detections);
      node.attributes["tables"] = dimensions.layers - 1;
      node.attributes["table"] = index;
    }
  }
  model.addNorm("layernorm", prefix + "layernorm", dimensions.epsilon);
  model.addSlice("detections", 0, -detections, -1, "layernorm");
  if (model.head == Head::Detection) {
    model.answersWithBoxes("logits", "pred_boxes");
    // The last class is that there is no object.
    model.checkLabels("class_labels_classifier.layers.2.weight", 1);
    const int64_t width = dimensions.width, classes = int64_t(model.labels.names.size()) + 1;
    for (auto [name, features] : {std::pair("class_labels_classifier", classes), {"bbox_predictor", int64_t(4)}})
      model.addPerceptron(name, name, {width, width, features}, "detections");
    model.returns("logits", "class_labels_classifier.layers.2");
    model.addActivation("bbox_predictor.sigmoid", "sigmoid");
    model.returns("pred_boxes", "bbox_predictor.sigmoid");
    model.returns("last_hidden_state", "layernorm");
  } else {
    model.returns("last_hidden_state", "layernorm");
    if (!model.weights || model.hasTensor(prefix + "pooler.dense.weight")) {
      model.addToken("pooler.token", 0, "layernorm");
      model.addLinear("pooler.dense", dimensions.width, prefix + "pooler.dense");
      model.addActivation("pooler.activation", "tanh");
      model.returns("pooler_output", "pooler.activation");
    }
  }
  model.addToken("tokens.class", 0, "layernorm");
  model.offers("class_token", "tokens.class");
  model.addSlice("tokens.patches", 0, 1, -1 - detections, "layernorm");
  model.offers("patch_tokens", "tokens.patches");
  model.offers("detection_tokens", "detections");
  model.offerStates("embeddings.position_embeddings", blocks);
  model.ignoreTensors([&](llvm::StringRef name) {
    name.consume_front(prefix);
    bool isOtherHead = model.head == Head::None &&
                       (name.starts_with("class_labels_classifier.") || name.starts_with("bbox_predictor."));
    return isOtherHead || (model.head != Head::None && name.starts_with("pooler."));
  });
}

static constexpr Architecture classes[] = {
    {"YolosForObjectDetection", Head::Detection, "class_labels_classifier.layers.0.weight"},
    {"YolosModel", Head::None, nullptr}};

static constexpr ConfigKey keys[] = {{"hidden_size", "768"},          {"num_hidden_layers", "12"},
                                     {"num_attention_heads", "12"},   {"intermediate_size", "3072"},
                                     {"hidden_act", "\"gelu\""},      {"layer_norm_eps", "1e-12"},
                                     {"image_size", "[512, 864]"},    {"patch_size", "16"},
                                     {"num_channels", "3"},           {"qkv_bias", "true"},
                                     {"num_detection_tokens", "100"}, {"use_mid_position_embeddings", "true"}};
// Losses.
static constexpr const char *inert[] = {"auxiliary_loss",  "bbox_cost", "bbox_loss_coefficient", "class_cost",
                                        "eos_coefficient", "giou_cost", "giou_loss_coefficient"};

llvm::ArrayRef<Family> vitc::huggingface::yolosFamilies() {
  static const Family list[] = {{"yolos", classes, {keys, inert}, nullptr, {}, buildYolos}};
  return list;
}
