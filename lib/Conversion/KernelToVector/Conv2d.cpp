//===- Conv2d.cpp - convolutions of channels-last maps ------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

namespace {
/// Rows of the output from one task of kernel.conv2d.
struct Conv2dTask {
  KernelEmitter &e;
  kernel::Conv2dOp op;
  Value input, filters, bias, residual, output;
  /// The row at hand, and the panel of the filters, if they are in panels.
  Value y = nullptr, panel = nullptr;

  using Range = std::pair<Value, Value>;
  int64_t inputSize(unsigned axis) { return cast<MemRefType>(op.getInput().getType()).getDimSize(axis); }
  int64_t outputSize(unsigned axis) { return cast<MemRefType>(op.getOutput().getType()).getDimSize(axis); }
  /// The first position of the filter that meets the input from an output position, and the end of those.
  Range taps(unsigned axis, Value position);
  /// Where a position of the filter meets the input.
  Value inputIndex(unsigned axis, Value position, Value tap);
  /// Whether column `j` of the filter meets the input from output column `x`.
  bool meets(int64_t x, int64_t j);
  /// Of the outputs from `column` on, those of lanes below `valid` of a vector, for input channel k.
  Value loadFilter(Value i, Value j, Value k, Value column, int64_t valid);

  /// Outputs of one group whose inputs begin at `channel`: the first `valid` from `column` on.
  struct Outputs {
    Value channel, column;
    int64_t valid;
  };
  /// Some neighbours in a row. Where the edge is near, it is known which column the first one is.
  struct Pixels {
    int64_t count;
    Value first;
    std::optional<int64_t> column;
  };
  void emitTile(const Pixels &pixels, const Outputs &outputs);
  /// Runs the body for all pixels of a row, at most `most` at a time: those whose filters reach over an edge one tile
  /// after the other, the others in a loop.
  void forPixels(int64_t most, llvm::function_ref<void(const Pixels &)> body);
  /// One input for each output.
  void emitDepthwise();
  /// Adds the residual, applies the activation and stores sums, pixel by pixel.
  void finish(ValueRange sums, const Pixels &pixels, Value column, int64_t valid);
};
} // namespace

