//===- ExpandPrimitives.cpp - primitive nodes to operations -----*- C++ -*-===//

#include "ExpandNodes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace vitc;

namespace {

Value conv2d(GraphBuilder &b, llvm::ArrayRef<Value> inputs) {
  if (!b.expectRank(inputs[0], 3, "a map (height x width x channels)"))
    return {};
  int64_t channels = b.dimOf(inputs[0], 2), outChannels = b.integer("out_channels"), groups = b.integer("groups");
  if (channels % groups != 0 || outChannels % groups != 0)
    return b.fail("groups", llvm::Twine(groups) + " does not divide " + llvm::Twine(channels) + " and " +
                                llvm::Twine(outChannels) + " channels");
  const std::vector<int64_t> &kernel = b.list("kernel_size");
  Value weight = b.weight("weight", {outChannels, channels / groups, kernel[0], kernel[1]}, WeightRole::Matrix);
  std::optional<Value> bias;
  if (b.hasParameter("bias"))
    bias = b.weight("bias", {outChannels}, WeightRole::Bias);
  return b.conv2d(inputs[0], weight, bias, b.list("stride"), b.list("padding"), b.list("dilation"), groups);
}

Value linear(GraphBuilder &b, llvm::ArrayRef<Value> inputs) {
  return linearModule(b, inputs[0], "", b.integer("out_features"));
}

Value matmul(GraphBuilder &b, llvm::ArrayRef<Value> inputs) {
  return b.matmul(inputs[0], inputs[1], b.flag("transpose_rhs"));
}

Value norm(GraphBuilder &b, Value input, bool rms) {
  if (!b.hasParameter("weight"))
    return b.layerNorm(input, std::nullopt, b.real("epsilon"), rms);
  return normModule(b, input, "", b.real("epsilon"), rms);
}

Value layerNorm(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return norm(b, inputs[0], /*rms=*/false); }
Value rmsNorm(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return norm(b, inputs[0], /*rms=*/true); }

Value softmax(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return b.softmax(inputs[0]); }
Value activation(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return b.activation(inputs[0], b.text("kind")); }
Value add(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return b.add(inputs[0], inputs[1]); }
Value mul(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return b.mul(inputs[0], inputs[1]); }
Value scale(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return b.scale(inputs[0], b.real("factor")); }

Value reshape(GraphBuilder &b, llvm::ArrayRef<Value> inputs) {
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

Value transpose(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return b.transpose(inputs[0], b.list("permutation")); }
Value concat(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return b.concat(inputs, b.integer("dim")); }

Value slice(GraphBuilder &b, llvm::ArrayRef<Value> inputs) {
  int64_t dim = b.integer("dim"), offset = b.integer("offset"), size = b.integer("size");
  if (size == 0)
    return b.fail("size", "expected a size greater than 0, or -1 for all up to the end");
  if (offset < 0)
    offset += b.dimOf(inputs[0], size_t(dim));
  if (size < 0)
    size += b.dimOf(inputs[0], size_t(dim)) - offset + 1;
  return b.slice(inputs[0], dim, offset, size);
}

Value reduceMean(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return b.reduceMean(inputs[0], b.integer("dim")); }
Value reduceMax(GraphBuilder &b, llvm::ArrayRef<Value> inputs) { return b.reduceMax(inputs[0], b.integer("dim")); }

Value parameter(GraphBuilder &b, llvm::ArrayRef<Value>) {
  return b.weight("value", b.list("shape"), WeightRole::Embedding, /*leadingOnes=*/true);
}

} // namespace

std::string vitc::roleOf(const std::string &module, llvm::StringRef tensor) {
  return module.empty() ? tensor.str() : module + "." + tensor.str();
}

Value vitc::linearModule(GraphBuilder &builder, Value input, const std::string &module, int64_t outFeatures) {
  Value weight = builder.weight(roleOf(module, "weight"), {outFeatures, builder.lastDimOf(input)}, WeightRole::Matrix);
  std::optional<Value> bias;
  if (builder.hasParameter(roleOf(module, "bias")))
    bias = builder.weight(roleOf(module, "bias"), {outFeatures}, WeightRole::Bias);
  return builder.linear(input, weight, bias);
}

Value vitc::normModule(GraphBuilder &builder, Value input, const std::string &module, double epsilon, bool rms) {
  Shape shape = {builder.lastDimOf(input)};
  Value weight = builder.weight(roleOf(module, "weight"), shape, WeightRole::NormWeight);
  Value bias = builder.hasParameter(roleOf(module, "bias"))
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
