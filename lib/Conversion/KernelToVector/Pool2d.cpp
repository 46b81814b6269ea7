//===- Pool2d.cpp - maxima and averages of windows ----------------------------===//

#include "Window.h"

#include <limits>

using namespace mlir;
using namespace vitc;

void vitc::emitKernel(KernelEmitter &e, kernel::Pool2dOp op, Value task, ValueRange buffers) {
  auto outputType = cast<MemRefType>(op.getOutput().getType());
  int64_t outputs = outputType.getDimSize(1), channels = outputType.getDimSize(2);
  Value input = e.physical(buffers[0]), output = e.physical(buffers[1]), y = task;
  bool isMax = op.getPool() == vit::PoolKind::Max;
  auto rowWindow = WindowAxis::of(op, 0, op.getWindow()[0]), columnWindow = WindowAxis::of(op, 1, op.getWindow()[1]);
  auto combine = [&](Value sum, Value x) -> Value {
    // Keeps a NaN.
    return isMax ? e.builder.create<arith::MaximumFOp>(e.loc, sum, x).getResult() : e.addf(sum, x);
  };
  auto rows = rowWindow.tapsInside(e, y);
  e.loop(e.index(0), e.index(outputs), 1, [&](Value x) {
    auto columns = columnWindow.tapsInside(e, x);
    Value factor;
    if (!isMax) {
      Value height = e.sub(rows.second, rows.first), width = e.sub(columns.second, columns.first);
      if (op.getCountIncludePad()) {
        height = rowWindow.tapsPadded(e, y);
        width = columnWindow.tapsPadded(e, x);
      }
      Value count = e.builder.create<arith::MulIOp>(e.loc, height, width);
      Type i32 = e.builder.getI32Type(), f32 = e.builder.getF32Type();
      count = e.builder.create<arith::IndexCastOp>(e.loc, i32, count);
      count = e.builder.create<arith::SIToFPOp>(e.loc, f32, count);
      factor = e.broadcast(e.divf(e.constant(1.0, f32), count));
    }
    const int64_t step = KernelEmitter::kVectorsSideBySide * e.lanes;
    e.forSteps(e.index(0), e.index(channels), channels, step, [&](Value channel, int64_t count) {
      KernelEmitter::Values sums(llvm::divideCeil(count, e.lanes),
                                 e.splat(isMax ? -std::numeric_limits<double>::infinity() : 0.0));
      sums = e.loop(rows.first, rows.second, 1, sums, [&](Value i, ValueRange outer) {
        return e.loop(columns.first, columns.second, 1, outer, [&](Value j, ValueRange inner) {
          Value row = rowWindow.at(e, y, i), column = columnWindow.at(e, x, j);
          KernelEmitter::Values next;
          for (auto [vector, sum] : llvm::enumerate(inner)) {
            int64_t offset = int64_t(vector) * e.lanes;
            next.push_back(combine(sum, e.loadFirst(input, {row, column, e.add(channel, offset)}, count - offset)));
          }
          return next;
        });
      });
      for (auto [vector, sum] : llvm::enumerate(sums)) {
        int64_t offset = int64_t(vector) * e.lanes;
        e.storeFirst(isMax ? sum : e.mulf(sum, factor), output, {y, x, e.add(channel, offset)}, count - offset);
      }
    });
  });
}
