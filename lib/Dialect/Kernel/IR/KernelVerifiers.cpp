//===- KernelVerifiers.cpp - the constraints of kernel ops --------------------===//
//
// Numbers in comments are those of KernelOps.td. What stands there and not here is checked by ODS.
//
//===----------------------------------------------------------------------===//

#include "Verifiers.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "vitc/runtime/program.h"

using namespace mlir;
using namespace vitc::kernel;
using namespace vitc::kernel::detail;

/// As a number: what the runtime has is an enumerator.
static constexpr int64_t kMaxOperands = VITC_MAX_OPERANDS;
/// Sizes of patches whose product is a number of 64 bits.
static constexpr int64_t kMostPatch = int64_t(1) << 30;

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

LogicalResult vitc::kernel::detail::verifyStep(Operation *op) {
  OperandRange operands = op->getOperands();
  // 1
  if (operands.empty() || operands.size() > kMaxOperands)
    return op->emitOpError("expected 1 to ") << kMaxOperands << " buffers, but got " << operands.size();
  // 2
  size_t inputs = std::min<size_t>(cast<StepOp>(op).getInputCount(), operands.size());
  for (Value written : operands.drop_front(inputs)) {
    if (written.getDefiningOp<WeightOp>())
      return op->emitOpError("expected to write to no weight");
    if (written.getDefiningOp<ViewOp>())
      return op->emitOpError("expected to write to no view");
    for (Value read : operands.take_front(inputs))
      if (read != written && getRoot(read) == written)
        return op->emitOpError("expected to write to no buffer of which it reads a view");
  }
  // 3
  auto attention = dyn_cast<AttentionOp>(op);
  auto winograd = dyn_cast<WinogradConv2dOp>(op);
  Value scratch = attention ? attention.getScores() : winograd ? winograd.getScratch() : Value();
  for (Value operand : operands)
    if (operand.getDefiningOp<ScratchOp>() && operand != scratch)
      return op->emitOpError("expected no scratch but the scores of attention and that of a Winograd convolution");
  return success();
}

LogicalResult vitc::kernel::detail::verifyPanels(Operation *op, Value weight, int64_t depth) {
  MemRefType type = bufferType(weight);
  if (type.getRank() == 3 && type.getDimSize(1) == depth && type.getDimSize(2) == kPanelWidth)
    return success();
  return op->emitOpError("expected the weight in panels, Px") << depth << "x" << kPanelWidth << ", but got " << type;
}

LogicalResult vitc::kernel::detail::verifySchedule(Operation *op, ScheduleAttr schedule, int64_t rows,
                                                   bool hasTilesPerTask, bool hasK) {
  if (!schedule)
    return success();
  if (schedule.getRows().getTotal() != rows)
    return op->emitOpError("expected the row tiles to cover ")
           << rows << " rows, but they cover " << schedule.getRows().getTotal();
  if ((schedule.getTilesPerTask() > 0) != hasTilesPerTask)
    return op->emitOpError("expected a schedule with")
           << (hasTilesPerTask ? " at least one tile" : "out tiles") << " per task";
  if ((schedule.getKBlock() > 0) != hasK || (schedule.getKUnroll() > 0) != hasK)
    return op->emitOpError("expected a schedule with")
           << (hasK ? " k_block and k_unroll of at least 1" : "out k_block and k_unroll");
  return success();
}

LogicalResult vitc::kernel::detail::verifyOutput(Operation *op) {
  if (llvm::is_contained(op->getOperands().drop_back(), op->getOperands().back()))
    return op->emitOpError("expected an output that is no input");
  return success();
}

LogicalResult vitc::kernel::detail::verifyBias(Operation *op, Value bias, int64_t columns) {
  if (!bias || bufferType(bias).getShape() == ArrayRef(columns))
    return success();
  return op->emitOpError("expected a bias of ") << columns << " elements, but got " << bias.getType();
}

