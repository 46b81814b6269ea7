//===- Detr.cpp - DETR: a transformer that detects objects ------*- C++ -*-===//
//
// DetrModel and DetrForObjectDetection of transformers 5.24.
//
//===----------------------------------------------------------------------===//

#include "Detr.h"

#include "Convolutions.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

/// The input that tells pixels from padding.
static constexpr const char *maskName = "pixel_mask";
/// Sizes that the processors make of most pictures, without a processor's file.
static const std::vector<int64_t> usualSize = {800, 1333};

Detr::Detr(Model &model, ConfigReader &config) : model(model), config(config) {
  readConfig(config);
  if (model.errors.any())
    return;
  prefix = model.choosePrefix({"model.", ""});
  if (!model.weights)
    prefix = model.head == Head::None ? "" : "model.";
  const std::string first = prefix + "encoder.layers.0.";
  outputModule = model.hasTensor(first + "self_attn.o_proj.weight") ? "o_proj" : "out_proj";
  mlpModule = model.hasTensor(first + "mlp.fc1.weight") ? "mlp." : "";
}

void Detr::readConfig(ConfigReader &config) {
  InputErrors &errors = model.errors;
  constexpr int64_t most = 1 << 20;
  // Names that the library has for them too, and heeds rather than their own.
  auto integer = [&](const char *key, const char *alias) {
    return config.integer(config.gives(alias) ? alias : key, 1, most);
  };
  width = integer("d_model", "hidden_size");
  encoder = {integer("encoder_layers", "num_hidden_layers"), integer("encoder_attention_heads", "num_attention_heads"),
             config.integer("encoder_ffn_dim", 1, most)};
  decoder = {config.integer("decoder_layers", 1, most), config.integer("decoder_attention_heads", 1, most),
             config.integer("decoder_ffn_dim", 1, most)};
  queries = config.integer("num_queries", 1, most);
  activation = config.activation("activation_function");
  hasNormAfterLayers = config.boolean("auxiliary_loss");
  positionType = config.string("position_embedding_type");
  if (positionType != "sine" && positionType != "learned")
    errors.report(config.placeOf("position_embedding_type"), "is '" + positionType + "', expected 'sine' or 'learned'");
  // Sines and cosines of two coordinates.
  if (const int64_t divisor = positionType == "learned" ? 2 : 4; width % divisor != 0)
    errors.report(config.placeOf("d_model"),
                  "is " + llvm::Twine(width) + ", expected a multiple of " + llvm::Twine(divisor));
  for (auto [key, stack] : {std::pair("encoder_attention_heads", encoder), {"decoder_attention_heads", decoder}})
    if (width % stack.heads != 0)
      errors.report(config.placeOf(key),
                    llvm::Twine(stack.heads) + " heads do not divide the d_model " + llvm::Twine(width));
  for (auto [key, stack] : {std::pair("encoder_layers", encoder), {"decoder_layers", decoder}})
    if (stack.layers > 1000)
      errors.report(config.placeOf(key), llvm::Twine(stack.layers) + " layers are too many");
}

void Detr::addMask() {
  ModelInput mask;
  mask.name = maskName;
  const Shape &image = model.result.inputs.front().shape;
  mask.shape = {image[1], image[2]};
  mask.dtype = DType::I64;
  mask.defaultValue = 1;
  mask.maskOf = model.result.inputs.front().name;
  model.result.inputs.push_back(std::move(mask));
}

