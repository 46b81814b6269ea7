//===- FusedTypeInference.cpp - types of fused ops and windows ---*- C++ -*-===//
//
// As VitTypeInference.cpp, for the ops of VitFusedOps.td and VitWindowOps.td, but for fused ops that share theirs with
// a primitive one.
//
//===----------------------------------------------------------------------===//

#include "TypeInference.h"

using namespace mlir;
using namespace vitc::vit;
using namespace vitc::vit::detail;

//===----------------------------------------------------------------------===//
// Windows
//===----------------------------------------------------------------------===//

LogicalResult WindowPartitionOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                  Types &types) {
  Reporter reporter(location, getOperationName());
  WindowsAttr windows = adaptor.getWindows();
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 3)))
    return failure();
  ShapeRef input = getShape(adaptor.getInput());
  if (input.take_front(2) != windows.getMap())
    return reporter.fail("expected input of the map's [", windows.getMap(), "] pixels, but got ",
                         adaptor.getInput().getType());
  return succeedWith(types, {windows.getSequences(), windows.getTokens(), input[2]}, adaptor.getInput());
}

LogicalResult WindowMergeOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                              Types &types) {
  Reporter reporter(location, getOperationName());
  WindowsAttr windows = adaptor.getWindows();
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 3)))
    return failure();
  ShapeRef input = getShape(adaptor.getInput());
  if (input[0] != windows.getSequences() || input[1] != windows.getTokens())
    return reporter.fail("expected input of ", windows.getSequences(), " windows of ", windows.getTokens(),
                         " pixels, but got ", adaptor.getInput().getType());
  return succeedWith(types, {windows.getMap()[0], windows.getMap()[1], input[2]}, adaptor.getInput());
}

/// The distances of tokens of a grid: of rows, then of columns.
static std::pair<int64_t, int64_t> distancesOf(ShapeRef grid) { return {2 * grid[0] - 1, 2 * grid[1] - 1}; }

LogicalResult DecomposedPositionsOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                      Types &types) {
  Reporter reporter(location, getOperationName());
  Value query = adaptor.getQuery(), rows = adaptor.getRows(), columns = adaptor.getColumns();
  ShapeRef shape = getShape(query), grid = adaptor.getGrid();
  if (shape.size() < 2)
    return reporter.fail("expected query of rank 2 or more, but got ", query.getType());
  if (failed(expectRank(reporter, "rows", rows, 2)) || failed(expectRank(reporter, "columns", columns, 2)))
    return failure();
  if (getShape(rows)[1] != shape.back() || getShape(columns)[1] != shape.back())
    return reporter.fail("expected rows and columns of ", shape.back(), " features (the query's), but got ",
                         rows.getType(), " and ", columns.getType());
  int64_t tokens = shape[shape.size() - 2];
  if (failed(expectGrid(reporter, "grid", grid)))
    return failure();
  if (grid[0] * grid[1] != tokens)
    return reporter.about("grid").fail("expected a grid of ", tokens, " tokens (the query's), but got [", grid, "]");
  auto [ofRows, ofColumns] = distancesOf(grid);
  if (getShape(rows)[0] != ofRows || getShape(columns)[0] != ofColumns)
    return reporter.fail("expected ", ofRows, " rows and ", ofColumns, " columns (the distances in a grid of [", grid,
                         "]), but got ", rows.getType(), " and ", columns.getType());
  llvm::SmallVector<int64_t> result(shape);
  result.back() = tokens;
  return succeedWith(types, result, query);
}

LogicalResult WeightContinuousPositionsOp::inferReturnTypes(MLIRContext *, std::optional<Location> location,
                                                            Adaptor adaptor, Types &types) {
  Reporter reporter(location, getOperationName());
  ShapeRef window = adaptor.getWindow(), trained = adaptor.getTrained();
  if (failed(expectRank(reporter, "first", adaptor.getFirst(), 2)) ||
      failed(expectRank(reporter, "second", adaptor.getSecond(), 2)))
    return failure();
  ShapeRef first = getShape(adaptor.getFirst()), second = getShape(adaptor.getSecond());
  if (first[1] != 2 || second[1] != first[0])
    return reporter.fail("expected a first layer of two columns and a second one of its rows, but got ",
                         adaptor.getFirst().getType(), " and ", adaptor.getSecond().getType());
  if (failed(expectVector(reporter, "bias", adaptor.getBias(), first[0], "the first layer's rows")) ||
      failed(expectGrid(reporter, "window", window)) || failed(expectGrid(reporter, "trained", trained)))
    return failure();
  for (size_t axis : {0, 1})
    if (window[axis] > 1 && trained[axis] == 1)
      return reporter.about("trained").fail("expected sizes above 1 where the window's are, but got [", trained,
                                            "] for [", window, "]");
  return succeedWith(types, {(2 * window[0] - 1) * (2 * window[1] - 1), second[0]}, adaptor.getFirst());
}

