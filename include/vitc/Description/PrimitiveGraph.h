//===- PrimitiveGraph.h - a description in primitive operations -*- C++ -*-===//
//
// Block ops are expanded and all shapes are known here, still without MLIR: what the importer translates one to one,
// and where the tensors that a model needs are listed.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DESCRIPTION_PRIMITIVEGRAPH_H
#define VITC_DESCRIPTION_PRIMITIVEGRAPH_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/Weights/WeightRequirement.h"
#include "vitc/Weights/WeightSource.h"

#include <optional>

namespace vitc {

/// Sizes of the dimensions of a tensor of one image (there is no batch dimension).
using Shape = std::vector<int64_t>;

/// The kinds of operation, named and defined as the ops of the vit dialect (`Input` is an argument of the function).
enum class Primitive {
  Input,
  Weight,
  WeightFill,
  WeightReshape,
  WeightSlice,
  WeightConcat,
  WeightResample,
  WeightRelativePositionBias,
  WeightSinusoids,
  WeightTranspose,
  Rotary,
  Conv2d,
  Linear,
  Matmul,
  LayerNorm,
  Softmax,
  Activation,
  Add,
  Mul,
  Scale,
  Reshape,
  Transpose,
  Concat,
  Slice,
  ReduceMean,
  ReduceMax
};

/// One operation. Its result is known by its index in the graph.
struct GraphOperation {
  Primitive kind = Primitive::Input;
  /// The node of the description and the part of it ("encoder.layer.3/attention/query").
  std::string location;
  /// Indices of earlier operations; an optional operand is left out.
  std::vector<size_t> operands;
  /// Shape of the result.
  Shape shape;

  /// Name of the input (Input), tensor of the weights file (Weight), function (Activation), kind (WeightResample).
  std::string text;
  /// Epsilon (LayerNorm), factor (Scale), value (WeightFill), theta (WeightSinusoids).
  double number = 0;
  /// Dimension (Concat, ReduceMean, ReduceMax, Slice, WeightSlice, WeightConcat).
  int64_t dim = 0;
  /// Where the slice starts; its size is in the shape.
  int64_t offset = 0;
  /// Matmul: the last two dimensions of the second operand are swapped.
  bool transposeRhs = false;
  /// LayerNorm: the mean is left alone.
  bool rms = false;
  /// Transpose, WeightTranspose.
  std::vector<int64_t> permutation;
  /// Conv2d, as in the dialect.
  std::vector<int64_t> stride, padding, dilation;
  int64_t groups = 1;
  /// Grid of the result (WeightResample), of the tokens (WeightRelativePositionBias, WeightSinusoids).
  std::vector<int64_t> grid;
  /// WeightResample: grid of the operand, and rows that are kept at both ends.
  std::vector<int64_t> fromGrid;
  int64_t leading = 0, trailing = 0;
  /// WeightSinusoids.
  std::vector<double> origin, step;
  /// There is a class token (WeightRelativePositionBias), the last axis comes first (WeightSinusoids), pairs are
  /// interleaved (Rotary).
  bool flag = false;
};

/// What became of a node of the description.
struct ExpandedNode {
  /// The operation whose result is the node's value; an earlier node's if this one computes nothing.
  size_t result;
  /// The operations that it was expanded into: from `begin` to before `end`.
  size_t begin, end;
};

struct PrimitiveGraph {
  /// In topological order; the inputs of the model come first.
  std::vector<GraphOperation> operations;
  /// One for each node of the description, in its order.
  std::vector<ExpandedNode> nodes;
  /// For each output of the model, the operation whose result it is.
  std::vector<size_t> outputs;
  /// Each tensor once, in order of first use.
  std::vector<WeightRequirement> weights;
};

/// Expands a valid description. Errors give the JSON pointer: shapes that do not fit, sizes that do not divide, a
/// tensor used in two shapes, tensors of more than 2^40 elements, more than 2^36 weights together, labels that do not
/// match the first output.
llvm::Expected<PrimitiveGraph> expandBlocks(const ModelDescription &description);

/// Checks that `weights` has every tensor that the graph needs, of floating point and of the right shape, and no other
/// but those that `ignored` matches (`*` stands for any characters). Gives the graph's weights the shapes of the file.
/// Errors name the file and the tensor.
llvm::Error bindWeights(PrimitiveGraph &graph, const WeightSource &weights, llvm::ArrayRef<std::string> ignored);

/// Number of elements, or nothing if it is more than 2^40.
std::optional<int64_t> countElements(llvm::ArrayRef<int64_t> shape);

} // namespace vitc

#endif // VITC_DESCRIPTION_PRIMITIVEGRAPH_H
