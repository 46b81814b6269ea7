//===- Attention.cpp - softmax(scale q k^T + bias) v --------------------------===//

#include "Bf16.h"
#include "MapWindows.h"

#include <limits>

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

static MemRefType bufferType(Value value) { return cast<MemRefType>(value.getType()); }

namespace {
/// One task of kernel.attention.
struct AttentionTask {
  KernelEmitter &e;
  kernel::AttentionOp op;
  Value query, keys, value, bias, positions, output, scores, head;
  /// The sequence whose head it is, which of its heads, and which of the biases is its.
  Value sequence, ownHead, biasGroup;
  /// The head's factor of the scores, as a vector, or null.
  Value headFactor;
  /// A number for each row of a tile, on the stack.
  Value rowNumbers;
  /// The rows of a tile's queries rounded to bf16, on the stack: `queryStride` words each. Null with f32.
  Value roundedQueries;
  int64_t queryStride;
  int64_t depth, keyCount, keyPanels, width;
  double scale;

  /// The scale is part of the factor of the exponent, unless heads have factors, or something is added to scaled
  /// scores. (A negative one would make a minimum of the maximum.)
  bool scalesExponent() const { return !bias && !headFactor && !positions && scale > 0; }
  /// Rounds the queries of a tile.
  void emitRoundedQueries(int64_t rows, Value firstRow);
  /// The products of a tile's queries with keys, of its exponentials with values.
  SmallVector<Value> multiplyKeys(int64_t rows, Value firstRow, int64_t width, Value firstPanel);
  SmallVector<Value> multiplyValues(int64_t rows, int64_t width, int64_t firstPanel);
  /// Where the scores of a tile will be, what positions add to them.
  void emitPositions(int64_t rows, Value firstRow);
  /// Scores of a tile against `width` key panels from `firstPanel`; returns the updated row maxima.
  SmallVector<Value> emitScores(int64_t rows, Value firstRow, int64_t width, Value firstPanel, bool isLast,
                                ValueRange maxima);
  void emitTile(int64_t rows, Value firstRow);
};
} // namespace

void AttentionTask::emitPositions(int64_t rows, Value firstRow) {
  // The products of queries with all positions, behind the scores.
  const int64_t first = keyPanels * kPanelWidth, panels = bufferType(positions).getDimSize(0);
  Value queryPart = e.index(op.getQueryPart());
  for (int64_t panel = 0; panel < panels; panel += width) {
    const int64_t count = std::min(width, panels - panel), vectors = count * e.panelVectors;
    SmallVector<Value> sums(rows * vectors, e.splat(0));
    sums = e.product(
        sums, rows, vectors, depth, {TargetInfo::summationBlock(depth), e.target.productUnroll(rows, count, depth)},
        [&](int64_t row, Value k) { return e.loadScalar(query, {queryPart, head, e.add(firstRow, row), k}); },
        [&](int64_t vector, Value k) {
          return e.load(positions,
                        {e.index(panel + vector / e.panelVectors), k, e.index(vector % e.panelVectors * e.lanes)});
        });
    for (int64_t row = 0; row < rows; ++row)
      for (int64_t vector = 0; vector < vectors; ++vector)
        e.store(sums[row * vectors + vector], scores,
                {e.index(row), e.index(first + panel * kPanelWidth + vector * e.lanes)});
  }
  // Of a query those lie behind each other that belong to the grid's rows, and to its columns.
  const int64_t height = (*op.getGrid())[0], gridWidth = (*op.getGrid())[1];
  e.loop(e.index(0), e.index(rows), 1, [&](Value row) {
    Value token = e.add(firstRow, row);
    Value ofRows = e.sub(e.index(first + height - 1), e.div(token, gridWidth));
    Value ofColumns = e.sub(e.index(first + 2 * height - 1 + gridWidth - 1), e.rem(token, gridWidth));
    e.loop(e.index(0), e.index(height), 1, [&](Value keyRow) {
      Value ofRow = e.broadcast(e.loadScalar(scores, {row, e.add(ofRows, keyRow)}));
      e.forColumns(gridWidth, [&](Value column, int64_t valid) {
        Value sum = e.addf(ofRow, e.load(scores, {row, e.add(ofColumns, column)}));
        e.storeFirst(sum, scores, {row, e.add(e.mul(keyRow, gridWidth), column)}, valid);
      });
    });
  });
}

