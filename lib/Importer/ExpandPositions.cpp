//===- ExpandPositions.cpp - positions of tokens ----------------*- C++ -*-===//

#include "ExpandNodes.h"

#include <cmath>

using namespace mlir;
using namespace vitc;

/// Sines and cosines of sinusoids (2 x N x angles) that stand in the other order.
static Value sinesFirst(VitBuilder &b, Value sinusoids) {
  return b.weightConcat({b.weightSlice(sinusoids, 0, 1, 1), b.weightSlice(sinusoids, 0, 0, 1)}, 0);
}

/// The sine of angles from a quarter of a turn below 0 to a quarter above a turn, to double precision.
static Value sineOf(VitBuilder &b, Value angle) {
  constexpr double half = 3.14159265358979323846, quarter = half / 2;
  // sin a = -sin t with t = a - pi, and sin t = sin u where u is t, mirrored at the quarters.
  Value t = b.add(angle, b.weightFill(-half, {1}));
  Value above = b.activation(b.add(t, b.weightFill(-quarter, {1})), "relu");
  Value below = b.activation(b.add(b.scale(t, -1), b.weightFill(-quarter, {1})), "relu");
  Value u = b.add(t, b.scale(b.add(below, b.scale(above, -1)), 2));
  // The series up to the 19th power: what is left is below 3e-16.
  constexpr int64_t last = 19;
  double coefficient = -1 / 121645100408832000.0;
  Value square = b.mul(u, u), series = b.scale(square, coefficient);
  for (int64_t power = last - 2; power > 0; power -= 2) {
    coefficient *= double(-(power + 1) * (power + 2));
    series = b.add(power == last - 2 ? series : b.mul(series, square), b.weightFill(coefficient, {1}));
  }
  return b.scale(b.mul(u, series), -1);
}

/// For each coordinate of the last dimension, a part of a turn from 0 to 1, `width` features: sines and cosines of it
/// times frequencies from 1 down to almost 1 / theta, in geometric progression, interleaved.
static Value sinusoidsOf(VitBuilder &b, Value coordinates, int64_t width, double theta) {
  constexpr double turn = 2 * 3.14159265358979323846;
  const int64_t pairs = width / 2;
  llvm::SmallVector<Value> parts;
  for (int64_t pair = 0; pair < pairs; ++pair)
    parts.push_back(b.weightFill(turn * std::pow(theta, -double(pair) / double(pairs)), {2}));
  Value frequencies = pairs == 1 ? parts[0] : b.weightConcat(parts, 0);
  // A cosine is the sine a quarter of a turn later.
  Value phases =
      b.weightReshape(b.weightConcat({b.weightFill(0, {pairs, 1}), b.weightFill(turn / 4, {pairs, 1})}, 1), {width});
  Shape shape = b.shapeOf(coordinates), result = shape;
  shape.push_back(1);
  result.back() *= width;
  return b.reshape(sineOf(b, b.add(b.mul(b.reshape(coordinates, shape), frequencies), phases)), result);
}

/// The table that Vaswani et al. (2017) add: sines and cosines of the token's number, interleaved.
static Value sinusoidalTable(VitBuilder &b, Value tokens) {
  int64_t count = b.dimOf(tokens, 0), width = b.dimOf(tokens, 1);
  if (width % 2 != 0)
    return b.fail("kind", "'sinusoidal' needs an even width, but it is " + llvm::Twine(width));
  Value table = sinesFirst(b, b.weightSinusoids({count}, {0}, {1}, 10000, false, width / 2));
  return b.weightReshape(b.weightTranspose(table, {1, 2, 0}), {count, width});
}

/// The table of MAE (He et al. 2021; `get_2d_sincos_pos_embed` of transformers 5.24): sines and cosines of the column,
/// then of the row; zeros for tokens that are no patches.
static Value sincosTable(VitBuilder &b, Value tokens, int64_t trailing) {
  std::optional<Grid> grid = b.gridOf(tokens);
  if (!grid)
    return {};
  int64_t patches = (*grid)[0] * (*grid)[1], width = b.dimOf(tokens, 1);
  int64_t leading = b.dimOf(tokens, 0) - patches - trailing;
  if (width % 4 != 0)
    return b.fail("kind", "'sincos_2d' needs a width that 4 divides, but it is " + llvm::Twine(width));
  Value table =
      sinesFirst(b, b.weightSinusoids(*grid, {0, 0}, {1, 1}, b.real("theta"), /*lastAxisFirst=*/true, width / 2));
  table = b.weightTranspose(b.weightReshape(table, {2, patches, 2, width / 4}), {1, 2, 0, 3});
  llvm::SmallVector<Value> parts;
  if (leading > 0)
    parts.push_back(b.weightFill(0, {leading, width}));
  parts.push_back(b.weightReshape(table, {patches, width}));
  if (trailing > 0)
    parts.push_back(b.weightFill(0, {trailing, width}));
  return parts.size() == 1 ? parts[0] : b.weightConcat(parts, 0);
}