LogicalResult vitc::kernel::detail::verifyResidual(Operation *op, Value residual, MemRefType output) {
  if (!residual || bufferType(residual).getShape() == output.getShape())
    return success();
  return op->emitOpError("expected a residual of the output's shape, but got ") << residual.getType();
}

/// Checks a buffer of `rows` rows of words in which numbers of fewer bits lie, `words` a row.
static LogicalResult verifyWords(Operation *op, MemRefType type, int64_t rows, int64_t words) {
  if (type.getElementType().isSignlessInteger(32) && type.getShape() == ArrayRef<int64_t>({rows, words}) &&
      hasRoomForPanels(type))
    return success();
  return op->emitOpError("expected words of i32, ")
         << rows << "x" << words << ", in rows with room for whole vectors, but got " << type;
}

LogicalResult QuantizeOp::verify() {
  MemRefType input = bufferType(getInput()), words = bufferType(getWords());
  // 1
  if (input.getRank() < 1)
    return emitOpError("expected an input of rank 1 or more, but got ") << input;
  int64_t columns = input.getShape().back(), rows = input.getNumElements() / columns;
  // 2
  if (failed(verifyWords(*this, words, rows, llvm::divideCeil(columns, 4))))
    return failure();
  // 3
  if (bufferType(getRows()).getShape() != ArrayRef<int64_t>({rows, 2}))
    return emitOpError("expected rows of ") << rows << "x2, but got " << getRows().getType();
  return success();
}

LogicalResult RoundOp::verify() {
  MemRefType input = bufferType(getInput());
  // 1
  if (input.getRank() < 1)
    return emitOpError("expected an input of rank 1 or more, but got ") << input;
  // 2
  int64_t columns = input.getShape().back();
  return verifyWords(*this, bufferType(getWords()), input.getNumElements() / columns, llvm::divideCeil(columns, 2));
}

/// Checks weights of bf16.
static LogicalResult verifyPairs(Operation *op, MemRefType weight) {
  if (weight.getRank() == 4 && weight.getDimSize(2) == kPanelWidth && weight.getDimSize(3) == 2)
    return success();
  return op->emitOpError("expected weights of bf16 in panels, PxKx") << kPanelWidth << "x2, but got " << weight;
}

/// Checks the panels of a linear layer with weights of bf16, and what they are multiplied with.
static LogicalResult verifyBf16(LinearOp op) {
  MemRefType input = bufferType(op.getInput());
  if (failed(verifyPairs(op, bufferType(op.getWeight()))))
    return failure();
  if (op.getRows() || op.getScale() || op.getSum())
    return op.emitOpError("expected rows, scale and sum with weights of i8 only");
  if (op.readsWords())
    return verifyWords(op, input, input.getDimSize(0), op.getSteps());
  if (input.getShape().back() == op.getDepth())
    return success();
  return op.emitOpError("expected an input of ") << op.getDepth() << " columns, but got " << input;
}

/// Checks what a linear layer with weights of 8 bits has besides.
static LogicalResult verifyQuantized(LinearOp op) {
  MemRefType input = bufferType(op.getInput()), weight = bufferType(op.getWeight());
  bool isWeight = weight.getRank() == 4 && weight.getDimSize(2) == kPanelWidth && weight.getDimSize(3) == 4;
  if (!isWeight)
    return op.emitOpError("expected weights of i8 in panels, PxKx") << kPanelWidth << "x4, but got " << weight;
  if (!op.getRows() || !op.getScale() || !op.getSum())
    return op.emitOpError("expected rows, scale and sum with weights of i8");
  int64_t rows = input.getDimSize(0);
  if (failed(verifyWords(op, input, rows, op.getSteps())))
    return failure();
  if (bufferType(op.getRows()).getShape() != ArrayRef<int64_t>({rows, 2}))
    return op.emitOpError("expected rows of ") << rows << "x2, but got " << op.getRows().getType();
  for (Value columns : {op.getScale(), op.getSum()})
    if (bufferType(columns).getShape() != ArrayRef<int64_t>({weight.getDimSize(0), 1, kPanelWidth}))
      return op.emitOpError("expected scale and sum in panels, ")
             << weight.getDimSize(0) << "x1x" << kPanelWidth << ", but got " << columns.getType();
  return success();
}

