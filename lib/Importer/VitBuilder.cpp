//===- VitBuilder.cpp - builds the ops of a node ----------------*- C++ -*-===//

#include "VitBuilder.h"

#include "mlir/IR/Verifier.h"
#include "vitc/Support/Json.h"

using namespace mlir;
using namespace vitc;

void VitBuilder::enter(const Node &node) {
  current = &node;
  errors.enterNode(node.name);
  at("");
}

VitBuilder &VitBuilder::at(const std::string &part) {
  location = NameLoc::get(builder.getStringAttr(part.empty() ? current->name : current->name + "/" + part));
  return *this;
}

Value VitBuilder::fail(llvm::StringRef key, const llvm::Twine &message) {
  errors.report(key.empty() ? current->where : jsonPointer(current->where, key), message);
  return {};
}

Shape VitBuilder::shapeOf(Value value) const { return value ? Shape(vit::getShape(value)) : Shape(); }

int64_t VitBuilder::dimOf(Value value, size_t dim) const {
  Shape shape = shapeOf(value);
  return dim < shape.size() ? shape[dim] : 1;
}

int64_t VitBuilder::lastDimOf(Value value) const {
  Shape shape = shapeOf(value);
  return shape.empty() ? 1 : shape.back();
}

bool VitBuilder::expectRank(Value value, size_t rank, llvm::StringRef what) {
  if (failed())
    return false;
  if (rankOf(value) == rank)
    return true;
  fail("inputs", "expected " + what + ", the input has shape " + shapeText(shapeOf(value)));
  return false;
}

static constexpr int64_t kToChannelsLast[] = {1, 2, 0}, kToChannelsFirst[] = {2, 0, 1};

bool VitBuilder::expectMap(Value value) {
  return expectRank(value, 3,
                    mapLayout == MapLayout::ChannelsLast ? "a map (height x width x channels)"
                                                         : "a map (channels x height x width)");
}

Value VitBuilder::mapOf(Value value) {
  if (!expectMap(value))
    return {};
  if (mapLayout == MapLayout::ChannelsLast)
    return value;
  auto given = value.getDefiningOp<vit::TransposeOp>();
  if (given && given.getPermutation() == llvm::ArrayRef(kToChannelsFirst))
    return given.getInput();
  return transpose(value, kToChannelsLast);
}

Value VitBuilder::giveMap(Value map) {
  return mapLayout == MapLayout::ChannelsLast ? map : transpose(map, kToChannelsFirst);
}

std::optional<std::vector<int64_t>> VitBuilder::sizeOfMap(Value value) {
  if (!expectMap(value))
    return std::nullopt;
  size_t first = mapLayout == MapLayout::ChannelsLast ? 0 : 1;
  return std::vector<int64_t>{dimOf(value, first), dimOf(value, first + 1)};
}

std::vector<int64_t> VitBuilder::dimensions(Value value) const {
  const AttributeValue &given = attribute("dim");
  if (const auto *one = std::get_if<int64_t>(&given))
    return {countedFromFront(value, *one)};
  std::vector<int64_t> dims;
  for (int64_t dim : std::get<std::vector<int64_t>>(given))
    dims.push_back(countedFromFront(value, dim));
  return dims;
}

RankedTensorType VitBuilder::typeOf(llvm::ArrayRef<int64_t> shape) {
  return RankedTensorType::get(shape, builder.getF32Type());
}

/// Gives an op the type that it infers for its result.
static LogicalResult inferType(Operation *op, InferTypeOpInterface interface) {
  llvm::SmallVector<Type, 1> types;
  if (failed(interface.inferReturnTypes(op->getContext(), op->getLoc(), op->getOperands(), op->getRawDictionaryAttrs(),
                                        op->getPropertiesStorage(), op->getRegions(), types)))
    return failure();
  op->getResult(0).setType(types.front());
  return success();
}

