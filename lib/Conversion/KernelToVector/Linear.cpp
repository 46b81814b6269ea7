//===- Linear.cpp - linear layers and patch embeddings ------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

static MemRefType bufferType(Value value) { return cast<MemRefType>(value.getType()); }

void vitc::emitKernel(KernelEmitter &e, kernel::LinearOp op, Value task, ValueRange buffers) {
  unsigned next = 0;
  bool byHead = op.isByHead();
  Value input = e.rows(buffers[next++]), weight = buffers[next++];
  Value bias = op.getBias() ? buffers[next++] : Value();
  Value residual = op.getResidual() ? e.rows(buffers[next++]) : Value();
  Value output = byHead ? e.physical(buffers[next]) : e.rows(buffers[next]);
  MemRefType outputType = bufferType(op.getOutput());
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  int64_t panels = bufferType(weight).getDimSize(0), depth = bufferType(weight).getDimSize(1);
  int64_t columns = outputType.getShape().back(),
          headPanels = llvm::divideCeil(outputType.getShape().back(), kPanelWidth);

  // Tasks of the same columns follow each other: their weights are in the shared cache when the next one starts.
  int64_t blocks = llvm::divideCeil(schedule.getRows().getTiles(), schedule.getTilesPerTask());
  Value block = e.rem(task, blocks), columnTile = e.div(task, blocks);
  Value firstTile = e.mul(block, schedule.getTilesPerTask());
  Value endTile = e.min(e.add(firstTile, schedule.getTilesPerTask()), e.index(schedule.getRows().getTiles()));

  e.forPanelTile(panels, schedule.getColumnPanels(), columnTile, [&](int64_t width, Value firstPanel) {
    int64_t vectors = width * e.panelVectors;
    SmallVector<Value> panelIndices;
    for (int64_t panel = 0; panel < width; ++panel)
      panelIndices.push_back(e.add(firstPanel, panel));
    auto laneOf = [&](int64_t vector) { return e.index(vector % e.panelVectors * e.lanes); };
    SmallVector<Value> start;
    for (int64_t vector = 0; vector < vectors; ++vector)
      start.push_back(bias ? e.load(bias, {panelIndices[vector / e.panelVectors], e.index(0), laneOf(vector)})
                           : e.splat(0));

    e.forRowTiles(schedule.getRows(), firstTile, endTile, [&](int64_t rows, Value firstRow) {
      SmallVector<Value> rowIndices, sums;
      for (int64_t row = 0; row < rows; ++row) {
        rowIndices.push_back(e.add(firstRow, row));
        sums.append(start);
      }
      // The panels of the next task, one for each row tile in turn.
      Value nextPanel;
      if (schedule.getRows().getTiles() > 1)
        nextPanel = e.min(e.add(e.add(firstPanel, width), e.rem(e.div(firstRow, rows), width)), e.index(panels - 1));
      sums = e.product(
          sums, rows, vectors, depth, {schedule.getKBlock(), schedule.getKUnroll()},
          [&](int64_t row, Value k) { return e.loadScalar(input, {rowIndices[row], k}); },
          [&](int64_t vector, Value k) {
            if (vector == 0 && nextPanel)
              e.prefetch(weight, {nextPanel, k, e.index(0)});
            return e.load(weight, {panelIndices[vector / e.panelVectors], k, laneOf(vector)});
          });
      auto finish = [&](Value result, Value row, Value column) {
        result = emitActivation(e, op.getActivation(), result);
        if (residual)
          result = e.addf(result, e.loadColumns(residual, {row, column}, columns));
        e.storeColumns(result, output, {row, column}, columns);
      };
      for (int64_t row = 0; row < rows; ++row) {
        for (int64_t vector = 0; vector < vectors; ++vector) {
          Value panel = panelIndices[vector / e.panelVectors];
          Value result = sums[row * vectors + vector];
          if (byHead) {
            Value head = e.div(panel, headPanels);
            Value column = e.add(e.mul(e.rem(panel, headPanels), kPanelWidth), laneOf(vector));
            e.store(result, output,
                    {e.div(head, outputType.getDimSize(1)), e.rem(head, outputType.getDimSize(1)), rowIndices[row],
                     column});
            continue;
          }
          Value column = e.add(e.mul(panel, kPanelWidth), laneOf(vector));
          if (op.storesSums())
            e.storeColumns(result, output, {rowIndices[row], column}, columns);
          else
            finish(result, rowIndices[row], column);
        }
      }
      if (op.storesSums())
        e.loop(firstRow, e.add(firstRow, rows), 1, [&](Value row) {
          for (int64_t vector = 0; vector < vectors; ++vector) {
            Value column = e.add(e.mul(panelIndices[vector / e.panelVectors], kPanelWidth), laneOf(vector));
            finish(e.loadColumns(output, {row, column}, columns), row, column);
          }
        });
    });
  });
}

