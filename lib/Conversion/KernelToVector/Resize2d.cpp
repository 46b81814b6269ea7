//===- Resize2d.cpp - maps at another size ------------------------------------===//

#include "KernelEmitter.h"
#include "Window.h"

using namespace mlir;
using namespace vitc;

void vitc::emitKernel(KernelEmitter &e, kernel::Resize2dOp op, Value task, ValueRange buffers) {
  auto sizeOf = [](Value buffer, unsigned axis) { return cast<MemRefType>(buffer.getType()).getDimSize(axis); };
  int64_t channels = sizeOf(op.getOutput(), 2), outputs = sizeOf(op.getOutput(), 1);
  int64_t rowTaps = sizeOf(op.getRows(), 1) - 1, columnTaps = sizeOf(op.getColumns(), 1) - 1;
  // Few factors stay in registers.
  constexpr int64_t kMostUnrolled = 4;
  Value input = e.physical(buffers[0]), rows = e.physical(buffers[1]), columns = e.physical(buffers[2]),
        residual = op.getResidual() ? e.physical(buffers[3]) : Value(), output = e.physical(buffers.back());
  MapEpilogue epilogue{e, output, residual, op.getActivation()};
  // The first neighbour, and one that has all others behind it in any case.
  auto firstOf = [&](Value table, Value position, int64_t last) {
    Value first = e.loadScalar(table, {position, e.index(0)});
    first = e.builder.create<arith::FPToUIOp>(e.loc, e.builder.getI32Type(), first);
    return e.min(e.builder.create<arith::IndexCastUIOp>(e.loc, e.builder.getIndexType(), first), e.index(last));
  };
  auto factorOf = [&](Value table, Value position, Value tap) {
    return e.broadcast(e.loadScalar(table, {position, e.add(tap, 1)}));
  };
  auto forTaps = [&](int64_t taps, KernelEmitter::Values sums,
                     llvm::function_ref<KernelEmitter::Values(Value, ValueRange)> body) {
    if (taps > kMostUnrolled)
      return e.loop(e.index(0), e.index(taps), 1, sums, body);
    for (int64_t tap = 0; tap < taps; ++tap)
      sums = body(e.index(tap), sums);
    return sums;
  };
  Value firstRow = firstOf(rows, task, sizeOf(op.getInput(), 0) - rowTaps);
  e.loop(e.index(0), e.index(outputs), 1, [&](Value x) {
    Value firstColumn = firstOf(columns, x, sizeOf(op.getInput(), 1) - columnTaps);
    const int64_t step = KernelEmitter::kVectorsSideBySide * e.lanes;
    e.forSteps(e.index(0), e.index(channels), channels, step, [&](Value channel, int64_t count) {
      KernelEmitter::Values zeros(llvm::divideCeil(count, e.lanes), e.splat(0));
      KernelEmitter::Values sums = forTaps(rowTaps, zeros, [&](Value i, ValueRange outer) {
        Value row = e.add(firstRow, i), rowFactor = factorOf(rows, task, i);
        KernelEmitter::Values ofRow = forTaps(columnTaps, zeros, [&](Value j, ValueRange inner) {
          Value column = e.add(firstColumn, j), factor = factorOf(columns, x, j);
          KernelEmitter::Values next;
          for (auto [vector, sum] : llvm::enumerate(inner)) {
            int64_t offset = int64_t(vector) * e.lanes;
            Value value = e.loadFirst(input, {row, column, e.add(channel, offset)}, count - offset);
            next.push_back(e.fma(value, factor, sum));
          }
          return next;
        });
        KernelEmitter::Values next;
        for (auto [sum, value] : llvm::zip_equal(outer, ofRow))
          next.push_back(e.fma(value, rowFactor, sum));
        return next;
      });
      epilogue.finish(sums, task, x, channel, count);
    });
  });
}
