//===- ExpandPrimitives.cpp - primitive nodes to ops ------------*- C++ -*-===//

#include "ExpandNodes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace vitc;

namespace {

/// What stands around a map for windows of this size: `padding`, or with `same_padding` what its own size asks for.
/// Nothing if that failed.
std::optional<std::vector<int64_t>> paddingOf(VitBuilder &b, Value map, llvm::ArrayRef<int64_t> window) {
  std::vector<int64_t> padding = b.list("padding");
  if (!b.flag("same_padding"))
    return padding;
  if (!llvm::all_of(padding, [](int64_t side) { return side == 0; })) {
    b.fail("padding", "does not go together with 'same_padding'");
    return std::nullopt;
  }
  for (size_t axis : {0, 1}) {
    int64_t stride = b.list("stride")[axis], rest = b.dimOf(map, axis) % stride;
    int64_t all = std::max<int64_t>(window[axis] - (rest == 0 ? stride : rest), 0), before = all / 2;
    padding[axis] = before * b.list("dilation")[axis];
    padding[axis + 2] = (all - before) * b.list("dilation")[axis];
  }
  return padding;
}

Value conv2d(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  if (!b.expectRank(inputs[0], 3, "a map (height x width x channels)"))
    return {};
  int64_t channels = b.dimOf(inputs[0], 2), outChannels = b.integer("out_channels"), groups = b.integer("groups");
  if (channels % groups != 0 || outChannels % groups != 0)
    return b.fail("groups", llvm::Twine(groups) + " does not divide " + llvm::Twine(channels) + " and " +
                                llvm::Twine(outChannels) + " channels");
  const std::vector<int64_t> &kernel = b.list("kernel_size");
  // Where channels are convolved as if they were pixels, files may have no rows.
  bool isOneChannel = outChannels == 1 && channels == 1 && kernel[0] == 1;
  Value weight = b.weight("weight", {outChannels, channels / groups, kernel[0], kernel[1]}, WeightRole::Matrix,
                          /*leadingOnes=*/isOneChannel);
  if (b.hasAttribute("standardize_epsilon"))
    weight = b.weightStandardize(weight, b.real("standardize_epsilon"));
  Value bias;
  if (b.hasParameter("bias"))
    bias = b.weight("bias", {outChannels}, WeightRole::Bias);
  std::optional<std::vector<int64_t>> padding = paddingOf(b, inputs[0], kernel);
  if (!padding)
    return {};
  return b.conv2d(inputs[0], weight, bias, b.list("stride"), *padding, b.list("dilation"), groups);
}

Value linear(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return linearModule(b, inputs[0], "", b.integer("out_features"));
}

Value norm(VitBuilder &b, Value input, bool rms) {
  if (!b.hasParameter("weight"))
    return b.layerNorm(input, Value(), Value(), b.real("epsilon"), rms);
  return normModule(b, input, "", b.real("epsilon"), rms);
}

Value layerNorm(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return norm(b, inputs[0], /*rms=*/false); }
Value rmsNorm(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return norm(b, inputs[0], /*rms=*/true); }

Value pool2d(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  if (!b.expectRank(inputs[0], 3, "a map (height x width x channels)"))
    return {};
  std::optional<std::vector<int64_t>> padding = paddingOf(b, inputs[0], b.list("window"));
  return padding ? b.pool2d(inputs[0], *padding) : Value();
}

Value resize2d(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  bool isLike = inputs.size() == 2;
  if (isLike == b.hasAttribute("size"))
    return b.fail("size", "is given, or a second input that has it: one of them");
  if (!isLike)
    return b.resize2d(inputs[0], b.list("size"));
  if (!b.expectRank(inputs[1], 3, "a map (height x width x channels)"))
    return {};
  return b.resize2d(inputs[0], {b.dimOf(inputs[1], 0), b.dimOf(inputs[1], 1)});
}

Value batchNorm(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Shape shape = {b.lastDimOf(inputs[0])};
  Value weight = b.weight("weight", shape, WeightRole::NormWeight);
  Value bias = b.hasParameter("bias") ? b.weight("bias", shape, WeightRole::NormBias) : b.weightFill(0, shape);
  Value mean = b.weight("running_mean", shape, WeightRole::NormBias);
  Value variance = b.weight("running_var", shape, WeightRole::NormVariance);
  return b.batchNorm(inputs[0], mean, variance, weight, bias, b.real("epsilon"));
}

Value activation(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return b.activation(inputs[0], b.text("kind")); }

Value reshape(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
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

Value slice(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  int64_t dim = b.integer("dim"), offset = b.integer("offset"), size = b.integer("size");
  if (size == 0)
    return b.fail("size", "expected a size greater than 0, or -1 for all up to the end");
  if (offset < 0)
    offset += b.dimOf(inputs[0], size_t(dim));
  if (size < 0)
    size += b.dimOf(inputs[0], size_t(dim)) - offset + 1;
  return b.slice(inputs[0], dim, offset, size);
}

Value cast(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return b.cast(inputs[0], *dtypeNamed(b.text("dtype"))); }

Value parameter(VitBuilder &b, llvm::ArrayRef<Value>) {
  return b.weight("value", b.list("shape"), WeightRole::Embedding, /*leadingOnes=*/true);
}

} // namespace

std::string vitc::roleOf(const std::string &module, llvm::StringRef tensor) {
  return module.empty() ? tensor.str() : module + "." + tensor.str();
}

Value vitc::linearModule(VitBuilder &builder, Value input, const std::string &module, int64_t outFeatures) {
  Value weight = builder.weight(roleOf(module, "weight"), {outFeatures, builder.lastDimOf(input)}, WeightRole::Matrix);
  Value bias;
  if (builder.hasParameter(roleOf(module, "bias")))
    bias = builder.weight(roleOf(module, "bias"), {outFeatures}, WeightRole::Bias);
  return builder.linear(input, weight, bias);
}

Value vitc::normModule(VitBuilder &builder, Value input, const std::string &module, double epsilon, bool rms) {
  Shape shape = {builder.lastDimOf(input)};
  Value weight = builder.weight(roleOf(module, "weight"), shape, WeightRole::NormWeight);
  Value bias = builder.hasParameter(roleOf(module, "bias"))
                   ? builder.weight(roleOf(module, "bias"), shape, WeightRole::NormBias)
                   : builder.weightFill(0, shape);
  return builder.layerNorm(input, weight, bias, epsilon, rms);
}

NodeExpander vitc::findPrimitiveExpander(llvm::StringRef op) {
  return llvm::StringSwitch<NodeExpander>(op)
      .Case("conv2d", conv2d)
      .Case("pool2d", pool2d)
      .Case("resize2d", resize2d)
      .Case("batch_norm", batchNorm)
      .Case("linear", linear)
      .Case("layer_norm", layerNorm)
      .Case("rms_norm", rmsNorm)
      .Case("activation", activation)
      .Case("reshape", reshape)
      .Case("slice", slice)
      .Case("cast", cast)
      .Case("parameter", parameter)
      .Default([](VitBuilder &b, llvm::ArrayRef<Value> inputs) { return b.sameOp(inputs); });
}
