//===- Convolutions.cpp - what readers of convolutions share ----*- C++ -*-===//

#include "Convolutions.h"

using namespace vitc;

void vitc::addBatchNorm(NodeBuilder &builder, const std::string &name, const std::string &tensors, double epsilon) {
  Node &norm = builder.add(name, "batch_norm");
  norm.attributes["epsilon"] = epsilon;
  NodeBuilder::setModule(norm, "", tensors);
  norm.parameters["running_mean"] = tensors + ".running_mean";
  norm.parameters["running_var"] = tensors + ".running_var";
}

void vitc::addConvolution(NodeBuilder &builder, const std::string &name, const PlainConvolution &convolution,
                          const std::string &input) {
  Node &node = builder.add(name, "conv2d", input);
  node.attributes["out_channels"] = convolution.channels;
  node.attributes["kernel_size"] = convolution.kernel;
  node.attributes["stride"] = convolution.stride;
  node.attributes["dilation"] = std::vector<int64_t>(2, convolution.dilation);
  if (convolution.samePadding)
    node.attributes["same_padding"] = true;
  else
    node.attributes["padding"] = convolution.padding;
  node.attributes["groups"] = convolution.groups;
  if (convolution.standardizeEpsilon)
    node.attributes["standardize_epsilon"] = *convolution.standardizeEpsilon;
  NodeBuilder::setModule(node, "", convolution.tensors, convolution.hasBias);
}

void vitc::addSqueezeExcitation(NodeBuilder &builder, const std::string &name, const SqueezeExcitation &gates) {
  std::string map = builder.last();
  addGlobalAverage(builder, name + ".squeeze", gates.channels, map);
  builder.addReshape(name + ".squeezed", {1, 1, gates.channels});
  addConvolution(builder, name + ".reduce", PlainConvolution{gates.reduce, gates.reduced, {1, 1}});
  if (gates.activation != "none")
    builder.addActivation(name + ".reduce.activation", gates.activation);
  addConvolution(builder, name + ".expand", PlainConvolution{gates.expand, gates.channels, {1, 1}});
  builder.addActivation(name + ".gates", gates.gate);
  builder.add(name, "mul").inputs = {map, name + ".gates"};
}

int64_t vitc::makeDivisible(double value, int64_t divisor, int64_t minimum, double leastPart) {
  int64_t result = std::max(minimum, int64_t(value + double(divisor) / 2) / divisor * divisor);
  return double(result) < leastPart * value ? result + divisor : result;
}

void vitc::addChannelsFirst(NodeBuilder &builder, const std::string &name, const std::string &map) {
  builder.addTranspose(name, {2, 0, 1}, map);
}

void vitc::addPictureMap(NodeBuilder &builder, const std::string &name, const std::string &picture) {
  builder.addTranspose(name, {1, 2, 0}, picture);
}

void vitc::addResize(NodeBuilder &builder, const std::string &name, const char *kind, std::vector<int64_t> size,
                     const std::string &input) {
  Node &node = builder.add(name, "resize2d", input);
  node.attributes["kind"] = std::string(kind);
  node.attributes["size"] = std::move(size);
}

void vitc::addResizeLike(NodeBuilder &builder, const std::string &name, const char *kind, const std::string &map,
                         const std::string &input) {
  Node &node = builder.add(name, "resize2d", input);
  node.attributes["kind"] = std::string(kind);
  node.inputs.push_back(map);
}

void vitc::addGlobalAverage(NodeBuilder &builder, const std::string &name, int64_t channels, const std::string &map) {
  builder.addReshape(name + ".pixels", {-1, channels}, map);
  builder.addPooling(name, "mean", 0, name + ".pixels");
}

void vitc::addMaximumPool(NodeBuilder &builder, const std::string &name, int64_t window, int64_t stride,
                          bool samePadding) {
  Node &pool = builder.add(name, "pool2d");
  pool.attributes["kind"] = std::string("max");
  pool.attributes["window"] = std::vector<int64_t>(2, window);
  pool.attributes["stride"] = std::vector<int64_t>(2, stride);
  if (samePadding)
    pool.attributes["same_padding"] = true;
  else
    pool.attributes["padding"] = std::vector<int64_t>(4, window / 2);
}
