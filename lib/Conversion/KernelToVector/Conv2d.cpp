//===- Conv2d.cpp - convolutions of channels-last maps ------------------------===//

#include "Window.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

namespace {
/// Rows of the output from one task of kernel.conv2d.
struct Conv2dTask {
  KernelEmitter &e;
  kernel::Conv2dOp op;
  Value input, filters, bias;
  MapEpilogue epilogue;
  /// The row at hand, and the panel of the filters, if they are in panels.
  Value y = nullptr, panel = nullptr;

  const WindowAxis rowWindow = WindowAxis::of(op, 0, op.getFilterSize(0));
  const WindowAxis columnWindow = WindowAxis::of(op, 1, op.getFilterSize(1));

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
};
} // namespace

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
  auto rows = rowWindow.tapsInside(e, y);
  sums = e.loop(rows.first, rows.second, 1, sums, [&](Value i, ValueRange outer) {
    Value row = rowWindow.at(e, y, i);
    // Adds one column of the filter for the pixels [from, to).
    auto addTap = [&](ValueRange before, Value j, int64_t from, int64_t to) {
      ValueRange own = before.slice(from * vectors, (to - from) * vectors);
      SmallVector<Value> inputColumns;
      for (int64_t pixel = from; pixel < to; ++pixel)
        inputColumns.push_back(columnWindow.at(e, e.add(pixels.first, pixel), j));
      KernelEmitter::Values ofTap = e.product(
          addsTaps ? ValueRange(zeros).take_front(own.size()) : own, to - from, vectors, depth, steps,
          [&](int64_t pixel, Value k) {
            Value channel = e.add(outputs.channel, k), column = inputColumns[pixel];
            return op.getChannelsFirst() ? e.loadScalar(input, {channel, row, column})
                                         : e.loadScalar(input, {row, column, channel});
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
        while (from < to && !columnWindow.meets(*pixels.column + from, j))
          ++from;
        while (to > from && !columnWindow.meets(*pixels.column + to - 1, j))
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
  epilogue.finish(sums, y, pixels.first, outputs.column, outputs.valid);
}

void Conv2dTask::forPixels(int64_t most, llvm::function_ref<void(const Pixels &)> body) {
  RowPartition tiles = TargetInfo::partitionRows(columnWindow.outputs, most);
  int64_t last = columnWindow.taps - 1;
  auto isInside = [&](int64_t first, int64_t count) {
    return columnWindow.meets(first, 0) && columnWindow.meets(first + count - 1, last);
  };
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
  int64_t channels = op.getFilterChannels() * int64_t(op.getGroups()), width = columnWindow.taps;
  auto rows = rowWindow.tapsInside(e, y);
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
        Value row = rowWindow.at(e, y, i);
        for (int64_t pixel = 0; pixel < pixels.count; ++pixel) {
          if (pixels.column && !columnWindow.meets(*pixels.column + pixel, *knownTap))
            continue;
          Value column = columnWindow.at(e, e.add(pixels.first, pixel), j);
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
      epilogue.finish(sums, y, pixels.first, first, count);
    });
  });
}

void vitc::emitKernel(KernelEmitter &e, kernel::Conv2dOp op, Value task, ValueRange buffers) {
  Value bias = op.getBias() ? buffers[2] : Value();
  Value residual = op.getResidual() ? e.physical(buffers[bias ? 3 : 2]) : Value();
  Conv2dTask conv{e,          op,   e.physical(buffers[0]),
                  buffers[1], bias, {e, e.physical(buffers.back()), residual, op.getActivation()}};
  int64_t outputs = cast<MemRefType>(op.getOutput().getType()).getDimSize(2), groups = op.getGroups(),
          rowsPerTask = op.getRowsPerTask();
  int64_t groupOutputs = outputs / groups, groupInputs = op.getFilterChannels();
  if (op.getWindow()) {
    int64_t panels = cast<MemRefType>(op.getFilters().getType()).getDimSize(0), rows = conv.rowWindow.outputs;
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
