//===- Conv2d.cpp - convolutions of channels-last maps ------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

namespace {
/// One task of kernel.conv2d: row `y` of the output.
struct Conv2dTask {
  KernelEmitter &e;
  kernel::Conv2dOp op;
  Value y, input, filters, bias, residual, output;

  using Range = std::pair<Value, Value>;
  int64_t inputSize(unsigned axis) { return cast<MemRefType>(op.getInput().getType()).getDimSize(axis); }
  int64_t filterSize(unsigned axis) { return cast<MemRefType>(op.getFilters().getType()).getDimSize(axis); }
  /// The first position of the filter that meets the input from an output position, and the end of those.
  Range taps(unsigned axis, Value position);
  /// Where a position of the filter meets the input.
  Value inputIndex(unsigned axis, Value position, Value tap);
  /// The first `valid` outputs from `column` on, of one group whose channels begin at `channel`, for `pixels` pixels
  /// from `x` on that meet the same positions of the filter.
  void emitTile(int64_t pixels, Value x, Range columns, Value channel, Value column, int64_t valid);
  /// Runs `body(pixels, first pixel, whether all positions of the filter meet the input)` along the row, `pixels` at a
  /// time where they do.
  void forPixels(int64_t pixels, llvm::function_ref<void(int64_t, Value, bool)> body);
  /// The same for all pixels.
  void emitOutputs(Value channel, Value column, int64_t valid);
  /// One input for each output.
  void emitDepthwise();
  /// Adds the residual, applies the activation and stores the sums of `pixels` pixels from `x` on and the first `valid`
  /// outputs from `column` on, pixel by pixel.
  void finish(ValueRange sums, int64_t pixels, Value x, Value column, int64_t valid);
};
} // namespace

Conv2dTask::Range Conv2dTask::taps(unsigned axis, Value position) {
  // Tap t lies within [0, size) at position * stride + t * dilation - before.
  int64_t before = op.getPadding()[axis], after = op.getPadding()[axis + 2], step = op.getDilation()[axis];
  int64_t count = filterSize(axis), size = inputSize(axis);
  if (before == 0 && after == 0)
    return {e.index(0), e.index(count)};
  Value start = e.mul(position, op.getStride()[axis]);
  auto ceilOfRest = [&](int64_t bound) {
    Value rest = e.sub(e.index(bound), e.min(start, e.index(bound)));
    return e.div(e.add(rest, step - 1), step);
  };
  return {ceilOfRest(before), e.min(ceilOfRest(size + before), e.index(count))};
}

Value Conv2dTask::inputIndex(unsigned axis, Value position, Value tap) {
  Value index = e.add(e.mul(position, op.getStride()[axis]), e.mul(tap, op.getDilation()[axis]));
  return op.getPadding()[axis] == 0 ? index : e.sub(index, e.index(op.getPadding()[axis]));
}

void Conv2dTask::emitTile(int64_t pixels, Value x, Range columns, Value channel, Value column, int64_t valid) {
  int64_t depth = filterSize(2), vectors = llvm::divideCeil(valid, e.lanes);
  KernelEmitter::Values start, sums;
  for (int64_t vector = 0; vector < vectors; ++vector)
    start.push_back(bias ? e.loadFirst(bias, e.add(column, vector * e.lanes), valid - vector * e.lanes) : e.splat(0));
  for (int64_t pixel = 0; pixel < pixels; ++pixel)
    sums.append(start);
  KernelEmitter::ProductSteps steps{TargetInfo::summationBlock(depth), e.target.productUnroll(pixels, 1, depth)};
  // A chain of additions is the whole filter, one row of it or one position, so that it is not longer than a block.
  auto isLong = [](int64_t terms) { return terms > TargetInfo::summationBlock(terms); };
  bool addsTaps = isLong(filterSize(1) * depth);
  bool addsRows = !addsTaps && isLong(filterSize(0) * filterSize(1) * depth);
  KernelEmitter::Values zeros(sums.size(), e.splat(0));
  Range rows = taps(0, y);
  sums = e.loop(rows.first, rows.second, 1, sums, [&](Value i, ValueRange outer) {
    Value row = inputIndex(0, y, i);
    KernelEmitter::Values ofRow =
        e.loop(columns.first, columns.second, 1, addsRows ? ValueRange(zeros) : outer, [&](Value j, ValueRange inner) {
          SmallVector<Value> inputColumns;
          for (int64_t pixel = 0; pixel < pixels; ++pixel)
            inputColumns.push_back(inputIndex(1, e.add(x, pixel), j));
          KernelEmitter::Values ofTap = e.product(
              addsTaps ? ValueRange(zeros) : inner, pixels, vectors, depth, steps,
              [&](int64_t pixel, Value k) {
                return e.loadScalar(input, {row, inputColumns[pixel], e.add(channel, k)});
              },
              [&](int64_t vector, Value k) {
                return e.loadFirst(filters, {i, j, k, e.add(column, vector * e.lanes)}, valid - vector * e.lanes);
              });
          return addsTaps ? e.addAll(inner, ofTap) : ofTap;
        });
    return addsRows ? e.addAll(outer, ofRow) : ofRow;
  });
  finish(sums, pixels, x, column, valid);
}

