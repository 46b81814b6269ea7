//===- NodeBuilder.cpp - appends nodes to a description ---------*- C++ -*-===//

#include "NodeBuilder.h"

#include "vitc/Description/OpSpec.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;

void NodeBuilder::addImage(int64_t channels, const std::vector<int64_t> &size) {
  ModelInput input;
  input.name = "pixel_values";
  input.isImage = true;
  input.shape = {channels, size[0], size[1]};
  result.inputs.push_back(std::move(input));
}

Node &NodeBuilder::add(const std::string &name, const std::string &op, const std::string &input) {
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

void NodeBuilder::setModule(Node &node, const std::string &role, const std::string &tensors, bool hasBias) {
  std::string start = role.empty() ? "" : role + ".";
  node.parameters[start + "weight"] = tensors + ".weight";
  if (hasBias)
    node.parameters[start + "bias"] = tensors + ".bias";
}

Node &NodeBuilder::addSlice(const std::string &name, int64_t dim, int64_t offset, int64_t size,
                            const std::string &input) {
  Node &node = add(name, "slice", input);
  node.attributes["dim"] = dim;
  node.attributes["offset"] = offset;
  node.attributes["size"] = size;
  return node;
}

Node &NodeBuilder::addPooling(const std::string &name, const std::string &kind, int64_t index,
                              const std::string &input) {
  Node &node = add(name, "pooling", input);
  node.attributes["kind"] = kind;
  node.attributes["index"] = index;
  return node;
}

Node &NodeBuilder::addActivation(const std::string &name, const std::string &kind, const std::string &input) {
  Node &node = add(name, "activation", input);
  node.attributes["kind"] = kind;
  return node;
}

Node &NodeBuilder::addParameter(const std::string &name, const std::string &tensor, std::vector<int64_t> shape) {
  Node &node = add(name, "parameter");
  node.inputs.clear();
  node.attributes["shape"] = std::move(shape);
  node.parameters["value"] = tensor;
  return node;
}

Node &NodeBuilder::addFactors(const std::string &name, const std::string &tensor, int64_t features) {
  std::string input = last();
  addParameter(name + ".factors", tensor, {features});
  Node &node = add(name, "mul");
  node.inputs = {input, name + ".factors"};
  return node;
}

Node &NodeBuilder::addReshape(const std::string &name, std::vector<int64_t> shape, const std::string &input) {
  Node &node = add(name, "reshape", input);
  node.attributes["shape"] = std::move(shape);
  return node;
}

Node &NodeBuilder::addTranspose(const std::string &name, std::vector<int64_t> permutation, const std::string &input) {
  Node &node = add(name, "transpose", input);
  node.attributes["permutation"] = std::move(permutation);
  return node;
}

Node &NodeBuilder::addConcat(const std::string &name, std::vector<std::string> inputs, int64_t dim) {
  Node &node = add(name, "concat");
  node.inputs = std::move(inputs);
  node.attributes["dim"] = dim;
  return node;
}

Node &NodeBuilder::addSum(const std::string &name, const std::string &lhs, const std::string &rhs) {
  Node &node = add(name, "add");
  node.inputs = {lhs, rhs};
  return node;
}

Node &NodeBuilder::addUnitLength(const std::string &name, const std::string &input, int64_t width) {
  // x / sqrt(sum(x^2)) = x / sqrt(mean(x^2)) / sqrt(width)
  add(name + ".rms", "rms_norm", input).attributes["epsilon"] = 0.0;
  Node &node = add(name, "scale");
  node.attributes["factor"] = 1 / std::sqrt(double(width));
  return node;
}

void NodeBuilder::offers(const std::string &name, const std::string &from) {
  result.availableOutputs.push_back({name, from});
}

void NodeBuilder::returns(const std::string &name, const std::string &from) {
  result.outputs.push_back({name, from});
  offers(name, from);
}

void NodeBuilder::offerStates(const std::string &embeddings, llvm::ArrayRef<std::string> blocks) {
  offers("hidden_state_0", embeddings);
  for (const auto &[index, block] : llvm::enumerate(blocks))
    offers("hidden_state_" + std::to_string(index + 1), block);
  for (const auto &[index, block] : llvm::enumerate(blocks))
    offers("attention_" + std::to_string(index), block + "/attention/probabilities");
}

void NodeBuilder::ignoreTensors(llvm::function_ref<bool(llvm::StringRef)> isIgnored) {
  if (!weights)
    return;
  for (const std::string &name : weights->names())
    if (isIgnored(name) && !llvm::is_contained(result.ignoredTensors, name))
      result.ignoredTensors.push_back(name);
}
