//===- WinogradConv2d.cpp - convolutions by minimal filtering -----------------===//

#include "Window.h"

#include "vitc/Dialect/Vit/IR/Winograd.h"

#include <cmath>
#include <functional>

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;
using Values = KernelEmitter::Values;

/// B^T times a vector of `size` inputs. Rows of +p and -p share the even and the odd part of their polynomials.
static Values transformInputs(KernelEmitter &e, const vit::Winograd &winograd, ValueRange inputs) {
  // The sum of the coefficients times inputs[from], inputs[from + 2], ...; the last coefficient is one.
  auto evaluate = [&](ArrayRef<double> coefficients, int64_t from) {
    Value sum = inputs[from + 2 * (coefficients.size() - 1)];
    for (auto [power, coefficient] : llvm::enumerate(coefficients.drop_back()))
      sum = e.fma(e.splat(coefficient), inputs[from + 2 * power], sum);
    return sum;
  };
  Values results = {evaluate(winograd.coefficients(), 0)};
  for (auto [i, point] : llvm::enumerate(winograd.points)) {
    SmallVector<double> coefficients = winograd.coefficients(int64_t(i));
    Value even = evaluate(coefficients, 2), odd = evaluate(coefficients, 1);
    results.push_back(e.fma(e.splat(point), odd, even));
    results.push_back(e.fma(e.splat(-point), odd, even));
  }
  results.push_back(evaluate(winograd.coefficients(), 1));
  return results;
}

/// A^T times a vector of `size` sums.
static Values transformSums(KernelEmitter &e, const vit::Winograd &winograd, ValueRange sums) {
  Values even, odd, results;
  for (size_t i = 0; i < winograd.points.size(); ++i) {
    even.push_back(e.addf(sums[2 * i + 1], sums[2 * i + 2]));
    odd.push_back(e.subf(sums[2 * i + 1], sums[2 * i + 2]));
  }
  for (int64_t power = 0; power < winograd.tile; ++power) {
    Value sum = power == 0 ? sums.front() : power == winograd.tile - 1 ? sums.back() : Value();
    for (auto [i, point] : llvm::enumerate(winograd.points)) {
      Value term = (power % 2 == 0 ? even : odd)[i];
      double factor = std::pow(point, double(power));
      if (sum)
        sum = factor == 1 ? e.addf(sum, term) : e.fma(e.splat(factor), term, sum);
      else
        sum = factor == 1 ? term : e.mulf(e.splat(factor), term);
    }
    results.push_back(sum);
  }
  return results;
}

namespace {
/// One task of kernel.winograd_conv2d.
struct WinogradTask {
  KernelEmitter &e;
  kernel::WinogradConv2dOp op;
  Value input, filters, bias, scratch;
  MapEpilogue epilogue;
  /// One tile of a vector of channels between the two halves of a transform, on the stack.
  Value between;

  const vit::Winograd winograd = vit::Winograd(op.getTile());
  const int64_t size = winograd.size, positions = size * size;
  const int64_t channels = sizeOf(op.getInput(), 2), outputs = sizeOf(op.getOutput(), 2);
  const int64_t tileColumns = op.getTileCount(1);
  /// Where a tile's transformed inputs begin in its row of scratch: behind the columns of a pass.
  const int64_t firstChannel = op.getPassPanels() * kPanelWidth;
  const WindowAxis rowWindow = windowOf(0), columnWindow = windowOf(1);
  /// First tile of the block.
  Value blockStart = nullptr;

  static int64_t sizeOf(Value map, unsigned axis) { return cast<MemRefType>(map.getType()).getDimSize(axis); }
  /// The inputs of tiles.
  WindowAxis windowOf(unsigned axis) {
    return {sizeOf(op.getInput(), axis), op.getTileCount(axis),    size, winograd.tile, /*dilation=*/1,
            op.getPadding()[axis],       op.getPadding()[axis + 2]};
  }
  Value placeBetween(Value row, Value column) { return e.mul(e.add(e.mul(row, size), column), e.lanes); }

  void transformInput(Value tile);
  void multiply(Value firstRowTile, Value endRowTile, Value firstPanel, Value endPanel);
  void transformOutput(Value tile, Value firstPanel, Value endPanel);
};
} // namespace

