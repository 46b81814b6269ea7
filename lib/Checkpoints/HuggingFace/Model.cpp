//===- Model.cpp - a transformers model under construction ------*- C++ -*-===//

#include "Model.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>

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

std::vector<int64_t> Model::sizeOfPicture() const {
  const Shape &picture = result.inputs.front().shape;
  return pictureSize.value_or(std::vector<int64_t>{picture[1], picture[2]});
}

void Model::addImage(const Dimensions &dimensions) { NodeBuilder::addImage(dimensions.channels, dimensions.imageSize); }

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
                          const std::vector<int64_t> &grid, const Dimensions &dimensions, int64_t others) {
  Node &node = add(name, "position_embedding");
  node.attributes["resample"] = std::string(resample);
  node.attributes["source_grid"] = findGrid(tensor, grid, dimensions, others);
  node.parameters["value"] = tensor;
  return node;
}

std::vector<int64_t> Model::findGrid(const std::string &tensor, const std::vector<int64_t> &grid,
                                     const Dimensions &dimensions, int64_t others) {
  const TensorInfo *info = weights ? weights->find(tensor) : nullptr;
  if (!info || info->shape.size() < 2 || info->shape.back() != dimensions.width)
    return grid;
  // Another size of patches is the mistake then.
  for (const std::string &name : weights->names())
    if (llvm::StringRef(name).ends_with("projection.weight") && weights->find(name)->shape.size() == 4 &&
        weights->find(name)->shape[2] != dimensions.patchSize[0])
      return grid;
  const int64_t rows = info->shape[info->shape.size() - 2], patches = rows - others;
  const auto edge = int64_t(std::sqrt(double(std::max<int64_t>(patches, 0))));
  if (patches == grid[0] * grid[1] || edge == 0 || edge * edge != patches)
    return grid;
  if (isResized)
    return {edge, edge};
  auto text = [](int64_t height, int64_t width) {
    return std::to_string(height) + (height == width ? "" : "x" + std::to_string(width));
  };
  errors.report(
      inputError(weights->fileOf(tensor), "tensor " + tensor,
                 "has shape " + shapeText(info->shape) + ", positions for pictures of size " +
                     text(edge * dimensions.patchSize[0], edge * dimensions.patchSize[1]) + ", image_size is for " +
                     llvm::Twine(grid[0]) + " x " + llvm::Twine(grid[1]) + " patches: --image-size=" +
                     text(grid[0] * dimensions.patchSize[0], grid[1] * dimensions.patchSize[1]) + " resamples them"));
  return grid;
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

std::string Model::addPerceptron(const std::string &name, const std::string &tensors, llvm::ArrayRef<int64_t> features,
                                 const std::string &input) {
  for (const auto &[index, size] : llvm::enumerate(features)) {
    const std::string layer = ".layers." + std::to_string(index);
    addLinear(name + layer, size, tensors + layer, true, index == 0 ? input : "");
    if (index + 1 < features.size())
      addActivation(name + layer + ".relu", "relu");
  }
  return last();
}

Node &Model::addToken(const std::string &name, int64_t index, const std::string &input) {
  return addPooling(name, "token", index, input);
}

Node &Model::addMean(const std::string &name, int64_t first, const std::string &input) {
  return addPooling(name, "mean", first, input);
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

void Model::addState(const std::string &name, const std::string &from) {
  if (head == Head::None)
    returns(name, from);
  else
    offers(name, from);
}

void Model::offerTokens(const std::string &from, int64_t classTokens, int64_t others, const char *othersName) {
  if (classTokens) {
    addToken("tokens.class", 0, from);
    offers("class_token", "tokens.class");
  }
  if (others && othersName) {
    addSlice("tokens.others", 0, classTokens, others, from);
    offers(othersName, "tokens.others");
  }
  addSlice("tokens.patches", 0, classTokens + others, -1, from);
  offers("patch_tokens", "tokens.patches");
}

void Model::answersWithSegments(const std::string &scores) {
  result.labels = labels.names;
  result.postprocessing.kind = Postprocessing::Kind::Segmentation;
  result.postprocessing.output = scores;
}

void Model::answersWithBoxes(const std::string &logits, const std::string &boxes) {
  result.labels = labels.names;
  result.postprocessing.kind = Postprocessing::Kind::Detection;
  result.postprocessing.output = logits;
  result.postprocessing.boxes = boxes;
}

void Model::answersWithDepth(const std::string &depth) {
  result.postprocessing.kind = Postprocessing::Kind::Depth;
  result.postprocessing.output = depth;
}

void Model::setLabels() {
  result.labels = labels.names;
  result.scores = labels.scores;
}
