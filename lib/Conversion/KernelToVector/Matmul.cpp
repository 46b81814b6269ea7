//===- Matmul.cpp - products of two activations -------------------------------===//

#include "Product.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

void vitc::emitKernel(KernelEmitter &e, kernel::MatmulOp op, Value task, ValueRange buffers) {
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  Value lhs = e.rows(buffers[0]), rhs = buffers[1], output = e.rows(buffers.back());
  Value bias = op.getBias() ? buffers[2] : Value();
  int64_t depth = cast<MemRefType>(op.getLhs().getType()).getShape().back();
  int64_t rowElements = cast<MemRefType>(op.getOutput().getType()).getShape().back();

  auto place = [](Value row, const Product::Columns &columns, int64_t vector) -> Product::Values {
    return {row, columns.column[vector]};
  };
  Product::Epilogue epilogue{place, output, rowElements};

  Product product(e, schedule, llvm::divideCeil(rowElements, kPanelWidth), op.getMatrixCount(),
                  /*sharesColumns=*/false);
  SmallVector<Value> start;
  product.emit(
      task,
      [&](const Product::Columns &columns, Value) {
        start.clear();
        for (Value column : columns.column)
          start.push_back(bias ? e.loadColumns(bias, column, rowElements) : e.splat(0));
      },
      [&](const Product::Columns &columns, const Product::Rows &rows) {
        Value firstRow = e.add(e.mul(rows.group, schedule.getRows().getTotal()), rows.first);
        SmallVector<Value> rowIndices, sums;
        for (int64_t row = 0; row < rows.count; ++row) {
          rowIndices.push_back(e.add(firstRow, row));
          sums.append(start);
        }
        sums = e.product(
            sums, rows.count, columns.vectors(), depth, {schedule.getKBlock(), schedule.getKUnroll()},
            [&](int64_t row, Value k) { return e.loadScalar(lhs, {rowIndices[row], k}); },
            [&](int64_t vector, Value k) {
              return e.load(rhs, {rows.group, columns.panel[vector], k, columns.lane[vector]});
            });
        product.finish(sums, columns, rows.count, firstRow, epilogue);
      });
}
