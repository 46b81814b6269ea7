//===- ColdOps.cpp - ops without a schedule of their own ----------------------===//
//
// Elementwise ops and movement become `kernel.map`s: a new one is a line here. What combines elements has steps of its
// own. All are split into tasks and run on vectors.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace vitc;
using kernel::kColumnStep;
using kernel::kPanelWidth;
using kernel::roundUp;

/// Elements that are worth a task: some microseconds, where handing one out takes a tenth of one.
static constexpr int64_t kTaskElements = 8192;

using ElementBuilder = ImplicitLocOpBuilder;

static ArrayRef<int64_t> bufferShape(Value buffer) { return cast<MemRefType>(buffer.getType()).getShape(); }

/// Rows of a task of a step that works row by row.
static int64_t rowsPerTask(int64_t elementsOfRow) { return std::max<int64_t>(kTaskElements / elementsOfRow, 1); }

//===----------------------------------------------------------------------===//
// Loop nests
//===----------------------------------------------------------------------===//

namespace {
/// The rows of a buffer as those of one matrix; its rows lie `stride` elements apart.
struct RowMatrix {
  explicit RowMatrix(Value buffer) {
    auto type = cast<MemRefType>(buffer.getType());
    if (type.getRank() > 0)
      columns = stride = type.getShape().back();
    if (type.getRank() > 1)
      stride = kernel::getStride(type, type.getRank() - 2);
    rows = type.getNumElements() / columns;
  }
  bool isContiguous() const { return rows == 1 || stride == columns; }

  int64_t rows, columns = 1, stride = 1;
};
} // namespace

/// The access of a loop nest over a buffer's own shape.
static Lowering::Access accessOf(Value buffer) {
  auto type = cast<MemRefType>(buffer.getType());
  Lowering::Access access;
  for (int64_t dim = 0; dim < type.getRank(); ++dim)
    access.strides.push_back(kernel::getStride(type, dim));
  return access;
}

/// The access of a loop nest over `shape`, to which the buffer broadcasts as NumPy does.
static Lowering::Access broadcastAccess(Value buffer, ArrayRef<int64_t> shape) {
  // Dimensions of the buffer beyond those of `shape` have size one (a number that is stored as a vector).
  Lowering::Access own = accessOf(buffer), access;
  ArrayRef<int64_t> from = bufferShape(buffer);
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    size_t missing = shape.size() - dim;
    bool isRepeated = missing > from.size() || from[from.size() - missing] != shape[dim];
    access.strides.push_back(isRepeated ? 0 : own.strides[from.size() - missing]);
  }
  return access;
}

/// Drops dimensions of size one, and merges neighbours that lie behind each other in all operands.
static void mergeDimensions(SmallVector<int64_t> &shape, MutableArrayRef<Lowering::Access> accesses) {
  SmallVector<int64_t> merged;
  SmallVector<SmallVector<int64_t>> strides(accesses.size());
  for (auto [dim, size] : llvm::enumerate(shape)) {
    if (size == 1)
      continue;
    bool continues = !merged.empty();
    for (size_t i = 0; continues && i < accesses.size(); ++i)
      continues = strides[i].back() == accesses[i].strides[dim] * size;
    if (continues)
      merged.back() *= size;
    else
      merged.push_back(size);
    for (size_t i = 0; i < accesses.size(); ++i) {
      if (continues)
        strides[i].pop_back();
      strides[i].push_back(accesses[i].strides[dim]);
    }
  }
  if (merged.empty())
    merged = {1};
  shape = merged;
  for (auto [access, own] : llvm::zip_equal(accesses, strides)) {
    access.strides = own;
    access.strides.resize(shape.size(), 1);
  }
}

/// Puts the dimension along which the only input is contiguous before the last one, if it is not the last.
static void orderDimensions(SmallVector<int64_t> &shape, MutableArrayRef<Lowering::Access> accesses) {
  if (accesses.size() != 2 || accesses[0].strides.back() <= 1)
    return;
  auto *found = llvm::find(accesses[0].strides, 1);
  if (found == accesses[0].strides.end())
    return;
  size_t dim = found - accesses[0].strides.begin();
  auto moveDimension = [&](SmallVector<int64_t> &numbers) {
    std::rotate(numbers.begin() + dim, numbers.begin() + dim + 1, numbers.end() - 1);
  };
  moveDimension(shape);
  for (Lowering::Access &access : accesses)
    moveDimension(access.strides);
}