void Conv2dTask::finish(ValueRange sums, int64_t pixels, Value x, Value column, int64_t valid) {
  int64_t vectors = llvm::divideCeil(valid, e.lanes);
  for (int64_t pixel = 0; pixel < pixels; ++pixel) {
    KernelEmitter::Values values(sums.slice(pixel * vectors, vectors));
    auto place = [&](size_t vector) -> KernelEmitter::Values {
      return {y, e.add(x, pixel), e.add(column, int64_t(vector) * e.lanes)};
    };
    if (residual)
      for (auto [vector, value] : llvm::enumerate(values))
        value = e.addf(value, e.loadFirst(residual, place(vector), valid - int64_t(vector) * e.lanes));
    for (auto [vector, value] : llvm::enumerate(emitActivation(e, op.getActivation(), values)))
      e.storeFirst(value, output, place(vector), valid - int64_t(vector) * e.lanes);
  }
}

void Conv2dTask::forPixels(int64_t pixels, llvm::function_ref<void(int64_t, Value, bool)> body) {
  // All positions of the filter meet the input for the outputs [low, high).
  int64_t outputs = cast<MemRefType>(op.getOutput().getType()).getDimSize(1), stride = op.getStride()[1];
  int64_t before = op.getPadding()[1], reach = (filterSize(1) - 1) * op.getDilation()[1] - before;
  int64_t low = std::min<int64_t>(llvm::divideCeil(before, stride), outputs);
  int64_t high = reach < inputSize(1) ? std::clamp((inputSize(1) - 1 - reach) / stride + 1, low, outputs) : low;
  auto forBorder = [&](int64_t from, int64_t to) {
    if (from < to)
      e.loop(e.index(from), e.index(to), 1, [&](Value x) { body(1, x, /*isInside=*/false); });
  };
  forBorder(0, low);
  int64_t whole = low + (high - low) / pixels * pixels;
  if (low < whole)
    e.loop(e.index(low), e.index(whole), pixels, [&](Value x) { body(pixels, x, /*isInside=*/true); });
  if (whole < high)
    body(high - whole, e.index(whole), /*isInside=*/true);
  forBorder(high, outputs);
}

void Conv2dTask::emitOutputs(Value channel, Value column, int64_t valid) {
  forPixels(*op.getPixels(), [&](int64_t pixels, Value x, bool isInside) {
    Range columns = isInside ? Range(e.index(0), e.index(filterSize(1))) : taps(1, x);
    emitTile(pixels, x, columns, channel, column, valid);
  });
}

void Conv2dTask::emitDepthwise() {
  // Several pixels share a load of the filter.
  constexpr int64_t kPixels = 4, kVectors = 2;
  int64_t channels = inputSize(2);
  Range rows = taps(0, y);
  forPixels(kPixels, [&](int64_t pixels, Value x, bool isInside) {
    e.forSteps(e.index(0), e.index(channels), channels, kVectors * e.lanes, [&](Value first, int64_t count) {
      KernelEmitter::Values start, sums;
      for (int64_t offset = 0; offset < count; offset += e.lanes)
        start.push_back(bias ? e.loadFirst(bias, e.add(first, offset), count - offset) : e.splat(0));
      for (int64_t pixel = 0; pixel < pixels; ++pixel)
        sums.append(start);
      auto addTap = [&](Value i, Value j, ValueRange before) {
        KernelEmitter::Values weights, next;
        for (int64_t offset = 0; offset < count; offset += e.lanes)
          weights.push_back(e.loadFirst(filters, {i, j, e.index(0), e.add(first, offset)}, count - offset));
        Value row = inputIndex(0, y, i);
        for (int64_t pixel = 0; pixel < pixels; ++pixel) {
          Value column = inputIndex(1, e.add(x, pixel), j);
          for (auto [vector, weight] : llvm::enumerate(weights)) {
            int64_t offset = int64_t(vector) * e.lanes;
            next.push_back(e.fma(e.loadFirst(input, {row, column, e.add(first, offset)}, count - offset), weight,
                                 before[next.size()]));
          }
        }
        return next;
      };
      constexpr int64_t kMostUnrolled = 7;
      bool isUnrolled = isInside && filterSize(1) <= kMostUnrolled;
      Range columns = isInside ? Range(e.index(0), e.index(filterSize(1))) : taps(1, x);
      sums = e.loop(rows.first, rows.second, 1, sums, [&](Value i, ValueRange outer) {
        if (!isUnrolled)
          return e.loop(columns.first, columns.second, 1, outer,
                        [&](Value j, ValueRange inner) { return addTap(i, j, inner); });
        KernelEmitter::Values next(outer);
        for (int64_t j = 0; j < filterSize(1); ++j)
          next = addTap(i, e.index(j), next);
        return next;
      });
      finish(sums, pixels, x, first, count);
    });
  });
}

void vitc::emitKernel(KernelEmitter &e, kernel::Conv2dOp op, Value task, ValueRange buffers) {
  Conv2dTask conv{e,
                  op,
                  task,
                  e.physical(buffers[0]),
                  buffers[1],
                  op.getBias() ? buffers[2] : Value(),
                  op.getResidual() ? e.physical(buffers[op.getBias() ? 3 : 2]) : Value(),
                  e.physical(buffers.back())};
  int64_t outputs = cast<MemRefType>(op.getOutput().getType()).getDimSize(2), groups = op.getGroups();
  int64_t groupOutputs = outputs / groups, groupInputs = conv.filterSize(2);
  if (groupOutputs == 1 && groupInputs == 1)
    return conv.emitDepthwise();
  e.loop(e.index(0), e.index(groups), 1, [&](Value group) {
    Value channel = e.mul(group, groupInputs), firstOutput = e.mul(group, groupOutputs);
    e.forSteps(e.index(0), e.index(groupOutputs), groupOutputs, kPanelWidth,
               [&](Value first, int64_t count) { conv.emitOutputs(channel, e.add(firstOutput, first), count); });
  });
}
