//===- GraphBuilder.h - builds primitive operations -------------*- C++ -*-===//

#ifndef VITC_LIB_DESCRIPTION_GRAPHBUILDER_H
#define VITC_LIB_DESCRIPTION_GRAPHBUILDER_H

#include "vitc/Description/PrimitiveGraph.h"
#include "vitc/Support/InputErrors.h"

#include <optional>

namespace vitc {

/// Result of an operation. After an error, values are empty: every method accepts them and gives an empty value again,
/// so that callers need no checks; the error is in InputErrors.
struct GraphValue {
  std::optional<size_t> operation;
};

/// Height and width in patches.
using Grid = std::vector<int64_t>;

/// Appends operations to a graph and computes their shapes. Shapes that do not fit are reported at the current node.
class GraphBuilder {
public:
  GraphBuilder(PrimitiveGraph &graph, InputErrors &errors) : graph(graph), errors(errors) {}

  /// Starts a node: locations, attributes and parameters are its own from now on.
  void enter(const Node &node);
  const Node &node() const { return *current; }
  /// The part of the node that the next operations belong to ("attention/query"); empty for the node itself.
  GraphBuilder &at(const std::string &part);

  bool failed() const { return errors.any(); }
  /// Reports at an attribute of the node, or at the node itself for an empty key; gives an empty value.
  GraphValue fail(llvm::StringRef key, const llvm::Twine &message);

  Shape shapeOf(GraphValue value) const;
  size_t rankOf(GraphValue value) const { return shapeOf(value).size(); }
  /// Size of a dimension; 1 after an error or if there is no such dimension.
  int64_t dimOf(GraphValue value, size_t dim) const;
  int64_t lastDimOf(GraphValue value) const;
  /// Reports unless the value has this rank.
  bool expectRank(GraphValue value, size_t rank, llvm::StringRef what);

  // Attributes of the node.
  int64_t integer(llvm::StringRef name) const { return std::get<int64_t>(attribute(name)); }
  double real(llvm::StringRef name) const { return std::get<double>(attribute(name)); }
  bool flag(llvm::StringRef name) const { return std::get<bool>(attribute(name)); }
  const std::string &text(llvm::StringRef name) const { return std::get<std::string>(attribute(name)); }
  const std::vector<int64_t> &list(llvm::StringRef name) const {
    return std::get<std::vector<int64_t>>(attribute(name));
  }
  bool hasAttribute(llvm::StringRef name) const { return current->attributes.count(name.str()) != 0; }
  bool hasParameter(const std::string &role) const { return current->parameters.count(role) != 0; }

  // Weights.
  /// The tensor of a parameter of the node. With `leadingOnes` it has a further dimension of 1 in front in the file,
  /// more or fewer are accepted, and the value has `shape` all the same.
  GraphValue weight(const std::string &parameter, const Shape &shape, WeightRole role, bool leadingOnes = false);
  GraphValue weightFill(double value, const Shape &shape);
  GraphValue weightReshape(GraphValue input, const Shape &shape);
  GraphValue weightSlice(GraphValue input, int64_t dim, int64_t offset, int64_t size);
  GraphValue weightTranspose(GraphValue input, const std::vector<int64_t> &permutation);

  GraphValue weightConcat(llvm::ArrayRef<GraphValue> inputs, int64_t dim) {
    return concatAs(Primitive::WeightConcat, inputs, dim);
  }
  /// A table over the grid `from` at the grid `to`, between rows that are kept; adds no operation if they are the same.
  GraphValue weightResample(GraphValue table, const std::string &kind, const Grid &from, const Grid &to,
                            int64_t leading, int64_t trailing);
  GraphValue weightRelativePositionBias(GraphValue table, const Grid &window, bool hasClassToken);
  /// 2 x positions x angles, for a grid of one or two axes.
  GraphValue weightSinusoids(const std::vector<int64_t> &grid, const std::vector<double> &origin,
                             const std::vector<double> &step, double theta, bool lastAxisFirst, int64_t angles);

