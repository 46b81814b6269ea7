//===- Rows.cpp - softmax and reductions --------------------------------------===//

#include "KernelEmitter.h"

#include "mlir/Dialect/Math/IR/Math.h"

#include <limits>

using namespace mlir;
using namespace vitc;

static constexpr double kInfinity = std::numeric_limits<double>::infinity();

void vitc::emitKernel(KernelEmitter &e, kernel::SoftmaxOp op, Value task, ValueRange buffers) {
  auto type = cast<MemRefType>(op.getInput().getType());
  int64_t columns = type.getShape().back(), rows = type.getNumElements() / columns;
  Value input = e.rows(buffers[0]), output = e.rows(buffers[1]);
  Value first = e.mul(task, op.getRowsPerTask());
  e.loop(first, e.min(e.add(first, op.getRowsPerTask()), e.index(rows)), 1, [&](Value row) {
    // A NaN need not become the maximum: its own exponential makes the sum NaN.
    Value maximum = e.broadcast(e.reduceColumns(
        columns, -kInfinity,
        [&](Value carried, Value column, int64_t valid) {
          return e.maxf(carried, e.fillLanes(e.loadFirst(input, {row, column}, valid), valid, -kInfinity));
        },
        [&](Value a, Value b) { return e.maxf(a, b); }));
    Value sum = e.reduceColumnsSideBySide(columns, [&](int64_t, ValueRange sums, Value column, int64_t valid) {
      SmallVector<Value> powers, next;
      for (size_t i = 0; i < sums.size(); ++i) {
        int64_t offset = int64_t(i) * e.lanes;
        powers.push_back(e.subf(e.loadFirst(input, {row, e.add(column, offset)}, valid - offset), maximum));
      }
      for (auto [i, power] : llvm::enumerate(emitExp(e, powers))) {
        int64_t offset = int64_t(i) * e.lanes;
        e.storeFirst(power, output, {row, e.add(column, offset)}, valid - offset);
        next.push_back(e.addf(sums[i], e.fillLanes(power, valid - offset, 0)));
      }
      return next;
    });
    Value reciprocal = e.broadcast(e.divf(e.constant(1.0, e.builder.getF32Type()), sum));
    e.forColumns(columns, [&](Value column, int64_t valid) {
      e.storeFirst(e.mulf(e.loadFirst(output, {row, column}, valid), reciprocal), output, {row, column}, valid);
    });
  });
}

void vitc::emitKernel(KernelEmitter &e, kernel::ReduceOp op, Value task, ValueRange buffers) {
  auto type = cast<MemRefType>(op.getInput().getType()), outputType = cast<MemRefType>(op.getOutput().getType());
  ArrayRef<int64_t> shape = type.getShape();
  int64_t count = shape[op.getDim()], columns = outputType.getShape().back();
  int64_t rows = outputType.getNumElements() / columns;
  Value input = e.rows(buffers[0]), output = e.rows(buffers[1]);
  bool isMax = op.getReduction() == kernel::Reduction::Max, isNorm = op.getReduction() == kernel::Reduction::Norm;
  double start = isMax ? -kInfinity : 0;
  auto combine = [&](Value a, Value b) -> Value {
    if (!isMax)
      return e.addf(a, b);
    // Keeps a NaN.
    return e.builder.create<arith::MaximumFOp>(e.loc, a, b);
  };
  auto take = [&](Value carried, Value x) { return isNorm ? e.fma(x, x, carried) : combine(carried, x); };
  auto finish = [&](Value result) -> Value {
    if (isNorm)
      return e.builder.create<math::SqrtOp>(e.loc, result);
    return isMax ? result : e.mulf(result, e.constant(1.0 / double(count), result.getType()));
  };

  int64_t columnTasks = llvm::divideCeil(columns, op.getColumnsPerTask());
  Value firstRow = e.mul(e.div(task, columnTasks), op.getRowsPerTask());
  Value endRow = e.min(e.add(firstRow, op.getRowsPerTask()), e.index(rows));
  if (op.getDim() + 1 == shape.size()) {
    e.loop(firstRow, endRow, 1, [&](Value row) {
      Value result = e.reduceColumns(
          count, start,
          [&](Value carried, Value column, int64_t valid) {
            return take(carried, e.fillLanes(e.loadFirst(input, {row, column}, valid), valid, start));
          },
          combine);
      e.builder.create<memref::StoreOp>(e.loc, finish(result), output, ValueRange{row, e.index(0)});
    });
    return;
  }

  // The rows that make a row of the output lie at one distance.
  int64_t distance = 1;
  for (int64_t size : shape.drop_front(op.getDim() + 1).drop_back())
    distance *= size;
  Value firstColumn = columnTasks == 1 ? e.index(0) : e.mul(e.rem(task, columnTasks), op.getColumnsPerTask());
  Value endColumn =
      columnTasks == 1 ? e.index(columns) : e.min(e.add(firstColumn, op.getColumnsPerTask()), e.index(columns));
  constexpr int64_t kVectors = 8;
  e.loop(firstRow, endRow, 1, [&](Value row) {
    Value firstInput = e.add(e.mul(e.div(row, distance), count * distance), e.rem(row, distance));
    e.forSteps(firstColumn, endColumn, columns, kVectors * e.lanes, [&](Value column, int64_t width) {
      SmallVector<Value> results(llvm::divideCeil(width, e.lanes), e.splat(start));
      results = e.loop(e.index(0), e.index(count), 1, results, [&](Value i, ValueRange carried) {
        KernelEmitter::Values next;
        for (auto [vector, value] : llvm::enumerate(carried)) {
          Value at = e.add(column, vector * e.lanes), inputRow = e.add(firstInput, e.mul(i, distance));
          next.push_back(take(value, e.loadFirst(input, {inputRow, at}, width - int64_t(vector) * e.lanes)));
        }
        return next;
      });
      for (auto [vector, value] : llvm::enumerate(results))
        e.storeFirst(finish(value), output, {row, e.add(column, vector * e.lanes)}, width - int64_t(vector) * e.lanes);
    });
  });
}
