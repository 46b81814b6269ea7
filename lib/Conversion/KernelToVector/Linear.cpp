//===- Linear.cpp - linear layers ---------------------------------------------===//

#include "MapWindows.h"
#include "Product.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

void vitc::emitKernel(KernelEmitter &e, kernel::LinearOp op, Value task, ValueRange buffers) {
  unsigned next = 0;
  bool byHead = op.isByHead();
  Value input = e.rows(buffers[next++]), weight = buffers[next++];
  Value bias = op.getBias() ? buffers[next++] : Value();
  Value residual = op.getResidual() ? e.rows(buffers[next++]) : Value();
  Value output = byHead ? e.physical(buffers[next]) : e.rows(buffers[next]);
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  ArrayRef<int64_t> weightShape = cast<MemRefType>(weight.getType()).getShape();
  ArrayRef<int64_t> outputShape = cast<MemRefType>(op.getOutput().getType()).getShape();
  int64_t panels = weightShape[0], depth = weightShape[1];
  int64_t headPanels = llvm::divideCeil(outputShape.back(), kPanelWidth);

  int64_t sequences = byHead ? op.getSequences() : 1;
  // By head, the place of a token of a sequence.
  auto placeOf = [&](MapWindows::Token token, const Product::Columns &columns, int64_t vector) -> Product::Values {
    int64_t heads = outputShape[1] / sequences;
    Value panel = columns.panel[vector], partAndHead = e.div(panel, headPanels), head = e.rem(partAndHead, heads);
    if (sequences > 1)
      head = e.add(e.mul(token.sequence, heads), head);
    return {e.div(partAndHead, heads), head, token.index,
            e.add(e.mul(e.rem(panel, headPanels), kPanelWidth), columns.lane[vector])};
  };
  auto place = [&](Value row, const Product::Columns &columns, int64_t vector) -> Product::Values {
    if (!byHead)
      return {row, columns.column[vector]};
    if (vit::WindowsAttr windows = op.getWindowsAttr())
      return placeOf(MapWindows(e, windows).tokenOf(row), columns, vector);
    if (sequences > 1)
      return placeOf({e.div(row, outputShape[2]), e.rem(row, outputShape[2])}, columns, vector);
    return placeOf({e.index(0), row}, columns, vector);
  };
  Product::Epilogue epilogue{place,    output,          outputShape.back(),   op.getActivation(),
                             residual, op.storesSums(), op.getResidualFirst()};

  Product product(e, schedule, panels);
  SmallVector<Value> start;
  const int64_t blocks = llvm::divideCeil(schedule.getRows().getTiles(), schedule.getTilesPerTask());
  // What windows have beyond their map, in the first task of each tile of columns.
  auto fillPadding = [&](const Product::Columns &columns) {
    vit::WindowsAttr windows = op.getWindowsAttr();
    auto fill = [&](Value fromRow, Value toRow, Value fromColumn) {
      e.loop(fromRow, toRow, 1, [&](Value row) {
        e.loop(fromColumn, e.index(windows.getPadded(1)), 1, [&](Value column) {
          MapWindows::Token token = MapWindows(e, windows).tokenOf(row, column);
          for (int64_t vector = 0; vector < columns.vectors(); ++vector)
            e.storeColumns(start[vector], output, placeOf(token, columns, vector), outputShape.back());
        });
      });
    };
    Value mapRows = e.index(windows.getMap()[0]);
    fill(e.index(0), mapRows, e.index(windows.getMap()[1]));
    fill(mapRows, e.index(windows.getPadded(0)), e.index(0));
  };
  product.emit(
      task,
      [&](const Product::Columns &columns, Value) {
        start.clear();
        for (int64_t vector = 0; vector < columns.vectors(); ++vector)
          start.push_back(bias ? e.load(bias, {columns.panel[vector], e.index(0), columns.lane[vector]}) : e.splat(0));
        if (op.getWindows() && op.getWindows()->isPadded())
          e.ifElse(e.isEqual(e.rem(task, blocks), 0), [&] { fillPadding(columns); }, [] {});
      },
      [&](const Product::Columns &columns, const Product::Rows &rows) {
        SmallVector<Value> rowIndices, sums;
        for (int64_t row = 0; row < rows.count; ++row) {
          rowIndices.push_back(e.add(rows.first, row));
          sums.append(start);
        }
        // The panels of the next task, one for each row tile in turn.
        Value nextPanel;
        if (schedule.getRows().getTiles() > 1)
          nextPanel = e.min(
              e.add(e.add(columns.firstPanel, columns.panels), e.rem(e.div(rows.first, rows.count), columns.panels)),
              e.index(panels - 1));
        sums = e.product(
            sums, rows.count, columns.vectors(), depth, {schedule.getKBlock(), schedule.getKUnroll()},
            [&](int64_t row, Value k) { return e.loadScalar(input, {rowIndices[row], k}); },
            [&](int64_t vector, Value k) {
              if (vector == 0 && nextPanel)
                e.prefetch(weight, {nextPanel, k, e.index(0)});
              return e.load(weight, {columns.panel[vector], k, columns.lane[vector]});
            });
        product.finish(sums, columns, rows.count, rows.first, epilogue);
      });
}
