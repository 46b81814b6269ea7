//===- ExpandMaps.cpp - nodes on maps to ops --------------------*- C++ -*-===//
//
// The ops of vit have maps channels last. What a description's maps are is the builder's `mapOf` and `giveMap`.
//
//===----------------------------------------------------------------------===//

#include "ExpandNodes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace vitc;

namespace {

/// Ops, or weights, that a node may become: what more would take belongs to another way to compute it.
constexpr int64_t kMostParts = 4096;

/// A function of something whose last dimension is that of channels: of a map, or of features.
Value ofChannels(VitBuilder &b, Value input, llvm::function_ref<Value(Value)> function) {
  if (b.rankOf(input) != 3)
    return function(input);
  return b.giveMap(function(b.mapOf(input)));
}

/// What stands around a map for windows of this size: `padding`, or with `same_padding` what its own size asks for.
/// Nothing if that failed.
std::optional<std::vector<int64_t>> paddingOf(VitBuilder &b, Value map, llvm::ArrayRef<int64_t> window) {
  std::vector<int64_t> padding = b.list("padding");
  if (!b.flag("same_padding"))
    return padding;
  if (!llvm::all_of(padding, [](int64_t side) { return side == 0; })) {
    b.fail("padding", "does not go together with 'same_padding'");
    return std::nullopt;
  }
  for (size_t axis : {0, 1}) {
    int64_t stride = b.list("stride")[axis], rest = b.dimOf(map, axis) % stride;
    int64_t all = std::max<int64_t>(window[axis] - (rest == 0 ? stride : rest), 0), before = all / 2;
    padding[axis] = before * b.list("dilation")[axis];
    padding[axis + 2] = (all - before) * b.list("dilation")[axis];
  }
  return padding;
}

bool expectGroups(VitBuilder &b, int64_t groups, int64_t channels, int64_t outChannels) {
  if (channels % groups == 0 && outChannels % groups == 0)
    return true;
  b.fail("groups", llvm::Twine(groups) + " does not divide " + llvm::Twine(channels) + " and " +
                       llvm::Twine(outChannels) + " channels");
  return false;
}

Value conv2d(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value map = b.mapOf(inputs[0]);
  int64_t channels = b.dimOf(map, 2), outChannels = b.integer("out_channels"), groups = b.integer("groups");
  if (!expectGroups(b, groups, channels, outChannels))
    return {};
  const std::vector<int64_t> &kernel = b.list("kernel_size");
  // Where channels are convolved as if they were pixels, files may have no rows.
  bool isOneChannel = outChannels == 1 && channels == 1 && kernel[0] == 1;
  Value weight = b.weight("weight", {outChannels, channels / groups, kernel[0], kernel[1]}, WeightRole::Matrix,
                          /*leadingOnes=*/isOneChannel);
  if (b.hasAttribute("standardize_epsilon"))
    weight = b.weightStandardize(weight, b.real("standardize_epsilon"));
  Value bias;
  if (b.hasParameter("bias"))
    bias = b.weight("bias", {outChannels}, WeightRole::Bias);
  std::optional<std::vector<int64_t>> padding = paddingOf(b, map, kernel);
  if (!padding)
    return {};
  return b.giveMap(b.conv2d(map, weight, bias, b.list("stride"), *padding, b.list("dilation"), groups));
}

Value pool2d(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value map = b.mapOf(inputs[0]);
  std::optional<std::vector<int64_t>> padding = paddingOf(b, map, b.list("window"));
  return padding ? b.giveMap(b.pool2d(map, *padding)) : Value();
}

Value resize2d(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  bool isLike = inputs.size() == 2;
  if (isLike == b.hasAttribute("size"))
    return b.fail("size", "is given, or a second input that has it: one of them");
  Value map = b.mapOf(inputs[0]);
  if (!isLike)
    return b.giveMap(b.resize2d(map, b.text("kind"), b.list("size")));
  std::optional<Grid> size = b.sizeOfMap(inputs[1]);
  return size ? b.giveMap(b.resize2d(map, b.text("kind"), *size)) : Value();
}

Value adaptiveAveragePool(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value result = b.mapOf(inputs[0]);
  for (size_t axis : {0, 1}) {
    int64_t from = b.dimOf(result, axis), to = b.list("size")[axis];
    if (to > kMostParts)
      return b.fail("size", llvm::Twine(to) + " windows are too many, expected at most " + llvm::Twine(kMostParts));
    if (to == from)
      continue;
    llvm::SmallVector<Value> windows;
    for (int64_t i = 0; i < to; ++i) {
      int64_t begin = i * from / to, end = ((i + 1) * from + to - 1) / to;
      windows.push_back(b.reduceMean(b.slice(result, int64_t(axis), begin, end - begin), int64_t(axis)));
    }
    result = windows.size() == 1 ? windows[0] : b.concat(windows, int64_t(axis));
  }
  return b.giveMap(result);
}

Value patchMap(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value tokens = inputs[0];
  if (!b.expectRank(tokens, 2, "tokens (tokens x width)"))
    return {};
  std::optional<Grid> grid = b.gridOf(tokens);
  if (!grid)
    return {};
  int64_t patches = (*grid)[0] * (*grid)[1], leading = b.dimOf(tokens, 0) - patches - b.integer("trailing");
  if (leading < 0)
    return b.fail("trailing", "there are fewer tokens beside the patches");
  return b.giveMap(b.reshape(b.slice(tokens, 0, leading, patches), {(*grid)[0], (*grid)[1], b.dimOf(tokens, 1)}));
}

Value batchNorm(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return ofChannels(b, inputs[0], [&](Value input) {
    Shape shape = {b.lastDimOf(input)};
    Value weight = b.weight("weight", shape, WeightRole::NormWeight);
    Value bias = b.hasParameter("bias") ? b.weight("bias", shape, WeightRole::NormBias) : b.weightFill(0, shape);
    Value mean = b.weight("running_mean", shape, WeightRole::NormBias);
    Value variance = b.weight("running_var", shape, WeightRole::NormVariance);
    return b.batchNorm(input, mean, variance, weight, bias, b.real("epsilon"));
  });
}

Value globalResponseNormOfLast(VitBuilder &b, Value input) {
  Shape shape = b.shapeOf(input);
  if (shape.size() < 2)
    return b.fail("inputs", "expected a value of rank 2 or more, but got " + shapeText(shape));
  int64_t width = shape.back(), count = 1;
  for (int64_t size : llvm::ArrayRef(shape).drop_back())
    count *= size;
  Value norms = b.reduceNorm(b.reshape(input, {count, width}), 0);
  Value mean = b.add(b.reduceMean(norms, 1), b.weightFill(b.real("epsilon"), {1, 1}));
  Value weight = b.weight("weight", {width}, WeightRole::NormWeight, /*leadingOnes=*/true);
  // x (1 + weight g / mean) + bias: one factor for each feature.
  Value factors = b.reshape(b.add(b.mul(b.div(norms, mean), weight), b.weightFill(1, {width})), {width});
  Value result = b.mul(input, factors);
  if (!b.hasParameter("bias"))
    return result;
  return b.add(result, b.weight("bias", {width}, WeightRole::NormBias, /*leadingOnes=*/true));
}

Value globalResponseNorm(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return ofChannels(b, inputs[0], [&](Value input) { return globalResponseNormOfLast(b, input); });
}

Value groupNormOfLast(VitBuilder &b, Value input) {
  Shape shape = b.shapeOf(input);
  if (shape.empty())
    return b.fail("inputs", "expected a value of rank 1 or more, but got " + shapeText(shape));
  int64_t groups = b.integer("groups"), width = shape.back(), count = 1;
  if (width % groups != 0)
    return b.fail("groups", llvm::Twine(groups) + " groups do not divide " + llvm::Twine(width) + " channels");
  for (int64_t size : llvm::ArrayRef(shape).drop_back())
    count *= size;
  // A row for each group: one group lies in a row already.
  Value rows = b.reshape(input, {count, groups, width / groups});
  if (groups > 1)
    rows = b.transpose(rows, {1, 0, 2});
  rows = b.reshape(rows, {groups, count * (width / groups)});
  rows = b.layerNorm(rows, Value(), Value(), b.real("epsilon"), /*rms=*/false);
  if (groups > 1)
    rows = b.transpose(b.reshape(rows, {groups, count, width / groups}), {1, 0, 2});
  Value result = b.reshape(rows, shape);
  if (b.hasParameter("weight"))
    result = b.mul(result, b.weight("weight", {width}, WeightRole::NormWeight));
  if (b.hasParameter("bias"))
    result = b.add(result, b.weight("bias", {width}, WeightRole::NormBias));
  return result;
}

Value groupNorm(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  return ofChannels(b, inputs[0], [&](Value input) { return groupNormOfLast(b, input); });
}

//===----------------------------------------------------------------------===//
// Between channels and pixels
//===----------------------------------------------------------------------===//

/// A map of O * rows * columns channels as one of O channels with `rows x columns` pixels for each.
Value shufflePixels(VitBuilder &b, Value map, int64_t rows, int64_t columns) {
  int64_t height = b.dimOf(map, 0), width = b.dimOf(map, 1), channels = b.dimOf(map, 2) / (rows * columns);
  Value squares = b.transpose(b.reshape(map, {height, width, channels, rows, columns}), {0, 3, 1, 4, 2});
  return b.reshape(squares, {height * rows, width * columns, channels});
}

/// What is left of a map without some rows and columns (top, left, bottom, right).
Value cropMap(VitBuilder &b, Value map, llvm::ArrayRef<int64_t> margins) {
  for (size_t axis : {0, 1})
    if (margins[axis] + margins[axis + 2] > 0)
      map = b.slice(map, int64_t(axis), margins[axis], b.dimOf(map, axis) - margins[axis] - margins[axis + 2]);
  return map;
}

Value pixelShuffle(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value map = b.mapOf(inputs[0]);
  int64_t factor = b.integer("factor"), channels = b.dimOf(map, 2);
  if (b.failed())
    return {};
  if (factor > kMostParts || channels % (factor * factor) != 0)
    return b.fail("factor",
                  "the square of " + llvm::Twine(factor) + " does not divide " + llvm::Twine(channels) + " channels");
  return b.giveMap(shufflePixels(b, map, factor, factor));
}

Value pixelUnshuffle(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value map = b.mapOf(inputs[0]);
  int64_t factor = b.integer("factor"), height = b.dimOf(map, 0), width = b.dimOf(map, 1), channels = b.dimOf(map, 2);
  if (b.failed())
    return {};
  if (height % factor != 0 || width % factor != 0)
    return b.fail("factor", llvm::Twine(factor) + " does not divide the map of " + llvm::Twine(height) + "x" +
                                llvm::Twine(width));
  Value squares = b.reshape(map, {height / factor, factor, width / factor, factor, channels});
  squares = b.transpose(squares, {0, 2, 4, 1, 3});
  return b.giveMap(b.reshape(squares, {height / factor, width / factor, channels * factor * factor}));
}

/// A weight with `count` zeros behind dimension `dim`.
Value appendZeros(VitBuilder &b, Value weight, int64_t dim, int64_t count) {
  if (count == 0)
    return weight;
  Shape shape = b.shapeOf(weight);
  if (b.failed())
    return {};
  shape[dim] = count;
  return b.weightConcat({weight, b.weightFill(0, shape)}, dim);
}

/// A weight with a dimension in reverse order.
Value reverseDim(VitBuilder &b, Value weight, int64_t dim) {
  llvm::SmallVector<Value> parts;
  for (int64_t i = b.dimOf(weight, size_t(dim)); i-- > 0;)
    parts.push_back(b.weightSlice(weight, dim, i, 1));
  return b.weightConcat(parts, dim);
}

/// What a transposed convolution does along an axis.
struct TransposedAxis {
  int64_t stride, dilation, kernel;
  /// Pixels of the result, and how many outputs of a channel one pixel of the input takes part in: the kernel, dilated,
  /// in steps of the stride.
  int64_t size, taps;
};

/// With a stride of s, a pixel of the result has a part in one of s x s convolutions of the input, each with every s-th
/// row and column of the kernel, in reverse order: they are one convolution, whose channels are then shuffled.
Value convTranspose2d(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  Value map = b.mapOf(inputs[0]);
  int64_t channels = b.dimOf(map, 2), outChannels = b.integer("out_channels"), groups = b.integer("groups");
  if (b.failed())
    return {};
  if (!expectGroups(b, groups, channels, outChannels))
    return {};
  const std::vector<int64_t> &kernel = b.list("kernel_size"), &padding = b.list("padding");
  TransposedAxis axes[2];
  for (size_t axis : {0, 1}) {
    int64_t stride = b.list("stride")[axis], dilation = b.list("dilation")[axis], more = b.list("output_padding")[axis];
    if (more >= std::max(stride, dilation))
      return b.fail("output_padding", "is " + llvm::Twine(more) + ", expected less than the stride or the dilation");
    std::optional<int64_t> extent = countElements({kernel[axis], dilation});
    if (!extent || stride > kMostParts || *extent / stride > kMostParts)
      return b.fail("kernel_size", "a dilated kernel of " + llvm::Twine(kernel[axis]) + " is too large");
    int64_t dilated = (kernel[axis] - 1) * dilation + 1;
    int64_t size = (b.dimOf(map, axis) - 1) * stride + dilated + more - padding[axis] - padding[axis + 2];
    if (size < 1)
      return b.fail("padding", "nothing is left of the result");
    axes[axis] = {stride, dilation, kernel[axis], size, (dilated + more + stride - 1) / stride};
  }
  const auto &[rows, columns] = axes;
  if (rows.stride * columns.stride > kMostParts)
    return b.fail("stride", "is too large");

  int64_t inGroup = channels / groups, outGroup = outChannels / groups;
  Value weight = b.weight("weight", {channels, outGroup, kernel[0], kernel[1]}, WeightRole::Matrix);
  for (size_t axis : {0, 1}) {
    const TransposedAxis &own = axes[axis];
    const int64_t dim = int64_t(axis) + 2;
    Shape shape = b.shapeOf(weight);
    if (b.failed())
      return {};
    if (own.dilation > 1) {
      Shape single = shape;
      single.insert(single.begin() + dim + 1, 1);
      shape[dim] = (own.kernel - 1) * own.dilation + 1;
      Shape spread = shape;
      spread[dim] = own.kernel * own.dilation;
      weight = b.weightReshape(appendZeros(b, b.weightReshape(weight, single), dim + 1, own.dilation - 1), spread);
      weight = b.weightSlice(weight, dim, 0, shape[dim]);
    }
    weight = appendZeros(b, weight, dim, own.taps * own.stride - shape[dim]);
  }
  weight = b.weightReshape(weight, {groups, inGroup, outGroup, rows.taps, rows.stride, columns.taps, columns.stride});
  weight = reverseDim(b, reverseDim(b, weight, 3), 5);
  weight = b.weightTranspose(weight, {0, 2, 4, 6, 1, 3, 5});
  int64_t phases = rows.stride * columns.stride;
  weight = b.weightReshape(weight, {outChannels * phases, inGroup, rows.taps, columns.taps});
  Value bias;
  if (b.hasParameter("bias")) {
    bias = b.weightReshape(b.weight("bias", {outChannels}, WeightRole::Bias), {outChannels, 1});
    if (phases > 1)
      bias = b.weightConcat(llvm::SmallVector<Value>(phases, bias), 1);
    bias = b.weightReshape(bias, {outChannels * phases});
  }
  int64_t above = rows.taps - 1, left = columns.taps - 1;
  Value result = b.conv2d(map, weight, bias, {1, 1}, {above, left, above, left}, {1, 1}, groups);
  if (phases > 1)
    result = shufflePixels(b, result, rows.stride, columns.stride);
  return b.giveMap(cropMap(b, result,
                           {padding[0], padding[1], b.dimOf(result, 0) - padding[0] - rows.size,
                            b.dimOf(result, 1) - padding[1] - columns.size}));
}

//===----------------------------------------------------------------------===//
// Between windows and maps
//===----------------------------------------------------------------------===//

Value unfold(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  const std::vector<int64_t> &padding = b.list("padding");
  Value map = b.pad(b.mapOf(inputs[0]), {padding[0], padding[1], 0}, {padding[2], padding[3], 0});
  Value windows = b.unfold2d(map, b.list("kernel_size"), b.list("stride"), b.list("dilation"));
  Shape shape = b.shapeOf(windows);
  if (b.failed())
    return {};
  return b.reshape(b.transpose(windows, {4, 2, 3, 0, 1}), {shape[2] * shape[3] * shape[4], shape[0] * shape[1]});
}

Value fold(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  if (!b.expectRank(inputs[0], 2, "columns (channels and window elements x windows)"))
    return {};
  const std::vector<int64_t> &kernel = b.list("kernel_size"), &stride = b.list("stride"), &padding = b.list("padding"),
                             &dilation = b.list("dilation");
  int64_t rows = b.dimOf(inputs[0], 0), columns = b.dimOf(inputs[0], 1), padded[2], windows[2];
  std::optional<int64_t> elements = countElements({kernel[0], kernel[1]});
  if (!elements || *elements > kMostParts || rows % *elements != 0)
    return b.fail("kernel_size", "a window of " + shapeText(kernel) + " does not divide " + llvm::Twine(rows) +
                                     " rows, or has more than " + llvm::Twine(kMostParts) + " elements");
  bool isTiled = true;
  for (size_t axis : {0, 1}) {
    padded[axis] = b.list("size")[axis] + padding[axis] + padding[axis + 2];
    int64_t extent = (kernel[axis] - 1) * dilation[axis] + 1;
    if (extent > padded[axis])
      return b.fail("kernel_size", "a window is larger than the padded map");
    windows[axis] = (padded[axis] - extent) / stride[axis] + 1;
    isTiled &= stride[axis] == kernel[axis] && dilation[axis] == 1 && windows[axis] * kernel[axis] == padded[axis];
  }
  if (windows[0] * windows[1] != columns)
    return b.fail("size", "has " + llvm::Twine(windows[0]) + "x" + llvm::Twine(windows[1]) + " windows, here are " +
                              llvm::Twine(columns) + " columns");
  int64_t channels = rows / *elements;
  Value parts = b.reshape(inputs[0], {channels, kernel[0], kernel[1], windows[0], windows[1]});
  if (isTiled) {
    parts = b.reshape(b.transpose(parts, {3, 1, 4, 2, 0}), {padded[0], padded[1], channels});
    return b.giveMap(cropMap(b, parts, padding));
  }
  parts = b.transpose(parts, {1, 2, 3, 4, 0});
  // For each element of the window a map: the windows' elements with zeros between and around them.
  Value sum;
  for (int64_t row = 0; row < kernel[0]; ++row)
    for (int64_t column = 0; column < kernel[1]; ++column) {
      Value part = b.slice(b.slice(parts, 0, row, 1), 1, column, 1);
      part = b.reshape(part, {windows[0], 1, windows[1], 1, channels});
      part = b.pad(part, {0, 0, 0, 0, 0}, {0, stride[0] - 1, 0, stride[1] - 1, 0});
      part = b.reshape(part, {windows[0] * stride[0], windows[1] * stride[1], channels});
      // The zeros behind the last ones may reach beyond the map.
      part = cropMap(b, part, {0, 0, stride[0] - 1, stride[1] - 1});
      int64_t top = row * dilation[0], left = column * dilation[1];
      part = b.pad(part, {top, left, 0}, {padded[0] - top - b.dimOf(part, 0), padded[1] - left - b.dimOf(part, 1), 0});
      sum = sum ? b.add(sum, part) : part;
    }
  return b.giveMap(cropMap(b, sum, padding));
}

} // namespace

NodeExpander vitc::findMapExpander(llvm::StringRef op) {
  return llvm::StringSwitch<NodeExpander>(op)
      .Case("conv2d", conv2d)
      .Case("conv_transpose2d", convTranspose2d)
      .Case("pixel_shuffle", pixelShuffle)
      .Case("pixel_unshuffle", pixelUnshuffle)
      .Case("unfold", unfold)
      .Case("fold", fold)
      .Case("pool2d", pool2d)
      .Case("resize2d", resize2d)
      .Case("batch_norm", batchNorm)
      .Case("patch_map", patchMap)
      .Case("global_response_norm", globalResponseNorm)
      .Case("group_norm", groupNorm)
      .Case("adaptive_average_pool", adaptiveAveragePool)
      .Default(nullptr);
}
