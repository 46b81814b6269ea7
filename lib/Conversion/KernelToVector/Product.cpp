//===- Product.cpp - the loop nest of all products ----------------------------===//

#include "Product.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

void Product::emit(Value task, llvm::function_ref<void(const Columns &, Value)> begin,
                   llvm::function_ref<void(const Columns &, const Rows &)> body) {
  kernel::RowTilesAttr tiles = schedule.getRows();
  // Without a number a task takes all tiles of its group.
  int64_t tilesPerTask = schedule.getTilesPerTask() ? schedule.getTilesPerTask() : tiles.getTiles();
  int64_t blocks = llvm::divideCeil(tiles.getTiles(), tilesPerTask);
  int64_t columnTiles = llvm::divideCeil(panels, schedule.getColumnPanels());
  Value firstTile = e.mul(e.rem(task, blocks), tilesPerTask);
  Value endTile = e.min(e.add(firstTile, tilesPerTask), e.index(tiles.getTiles()));
  Value rest = e.div(task, blocks);
  Value group = sharesColumns ? e.rem(rest, groups) : e.div(rest, columnTiles);
  Value columnTile = sharesColumns ? e.div(rest, groups) : e.rem(rest, columnTiles);

  e.forPanelTile(panels, schedule.getColumnPanels(), columnTile, [&](int64_t width, Value firstPanel) {
    Columns columns{width, firstPanel, {}, {}, {}};
    for (int64_t vector = 0; vector < width * e.panelVectors; ++vector) {
      columns.panel.push_back(e.add(firstPanel, vector / e.panelVectors));
      columns.lane.push_back(e.index(vector % e.panelVectors * e.lanes));
      columns.column.push_back(e.add(e.mul(firstPanel, kPanelWidth), vector * e.lanes));
    }
    begin(columns, group);
    e.forRowTiles(tiles, firstTile, endTile,
                  [&](int64_t count, Value first) { body(columns, Rows{count, first, group}); });
  });
}

void Product::finish(ValueRange sums, const Columns &columns, int64_t rows, Value firstRow, const Epilogue &epilogue) {
  auto store = [&](Value result, Value row, int64_t vector) {
    e.storeColumns(result, epilogue.output, epilogue.place(row, columns, vector), epilogue.rowElements);
  };
  auto finishAll = [&](ValueRange results, ArrayRef<Value> rowIndices) {
    SmallVector<Value> activated = emitActivation(e, epilogue.activation, results);
    for (auto [i, result] : llvm::enumerate(activated)) {
      Value row = rowIndices[i / columns.vectors()];
      int64_t vector = int64_t(i) % columns.vectors();
      if (epilogue.residual)
        result = e.addf(result,
                        e.loadColumns(epilogue.residual, epilogue.place(row, columns, vector), epilogue.rowElements));
      store(result, row, vector);
    }
  };
  if (!epilogue.storesSums) {
    for (int64_t row = 0; row < rows; ++row)
      finishAll(sums.slice(row * columns.vectors(), columns.vectors()), e.add(firstRow, row));
    return;
  }
  for (int64_t row = 0; row < rows; ++row)
    for (int64_t vector = 0; vector < columns.vectors(); ++vector)
      store(sums[row * columns.vectors() + vector], e.add(firstRow, row), vector);
  e.forSteps(e.index(0), e.index(rows), rows,
             std::max<int64_t>(KernelEmitter::kVectorsSideBySide / columns.vectors(), 1),
             [&](Value first, int64_t count) {
               SmallVector<Value> rowIndices, results;
               for (int64_t row = 0; row < count; ++row) {
                 rowIndices.push_back(e.add(firstRow, e.add(first, row)));
                 for (int64_t vector = 0; vector < columns.vectors(); ++vector)
                   results.push_back(e.loadColumns(epilogue.output, epilogue.place(rowIndices.back(), columns, vector),
                                                   epilogue.rowElements));
               }
               finishAll(results, rowIndices);
             });
}