LogicalResult LinearOp::verify() {
  MemRefType input = bufferType(getInput()), output = bufferType(getOutput());
  // 1
  if (input.getRank() < 1)
    return emitOpError("expected an input of rank 1 or more, but got ") << input;
  int64_t inputRows = input.getNumElements() / input.getShape().back();
  if (isQuantized() || isOfBf16()) {
    if (failed(isQuantized() ? verifyQuantized(*this) : verifyBf16(*this)))
      return failure();
  } else if (!input.getElementType().isF32() || getRows() || getScale() || getSum()) {
    return emitOpError("expected an input of f32, without rows, scale and sum, with weights of f32, but got ") << input;
  } else if (failed(verifyPanels(*this, getWeight(), input.getShape().back()))) {
    return failure();
  }
  int64_t panels = bufferType(getWeight()).getDimSize(0);
  // 3
  if (failed(verifySchedule(*this, getScheduleAttr(), inputRows, /*hasTilesPerTask=*/true, /*hasK=*/true)))
    return failure();
  // 4
  bool byHead = isByHead();
  vit::WindowsAttr windows = getWindowsAttr();
  if (byHead && (input.getRank() != 2 || output.getRank() != 4 || (!windows && inputRows % output.getDimSize(2) != 0) ||
                 output.getDimSize(1) % getSequences() != 0))
    return emitOpError("expected an output of the input's rank, or of rank 4 with the rows of a matrix, but got ")
           << output;
  if (!byHead && output.getShape().drop_back() != input.getShape().drop_back())
    return emitOpError("expected ") << inputRows << " rows of output in the input's shape, but got " << output;
  if ((byHead ? output.getDimSize(0) * (output.getDimSize(1) / getSequences()) : 1) *
          panelsOf(output.getShape().back()) !=
      panels)
    return emitOpError("expected ") << panels << " panels of output, but got " << output;
  // 2
  int64_t inPanels[] = {panels, 1, kPanelWidth}, inARow[] = {output.getShape().back()};
  if (getBias() && bufferType(getBias()).getShape() != ArrayRef(inPanels) &&
      (byHead || bufferType(getBias()).getShape() != ArrayRef(inARow)))
    return emitOpError("expected a bias in panels, ")
           << panels << "x1x" << kPanelWidth << (byHead ? "" : ", or a row of the output") << ", but got "
           << getBias().getType();
  // 5
  if (byHead && !hasRoomForPanels(output))
    return emitOpError("expected rows of output with room for whole panels, but got ") << output;
  if (byHead && (getActivation() != vit::ActivationKind::None || getResidual()))
    return emitOpError("expected neither activation nor residual with an output by head");
  // 9
  if (windows && (!byHead || windows.getTokens() != output.getDimSize(2) ||
                  windows.getMap()[0] * windows.getMap()[1] != inputRows))
    return emitOpError("expected windows of a map whose pixels are the input's rows, and an output by head, but got ")
           << windows << " and " << output;
  // 6
  if (failed(verifyResidual(*this, getResidual(), output)))
    return failure();
  // 7
  if (getOutput() == getInput() || getOutput() == getBias())
    return emitOpError("expected an output that is neither the input nor the bias");
  if (getOutput() == getResidual() && storesSums())
    return emitOpError("expected an output that is not the residual with activation ")
           << vit::stringifyActivationKind(getActivation());
  // 8
  if (ScheduleAttr schedule = getScheduleAttr(); schedule && getSteps() % schedule.getKUnroll() != 0)
    return emitOpError("expected a k_unroll that divides ") << getSteps() << ", but got " << schedule.getKUnroll();
  return success();
}