Value VitBuilder::insert(const OperationState &state) {
  auto isTooLarge = [&](Type type) {
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (!tensor || countElements(tensor.getShape()))
      return false;
    fail("", "a tensor of shape " + shapeText(tensor.getShape()) + " is too large");
    return true;
  };
  // Before elements are counted.
  if (isTooLarge(state.types.front()))
    return {};
  Operation *op = builder.create(state);
  auto inferring = dyn_cast<InferTypeOpInterface>(op);
  if (mlir::failed(inferring ? inferType(op, inferring) : verify(op)))
    // What the op has reported comes first.
    return fail("", "op '" + op->getName().getStringRef() + "' is not valid here");
  Value result = op->getResult(0);
  if (isTooLarge(result.getType()))
    return {};
  // These hand on the tokens of their first operand, one by one.
  if (isa<vit::LinearOp, vit::LayerNormOp>(op) || op->hasTrait<vit::Elementwise>())
    inheritGrid(result, op->getOperand(0));
  return result;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

Value VitBuilder::weight(const std::string &parameter, const Shape &shape, WeightRole role, bool leadingOnes) {
  if (failed())
    return {};
  const std::string &tensor = current->parameters.at(parameter);
  Shape fileShape = shape;
  if (leadingOnes)
    fileShape.insert(fileShape.begin(), 1);
  auto [known, isNew] = tensors.try_emplace(tensor, KnownTensor{weights.size(), Value()});
  if (isNew) {
    known->second.value = createAs<vit::WeightOp>(typeOf(fileShape), builder.getStringAttr(tensor));
    if (failed())
      return {};
    // More than any model has, and little enough that every size and offset fits 64 bits many times over.
    constexpr int64_t maximum = int64_t(1) << 36;
    weightElements += *countElements(fileShape);
    if (weightElements > maximum)
      return fail("", "from here on the model has more than " + llvm::Twine(maximum) + " weights");
    weights.push_back({tensor, fileShape, role, leadingOnes, current->name});
  }
  const WeightRequirement &requirement = weights[known->second.index];
  if (requirement.shape != fileShape)
    return fail("parameters", "tensor " + tensor + " would have shape " + shapeText(fileShape) + " here and " +
                                  shapeText(requirement.shape) + " in node '" + requirement.node + "'");
  return leadingOnes ? weightReshape(known->second.value, shape) : known->second.value;
}

Value VitBuilder::weightFill(double value, const Shape &shape) {
  return createAs<vit::WeightFillOp>(typeOf(shape), number(value));
}

Value VitBuilder::weightStandardize(Value input, double epsilon) {
  return create<vit::WeightStandardizeOp>(input, number(epsilon));
}

Value VitBuilder::weightReshape(Value input, const Shape &shape) {
  return createAs<vit::WeightReshapeOp>(typeOf(shape), input);
}

Value VitBuilder::weightSlice(Value input, int64_t dim, int64_t offset, int64_t size) {
  return create<vit::WeightSliceOp>(input, number(dim), number(offset), number(size));
}

Value VitBuilder::weightTranspose(Value input, llvm::ArrayRef<int64_t> permutation) {
  return create<vit::WeightTransposeOp>(input, builder.getDenseI64ArrayAttr(permutation));
}

Value VitBuilder::weightConcat(llvm::ArrayRef<Value> inputs, int64_t dim) {
  return create<vit::WeightConcatOp>(inputs, number(dim));
}

Value VitBuilder::weightResample(Value table, const std::string &kind, const Grid &from, const Grid &to,
                                 int64_t leading, int64_t trailing) {
  if (failed() || from == to)
    return table;
  return create<vit::WeightResampleOp>(
      table, vit::ResampleKindAttr::get(builder.getContext(), *vit::symbolizeResampleKind(kind)),
      builder.getDenseI64ArrayAttr(from), builder.getDenseI64ArrayAttr(to), number(leading), number(trailing));
}

Value VitBuilder::weightResampleKernel(Value filters, const std::string &kind, const std::vector<int64_t> &to) {
  if (failed())
    return {};
  return create<vit::WeightResampleKernelOp>(
      filters, vit::ResampleKindAttr::get(builder.getContext(), *vit::symbolizeResampleKind(kind)),
      builder.getDenseI64ArrayAttr(to));
}

Value VitBuilder::weightRelativePositionBias(Value table, const Grid &window, bool hasClassToken) {
  return create<vit::WeightRelativePositionBiasOp>(table, builder.getDenseI64ArrayAttr(window), unit(hasClassToken));
}

Value VitBuilder::weightWindowMask(vit::WindowsAttr windows, double value) {
  int64_t tokens = windows.getTokens();
  return createAs<vit::WeightWindowMaskOp>(typeOf({windows.getSequences(), 1, tokens, tokens}), windows, number(value),
                                           unit(false));
}

Value VitBuilder::weightContinuousPositions(Value first, Value bias, Value second, const Grid &window,
                                            const Grid &trained) {
  return create<vit::WeightContinuousPositionsOp>(first, bias, second, builder.getDenseI64ArrayAttr(window),
                                                  builder.getDenseI64ArrayAttr(trained));
}

Value VitBuilder::weightReverse(Value input, int64_t dim) { return create<vit::WeightReverseOp>(input, number(dim)); }

Value VitBuilder::weightExp(Value input, double most) { return create<vit::WeightExpOp>(input, number(most)); }

vit::WindowsAttr VitBuilder::windows(const Grid &map, const Grid &window, const std::vector<int64_t> &shift) {
  std::string message;
  ScopedDiagnosticHandler handler(builder.getContext(), [&](Diagnostic &diagnostic) {
    message = diagnostic.str();
    return success();
  });
  auto emitError = [&] { return mlir::emitError(location); };
  auto windows = vit::WindowsAttr::getChecked(emitError, builder.getContext(), llvm::ArrayRef(map),
                                              llvm::ArrayRef(window), llvm::ArrayRef(shift));
  if (!windows)
    fail("window", message);
  return windows;
}

Value VitBuilder::weightSinusoids(const std::vector<int64_t> &grid, const std::vector<double> &origin,
                                  const std::vector<double> &step, double theta, bool lastAxisFirst, int64_t angles) {
  int64_t positions = grid.size() == 2 ? grid[0] * grid[1] : grid[0];
  return createAs<vit::WeightSinusoidsOp>(typeOf({2, positions, angles}), builder.getDenseI64ArrayAttr(grid),
                                          builder.getDenseF64ArrayAttr(origin), builder.getDenseF64ArrayAttr(step),
                                          number(theta), unit(lastAxisFirst));
}

//===----------------------------------------------------------------------===//
// Activations
//===----------------------------------------------------------------------===//

Value VitBuilder::sameOp(llvm::ArrayRef<Value> inputs) {
  if (failed())
    return {};
  OperationState state(location, "vit." + current->op);
  state.addOperands(inputs);
  state.addTypes(builder.getNoneType());
  for (const auto &[name, value] : current->attributes) {
    Attribute attribute;
    if (const auto *isSet = std::get_if<bool>(&value))
      attribute = unit(*isSet);
    else if (const auto *integer = std::get_if<int64_t>(&value))
      attribute = number(*integer);
    else if (const auto *real = std::get_if<double>(&value))
      attribute = number(*real);
    else if (const auto *list = std::get_if<std::vector<int64_t>>(&value))
      attribute = builder.getDenseI64ArrayAttr(*list);
    else
      attribute = builder.getStringAttr(std::get<std::string>(value));
    if (attribute)
      state.addAttribute(name, attribute);
  }
  return insert(state);
}

Value VitBuilder::conv2d(Value input, Value weight, Value bias, llvm::ArrayRef<int64_t> stride,
                         llvm::ArrayRef<int64_t> padding, llvm::ArrayRef<int64_t> dilation, int64_t groups) {
  return create<vit::Conv2dOp>(input, weight, bias, builder.getDenseI64ArrayAttr(stride),
                               builder.getDenseI64ArrayAttr(padding), builder.getDenseI64ArrayAttr(dilation),
                               number(groups));
}

Value VitBuilder::pool2d(Value input, llvm::ArrayRef<int64_t> padding) {
  auto numbers = [&](llvm::StringRef name) { return builder.getDenseI64ArrayAttr(list(name)); };
  auto kind = vit::PoolKindAttr::get(builder.getContext(), *vit::symbolizePoolKind(text("kind")));
  return create<vit::Pool2dOp>(input, kind, numbers("window"), numbers("stride"), builder.getDenseI64ArrayAttr(padding),
                               numbers("dilation"), unit(flag("ceil_mode")), unit(flag("count_include_pad")));
}

Value VitBuilder::resize2d(Value input, llvm::StringRef kind, llvm::ArrayRef<int64_t> size) {
  auto attribute = vit::ResampleKindAttr::get(builder.getContext(), *vit::symbolizeResampleKind(kind));
  return create<vit::Resize2dOp>(input, attribute, builder.getDenseI64ArrayAttr(size));
}

Value VitBuilder::batchNorm(Value input, Value mean, Value variance, Value weight, Value bias, double epsilon) {
  return create<vit::BatchNormOp>(input, mean, variance, weight, bias, number(epsilon));
}

Value VitBuilder::linear(Value input, Value weight, Value bias) { return create<vit::LinearOp>(input, weight, bias); }

Value VitBuilder::matmul(Value lhs, Value rhs, bool transposeRhs) {
  return create<vit::MatmulOp>(lhs, rhs, unit(transposeRhs));
}

Value VitBuilder::layerNorm(Value input, Value weight, Value bias, double epsilon, bool rms) {
  return create<vit::LayerNormOp>(input, weight, bias, number(epsilon), unit(rms));
}

Value VitBuilder::activation(Value input, const std::string &kind) {
  if (kind == "none")
    return input;
  return create<vit::ActivationOp>(
      input, vit::ActivationKindAttr::get(builder.getContext(), *vit::symbolizeActivationKind(kind)));
}

Value VitBuilder::scale(Value input, double factor) { return create<vit::ScaleOp>(input, number(factor)); }

Value VitBuilder::reshape(Value input, const Shape &shape) {
  if (failed() || shapeOf(input) == shape)
    return input;
  Type element = mlir::cast<RankedTensorType>(input.getType()).getElementType();
  return createAs<vit::ReshapeOp>(RankedTensorType::get(shape, element), input);
}

Value VitBuilder::cast(Value input, DType dtype) {
  if (failed())
    return {};
  auto from = mlir::cast<RankedTensorType>(input.getType());
  auto to = RankedTensorType::get(from.getShape(), vit::getElementType(builder.getContext(), dtype));
  return from == to ? input : createAs<vit::CastOp>(to, input);
}

Value VitBuilder::transpose(Value input, llvm::ArrayRef<int64_t> permutation) {
  return create<vit::TransposeOp>(input, builder.getDenseI64ArrayAttr(permutation));
}

Value VitBuilder::concat(llvm::ArrayRef<Value> inputs, int64_t dim) {
  return create<vit::ConcatOp>(inputs, number(dim));
}

Value VitBuilder::pad(Value input, llvm::ArrayRef<int64_t> low, llvm::ArrayRef<int64_t> high) {
  auto isZero = [](int64_t count) { return count == 0; };
  if (llvm::all_of(low, isZero) && llvm::all_of(high, isZero))
    return input;
  return create<vit::PadOp>(input, builder.getDenseI64ArrayAttr(low), builder.getDenseI64ArrayAttr(high), number(0.0));
}

Value VitBuilder::unfold2d(Value input, llvm::ArrayRef<int64_t> window, llvm::ArrayRef<int64_t> stride,
                           llvm::ArrayRef<int64_t> dilation) {
  return create<vit::Unfold2dOp>(input, builder.getDenseI64ArrayAttr(window), builder.getDenseI64ArrayAttr(stride),
                                 builder.getDenseI64ArrayAttr(dilation));
}

Value VitBuilder::gather(Value input, Value indices, int64_t dim) {
  return create<vit::GatherOp>(input, indices, number(dim));
}

Value VitBuilder::slice(Value input, int64_t dim, int64_t offset, int64_t size) {
  return create<vit::SliceOp>(input, number(dim), number(offset), number(size));
}

Value VitBuilder::reduceMean(Value input, int64_t dim) { return create<vit::ReduceMeanOp>(input, number(dim)); }
Value VitBuilder::reduceNorm(Value input, int64_t dim) { return create<vit::ReduceNormOp>(input, number(dim)); }
Value VitBuilder::reduceMax(Value input, int64_t dim) { return create<vit::ReduceMaxOp>(input, number(dim)); }

Value VitBuilder::decomposedPositions(Value query, Value rows, Value columns, const Grid &grid) {
  return create<vit::DecomposedPositionsOp>(query, rows, columns, builder.getDenseI64ArrayAttr(grid));
}

Value VitBuilder::rotary(Value input, Value table, bool isInterleaved) {
  return create<vit::RotaryOp>(input, table, unit(isInterleaved));
}

//===----------------------------------------------------------------------===//
// Grids of patches
//===----------------------------------------------------------------------===//

void VitBuilder::inheritGrid(Value result, llvm::ArrayRef<Value> inputs) {
  if (failed() || grids.contains(result) || rankOf(result) != 2)
    return;
  for (Value input : inputs) {
    Shape shape = shapeOf(input);
    std::optional<Grid> grid;
    if (mapLayout == MapLayout::ChannelsFirst && shape.size() == 3) {
      if (dimOf(result, 0) == shape[0] && dimOf(result, 1) == shape[1] * shape[2])
        gridsOfColumns[result] = {shape[1], shape[2]};
      continue;
    }
    if (auto known = grids.find(input); known != grids.end())
      grid = known->second;
    else if (auto swapped = gridsOfColumns.find(input); swapped != gridsOfColumns.end()) {
      if (dimOf(result, 0) == shape[1] && dimOf(result, 1) == shape[0])
        grid = swapped->second;
    } else if (shape.size() == 3 && dimOf(result, 0) == shape[0] * shape[1] && dimOf(result, 1) == shape[2])
      grid = Grid{shape[0], shape[1]};
    if (grid && dimOf(result, 0) >= (*grid)[0] * (*grid)[1])
      return setGrid(result, *grid);
  }
}

std::optional<Grid> VitBuilder::gridOf(Value tokens) {
  if (failed())
    return std::nullopt;
  auto known = grids.find(tokens);
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
