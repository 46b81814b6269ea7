//===- Matmul.cpp - products of two activations -------------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

void vitc::emitKernel(KernelEmitter &e, kernel::MatmulOp op, Value task, ValueRange buffers) {
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  Value lhs = e.rows(buffers[0]), rhs = buffers[1], output = e.rows(buffers.back());
  Value bias = op.getBias() ? buffers[2] : Value();
  int64_t depth = cast<MemRefType>(op.getLhs().getType()).getShape().back();
  int64_t columns = cast<MemRefType>(op.getOutput().getType()).getShape().back();
  int64_t panels = llvm::divideCeil(columns, kPanelWidth);

  int64_t blocks = llvm::divideCeil(schedule.getRows().getTiles(), schedule.getTilesPerTask());
  int64_t columnTiles = llvm::divideCeil(panels, schedule.getColumnPanels());
  Value matrix = e.div(task, blocks * columnTiles), columnTile = e.rem(e.div(task, blocks), columnTiles);
  Value firstTile = e.mul(e.rem(task, blocks), schedule.getTilesPerTask());
  Value endTile = e.min(e.add(firstTile, schedule.getTilesPerTask()), e.index(schedule.getRows().getTiles()));
  Value rowOffset = e.mul(matrix, schedule.getRows().getTotal());

  e.forPanelTile(panels, schedule.getColumnPanels(), columnTile, [&](int64_t width, Value firstPanel) {
    int64_t vectors = width * e.panelVectors;
    SmallVector<Value> columnIndices, start;
    for (int64_t vector = 0; vector < vectors; ++vector) {
      columnIndices.push_back(e.add(e.mul(firstPanel, kPanelWidth), vector * e.lanes));
      start.push_back(bias ? e.loadColumns(bias, columnIndices.back(), columns) : e.splat(0));
    }
    e.forRowTiles(schedule.getRows(), firstTile, endTile, [&](int64_t rows, Value firstRow) {
      SmallVector<Value> rowIndices, sums;
      for (int64_t row = 0; row < rows; ++row) {
        rowIndices.push_back(e.add(e.add(rowOffset, firstRow), row));
        sums.append(start);
      }
      sums = e.product(
          sums, rows, vectors, depth, {schedule.getKBlock(), schedule.getKUnroll()},
          [&](int64_t row, Value k) { return e.loadScalar(lhs, {rowIndices[row], k}); },
          [&](int64_t vector, Value k) {
            Value panel = e.add(firstPanel, vector / e.panelVectors);
            return e.load(rhs, {matrix, panel, k, e.index(vector % e.panelVectors * e.lanes)});
          });
      for (int64_t row = 0; row < rows; ++row)
        for (int64_t vector = 0; vector < vectors; ++vector)
          e.storeColumns(sums[row * vectors + vector], output, {rowIndices[row], columnIndices[vector]}, columns);
    });
  });
}