/// Checks the operands of a patch embedding with weights of bf16, but for what patches do to an image's sizes.
static LogicalResult verifyBf16(PatchEmbeddingOp op) {
  MemRefType image = bufferType(op.getImage()), weight = bufferType(op.getWeight());
  const int64_t elements = op.getPatch()[0] * op.getPatch()[1];
  if (failed(verifyPairs(op, weight)))
    return failure();
  if (op.getPatch()[1] % 2 != 0 || op.getDepth() % elements != 0)
    return op.emitOpError("expected weights of bf16 of whole patches with an even number of columns, but got ")
           << weight;
  const int64_t channels = op.getDepth() / elements;
  if (!op.readsWords())
    return image.getRank() == 3 && image.getDimSize(0) == channels
               ? success()
               : LogicalResult(op.emitOpError("expected an image of ") << channels << " channels, but got " << image);
  if (image.getRank() != 2 || image.getDimSize(0) % channels != 0)
    return op.emitOpError("expected words of whole rows of ") << channels << " channels, but got " << image;
  return verifyWords(op, image, image.getDimSize(0), image.getDimSize(1));
}

LogicalResult PatchEmbeddingOp::verify() {
  MemRefType image = bufferType(getImage()), output = bufferType(getOutput()), addend = bufferType(getAddend());
  // 1
  ArrayRef<int64_t> patch = getPatch();
  if (!readsWords() && image.getRank() != 3)
    return emitOpError("expected an image of rank 3, but got ") << image;
  if (patch.size() != 2 || patch[0] < 1 || patch[1] < 1 || patch[0] > kMostPatch || patch[1] > kMostPatch)
    return emitOpError("expected a patch of two sizes that divide the image's, but got [") << patch << "]";
  // 2
  if (isOfBf16() && failed(verifyBf16(*this)))
    return failure();
  if (!isOfBf16() && readsWords())
    return emitOpError("expected an image of f32 with weights of f32, but got ") << image;
  const auto [channels, height, width] = getImageShape();
  if (height % patch[0] != 0 || width % patch[1] != 0)
    return emitOpError("expected a patch of two sizes that divide the image's, but got [") << patch << "]";
  if (!isOfBf16() && failed(verifyPanels(*this, getWeight(), channels * patch[0] * patch[1])))
    return failure();
  int64_t panels = bufferType(getWeight()).getDimSize(0);
  // 3
  int64_t gridRows = height / patch[0], gridColumns = width / patch[1];
  if (failed(verifySchedule(*this, getScheduleAttr(), gridColumns, /*hasTilesPerTask=*/false, /*hasK=*/false)))
    return failure();
  // 4
  if (output.getRank() != 2 || output.getDimSize(0) < gridRows * gridColumns)
    return emitOpError("expected an output with a row for each of ")
           << gridRows * gridColumns << " patches, but got " << output;
  if (panelsOf(output.getDimSize(1)) != panels)
    return emitOpError("expected ") << panels << " panels of output, but got " << output;
  // 5
  int64_t addendShape[] = {output.getDimSize(0), panels * kPanelWidth};
  if (addend.getShape() != ArrayRef(addendShape))
    return emitOpError("expected an addend of ")
           << addendShape[0] << "x" << addendShape[1] << " elements, but got " << addend;
  // 6
  if (getOutput() == getAddend())
    return emitOpError("expected an output that is not the addend");
  return success();
}

/// Checks an op of rows.
static LogicalResult verifyRows(Operation *op, MemRefType input, MemRefType output) {
  if (input.getRank() >= 1 && output.getShape() == input.getShape())
    return success();
  return op->emitOpError("expected an input of rank 1 or more and an output of its shape, but got ")
         << input << ", " << output;
}

