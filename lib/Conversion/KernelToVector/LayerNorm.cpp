//===- LayerNorm.cpp - layer normalisation of rows ----------------------------===//

#include "KernelEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace vitc;

void vitc::emitKernel(KernelEmitter &e, kernel::LayerNormOp op, Value task, ValueRange buffers) {
  auto type = cast<MemRefType>(op.getInput().getType());
  int64_t columns = type.getShape().back(), rows = type.getNumElements() / columns;
  Value input = e.rows(buffers[0]), output = e.rows(buffers.back());
  Value weight = op.getWeight() ? buffers[1] : Value(), bias = op.getBias() ? buffers[2] : Value();

  Value first = e.mul(task, op.getRowsPerTask());
  Value end = e.min(e.add(first, op.getRowsPerTask()), e.index(rows));
  e.loop(first, end, 1, [&](Value row) {
    Type f32 = e.builder.getF32Type();
    Value scale = e.constant(1.0 / columns, f32);
    Value roughMeans, correction;
    auto roughlyCentred = [&](Value column, int64_t valid) -> Value {
      Value x = e.subf(e.loadFirst(input, {row, column}, valid), roughMeans);
      if (valid < e.lanes)
        x = e.builder.create<arith::SelectOp>(e.loc, e.firstLanes(valid), x, e.splat(0));
      return x;
    };
    if (!op.getRms()) {
      Value mean = e.mulf(e.reduceColumns(columns,
                                          [&](Value sum, Value column, int64_t valid) {
                                            return e.addf(sum, e.loadFirst(input, {row, column}, valid));
                                          }),
                          scale);
      roughMeans = e.broadcast(mean);
      // The mean is rounded to f32, which is a large error beside a small deviation: the mean of what is left corrects
      // it. x - mean is exact, or nearly so, where that matters.
      correction = e.broadcast(
          e.mulf(e.reduceColumns(columns, [&](Value sum, Value column,
                                              int64_t valid) { return e.addf(sum, roughlyCentred(column, valid)); }),
                 scale));
    }
    auto centred = [&](Value column, int64_t valid) {
      return op.getRms() ? e.loadFirst(input, {row, column}, valid) : e.subf(roughlyCentred(column, valid), correction);
    };
    Value variance =
        e.mulf(e.reduceColumns(columns,
                               [&](Value sum, Value column, int64_t valid) {
                                 Value x = centred(column, valid);
                                 if (valid < e.lanes && !op.getRms())
                                   x = e.builder.create<arith::SelectOp>(e.loc, e.firstLanes(valid), x, e.splat(0));
                                 return e.fma(x, x, sum);
                               }),
               scale);
    Value deviation =
        e.builder.create<math::SqrtOp>(e.loc, e.addf(variance, e.constant(op.getEpsilon().convertToDouble(), f32)));
    Value reciprocal = e.broadcast(e.divf(e.constant(1.0, f32), deviation));
    e.forColumns(columns, [&](Value column, int64_t valid) {
      Value result = e.mulf(centred(column, valid), reciprocal);
      if (weight)
        result = e.fma(result, e.loadFirst(weight, {column}, valid), e.loadFirst(bias, {column}, valid));
      e.storeFirst(result, output, {row, column}, valid);
    });
  });
}
