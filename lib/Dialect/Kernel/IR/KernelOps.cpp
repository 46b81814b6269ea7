//===- KernelOps.cpp - ops of the kernel dialect ------------------------------===//

#include "vitc/Dialect/Kernel/IR/KernelOps.h"

#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace vitc::kernel;

#include "vitc/Dialect/Kernel/IR/KernelDialect.cpp.inc"
#include "vitc/Dialect/Kernel/IR/KernelEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "vitc/Dialect/Kernel/IR/KernelAttrs.cpp.inc"
#include "vitc/Dialect/Kernel/IR/KernelInterfaces.cpp.inc"
#define GET_OP_CLASSES
#include "vitc/Dialect/Kernel/IR/KernelOps.cpp.inc"

void KernelDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "vitc/Dialect/Kernel/IR/KernelAttrs.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "vitc/Dialect/Kernel/IR/KernelOps.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

int64_t vitc::kernel::getStride(MemRefType type, unsigned dim) {
  SmallVector<int64_t> strides;
  int64_t offset = 0;
  LogicalResult known = getStridesAndOffset(type, strides, offset);
  assert(succeeded(known) && "buffers have strided layouts");
  (void)known;
  return strides[dim];
}

int64_t vitc::kernel::getByteSize(MemRefType type) {
  int64_t elementBytes = llvm::divideCeil(type.getElementTypeBitWidth(), 8);
  if (type.getRank() == 0)
    return elementBytes;
  return type.getDimSize(0) * getStride(type, 0) * elementBytes;
}

LogicalResult RowTilesAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t count, int64_t rows,
                                   int64_t restCount, int64_t restRows) {
  if (count < 1 || rows < 1 || restCount < 0 || restRows < 0)
    return emitError() << "expected at least one tile of at least one row, and no negative number";
  if ((restCount == 0) != (restRows == 0))
    return emitError() << "expected the number and the rows of the remaining tiles to be both zero or both positive";
  return success();
}

/// Checks that `type` is panels of the packed layout and returns K, or emits an error at `op`.
static FailureOr<int64_t> verifyPanels(Operation *op, MemRefType type) {
  if (type.getRank() != 3 || type.getDimSize(2) != kPanelWidth)
    return op->emitOpError("expected the weight in panels, PxKx") << kPanelWidth << ", but got " << type;
  return type.getDimSize(1);
}