LogicalResult LayerNormOp::verify() {
  MemRefType input = bufferType(getInput()), output = bufferType(getOutput());
  // 1
  if (failed(verifyRows(*this, input, output)))
    return failure();
  // 2
  if (!getWeight() != !getBias())
    return emitOpError("expected weight and bias, or neither");
  // 3
  for (Value vector : {getWeight(), getBias()})
    if (vector && bufferType(vector).getShape() != input.getShape().take_back())
      return emitOpError("expected weight and bias of ")
             << input.getShape().back() << " elements, but got " << vector.getType();
  // 4
  if (!getEpsilon().isFinite() || getEpsilon().convertToDouble() < 0)
    return emitOpError("expected an epsilon that is finite and not negative, but got ") << getEpsilonAttr();
  return success();
}

//===----------------------------------------------------------------------===//
// Steps of ops that have no schedule of their own
//===----------------------------------------------------------------------===//

/// Whether points of a shape (not empty) are written to different elements: from the smallest stride on, each exceeds
/// what those before reach.
static bool isInjective(AccessAttr access, ArrayRef<int64_t> shape) {
  SmallVector<std::pair<int64_t, int64_t>> dims;
  for (auto [stride, size] : llvm::zip_equal(access.getStrides(), shape))
    if (size > 1)
      dims.push_back({stride, size});
  llvm::sort(dims);
  int64_t reach = 0;
  for (auto [stride, size] : dims) {
    if (stride <= reach)
      return false;
    reach += stride * (size - 1);
  }
  return true;
}

LogicalResult MapOp::verify() {
  ArrayRef<int64_t> shape = getShape(), tile = getTile();
  // 1
  uint64_t points = 1;
  bool isTiled = !shape.empty() && shape.size() == tile.size();
  for (size_t dim = 0; isTiled && dim < shape.size(); ++dim) {
    isTiled = tile[dim] >= 1 && tile[dim] <= shape[dim];
    points = llvm::SaturatingMultiply(points, uint64_t(shape[dim]));
  }
  if (!isTiled)
    return emitOpError("expected a shape and a tile of it, but got [") << shape << "] and [" << tile << "]";
  auto isWholeVectors = [&](size_t dim) { return tile[dim] == shape[dim] || tile[dim] % kColumnStep == 0; };
  if (points > uint64_t(kMaxElements))
    return emitOpError("expected at most ") << kMaxElements << " points";
  // 2
  if (getAccesses().size() != getNumOperands())
    return emitOpError("expected an access for each of ") << getNumOperands() << " operands";
  for (auto [operand, attribute] : llvm::zip_equal(getOperands(), getAccesses())) {
    auto access = cast<AccessAttr>(attribute);
    if (access.getStrides().size() != shape.size())
      return emitOpError("expected ") << shape.size() << " strides, but got " << access;
    uint64_t last = access.getOffset();
    for (auto [stride, size] : llvm::zip_equal(access.getStrides(), shape))
      last = llvm::SaturatingMultiplyAdd(uint64_t(stride), uint64_t(size - 1), last);
    if (last >= uint64_t(getByteSize(bufferType(operand)) / getElementBytes(bufferType(operand))))
      return emitOpError("expected accesses within ") << operand.getType() << ", but " << access << " is not";
  }
  // 3
  if (!isInjective(getAccess(getNumOperands() - 1), shape))
    return emitOpError("expected to write no element twice with ") << getAccess(getNumOperands() - 1);
  // 4
  if (failed(verifyOutput(*this)))
    return failure();
  // 1, which depends on the accesses
  if (!isWholeVectors(shape.size() - 1) || (isTransposed() && !isWholeVectors(shape.size() - 2)))
    return emitOpError("expected a tile that is whole or a multiple of ")
           << kColumnStep << " along vectors, but got [" << tile << "]";
  return success();
}

