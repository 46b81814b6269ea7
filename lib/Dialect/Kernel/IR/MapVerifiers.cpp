//===- MapVerifiers.cpp - constraints of ops on channels-last maps ------------===//
//
// Convolutions, pooling, resizing and windows. Numbers in comments are those of KernelMapOps.td.
//
//===----------------------------------------------------------------------===//

#include "Verifiers.h"

using namespace mlir;
using namespace vitc::kernel;
using namespace vitc::kernel::detail;

static bool areWithin(ArrayRef<int64_t> numbers, size_t count, int64_t least) {
  return numbers.size() == count &&
         llvm::all_of(numbers, [&](int64_t number) { return number >= least && number <= kMaxElements; });
}

LogicalResult Conv2dOp::verify() {
  MemRefType input = bufferType(getInput()), filters = bufferType(getFilters()), output = bufferType(getOutput());
  // 1
  if (input.getRank() != 3 || output.getRank() != 3 || filters.getRank() != (getWindow() ? 3 : 4))
    return emitOpError(
               "expected input and output of rank 3 and filters of rank 4, or in panels with a window, but got ")
           << input << ", " << output << ", " << filters;
  // 2
  if (!areWithin(getStride(), 2, 1) || !areWithin(getDilation(), 2, 1) || !areWithin(getPadding(), 4, 0))
    return emitOpError("expected two strides, four paddings and two dilations, but got [")
           << getStride() << "], [" << getPadding() << "] and [" << getDilation() << "]";
  // 11
  if (getChannelsFirst() && !getWindow())
    return emitOpError("expected channels_first with a window only");
  // 10
  int64_t groups = getGroups(), outputs = output.getDimSize(2);
  if (getWindow()) {
    if (!areWithin(*getWindow(), 2, 1) || groups != 1)
      return emitOpError("expected a window of two sizes and one group, but got [")
             << *getWindow() << "] and " << groups;
    uint64_t depth =
        llvm::SaturatingMultiply(llvm::SaturatingMultiply(uint64_t((*getWindow())[0]), uint64_t((*getWindow())[1])),
                                 uint64_t(getInputChannels()));
    if (depth > uint64_t(kMaxElements) || filters.getDimSize(0) != panelsOf(outputs))
      return emitOpError("expected filters in panels of ") << outputs << " outputs, but got " << filters;
    if (failed(verifyPanels(*this, getFilters(), int64_t(depth))))
      return failure();
  }
  // 3
  if (outputs % groups != 0 || getInputChannels() % groups != 0 ||
      (!getWindow() && getInputChannels() / groups != filters.getDimSize(2)))
    return emitOpError("expected ") << groups << " groups that divide inputs and outputs, but got " << filters;
  // 4
  if (!getWindow() && (filters.getDimSize(3) != roundUp(outputs, kPanelWidth) || !filters.getLayout().isIdentity()))
    return emitOpError("expected filters of ") << outputs << " outputs padded to whole panels, but got " << filters;
  // 5
  for (unsigned axis = 0; axis < 2; ++axis) {
    uint64_t extent =
        llvm::SaturatingMultiplyAdd(uint64_t(getFilterSize(axis) - 1), uint64_t(getDilation()[axis]), uint64_t(1));
    uint64_t padded = getInputSize(axis) + getPadding()[axis] + getPadding()[axis + 2];
    if (extent > padded || (padded - extent) / getStride()[axis] + 1 != uint64_t(output.getDimSize(axis)))
      return emitOpError("expected an output of the size that follows in dimension ") << axis << ", but got " << output;
  }
  // 6
  if (failed(verifyBias(*this, getBias(), outputs)))
    return failure();
  // 9
  if (failed(verifyResidual(*this, getResidual(), output)))
    return failure();
  // 7
  return verifyOutput(*this);
}

