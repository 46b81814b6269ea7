//===- Pool2d.cpp - maxima and averages of windows ----------------------------===//

#include "KernelEmitter.h"

#include <limits>

using namespace mlir;
using namespace vitc;

namespace {
/// The part of a window that lies within the input, from one position of the output on one axis.
struct Taps {
  Value first, end;
  /// How many lie within the padded input.
  Value padded;
};
} // namespace

static Taps tapsOf(KernelEmitter &e, kernel::Pool2dOp op, unsigned axis, Value position) {
  // Tap t lies within [0, size) at position * stride + t * dilation - before.
  int64_t size = cast<MemRefType>(op.getInput().getType()).getDimSize(axis), window = op.getWindow()[axis];
  int64_t before = op.getPadding()[axis], after = op.getPadding()[axis + 2], step = op.getDilation()[axis];
  Value start = e.mul(position, op.getStride()[axis]);
  auto tapsBelow = [&](int64_t bound) {
    Value rest = e.sub(e.index(bound), e.min(start, e.index(bound)));
    return e.min(e.div(e.add(rest, step - 1), step), e.index(window));
  };
  return {tapsBelow(before), tapsBelow(before + size), tapsBelow(before + size + after)};
}

void vitc::emitKernel(KernelEmitter &e, kernel::Pool2dOp op, Value task, ValueRange buffers) {
  auto outputType = cast<MemRefType>(op.getOutput().getType());
  int64_t outputs = outputType.getDimSize(1), channels = outputType.getDimSize(2);
  Value input = e.physical(buffers[0]), output = e.physical(buffers[1]), y = task;
  bool isMax = op.getPool() == vit::PoolKind::Max;
  auto place = [&](unsigned axis, Value position, Value tap) {
    Value index = e.add(e.mul(position, op.getStride()[axis]), e.mul(tap, op.getDilation()[axis]));
    return e.sub(index, e.index(op.getPadding()[axis]));
  };
  auto combine = [&](Value sum, Value x) -> Value {
    // Keeps a NaN.
    return isMax ? e.builder.create<arith::MaximumFOp>(e.loc, sum, x).getResult() : e.addf(sum, x);
  };
  Taps rows = tapsOf(e, op, 0, y);
  e.loop(e.index(0), e.index(outputs), 1, [&](Value x) {
    Taps columns = tapsOf(e, op, 1, x);
    Value factor;
    if (!isMax) {
      auto size = [&](const Taps &taps) { return op.getCountIncludePad() ? taps.padded : e.sub(taps.end, taps.first); };
      Value count = e.builder.create<arith::MulIOp>(e.loc, size(rows), size(columns));
      Type i32 = e.builder.getI32Type(), f32 = e.builder.getF32Type();
      count = e.builder.create<arith::IndexCastOp>(e.loc, i32, count);
      count = e.builder.create<arith::SIToFPOp>(e.loc, f32, count);
      factor = e.broadcast(e.divf(e.constant(1.0, f32), count));
    }
    const int64_t step = KernelEmitter::kVectorsSideBySide * e.lanes;
    e.forSteps(e.index(0), e.index(channels), channels, step, [&](Value channel, int64_t count) {
      KernelEmitter::Values sums(llvm::divideCeil(count, e.lanes),
                                 e.splat(isMax ? -std::numeric_limits<double>::infinity() : 0.0));
      sums = e.loop(rows.first, rows.end, 1, sums, [&](Value i, ValueRange outer) {
        return e.loop(columns.first, columns.end, 1, outer, [&](Value j, ValueRange inner) {
          Value row = place(0, y, i), column = place(1, x, j);
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