LogicalResult MapOp::verifyRegions() {
  // 5
  Block &block = getBody().front();
  auto elementOf = [](Value buffer) { return bufferType(buffer).getElementType(); };
  if (!llvm::equal(block.getArgumentTypes(), llvm::map_range(getInputs(), elementOf)))
    return emitOpError("expected a body that gets an element of each of ") << getInputs().size() << " inputs";
  auto yield = block.empty() ? YieldOp() : dyn_cast<YieldOp>(block.back());
  if (!yield || yield.getValue().getType() != elementOf(getOutput()))
    return emitOpError("expected a body that ends with kernel.yield of an element of the output");
  // Comparisons give conditions, which are no booleans in memory.
  auto isCondition = [](Value value) {
    Operation *op = value.getDefiningOp();
    return value.getType().isInteger(1) && op && !isa<CastOp>(op);
  };
  if (isCondition(yield.getValue()))
    return emitOpError("expected a body that yields an element, not a condition");
  for (Operation &op : block.without_terminator()) {
    if (isa<CastOp>(op) && !isCondition(op.getOperand(0)))
      continue;
    auto isReal = [&](Value value) { return value.getType().isF32() || isCondition(value); };
    bool isScalar = op.getNumResults() == 1 && op.getNumRegions() == 0 && isReal(op.getResult(0)) &&
                    llvm::all_of(op.getOperands(), isReal);
    bool isKnown = isa<arith::ConstantOp, math::AbsFOp, math::ExpOp, math::SqrtOp, ActivationOp>(op) ||
                   (isa_and_nonnull<arith::ArithDialect>(op.getDialect()) && op.hasTrait<OpTrait::Elementwise>());
    if (!isScalar || !isKnown)
      return op.emitOpError("expected an op on elements that kernel.map knows");
  }
  return success();
}

LogicalResult SoftmaxOp::verify() {
  // 1
  return verifyRows(*this, bufferType(getInput()), bufferType(getOutput()));
}

static LogicalResult verifyIndices(Operation *op, MemRefType indices) {
  if ((!indices.getElementType().isSignlessInteger(32) && !indices.getElementType().isSignlessInteger(64)) ||
      getByteSize(indices) != indices.getNumElements() * getElementBytes(indices))
    return op->emitOpError("expected indices of i32 or i64 that lie behind each other, but got ") << indices;
  return success();
}

LogicalResult GatherOp::verify() {
  MemRefType input = bufferType(getInput()), indices = bufferType(getIndices()), output = bufferType(getOutput());
  // 1
  const int64_t dim = getDim();
  if (dim >= input.getRank())
    return emitOpError("expected a dimension of the input, but got ") << dim;
  // One index alone may be a number without dimensions, stored as a vector of one.
  ArrayRef<int64_t> ofIndices = indices.getShape();
  if (indices.getNumElements() == 1 && output.getRank() + 1 == input.getRank())
    ofIndices = {};
  SmallVector<int64_t> shape(input.getShape().take_front(dim));
  llvm::append_range(shape, ofIndices);
  llvm::append_range(shape, input.getShape().drop_front(dim + 1));
  if (output.getShape() != ArrayRef(shape))
    return emitOpError("expected an output with the shape of the indices in place of dimension ")
           << dim << ", but got " << output;
  // 2
  if (failed(verifyIndices(*this, indices)))
    return failure();
  // 3
  return verifyOutput(*this);
}

/// Whether a value is memory of the arena for two i64, where the runtime looks for what a step has found.
static bool isFound(Value value) {
  MemRefType type = bufferType(value);
  return value.getDefiningOp<BufferOp>() && type.getElementType().isSignlessInteger(64) && type.getRank() == 1 &&
         type.getDimSize(0) == 2;
}

