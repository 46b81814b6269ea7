//===- HeadVerifiers.cpp - the constraints of steps on heads ------------------===//
//
// Numbers in comments are those of KernelHeadOps.td. What stands there and not here is checked by ODS.
//
//===----------------------------------------------------------------------===//

#include "Verifiers.h"

using namespace mlir;
using namespace vitc::kernel;
using namespace vitc::kernel::detail;

/// Checks that a part number is one of those of `PxHxTxd`.
static LogicalResult verifyPart(Operation *op, StringRef name, uint64_t part, Value heads) {
  int64_t parts = bufferType(heads).getDimSize(0);
  if (int64_t(part) >= 0 && int64_t(part) < parts)
    return success();
  return op->emitOpError("expected ") << name << " from 0 to " << parts - 1 << ", but got " << int64_t(part);
}

LogicalResult RotaryOp::verify() {
  MemRefType input = bufferType(getInput()), table = bufferType(getTable()), output = bufferType(getOutput());
  // 1
  if (input.getRank() < 2 || input.getShape() != output.getShape())
    return emitOpError("expected an input and an output of rank 2 or more and one shape, but got ")
           << input << ", " << output;
  int64_t features = input.getShape().back(), tokens = input.getDimSize(input.getRank() - 2);
  if (features % 2 != 0)
    return emitOpError("expected an even number of features, but got ") << features;
  // 2
  bool isTable = table.getRank() == 3 && table.getDimSize(0) == 2 && table.getDimSize(1) <= tokens;
  if (!isTable || (table.getDimSize(2) != features / 2 && !hasEntryForFeature()))
    return emitOpError("expected a table of 2xNx")
           << features / 2 << (getInterleaved() ? ", or with an entry for every feature," : "") << " with N up to "
           << tokens << ", but got " << table;
  return success();
}

/// Whether a buffer is keys of heads in panels.
static bool isKeys(MemRefType type, int64_t heads, int64_t tokens, int64_t features) {
  if (!type.getElementType().isBF16())
    return type.getShape() == ArrayRef<int64_t>({heads, panelsOf(tokens), features, kPanelWidth});
  return features % 2 == 0 &&
         type.getShape() == ArrayRef<int64_t>({heads, panelsOf(tokens), features / 2, kPanelWidth, 2});
}

/// Whether a buffer is values of heads in panels of bf16.
static bool isValues(MemRefType type, int64_t heads, int64_t tokens, int64_t features) {
  return type.getElementType().isBF16() &&
         type.getShape() ==
             ArrayRef<int64_t>({heads, panelsOf(features), int64_t(llvm::divideCeil(tokens, 2)), kPanelWidth, 2});
}

/// Checks the heads of which an op packs a part.
template <typename Op> static LogicalResult verifyHeads(Op op) {
  MemRefType input = bufferType(op.getInput());
  // 1
  if (input.getRank() != 4 || !hasRoomForPanels(input))
    return op.emitOpError("expected an input of rank 4 whose rows have room for whole panels, but got ") << input;
  // 2
  return verifyPart(op, "part", op.getPart(), op.getInput());
}

LogicalResult PackValuesOp::verify() {
  MemRefType input = bufferType(getInput()), output = bufferType(getOutput());
  if (failed(verifyHeads(*this)))
    return failure();
  // 3
  if (!isValues(output, input.getDimSize(1), input.getDimSize(2), input.getDimSize(3)))
    return emitOpError("expected values of every head in panels of bf16, but got ") << output;
  return success();
}

LogicalResult PackKeysOp::verify() {
  MemRefType input = bufferType(getInput()), output = bufferType(getOutput());
  if (failed(verifyHeads(*this)))
    return failure();
  // 3
  if (!isKeys(output, input.getDimSize(1), input.getDimSize(2), input.getDimSize(3)))
    return emitOpError("expected keys of every head in panels, but got ") << output;
  if (getOutput() == getInput())
    return emitOpError("expected an output that is not the input");
  return success();
}

