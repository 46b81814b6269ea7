//===- WindowAttention.cpp - nodes of Swin and its relatives ----*- C++ -*-===//

#include "WindowAttention.h"

using namespace vitc;

void vitc::addWindowAttention(NodeBuilder &model, const std::string &name, const WindowAttention &attention,
                              llvm::function_ref<void(Node &)> setProjections,
                              llvm::function_ref<void(Node &)> setPositions) {
  const std::string map = model.last();
  auto addWindows = [&](const std::string &part, const char *op, const std::string &input) -> Node & {
    Node &node = model.add(name + part, op, input);
    node.attributes["window"] = attention.window;
    node.attributes["shift"] = attention.shift;
    return node;
  };
  if (setPositions) {
    Node &bias = addWindows(".positions", "window_bias", map);
    bias.attributes["heads"] = attention.heads;
    bias.attributes["mask"] = attention.mask;
    setPositions(bias);
  }
  addWindows(".windows", "window_partition", map);
  Node &node = model.add(name, "attention");
  if (setPositions)
    node.inputs.push_back(name + ".positions");
  node.attributes["heads"] = attention.heads;
  node.attributes["bias_input"] = bool(setPositions);
  setProjections(node);
  addWindows(".map", "window_merge", name).inputs.push_back(map);
}

void vitc::addPixelMerging(NodeBuilder &model, const std::string &name, std::vector<int64_t> size, int64_t channels) {
  const int64_t height = (size[0] + 1) / 2, width = (size[1] + 1) / 2;
  if (size[0] % 2 == 0 && size[1] % 2 == 0) {
    model.addReshape(name + ".pixels", {height, 2, width, 2, channels});
    model.addTranspose(name + ".order", {0, 2, 3, 1, 4});
  } else {
    model.add(name + ".padded", "window_partition").attributes["window"] = std::vector<int64_t>{2, 2};
    model.addReshape(name + ".pixels", {height * width, 2, 2, channels});
    model.addTranspose(name + ".order", {0, 2, 1, 3});
  }
  model.addReshape(name, {height, width, 4 * channels});
}