LogicalResult WinogradConv2dOp::verify() {
  MemRefType input = bufferType(getInput()), output = bufferType(getOutput());
  // 1
  if (input.getRank() != 3 || output.getRank() != 3)
    return emitOpError("expected input and output of rank 3, but got ") << input << ", " << output;
  // 2
  if (!areWithin(getPadding(), 4, 0) || llvm::any_of(getPadding(), [](int64_t padding) { return padding > 2; }))
    return emitOpError("expected four paddings from 0 to 2, but got [") << getPadding() << "]";
  // 3
  if (getTile() != 2 && getTile() != 4)
    return emitOpError("expected a tile of 2 or 4, but got ") << int64_t(getTile());
  // 4
  int64_t positions = int64_t(getTile() + 2) * int64_t(getTile() + 2), channels = input.getDimSize(2);
  int64_t outputs = output.getDimSize(2);
  if (bufferType(getFilters()).getRank() != 3 || bufferType(getFilters()).getDimSize(0) != panelsOf(outputs))
    return emitOpError("expected filters in panels of ") << outputs << " outputs, but got " << getFilters().getType();
  if (failed(verifyPanels(*this, getFilters(), positions * channels)))
    return failure();
  // 5
  for (unsigned axis = 0; axis < 2; ++axis)
    if (input.getDimSize(axis) + getPadding()[axis] + getPadding()[axis + 2] - 2 != output.getDimSize(axis))
      return emitOpError("expected an output of the size that follows in dimension ") << axis << ", but got " << output;
  // 6
  if (failed(verifyBias(*this, getBias(), outputs)))
    return failure();
  // 7
  if (llvm::is_contained(getOperands().take_front(getInputCount()), getOutput()))
    return emitOpError("expected an output that is no input");
  // 8
  if (failed(verifyResidual(*this, getResidual(), output)))
    return failure();
  // 9
  ScheduleAttr schedule = getScheduleAttr();
  if (bool(getScratch()) != bool(schedule) || bool(getPanelsPerTask()) != bool(schedule))
    return emitOpError("expected a schedule, panels_per_task and scratch, or none of them");
  if (!schedule)
    return success();
  if (failed(verifySchedule(*this, schedule, getTileCount(0) * getTileCount(1), /*hasTilesPerTask=*/true,
                            /*hasK=*/true)))
    return failure();
  if (int64_t(*getPanelsPerTask()) % schedule.getColumnPanels() != 0)
    return emitOpError("expected panels_per_task to be a multiple of ")
           << schedule.getColumnPanels() << ", but got " << int64_t(*getPanelsPerTask());
  // 10
  MemRefType scratch = bufferType(getScratch());
  if (!getScratch().getDefiningOp<ScratchOp>() || scratch.getRank() != 3 || scratch.getDimSize(0) < getBlockTiles() ||
      scratch.getDimSize(1) != positions ||
      scratch.getDimSize(2) < roundUp(channels, kPanelWidth) + getPassPanels() * kPanelWidth)
    return emitOpError("expected scratch for the inputs and sums of ")
           << getBlockTiles() << " tiles, but got " << scratch;
  return success();
}

LogicalResult Pool2dOp::verify() {
  MemRefType input = bufferType(getInput()), output = bufferType(getOutput());
  // 1
  if (input.getRank() != 3 || output.getRank() != 3 || input.getDimSize(2) != output.getDimSize(2))
    return emitOpError("expected input and output of rank 3 and equal channels, but got ")
           << input << " and " << output;
  // 2
  if (!areWithin(getWindow(), 2, 1) || !areWithin(getStride(), 2, 1) || !areWithin(getDilation(), 2, 1) ||
      !areWithin(getPadding(), 4, 0))
    return emitOpError("expected two sizes, two strides, four paddings and two dilations, but got [")
           << getWindow() << "], [" << getStride() << "], [" << getPadding() << "] and [" << getDilation() << "]";
  // 3
  for (unsigned axis = 0; axis < 2; ++axis) {
    uint64_t size = input.getDimSize(axis), before = getPadding()[axis];
    uint64_t extent =
        llvm::SaturatingMultiplyAdd(uint64_t(getWindow()[axis] - 1), uint64_t(getDilation()[axis]), uint64_t(1));
    uint64_t last = llvm::SaturatingMultiply(uint64_t(output.getDimSize(axis) - 1), uint64_t(getStride()[axis]));
    if (before >= extent || last >= size + before)
      return emitOpError("expected windows that meet the input in dimension ") << axis << ", but got " << output;
  }
  // 4
  return verifyOutput(*this);
}

LogicalResult Resize2dOp::verify() {
  MemRefType input = bufferType(getInput()), output = bufferType(getOutput());
  // 1
  if (input.getRank() != 3 || output.getRank() != 3 || input.getDimSize(2) != output.getDimSize(2))
    return emitOpError("expected input and output of rank 3 and equal channels, but got ")
           << input << " and " << output;
  // 2
  for (unsigned axis = 0; axis < 2; ++axis) {
    MemRefType table = bufferType(axis == 0 ? getRows() : getColumns());
    if (table.getRank() != 2 || table.getDimSize(0) != output.getDimSize(axis) || table.getDimSize(1) < 2 ||
        table.getDimSize(1) > input.getDimSize(axis) + 1)
      return emitOpError("expected the first of 1 to ")
             << input.getDimSize(axis) << " neighbours and their factors for each of " << output.getDimSize(axis)
             << (axis == 0 ? " rows" : " columns") << ", but got " << table;
  }
  // 3
  if (failed(verifyOutput(*this)))
    return failure();
  // 4
  return verifyResidual(*this, getResidual(), output);
}

LogicalResult WindowsOp::verify() {
  MemRefType map = bufferType(getInput()), cut = bufferType(getOutput());
  if (getMerges())
    std::swap(map, cut);
  vit::WindowsAttr windows = getWindows();
  // 1
  const int64_t sizes[] = {windows.getSequences(), windows.getTokens()};
  if (map.getRank() != 3 || cut.getRank() != 3 || map.getDimSize(2) != cut.getDimSize(2) ||
      map.getShape().take_front(2) != windows.getMap() || cut.getShape().take_front(2) != ArrayRef(sizes))
    return emitOpError("expected a map of [")
           << windows.getMap() << "] and " << sizes[0] << " windows of " << sizes[1]
           << " pixels of the same channels, but got " << getInput().getType() << " and " << getOutput().getType();
  // 2
  return verifyOutput(*this);
}
