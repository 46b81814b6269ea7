//===- BufferVerifiers.cpp - the constraints of attributes and buffers --------===//
//
// Numbers in comments are those of KernelOps.td. What stands there and not here is checked by ODS.
//
//===----------------------------------------------------------------------===//

#include "vitc/Dialect/Kernel/IR/KernelOps.h"

using namespace mlir;
using namespace vitc::kernel;

static MemRefType bufferType(Value value) { return cast<MemRefType>(value.getType()); }

LogicalResult RowTilesAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t count, int64_t rows,
                                   int64_t restCount, int64_t restRows) {
  constexpr int64_t kMaxRows = 64, kMaxTiles = int64_t(1) << 40;
  // 1
  if (count < 1 || rows < 1 || restCount < 0 || restRows < 0)
    return emitError() << "expected at least one tile of at least one row, and no negative number";
  if ((restCount == 0) != (restRows == 0))
    return emitError() << "expected the number and the rows of the remaining tiles to be both zero or both positive";
  // 2
  if (std::max(rows, restRows) > kMaxRows)
    return emitError() << "expected tiles of at most " << kMaxRows << " rows, but got " << std::max(rows, restRows);
  if (count > kMaxTiles || restCount > kMaxTiles - count)
    return emitError() << "expected at most " << kMaxTiles << " tiles";
  return success();
}

LogicalResult ScheduleAttr::verify(function_ref<InFlightDiagnostic()> emitError, RowTilesAttr rows,
                                   int64_t columnPanels, int64_t tilesPerTask, int64_t kBlock, int64_t kUnroll) {
  constexpr int64_t kMaxPanels = 16, kMaxUnroll = 64;
  // 1
  if (columnPanels < 1 || columnPanels > kMaxPanels)
    return emitError() << "expected 1 to " << kMaxPanels << " panels, but got " << columnPanels;
  if (kUnroll > kMaxUnroll)
    return emitError() << "expected a k_unroll of at most " << kMaxUnroll << ", but got " << kUnroll;
  // 2
  if (tilesPerTask < 0 || kBlock < 0 || kUnroll < 0)
    return emitError() << "expected no negative number";
  return success();
}

LogicalResult IndexCheckAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t size,
                                     ArrayRef<int64_t> shape, StringRef) {
  constexpr int64_t kMaxElements = int64_t(1) << 40;
  // 1
  int64_t elements = 1;
  for (int64_t dim : shape) {
    if (dim < 1 || dim > kMaxElements / elements)
      return emitError() << "expected a shape of 1 to " << kMaxElements << " elements";
    elements *= dim;
  }
  if (size < 1 || size > kMaxElements)
    return emitError() << "expected a dimension of 1 to " << kMaxElements << ", but got " << size;
  return success();
}

LogicalResult PanelsAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t width, Type element,
                                 int64_t interleave) {
  // 1
  if (width != kPanelWidth)
    return emitError() << "expected panels of " << kPanelWidth << " columns, but got " << width;
  // 2
  if (!element.isF32() && !element.isBF16() && !element.isSignlessInteger(8))
    return emitError() << "expected panels of f32, bf16 or i8, but got " << element;
  // 3
  if (interleave != 1 && interleave != 2 && interleave != 4)
    return emitError() << "expected an interleave of 1, 2 or 4, but got " << interleave;
  return success();
}

LogicalResult AccessAttr::verify(function_ref<InFlightDiagnostic()> emitError, int64_t offset,
                                 ArrayRef<int64_t> strides) {
  // 1
  auto isOutside = [](int64_t number) { return number < 0 || number > kMaxElements; };
  if (isOutside(offset) || llvm::any_of(strides, isOutside))
    return emitError() << "expected an offset and strides from 0 to " << kMaxElements;
  return success();
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

LogicalResult PackOp::verify() {
  RankedTensorType source = cast<RankedTensorType>(getSource().getType());
  MemRefType buffer = getBuffer();
  // 1
  if (!vit::isWeight(getSource()))
    return emitOpError("expected the result of a weight op");
  Type element = source.getElementType();
  if (buffer.getElementType() != element || (getPanels() && getPanels()->getElement() != element))
    return emitOpError("expected the tensor's element type, ") << element << ", but got " << buffer;
  // 2
  if (!getPanels()) {
    if (getGroup())
      return emitOpError("expected no group with layout rows");
    if (source.getRank() == 0 || source.getRank() != buffer.getRank() ||
        source.getShape().drop_back() != buffer.getShape().drop_back() ||
        buffer.getShape().back() < source.getShape().back())
      return emitOpError("expected the tensor's shape with its last dimension padded, but got ") << buffer;
    return success();
  }
  // 3
  int64_t group = getGroup() ? int64_t(*getGroup()) : 0;
  if (source.getRank() != 2 || group < 1 || source.getDimSize(0) % group != 0)
    return emitOpError("expected a matrix and a group that divides its rows, but got ") << source;
  // 4
  MemRefType expected = getPanels()->getBufferType(source.getDimSize(0), group, source.getDimSize(1));
  if (buffer != expected)
    return emitOpError("expected ") << expected.getDimSize(0) << " panels of depth " << source.getDimSize(1) << ", "
                                    << expected << ", but got " << buffer;
  return success();
}

LogicalResult ViewOp::verify() {
  MemRefType buffer = bufferType(getBuffer()), view = bufferType(getResult());
  // 1
  if (getBuffer().getDefiningOp<ViewOp>() || getBuffer().getDefiningOp<ScratchOp>())
    return emitOpError("expected a buffer that is no view and no scratch");
  // 2
  if (buffer.getElementType() != view.getElementType())
    return emitOpError("expected the buffer's element type, ") << buffer.getElementType() << ", but got " << view;
  // 3
  if (int64_t(getOffset()) > getByteSize(buffer) - getByteSize(view))
    return emitOpError("at ") << getOffset() << " of " << getByteSize(view) << " bytes ends beyond the buffer's "
                              << getByteSize(buffer);
  return success();
}

LogicalResult WeightOp::verifySymbolUses(SymbolTableCollection &symbols) {
  // 1
  auto pack = symbols.lookupNearestSymbolFrom<PackOp>(*this, getPackAttr());
  if (!pack)
    return emitOpError("expected '") << getPack() << "' to be a kernel.pack";
  // 2
  if (pack.getBuffer() != getBuffer().getType())
    return emitOpError("expected the type of '") << getPack() << "', " << pack.getBuffer();
  return success();
}