void WinogradTask::transformInput(Value tile) {
  Value tileRow = e.div(tile, tileColumns), tileColumn = e.rem(tile, tileColumns), slot = e.sub(tile, blockStart);
  // Tiles that reach over an edge know their columns.
  SmallVector<int64_t> atEdges;
  for (int64_t column = 0; column < tileColumns; ++column)
    if (!columnWindow.meets(column, 0) || !columnWindow.meets(column, size - 1))
      atEdges.push_back(column);
  std::pair<Value, Value> rows = rowWindow.tapsInside(e, tileRow);
  e.forSteps(e.index(0), e.index(channels), channels, e.lanes, [&](Value channel, int64_t valid) {
    auto zeroRow = [&](Value i) {
      for (int64_t j = 0; j < size; ++j)
        e.store(e.splat(0), between, placeBetween(i, e.index(j)));
    };
    e.loop(e.index(0), rows.first, 1, zeroRow);
    e.loop(rows.first, rows.second, 1, [&](Value i) {
      Value row = rowWindow.at(e, tileRow, i);
      auto transformRow = [&](std::optional<int64_t> knownColumn) {
        Values values;
        for (int64_t j = 0; j < size; ++j) {
          bool isInside = !knownColumn || columnWindow.meets(*knownColumn, j);
          Value column = columnWindow.at(e, knownColumn ? e.index(*knownColumn) : tileColumn, e.index(j));
          values.push_back(isInside ? e.loadFirst(input, {row, column, channel}, valid) : e.splat(0));
        }
        for (auto [j, value] : llvm::enumerate(transformInputs(e, winograd, values)))
          e.store(value, between, placeBetween(i, e.index(int64_t(j))));
      };
      std::function<void(ArrayRef<int64_t>)> choose = [&](ArrayRef<int64_t> columns) {
        if (columns.empty())
          return transformRow(std::nullopt);
        if (columns.size() == 1 && int64_t(atEdges.size()) == tileColumns)
          return transformRow(columns.front());
        e.ifElse(
            e.isEqual(tileColumn, columns.front()), [&] { transformRow(columns.front()); },
            [&] { choose(columns.drop_front()); });
      };
      choose(atEdges);
    });
    e.loop(rows.second, e.index(size), 1, zeroRow);
    e.loop(e.index(0), e.index(size), 1, [&](Value j) {
      Values values;
      for (int64_t i = 0; i < size; ++i)
        values.push_back(e.load(between, placeBetween(e.index(i), j)));
      for (auto [i, value] : llvm::enumerate(transformInputs(e, winograd, values)))
        e.store(value, scratch, {slot, e.add(j, int64_t(i) * size), e.add(channel, firstChannel)});
    });
  });
}

void WinogradTask::multiply(Value firstRowTile, Value endRowTile, Value firstPanel, Value endPanel) {
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  int64_t width = schedule.getColumnPanels(), panels = sizeOf(op.getFilters(), 0);
  KernelEmitter::ProductSteps steps{schedule.getKBlock(), schedule.getKUnroll()};
  // What caches do not keep until the next run; with smaller filters, fetching them costs 2 % instead of saving 8.
  constexpr int64_t kLargeFilters = 4 << 20;
  const bool comeFromMemory = panels * kPanelWidth * positions * channels * 4 > kLargeFilters;
  e.loop(e.index(0), e.index(positions), 1, [&](Value position) {
    Value firstFilter = e.mul(position, channels);
    // Those of the next position are fetched meanwhile.
    Value nextFilter = e.min(e.add(firstFilter, channels), e.index((positions - 1) * channels));
    e.loop(firstPanel, endPanel, width, [&](Value panel) {
      e.forPanelTile(panels, width, e.div(panel, width), [&](int64_t count, Value first) {
        int64_t vectors = count * e.panelVectors;
        e.forRowTiles(schedule.getRows(), firstRowTile, endRowTile, [&](int64_t rows, Value firstTile) {
          Value firstSlot = e.sub(firstTile, blockStart);
          Values sums = e.product(
              Values(rows * vectors, e.splat(0)), rows, vectors, channels, steps,
              [&](int64_t row, Value k) {
                return e.loadScalar(scratch, {e.add(firstSlot, row), position, e.add(k, firstChannel)});
              },
              [&](int64_t vector, Value k) {
                if (comeFromMemory && vector % e.panelVectors == 0)
                  e.prefetch(filters, {e.add(first, vector / e.panelVectors), e.add(nextFilter, k), e.index(0)});
                return e.load(filters, {e.add(first, vector / e.panelVectors), e.add(firstFilter, k),
                                        e.index(vector % e.panelVectors * e.lanes)});
              });
          Value column = e.mul(e.sub(first, firstPanel), kPanelWidth);
          for (auto [i, sum] : llvm::enumerate(sums))
            e.store(sum, scratch,
                    {e.add(firstSlot, int64_t(i) / vectors), position, e.add(column, int64_t(i) % vectors * e.lanes)});
        });
      });
    });
  });
}