LogicalResult WeightExpOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                            Types &types) {
  if (!adaptor.getMost().isFinite())
    return Reporter(location, getOperationName()).about("most").fail("expected a finite limit");
  return succeedWith(types, getShape(adaptor.getInput()), adaptor.getInput());
}

//===----------------------------------------------------------------------===//
// Fused ops
//===----------------------------------------------------------------------===//

LogicalResult FusedPatchEmbeddingOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                      Types &types) {
  Reporter reporter(location, getOperationName());
  if (failed(expectRank(reporter, "image", adaptor.getImage(), 3)) ||
      failed(expectRank(reporter, "weight", adaptor.getWeight(), 4)) ||
      failed(expectRank(reporter, "addend", adaptor.getAddend(), 2)))
    return failure();
  ShapeRef image = getShape(adaptor.getImage()), weight = getShape(adaptor.getWeight()),
           addend = getShape(adaptor.getAddend());
  if (weight[1] != image[0])
    return reporter.fail("expected weight for ", image[0], " channels (the image's), but got ",
                         adaptor.getWeight().getType());
  if (image[1] % weight[2] != 0 || image[2] % weight[3] != 0)
    return reporter.fail("expected patches that divide the image of ", image[1], "x", image[2], ", but got ", weight[2],
                         "x", weight[3]);
  int64_t patches = (image[1] / weight[2]) * (image[2] / weight[3]);
  if (addend[0] < patches || addend[1] != weight[0])
    return reporter.fail("expected addend of at least ", patches, " tokens (the patches) of ", weight[0],
                         " features, but got ", adaptor.getAddend().getType());
  return succeedWith(types, addend, adaptor.getImage());
}

LogicalResult FusedHeadProjectionOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                      Types &types) {
  Reporter reporter(location, getOperationName());
  llvm::SmallVector<int64_t> product;
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 2)) ||
      failed(inferLinear(reporter, adaptor.getInput(), adaptor.getWeight(), adaptor.getBias(), product)))
    return failure();
  int64_t parts = adaptor.getParts(), heads = adaptor.getNumHeads(), rows = product[1];
  if (parts < 1 || heads < 1)
    return reporter.fail("expected parts and num_heads to be at least 1, but got ", parts, " and ", heads);
  if (parts > rows || heads > rows || rows % (parts * heads) != 0)
    return reporter.fail("expected parts times num_heads to divide the weight's ", rows, " rows, but got ", parts,
                         " times ", heads);
  int64_t sequences = adaptor.getSequences(), tokens = 0;
  if (WindowsAttr windows = adaptor.getWindowsAttr()) {
    if (windows.getSequences() != sequences || windows.getMap()[0] * windows.getMap()[1] != product[0])
      return reporter.about("windows").fail("expected ", sequences, " windows of a map of ", product[0],
                                            " pixels, but got ", windows);
    tokens = windows.getTokens();
  } else if (sequences < 1 || product[0] % sequences != 0) {
    return reporter.fail("expected sequences that divide the input's ", product[0], " rows, but got ", sequences);
  } else {
    tokens = product[0] / sequences;
  }
  return succeedWith(types, {parts, sequences * heads, tokens, rows / (parts * heads)}, adaptor.getInput());
}

