//===- Arrangements.cpp - what fusion passes look for -----------*- C++ -*-===//

#include "RandomGraph.h"

using namespace vitc;

bool RandomGraph::addArrangement() {
  switch (random.below(8)) {
  case 0:
  case 1:
    return addAttention();
  case 2:
    return addPatches();
  case 3:
    return addLongConcat();
  default:
    return addResidualLayer();
  }
}

void RandomGraph::perturb() {
  if (!random.chance(8))
    return;
  static const std::vector<std::string> kinds = {"gelu", "gelu_tanh", "quick_gelu", "silu", "relu", "tanh", "sigmoid"};
  const std::string name = last().name;
  switch (random.below(3)) {
  case 0:
    add("activation", {name}, {{"kind", random.pick(kinds)}});
    return;
  case 1:
    add("scale", {name}, {{"factor", random.chance(50) ? 0.7 : -1.25}});
    return;
  default: {
    const State state = save();
    Shape shape = last().shape;
    for (int64_t &size : shape)
      if (random.chance(40))
        size = 1;
    const std::string operand = operandOf(shape);
    if (!add(random.chance(50) ? "add" : "mul", {name, operand}, {}))
      restore(state);
  }
  }
}

/// x or norm(x), one or two linear layers with an activation, a factor for each feature, and x added again: in any of
/// these parts there may be nothing.
bool RandomGraph::addResidualLayer() {
  const KnownValue *found = drawValue(random.chance(85) ? 2 : 1 + random.below(3));
  if (!found)
    return false;
  auto [x, shape] = *found;
  const int64_t width = shape.back();
  static const std::vector<std::string> kinds = {"none", "gelu", "gelu_tanh", "quick_gelu",
                                                 "silu", "relu", "tanh",      "sigmoid"};
  // What the model computes lies elsewhere than its inputs.
  if (random.chance(80)) {
    if (!add("linear", {x}, {{"out_features", width}}, {""}))
      return false;
    x = last().name;
  }
  const bool hasNorm = random.chance(60);
  if (hasNorm && !add(random.chance(80) ? "layer_norm" : "rms_norm", {x}, {{"epsilon", 1e-5}},
                      random.chance(80) ? std::vector<std::string>{""} : std::vector<std::string>{}))
    return false;
  std::string input = hasNorm ? last().name : x;
  const bool isMlp = random.chance(40);
  if (isMlp) {
    if (!add("linear", {input}, {{"out_features", drawSize()}}, {""}))
      return false;
    perturb();
    if (random.chance(80) && !add("activation", {last().name}, {{"kind", random.pick(kinds)}}))
      return false;
    input = last().name;
  }
  if (!add("linear", {input}, {{"out_features", width}}, {""}))
    return false;
  perturb();
  if (!isMlp && random.chance(90) && !add("activation", {last().name}, {{"kind", random.pick(kinds)}}))
    return false;
  if (random.chance(20)) {
    const std::string branch = last().name;
    if (!add("mul", {branch, operandOf({width})}, {}))
      return false;
  }
  const std::string branch = last().name;
  const std::string other = random.chance(85) ? x : operandOf(relativeOf(shape));
  if (!(random.chance(50) ? add("add", {other, branch}, {}) : add("add", {branch, other}, {})))
    return false;
  // The next layer begins: the sum is not written to the caller's memory, and what it is made of is not read again.
  return random.chance(40) || add("layer_norm", {last().name}, {{"epsilon", 1e-5}});
}

/// More operands than one step has.
bool RandomGraph::addLongConcat() {
  const auto [name, shape] = last();
  std::vector<std::string> inputs = {name};
  for (uint64_t i = 0, count = 16 + random.below(20); i < count; ++i)
    inputs.push_back(random.chance(40) ? random.pick(inputs) : operandOf(shape));
  return add("concat", inputs, {{"dim", int64_t(random.below(shape.size()))}});
}

/// Tokens projected and split by head: heads x tokens x features.
bool RandomGraph::addHeads(const std::string &tokens, int64_t heads, int64_t headDim, std::string &result) {
  const int64_t count = shapeOf(tokens)[0];
  if (!add("linear", {tokens}, {{"out_features", heads * headDim}}, {""}))
    return false;
  perturb();
  if (!add("reshape", {last().name}, {{"shape", std::vector<int64_t>{count, heads, headDim}}}) ||
      !add("transpose", {last().name}, {{"permutation", std::vector<int64_t>{1, 0, 2}}}))
    return false;
  if (random.chance(25) &&
      !add(random.chance(60) ? "layer_norm" : "rms_norm", {last().name}, {{"epsilon", 1e-5}}, {""}))
    return false;
  if (random.chance(25) && !add("scale", {last().name}, {{"factor", random.chance(50) ? 0.3 : 1.5}}))
    return false;
  perturb();
  result = last().name;
  return true;
}