void WinogradTask::transformOutput(Value tile, Value firstPanel, Value endPanel) {
  Value tileRow = e.div(tile, tileColumns), tileColumn = e.rem(tile, tileColumns), slot = e.sub(tile, blockStart);
  Value firstRow = e.mul(tileRow, winograd.tile), firstColumn = e.mul(tileColumn, winograd.tile);
  Value firstOutput = e.mul(firstPanel, kPanelWidth);
  Value rows = e.min(e.sub(e.index(sizeOf(op.getOutput(), 0)), firstRow), e.index(winograd.tile));
  int64_t lastColumns = sizeOf(op.getOutput(), 1) - (tileColumns - 1) * winograd.tile;
  e.forSteps(
      firstOutput, e.min(e.mul(endPanel, kPanelWidth), e.index(outputs)), outputs, e.lanes,
      [&](Value output, int64_t valid) {
        Value column = e.sub(output, firstOutput);
        e.loop(e.index(0), e.index(size), 1, [&](Value j) {
          Values sums;
          for (int64_t i = 0; i < size; ++i)
            sums.push_back(e.load(scratch, {slot, e.add(j, i * size), column}));
          for (auto [i, value] : llvm::enumerate(transformSums(e, winograd, sums)))
            e.store(value, between, placeBetween(e.index(int64_t(i)), j));
        });
        Value addend = bias ? e.loadFirst(bias, output, valid) : Value();
        e.loop(e.index(0), rows, 1, [&](Value i) {
          Values values;
          for (int64_t j = 0; j < size; ++j)
            values.push_back(e.load(between, placeBetween(i, e.index(j))));
          values = transformSums(e, winograd, values);
          if (addend)
            for (Value &value : values)
              value = e.addf(value, addend);
          auto finish = [&](int64_t pixels) {
            epilogue.finish(ValueRange(values).take_front(pixels), e.add(firstRow, i), firstColumn, output, valid);
          };
          if (lastColumns == winograd.tile)
            return finish(winograd.tile);
          e.ifElse(
              e.isEqual(tileColumn, tileColumns - 1), [&] { finish(lastColumns); }, [&] { finish(winograd.tile); });
        });
      });
}

void vitc::emitKernel(KernelEmitter &e, kernel::WinogradConv2dOp op, Value task, ValueRange buffers) {
  size_t next = 2;
  Value bias = op.getBias() ? buffers[next++] : Value();
  Value residual = op.getResidual() ? e.physical(buffers[next++]) : Value();
  Value output = e.physical(buffers[next]), scratch = buffers[next + 1];
  int64_t size = vit::Winograd(op.getTile()).size;
  WinogradTask winograd{e,
                        op,
                        e.physical(buffers[0]),
                        buffers[1],
                        bias,
                        scratch,
                        {e, output, residual, op.getActivation()},
                        e.stackBuffer(size * size * e.lanes)};
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  kernel::RowTilesAttr tiles = schedule.getRows();
  int64_t blocks = llvm::divideCeil(tiles.getTiles(), schedule.getTilesPerTask()),
          panelsPerTask = *op.getPanelsPerTask();
  Value firstRowTile = e.mul(e.rem(task, blocks), schedule.getTilesPerTask());
  Value endRowTile = e.min(e.add(firstRowTile, schedule.getTilesPerTask()), e.index(tiles.getTiles()));
  Value firstPanel = e.mul(e.div(task, blocks), panelsPerTask);
  Value endPanel = e.min(e.add(firstPanel, panelsPerTask), e.index(winograd.sizeOf(op.getFilters(), 0)));
  // The first row of a register tile: those of the larger size come first.
  auto firstOf = [&](Value rowTile) {
    Value larger = e.min(rowTile, e.index(tiles.getCount()));
    return e.add(e.mul(larger, tiles.getRows()), e.mul(e.sub(rowTile, larger), tiles.getRestRows()));
  };
  winograd.blockStart = firstOf(firstRowTile);
  Value blockEnd = firstOf(endRowTile);
  e.loop(winograd.blockStart, blockEnd, 1, [&](Value tile) { winograd.transformInput(tile); });
  e.loop(firstPanel, endPanel, op.getPassPanels(), [&](Value panel) {
    Value end = e.min(e.add(panel, op.getPassPanels()), endPanel);
    winograd.multiply(firstRowTile, endRowTile, panel, end);
    e.loop(winograd.blockStart, blockEnd, 1, [&](Value tile) { winograd.transformOutput(tile, panel, end); });
  });
}