LogicalResult FusedAttentionOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                                 Types &types) {
  Reporter reporter(location, getOperationName());
  Value query = adaptor.getQuery(), key = adaptor.getKey(), value = adaptor.getValue();
  if (failed(expectRank(reporter, "query", query, 4)) || failed(expectRank(reporter, "key", key, 4)) ||
      failed(expectRank(reporter, "value", value, 4)))
    return failure();
  ShapeRef queryShape = getShape(query), keyShape = getShape(key), valueShape = getShape(value);
  if (queryShape[1] != keyShape[1] || queryShape[1] != valueShape[1])
    return reporter.fail("expected query, key and value of the same number of heads, but got ", queryShape[1], ", ",
                         keyShape[1], " and ", valueShape[1]);
  if (queryShape[3] != keyShape[3])
    return reporter.fail("expected query and key with the same features of a head, but got ", queryShape[3], " and ",
                         keyShape[3]);
  if (keyShape[2] != valueShape[2])
    return reporter.fail("expected key and value with the same tokens, but got ", keyShape[2], " and ", valueShape[2]);

  std::tuple<llvm::StringRef, int64_t, int64_t> partsOf[] = {{"query_part", adaptor.getQueryPart(), queryShape[0]},
                                                             {"key_part", adaptor.getKeyPart(), keyShape[0]},
                                                             {"value_part", adaptor.getValuePart(), valueShape[0]}};
  for (auto [name, part, parts] : partsOf)
    if (part < 0 || part >= parts)
      return reporter.fail("expected ", name, " to be one of ", parts, " parts, but got ", part);

  int64_t sequences = adaptor.getSequences();
  if (sequences < 1 || queryShape[1] % sequences != 0)
    return reporter.fail("expected sequences that divide ", queryShape[1], " heads, but got ", sequences);
  int64_t heads = queryShape[1] / sequences;
  if (failed(expectVector(reporter, "factors", adaptor.getFactors(), heads, "the heads")))
    return failure();
  WindowsAttr windows = adaptor.getWindowsAttr();
  if (windows && (windows.getSequences() != sequences || windows.getTokens() != queryShape[2]))
    return reporter.about("windows").fail("expected ", sequences, " windows of ", queryShape[2], " pixels, but got ",
                                          windows);
  if (Value bias = adaptor.getBias()) {
    int64_t groups = windows ? 4 : sequences, scores[] = {groups, heads, queryShape[2], keyShape[2]};
    ShapeRef biasShape = getShape(bias), aligned = ShapeRef(scores).take_back(std::min<size_t>(biasShape.size(), 4));
    bool broadcasts = biasShape.size() <= 4;
    for (size_t axis = 0; broadcasts && axis < biasShape.size(); ++axis)
      broadcasts = biasShape[axis] == 1 || biasShape[axis] == aligned[axis];
    if (!broadcasts)
      return reporter.fail("expected bias that broadcasts to ", groups > 1 ? std::to_string(groups) + "x" : "", heads,
                           "x", scores[2], "x", scores[3], " (the scores), but got ", bias.getType());
  }
  Value positions = adaptor.getPositions();
  if (bool(positions) != bool(adaptor.getGrid()))
    return reporter.fail("expected positions and their grid, or none of both");
  if (positions) {
    ShapeRef grid = *adaptor.getGrid();
    if (failed(expectRank(reporter, "positions", positions, 2)) || failed(expectGrid(reporter, "grid", grid)))
      return failure();
    if (grid[0] * grid[1] != queryShape[2] || queryShape[2] != keyShape[2])
      return reporter.about("grid").fail("expected a grid of both ", queryShape[2], " queries and ", keyShape[2],
                                         " keys, but got [", grid, "]");
    auto [ofRows, ofColumns] = distancesOf(grid);
    if (getShape(positions) != ShapeRef({ofRows + ofColumns, queryShape[3]}))
      return reporter.fail("expected positions of ", ofRows + ofColumns, "x", queryShape[3],
                           " (the distances in the grid, and the query's features), but got ", positions.getType());
  }
  int64_t rows = windows ? windows.getMap()[0] * windows.getMap()[1] : sequences * queryShape[2];
  return succeedWith(types, {rows, heads * valueShape[3]}, query);
}

LogicalResult FusedLinearOp::inferReturnTypes(MLIRContext *, std::optional<Location> location, Adaptor adaptor,
                                              Types &types) {
  Reporter reporter(location, getOperationName());
  llvm::SmallVector<int64_t> shape;
  if (failed(expectRank(reporter, "input", adaptor.getInput(), 2)) ||
      failed(inferLinear(reporter, adaptor.getInput(), adaptor.getWeight(), adaptor.getBias(), shape)))
    return failure();
  if (Value residual = adaptor.getResidual(); residual && getShape(residual) != ShapeRef(shape))
    return reporter.fail("expected residual of ", shape[0], "x", shape[1], " (the result), but got ",
                         residual.getType());
  return succeedWith(types, shape, adaptor.getInput());
}
