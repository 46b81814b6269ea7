//===- VitBuilder.h - builds the ops of a node ------------------*- C++ -*-===//

#ifndef VITC_LIB_IMPORTER_VITBUILDER_H
#define VITC_LIB_IMPORTER_VITBUILDER_H

#include "vitc/Description/ModelDescription.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"
#include "vitc/Support/InputErrors.h"
#include "vitc/Weights/WeightRequirement.h"
#include "llvm/ADT/StringMap.h"

#include <optional>

namespace vitc {

/// Height and width in patches.
using Grid = std::vector<int64_t>;

/// Appends ops of the vit dialect to a function, node by node. Ops infer the types of their results and say what does
/// not fit; NodeDiagnostics reports it where the node was described.
///
/// After an error values are null: every method takes them and gives a null value again, so that callers need no
/// checks; the error is in InputErrors, and what was built is of no use.
class VitBuilder {
public:
  /// Builds where `builder` is. `weights` gets each tensor once, in order of first use.
  VitBuilder(mlir::OpBuilder builder, MapLayout mapLayout, InputErrors &errors, std::vector<WeightRequirement> &weights)
      : builder(builder), location(builder.getUnknownLoc()), mapLayout(mapLayout), errors(errors), weights(weights) {}

  /// Starts a node: locations, attributes and parameters are its own from now on.
  void enter(const Node &node);
  const Node &node() const { return *current; }
  /// The part of the node that the next ops belong to ("attention/query"); empty for the node itself.
  VitBuilder &at(const std::string &part);

  bool failed() const { return errors.any(); }
  /// Reports at an attribute of the node, or at the node itself for an empty key; gives a null value.
  mlir::Value fail(llvm::StringRef key, const llvm::Twine &message);

  Shape shapeOf(mlir::Value value) const;
  size_t rankOf(mlir::Value value) const { return shapeOf(value).size(); }
  /// Size of a dimension; 1 after an error or if there is no such dimension.
  int64_t dimOf(mlir::Value value, size_t dim) const;
  int64_t lastDimOf(mlir::Value value) const;
  /// Reports unless the value has this rank.
  bool expectRank(mlir::Value value, size_t rank, llvm::StringRef what);

  // Maps, which the ops of vit have channels last, and the description as its layout says.
  /// A map of the description, channels last; reports unless it has rank 3.
  mlir::Value mapOf(mlir::Value value);
  /// A map whose channels are last as one of the description.
  mlir::Value giveMap(mlir::Value map);
  /// Height and width of a map of the description; reports unless it has rank 3.
  std::optional<std::vector<int64_t>> sizeOfMap(mlir::Value value);

  // Attributes of the node.
  int64_t integer(llvm::StringRef name) const { return std::get<int64_t>(attribute(name)); }
  double real(llvm::StringRef name) const { return std::get<double>(attribute(name)); }
  bool flag(llvm::StringRef name) const { return std::get<bool>(attribute(name)); }
  const std::string &text(llvm::StringRef name) const { return std::get<std::string>(attribute(name)); }
  const std::vector<int64_t> &list(llvm::StringRef name) const {
    return std::get<std::vector<int64_t>>(attribute(name));
  }
  /// A dimension of `value`: one that is counted from the end from the beginning, others as they are.
  int64_t dimension(mlir::Value value) const { return countedFromFront(value, integer("dim")); }
  /// The same of one or several dimensions.
  std::vector<int64_t> dimensions(mlir::Value value) const;
  bool hasAttribute(llvm::StringRef name) const { return current->attributes.count(name.str()) != 0; }
  bool hasParameter(const std::string &role) const { return current->parameters.count(role) != 0; }

