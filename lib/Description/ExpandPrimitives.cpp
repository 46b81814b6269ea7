//===- ExpandPrimitives.cpp - primitive nodes to operations -----*- C++ -*-===//

#include "ExpandNodes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace vitc;

namespace {

GraphValue conv2d(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) {
  if (!b.expectRank(inputs[0], 3, "a map (height x width x channels)"))
    return {};
  int64_t channels = b.dimOf(inputs[0], 2), outChannels = b.integer("out_channels"), groups = b.integer("groups");
  if (channels % groups != 0 || outChannels % groups != 0)
    return b.fail("groups", llvm::Twine(groups) + " does not divide " + llvm::Twine(channels) + " and " +
                                llvm::Twine(outChannels) + " channels");
  const std::vector<int64_t> &kernel = b.list("kernel_size");
  GraphValue weight = b.weight("weight", {outChannels, channels / groups, kernel[0], kernel[1]}, WeightRole::Matrix);
  std::optional<GraphValue> bias;
  if (b.hasParameter("bias"))
    bias = b.weight("bias", {outChannels}, WeightRole::Bias);
  return b.conv2d(inputs[0], weight, bias, b.list("stride"), b.list("padding"), b.list("dilation"), groups);
}

GraphValue linear(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) {
  return linearModule(b, inputs[0], "", b.integer("out_features"));
}

GraphValue matmul(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) {
  return b.matmul(inputs[0], inputs[1], b.flag("transpose_rhs"));
}

GraphValue norm(GraphBuilder &b, GraphValue input, bool rms) {
  if (!b.hasParameter("weight"))
    return b.layerNorm(input, std::nullopt, b.real("epsilon"), rms);
  return normModule(b, input, "", b.real("epsilon"), rms);
}

GraphValue layerNorm(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) { return norm(b, inputs[0], /*rms=*/false); }
GraphValue rmsNorm(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) { return norm(b, inputs[0], /*rms=*/true); }

GraphValue softmax(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) { return b.softmax(inputs[0]); }
GraphValue activation(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) {
  return b.activation(inputs[0], b.text("kind"));
}
GraphValue add(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) { return b.add(inputs[0], inputs[1]); }
GraphValue mul(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) { return b.mul(inputs[0], inputs[1]); }
GraphValue scale(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) { return b.scale(inputs[0], b.real("factor")); }

GraphValue reshape(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) {
  Shape shape = b.list("shape");
  int64_t open = llvm::count(shape, -1);
  if (open > 1 || llvm::is_contained(shape, 0))
    return b.fail("shape", "expected sizes greater than 0, and -1 at most once");
  if (open == 1) {
    int64_t &size = *llvm::find(shape, -1);
    size = 1;
    std::optional<int64_t> rest = countElements(shape), all = countElements(b.shapeOf(inputs[0]));
    if (!rest || !all || *all % *rest != 0)
      return b.fail("shape", "does not divide the " + shapeText(b.shapeOf(inputs[0])) + " elements of the input");
    size = *all / *rest;
  }
  return b.reshape(inputs[0], shape);
}

GraphValue transpose(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) {
  return b.transpose(inputs[0], b.list("permutation"));
}
GraphValue concat(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) { return b.concat(inputs, b.integer("dim")); }

GraphValue slice(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) {
  int64_t dim = b.integer("dim"), offset = b.integer("offset"), size = b.integer("size");
  if (size == 0)
    return b.fail("size", "expected a size greater than 0, or -1 for all up to the end");
  if (offset < 0)
    offset += b.dimOf(inputs[0], size_t(dim));
  if (size < 0)
    size += b.dimOf(inputs[0], size_t(dim)) - offset + 1;
  return b.slice(inputs[0], dim, offset, size);
}

GraphValue reduceMean(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) {
  return b.reduceMean(inputs[0], b.integer("dim"));
}
GraphValue reduceMax(GraphBuilder &b, llvm::ArrayRef<GraphValue> inputs) {
  return b.reduceMax(inputs[0], b.integer("dim"));
}

GraphValue parameter(GraphBuilder &b, llvm::ArrayRef<GraphValue>) {
  return b.weight("value", b.list("shape"), WeightRole::Embedding, /*leadingOnes=*/true);
}

} // namespace

std::string vitc::roleOf(const std::string &module, llvm::StringRef tensor) {
  return module.empty() ? tensor.str() : module + "." + tensor.str();
}

GraphValue vitc::linearModule(GraphBuilder &builder, GraphValue input, const std::string &module, int64_t outFeatures) {
  GraphValue weight =
      builder.weight(roleOf(module, "weight"), {outFeatures, builder.lastDimOf(input)}, WeightRole::Matrix);
  std::optional<GraphValue> bias;
  if (builder.hasParameter(roleOf(module, "bias")))
    bias = builder.weight(roleOf(module, "bias"), {outFeatures}, WeightRole::Bias);
  return builder.linear(input, weight, bias);
}

GraphValue vitc::normModule(GraphBuilder &builder, GraphValue input, const std::string &module, double epsilon,
                            bool rms) {
  Shape shape = {builder.lastDimOf(input)};
  GraphValue weight = builder.weight(roleOf(module, "weight"), shape, WeightRole::NormWeight);
  GraphValue bias = builder.hasParameter(roleOf(module, "bias"))
                        ? builder.weight(roleOf(module, "bias"), shape, WeightRole::NormBias)
                        : builder.weightFill(0, shape);
  return builder.layerNorm(input, std::pair(weight, bias), epsilon, rms);
}

NodeExpander vitc::findPrimitiveExpander(llvm::StringRef op) {
  return llvm::StringSwitch<NodeExpander>(op)
      .Case("conv2d", conv2d)
      .Case("linear", linear)
      .Case("matmul", matmul)
      .Case("layer_norm", layerNorm)
      .Case("rms_norm", rmsNorm)
      .Case("softmax", softmax)
      .Case("activation", activation)
      .Case("add", add)
      .Case("mul", mul)
      .Case("scale", scale)
      .Case("reshape", reshape)
      .Case("transpose", transpose)
      .Case("concat", concat)
      .Case("slice", slice)
      .Case("reduce_mean", reduceMean)
      .Case("reduce_max", reduceMax)
      .Case("parameter", parameter)
      .Default(nullptr);
}