/// The box of points that a task computes: whole dimensions from the last one on, as far as that goes.
static SmallVector<int64_t> chooseTile(ArrayRef<int64_t> shape, bool isTransposed) {
  SmallVector<int64_t> tile(shape.size(), 1);
  int64_t rest = kTaskElements;
  for (size_t dim = shape.size(); dim-- > 0;) {
    // Both sides of a transpose stay in the first cache.
    bool isSquare = isTransposed && dim + 2 >= shape.size();
    tile[dim] = std::min(shape[dim], isSquare ? kColumnStep : std::max<int64_t>(rest, 1));
    rest /= tile[dim];
  }
  return tile;
}

void Lowering::addMap(Location loc, StringRef kind, ArrayRef<int64_t> shape, ValueRange inputs, Value output,
                      ArrayRef<Access> accesses, MapBody body) {
  SmallVector<int64_t> sizes(shape);
  SmallVector<Access> chosen(accesses);
  mergeDimensions(sizes, chosen);
  orderDimensions(sizes, chosen);
  bool isTransposed = chosen.size() == 2 && chosen[0].strides.back() > 1;
  SmallVector<Attribute> attributes;
  for (const Access &access : chosen)
    attributes.push_back(kernel::AccessAttr::get(builder.getContext(), access.offset, access.strides));
  auto map = builder.create<kernel::MapOp>(loc, inputs, output, kind, sizes, chooseTile(sizes, isTransposed),
                                           builder.getArrayAttr(attributes));
  Block &block = map.getBody().emplaceBlock();
  for (Value input : inputs)
    block.addArgument(cast<MemRefType>(input.getType()).getElementType(), loc);
  ImplicitLocOpBuilder elements(loc, builder.getContext());
  elements.setInsertionPointToStart(&block);
  elements.create<kernel::YieldOp>(body ? body(elements, block.getArguments()) : block.getArgument(0));
}

