//===- Quantized.cpp - numbers of 8 bits ----------------------------------===//

#include "Quantized.h"

#include "vitc/TargetInfo/Architecture.h"

#include <limits>

using namespace mlir;
using namespace vitc;

static Value splat(KernelEmitter &e, VectorType type, int64_t value) {
  return e.builder.create<arith::ConstantOp>(
      e.loc, DenseElementsAttr::get(type, e.builder.getIntegerAttr(type.getElementType(), value)));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

KernelEmitter::Values vitc::quantizedProduct(KernelEmitter &e, int64_t rows, int64_t vectors, int64_t quads,
                                             int64_t unroll, KernelEmitter::LoadElement loadQuad,
                                             KernelEmitter::LoadVector loadQuads) {
  using Values = KernelEmitter::Values;
  VectorType words = e.vectorOf(e.builder.getI32Type());
  // Sums of whole numbers are one block: they have no rounding that shorter ones would keep small.
  return e.product(Values(rows * vectors, splat(e, words, 0)), rows, vectors, quads, {quads, unroll}, loadQuad,
                   loadQuads, [&](Value sum, Value element, Value columns) {
                     return e.target.architecture->addQuads(e.builder, e.loc, e.target, sum, element, columns);
                   });
}

//===----------------------------------------------------------------------===//
// kernel.quantize
//===----------------------------------------------------------------------===//

/// Numbers of 8 bits in a vector of i32 as words of four.
static Value pack(KernelEmitter &e, Value numbers) {
  const int64_t lanes = cast<VectorType>(numbers.getType()).getNumElements();
  auto bytes = VectorType::get(lanes, e.builder.getI8Type()),
       words = VectorType::get(lanes / 4, e.builder.getI32Type());
  return e.builder.create<vector::BitCastOp>(e.loc, words, e.builder.create<arith::TruncIOp>(e.loc, bytes, numbers));
}

namespace {
/// What is to be known of a row: its smallest and largest value, and zero, or NaN where one is not finite.
struct RowRange {
  Value low, high, check;
};
} // namespace

/// Of the elements of a row of `columns`, in one pass.
static RowRange rangeOf(KernelEmitter &e, int64_t columns, llvm::function_ref<Value(Value, int64_t)> load) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  // Two vectors side by side: a chain of dependent operations would leave units idle.
  constexpr int64_t kSideBySide = 2;
  using Values = KernelEmitter::Values;
  const Values starts = {e.splat(kInfinity), e.splat(-kInfinity), e.splat(0)};
  auto take = [&](ValueRange range, Value column, int64_t valid) -> Values {
    Value x = load(column, valid), zeros = starts[2];
    return {e.minf(e.fillLanes(x, valid, kInfinity), range[0]), e.maxf(e.fillLanes(x, valid, -kInfinity), range[1]),
            e.addf(e.mulf(x, zeros), range[2])};
  };
  const int64_t step = kSideBySide * e.lanes, whole = columns / step * step;
  Values ranges;
  for (int64_t i = 0; i < kSideBySide; ++i)
    ranges.append(starts);
  if (whole > 0)
    ranges = e.loop(e.index(0), e.index(whole), step, ranges, [&](Value column, ValueRange carried) {
      Values next;
      for (int64_t i = 0; i < kSideBySide; ++i)
        next.append(take(carried.slice(3 * i, 3), e.add(column, i * e.lanes), e.lanes));
      return next;
    });
  for (int64_t column = whole, i = 0; column < columns; column += e.lanes, ++i) {
    Values next = take(ValueRange(ranges).slice(3 * i, 3), e.index(column), std::min(columns - column, e.lanes));
    llvm::copy(next, ranges.begin() + 3 * i);
  }
  auto join = [&](int64_t which, llvm::function_ref<Value(Value, Value)> combine) {
    return e.reduceLanes(combine(ranges[which], ranges[3 + which]), combine);
  };
  return {join(0, [&](Value a, Value b) { return e.minf(a, b); }),
          join(1, [&](Value a, Value b) { return e.maxf(a, b); }),
          join(2, [&](Value a, Value b) { return e.addf(a, b); })};
}

void vitc::emitKernel(KernelEmitter &e, kernel::QuantizeOp op, Value task, ValueRange buffers) {
  auto type = cast<MemRefType>(op.getInput().getType());
  const int64_t columns = type.getShape().back(), rows = type.getNumElements() / columns;
  Value input = e.rows(buffers[0]), words = e.physical(buffers[1]), steps = buffers[2];
  Type f32 = e.builder.getF32Type();
  Value first = e.mul(task, op.getRowsPerTask());
  e.loop(first, e.min(e.add(first, op.getRowsPerTask()), e.index(rows)), 1, [&](Value row) {
    const RowRange range =
        rangeOf(e, columns, [&](Value column, int64_t valid) { return e.loadFirst(input, {row, column}, valid); });
    // Their difference may be more than f32 has.
    Value share = e.constant(1.0 / 255, f32), zero = e.constant(0, f32);
    Value step = e.subf(e.mulf(range.high, share), e.mulf(range.low, share));
    Value isTiny = e.builder.create<arith::CmpFOp>(e.loc, arith::CmpFPredicate::OLT, step,
                                                   e.constant(std::numeric_limits<float>::min(), f32));
    step = e.builder.create<arith::SelectOp>(e.loc, isTiny, zero, step);
    Value reciprocal = e.builder.create<arith::SelectOp>(e.loc, isTiny, zero, e.divf(e.constant(1.0, f32), step));
    // A NaN becomes that of all results of its row.
    e.builder.create<memref::StoreOp>(e.loc, e.addf(step, range.check), steps, ValueRange{row, e.index(0)});
    e.builder.create<memref::StoreOp>(e.loc, range.low, steps, ValueRange{row, e.index(1)});
    // By halves: what a row spans may be more than f32 has. They are exact, and so are twice the factors.
    Value halves = e.splat(0.5);
    Value lows = e.broadcast(e.mulf(range.low, e.constant(-0.5, f32)));
    Value factors = e.broadcast(e.addf(reciprocal, reciprocal));
    e.forColumns(columns, [&](Value column, int64_t valid) {
      Value scaled = e.mulf(e.fma(e.loadFirst(input, {row, column}, valid), halves, lows), factors);
      // Numbers from 0 to 255, to the nearest: added to 2^23 they are the low bits.
      Value rounded = e.addf(scaled, e.splat(0x1p23));
      VectorType integers = e.vectorOf(e.builder.getI32Type());
      Value numbers = e.builder.create<arith::AndIOp>(
          e.loc, e.builder.create<arith::BitcastOp>(e.loc, integers, rounded), splat(e, integers, 255));
      e.store(pack(e, numbers), words, {row, e.div(column, 4)});
    });
  });
}
