//===- GraphBuilder.cpp - builds primitive operations -----------*- C++ -*-===//

#include "GraphBuilder.h"

#include "vitc/Support/Json.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/Sequence.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;

void GraphBuilder::enter(const Node &node) {
  current = &node;
  part.clear();
  errors.enterNode(node.name);
}

GraphBuilder &GraphBuilder::at(const std::string &newPart) {
  part = newPart;
  return *this;
}

GraphValue GraphBuilder::fail(llvm::StringRef key, const llvm::Twine &message) {
  errors.report(key.empty() ? current->where : jsonPointer(current->where, key), message);
  return {};
}

Shape GraphBuilder::shapeOf(GraphValue value) const {
  return value.operation ? graph.operations[*value.operation].shape : Shape();
}

int64_t GraphBuilder::dimOf(GraphValue value, size_t dim) const {
  Shape shape = shapeOf(value);
  return dim < shape.size() ? shape[dim] : 1;
}

int64_t GraphBuilder::lastDimOf(GraphValue value) const {
  Shape shape = shapeOf(value);
  return shape.empty() ? 1 : shape.back();
}

bool GraphBuilder::expectRank(GraphValue value, size_t rank, llvm::StringRef what) {
  if (failed())
    return false;
  if (rankOf(value) == rank)
    return true;
  fail("inputs", "expected " + what + ", the input has shape " + shapeText(shapeOf(value)));
  return false;
}

/// Whether an operation hands on the tokens of its first operand, one by one.
static bool worksOnTokens(Primitive kind) {
  return kind == Primitive::Linear || kind == Primitive::LayerNorm || kind == Primitive::Activation ||
         kind == Primitive::Add || kind == Primitive::Mul || kind == Primitive::Scale;
}

GraphValue GraphBuilder::append(GraphOperation operation, llvm::ArrayRef<GraphValue> operands) {
  if (failed())
    return {};
  if (!countElements(operation.shape))
    return fail("", "a tensor of shape " + shapeText(operation.shape) + " is too large");
  for (GraphValue operand : operands)
    operation.operands.push_back(*operand.operation);
  if (current)
    operation.location = part.empty() ? current->name : current->name + "/" + part;
  graph.operations.push_back(std::move(operation));
  GraphValue result{graph.operations.size() - 1};
  if (worksOnTokens(graph.operations.back().kind))
    inheritGrid(result, operands.take_front());
  return result;
}

GraphValue GraphBuilder::weight(const std::string &parameter, const Shape &shape, WeightRole role, bool leadingOnes) {
  if (failed())
    return {};
  const std::string &tensor = current->parameters.at(parameter);
  Shape fileShape = shape;
  if (leadingOnes)
    fileShape.insert(fileShape.begin(), 1);
  auto [known, isNew] = weights.try_emplace(tensor, graph.weights.size());
  if (isNew) {
    GraphOperation operation;
    operation.kind = Primitive::Weight;
    operation.text = tensor;
    operation.shape = fileShape;
    GraphValue value = append(std::move(operation), {});
    if (failed())
      return {};
    // More than any model has, and little enough that every size and offset fits 64 bits many times over.
    constexpr int64_t maximum = int64_t(1) << 36;
    weightElements += *countElements(fileShape);
    if (weightElements > maximum)
      return fail("", "from here on the model has more than " + llvm::Twine(maximum) + " weights");
    graph.weights.push_back({tensor, fileShape, role, leadingOnes, current->name, *value.operation});
  }
  const WeightRequirement &requirement = graph.weights[known->second];
  if (requirement.shape != fileShape)
    return fail("parameters", "tensor " + tensor + " would have shape " + shapeText(fileShape) + " here and " +
                                  shapeText(requirement.shape) + " in node '" + requirement.node + "'");
  GraphValue value{requirement.operation};
  return leadingOnes ? weightReshape(value, shape) : value;
}

GraphValue GraphBuilder::weightFill(double value, const Shape &shape) {
  GraphOperation operation;
  operation.kind = Primitive::WeightFill;
  operation.number = value;
  operation.shape = shape;
  return append(std::move(operation), {});
}