void Lowering::addElementwise(Operation *op, MapBody body) {
  SmallVector<Value> inputs;
  for (Value operand : op->getOperands())
    inputs.push_back(coldOperand(operand));
  Value output = makeBuffer(op->getResult(0));
  SmallVector<Access> accesses;
  for (Value input : inputs)
    accesses.push_back(broadcastAccess(input, bufferShape(output)));
  accesses.push_back(accessOf(output));
  addMap(op->getLoc(), op->getName().stripDialect(), bufferShape(output), inputs, output, accesses, body);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

Value Lowering::coldOperand(Value value) {
  if (!isWeight(value) || !vit::getShape(value).empty())
    return bufferOf(value);
  return packRows(reshapeWeight(weights.lookupOrDefault(value), {1}), 1);
}

Value Lowering::packFilters(Value value) {
  Location loc = value.getLoc();
  ArrayRef<int64_t> shape = vit::getShape(value);
  int64_t columns = roundUp(shape[0], kPanelWidth);
  if (isWeight(value)) {
    Value weight = moduleWeights.create<vit::WeightTransposeOp>(loc, weights.lookupOrDefault(value),
                                                                builder.getDenseI64ArrayAttr({2, 3, 1, 0}));
    return packRows(weight, columns);
  }
  Value buffer = bufferOf(value);
  Value filters =
      makeTemporary(loc, cast<MemRefType>(buffer.getType()).getElementType(), {shape[2], shape[3], shape[1], columns});
  SmallVector<int64_t> own = accessOf(buffer).strides;
  addMap(loc, "transpose", {shape[2], shape[3], shape[1], shape[0]}, buffer, filters,
         {{0, {own[2], own[3], own[1], own[0]}}, accessOf(filters)});
  return filters;
}

Value Lowering::packColumns(Value value, bool isTransposed) {
  Value buffer = coldOperand(value);
  ArrayRef<int64_t> shape = bufferShape(buffer);
  RowMatrix matrix(buffer);
  int64_t rows = shape.drop_back().back(), depth = rows, columns = matrix.columns;
  int64_t ofDepth = matrix.stride, ofColumn = 1;
  if (isTransposed) {
    std::swap(depth, columns);
    std::swap(ofDepth, ofColumn);
  }
  int64_t matrices = matrix.rows / rows, panels = llvm::divideCeil(columns, kPanelWidth);
  Value packed = makeTemporary(value.getLoc(), cast<MemRefType>(buffer.getType()).getElementType(),
                               {matrices, panels, depth, kPanelWidth});
  // The last panel may be narrower; what lies behind its columns does not matter.
  auto addPanels = [&](int64_t first, int64_t count, int64_t width) {
    if (count > 0 && width > 0)
      addMap(value.getLoc(), "pack_columns", {matrices, count, depth, width}, buffer, packed,
             {{first * kPanelWidth * ofColumn, {rows * matrix.stride, kPanelWidth * ofColumn, ofDepth, ofColumn}},
              {first * depth * kPanelWidth, accessOf(packed).strides}});
  };
  int64_t whole = columns / kPanelWidth;
  addPanels(0, whole, kPanelWidth);
  addPanels(whole, 1, columns % kPanelWidth);
  return packed;
}

//===----------------------------------------------------------------------===//
// Movement
//===----------------------------------------------------------------------===//

void Lowering::lowerTranspose(vit::TransposeOp op) {
  Value input = coldOperand(op.getInput()), output = makeBuffer(op.getResult());
  // Dimension i of the result is dimension permutation[i] of the input.
  Access own = accessOf(input), from;
  for (int64_t dim : op.getPermutation())
    from.strides.push_back(own.strides[dim]);
  addMap(op.getLoc(), "transpose", bufferShape(output), input, output, {from, accessOf(output)});
}

void Lowering::lowerSlice(vit::SliceOp op) {
  Value input = coldOperand(op.getInput()), output = makeBuffer(op.getResult());
  Access from = accessOf(input);
  from.offset = int64_t(op.getOffset()) * from.strides[op.getDim()];
  addMap(op.getLoc(), "slice", bufferShape(output), input, output, {from, accessOf(output)});
}

void Lowering::lowerConcat(vit::ConcatOp op) {
  SmallVector<Value> inputs;
  for (Value operand : op.getOperands())
    inputs.push_back(coldOperand(operand));
  Value output = makeBuffer(op.getResult());
  Access to = accessOf(output);
  for (Value input : inputs) {
    addMap(op.getLoc(), "concat", bufferShape(input), input, output, {accessOf(input), to});
    to.offset += bufferShape(input)[op.getDim()] * to.strides[op.getDim()];
  }
}

void Lowering::lowerPad(vit::PadOp op) {
  Value input = coldOperand(op.getInput()), output = makeBuffer(op.getResult());
  ArrayRef<int64_t> shape = bufferShape(output), low = op.getLow(), high = op.getHigh();
  FloatAttr value = builder.getF32FloatAttr(float(op.getValue().convertToDouble()));
  // What is around the input, a side at a time: dimensions before the side's are as large as the input, those behind it
  // as the output.
  SmallVector<int64_t> box(shape);
  Access to = accessOf(output);
  for (size_t dim = 0; dim < shape.size(); ++dim) {
    for (auto [size, first] : {std::pair(low[dim], int64_t(0)), std::pair(high[dim], shape[dim] - high[dim])}) {
      if (size == 0)
        continue;
      box[dim] = size;
      addMap(op.getLoc(), "pad", box, {}, output, {{to.offset + first * to.strides[dim], to.strides}},
             [&](ElementBuilder &b, ValueRange) { return b.create<arith::ConstantOp>(value).getResult(); });
    }
    box[dim] = shape[dim] - low[dim] - high[dim];
    to.offset += low[dim] * to.strides[dim];
  }
  addMap(op.getLoc(), "pad", bufferShape(input), input, output, {accessOf(input), to});
}

void Lowering::lowerUnfold2d(vit::Unfold2dOp op) {
  Value input = coldOperand(op.getInput()), output = makeBuffer(op.getResult());
  ArrayRef<int64_t> own = accessOf(input).strides, stride = op.getStride(), dilation = op.getDilation();
  Access from = {0, {stride[0] * own[0], stride[1] * own[1], dilation[0] * own[0], dilation[1] * own[1], own[2]}};
  addMap(op.getLoc(), "unfold2d", bufferShape(output), input, output, {from, accessOf(output)});
}

/// What a message calls the indices that an op counts with in a dimension of `size`: elements of an input of the model,
/// if they are that but for type and shape.
static kernel::IndexCheckAttr checkOf(Value indices, int64_t size) {
  Value source = indices;
  while (isa_and_present<vit::CastOp, vit::ReshapeOp>(source.getDefiningOp()))
    source = source.getDefiningOp()->getOperand(0);
  StringRef name;
  if (auto argument = dyn_cast<BlockArgument>(source)) {
    auto function = cast<func::FuncOp>(argument.getOwner()->getParentOp());
    if (auto given = function.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "vit.name"))
      name = given;
  }
  return kernel::IndexCheckAttr::get(indices.getContext(), size, vit::getShape(name.empty() ? indices : source), name);
}

