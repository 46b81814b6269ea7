//===- ExpandBlocks.cpp - block nodes to ops --------------------*- C++ -*-===//

#include "ExpandNodes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace mlir;
using namespace vitc;

namespace {

Value patchEmbedding(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  if (!b.expectRank(inputs[0], 3, "an image (channels x height x width)"))
    return {};
  Shape image = b.shapeOf(inputs[0]);
  int64_t channels = image[0], width = b.integer("width");
  const std::vector<int64_t> &patch = b.list("patch_size");
  Value picture = inputs[0];
  for (size_t axis : {0, 1}) {
    int64_t rest = image[axis + 1] % patch[axis];
    if (b.flag("crop") && rest != 0 && rest != image[axis + 1])
      picture = b.slice(picture, int64_t(axis) + 1, 0, image[axis + 1] - rest);
    else if (rest != 0)
      return b.fail("patch_size", llvm::Twine(patch[0]) + "x" + llvm::Twine(patch[1]) +
                                      " does not divide the image of " + llvm::Twine(image[1]) + "x" +
                                      llvm::Twine(image[2]));
  }
  const std::string &layout = b.text("weight_layout");
  Value weight;
  const std::string &resample = b.text("resample");
  if ((resample != "none") != b.hasAttribute("source_patch_size"))
    return b.fail("resample", "goes with 'source_patch_size': both are given or none");
  const std::vector<int64_t> &source = resample == "none" ? patch : b.list("source_patch_size");
  if (layout == "conv") {
    weight = b.weight("weight", {width, channels, source[0], source[1]}, WeightRole::Matrix);
  } else {
    std::optional<int64_t> elements = countElements({channels, source[0], source[1]});
    if (!elements)
      return b.fail("patch_size", "a patch is too large");
    weight = b.weight("weight", {width, *elements}, WeightRole::Matrix);
    if (layout == "channels_first")
      weight = b.weightReshape(weight, {width, channels, source[0], source[1]});
    else
      weight = b.weightTranspose(b.weightReshape(weight, {width, source[0], source[1], channels}), {0, 3, 1, 2});
  }
  if (source != patch)
    weight = b.weightResampleKernel(weight, resample, patch);
  Value bias;
  if (b.hasParameter("bias"))
    bias = b.weight("bias", {width}, WeightRole::Bias);
  Value map = b.conv2d(b.transpose(picture, {1, 2, 0}), weight, bias, patch, {0, 0, 0, 0}, {1, 1}, 1);
  Grid grid = {image[1] / patch[0], image[2] / patch[1]};
  Value tokens = b.reshape(map, {grid[0] * grid[1], width});
  if (!b.failed())
    b.setGrid(tokens, grid);
  return tokens;
}

Value prefixTokens(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  if (!b.expectRank(inputs[0], 2, "tokens (tokens x width)"))
    return {};
  int64_t tokens = b.dimOf(inputs[0], 0), width = b.dimOf(inputs[0], 1);
  int64_t registers = b.integer("registers"), after = b.integer("after");
  if (after > tokens)
    return b.fail("after", "is " + llvm::Twine(after) + ", there are " + llvm::Twine(tokens) + " tokens");
  std::vector<Value> parts;
  if (after > 0)
    parts.push_back(b.slice(inputs[0], 0, 0, after));
  for (const char *token : {"class_token", "distillation_token"})
    if (b.hasParameter(token))
      parts.push_back(b.weight(token, {1, width}, WeightRole::Embedding, /*leadingOnes=*/true));
  if (b.hasParameter("register_tokens") != (registers > 0))
    return b.fail("registers", "is the number of 'register_tokens': both are given or none");
  if (registers > 0)
    parts.push_back(b.weight("register_tokens", {registers, width}, WeightRole::Embedding, /*leadingOnes=*/true));
  if (parts.size() == size_t(after > 0))
    return b.fail("", "op 'prefix_tokens' needs at least one token");
  if (after < tokens)
    parts.push_back(after > 0 ? b.slice(inputs[0], 0, after, tokens - after) : inputs[0]);
  return b.concat(parts, 0);
}

/// Whether a value is tokens x width, or sequences of such, which attend to themselves each.
bool expectTokens(VitBuilder &b, Value value) {
  return b.shapeOf(value).size() == 3 ||
         b.expectRank(value, 2, "tokens (tokens x width), or sequences (sequences x tokens x width)");
}

/// Where the parts of an attention layer are found and what they are called.
struct AttentionNames {
  /// In front of the parameters: "", "self_", "cross_".
  std::string parameters;
  /// In front of the parts of locations: "", "attention/", …
  std::string parts;
};

/// A norm inside a block, of the kind that all its norms are.
Value innerNorm(VitBuilder &b, Value input, const std::string &module, double epsilon) {
  return normModule(b, input, module, epsilon, b.text("norm_kind") == "rms_norm");
}

/// From (sequences x) tokens x heads x features to (sequences x) heads x tokens x features, and back.
Value swapTokensAndHeads(VitBuilder &b, Value value) {
  return b.shapeOf(value).size() == 4 ? b.transpose(value, {0, 2, 1, 3}) : b.transpose(value, {1, 0, 2});
}

/// Part `which` of a layer that computes `parts` parts of `size` features: its weights are cut, not its result.
/// `ownBias` is the part's bias if the layer has none.
Value linearPart(VitBuilder &b, Value input, const std::string &module, int64_t which, int64_t parts, int64_t size,
                 const std::string &ownBias = "") {
  Value weight = b.weight(module + ".weight", {parts * size, b.lastDimOf(input)}, WeightRole::Matrix);
  Value bias;
  if (b.hasParameter(module + ".bias"))
    bias = b.weightSlice(b.weight(module + ".bias", {parts * size}, WeightRole::Bias), 0, which * size, size);
  else if (!ownBias.empty() && b.hasParameter(ownBias))
    bias = b.weight(ownBias, {size}, WeightRole::Bias);
  return b.linear(input, b.weightSlice(weight, 0, which * size, size), bias);
}

/// One of queries, keys, values by head: heads x tokens x head_dim, or sequences of such.
Value projectHeads(VitBuilder &b, Value input, size_t which, int64_t heads, int64_t headDim,
                   const AttentionNames &names) {
  static const char *const modules[] = {"query", "key", "value"};
  int64_t inner = heads * headDim;
  b.at(names.parts + modules[which]);
  std::string all = names.parameters + "qkv", keyValue = names.parameters + "key_value";
  Value projected;
  if (b.hasParameter(all + ".weight"))
    projected = linearPart(b, input, all, int64_t(which), 3, inner, names.parameters + modules[which] + "_bias");
  else if (which > 0 && b.hasParameter(keyValue + ".weight"))
    projected = linearPart(b, input, keyValue, int64_t(which) - 1, 2, inner);
  else
    projected = linearModule(b, input, names.parameters + modules[which], inner);
  Shape shape = b.shapeOf(input);
  shape.back() = heads;
  shape.push_back(headDim);
  Value byHead = swapTokensAndHeads(b, b.reshape(projected, shape));
  std::string norm = names.parameters + modules[which] + "_norm";
  if (which < 2 && b.hasParameter(norm + ".weight"))
    return innerNorm(b, byHead, norm, b.real("qk_norm_epsilon"));
  return byHead;
}

/// Attention of tokens to tokens. `bias` is added to the scores. The result has `width` features.
Value attentionLayer(VitBuilder &b, Value queries, Value keys, Value values, Value bias, int64_t width,
                     const AttentionNames &names) {
  for (Value input : {queries, keys, values})
    if (!expectTokens(b, input))
      return {};
  bool isOfSequences = b.shapeOf(queries).size() == 3;
  auto sequencesOf = [&](Value value) { return b.shapeOf(value).size() == 3 ? b.dimOf(value, 0) : 0; };
  auto tokensOf = [&](Value value) { return b.dimOf(value, isOfSequences ? 1 : 0); };
  if (sequencesOf(queries) != sequencesOf(keys) || sequencesOf(keys) != sequencesOf(values))
    return b.fail("inputs", "queries, keys and values are not of as many sequences: " + shapeText(b.shapeOf(queries)) +
                                ", " + shapeText(b.shapeOf(keys)) + " and " + shapeText(b.shapeOf(values)));
  if (tokensOf(keys) != tokensOf(values))
    return b.fail("inputs", "there are " + llvm::Twine(tokensOf(keys)) + " keys and " + llvm::Twine(tokensOf(values)) +
                                " values");
  auto has = [&](const char *role) { return b.hasParameter(names.parameters + role); };
  bool isFused = has("qkv.weight"), hasKeyValue = has("key_value.weight");
  if (has("query.weight") == isFused || has("key.weight") != has("value.weight") ||
      int(isFused) + int(hasKeyValue) + int(has("key.weight")) != 1)
    return b.fail("parameters", "expected either '" + names.parameters + "qkv' or '" + names.parameters + "query', '" +
                                    names.parameters + "key' and '" + names.parameters + "value' (for the last two, '" +
                                    names.parameters + "key_value' may stand)");
  if ((has("query_bias") || has("value_bias")) && (!isFused || has("qkv.bias")))
    return b.fail("parameters", "'" + names.parameters + "query_bias' and '" + names.parameters +
                                    "value_bias' go with a '" + names.parameters + "qkv' without bias");
  int64_t heads = b.integer("heads"), inputWidth = b.lastDimOf(queries);
  if (!b.hasAttribute("head_dim") && inputWidth % heads != 0)
    return b.fail("heads", llvm::Twine(heads) + " heads do not divide the width " + llvm::Twine(inputWidth));
  int64_t headDim = b.hasAttribute("head_dim") ? b.integer("head_dim") : inputWidth / heads;
  std::optional<int64_t> inner = countElements({3, heads, headDim});
  if (!inner)
    return b.fail("heads", "all heads together are too wide");
  double scale = b.hasAttribute("scale") ? b.real("scale") : 1 / std::sqrt(double(headDim));

  Value q = projectHeads(b, queries, 0, heads, headDim, names);
  Value k = projectHeads(b, keys, 1, heads, headDim, names);
  Value v = projectHeads(b, values, 2, heads, headDim, names);
  // Only attention of tokens to themselves has relative positions; not every op with attention can have them.
  Value positions;
  if (isOfSequences && b.hasAttribute("rotary") &&
      (b.text("rotary") != "none" || b.hasParameter("relative_positions") ||
       b.hasParameter("shared_relative_positions")))
    return b.fail("inputs", "relative and rotary positions are for one sequence; give sequences a bias");
  if (b.hasAttribute("rotary") && !isOfSequences) {
    b.at(names.parts + "positions");
    positions = relativePositionBias(b, queries, heads);
    Value rotations = rotaryTable(b, queries, headDim);
    if ((positions || rotations) && !b.failed() && queries != keys)
      return b.fail("inputs", "relative and rotary positions are for self-attention");
    if (rotations) {
      bool isInterleaved = b.text("rotary") == "interleaved";
      q = b.rotary(q, rotations, isInterleaved);
      k = b.rotary(k, rotations, isInterleaved);
    }
  }
  Value ofQueries;
  if (b.hasAttribute("rotary")) {
    b.at(names.parts + "positions");
    ofQueries = decomposedPositions(b, queries, q);
    if (ofQueries && !b.failed() && queries != keys)
      return b.fail("inputs", "relative and rotary positions are for self-attention");
  }
  // Not every op with attention has it.
  bool isCosine = b.hasParameter("logit_scale") && names.parameters.empty();
  b.at(names.parts + "scores");
  if (isCosine) {
    // Of length 1, but for those of length 0: their length counts as 1e-12, as torch.nn.functional.normalize has it.
    double epsilon = 1e-24 / double(headDim);
    q = b.layerNorm(q, Value(), Value(), epsilon, /*rms=*/true);
    k = b.layerNorm(k, Value(), Value(), epsilon, /*rms=*/true);
    scale = 1 / double(headDim);
  }
  Value scores = b.scale(b.matmul(q, k, /*transposeRhs=*/true), scale);
  if (isCosine)
    scores = b.mul(scores, b.weightExp(b.weight("logit_scale", {heads, 1, 1}, WeightRole::Bias), std::log(100.0)));
  for (Value added : {positions, ofQueries, bias}) {
    if (!added)
      continue;
    Shape shape = b.shapeOf(scores);
    scores = b.add(scores, added);
    if (!b.failed() && b.shapeOf(scores) != shape)
      return b.fail("inputs", "the bias does not broadcast to the scores' shape " + shapeText(shape));
  }
  b.at(names.parts + "probabilities");
  Value probabilities = b.softmax(scores);
  b.at(names.parts + "context");
  Value context = b.matmul(probabilities, v, /*transposeRhs=*/false);
  Shape contextShape = b.shapeOf(queries);
  contextShape.back() = heads * headDim;
  context = b.reshape(swapTokensAndHeads(b, context), contextShape);
  if (has("context_norm.weight"))
    context = innerNorm(b, context, names.parameters + "context_norm", b.real("inner_norm_epsilon"));
  b.at(names.parts + "output");
  if (b.hasParameter(names.parameters + "output.weight"))
    return linearModule(b, context, names.parameters + "output", width);
  if (!b.failed() && heads * headDim != width)
    return b.fail("parameters", "without '" + names.parameters + "output' the heads have " +
                                    llvm::Twine(heads * headDim) + " features together, expected " +
                                    llvm::Twine(width));
  return context;
}

/// The last input, taken from `inputs`, if the node has a bias of the scores.
Value takeBias(VitBuilder &b, llvm::ArrayRef<Value> &inputs) {
  if (!b.flag("bias_input"))
    return {};
  Value bias = inputs.back();
  inputs = inputs.drop_back();
  return bias;
}

Value attention(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value bias = takeBias(b, inputs);
  if (inputs.empty() || inputs.size() > 3)
    return b.fail("inputs", "expected queries, perhaps keys and values, and a bias if 'bias_input' is true");
  Value keys = inputs.size() > 1 ? inputs[1] : inputs[0];
  int64_t width = b.hasAttribute("width") ? b.integer("width") : b.lastDimOf(inputs[0]);
  return attentionLayer(b, inputs[0], keys, inputs.back(), bias, width, {});
}

Value mlpLayer(VitBuilder &b, Value input, const std::string &parts) {
  int64_t hidden = b.integer("hidden_size"), width = b.lastDimOf(input);
  const std::string &gate = b.text("gate"), &activation = b.text("activation");
  if (b.hasParameter("gate.weight") != (gate == "separate"))
    return b.fail("gate", "the parameter 'gate' goes with \"gate\": \"separate\"");
  b.at(parts + "fc1");
  Value features;
  if (gate == "none") {
    features = b.activation(linearModule(b, input, "fc1", hidden), activation);
  } else if (gate == "separate") {
    Value plain = linearModule(b, input, "fc1", hidden);
    b.at(parts + "gate");
    features = b.mul(b.activation(linearModule(b, input, "gate", hidden), activation), plain);
  } else {
    int64_t gateHalf = gate == "first_half" ? 0 : 1;
    Value plain = linearPart(b, input, "fc1", 1 - gateHalf, 2, hidden);
    b.at(parts + "gate");
    features = b.mul(b.activation(linearPart(b, input, "fc1", gateHalf, 2, hidden), activation), plain);
  }
  if (b.hasParameter("hidden_norm.weight")) {
    b.at(parts + "hidden_norm");
    features = innerNorm(b, features, "hidden_norm", b.real("inner_norm_epsilon"));
  }
  b.at(parts + "fc2");
  return linearModule(b, features, "fc2", width);
}

Value mlp(VitBuilder &b, llvm::ArrayRef<Value> inputs) { return mlpLayer(b, inputs[0], ""); }

/// One of the sublayers of a block, with layer norm, layer scale and residual.
Value residual(VitBuilder &b, Value x, const std::string &norm, const std::string &layerScale,
               llvm::function_ref<Value(Value)> layer) {
  const std::string &order = b.text("norm");
  double epsilon = b.real("epsilon");
  auto normalise = [&](Value value) {
    b.at(norm);
    return innerNorm(b, value, norm, epsilon);
  };
  Value branch = layer(order == "pre" ? normalise(x) : x);
  if (b.hasParameter(layerScale)) {
    b.at(layerScale);
    branch = b.mul(branch, b.weight(layerScale, {b.lastDimOf(x)}, WeightRole::NormWeight));
  }
  if (order == "residual_post")
    branch = normalise(branch);
  b.at("");
  Value sum = b.add(x, branch);
  return order == "post" ? normalise(sum) : sum;
}

Value encoderBlock(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value bias = takeBias(b, inputs);
  if (inputs.size() != 1)
    return b.fail("inputs", "expected one input, and a bias if 'bias_input' is true");
  if (!expectTokens(b, inputs[0]))
    return {};
  int64_t width = b.lastDimOf(inputs[0]);
  Value x = residual(b, inputs[0], "norm1", "layer_scale1", [&](Value tokens) {
    return attentionLayer(b, tokens, tokens, tokens, bias, width, {"", "attention/"});
  });
  return residual(b, x, "norm2", "layer_scale2", [&](Value tokens) { return mlpLayer(b, tokens, "mlp/"); });
}

Value decoderBlock(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  if (!expectTokens(b, inputs[0]))
    return {};
  int64_t width = b.lastDimOf(inputs[0]);
  Value memory = inputs[1];
  Value x = residual(b, inputs[0], "norm1", "", [&](Value tokens) {
    return attentionLayer(b, tokens, tokens, tokens, Value(), width, {"self_", "self_attention/"});
  });
  x = residual(b, x, "norm2", "", [&](Value tokens) {
    return attentionLayer(b, tokens, memory, memory, Value(), width, {"cross_", "cross_attention/"});
  });
  return residual(b, x, "norm3", "", [&](Value tokens) { return mlpLayer(b, tokens, "mlp/"); });
}

Value pooling(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  if (!b.expectRank(inputs[0], 2, "tokens (tokens x width)"))
    return {};
  int64_t tokens = b.dimOf(inputs[0], 0), index = b.integer("index");
  if (index >= tokens)
    return b.fail("index", "is " + llvm::Twine(index) + ", there are " + llvm::Twine(tokens) + " tokens");
  const std::string &kind = b.text("kind");
  bool isToken = kind == "token";
  Value row = !isToken && index == 0 ? inputs[0] : b.slice(inputs[0], 0, index, isToken ? 1 : tokens - index);
  if (!isToken)
    row = kind == "mean" ? b.reduceMean(row, 0) : b.reduceMax(row, 0);
  return b.reshape(row, {b.dimOf(inputs[0], 1)});
}

Value gridDistanceBias(VitBuilder &b, llvm::ArrayRef<Value>) {
  const std::vector<int64_t> &grid = b.list("grid");
  int64_t heads = b.integer("heads"), stride = b.integer("stride");
  constexpr int64_t most = 4096;
  if (grid[0] > most || grid[1] > most || grid[0] * grid[1] > most)
    return b.fail("grid", "has more than " + llvm::Twine(most) + " tokens");
  const int64_t tokens = grid[0] * grid[1];
  Value table = b.weight("value", {heads, tokens}, WeightRole::Embedding);
  table = b.weightTranspose(b.weightReshape(table, {heads, grid[0], grid[1]}), {1, 2, 0});
  // Of distances, a table of differences: those below zero in front.
  for (int64_t axis : {0, 1}) {
    llvm::SmallVector<Value> parts;
    for (int64_t distance = grid[axis] - 1; distance > 0; --distance)
      parts.push_back(b.weightSlice(table, axis, distance, 1));
    parts.push_back(table);
    table = b.weightConcat(parts, axis);
  }
  table = b.weightReshape(table, {(2 * grid[0] - 1) * (2 * grid[1] - 1), heads});
  Value bias = b.weightRelativePositionBias(table, {grid[0], grid[1]}, /*hasClassToken=*/false);
  if (stride == 1)
    return bias;
  bias = b.weightReshape(bias, {heads, grid[0], grid[1], tokens});
  Shape queries;
  for (int64_t axis : {0, 1}) {
    llvm::SmallVector<Value> parts;
    for (int64_t row = 0; row < grid[axis]; row += stride)
      parts.push_back(b.weightSlice(bias, axis + 1, row, 1));
    bias = b.weightConcat(parts, axis + 1);
    queries.push_back(int64_t(parts.size()));
  }
  return b.weightReshape(bias, {heads, queries[0] * queries[1], tokens});
}

Value reshapeAs(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Shape from = b.shapeOf(inputs[0]), to = b.shapeOf(inputs[1]);
  if (countElements(from) != countElements(to))
    return b.fail("inputs", "shapes " + shapeText(from) + " and " + shapeText(to) + " have not as many elements");
  return b.reshape(inputs[0], to);
}

Value clamp(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  const double minimum = b.real("minimum"), maximum = b.real("maximum");
  if (!(minimum <= maximum) || std::isinf(float(minimum)) || std::isinf(float(maximum)))
    return b.fail("maximum", "expected finite numbers, and a maximum that is not below the minimum");
  // What is within stays as it is, bit for bit: 0 is subtracted and added.
  Value x = inputs[0];
  Value above = b.activation(b.add(x, b.weightFill(-maximum, {1})), "relu");
  Value below = b.activation(b.add(b.scale(x, -1), b.weightFill(minimum, {1})), "relu");
  return b.add(b.add(x, b.scale(above, -1)), below);
}

Value classifier(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return linearModule(b, inputs[0], "", b.integer("classes"));
}

Value average(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value sum = inputs[0];
  for (Value input : inputs.drop_front()) {
    if (b.shapeOf(input) != b.shapeOf(inputs[0]))
      return b.fail("inputs",
                    "shapes " + shapeText(b.shapeOf(inputs[0])) + " and " + shapeText(b.shapeOf(input)) + " differ");
    sum = b.add(sum, input);
  }
  return b.scale(sum, 1.0 / double(inputs.size()));
}

} // namespace

NodeExpander vitc::findBlockExpander(llvm::StringRef op) {
  return llvm::StringSwitch<NodeExpander>(op)
      .Case("patch_embedding", patchEmbedding)
      .Case("prefix_tokens", prefixTokens)
      .Case("position_embedding", positionEmbedding)
      .Case("map_positions", mapPositions)
      .Case("sinusoids", sinusoids)
      .Case("mask_map", maskMap)
      .Case("mask_bias", maskBias)
      .Case("clamp", clamp)
      .Case("attention", attention)
      .Case("mlp", mlp)
      .Case("encoder_block", encoderBlock)
      .Case("decoder_block", decoderBlock)
      .Case("pooling", pooling)
      .Case("classifier", classifier)
      .Case("grid_distance_bias", gridDistanceBias)
      .Case("reshape_as", reshapeAs)
      .Case("average", average)
      .Default(nullptr);
}