/// The table of so many rows that is the parameter, or one of those that it holds.
static Value takeTable(VitBuilder &b, int64_t rows, int64_t width) {
  if (!b.hasAttribute("tables") && b.integer("table") != 0)
    return b.fail("table", "goes with 'tables'");
  if (!b.hasAttribute("tables"))
    return b.weight("value", {rows, width}, WeightRole::Embedding, /*leadingOnes=*/true);
  int64_t tables = b.integer("tables"), table = b.integer("table");
  if (table >= tables)
    return b.fail("table", "is " + llvm::Twine(table) + ", there are " + llvm::Twine(tables) + " tables");
  Value all = b.weight("value", {tables, 1, rows, width}, WeightRole::Embedding, /*leadingOnes=*/true);
  return b.weightReshape(b.weightSlice(all, 0, table, 1), {rows, width});
}

/// A learned table, resampled if it is for another grid.
static Value learnedTable(VitBuilder &b, Value tokens, int64_t trailing) {
  const std::string &resample = b.text("resample");
  if ((resample != "none") != b.hasAttribute("source_grid"))
    return b.fail("resample", "goes with 'source_grid': both are given or none");
  bool isSquare = b.flag("square");
  if (resample == "none" && isSquare)
    return b.fail("square", "goes with 'resample'");
  if (resample == "none")
    return takeTable(b, b.dimOf(tokens, 0), b.dimOf(tokens, 1));
  std::optional<Grid> grid = b.gridOf(tokens);
  if (!grid)
    return {};
  const Grid &source = b.list("source_grid");
  std::optional<int64_t> rows = countElements(source);
  if (!rows)
    return b.fail("source_grid", "is too large");
  int64_t leading = b.dimOf(tokens, 0) - (*grid)[0] * (*grid)[1] - trailing;
  Value table = takeTable(b, leading + *rows + trailing, b.dimOf(tokens, 1));
  if (!isSquare)
    return b.weightResample(table, resample, source, *grid, leading, trailing);
  if (leading > 0 || trailing > 0)
    return b.fail("square", "is for positions of patches alone");
  const int64_t edge = std::max((*grid)[0], (*grid)[1]), width = b.dimOf(tokens, 1);
  Value square = b.weightReshape(b.weightResample(table, resample, source, {edge, edge}, 0, 0), {edge, edge, width});
  Value part = b.weightSlice(b.weightSlice(square, 0, 0, (*grid)[0]), 1, 0, (*grid)[1]);
  return b.weightReshape(part, {(*grid)[0] * (*grid)[1], width});
}

Value vitc::positionEmbedding(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value tokens = inputs[0];
  if (!b.expectRank(tokens, 2, "tokens (tokens x width)"))
    return {};
  const std::string &kind = b.text("kind");
  bool isLearned = kind == "learned";
  if (isLearned != b.hasParameter("value"))
    return b.fail("kind", "'learned' goes with the parameter 'value'");
  if (!isLearned && (b.text("resample") != "none" || b.hasAttribute("source_grid")))
    return b.fail("resample", "is for learned positions");
  if (kind == "sinusoidal")
    return b.add(tokens, sinusoidalTable(b, tokens));
  int64_t trailing = b.integer("trailing");
  if (std::optional<Grid> grid = trailing > 0 ? b.gridOf(tokens) : std::nullopt)
    if (trailing > b.dimOf(tokens, 0) - (*grid)[0] * (*grid)[1])
      return b.fail("trailing", "there are fewer tokens beside the patches");
  return b.add(tokens, isLearned ? learnedTable(b, tokens, trailing) : sincosTable(b, tokens, trailing));
}