void Lowering::lowerGather(vit::GatherOp op) {
  Value input = coldOperand(op.getInput()), indices = coldOperand(op.getIndices());
  // Ends the run before an index beyond the dimension is used.
  Value found = makeTemporary(op.getLoc(), builder.getI64Type(), {2});
  builder.create<kernel::CheckIndicesOp>(op.getLoc(), indices, found,
                                         checkOf(op.getIndices(), vit::getShape(op.getInput())[op.getDim()]));
  Value output = makeBuffer(op.getResult());
  // Every row of the output is one of the input's, or all of them are elements.
  bool movesRows = op.getDim() + 1 < vit::getShape(op.getInput()).size();
  int64_t columns = movesRows ? bufferShape(output).back() : 1;
  builder.create<kernel::GatherOp>(op.getLoc(), input, indices, output, op.getDim(), rowsPerTask(columns));
}

void Lowering::addReshape(Location loc, Value input, Value output) {
  RowMatrix from(input), to(output);
  auto add = [&](ArrayRef<int64_t> shape, ArrayRef<int64_t> fromStrides, ArrayRef<int64_t> toStrides) {
    addMap(loc, "reshape", shape, input, output,
           {{0, SmallVector<int64_t>(fromStrides)}, {0, SmallVector<int64_t>(toStrides)}});
  };
  if (from.isContiguous())
    return add({to.rows, to.columns}, {to.columns, 1}, {to.stride, 1});
  if (to.isContiguous())
    return add({from.rows, from.columns}, {from.stride, 1}, {from.columns, 1});
  // Both have padded rows. One row may be several of the other's.
  if (int64_t parts = from.columns / to.columns; parts * to.columns == from.columns)
    return add({from.rows, parts, to.columns}, {from.stride, to.columns, 1}, {parts * to.stride, to.stride, 1});
  if (int64_t parts = to.columns / from.columns; parts * from.columns == to.columns)
    return add({to.rows, parts, from.columns}, {parts * from.stride, from.stride, 1}, {to.stride, from.columns, 1});
  auto type = cast<MemRefType>(input.getType());
  Value elements = makeTemporary(loc, type.getElementType(), {type.getNumElements()});
  addReshape(loc, input, elements);
  addReshape(loc, elements, output);
}

void Lowering::copyResult(Value value, Value destination) {
  Value source = coldOperand(value);
  if (source != destination)
    addMap(value.getLoc(), "copy", bufferShape(destination), source, destination,
           {broadcastAccess(source, bufferShape(destination)), accessOf(destination)});
}

//===----------------------------------------------------------------------===//
// Rows and products
//===----------------------------------------------------------------------===//

void Lowering::lowerReduction(Operation *op, kernel::Reduction reduction, int64_t dim) {
  Value input = coldOperand(op->getOperand(0)), output = makeBuffer(op->getResult(0));
  int64_t columns = std::min(bufferShape(output).back(), kColumnStep);
  builder.create<kernel::ReduceOp>(op->getLoc(), input, output, reduction, dim,
                                   rowsPerTask(bufferShape(input)[dim] * columns), columns);
}

