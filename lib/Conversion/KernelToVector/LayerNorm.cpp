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
};
} // namespace

void LayerNormTask::emitRows(const Values &rows) {
  Type f32 = e.builder.getF32Type();
  Value scale = e.constant(1.0 / double(columns), f32);
  auto count = int64_t(rows.size());
  auto load = [&](int64_t row, Value column, int64_t valid) { return e.loadFirst(input, {rows[row], column}, valid); };
  Values roughMeans;
  auto roughlyCentred = [&](int64_t row, Value column, int64_t valid) {
    Value x = load(row, column, valid);
    return op.getRms() ? x : e.subf(x, roughMeans[row]);
  };
  if (!op.getRms())
    for (Value sum : e.reduceRows(count, columns, [&](int64_t row, Value sum, Value column, int64_t valid) {
           return e.addf(sum, load(row, column, valid));
         }))
      roughMeans.push_back(e.broadcast(e.mulf(sum, scale)));
  // The mean is rounded to f32, which is a large error beside a small deviation: the mean of what is left corrects it.
  // x - mean is exact, or nearly so, where that matters, and the correction so small that its square may be taken from
  // the mean of the squares. One sweep adds the squares of all rows, then what is left of all.
  int64_t sumsOfRow = op.getRms() ? 1 : 2;
  Values sums = e.reduceRows(
      sumsOfRow * count, columns,
      [&](int64_t i, Value sum, Value column, int64_t valid) {
        Value x = roughlyCentred(i % count, column, valid);
        if (!op.getRms())
          x = e.fillLanes(x, valid, 0);
        return i < count ? e.fma(x, x, sum) : e.addf(sum, x);
      },
      /*accumulators=*/op.getRms() ? 4 : 2);
  Values reciprocals, shifts;
  for (int64_t row = 0; row < count; ++row) {
    Value variance = e.mulf(sums[row], scale), correction;
    if (!op.getRms()) {
      correction = e.mulf(sums[count + row], scale);
      variance = e.subf(variance, e.mulf(correction, correction));
    }
    variance = e.addf(variance, e.constant(op.getEpsilon().convertToDouble(), f32));
    Value reciprocal = e.divf(e.constant(1.0, f32), e.builder.create<math::SqrtOp>(e.loc, variance));
    reciprocals.push_back(e.broadcast(reciprocal));
    if (correction)
      shifts.push_back(e.broadcast(e.mulf(e.subf(e.constant(0.0, f32), correction), reciprocal)));
  }
  e.forColumns(columns, [&](Value column, int64_t valid) {
    Value factor = weight ? e.loadFirst(weight, {column}, valid) : Value(),
          addend = bias ? e.loadFirst(bias, {column}, valid) : Value();
    for (int64_t row = 0; row < count; ++row) {
      Value x = roughlyCentred(row, column, valid);
      Value result = op.getRms() ? e.mulf(x, reciprocals[row]) : e.fma(x, reciprocals[row], shifts[row]);
      if (factor)
        result = addend ? e.fma(result, factor, addend) : e.mulf(result, factor);
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