  // Weights.
  /// The tensor of a parameter of the node. With `leadingOnes` it has a further dimension of 1 in front in the file,
  /// more or fewer are accepted, and the value has `shape` all the same.
  mlir::Value weight(const std::string &parameter, const Shape &shape, WeightRole role, bool leadingOnes = false);
  mlir::Value weightFill(double value, const Shape &shape);
  /// Filters with mean 0 and variance 1.
  mlir::Value weightStandardize(mlir::Value input, double epsilon);
  mlir::Value weightReshape(mlir::Value input, const Shape &shape);
  mlir::Value weightSlice(mlir::Value input, int64_t dim, int64_t offset, int64_t size);
  mlir::Value weightTranspose(mlir::Value input, llvm::ArrayRef<int64_t> permutation);
  mlir::Value weightConcat(llvm::ArrayRef<mlir::Value> inputs, int64_t dim);
  /// A table over the grid `from` at the grid `to`, between rows that are kept; adds no op if they are the same.
  mlir::Value weightResample(mlir::Value table, const std::string &kind, const Grid &from, const Grid &to,
                             int64_t leading, int64_t trailing);
  /// Filters for patches of the size `to`.
  mlir::Value weightResampleKernel(mlir::Value filters, const std::string &kind, const std::vector<int64_t> &to);
  mlir::Value weightRelativePositionBias(mlir::Value table, const Grid &window, bool hasClassToken);
  /// What keeps pixels of shifted windows apart: windows x 1 x pixels x pixels.
  mlir::Value weightWindowMask(vit::WindowsAttr windows, double value);
  mlir::Value weightContinuousPositions(mlir::Value first, mlir::Value bias, mlir::Value second, const Grid &window,
                                        const Grid &trained);
  mlir::Value weightReverse(mlir::Value input, int64_t dim);
  /// e^min(input, most).
  mlir::Value weightExp(mlir::Value input, double most);
  /// 2 x positions x angles, for a grid of one or two axes.
  mlir::Value weightSinusoids(const std::vector<int64_t> &grid, const std::vector<double> &origin,
                              const std::vector<double> &step, double theta, bool lastAxisFirst, int64_t angles);

  // Activations, as the ops of the vit dialect of the same names. Biases, and both of a norm's weights, may be null.
  /// The op that has the name of the node's, with the node's attributes.
  mlir::Value sameOp(llvm::ArrayRef<mlir::Value> inputs);
  mlir::Value pool2d(mlir::Value input, llvm::ArrayRef<int64_t> padding);
  mlir::Value resize2d(mlir::Value input, llvm::StringRef kind, llvm::ArrayRef<int64_t> size);
  mlir::Value batchNorm(mlir::Value input, mlir::Value mean, mlir::Value variance, mlir::Value weight, mlir::Value bias,
                        double epsilon);
  mlir::Value conv2d(mlir::Value input, mlir::Value weight, mlir::Value bias, llvm::ArrayRef<int64_t> stride,
                     llvm::ArrayRef<int64_t> padding, llvm::ArrayRef<int64_t> dilation, int64_t groups);
  mlir::Value linear(mlir::Value input, mlir::Value weight, mlir::Value bias);
  mlir::Value matmul(mlir::Value lhs, mlir::Value rhs, bool transposeRhs);
  mlir::Value layerNorm(mlir::Value input, mlir::Value weight, mlir::Value bias, double epsilon, bool rms);
  mlir::Value softmax(mlir::Value input) { return create<vit::SoftmaxOp>(input); }
  /// "none" adds no op.
  mlir::Value activation(mlir::Value input, const std::string &kind);
  mlir::Value add(mlir::Value lhs, mlir::Value rhs) { return create<vit::AddOp>(lhs, rhs); }
  mlir::Value mul(mlir::Value lhs, mlir::Value rhs) { return create<vit::MulOp>(lhs, rhs); }
  mlir::Value div(mlir::Value lhs, mlir::Value rhs) { return create<vit::DivOp>(lhs, rhs); }
  mlir::Value scale(mlir::Value input, double factor);
  /// Adds no op if the shape is the same.
  mlir::Value reshape(mlir::Value input, const Shape &shape);
  mlir::Value transpose(mlir::Value input, llvm::ArrayRef<int64_t> permutation);
  /// Adds no op if the type is the same.
  mlir::Value cast(mlir::Value input, DType dtype);
  mlir::Value concat(llvm::ArrayRef<mlir::Value> inputs, int64_t dim);
  /// Zeros around a value; adds no op if there are none.
  mlir::Value pad(mlir::Value input, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high);
  mlir::Value unfold2d(mlir::Value input, llvm::ArrayRef<int64_t> window, llvm::ArrayRef<int64_t> stride,
                       llvm::ArrayRef<int64_t> dilation);
  mlir::Value gather(mlir::Value input, mlir::Value indices, int64_t dim);
  mlir::Value slice(mlir::Value input, int64_t dim, int64_t offset, int64_t size);
  mlir::Value reduceMean(mlir::Value input, int64_t dim);
  mlir::Value reduceMax(mlir::Value input, int64_t dim);
  mlir::Value reduceNorm(mlir::Value input, int64_t dim);
  /// The windows of a map of this size; null after an error.
  vit::WindowsAttr windows(const Grid &map, const Grid &window, const std::vector<int64_t> &shift);
  mlir::Value windowPartition(mlir::Value map, vit::WindowsAttr windows) {
    return create<vit::WindowPartitionOp>(map, windows);
  }
  mlir::Value windowMerge(mlir::Value sequences, vit::WindowsAttr windows) {
    return create<vit::WindowMergeOp>(sequences, windows);
  }
  mlir::Value decomposedPositions(mlir::Value query, mlir::Value rows, mlir::Value columns, const Grid &grid);
  mlir::Value rotary(mlir::Value input, mlir::Value table, bool isInterleaved);

