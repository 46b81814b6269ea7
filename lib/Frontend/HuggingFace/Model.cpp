//===- Model.cpp - a transformers model under construction ------*- C++ -*-===//

#include "Model.h"

#include "../GraphBuilder.h"
#include "vitc/Frontend/OpSpec.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace vitc;
using namespace vitc::huggingface;

bool Model::isEmptyTensor(llvm::StringRef name) const {
  const TensorInfo *info = weights ? weights->find(name) : nullptr;
  return info && llvm::is_contained(info->shape, 0);
}

bool Model::hasPrefix(llvm::StringRef prefix) const {
  return weights && llvm::any_of(weights->names(),
                                 [&](const std::string &name) { return llvm::StringRef(name).starts_with(prefix); });
}

std::string Model::choosePrefix(llvm::ArrayRef<std::string> prefixes) const {
  for (const std::string &prefix : prefixes)
    if (hasPrefix(prefix))
      return prefix;
  return prefixes.front();
}

void Model::addImage(const Dimensions &dimensions) {
  ModelInput input;
  input.name = "pixel_values";
  input.isImage = true;
  input.shape = {dimensions.channels, dimensions.imageSize[0], dimensions.imageSize[1]};
  result.inputs.push_back(std::move(input));

  std::string width = llvm::StringSwitch<std::string>(std::to_string(dimensions.width))
                          .Case("192", "tiny")
                          .Case("384", "small")
                          .Case("768", "base")
                          .Case("1024", "large")
                          .Case("1280", "huge")
                          .Default("w" + std::to_string(dimensions.width));
  auto text = [](const std::vector<int64_t> &size) {
    return std::to_string(size[0]) + (size[0] == size[1] ? "" : "x" + std::to_string(size[1]));
  };
  result.name = type + "_" + width + (head == Head::Distilled ? "_distilled" : "") + "_patch" +
                text(dimensions.patchSize) + "_" + text(dimensions.imageSize);
}

Node &Model::add(const std::string &name, const std::string &op, const std::string &input) {
  Node node;
  node.name = name;
  node.op = op;
  node.where = "node " + name;
  node.inputs = {!input.empty() ? input : result.nodes.empty() ? result.inputs.front().name : last()};
  for (const AttributeSpec &attribute : findOpSpec(op)->attributes)
    if (attribute.defaultValue)
      node.attributes[attribute.name] = *attribute.defaultValue;
  result.nodes.push_back(std::move(node));
  return result.nodes.back();
}

void Model::setModule(Node &node, const std::string &role, const std::string &tensors, bool hasBias) {
  std::string start = role.empty() ? "" : role + ".";
  node.parameters[start + "weight"] = tensors + ".weight";
  if (hasBias)
    node.parameters[start + "bias"] = tensors + ".bias";
}

Node &Model::addPatches(const std::string &name, const Dimensions &dimensions, const std::string &tensors,
                        bool hasBias) {
  Node &node = add(name, "patch_embedding");
  node.attributes["width"] = dimensions.width;
  node.attributes["patch_size"] = dimensions.patchSize;
  // As the library's convolution does. Another size that is asked for has to be filled.
  node.attributes["crop"] =
      dimensions.imageSize[0] % dimensions.patchSize[0] != 0 || dimensions.imageSize[1] % dimensions.patchSize[1] != 0;
  setModule(node, "", tensors, hasBias);
  return node;
}

Node &Model::addPositions(const std::string &name, const std::string &tensor, const char *resample,
                          const std::vector<int64_t> &grid) {
  Node &node = add(name, "position_embedding");
  node.attributes["resample"] = std::string(resample);
  node.attributes["source_grid"] = grid;
  node.parameters["value"] = tensor;
  return node;
}

Node &Model::addBlock(const std::string &name, const Dimensions &dimensions, const std::string &tensors,
                      const LayerNames &names, bool hasQkvBias) {
  Node &block = add(name, "encoder_block");
  block.attributes["heads"] = dimensions.heads;
  if (dimensions.headDim)
    block.attributes["head_dim"] = *dimensions.headDim;
  block.attributes["hidden_size"] = dimensions.hidden;
  block.attributes["activation"] = dimensions.activation;
  block.attributes["epsilon"] = dimensions.epsilon;
  setModule(block, "norm1", tensors + names.norm1);
  setModule(block, "query", tensors + names.query, hasQkvBias);
  setModule(block, "key", tensors + names.key, hasQkvBias);
  setModule(block, "value", tensors + names.value, hasQkvBias);
  setModule(block, "output", tensors + names.output);
  setModule(block, "norm2", tensors + names.norm2);
  setModule(block, "fc1", tensors + names.fc1);
  setModule(block, "fc2", tensors + names.fc2);
  if (*names.gate) {
    block.attributes["gate"] = std::string("separate");
    setModule(block, "gate", tensors + names.gate);
  }
  if (*names.scale1)
    block.parameters["layer_scale1"] = tensors + names.scale1;
  if (*names.scale2)
    block.parameters["layer_scale2"] = tensors + names.scale2;
  return block;
}