GraphValue GraphBuilder::reshapeAs(Primitive kind, GraphValue input, const Shape &shape) {
  if (failed())
    return {};
  if (countElements(shape) != countElements(shapeOf(input)))
    return fail("", "shape " + shapeText(shapeOf(input)) + " does not have as many elements as " + shapeText(shape));
  GraphOperation operation;
  operation.kind = kind;
  operation.shape = shape;
  return append(std::move(operation), {input});
}

GraphValue GraphBuilder::weightReshape(GraphValue input, const Shape &shape) {
  return reshapeAs(Primitive::WeightReshape, input, shape);
}

GraphValue GraphBuilder::reshape(GraphValue input, const Shape &shape) {
  return shapeOf(input) == shape ? input : reshapeAs(Primitive::Reshape, input, shape);
}

GraphValue GraphBuilder::sliceAs(Primitive kind, GraphValue input, int64_t dim, int64_t offset, int64_t size) {
  if (failed())
    return {};
  GraphOperation operation;
  operation.kind = kind;
  operation.shape = shapeOf(input);
  if (dim < 0 || size_t(dim) >= operation.shape.size())
    return fail("dim", "the input has " + llvm::Twine(operation.shape.size()) + " dimensions");
  if (offset < 0 || size < 1 || offset > operation.shape[dim] || size > operation.shape[dim] - offset)
    return fail("", "elements " + llvm::Twine(offset) + " to " + llvm::Twine(offset) + " + " + llvm::Twine(size) +
                        " are not within a dimension of " + llvm::Twine(operation.shape[dim]));
  operation.shape[dim] = size;
  operation.dim = dim;
  operation.offset = offset;
  return append(std::move(operation), {input});
}

GraphValue GraphBuilder::weightSlice(GraphValue input, int64_t dim, int64_t offset, int64_t size) {
  return sliceAs(Primitive::WeightSlice, input, dim, offset, size);
}

GraphValue GraphBuilder::slice(GraphValue input, int64_t dim, int64_t offset, int64_t size) {
  return sliceAs(Primitive::Slice, input, dim, offset, size);
}

GraphValue GraphBuilder::transposeAs(Primitive kind, GraphValue input, const std::vector<int64_t> &permutation) {
  if (failed())
    return {};
  Shape shape = shapeOf(input);
  std::vector<int64_t> sorted = permutation;
  llvm::sort(sorted);
  if (sorted.size() != shape.size() || !llvm::equal(sorted, llvm::seq<int64_t>(0, int64_t(shape.size()))))
    return fail("permutation",
                shapeText(permutation) + " is not a permutation of the dimensions of " + shapeText(shape));
  GraphOperation operation;
  operation.kind = kind;
  operation.permutation = permutation;
  for (int64_t dim : permutation)
    operation.shape.push_back(shape[dim]);
  return append(std::move(operation), {input});
}

GraphValue GraphBuilder::weightTranspose(GraphValue input, const std::vector<int64_t> &permutation) {
  return transposeAs(Primitive::WeightTranspose, input, permutation);
}

GraphValue GraphBuilder::transpose(GraphValue input, const std::vector<int64_t> &permutation) {
  return transposeAs(Primitive::Transpose, input, permutation);
}

GraphValue GraphBuilder::input(const std::string &name, const Shape &shape) {
  GraphOperation operation;
  operation.kind = Primitive::Input;
  operation.location = name;
  operation.text = name;
  operation.shape = shape;
  return append(std::move(operation), {});
}

GraphValue GraphBuilder::conv2d(GraphValue input, GraphValue weight, std::optional<GraphValue> bias,
                                const std::vector<int64_t> &stride, const std::vector<int64_t> &padding,
                                const std::vector<int64_t> &dilation, int64_t groups) {
  if (!expectRank(input, 3, "a map (height x width x channels)"))
    return {};
  GraphOperation operation;
  operation.kind = Primitive::Conv2d;
  for (size_t axis : {0, 1}) {
    int64_t padded = dimOf(input, axis) + padding[axis] + padding[axis + 2];
    int64_t extent = 0;
    if (__builtin_mul_overflow(dimOf(weight, axis + 2) - 1, dilation[axis], &extent) || extent >= padded)
      return fail("kernel_size", "the kernel does not fit into the padded input of " + llvm::Twine(padded));
    operation.shape.push_back((padded - extent - 1) / stride[axis] + 1);
  }
  operation.shape.push_back(dimOf(weight, 0));
  operation.stride = stride;
  operation.padding = padding;
  operation.dilation = dilation;
  operation.groups = groups;
  std::vector<GraphValue> operands = {input, weight};
  if (bias)
    operands.push_back(*bias);
  return append(std::move(operation), operands);
}