LogicalResult AttentionOp::verify() {
  MemRefType query = bufferType(getQuery()), keys = bufferType(getKeys()), value = bufferType(getValue());
  MemRefType output = bufferType(getOutput());
  int64_t keyCount = getKeyCount(), keyPanels = panelsOf(keyCount);
  const int64_t headDim = getHeadDim();
  // 1
  if (query.getRank() != 4 || (!isOfBf16() && (value.getRank() != 4 || query.getDimSize(1) != value.getDimSize(1))))
    return emitOpError("expected query and value of rank 4 with the same heads, but got ") << query << ", " << value;
  int64_t heads = query.getDimSize(1), queries = query.getDimSize(2);
  // 2
  const bool areValues =
      isOfBf16() ? isValues(value, heads, keyCount, headDim) && getValuePart() == 0 : value.getDimSize(2) == keyCount;
  if (!isKeys(keys, heads, keyCount, query.getDimSize(3)) || !areValues)
    return emitOpError("expected keys and values of ") << keyCount << " tokens, but got " << keys << ", " << value;
  // 3
  if (failed(verifyPart(*this, "query_part", getQueryPart(), getQuery())) ||
      (!isOfBf16() && failed(verifyPart(*this, "value_part", getValuePart(), getValue()))))
    return failure();
  // 4
  if (!isOfBf16() && (headDim != value.getDimSize(3) || !hasRoomForPanels(value)))
    return emitOpError("expected values of ")
           << headDim << " features in rows with room for whole panels, but got " << value;
  if (isOfBf16() && !hasRoomForPanels(query))
    return emitOpError("expected a query in rows with room for whole panels, but got ") << query;
  // 5
  if (failed(verifySchedule(*this, getScheduleAttr(), queries, /*hasTilesPerTask=*/true, /*hasK=*/false)))
    return failure();
  // 7
  if (output.getRank() != 2 || (!getWindows() && output.getDimSize(0) % queries != 0) || heads % getSequences() != 0 ||
      output.getDimSize(1) != heads / getSequences() * headDim)
    return emitOpError("expected an output with the heads side by side, but got ") << output;
  int64_t sequences = getSequences();
  heads /= sequences;
  // 11
  if (vit::WindowsAttr windows = getWindowsAttr();
      windows && (windows.getTokens() != queries || output.getDimSize(0) != windows.getMap()[0] * windows.getMap()[1]))
    return emitOpError("expected windows of ")
           << queries << " pixels and a row of output for each of the map's, but got " << windows << " and " << output;
  // 10
  if (getFactors() && bufferType(getFactors()).getShape() != ArrayRef(heads))
    return emitOpError("expected factors of ") << heads << " heads, but got " << getFactors().getType();
  // 12
  if (bool(getPositions()) != bool(getGrid()))
    return emitOpError("expected positions and their grid, or neither");
  if (getPositions()) {
    ArrayRef<int64_t> grid = *getGrid();
    if (grid.size() != 2 || grid[0] < 1 || grid[1] < 1 || queries != keyCount || queries % grid[0] != 0 ||
        queries / grid[0] != grid[1])
      return emitOpError("expected a grid of as many tokens as there are queries and keys, but got [") << grid << "]";
    if (failed(verifyPanels(*this, getPositions(), query.getDimSize(3))))
      return failure();
    if (bufferType(getPositions()).getDimSize(0) != panelsOf(2 * (grid[0] + grid[1]) - 2))
      return emitOpError("expected positions of the grid's ")
             << 2 * (grid[0] + grid[1]) - 2 << " distances, but got " << getPositions().getType();
  }
  // 6
  if (getBias()) {
    ArrayRef<int64_t> shape = bufferType(getBias()).getShape();
    const int64_t groups = getWindows() ? 4 : sequences, full[] = {groups, heads, queries};
    bool isValid = !shape.empty() && shape.size() <= 4 &&
                   (shape.back() == 1 || shape.back() == keyCount || shape.back() == keyPanels * kPanelWidth);
    for (size_t dim = 0; isValid && dim + 1 < shape.size(); ++dim)
      isValid = shape[dim] == 1 || shape[dim] == full[dim + 4 - shape.size()];
    if (!isValid)
      return emitOpError("expected a bias that broadcasts to ")
             << (groups > 1 ? std::to_string(groups) + "x" : "") << heads << "x" << queries << "x" << keyCount
             << ", its columns maybe padded to whole panels, but got " << getBias().getType();
  }
  // 7
  if (llvm::is_contained(getOperands().take_front(getInputCount()), getOutput()))
    return emitOpError("expected an output that is no input");
  // 8
  if (bool(getScores()) != bool(getScheduleAttr()))
    return emitOpError("expected a schedule and scratch for scores, or neither");
  if (ScheduleAttr schedule = getScheduleAttr()) {
    MemRefType scores = bufferType(getScores());
    if (!getScores().getDefiningOp<ScratchOp>() || scores.getRank() != 2 ||
        scores.getDimSize(0) < schedule.getRows().getMostRows() || scores.getDimSize(1) < getScoreColumns())
      return emitOpError("expected scratch for one tile of scores, but got ") << scores;
  }
  // 9
  if (!getScale().isFinite())
    return emitOpError("expected a scale that is finite, but got ") << getScaleAttr();
  return success();
}