Conv2dTask::Range Conv2dTask::taps(unsigned axis, Value position) {
  // Tap t lies within [0, size) at position * stride + t * dilation - before.
  int64_t before = op.getPadding()[axis], after = op.getPadding()[axis + 2], step = op.getDilation()[axis];
  int64_t count = op.getFilterSize(axis), size = inputSize(axis);
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

bool Conv2dTask::meets(int64_t x, int64_t j) {
  int64_t at = x * op.getStride()[1] + j * op.getDilation()[1] - op.getPadding()[1];
  return at >= 0 && at < inputSize(1);
}

Value Conv2dTask::loadFilter(Value i, Value j, Value k, Value column, int64_t valid) {
  if (!panel)
    return e.loadFirst(filters, {i, j, k, column}, valid);
  // Panels have room for whole vectors. The column is one of the panel's.
  Value position = e.add(e.mul(i, op.getFilterSize(1)), j);
  return e.load(filters, {panel, e.add(e.mul(position, op.getFilterChannels()), k), column});
}

void Conv2dTask::emitTile(const Pixels &pixels, const Outputs &outputs) {
  int64_t depth = op.getFilterChannels(), vectors = llvm::divideCeil(outputs.valid, e.lanes);
  KernelEmitter::Values start, sums, columns;
  for (int64_t vector = 0; vector < vectors; ++vector) {
    int64_t offset = vector * e.lanes;
    start.push_back(bias ? e.loadFirst(bias, e.add(outputs.column, offset), outputs.valid - offset) : e.splat(0));
    // Within the panel, if there is one.
    columns.push_back(panel ? e.index(offset) : e.add(outputs.column, offset));
  }
  for (int64_t pixel = 0; pixel < pixels.count; ++pixel)
    sums.append(start);
  KernelEmitter::ProductSteps steps{TargetInfo::summationBlock(depth), e.target.productUnroll(pixels.count, 1, depth)};
  // A chain of additions is the whole filter, one row of it or one position, so that it is not longer than a block.
  auto isLong = [](int64_t terms) { return terms > TargetInfo::summationBlock(terms); };
  bool addsTaps = isLong(op.getFilterSize(1) * depth);
  bool addsRows = !addsTaps && isLong(op.getFilterSize(0) * op.getFilterSize(1) * depth);
  KernelEmitter::Values zeros(sums.size(), e.splat(0));
  Range rows = taps(0, y);
  sums = e.loop(rows.first, rows.second, 1, sums, [&](Value i, ValueRange outer) {
    Value row = inputIndex(0, y, i);
    // Adds one column of the filter for the pixels [from, to).
    auto addTap = [&](ValueRange before, Value j, int64_t from, int64_t to) {
      ValueRange own = before.slice(from * vectors, (to - from) * vectors);
      SmallVector<Value> inputColumns;
      for (int64_t pixel = from; pixel < to; ++pixel)
        inputColumns.push_back(inputIndex(1, e.add(pixels.first, pixel), j));
      KernelEmitter::Values ofTap = e.product(
          addsTaps ? ValueRange(zeros).take_front(own.size()) : own, to - from, vectors, depth, steps,
          [&](int64_t pixel, Value k) {
            return e.loadScalar(input, {row, inputColumns[pixel], e.add(outputs.channel, k)});
          },
          [&](int64_t vector, Value k) {
            return loadFilter(i, j, k, columns[vector], outputs.valid - vector * e.lanes);
          });
      if (addsTaps)
        ofTap = e.addAll(own, ofTap);
      KernelEmitter::Values next(before);
      llvm::copy(ofTap, next.begin() + from * vectors);
      return next;
    };
    ValueRange begin = addsRows ? ValueRange(zeros) : outer;
    KernelEmitter::Values ofRow(begin);
    if (pixels.column) {
      for (int64_t j = 0; j < op.getFilterSize(1); ++j) {
        int64_t from = 0, to = pixels.count;
        while (from < to && !meets(*pixels.column + from, j))
          ++from;
        while (to > from && !meets(*pixels.column + to - 1, j))
          --to;
        if (from < to)
          ofRow = addTap(ofRow, e.index(j), from, to);
      }
    } else {
      ofRow = e.loop(e.index(0), e.index(op.getFilterSize(1)), 1, begin,
                     [&](Value j, ValueRange inner) { return addTap(inner, j, 0, pixels.count); });
    }
    return addsRows ? e.addAll(outer, ofRow) : ofRow;
  });
  finish(sums, pixels, outputs.column, outputs.valid);
}

void Conv2dTask::finish(ValueRange sums, const Pixels &pixels, Value column, int64_t valid) {
  int64_t vectors = llvm::divideCeil(valid, e.lanes);
  for (int64_t pixel = 0; pixel < pixels.count; ++pixel) {
    KernelEmitter::Values values(sums.slice(pixel * vectors, vectors));
    auto place = [&](size_t vector) -> KernelEmitter::Values {
      return {y, e.add(pixels.first, pixel), e.add(column, int64_t(vector) * e.lanes)};
    };
    if (residual)
      for (auto [vector, value] : llvm::enumerate(values))
        value = e.addf(value, e.loadFirst(residual, place(vector), valid - int64_t(vector) * e.lanes));
    for (auto [vector, value] : llvm::enumerate(emitActivation(e, op.getActivation(), values)))
      e.storeFirst(value, output, place(vector), valid - int64_t(vector) * e.lanes);
  }
}

void Conv2dTask::forPixels(int64_t most, llvm::function_ref<void(const Pixels &)> body) {
  RowPartition tiles = TargetInfo::partitionRows(outputSize(1), most);
  int64_t last = op.getFilterSize(1) - 1;
  auto isInside = [&](int64_t first, int64_t count) { return meets(first, 0) && meets(first + count - 1, last); };
  // Runs of tiles of one size that are inside become loops.
  auto emitTiles = [&](int64_t first, int64_t count, int64_t size) {
    for (int64_t tile = 0; tile < count;) {
      int64_t x = first + tile * size, run = 0;
      while (tile + run < count && isInside(x + run * size, size))
        ++run;
      if (run == 0) {
        body({size, e.index(x), x});
        ++tile;
        continue;
      }
      if (run == 1)
        body({size, e.index(x), std::nullopt});
      else
        e.loop(e.index(x), e.index(x + run * size), size, [&](Value at) { body({size, at, std::nullopt}); });
      tile += run;
    }
  };
  emitTiles(0, tiles.count, tiles.rows);
  emitTiles(tiles.count * tiles.rows, tiles.restCount, tiles.restRows);
}

void Conv2dTask::emitDepthwise() {
  // Several pixels share a load of the filter.
  constexpr int64_t kPixels = 4, kVectors = 2, kMostUnrolled = 7;
  int64_t channels = inputSize(2), width = op.getFilterSize(1);
  Range rows = taps(0, y);
  forPixels(kPixels, [&](const Pixels &pixels) {
    e.forSteps(e.index(0), e.index(channels), channels, kVectors * e.lanes, [&](Value first, int64_t count) {
      KernelEmitter::Values start, sums;
      for (int64_t offset = 0; offset < count; offset += e.lanes)
        start.push_back(bias ? e.loadFirst(bias, e.add(first, offset), count - offset) : e.splat(0));
      for (int64_t pixel = 0; pixel < pixels.count; ++pixel)
        sums.append(start);
      auto addTap = [&](Value i, Value j, ValueRange before, std::optional<int64_t> knownTap) {
        KernelEmitter::Values weights, next(before);
        for (int64_t offset = 0; offset < count; offset += e.lanes)
          weights.push_back(e.loadFirst(filters, {i, j, e.index(0), e.add(first, offset)}, count - offset));
        Value row = inputIndex(0, y, i);
        for (int64_t pixel = 0; pixel < pixels.count; ++pixel) {
          if (pixels.column && !meets(*pixels.column + pixel, *knownTap))
            continue;
          Value column = inputIndex(1, e.add(pixels.first, pixel), j);
          for (auto [vector, weight] : llvm::enumerate(weights)) {
            int64_t offset = int64_t(vector) * e.lanes;
            Value &sum = next[pixel * weights.size() + vector];
            sum = e.fma(e.loadFirst(input, {row, column, e.add(first, offset)}, count - offset), weight, sum);
          }
        }
        return next;
      };
      sums = e.loop(rows.first, rows.second, 1, sums, [&](Value i, ValueRange outer) {
        if (!pixels.column && width > kMostUnrolled)
          return e.loop(e.index(0), e.index(width), 1, outer,
                        [&](Value j, ValueRange inner) { return addTap(i, j, inner, std::nullopt); });
        KernelEmitter::Values next(outer);
        for (int64_t j = 0; j < width; ++j)
          next = addTap(i, e.index(j), next, j);
        return next;
      });
      finish(sums, pixels, first, count);
    });
  });
}

void vitc::emitKernel(KernelEmitter &e, kernel::Conv2dOp op, Value task, ValueRange buffers) {
  Conv2dTask conv{e,
                  op,
                  e.physical(buffers[0]),
                  buffers[1],
                  op.getBias() ? buffers[2] : Value(),
                  op.getResidual() ? e.physical(buffers[op.getBias() ? 3 : 2]) : Value(),
                  e.physical(buffers.back())};
  int64_t outputs = conv.outputSize(2), groups = op.getGroups(), rowsPerTask = op.getRowsPerTask();
  int64_t groupOutputs = outputs / groups, groupInputs = op.getFilterChannels();
  if (op.getWindow()) {
    int64_t panels = cast<MemRefType>(op.getFilters().getType()).getDimSize(0), rows = conv.outputSize(0);
    int64_t blocks = llvm::divideCeil(rows, rowsPerTask);
    Value panel = e.div(task, blocks), firstRow = e.mul(e.rem(task, blocks), rowsPerTask);
    Value endRow = e.min(e.add(firstRow, rowsPerTask), e.index(rows));
    auto emitPanel = [&](int64_t valid) {
      e.loop(firstRow, endRow, 1, [&](Value y) {
        conv.y = y;
        conv.panel = panel;
        conv.forPixels(*op.getPixels(), [&](const Conv2dTask::Pixels &pixels) {
          conv.emitTile(pixels, {e.index(0), e.mul(panel, kPanelWidth), valid});
        });
      });
    };
    int64_t lastOutputs = outputs - (panels - 1) * kPanelWidth;
    if (lastOutputs == kPanelWidth)
      return emitPanel(kPanelWidth);
    if (panels == 1)
      return emitPanel(lastOutputs);
    return e.ifElse(
        e.isLess(panel, e.index(panels - 1)), [&] { emitPanel(kPanelWidth); }, [&] { emitPanel(lastOutputs); });
  }
  conv.y = task;
  if (groupOutputs == 1 && groupInputs == 1)
    return conv.emitDepthwise();
  e.loop(e.index(0), e.index(groups), 1, [&](Value group) {
    Value channel = e.mul(group, groupInputs), firstOutput = e.mul(group, groupOutputs);
    e.forSteps(e.index(0), e.index(groupOutputs), groupOutputs, kPanelWidth, [&](Value first, int64_t count) {
      conv.forPixels(*op.getPixels(), [&](const Conv2dTask::Pixels &pixels) {
        conv.emitTile(pixels, {channel, e.add(firstOutput, first), count});
      });
    });
  });
}