void AttentionTask::emitRoundedQueries(int64_t rows, Value firstRow) {
  Value queryPart = e.index(op.getQueryPart());
  e.loop(e.index(0), e.index(rows), 1, [&](Value row) {
    for (int64_t feature = 0; feature < depth; feature += e.lanes)
      e.storeWords(roundToWords(e, e.load(query, {queryPart, head, e.add(firstRow, row), e.index(feature)})),
                   roundedQueries, e.add(e.mul(row, queryStride), feature / 2));
  });
}

SmallVector<Value> AttentionTask::multiplyKeys(int64_t rows, Value firstRow, int64_t width, Value firstPanel) {
  const int64_t vectors = width * e.panelVectors;
  const SmallVector<Value> sums(rows * vectors, e.splat(0));
  if (op.isOfBf16()) {
    const int64_t pairs = depth / 2;
    return pairProduct(
        e, sums, rows, vectors, pairs, {pairs, e.target.productUnroll(rows, width, pairs)},
        [&](int64_t row, Value pair) { return e.loadScalar(roundedQueries, e.add(pair, row * queryStride)); },
        [&](int64_t vector, Value pair) {
          return e.loadWords(keys, {head, e.add(firstPanel, vector), pair, e.index(0), e.index(0)});
        });
  }
  Value queryPart = e.index(op.getQueryPart());
  return e.product(
      sums, rows, vectors, depth, {TargetInfo::summationBlock(depth), e.target.productUnroll(rows, width, depth)},
      [&](int64_t row, Value k) { return e.loadScalar(query, {queryPart, head, e.add(firstRow, row), k}); },
      [&](int64_t vector, Value k) {
        return e.load(
            keys, {head, e.add(firstPanel, vector / e.panelVectors), k, e.index(vector % e.panelVectors * e.lanes)});
      });
}

SmallVector<Value> AttentionTask::multiplyValues(int64_t rows, int64_t width, int64_t firstPanel) {
  const int64_t vectors = width * e.panelVectors, keyCount = op.getKeyCount();
  const SmallVector<Value> sums(rows * vectors, e.splat(0));
  if (op.isOfBf16()) {
    const int64_t pairs = llvm::divideCeil(keyCount, 2);
    return pairProduct(
        e, sums, rows, vectors, pairs, {pairs, e.target.productUnroll(rows, width, pairs)},
        [&](int64_t row, Value pair) { return e.loadScalar(scores, {e.index(row), pair}); },
        [&](int64_t vector, Value pair) {
          return e.loadWords(value, {head, e.index(firstPanel + vector), pair, e.index(0), e.index(0)});
        });
  }
  Value valuePart = e.index(op.getValuePart());
  // Rows of values lie apart, too far for the CPU to see what comes next; beyond the last a prefetch is ignored.
  constexpr int64_t kKeysAhead = 16;
  return e.product(
      sums, rows, vectors, keyCount,
      {TargetInfo::summationBlock(keyCount), e.target.productUnroll(rows, width, keyCount)},
      [&](int64_t row, Value k) { return e.loadScalar(scores, {e.index(row), k}); },
      [&](int64_t vector, Value k) {
        if (vector == 0)
          e.prefetch(value, {valuePart, head, e.add(k, kKeysAhead), e.index(firstPanel * kPanelWidth)});
        return e.load(value, {valuePart, head, k, e.index(firstPanel * kPanelWidth + vector * e.lanes)});
      });
}