void Lowering::lowerMatmul(Location loc, Value lhs, Value rhs, bool transposeRhs, Value bias, Value result) {
  Value left = coldOperand(lhs), right = packColumns(rhs, transposeRhs), addend = bias ? coldOperand(bias) : Value();
  builder.create<kernel::MatmulOp>(loc, left, right, addend, makeBuffer(result), kernel::ScheduleAttr());
}

void Lowering::lowerDecomposedPositions(vit::DecomposedPositionsOp op) {
  // Of each query the products with all rows and columns, of which those lie behind each other that keys in rows and
  // columns from 0 on meet.
  Value query = coldOperand(op.getQuery()), output = makeBuffer(op.getResult());
  Type element = cast<MemRefType>(query.getType()).getElementType();
  ArrayRef<int64_t> grid = op.getGrid();
  Access products[2];
  Value buffers[2];
  const Value tables[] = {op.getRows(), op.getColumns()};
  for (auto [axis, table] : llvm::enumerate(tables)) {
    SmallVector<int64_t> shape(bufferShape(query));
    shape.back() = vit::getShape(table)[0];
    buffers[axis] = makeTemporary(op.getLoc(), element, shape);
    builder.create<kernel::MatmulOp>(op.getLoc(), query, packColumns(table, /*isTransposed=*/true), Value(),
                                     buffers[axis], kernel::ScheduleAttr());
    // Sequences and heads, rows and columns of queries, those of keys.
    const int64_t width = shape.back(), own = axis == 0 ? 1 : 0;
    products[axis] = {grid[axis] - 1,
                      {grid[0] * grid[1] * width, grid[1] * width - own, width - (1 - own), own, 1 - own}};
  }
  RowMatrix rows(output);
  const int64_t tokens = grid[0] * grid[1], shape[] = {rows.rows / tokens, grid[0], grid[1], grid[0], grid[1]};
  const Access to = {0, {tokens * rows.stride, grid[1] * rows.stride, rows.stride, grid[1], 1}};
  addMap(op.getLoc(), "decomposed_positions", shape, buffers, output, {products[0], products[1], to},
         [](ElementBuilder &b, ValueRange x) { return b.create<arith::AddFOp>(x[0], x[1]).getResult(); });
}

void Lowering::lowerPool2d(vit::Pool2dOp op) {
  Value input = coldOperand(op.getInput());
  builder.create<kernel::Pool2dOp>(op.getLoc(), input, makeBuffer(op.getResult()), op.getKind(), op.getWindow(),
                                   op.getStride(), op.getPadding(), op.getDilation(), op.getCountIncludePad());
}

void Lowering::lowerResize2d(Operation *op, vit::ResampleKind kind, Value map, Value residual,
                             vit::ActivationKind activation) {
  ArrayRef<int64_t> from = vit::getShape(map), to = vit::getShape(op->getResult(0)).take_front(2);
  Type element = cast<RankedTensorType>(map.getType()).getElementType();
  auto tableOf = [&](unsigned axis) {
    int64_t columns = 1 + vit::getTapCount(kind, from[axis], to[axis]);
    Value taps = moduleWeights.create<vit::WeightResampleTapsOp>(
        op->getLoc(), RankedTensorType::get({to[axis], columns}, element), kind, from[axis], to[axis]);
    return packRows(taps, columns);
  };
  Value input = coldOperand(map), rows = tableOf(0), columns = tableOf(1);
  Value added = residual ? coldOperand(residual) : Value();
  builder.create<kernel::Resize2dOp>(op->getLoc(), input, rows, columns, added, makeBuffer(op->getResult(0)),
                                     activation);
}

template <typename Op> void Lowering::lowerWindows(Op op) {
  Value input = coldOperand(op.getInput());
  builder.create<kernel::WindowsOp>(op.getLoc(), input, makeBuffer(op.getResult()), op.getWindows(),
                                    /*merges=*/std::is_same_v<Op, vit::WindowMergeOp>);
}

//===----------------------------------------------------------------------===//
// Ops
//===----------------------------------------------------------------------===//

/// An op of two numbers on an element of each operand.
template <typename Op> static Value applyBinary(ElementBuilder &b, ValueRange x) { return b.create<Op>(x[0], x[1]); }

