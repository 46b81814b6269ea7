//===- Linear.cpp - linear layers ---------------------------------------------===//

#include "Bf16.h"
#include "MapWindows.h"
#include "Product.h"
#include "Quantized.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

namespace {
/// The buffers of kernel.linear; those that it has not are null.
struct LinearBuffers {
  Value input, weight, rows, scale, sum, bias, residual, output;

  LinearBuffers(KernelEmitter &e, kernel::LinearOp op, ValueRange buffers) {
    unsigned next = 0;
    auto take = [&](Value operand) { return operand ? buffers[next++] : Value(); };
    input = e.rows(take(op.getInput()));
    weight = take(op.getWeight());
    rows = take(op.getRows());
    scale = take(op.getScale());
    sum = take(op.getSum());
    bias = take(op.getBias());
    residual = take(op.getResidual());
    if (residual)
      residual = e.rows(residual);
    output = op.isByHead() ? e.physical(take(op.getOutput())) : e.rows(take(op.getOutput()));
  }
};

/// A tile of a product: of `rows` at `rowIndices` with all vectors of `columns`.
struct LinearTile {
  using Values = Product::Values;

  KernelEmitter &e;
  kernel::LinearOp op;
  const LinearBuffers &buffers;
  const Product::Columns &columns;
  Values rowIndices;
  /// A panel to ask for meanwhile, or null.
  Value nextPanel;

  /// Of a buffer in panels of depth 1 what a vector's columns have.
  Value ofColumns(Value panels, int64_t vector) const {
    return e.load(panels, {columns.panel[vector], e.index(0), columns.lane[vector]});
  }
  /// The bias of a vector's columns: in such panels, or a row.
  Value biasOf(int64_t vector) const {
    if (cast<MemRefType>(buffers.bias.getType()).getRank() > 1)
      return ofColumns(buffers.bias, vector);
    return e.loadColumns(buffers.bias, {columns.column[vector]},
                         cast<MemRefType>(buffers.bias.getType()).getDimSize(0));
  }
  Values computeFloat(const Values &start);
  Values computeInt8();
  /// A vector's words of weights that lie interleaved, of a step along the depth.
  Value loadWords(int64_t vector, Value step) const;
};
} // namespace

/// Sums that begin with the bias.
LinearTile::Values LinearTile::computeFloat(const Values &start) {
  const auto rows = int64_t(rowIndices.size());
  Values sums;
  for (int64_t row = 0; row < rows; ++row)
    sums.append(start);
  const KernelEmitter::ProductSteps steps{op.getScheduleAttr().getKBlock(), op.getScheduleAttr().getKUnroll()};
  auto loadElement = [&](int64_t row, Value k) { return e.loadScalar(buffers.input, {rowIndices[row], k}); };
  if (op.isOfBf16()) {
    const auto multiply = op.readsWords() ? pairProduct : expandedProduct;
    return multiply(e, sums, rows, columns.vectors(), op.getSteps(), steps, loadElement,
                    [&](int64_t vector, Value pair) { return loadWords(vector, pair); });
  }
  return e.product(sums, rows, columns.vectors(), op.getSteps(), steps, loadElement, [&](int64_t vector, Value k) {
    if (vector == 0 && nextPanel)
      e.prefetch(buffers.weight, {nextPanel, k, e.index(0)});
    return e.load(buffers.weight, {columns.panel[vector], k, columns.lane[vector]});
  });
}

Value LinearTile::loadWords(int64_t vector, Value step) const {
  if (vector == 0 && nextPanel)
    e.prefetch(buffers.weight, {nextPanel, step, e.index(0), e.index(0)});
  return e.loadWords(buffers.weight, {columns.panel[vector], step, columns.lane[vector], e.index(0)});
}

LinearTile::Values LinearTile::computeInt8() {
  Values sums = quantizedProduct(
      e, int64_t(rowIndices.size()), columns.vectors(), op.getSteps(), op.getScheduleAttr().getKUnroll(),
      [&](int64_t row, Value word) { return e.loadScalar(buffers.input, {rowIndices[row], word}); },
      [&](int64_t vector, Value quad) { return loadWords(vector, quad); });
  for (size_t i = 0; i < sums.size(); ++i) {
    int64_t row = int64_t(i) / columns.vectors(), vector = int64_t(i) % columns.vectors();
    auto ofRow = [&](int64_t which) {
      return e.broadcast(e.loadScalar(buffers.rows, {rowIndices[row], e.index(which)}));
    };
    Value low = e.mulf(ofRow(1), ofColumns(buffers.sum, vector));
    if (buffers.bias)
      low = e.addf(low, biasOf(vector));
    Value whole = e.builder.create<arith::SIToFPOp>(e.loc, e.vectorType, sums[i]);
    sums[i] = e.addf(e.mulf(whole, e.mulf(ofRow(0), ofColumns(buffers.scale, vector))), low);
  }
  return sums;
}

void vitc::emitKernel(KernelEmitter &e, kernel::LinearOp op, Value task, ValueRange operands) {
  bool byHead = op.isByHead();
  const LinearBuffers buffers(e, op, operands);
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  ArrayRef<int64_t> outputShape = cast<MemRefType>(op.getOutput().getType()).getShape();
  int64_t panels = op.getWeight().getType().getDimSize(0);
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
  Product::Epilogue epilogue{
      place,           buffers.output,       outputShape.back(), op.getActivation(), buffers.residual,
      op.storesSums(), op.getResidualFirst()};

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
            e.storeColumns(start[vector], buffers.output, placeOf(token, columns, vector), outputShape.back());
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
        const LinearTile columnsOnly{e, op, buffers, columns, {}, {}};
        for (int64_t vector = 0; vector < columns.vectors(); ++vector)
          start.push_back(buffers.bias ? columnsOnly.biasOf(vector) : e.splat(0));
        if (op.getWindows() && op.getWindows()->isPadded())
          e.ifElse(e.isEqual(e.rem(task, blocks), 0), [&] { fillPadding(columns); }, [] {});
      },
      [&](const Product::Columns &columns, const Product::Rows &rows) {
        LinearTile tile{e, op, buffers, columns, {}, {}};
        for (int64_t row = 0; row < rows.count; ++row)
          tile.rowIndices.push_back(e.add(rows.first, row));
        // The panels of the next task, one for each row tile in turn.
        if (schedule.getRows().getTiles() > 1)
          tile.nextPanel = e.min(
              e.add(e.add(columns.firstPanel, columns.panels), e.rem(e.div(rows.first, rows.count), columns.panels)),
              e.index(panels - 1));
        SmallVector<Value> sums = op.isQuantized() ? tile.computeInt8() : tile.computeFloat(start);
        product.finish(sums, columns, rows.count, rows.first, epilogue);
      });
}