GraphValue GraphBuilder::linear(GraphValue input, GraphValue weight, std::optional<GraphValue> bias) {
  GraphOperation operation;
  operation.kind = Primitive::Linear;
  operation.shape = shapeOf(input);
  if (!operation.shape.empty())
    operation.shape.back() = dimOf(weight, 0);
  std::vector<GraphValue> operands = {input, weight};
  if (bias)
    operands.push_back(*bias);
  return append(std::move(operation), operands);
}

GraphValue GraphBuilder::matmul(GraphValue lhs, GraphValue rhs, bool transposeRhs) {
  if (failed())
    return {};
  Shape left = shapeOf(lhs), right = shapeOf(rhs);
  size_t rank = left.size();
  if (rank < 2 || right.size() != rank || !std::equal(left.begin(), left.end() - 2, right.begin()) ||
      left[rank - 1] != right[rank - (transposeRhs ? 1 : 2)])
    return fail("inputs", "shapes " + shapeText(left) + " and " + shapeText(right) + " cannot be multiplied");
  GraphOperation operation;
  operation.kind = Primitive::Matmul;
  operation.shape = left;
  operation.shape.back() = right[rank - (transposeRhs ? 2 : 1)];
  operation.transposeRhs = transposeRhs;
  return append(std::move(operation), {lhs, rhs});
}

GraphValue GraphBuilder::layerNorm(GraphValue input, std::optional<std::pair<GraphValue, GraphValue>> weightAndBias,
                                   double epsilon, bool rms) {
  GraphOperation operation;
  operation.kind = Primitive::LayerNorm;
  operation.shape = shapeOf(input);
  operation.number = epsilon;
  operation.rms = rms;
  std::vector<GraphValue> operands = {input};
  if (weightAndBias) {
    operands.push_back(weightAndBias->first);
    operands.push_back(weightAndBias->second);
  }
  return append(std::move(operation), operands);
}

GraphValue GraphBuilder::softmax(GraphValue input) {
  GraphOperation operation;
  operation.kind = Primitive::Softmax;
  operation.shape = shapeOf(input);
  return append(std::move(operation), {input});
}

GraphValue GraphBuilder::activation(GraphValue input, const std::string &kind) {
  if (kind == "none")
    return input;
  GraphOperation operation;
  operation.kind = Primitive::Activation;
  operation.shape = shapeOf(input);
  operation.text = kind;
  return append(std::move(operation), {input});
}

GraphValue GraphBuilder::broadcasting(Primitive kind, GraphValue lhs, GraphValue rhs) {
  if (failed())
    return {};
  Shape left = shapeOf(lhs), right = shapeOf(rhs);
  Shape shape(std::max(left.size(), right.size()), 1);
  for (size_t back = 1; back <= shape.size(); ++back) {
    int64_t l = back <= left.size() ? left[left.size() - back] : 1;
    int64_t r = back <= right.size() ? right[right.size() - back] : 1;
    if (l != r && l != 1 && r != 1)
      return fail("inputs", "shapes " + shapeText(left) + " and " + shapeText(right) + " do not broadcast");
    shape[shape.size() - back] = std::max(l, r);
  }
  GraphOperation operation;
  operation.kind = kind;
  operation.shape = std::move(shape);
  return append(std::move(operation), {lhs, rhs});
}

GraphValue GraphBuilder::scale(GraphValue input, double factor) {
  GraphOperation operation;
  operation.kind = Primitive::Scale;
  operation.shape = shapeOf(input);
  operation.number = factor;
  return append(std::move(operation), {input});
}

GraphValue GraphBuilder::concatAs(Primitive kind, llvm::ArrayRef<GraphValue> inputs, int64_t dim) {
  if (failed())
    return {};
  GraphOperation operation;
  operation.kind = kind;
  operation.dim = dim;
  operation.shape = shapeOf(inputs.front());
  if (size_t(dim) >= operation.shape.size())
    return fail("dim", "the first input has " + llvm::Twine(operation.shape.size()) + " dimensions");
  operation.shape[dim] = 0;
  for (GraphValue input : inputs) {
    Shape shape = shapeOf(input);
    int64_t size = size_t(dim) < shape.size() ? std::exchange(shape[dim], operation.shape[dim]) : 0;
    if (shape != operation.shape)
      return fail("inputs", "shapes " + shapeText(shapeOf(inputs.front())) + " and " + shapeText(shapeOf(input)) +
                                " differ in more than dimension " + llvm::Twine(dim));
    operation.shape[dim] += size;
  }
  return append(std::move(operation), inputs);
}

