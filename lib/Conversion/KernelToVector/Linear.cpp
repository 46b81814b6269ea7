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
  auto place = [&](Value row, const Product::Columns &columns, int64_t vector) -> Product::Values {
    if (!byHead)
      return {row, columns.column[vector]};
    int64_t heads = outputShape[1] / sequences, tokens = outputShape[2];
    Value panel = columns.panel[vector], partAndHead = e.div(panel, headPanels), head = e.rem(partAndHead, heads);
    if (vit::WindowsAttr windows = op.getWindowsAttr()) {
      MapWindows::Token token = MapWindows(e, windows).tokenOf(row);
      head = e.add(e.mul(token.sequence, heads), head);
      row = token.index;
    } else if (sequences > 1) {
      head = e.add(e.mul(e.div(row, tokens), heads), head);
      row = e.rem(row, tokens);
    }
    return {e.div(partAndHead, heads), head, row,
            e.add(e.mul(e.rem(panel, headPanels), kPanelWidth), columns.lane[vector])};
  };
  Product::Epilogue epilogue{place,    output,          outputShape.back(),   op.getActivation(),
                             residual, op.storesSums(), op.getResidualFirst()};

  auto loadBias = [&](const Product::Columns &columns, int64_t vector) {
    if (!bias)
      return e.splat(0);
    if (cast<MemRefType>(bias.getType()).getRank() == 1)
      return e.loadColumns(bias, {columns.column[vector]}, outputShape.back());
    return e.load(bias, {columns.panel[vector], e.index(0), columns.lane[vector]});
  };

  Product product(e, schedule, panels);
  SmallVector<Value> start;
  product.emit(
      task,
      [&](const Product::Columns &columns, Value) {
        start.clear();
        for (int64_t vector = 0; vector < columns.vectors(); ++vector)
          start.push_back(loadBias(columns, vector));
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