/// DETR's sines: of row and column, which are counted from 1, as parts of the last one's, in turns.
static Value mapSines(VitBuilder &b, const Grid &grid, Value mask, int64_t width) {
  constexpr double turn = 2 * 3.14159265358979323846, epsilon = 1e-6;
  const double theta = b.real("theta");
  const int64_t pixels = grid[0] * grid[1], pairs = width / 4;
  if (!mask) {
    const std::vector<double> step = {turn / (double(grid[0]) + epsilon), turn / (double(grid[1]) + epsilon)};
    Value table = sinesFirst(b, b.weightSinusoids(grid, step, step, theta, /*lastAxisFirst=*/false, width / 2));
    table = b.weightTranspose(b.weightReshape(table, {2, pixels, 2, pairs}), {1, 2, 3, 0});
    return b.weightReshape(table, {pixels, width});
  }
  // Only pixels that the mask has count: a cumulative sum is a convolution with ones.
  llvm::SmallVector<Value> coordinates;
  for (int64_t axis : {0, 1}) {
    const int64_t size = grid[axis];
    Shape ones = {1, 1, 1, 1};
    ones[2 + axis] = size;
    Value sums = b.conv2d(mask, b.weightFill(1, ones), Value(), {1, 1},
                          {axis == 0 ? size - 1 : 0, axis == 1 ? size - 1 : 0, 0, 0}, {1, 1}, 1);
    coordinates.push_back(b.div(sums, b.add(b.slice(sums, axis, size - 1, 1), b.weightFill(epsilon, {1}))));
  }
  return sinusoidsOf(b, b.reshape(b.concat(coordinates, 2), {pixels, 2}), width / 2, theta);
}

/// A learned vector for each column, then one for each row.
static Value mapTables(VitBuilder &b, const Grid &grid, int64_t width) {
  const int64_t rows = b.integer("rows"), pixels = grid[0] * grid[1];
  llvm::SmallVector<Value> parts;
  for (int64_t axis : {1, 0}) {
    if (grid[axis] > rows)
      return b.fail("rows", "is " + llvm::Twine(rows) + ", the map has " + llvm::Twine(grid[axis]) +
                                (axis == 0 ? " rows" : " columns"));
    Value table = b.weight(axis == 0 ? "row" : "column", {rows, width / 2}, WeightRole::Embedding);
    Value own = b.weightSlice(table, 0, 0, grid[axis]);
    Shape shape = {1, 1, width / 2}, other = {grid[0], grid[1], width / 2};
    shape[axis] = grid[axis];
    parts.push_back(b.add(b.weightFill(0, other), b.weightReshape(own, shape)));
  }
  return b.reshape(b.concat(parts, 2), {pixels, width});
}

Value vitc::mapPositions(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  std::optional<Grid> grid = b.sizeOfMap(inputs[0]);
  if (!grid)
    return {};
  const int64_t width = b.integer("width");
  Value mask = inputs.size() > 1 ? b.mapOf(inputs[1]) : Value(), positions;
  if (mask && b.shapeOf(mask) != Shape{(*grid)[0], (*grid)[1], 1})
    return b.fail("inputs", "the mask is no map of one channel and " + shapeText(*grid) + " pixels, as the map has");
  const bool isLearned = b.text("kind") == "learned";
  if (isLearned != b.hasParameter("row") || isLearned != b.hasParameter("column") ||
      isLearned != b.hasAttribute("rows"))
    return b.fail("kind", "'learned' goes with 'rows' and the parameters 'row' and 'column'");
  if (width % (isLearned ? 2 : 4) != 0)
    return b.fail("width", "is " + llvm::Twine(width) + ", expected a multiple of " + (isLearned ? "2" : "4"));
  positions = isLearned ? mapTables(b, *grid, width) : mapSines(b, *grid, mask, width);
  if (!b.failed())
    b.setGrid(positions, *grid);
  return positions;
}

Value vitc::sinusoids(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  const int64_t width = b.integer("width");
  if (width % 2 != 0)
    return b.fail("width", "is " + llvm::Twine(width) + ", expected an even number");
  return sinusoidsOf(b, inputs[0], width, b.real("theta"));
}

Value vitc::maskMap(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  std::optional<Grid> grid = b.sizeOfMap(inputs[1]);
  if (!grid || !b.expectRank(inputs[0], 2, "a mask (height x width)"))
    return {};
  Shape shape = b.shapeOf(inputs[0]);
  shape.push_back(1);
  Value map = b.reshape(b.cast(b.cast(inputs[0], DType::Bool), DType::F32), shape);
  return b.giveMap(b.resize2d(map, "nearest", *grid));
}

Value vitc::maskBias(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  // A finite number: scores that all get it keep none of their differences, and are not NaN.
  constexpr double lowest = -0x1.fffffep+127;
  return b.scale(b.add(b.scale(inputs[0], -1), b.weightFill(1, {1})), lowest);
}

