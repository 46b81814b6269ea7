//===- Layout.cpp - how values lie in memory ----------------------------------===//
//
// A layout is chosen by what makes a value and what reads it, and recorded in the type of its buffer. What only changes
// the shape of elements that lie behind each other is a view, not a copy.
//
//===----------------------------------------------------------------------===//

#include "Lowering.h"

#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;
using kernel::roundUp;

//===----------------------------------------------------------------------===//
// Layouts
//===----------------------------------------------------------------------===//

/// Whether an op works on rows, as products and norms do: they store whole vectors, and read element by element down
/// the rows of a tile.
static bool isRowOp(Operation *op) {
  return isa_and_present<vit::LinearOp, vit::FusedLinearOp, vit::FusedHeadProjectionOp, vit::FusedPatchEmbeddingOp,
                         vit::FusedAttentionOp, vit::LayerNormOp, vit::SoftmaxOp, vit::MatmulOp, vit::RotaryOp>(op);
}

/// Whether an op makes or reads `PxHxTxd`, whose rows it stores and loads as whole panels.
static bool isHeadOp(Operation *op) {
  return isa_and_present<vit::FusedHeadProjectionOp, vit::FusedAttentionOp, vit::RotaryOp>(op);
}

/// Whether `predicate` holds of what makes a value or of one of its readers, of which some see it through a view.
static bool anyNeighbour(Value value, bool (*predicate)(Operation *)) {
  if (predicate(value.getDefiningOp()))
    return true;
  llvm::SmallPtrSet<Operation *, 8> seen;
  SmallVector<Operation *> open(value.getUsers());
  while (!open.empty()) {
    Operation *user = open.pop_back_val();
    if (!seen.insert(user).second)
      continue;
    if (predicate(user))
      return true;
    if (isa<vit::ReshapeOp, vit::SliceOp>(user))
      open.append(user->user_begin(), user->user_end());
  }
  return false;
}

MemRefType Lowering::activationType(Value value) {
  auto type = cast<RankedTensorType>(value.getType());
  ArrayRef<int64_t> shape = type.getShape();
  int64_t rowStride = shape.empty() ? 1 : shape.back();
  if (shape.size() == 4 && anyNeighbour(value, isHeadOp))
    rowStride = roundUp(rowStride, kPanelWidth);
  else if (shape.size() >= 2 && anyNeighbour(value, isRowOp))
    rowStride = TargetInfo::rowStride(rowStride);
  return kernel::getRowsType(shape, type.getElementType(), rowStride);
}

//===----------------------------------------------------------------------===//
// Views
//===----------------------------------------------------------------------===//

/// Elements between the rows of a buffer.
static int64_t rowStrideOf(MemRefType type) {
  return type.getRank() < 2 ? type.getNumElements() : kernel::getStride(type, type.getRank() - 2);
}

/// The type of elements of `from`, in their order, under another shape; none if they do not lie so.
static std::optional<MemRefType> reshapedType(MemRefType from, ArrayRef<int64_t> shape) {
  int64_t columns = from.getRank() ? from.getShape().back() : 1, stride = rowStrideOf(from);
  bool isOneRow = from.getNumElements() == columns;
  if (shape.empty())
    return std::nullopt;
  if (isOneRow || stride == columns)
    return kernel::getRowsType(shape, from.getElementType(), shape.back());
  if (shape.size() >= 2 && shape.back() == columns)
    return kernel::getRowsType(shape, from.getElementType(), stride);
  return std::nullopt;
}

/// The first dimension that has more than one element.
static int64_t outermost(ArrayRef<int64_t> shape) {
  return llvm::find_if(shape, [](int64_t size) { return size > 1; }) - shape.begin();
}

/// Whether a permutation leaves all dimensions of more than one element in their order.
static bool keepsOrder(ArrayRef<int64_t> permutation, ArrayRef<int64_t> shape) {
  int64_t last = -1;
  for (int64_t dim : permutation) {
    if (shape[dim] == 1)
      continue;
    if (dim < last)
      return false;
    last = dim;
  }
  return true;
}

bool Lowering::lowerAsView(Operation *op) {
  if (!isa<vit::ReshapeOp, vit::SliceOp, vit::TransposeOp>(op))
    return false;
  Value result = op->getResult(0), input = op->getOperand(0);
  // The caller's memory is written; a weight is packed for each reader.
  if (destinations.contains(result) || isWeight(input))
    return false;
  Value buffer = bufferOf(input);
  auto type = cast<MemRefType>(buffer.getType());
  ArrayRef<int64_t> shape = vit::getShape(result);
  int64_t offset = 0;
  std::optional<MemRefType> viewType;
  if (auto slice = dyn_cast<vit::SliceOp>(op)) {
    int64_t dim = slice.getDim();
    // Whole rows, which lie behind each other.
    bool isPart = dim == outermost(type.getShape()) &&
                  (dim + 1 < type.getRank() || type.getNumElements() == type.getShape().back());
    if (!isPart)
      return false;
    bool isRow = dim + 1 == type.getRank();
    offset = int64_t(slice.getOffset()) * kernel::getStride(type, unsigned(dim)) * kernel::getElementBytes(type);
    viewType = kernel::getRowsType(shape, type.getElementType(), isRow ? shape.back() : rowStrideOf(type));
  } else if (auto transpose = dyn_cast<vit::TransposeOp>(op)) {
    if (!keepsOrder(transpose.getPermutation(), type.getShape()))
      return false;
    viewType = reshapedType(type, shape);
  } else {
    viewType = reshapedType(type, shape);
  }
  // Offsets are those of cache lines.
  if (!viewType || !kernel::isAligned(offset))
    return false;
  if (auto inner = buffer.getDefiningOp<kernel::ViewOp>()) {
    offset += int64_t(inner.getOffset());
    buffer = inner.getBuffer();
  }
  if (*viewType == buffer.getType() && offset == 0)
    buffers[result] = buffer;
  else
    buffers[result] = builder.create<kernel::ViewOp>(op->getLoc(), *viewType, buffer, offset);
  return true;
}