void Detr::addTokens() {
  const std::string tensors = model.choosePrefix({prefix + "backbone.conv_encoder.model.", prefix + "backbone.model."});
  const BackboneOutputs backbone = addMapBackbone(model, config, tensors, usualSize);
  if (model.errors.any())
    return;
  addMask();
  addPictureMap(model, "input_projection.map", backbone.values.back());
  addConvolution(model, "input_projection", PlainConvolution{prefix + "input_projection", width, {1, 1}});
  model.add("mask", "mask_map", maskName).inputs.push_back("input_projection");
  model.addReshape("mask.keys", {1, 1, -1});
  keyBias = "mask.bias";
  model.add(keyBias, "mask_bias");

  Node &node = model.add(positions, "map_positions", "input_projection");
  node.attributes["width"] = width;
  if (positionType == "sine") {
    node.inputs.push_back("mask");
  } else {
    node.attributes["kind"] = positionType;
    node.attributes["rows"] = int64_t(50);
    // transformers 4 has them in its backbone.
    const std::string own =
        model.choosePrefix({prefix + "position_embedding.", prefix + "backbone.position_embedding."});
    node.parameters["row"] = own + "row_embeddings.weight";
    node.parameters["column"] = own + "column_embeddings.weight";
  }
  model.addReshape("tokens", {-1, width}, "input_projection");
}

void Detr::addAttention(const std::string &name, const std::string &tensors, const std::vector<std::string> &inputs,
                        int64_t heads) {
  Node &node = model.add(name, "attention");
  node.inputs = inputs;
  node.attributes["heads"] = heads;
  Model::setModule(node, "query", tensors + ".q_proj");
  Model::setModule(node, "key", tensors + ".k_proj");
  Model::setModule(node, "value", tensors + ".v_proj");
  Model::setModule(node, "output", tensors + "." + outputModule);
}

void Detr::addResidual(const std::string &name, const std::string &tensors, const std::string &input) {
  model.addSum(name + ".sum", input, model.last());
  model.addNorm(name, tensors, 1e-5);
}

void Detr::addMlp(const std::string &name, const std::string &tensors, int64_t hidden) {
  const std::string input = model.last();
  Node &node = model.add(name + ".mlp", "mlp");
  node.attributes["hidden_size"] = hidden;
  node.attributes["activation"] = activation;
  Model::setModule(node, "fc1", tensors + mlpModule + "fc1");
  Model::setModule(node, "fc2", tensors + mlpModule + "fc2");
  addResidual(name + ".final_layer_norm", tensors + "final_layer_norm", input);
}

std::vector<std::string> Detr::addEncoder() {
  std::vector<std::string> states = {model.last()};
  for (int64_t index = 0; index < encoder.layers; ++index) {
    const std::string name = "encoder.layers." + std::to_string(index), tensors = prefix + name + ".";
    const std::string input = states.back();
    model.addSum(name + ".positioned", input, positions);
    addAttention(name + ".self_attn", tensors + "self_attn",
                 {name + ".positioned", name + ".positioned", input, keyBias}, encoder.heads);
    model.result.nodes.back().attributes["bias_input"] = true;
    addResidual(name + ".self_attn_layer_norm", tensors + "self_attn_layer_norm", input);
    addMlp(name, tensors, encoder.hidden);
    states.push_back(model.last());
  }
  return states;
}

void Detr::addSelfAttention(const std::string &name, const std::string &tensors, const std::string &states, int64_t) {
  model.addSum(name + ".positioned", states, queryPositions);
  addAttention(name, tensors + "self_attn", {name + ".positioned", name + ".positioned", states}, decoder.heads);
}

void Detr::addCrossAttention(const std::string &name, const std::string &tensors, const std::string &states, int64_t) {
  model.addSum(name + ".positioned", states, queryPositions);
  addAttention(name, tensors + "encoder_attn", {name + ".positioned", "memory.positioned", memory, keyBias},
               decoder.heads);
  model.result.nodes.back().attributes["bias_input"] = true;
}