  // Which of a value's tokens are the patches of an image: H x W of them in row-major order, perhaps with others in
  // front and behind. Known from the patch embedding on, as long as no token is lost.
  void setGrid(mlir::Value tokens, const Grid &grid) { grids[tokens] = grid; }
  /// The result of a node has the grid of its inputs, if it has as many tokens.
  void inheritGrid(mlir::Value result, llvm::ArrayRef<mlir::Value> inputs);
  /// The attribute `grid` of the node, or what is known; reports at `grid` if there is none, or too few tokens for it.
  std::optional<Grid> gridOf(mlir::Value tokens);

private:
  bool expectMap(mlir::Value value);
  int64_t countedFromFront(mlir::Value value, int64_t dim) const {
    int64_t fromEnd = dim + int64_t(rankOf(value));
    return dim < 0 && fromEnd >= 0 ? fromEnd : dim;
  }
  const AttributeValue &attribute(llvm::StringRef name) const { return current->attributes.at(name.str()); }
  mlir::RankedTensorType typeOf(llvm::ArrayRef<int64_t> shape);
  mlir::UnitAttr unit(bool isSet) { return isSet ? builder.getUnitAttr() : mlir::UnitAttr(); }
  mlir::IntegerAttr number(int64_t value) { return builder.getI64IntegerAttr(value); }
  mlir::FloatAttr number(double value) { return builder.getF64FloatAttr(value); }

  /// Appends an op of this type, or of one that it infers if `type` is none.
  template <typename Op, typename... Args> mlir::Value createAs(mlir::Type type, Args &&...args) {
    if (failed())
      return {};
    mlir::OperationState state(location, Op::getOperationName());
    Op::build(builder, state, type, std::forward<Args>(args)...);
    return insert(state);
  }
  template <typename Op, typename... Args> mlir::Value create(Args &&...args) {
    return createAs<Op>(builder.getNoneType(), std::forward<Args>(args)...);
  }
  /// Appends an op with one result, whose type it infers unless it is given; what does not fit is reported.
  mlir::Value insert(const mlir::OperationState &state);

  mlir::OpBuilder builder;
  mlir::Location location;
  const MapLayout mapLayout;
  InputErrors &errors;
  const Node *current = nullptr;
  llvm::DenseMap<mlir::Value, Grid> grids;
  /// The same where patches are columns: channels first, before the dimensions are swapped.
  llvm::DenseMap<mlir::Value, Grid> gridsOfColumns;
  std::vector<WeightRequirement> &weights;
  /// A tensor's place in `weights`, and its value.
  struct KnownTensor {
    size_t index = 0;
    mlir::Value value;
  };
  llvm::StringMap<KnownTensor> tensors;
  /// Elements of all weights.
  int64_t weightElements = 0;
};

} // namespace vitc

#endif // VITC_LIB_IMPORTER_VITBUILDER_H