LogicalResult PackOp::verify() {
  auto source = cast<RankedTensorType>(getSource().getType());
  auto buffer = cast<MemRefType>(getBuffer().getType());
  if (getLayout() == PackLayout::Rows) {
    if (getGroup())
      return emitOpError("expected no group with layout rows");
    if (source.getRank() == 0 || source.getRank() != buffer.getRank() ||
        source.getShape().drop_back() != ArrayRef<int64_t>(buffer.getShape()).drop_back() ||
        buffer.getShape().back() < source.getShape().back())
      return emitOpError("expected the tensor's shape with its last dimension padded, but got ") << buffer;
    return success();
  }
  FailureOr<int64_t> depth = verifyPanels(*this, buffer);
  if (failed(depth))
    return failure();
  if (!getGroup() || source.getRank() != 2 || *getGroup() < 1 || source.getDimSize(0) % *getGroup() != 0)
    return emitOpError("expected a matrix and a group that divides its rows, but got ") << source;
  int64_t panels = source.getDimSize(0) / *getGroup() * llvm::divideCeil(*getGroup(), kPanelWidth);
  if (*depth != source.getDimSize(1) || buffer.getDimSize(0) != panels)
    return emitOpError("expected ") << panels << " panels of depth " << source.getDimSize(1) << ", but got " << buffer;
  return success();
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

/// Number of columns of the product that `output` receives, without padding.
static int64_t getColumns(MemRefType output) {
  return output.getRank() == 4 ? output.getDimSize(0) * output.getDimSize(1) * output.getDimSize(3)
                               : output.getDimSize(1);
}

/// Number of panels that `output` receives.
static int64_t getPanels(MemRefType output) {
  int64_t groups = output.getRank() == 4 ? output.getDimSize(0) * output.getDimSize(1) : 1;
  return groups * llvm::divideCeil(output.getShape().back(), kPanelWidth);
}

LogicalResult LinearOp::verify() {
  auto input = cast<MemRefType>(getInput().getType()), weight = cast<MemRefType>(getWeight().getType());
  auto output = cast<MemRefType>(getOutput().getType());
  FailureOr<int64_t> depth = verifyPanels(*this, weight);
  if (failed(depth))
    return failure();
  if (input.getRank() != 2 || input.getDimSize(1) != *depth)
    return emitOpError("expected an input of rank 2 with ") << *depth << " columns, but got " << input;
  if (input.getDimSize(0) != getRows().getTotal())
    return emitOpError("expected the row tiles to cover ")
           << input.getDimSize(0) << " rows, but they cover " << getRows().getTotal();
  if (output.getRank() != 2 && output.getRank() != 4)
    return emitOpError("expected an output of rank 2 or 4, but got ") << output;
  if (output.getDimSize(output.getRank() == 2 ? 0 : 2) != input.getDimSize(0))
    return emitOpError("expected ") << input.getDimSize(0) << " rows of output, but got " << output;
  if (getPanels(output) != weight.getDimSize(0))
    return emitOpError("expected ") << weight.getDimSize(0) << " panels of output, but got " << output;
  if (getResidual() && cast<MemRefType>(getResidual().getType()).getShape() != output.getShape())
    return emitOpError("expected a residual of the output's shape, but got ") << getResidual().getType();
  if (getColumnPanels() < 1 || getTilesPerTask() < 1 || getKBlock() < 1 || getKUnroll() < 1 ||
      *depth % getKUnroll() != 0)
    return emitOpError("expected positive panels, tiles and k_block, and a k_unroll that divides ") << *depth;
  return success();
}
int64_t LinearOp::getTaskCount() {
  int64_t panels = cast<MemRefType>(getWeight().getType()).getDimSize(0);
  return llvm::divideCeil(panels, getColumnPanels()) * llvm::divideCeil(getRows().getTiles(), getTilesPerTask());
}
int64_t LinearOp::getFlopCount() {
  auto input = cast<MemRefType>(getInput().getType());
  return 2 * input.getDimSize(0) * input.getDimSize(1) * getColumns(cast<MemRefType>(getOutput().getType()));
}
unsigned LinearOp::getInputCount() { return getNumOperands() - 1; }

LogicalResult PatchEmbeddingOp::verify() {
  auto image = cast<MemRefType>(getImage().getType()), weight = cast<MemRefType>(getWeight().getType());
  auto addend = cast<MemRefType>(getAddend().getType()), output = cast<MemRefType>(getOutput().getType());
  FailureOr<int64_t> depth = verifyPanels(*this, weight);
  if (failed(depth))
    return failure();
  ArrayRef<int64_t> patch = getPatch();
  if (image.getRank() != 3 || patch.size() != 2 || patch[0] < 1 || patch[1] < 1 ||
      image.getDimSize(0) * patch[0] * patch[1] != *depth)
    return emitOpError("expected an image and a patch with ") << *depth << " values, but got " << image;
  if (image.getDimSize(2) / patch[1] != getRows().getTotal())
    return emitOpError("expected the row tiles to cover a grid row of ")
           << image.getDimSize(2) / patch[1] << " patches";
  if (output.getRank() != 2 || addend.getRank() != 2 || addend.getDimSize(0) != output.getDimSize(0) ||
      output.getDimSize(0) < (image.getDimSize(1) / patch[0]) * getRows().getTotal())
    return emitOpError("expected an addend and an output with a row for each token, but got ") << output;
  return success();
}
int64_t PatchEmbeddingOp::getTaskCount() {
  int64_t panels = cast<MemRefType>(getWeight().getType()).getDimSize(0);
  int64_t gridRows = cast<MemRefType>(getImage().getType()).getDimSize(1) / getPatch()[0];
  return llvm::divideCeil(panels, getColumnPanels()) * gridRows;
}
int64_t PatchEmbeddingOp::getFlopCount() {
  auto image = cast<MemRefType>(getImage().getType());
  int64_t patches = (image.getDimSize(1) / getPatch()[0]) * getRows().getTotal();
  return 2 * patches * cast<MemRefType>(getWeight().getType()).getDimSize(1) *
         cast<MemRefType>(getOutput().getType()).getDimSize(1);
}
unsigned PatchEmbeddingOp::getInputCount() { return 3; }

/// Number of rows of a matrix, or of planes of rows.
static int64_t getRowCount(MemRefType type) { return type.getNumElements() / type.getShape().back(); }

/// Whether all rows lie at the distance that those of the last plane have.
static bool hasEvenRows(MemRefType type) {
  for (int64_t dim = 0; dim + 2 < type.getRank(); ++dim)
    if (getStride(type, dim) != getStride(type, dim + 1) * type.getDimSize(dim + 1))
      return false;
  return true;
}

LogicalResult LayerNormOp::verify() {
  auto input = cast<MemRefType>(getInput().getType()), output = cast<MemRefType>(getOutput().getType());
  if ((input.getRank() != 2 && input.getRank() != 4) || output.getShape() != input.getShape())
    return emitOpError("expected an input of rank 2 or 4 and an output of its shape, but got ") << input;
  if (!hasEvenRows(input) || !hasEvenRows(output))
    return emitOpError("expected rows at one distance, but got ") << input << ", " << output;
  if (!getWeight() != !getBias())
    return emitOpError("expected weight and bias, or neither");
  if (getRowsPerTask() < 1)
    return emitOpError("expected at least one row for each task");
  return success();
}
int64_t LayerNormOp::getTaskCount() {
  return llvm::divideCeil(getRowCount(cast<MemRefType>(getInput().getType())), getRowsPerTask());
}
int64_t LayerNormOp::getFlopCount() {
  return (getRms() ? 4 : 8) * cast<MemRefType>(getInput().getType()).getNumElements();
}
unsigned LayerNormOp::getInputCount() { return getNumOperands() - 1; }

LogicalResult RotaryOp::verify() {
  auto input = cast<MemRefType>(getInput().getType()), table = cast<MemRefType>(getTable().getType());
  auto output = cast<MemRefType>(getOutput().getType());
  if (input.getRank() != 4 || input.getShape() != output.getShape())
    return emitOpError("expected an input and an output of rank 4 and one shape, but got ") << input << ", " << output;
  int64_t features = input.getDimSize(3), entries = getInterleaved() ? roundUp(features, kPanelWidth) : features / 2;
  if (features % 2 != 0 || table.getRank() != 3 || table.getDimSize(0) != 2 ||
      table.getDimSize(1) > input.getDimSize(2) || table.getDimSize(2) != entries)
    return emitOpError("expected a table of 2xNx")
           << entries << " with N up to " << input.getDimSize(2) << ", but got " << table;
  return success();
}
int64_t RotaryOp::getTaskCount() {
  auto input = cast<MemRefType>(getInput().getType());
  return input.getDimSize(0) * input.getDimSize(1);
}
int64_t RotaryOp::getFlopCount() {
  auto input = cast<MemRefType>(getInput().getType());
  return 3 * getTaskCount() * cast<MemRefType>(getTable().getType()).getDimSize(1) * input.getDimSize(3);
}
unsigned RotaryOp::getInputCount() { return 2; }

LogicalResult PackKeysOp::verify() {
  auto input = cast<MemRefType>(getInput().getType()), output = cast<MemRefType>(getOutput().getType());
  if (input.getRank() != 4 || output.getRank() != 4)
    return emitOpError("expected an input and an output of rank 4, but got ") << input << ", " << output;
  if (int64_t(getPart()) >= input.getDimSize(0))
    return emitOpError("expected a part below ") << input.getDimSize(0);
  int64_t shape[] = {input.getDimSize(1), int64_t(llvm::divideCeil(input.getDimSize(2), kPanelWidth)),
                     input.getDimSize(3), kPanelWidth};
  if (output.getShape() != ArrayRef<int64_t>(shape))
    return emitOpError("expected keys of every head in panels, but got ") << output;
  return success();
}
int64_t PackKeysOp::getTaskCount() {
  auto output = cast<MemRefType>(getOutput().getType());
  return output.getDimSize(0) * output.getDimSize(1);
}
int64_t PackKeysOp::getFlopCount() { return 0; }
unsigned PackKeysOp::getInputCount() { return 1; }

LogicalResult AttentionOp::verify() {
  auto query = cast<MemRefType>(getQuery().getType()), keys = cast<MemRefType>(getKeys().getType());
  auto value = cast<MemRefType>(getValue().getType()), output = cast<MemRefType>(getOutput().getType());
  auto scores = cast<MemRefType>(getScores().getType());
  if (query.getRank() != 4 || keys.getRank() != 4 || value.getRank() != 4 ||
      query.getDimSize(1) != keys.getDimSize(0) || query.getDimSize(1) != value.getDimSize(1))
    return emitOpError("expected query, keys and value of rank 4 with the same heads, but got ")
           << query << ", " << keys << ", " << value;
  if (query.getDimSize(3) != keys.getDimSize(2) || value.getDimSize(2) != int64_t(getKeyCount()) ||
      keys.getDimSize(1) != int64_t(llvm::divideCeil(getKeyCount(), kPanelWidth)))
    return emitOpError("expected keys and values of ") << getKeyCount() << " tokens, but got " << keys << ", " << value;
  if (query.getDimSize(2) != getRows().getTotal())
    return emitOpError("expected the row tiles to cover ") << query.getDimSize(2) << " queries";
  if (output.getRank() != 2 || output.getDimSize(1) != query.getDimSize(1) * int64_t(getHeadDim()))
    return emitOpError("expected an output with the heads side by side, but got ") << output;
  if (scores.getRank() != 2 || scores.getDimSize(0) < getRows().getRows() ||
      scores.getDimSize(1) < keys.getDimSize(1) * kPanelWidth)
    return emitOpError("expected scratch for one tile of scores, but got ") << scores;
  return success();
}
int64_t AttentionOp::getTaskCount() {
  return cast<MemRefType>(getQuery().getType()).getDimSize(1) *
         llvm::divideCeil(getRows().getTiles(), getTilesPerTask());
}
int64_t AttentionOp::getFlopCount() {
  auto query = cast<MemRefType>(getQuery().getType());
  return 4 * query.getDimSize(1) * query.getDimSize(2) * int64_t(getKeyCount()) * int64_t(getHeadDim());
}
unsigned AttentionOp::getInputCount() { return getBias() ? 4 : 3; }

int64_t ComputeOp::getTaskCount() { return 1; }
int64_t ComputeOp::getFlopCount() { return getFlops(); }
unsigned ComputeOp::getInputCount() { return getInputs(); }