/// Attention in primitive ops.
bool RandomGraph::addAttention() {
  const KnownValue *found = drawValue(2);
  if (!found)
    return false;
  const auto [x, shape] = *found;
  const bool isCross = random.chance(30);
  const std::string memory = isCross ? operandOf({drawSize(), random.chance(50) ? shape[1] : drawSize()}) : x;
  if (shapeOf(memory).size() != 2)
    return false;
  const int64_t heads = 1 + int64_t(random.below(4)), headDim = 1 + int64_t(random.below(34));
  const int64_t queries = shape[0], keys = shapeOf(memory)[0];
  const int64_t valueDim = random.chance(80) ? headDim : drawSize();
  std::string q, k, v;
  if (!addHeads(x, heads, headDim, q) || !addHeads(memory, heads, headDim, k) || !addHeads(memory, heads, valueDim, v))
    return false;
  const bool isTransposed = random.chance(25);
  if (isTransposed) {
    if (!add("transpose", {k}, {{"permutation", std::vector<int64_t>{0, 2, 1}}}))
      return false;
    k = last().name;
  }
  if (!add("matmul", {q, k}, {{"transpose_rhs", !isTransposed}}))
    return false;
  perturb();
  if (random.chance(60) && !add("scale", {last().name}, {{"factor", 1 / double(headDim)}}))
    return false;
  for (unsigned biases = 0; biases < 2 && random.chance(40); ++biases) {
    Shape biasShape = {heads, queries, keys};
    for (int64_t &size : biasShape)
      if (random.chance(35))
        size = 1;
    biasShape.erase(biasShape.begin(), biasShape.begin() + int64_t(random.below(3)));
    const std::string scores = last().name;
    const std::string bias = operandOf(biasShape);
    if (!(random.chance(50) ? add("add", {scores, bias}, {}) : add("add", {bias, scores}, {})))
      return false;
  }
  perturb();
  if (!add("softmax", {last().name}, {}))
    return false;
  perturb();
  if (!add("matmul", {last().name, v}, {}) ||
      !add("transpose", {last().name}, {{"permutation", std::vector<int64_t>{1, 0, 2}}}) ||
      !add("reshape", {last().name}, {{"shape", std::vector<int64_t>{queries, heads * valueDim}}}))
    return false;
  if (random.chance(70) && !add("linear", {last().name}, {{"out_features", shape[1]}}, {""}))
    return false;
  perturb();
  if (random.chance(60) && last().shape == shape) {
    const std::string branch = last().name;
    return add("add", {x, branch}, {});
  }
  return true;
}

/// A patch embedding as a convolution, with tokens in front and positions.
bool RandomGraph::addPatches() {
  const KnownValue *image = drawValue(3);
  if (!image || !add("transpose", {image->name}, {{"permutation", std::vector<int64_t>{1, 2, 0}}}))
    return false;
  std::vector<int64_t> patch;
  for (size_t axis : {0, 1}) {
    std::vector<int64_t> divisors;
    for (int64_t size = last().shape[axis], divisor = 1; divisor <= size; ++divisor)
      if (size % divisor == 0)
        divisors.push_back(divisor);
    patch.push_back(random.pick(divisors));
  }
  const std::vector<int64_t> stride = random.chance(90) ? patch : std::vector<int64_t>{1, 1};
  if (!add("conv2d", {last().name}, {{"out_channels", drawSize()}, {"kernel_size", patch}, {"stride", stride}}, {""}))
    return false;
  perturb();
  const Shape map = last().shape;
  if (!add("reshape", {last().name}, {{"shape", std::vector<int64_t>{map[0] * map[1], map[2]}}}))
    return false;
  perturb();
  if (random.chance(50)) {
    const std::string tokens = last().name;
    if (!add("concat", {operandOf({1 + int64_t(random.below(3)), map[2]}), tokens}, {{"dim", int64_t(0)}}))
      return false;
  }
  if (random.chance(60)) {
    const std::string tokens = last().name;
    if (!add("add", {tokens, operandOf(last().shape)}, {}))
      return false;
  }
  return true;
}