SmallVector<Value> AttentionTask::emitScores(int64_t rows, Value firstRow, int64_t width, Value firstPanel, bool isLast,
                                             ValueRange maxima) {
  int64_t vectors = width * e.panelVectors;
  SmallVector<Value> sums = multiplyKeys(rows, firstRow, width, firstPanel), next(maxima);
  for (int64_t row = 0; row < rows; ++row) {
    for (int64_t vector = 0; vector < vectors; ++vector) {
      Value score = sums[row * vectors + vector];
      Value column = e.add(e.mul(firstPanel, kPanelWidth), vector * e.lanes);
      if (!scalesExponent())
        score = e.mulf(score, headFactor ? headFactor : e.splat(scale));
      if (positions)
        score = e.addf(score, e.load(scores, {e.index(row), column}));
      if (bias) {
        // Dimensions of size one are repeated.
        SmallVector<Value> indices;
        ArrayRef<int64_t> shape = bufferType(op.getBias()).getShape();
        Value full[] = {biasGroup, ownHead, e.add(firstRow, row), column};
        for (size_t dim = 0; dim < shape.size(); ++dim)
          indices.push_back(shape[dim] == 1 ? e.index(0) : full[4 - shape.size() + dim]);
        score = e.addf(score, shape.back() == 1 ? e.broadcast(e.loadScalar(bias, indices))
                                                : e.loadColumns(bias, indices, keyCount));
      }
      // Columns past the last key must not count: their exponential is practically zero. Minus infinity, so that the
      // maximum of a row that a mask hides completely is that too, and the row NaN.
      int64_t valid = isLast ? keyCount - (keyPanels - width) * kPanelWidth - vector * e.lanes : e.lanes;
      if (valid < e.lanes)
        score = e.builder.create<arith::SelectOp>(e.loc, e.firstLanes(valid), score,
                                                  e.splat(-std::numeric_limits<float>::infinity()));
      e.store(score, scores, {e.index(row), column});
      next[row] = e.maxf(next[row], score);
    }
  }
  return next;
}

void AttentionTask::emitTile(int64_t rows, Value firstRow) {
  if (roundedQueries)
    emitRoundedQueries(rows, firstRow);
  if (positions)
    emitPositions(rows, firstRow);
  // Scores. The last panels are apart where they are fewer or hold columns past the last key.
  bool masked = keyCount % kPanelWidth != 0;
  int64_t tail = keyPanels % width != 0 ? keyPanels % width : masked ? width : 0;
  SmallVector<Value> maxima(rows, e.splat(-std::numeric_limits<float>::infinity()));
  if (keyPanels > tail)
    maxima = e.loop(e.index(0), e.index(keyPanels - tail), width, maxima, [&](Value panel, ValueRange carried) {
      return emitScores(rows, firstRow, width, panel, false, carried);
    });
  if (tail > 0)
    maxima = emitScores(rows, firstRow, tail, e.index(keyPanels - tail), true, maxima);

  // Exponentials in place, and the reciprocal of their sum for each row: e^(s (x - m)) = 2^(x f - m f). What rounds m f
  // is the same for all of a row. Rows go one by one: a maximum and a sum for each would take the registers of
  // constants. `rowNumbers` holds -m f of a row, then the reciprocal.
  const double exponent = (scalesExponent() ? scale : 1.0) * 1.44269504088896341;
  Value factor = e.splat(exponent), one = e.constant(1.0, e.builder.getF32Type());
  auto storeRowNumber = [&](Value number, Value row) {
    e.builder.create<memref::StoreOp>(e.loc, number, rowNumbers, row);
  };
  for (int64_t row = 0; row < rows; ++row)
    storeRowNumber(e.mulf(e.reduceMax(maxima[row]), e.constant(-exponent, e.builder.getF32Type())), e.index(row));
  e.loop(e.index(0), e.index(rows), 1, [&](Value row) {
    Value shift = e.broadcast(e.loadScalar(rowNumbers, row));
    Value sum = e.reduceColumnsSideBySide(
        keyPanels * kPanelWidth, [&](int64_t, ValueRange sums, Value first, int64_t) -> SmallVector<Value> {
          SmallVector<Value> columns, powers;
          for (size_t i = 0; i < sums.size(); ++i) {
            columns.push_back(e.add(first, int64_t(i) * e.lanes));
            powers.push_back(e.fma(e.load(scores, {row, columns.back()}), factor, shift));
          }
          powers = emitExp2(e, powers);
          // Rounded, a row takes half of its place, and none of what is still to be read.
          for (auto [column, power] : llvm::zip_equal(columns, powers))
            if (op.isOfBf16())
              e.storeWords(roundToWords(e, power), scores, {row, e.div(column, 2)});
            else
              e.store(power, scores, {row, column});
          return e.addAll(sums, powers);
        });
    storeRowNumber(e.divf(one, sum), row);
  });

  // Probabilities times values.
  vit::WindowsAttr windows = op.getWindowsAttr();
  int64_t headDim = op.getHeadDim(), valuePanels = llvm::divideCeil(headDim, kPanelWidth);
  for (int64_t panel = 0; panel < valuePanels; panel += width) {
    const int64_t panels = std::min(width, valuePanels - panel), vectors = panels * e.panelVectors;
    SmallVector<Value> results = multiplyValues(rows, panels, panel);
    for (int64_t row = 0; row < rows; ++row) {
      Value reciprocal = e.broadcast(e.loadScalar(rowNumbers, e.index(row))), token = e.add(firstRow, row);
      auto store = [&](Value outputRow) {
        for (int64_t vector = 0; vector < vectors; ++vector) {
          int64_t feature = panel * kPanelWidth + vector * e.lanes;
          Value column = e.add(e.mul(ownHead, headDim), feature);
          e.storeFirst(e.mulf(results[row * vectors + vector], reciprocal), output, {outputRow, column},
                       headDim - feature);
        }
      };
      if (!windows) {
        store(e.add(token, e.mul(sequence, bufferType(op.getQuery()).getDimSize(2))));
        continue;
      }
      MapWindows cut(e, windows);
      MapWindows::Pixel pixel = cut.pixelOf({sequence, token});
      cut.ifInside(pixel, [&] { store(cut.numberOf(pixel)); }, [] {});
    }
  }
}