std::vector<std::string> Detr::addDecoder() {
  memory = model.last();
  model.addSum("memory.positioned", memory, positions);
  model.addParameter(queryPositions, prefix + "query_position_embeddings.weight", {queries, width});
  beginDecoder();
  // Queries begin as zeros.
  model.add("queries", "scale", queryPositions).attributes["factor"] = 0.0;
  std::vector<std::string> states = {model.last()}, normed;
  for (int64_t index = 0; index < decoder.layers; ++index) {
    const std::string name = "decoder.layers." + std::to_string(index), tensors = prefix + name + ".";
    const std::string input = model.last();
    addSelfAttention(name + ".self_attn", tensors, input, index);
    addResidual(name + ".self_attn_layer_norm", tensors + "self_attn_layer_norm", input);
    const std::string attended = model.last();
    addCrossAttention(name + ".encoder_attn", tensors, attended, index);
    addResidual(name + ".encoder_attn_layer_norm", tensors + "encoder_attn_layer_norm", attended);
    addMlp(name, tensors, decoder.hidden);
    states.push_back(model.last());
    // What the library keeps for training, it goes on with.
    if (hasNormAfterLayers) {
      model.addNorm(name + ".layernorm", prefix + "decoder.layernorm", 1e-5);
      normed.push_back(model.last());
    }
  }
  model.addNorm("decoder.layernorm", prefix + "decoder.layernorm", 1e-5);
  // The library's last state is the result.
  states.back() = model.last();
  if (hasNormAfterLayers && model.head == Head::None)
    addIntermediateStates(normed);
  return states;
}

void Detr::addIntermediateStates(const std::vector<std::string> &states) {
  std::vector<std::string> parts;
  for (const std::string &state : states) {
    parts.push_back(state + ".part");
    model.addReshape(parts.back(), {1, queries, width}, state);
  }
  model.addConcat("intermediate_hidden_states", parts, 0);
}

void Detr::addHeads() {
  const std::string states = "decoder.layernorm", classifier = "class_labels_classifier";
  model.checkLabels(classifier + ".weight", otherClasses());
  model.addLinear("logits", int64_t(model.labels.names.size()) + otherClasses(), classifier, true, states);
  model.returns("logits", "logits");
  model.addPerceptron("bbox_predictor", "bbox_predictor", {width, width, 4}, states);
  addBoxes("pred_boxes");
  model.returns("pred_boxes", "pred_boxes");
  model.answersWithBoxes("logits", "pred_boxes");
  describeAnswers();
}

void Detr::ignoreOthers() {
  const bool hasHead = model.head != Head::None;
  model.ignoreTensors([&](llvm::StringRef name) {
    const bool isOtherHead = name.starts_with("class_labels_classifier.") || name.starts_with("bbox_predictor.");
    return name.ends_with(".num_batches_tracked") || (!hasHead && isOtherHead);
  });
}

void Detr::build() {
  addTokens();
  if (model.errors.any())
    return;
  const std::vector<std::string> encoderStates = addEncoder(), decoderStates = addDecoder();
  if (model.head != Head::None)
    addHeads();
  model.returns("last_hidden_state", "decoder.layernorm");
  model.returns("encoder_last_hidden_state", memory);
  returnMore();
  if (hasNormAfterLayers && model.head == Head::None)
    model.returns("intermediate_hidden_states", "intermediate_hidden_states");
  for (const auto &[index, state] : llvm::enumerate(encoderStates))
    model.offers("encoder_hidden_state_" + std::to_string(index), state);
  for (const auto &[index, state] : llvm::enumerate(decoderStates))
    model.offers("decoder_hidden_state_" + std::to_string(index), state);
  for (int64_t index = 0; index < encoder.layers; ++index)
    model.offers("encoder_attention_" + std::to_string(index),
                 probabilitiesOf("encoder.layers." + std::to_string(index) + ".self_attn"));
  for (int64_t index = 0; index < decoder.layers; ++index) {
    const std::string number = std::to_string(index), layer = "decoder.layers." + number;
    model.offers("decoder_attention_" + number, decoderProbabilitiesOf(layer + ".self_attn"));
    model.offers("cross_attention_" + number, decoderProbabilitiesOf(layer + ".encoder_attn"));
  }
  ignoreOthers();
}

static constexpr Architecture classes[] = {
    {"DetrForObjectDetection", Head::Detection, "class_labels_classifier.weight"}, {"DetrModel", Head::None, nullptr}};
static constexpr auto keys = detrKeys("100");

llvm::ArrayRef<Family> vitc::huggingface::detrFamilies() {
  static const Family list[] = {{"detr", classes, {keys, detrInertKeys}, nullptr, {}, buildWith<Detr>, true}};
  return list;
}