LogicalResult Lowering::lowerCold(Operation *op) {
  if (lowerAsView(op))
    return success();
  auto elementwise = [&](MapBody body) { return addElementwise(op, body), success(); };
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](vit::AddOp) { return elementwise(applyBinary<arith::AddFOp>); })
      .Case([&](vit::MulOp) { return elementwise(applyBinary<arith::MulFOp>); })
      .Case([&](vit::SubOp) { return elementwise(applyBinary<arith::SubFOp>); })
      .Case([&](vit::DivOp) { return elementwise(applyBinary<arith::DivFOp>); })
      .Case([&](vit::ScaleOp scale) {
        return elementwise([&](ElementBuilder &b, ValueRange x) {
          FloatAttr factor = b.getF32FloatAttr(float(scale.getFactor().convertToDouble()));
          return b.create<arith::MulFOp>(x[0], b.create<arith::ConstantOp>(factor));
        });
      })
      .Case([&](vit::ActivationOp activation) {
        return elementwise([&](ElementBuilder &b, ValueRange x) {
          return b.create<kernel::ActivationOp>(x[0].getType(), x[0], activation.getKind());
        });
      })
      .Case([&](vit::CastOp cast) {
        return elementwise([&](ElementBuilder &b, ValueRange x) {
          return b.create<kernel::CastOp>(cast.getType().getElementType(), x[0]);
        });
      })
      .Case([&](vit::SoftmaxOp softmax) {
        Value input = coldOperand(softmax.getInput());
        builder.create<kernel::SoftmaxOp>(op->getLoc(), input, makeBuffer(softmax.getResult()),
                                          rowsPerTask(bufferShape(input).back()));
        return success();
      })
      .Case([&](vit::ReduceMeanOp mean) {
        lowerReduction(op, kernel::Reduction::Mean, mean.getDim());
        return success();
      })
      .Case([&](vit::ReduceMaxOp max) {
        lowerReduction(op, kernel::Reduction::Max, max.getDim());
        return success();
      })
      .Case([&](vit::ReduceNormOp norm) {
        lowerReduction(op, kernel::Reduction::Norm, norm.getDim());
        return success();
      })
      .Case([&](vit::TransposeOp transpose) { return lowerTranspose(transpose), success(); })
      .Case([&](vit::SliceOp slice) { return lowerSlice(slice), success(); })
      .Case([&](vit::ConcatOp concat) { return lowerConcat(concat), success(); })
      .Case([&](vit::PadOp pad) { return lowerPad(pad), success(); })
      .Case([&](vit::Unfold2dOp unfold) { return lowerUnfold2d(unfold), success(); })
      .Case([&](vit::GatherOp gather) { return lowerGather(gather), success(); })
      .Case([&](vit::ReshapeOp reshape) {
        Value input = coldOperand(reshape.getInput());
        addReshape(op->getLoc(), input, makeBuffer(reshape.getResult()));
        return success();
      })
      .Case([&](vit::MatmulOp matmul) {
        lowerMatmul(op->getLoc(), matmul.getLhs(), matmul.getRhs(), matmul.getTransposeRhs(), Value(),
                    matmul.getResult());
        return success();
      })
      .Case([&](vit::LinearOp linear) {
        lowerMatmul(op->getLoc(), linear.getInput(), linear.getWeight(), /*transposeRhs=*/true, linear.getBias(),
                    linear.getResult());
        return success();
      })
      .Case([&](vit::Pool2dOp pool) { return lowerPool2d(pool), success(); })
      .Case([&](vit::Resize2dOp resize) {
        lowerResize2d(op, resize.getKind(), resize.getInput(), Value(), vit::ActivationKind::None);
        return success();
      })
      .Case([&](vit::FusedResize2dOp resize) {
        lowerResize2d(op, resize.getKind(), resize.getInput(), resize.getResidual(), resize.getActivation());
        return success();
      })
      .Case([&](vit::DecomposedPositionsOp positions) { return lowerDecomposedPositions(positions), success(); })
      .Case<vit::WindowPartitionOp, vit::WindowMergeOp>([&](auto op) { return lowerWindows(op), success(); })
      .Default([](Operation *other) {
        if (isa_and_nonnull<vit::VitDialect>(other->getDialect()))
          return other->emitOpError("expected weights that are known at compile time");
        return other->emitOpError("expected an op of the vit dialect");
      });
}