void vitc::emitKernel(KernelEmitter &e, kernel::PatchEmbeddingOp op, Value task, ValueRange buffers) {
  Value image = buffers[0], weight = buffers[1], addend = buffers[2], output = e.physical(buffers[3]);
  MemRefType imageType = bufferType(image);
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  int64_t panels = bufferType(weight).getDimSize(0), columns = bufferType(op.getOutput()).getDimSize(1);
  int64_t patchRows = op.getPatch()[0], patchColumns = op.getPatch()[1];
  int64_t channels = imageType.getDimSize(0), gridRows = imageType.getDimSize(1) / patchRows;
  int64_t gridColumns = schedule.getRows().getTotal();
  int64_t prefix = bufferType(op.getOutput()).getDimSize(0) - gridRows * gridColumns;

  Value gridRow = e.rem(task, gridRows), columnTile = e.div(task, gridRows);
  Value firstToken = e.add(e.mul(gridRow, gridColumns), prefix), top = e.mul(gridRow, patchRows);
  e.forPanelTile(panels, schedule.getColumnPanels(), columnTile, [&](int64_t width, Value firstPanel) {
    int64_t vectors = width * e.panelVectors;
    SmallVector<Value> panelIndices, columnIndices;
    for (int64_t vector = 0; vector < vectors; ++vector) {
      panelIndices.push_back(e.add(firstPanel, vector / e.panelVectors));
      columnIndices.push_back(e.add(e.mul(firstPanel, kPanelWidth), vector * e.lanes));
    }
    if (prefix > 0)
      e.ifElse(
          e.isEqual(gridRow, 0),
          [&] {
            e.loop(e.index(0), e.index(prefix), 1, [&](Value token) {
              for (Value column : columnIndices)
                e.storeColumns(e.load(addend, {token, column}), output, {token, column}, columns);
            });
          },
          nullptr);
    e.forRowTiles(
        schedule.getRows(), e.index(0), e.index(schedule.getRows().getTiles()), [&](int64_t rows, Value firstPatch) {
          SmallVector<Value> tokens, lefts, sums;
          for (int64_t row = 0; row < rows; ++row) {
            tokens.push_back(e.add(e.add(firstToken, firstPatch), row));
            lefts.push_back(e.mul(e.add(firstPatch, row), patchColumns));
            for (Value column : columnIndices)
              sums.push_back(e.load(addend, {tokens.back(), column}));
          }
          // A chain of the sum is some rows of one channel's patch.
          int64_t chainRows =
              std::clamp<int64_t>(TargetInfo::summationBlock(patchRows * patchColumns) / patchColumns, 1, patchRows);
          while (patchRows % chainRows != 0)
            --chainRows;
          KernelEmitter::ProductSteps steps{patchColumns, e.target.productUnroll(rows, width, patchColumns)};
          sums = e.loop(e.index(0), e.index(channels * patchRows), chainRows, sums,
                        [&](Value firstRow, ValueRange totals) {
                          KernelEmitter::Values zeros(totals.size(), e.splat(0));
                          KernelEmitter::Values part =
                              e.loop(e.index(0), e.index(chainRows), 1, zeros, [&](Value row, ValueRange inner) {
                                Value y = e.add(firstRow, row);
                                Value channel = e.div(y, patchRows), imageRow = e.add(top, e.rem(y, patchRows)),
                                      depth = e.mul(y, patchColumns);
                                return e.product(
                                    inner, rows, vectors, patchColumns, steps,
                                    [&](int64_t row, Value x) {
                                      return e.loadScalar(image, {channel, imageRow, e.add(lefts[row], x)});
                                    },
                                    [&](int64_t vector, Value x) {
                                      return e.load(weight, {panelIndices[vector], e.add(depth, x),
                                                             e.index(vector % e.panelVectors * e.lanes)});
                                    });
                              });
                          return e.addAll(totals, part);
                        });
          for (int64_t row = 0; row < rows; ++row)
            for (int64_t vector = 0; vector < vectors; ++vector)
              e.storeColumns(sums[row * vectors + vector], output, {tokens[row], columnIndices[vector]}, columns);
        });
  });
}