  // Activations, as the ops of the vit dialect of the same names.
  GraphValue input(const std::string &name, const Shape &shape);
  GraphValue conv2d(GraphValue input, GraphValue weight, std::optional<GraphValue> bias,
                    const std::vector<int64_t> &stride, const std::vector<int64_t> &padding,
                    const std::vector<int64_t> &dilation, int64_t groups);
  GraphValue linear(GraphValue input, GraphValue weight, std::optional<GraphValue> bias);
  GraphValue matmul(GraphValue lhs, GraphValue rhs, bool transposeRhs);
  GraphValue layerNorm(GraphValue input, std::optional<std::pair<GraphValue, GraphValue>> weightAndBias, double epsilon,
                       bool rms = false);
  GraphValue softmax(GraphValue input);
  /// "none" adds no operation.
  GraphValue activation(GraphValue input, const std::string &kind);
  GraphValue add(GraphValue lhs, GraphValue rhs) { return broadcasting(Primitive::Add, lhs, rhs); }
  GraphValue mul(GraphValue lhs, GraphValue rhs) { return broadcasting(Primitive::Mul, lhs, rhs); }
  GraphValue scale(GraphValue input, double factor);
  /// Adds no operation if the shape is the same.
  GraphValue reshape(GraphValue input, const Shape &shape);
  GraphValue transpose(GraphValue input, const std::vector<int64_t> &permutation);
  GraphValue concat(llvm::ArrayRef<GraphValue> inputs, int64_t dim) { return concatAs(Primitive::Concat, inputs, dim); }
  GraphValue slice(GraphValue input, int64_t dim, int64_t offset, int64_t size);
  GraphValue reduceMean(GraphValue input, int64_t dim) { return reduce(Primitive::ReduceMean, input, dim); }
  GraphValue reduceMax(GraphValue input, int64_t dim) { return reduce(Primitive::ReduceMax, input, dim); }
  GraphValue rotary(GraphValue input, GraphValue table, bool isInterleaved);

  // Which of a value's tokens are the patches of an image: H x W of them in row-major order, perhaps with others in
  // front and behind. Known from the patch embedding on, as long as no token is lost.
  void setGrid(GraphValue tokens, const Grid &grid) { grids[*tokens.operation] = grid; }
  /// The result of a node has the grid of its inputs, if it has as many tokens.
  void inheritGrid(GraphValue result, llvm::ArrayRef<GraphValue> inputs);
  /// The attribute `grid` of the node, or what is known; reports at `grid` if there is none, or too few tokens for it.
  std::optional<Grid> gridOf(GraphValue tokens);

private:
  const AttributeValue &attribute(llvm::StringRef name) const { return current->attributes.at(name.str()); }
  GraphValue broadcasting(Primitive kind, GraphValue lhs, GraphValue rhs);
  GraphValue reduce(Primitive kind, GraphValue input, int64_t dim);
  GraphValue reshapeAs(Primitive kind, GraphValue input, const Shape &shape);
  GraphValue sliceAs(Primitive kind, GraphValue input, int64_t dim, int64_t offset, int64_t size);
  GraphValue concatAs(Primitive kind, llvm::ArrayRef<GraphValue> inputs, int64_t dim);
  GraphValue transposeAs(Primitive kind, GraphValue input, const std::vector<int64_t> &permutation);
  /// Appends an operation, unless there was an error or its result is too large.
  GraphValue append(GraphOperation operation, llvm::ArrayRef<GraphValue> operands);

  PrimitiveGraph &graph;
  InputErrors &errors;
  const Node *current = nullptr;
  std::string part;
  std::map<size_t, Grid> grids;
  /// Tensor name to its place in graph.weights.
  std::map<std::string, size_t> weights;
  /// Elements of all of them.
  int64_t weightElements = 0;
};

} // namespace vitc

#endif // VITC_LIB_DESCRIPTION_GRAPHBUILDER_H