LogicalResult CheckIndicesOp::verify() {
  MemRefType indices = bufferType(getIndices());
  // 1
  if (failed(verifyIndices(*this, indices)))
    return failure();
  if (indices.getNumElements() != ShapedType::getNumElements(getCheck().getShape()))
    return emitOpError("expected as many indices as ") << getCheck() << " has elements, but got " << indices;
  // 2
  if (!isFound(getFound()))
    return emitOpError("expected a kernel.buffer of two i64 for what is found, but got ") << getFound().getType();
  return success();
}

LogicalResult ReduceOp::verify() {
  MemRefType input = bufferType(getInput()), output = bufferType(getOutput());
  // 1
  if (int64_t(getDim()) >= input.getRank())
    return emitOpError("expected a dimension of the input, but got ") << getDim();
  SmallVector<int64_t> shape(input.getShape());
  shape[getDim()] = 1;
  if (output.getShape() != ArrayRef(shape))
    return emitOpError("expected an output with one element in dimension ") << getDim() << ", but got " << output;
  // 2
  if (failed(verifyOutput(*this)))
    return failure();
  // 3
  if (int64_t columns = getColumnsPerTask(); columns != shape.back() && columns % kColumnStep != 0)
    return emitOpError("expected all columns of the output in a task, or a multiple of ")
           << kColumnStep << ", but got " << columns;
  return success();
}

LogicalResult MatmulOp::verify() {
  MemRefType lhs = bufferType(getLhs()), rhs = bufferType(getRhs()), output = bufferType(getOutput());
  // 1
  if (lhs.getRank() < 1 || output.getRank() != lhs.getRank() ||
      output.getShape().drop_back() != lhs.getShape().drop_back())
    return emitOpError("expected an output with the left operand's rows, but got ") << lhs << ", " << output;
  // 2
  int64_t columns = output.getShape().back();
  int64_t shape[] = {panelsOf(columns), lhs.getShape().back(), kPanelWidth};
  if (rhs.getRank() != 4 || rhs.getShape().drop_front() != ArrayRef(shape) || !rhs.getLayout().isIdentity())
    return emitOpError("expected matrices in panels, Bx")
           << shape[0] << "x" << shape[1] << "x" << shape[2] << ", but got " << rhs;
  // 3
  int64_t rows = lhs.getNumElements() / lhs.getShape().back(), matrices = getMatrixCount();
  if (rows % matrices != 0)
    return emitOpError("expected a number of matrices that divides ") << rows << " rows, but got " << matrices;
  // 4, 5, 6
  if (failed(verifyBias(*this, getBias(), columns)) || failed(verifyOutput(*this)))
    return failure();
  return verifySchedule(*this, getScheduleAttr(), rows / matrices, /*hasTilesPerTask=*/true, /*hasK=*/true);
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

LogicalResult LaunchOp::verify() {
  // 2
  if (getBuffers().size() > kMaxOperands)
    return emitOpError("expected at most ") << kMaxOperands << " buffers, but got " << getBuffers().size();
  if (llvm::count_if(getBuffers(), [](Value buffer) { return buffer.getDefiningOp<ScratchOp>(); }) > 1)
    return emitOpError("expected at most one scratch buffer");
  // 5
  if (getCheck() && (getTasks() != 1 || getBuffers().empty() || !isFound(getBuffers().back())))
    return emitOpError("expected a check with one task, and with a kernel.buffer of two i64 as the last buffer");
  return success();
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // 1
  auto callee = symbols.lookupNearestSymbolFrom<func::FuncOp>(*this, getCalleeAttr());
  if (!callee)
    return emitOpError("expected ") << getCalleeAttr() << " to be a function of the module";
  SmallVector<Type> types = {IndexType::get(getContext())};
  for (Value buffer : getBuffers())
    types.push_back(getStorageType(bufferType(buffer)));
  auto expected = FunctionType::get(getContext(), types, {});
  if (callee.getFunctionType() != expected)
    return emitOpError("expected ") << getCalleeAttr() << " to be of type " << expected << ", but it is "
                                    << callee.getFunctionType();
  return success();
}