GraphValue GraphBuilder::reduce(Primitive kind, GraphValue input, int64_t dim) {
  if (failed())
    return {};
  GraphOperation operation;
  operation.kind = kind;
  operation.dim = dim;
  operation.shape = shapeOf(input);
  if (size_t(dim) >= operation.shape.size())
    return fail("dim", "the input has " + llvm::Twine(operation.shape.size()) + " dimensions");
  operation.shape[dim] = 1;
  return append(std::move(operation), {input});
}

GraphValue GraphBuilder::rotary(GraphValue input, GraphValue table, bool isInterleaved) {
  GraphOperation operation;
  operation.kind = Primitive::Rotary;
  operation.shape = shapeOf(input);
  operation.flag = isInterleaved;
  return append(std::move(operation), {input, table});
}

GraphValue GraphBuilder::weightResample(GraphValue table, const std::string &kind, const Grid &from, const Grid &to,
                                        int64_t leading, int64_t trailing) {
  if (failed() || from == to)
    return table;
  GraphOperation operation;
  operation.kind = Primitive::WeightResample;
  operation.shape = {leading + to[0] * to[1] + trailing, dimOf(table, 1)};
  operation.text = kind;
  operation.fromGrid = from;
  operation.grid = to;
  operation.leading = leading;
  operation.trailing = trailing;
  return append(std::move(operation), {table});
}

GraphValue GraphBuilder::weightRelativePositionBias(GraphValue table, const Grid &window, bool hasClassToken) {
  GraphOperation operation;
  operation.kind = Primitive::WeightRelativePositionBias;
  int64_t tokens = window[0] * window[1] + (hasClassToken ? 1 : 0);
  operation.shape = {dimOf(table, 1), tokens, tokens};
  operation.grid = window;
  operation.flag = hasClassToken;
  return append(std::move(operation), {table});
}

GraphValue GraphBuilder::weightSinusoids(const std::vector<int64_t> &grid, const std::vector<double> &origin,
                                         const std::vector<double> &step, double theta, bool lastAxisFirst,
                                         int64_t angles) {
  GraphOperation operation;
  operation.kind = Primitive::WeightSinusoids;
  operation.shape = {2, grid.size() == 2 ? grid[0] * grid[1] : grid[0], angles};
  operation.grid = grid;
  operation.origin = origin;
  operation.step = step;
  operation.number = theta;
  operation.flag = lastAxisFirst;
  return append(std::move(operation), {});
}

void GraphBuilder::inheritGrid(GraphValue result, llvm::ArrayRef<GraphValue> inputs) {
  if (failed() || grids.count(*result.operation) || rankOf(result) != 2)
    return;
  for (GraphValue input : inputs) {
    Shape shape = shapeOf(input);
    std::optional<Grid> grid;
    if (auto known = grids.find(*input.operation); known != grids.end())
      grid = known->second;
    else if (shape.size() == 3 && dimOf(result, 0) == shape[0] * shape[1] && dimOf(result, 1) == shape[2])
      grid = Grid{shape[0], shape[1]};
    if (grid && dimOf(result, 0) >= (*grid)[0] * (*grid)[1])
      return setGrid(result, *grid);
  }
}

std::optional<Grid> GraphBuilder::gridOf(GraphValue tokens) {
  if (failed())
    return std::nullopt;
  auto known = grids.find(*tokens.operation);
  bool isGiven = hasAttribute("grid");
  if (!isGiven && known == grids.end()) {
    fail("", "it is not known which tokens are patches of an image: give their 'grid'");
    return std::nullopt;
  }
  Grid grid = isGiven ? list("grid") : known->second;
  std::optional<int64_t> patches = countElements(grid);
  if (!patches || *patches > dimOf(tokens, 0)) {
    fail("grid", shapeText(grid) + " has more patches than there are tokens: " + llvm::Twine(dimOf(tokens, 0)));
    return std::nullopt;
  }
  return grid;
}
