//===- PatchEmbedding.cpp - patches to tokens ---------------------------------===//

#include "Bf16.h"
#include "Product.h"

using namespace mlir;
using namespace vitc;

/// Rows of a channel's patch that one chain of additions is long.
static int64_t rowsOfChain(int64_t patchRows, int64_t patchColumns) {
  int64_t rows = std::clamp<int64_t>(TargetInfo::summationBlock(patchRows * patchColumns) / patchColumns, 1, patchRows);
  while (patchRows % rows != 0)
    --rows;
  return rows;
}

void vitc::emitKernel(KernelEmitter &e, kernel::PatchEmbeddingOp op, Value task, ValueRange buffers) {
  Value image = op.readsWords() ? e.physical(buffers[0]) : buffers[0], weight = buffers[1], addend = buffers[2],
        output = e.physical(buffers[3]);
  ArrayRef<int64_t> outputShape = cast<MemRefType>(op.getOutput().getType()).getShape();
  int64_t patchRows = op.getPatch()[0], patchColumns = op.getPatch()[1];
  const std::array<int64_t, 3> imageShape = op.getImageShape();
  const int64_t imageRows = imageShape[0] * patchRows;
  int64_t gridRows = imageShape[1] / patchRows;
  // Steps along a row of a patch: elements, or pairs.
  const int64_t stepsOfRow = op.isOfBf16() ? patchColumns / 2 : patchColumns;
  int64_t gridColumns = op.getScheduleAttr().getRows().getTotal(), prefix = outputShape[0] - gridRows * gridColumns;
  // Rounded numbers have larger errors than that of a long chain.
  int64_t chainRows = op.readsWords() ? imageRows : rowsOfChain(patchRows, patchColumns);

  auto place = [](Value row, const Product::Columns &columns, int64_t vector) -> Product::Values {
    return {row, columns.column[vector]};
  };
  Product::Epilogue epilogue{place, output, outputShape[1]};

  // The patches of a row of the grid are a group of rows.
  Product product(e, op.getScheduleAttr(), cast<MemRefType>(weight.getType()).getDimSize(0), gridRows);
  product.emit(
      task,
      [&](const Product::Columns &columns, Value gridRow) {
        if (prefix == 0)
          return;
        auto copyPrefix = [&](Value token) {
          for (Value column : columns.column)
            e.storeColumns(e.load(addend, {token, column}), output, {token, column}, outputShape[1]);
        };
        e.ifElse(e.isEqual(gridRow, 0), [&] { e.loop(e.index(0), e.index(prefix), 1, copyPrefix); }, nullptr);
      },
      [&](const Product::Columns &columns, const Product::Rows &rows) {
        Value firstToken = e.add(e.add(e.mul(rows.group, gridColumns), prefix), rows.first);
        SmallVector<Value> lefts, sums;
        for (int64_t row = 0; row < rows.count; ++row) {
          lefts.push_back(e.mul(e.add(rows.first, row), op.readsWords() ? stepsOfRow : patchColumns));
          for (Value column : columns.column)
            sums.push_back(e.load(addend, {e.add(firstToken, row), column}));
        }
        // Element k of a patch is at column x of row y of all its channels' rows.
        KernelEmitter::ProductSteps steps{stepsOfRow, e.target.productUnroll(rows.count, columns.panels, stepsOfRow)};
        auto addRow = [&](Value y, ValueRange partial) {
          Value channel = e.div(y, patchRows), depth = e.mul(y, stepsOfRow);
          Value imageRow = e.add(e.mul(rows.group, patchRows), e.rem(y, patchRows));
          auto loadElement = [&](int64_t row, Value x) {
            return e.loadScalar(image, {channel, imageRow, e.add(lefts[row], x)});
          };
          if (!op.isOfBf16())
            return e.product(partial, rows.count, columns.vectors(), patchColumns, steps, loadElement,
                             [&](int64_t vector, Value x) {
                               return e.load(weight, {columns.panel[vector], e.add(depth, x), columns.lane[vector]});
                             });
          auto loadWords = [&](int64_t vector, Value x) {
            return e.loadWords(weight, {columns.panel[vector], e.add(depth, x), columns.lane[vector], e.index(0)});
          };
          if (!op.readsWords())
            return expandedProduct(e, partial, rows.count, columns.vectors(), stepsOfRow, steps, loadElement,
                                   loadWords);
          Value wordsRow = e.add(e.mul(channel, imageShape[1]), imageRow);
          return pairProduct(
              e, partial, rows.count, columns.vectors(), stepsOfRow, steps,
              [&](int64_t row, Value x) { return e.loadScalar(image, {wordsRow, e.add(lefts[row], x)}); }, loadWords);
        };
        sums = e.loop(e.index(0), e.index(imageRows), chainRows, sums, [&](Value firstRow, ValueRange totals) {
          KernelEmitter::Values zeros(totals.size(), e.splat(0));
          return e.addAll(totals, e.loop(e.index(0), e.index(chainRows), 1, zeros, [&](Value row, ValueRange inner) {
            return addRow(e.add(firstRow, row), inner);
          }));
        });
        product.finish(sums, columns, rows.count, firstToken, epilogue);
      });
}