void vitc::emitKernel(KernelEmitter &e, kernel::AttentionOp op, Value task, ValueRange buffers) {
  kernel::ScheduleAttr schedule = op.getScheduleAttr();
  int64_t blocks = llvm::divideCeil(schedule.getRows().getTiles(), schedule.getTilesPerTask());
  unsigned next = 3;
  Value bias = op.getBias() ? e.physical(buffers[next++]) : Value();
  Value factors = op.getFactors() ? buffers[next++] : Value();
  Value positions = op.getPositions() ? buffers[next++] : Value();
  Value output = e.physical(buffers[next++]), scores = buffers[next];
  MemRefType keysType = bufferType(op.getKeys());
  const int64_t depth = bufferType(op.getQuery()).getDimSize(3);
  const int64_t queryStride = kernel::roundUp(depth, kPanelWidth) / 2, mostRows = schedule.getRows().getMostRows();
  Value head = e.div(task, blocks);
  int64_t heads = keysType.getDimSize(0) / op.getSequences();
  Value sequence = op.getSequences() > 1 ? e.div(head, heads) : e.index(0);
  Value ownHead = op.getSequences() > 1 ? e.rem(head, heads) : head, factor;
  if (factors)
    factor = e.mulf(e.broadcast(e.loadScalar(factors, ownHead)), e.splat(op.getScale().convertToDouble()));
  AttentionTask attention{e,
                          op,
                          e.physical(buffers[0]),
                          buffers[1],
                          op.isOfBf16() ? buffers[2] : e.physical(buffers[2]),
                          bias,
                          positions,
                          output,
                          scores,
                          head,
                          sequence,
                          ownHead,
                          op.getWindows() ? MapWindows(e, op.getWindowsAttr()).edgeOf(sequence) : sequence,
                          factor,
                          e.stackBuffer(mostRows),
                          op.isOfBf16() ? e.stackBuffer(mostRows * queryStride) : Value(),
                          queryStride,
                          depth,
                          int64_t(op.getKeyCount()),
                          keysType.getDimSize(1),
                          schedule.getColumnPanels(),
                          op.getScale().convertToDouble()};
  Value firstTile = e.mul(e.rem(task, blocks), schedule.getTilesPerTask());
  Value endTile = e.min(e.add(firstTile, schedule.getTilesPerTask()), e.index(schedule.getRows().getTiles()));
  e.forRowTiles(schedule.getRows(), firstTile, endTile,
                [&](int64_t rows, Value firstRow) { attention.emitTile(rows, firstRow); });
}
