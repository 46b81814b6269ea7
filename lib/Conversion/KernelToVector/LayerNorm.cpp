//===- LayerNorm.cpp - layer normalisation of rows ----------------------------===//

#include "KernelEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace vitc;

namespace {
/// A task of kernel.layer_norm: some rows, of which a few go side by side, so that one's reductions, root and quotient
/// wait for nothing.
struct LayerNormTask {
  using Values = KernelEmitter::Values;

  KernelEmitter &e;
  kernel::LayerNormOp op;
  Value input, weight, bias, output;
  int64_t columns;

  void emitRows(const Values &rows);
  Values broadcastAll(const Values &scalars, Value factor);
};
} // namespace

LayerNormTask::Values LayerNormTask::broadcastAll(const Values &scalars, Value factor) {
  Values vectors;
  for (Value scalar : scalars)
    vectors.push_back(e.broadcast(e.mulf(scalar, factor)));
  return vectors;
}

void LayerNormTask::emitRows(const Values &rows) {
  Type f32 = e.builder.getF32Type();
  Value scale = e.constant(1.0 / double(columns), f32);
  auto count = int64_t(rows.size());
  auto load = [&](int64_t row, Value column, int64_t valid) { return e.loadFirst(input, {rows[row], column}, valid); };
  auto zeroBehind = [&](Value x, int64_t valid) -> Value {
    return valid < e.lanes ? e.builder.create<arith::SelectOp>(e.loc, e.firstLanes(valid), x, e.splat(0)).getResult()
                           : x;
  };
  Values roughMeans, corrections;
  auto roughlyCentred = [&](int64_t row, Value column, int64_t valid) {
    return zeroBehind(e.subf(load(row, column, valid), roughMeans[row]), valid);
  };
  if (!op.getRms()) {
    roughMeans = broadcastAll(e.reduceRows(count, columns,
                                           [&](int64_t row, Value sum, Value column, int64_t valid) {
                                             return e.addf(sum, load(row, column, valid));
                                           }),
                              scale);
    // The mean is rounded to f32, which is a large error beside a small deviation: the mean of what is left corrects
    // it. x - mean is exact, or nearly so, where that matters.
    corrections = broadcastAll(e.reduceRows(count, columns,
                                            [&](int64_t row, Value sum, Value column, int64_t valid) {
                                              return e.addf(sum, roughlyCentred(row, column, valid));
                                            }),
                               scale);
  }
  auto centred = [&](int64_t row, Value column, int64_t valid) {
    return op.getRms() ? load(row, column, valid) : e.subf(roughlyCentred(row, column, valid), corrections[row]);
  };
  Values squares = e.reduceRows(count, columns, [&](int64_t row, Value sum, Value column, int64_t valid) {
    Value x = centred(row, column, valid);
    if (!op.getRms())
      x = zeroBehind(x, valid);
    return e.fma(x, x, sum);
  });
  Values reciprocals;
  for (Value square : squares) {
    Value variance = e.addf(e.mulf(square, scale), e.constant(op.getEpsilon().convertToDouble(), f32));
    Value deviation = e.builder.create<math::SqrtOp>(e.loc, variance);
    reciprocals.push_back(e.broadcast(e.divf(e.constant(1.0, f32), deviation)));
  }
  e.forColumns(columns, [&](Value column, int64_t valid) {
    Value factor = weight ? e.loadFirst(weight, {column}, valid) : Value(),
          addend = bias ? e.loadFirst(bias, {column}, valid) : Value();
    for (int64_t row = 0; row < count; ++row) {
      Value result = e.mulf(centred(row, column, valid), reciprocals[row]);
      if (factor)
        result = e.fma(result, factor, addend);
      e.storeFirst(result, output, {rows[row], column}, valid);
    }
  });
}

void vitc::emitKernel(KernelEmitter &e, kernel::LayerNormOp op, Value task, ValueRange buffers) {
  auto type = cast<MemRefType>(op.getInput().getType());
  int64_t columns = type.getShape().back(), rows = type.getNumElements() / columns;
  LayerNormTask norm{e,
                     op,
                     e.rows(buffers[0]),
                     op.getWeight() ? buffers[1] : Value(),
                     op.getBias() ? buffers[2] : Value(),
                     e.rows(buffers.back()),
                     columns};
  constexpr int64_t kRowsAtOnce = 2;
  Value first = e.mul(task, op.getRowsPerTask());
  Value end = e.min(e.add(first, op.getRowsPerTask()), e.index(rows));
  Value pairs = e.add(first, e.mul(e.div(e.sub(end, first), kRowsAtOnce), kRowsAtOnce));
  if (rows >= kRowsAtOnce && int64_t(op.getRowsPerTask()) >= kRowsAtOnce)
    e.loop(first, pairs, kRowsAtOnce, [&](Value row) { norm.emitRows({row, e.add(row, 1)}); });
  else
    pairs = first;
  bool hasRest = rows % op.getRowsPerTask() % kRowsAtOnce != 0 || op.getRowsPerTask() % kRowsAtOnce != 0;
  if (hasRest)
    e.loop(pairs, end, 1, [&](Value row) { norm.emitRows({row}); });
}