Node &Model::addNorm(const std::string &name, const std::string &tensors, double epsilon, const std::string &input) {
  Node &node = add(name, "layer_norm", input);
  node.attributes["epsilon"] = epsilon;
  setModule(node, "", tensors);
  return node;
}

Node &Model::addLinear(const std::string &name, int64_t features, const std::string &tensors, bool hasBias,
                       const std::string &input) {
  Node &node = add(name, "linear", input);
  node.attributes["out_features"] = features;
  setModule(node, "", tensors, hasBias);
  return node;
}

Node &Model::addActivation(const std::string &name, const std::string &kind) {
  Node &node = add(name, "activation");
  node.attributes["kind"] = kind;
  return node;
}

Node &Model::addParameter(const std::string &name, const std::string &tensor, std::vector<int64_t> shape) {
  Node &node = add(name, "parameter");
  node.inputs.clear();
  node.attributes["shape"] = std::move(shape);
  node.parameters["value"] = tensor;
  return node;
}

Node &Model::addSlice(const std::string &name, int64_t offset, int64_t size, const std::string &input) {
  Node &node = add(name, "slice", input);
  node.attributes["dim"] = int64_t(0);
  node.attributes["offset"] = offset;
  node.attributes["size"] = size;
  return node;
}

Node &Model::addToken(const std::string &name, int64_t index, const std::string &input) {
  Node &node = add(name, "pooling", input);
  node.attributes["kind"] = std::string("token");
  node.attributes["index"] = index;
  return node;
}

Node &Model::addMean(const std::string &name, int64_t first, const std::string &input) {
  Node &node = add(name, "pooling", input);
  node.attributes["kind"] = std::string("mean");
  node.attributes["index"] = first;
  return node;
}

void Model::checkLabels(const std::string &tensor, int64_t others) {
  const TensorInfo *info = weights ? weights->find(tensor) : nullptr;
  auto count = int64_t(labels.names.size());
  if (info && !info->shape.empty() && info->shape[0] != count + others)
    errors.report(labels.where, "there are " + llvm::Twine(count) + " labels" +
                                    (others ? " and one more class for none" : "") + ", the head (tensor " + tensor +
                                    ") has shape " + shapeText(info->shape));
}

void Model::addClassifier(const std::string &name) {
  checkLabels(name + ".weight");
  Node &node = add(name, "classifier");
  node.attributes["classes"] = int64_t(labels.names.size());
  setModule(node, "", name);
}

void Model::returns(const std::string &name, const std::string &from) {
  result.outputs.push_back({name, from});
  offers(name, from);
}

void Model::offers(const std::string &name, const std::string &from) {
  result.availableOutputs.push_back({name, from});
}

void Model::offerStates(const std::string &embeddings, llvm::ArrayRef<std::string> blocks) {
  offers("hidden_state_0", embeddings);
  for (const auto &[index, block] : llvm::enumerate(blocks))
    offers("hidden_state_" + std::to_string(index + 1), block);
  for (const auto &[index, block] : llvm::enumerate(blocks))
    offers("attention_" + std::to_string(index), block + "/attention/probabilities");
}

void Model::offerTokens(const std::string &from, int64_t classTokens, int64_t others, const char *othersName) {
  if (classTokens) {
    addToken("tokens.class", 0, from);
    offers("class_token", "tokens.class");
  }
  if (others) {
    addSlice("tokens.others", classTokens, others, from);
    offers(othersName, "tokens.others");
  }
  addSlice("tokens.patches", classTokens + others, -1, from);
  offers("patch_tokens", "tokens.patches");
}

void Model::setLabels() {
  result.labels = labels.names;
  result.scores = labels.scores;
}

void Model::ignoreTensors(llvm::function_ref<bool(llvm::StringRef)> isIgnored) {
  if (!weights)
    return;
  for (const std::string &name : weights->names())
    if (isIgnored(name) && !llvm::is_contained(result.ignoredTensors, name))
      result.ignoredTensors.push_back(name);
}