Value vitc::relativePositionBias(VitBuilder &b, Value tokens, int64_t heads) {
  Value sum;
  for (const char *parameter : {"relative_positions", "shared_relative_positions"}) {
    if (!b.hasParameter(parameter))
      continue;
    std::optional<Grid> grid = b.gridOf(tokens);
    if (!grid)
      return {};
    int64_t others = b.dimOf(tokens, 0) - (*grid)[0] * (*grid)[1];
    if (others > 1)
      return b.fail("parameters", "relative positions are for patches and a class token, but there are " +
                                      llvm::Twine(others) + " other tokens");
    Grid size = {2 * (*grid)[0] - 1, 2 * (*grid)[1] - 1};
    Grid source = b.hasAttribute("relative_table") ? b.list("relative_table") : size;
    const std::string &resample = b.text("relative_resample");
    if (source != size && resample == "none")
      return b.fail("relative_table", shapeText(source) + " is not " + shapeText(size) +
                                          ", as the patches need it: give 'relative_resample'");
    if (source != size && resample == "geometric" &&
        (source[0] % 2 == 0 || source[1] % 2 == 0 || source[0] < 3 || source[1] < 3))
      return b.fail("relative_table", "expected odd sizes from 3 on for geometric resampling");
    std::optional<int64_t> entries = countElements(source);
    if (!entries)
      return b.fail("relative_table", "is too large");
    Value table = b.weight(parameter, {*entries + 3 * others, heads}, WeightRole::Embedding);
    table = b.weightResample(table, resample, source, size, 0, 3 * others);
    Value bias = b.weightRelativePositionBias(table, *grid, others == 1);
    sum = sum ? b.add(sum, bias) : bias;
  }
  return sum;
}

Value vitc::decomposedPositions(VitBuilder &b, Value tokens, Value queries) {
  bool hasRows = b.hasParameter("relative_rows");
  if (hasRows != b.hasParameter("relative_columns"))
    return b.fail("parameters", "'relative_rows' and 'relative_columns' are both given or none");
  if (!hasRows)
    return {};
  const int64_t count = b.dimOf(tokens, b.rankOf(tokens) - 2), features = b.lastDimOf(queries);
  std::optional<Grid> grid;
  if (b.rankOf(tokens) == 2)
    grid = b.gridOf(tokens);
  else if (b.hasAttribute("grid"))
    grid = b.list("grid");
  else
    b.fail("", "it is not known how the tokens of a sequence lie: give their 'grid'");
  if (!grid)
    return {};
  if (countElements(*grid) != count)
    return b.fail("grid", "decomposed relative positions are for patches alone: " + shapeText(*grid) + " are not the " +
                              llvm::Twine(count) + " tokens");
  Value tables[2];
  for (auto [axis, parameter] : {std::pair(0, "relative_rows"), std::pair(1, "relative_columns")}) {
    const int64_t distances = 2 * (*grid)[axis] - 1;
    const int64_t source = b.hasAttribute("relative_table") ? b.list("relative_table")[axis] : distances;
    const std::string &resample = b.text("relative_resample");
    if (source != distances && resample == "none")
      return b.fail("relative_table", llvm::Twine(source) + " is not " + llvm::Twine(distances) +
                                          ", as the patches need it: give 'relative_resample'");
    if (source != distances && resample == "geometric")
      return b.fail("relative_resample", "'geometric' is for tables of rows and columns together");
    Value table = b.weight(parameter, {source, features}, WeightRole::Embedding);
    table = b.weightResample(table, resample, {source, 1}, {distances, 1}, 0, 0);
    // The op's begin with the keys that lie furthest before the query.
    tables[axis] = b.weightReverse(table, 0);
  }
  return b.decomposedPositions(queries, tables[0], tables[1], *grid);
}

Value vitc::rotaryTable(VitBuilder &b, Value tokens, int64_t headDim) {
  if (b.text("rotary") == "none")
    return {};
  std::optional<Grid> grid = b.gridOf(tokens);
  if (!grid)
    return {};
  if (headDim % 4 != 0)
    return b.fail("rotary", "needs heads whose features 4 divides, but there are " + llvm::Twine(headDim));
  double offset = b.real("rotary_offset");
  std::vector<double> origin, step;
  for (size_t axis : {0, 1}) {
    double size = double((*grid)[axis]), unit = 1, start = offset;
    if (b.text("rotary_coordinates") == "centred") {
      // From -1 to 1 across the image, in turns.
      unit = 2 * (2 * 3.14159265358979323846) / size;
      start = offset + 0.5 - size / 2;
    } else if (b.hasAttribute("rotary_grid")) {
      unit = double(b.list("rotary_grid")[axis]) / size;
    }
    origin.push_back(start * unit);
    step.push_back(unit);
  }
  return b.weightSinusoids(*grid, origin, step, b.real("rotary_theta"), b.text("rotary_axes") == "xy", headDim / 2);
}
