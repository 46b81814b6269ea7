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
                                             int64_t unroll, LoadQuad loadQuad, LoadQuads loadQuads) {
  using Values = KernelEmitter::Values;
  VectorType words = e.vectorOf(e.builder.getI32Type());
  return e.accumulate(Values(rows * vectors, splat(e, words, 0)), quads, {quads, unroll}, [&](Values sums, Value quad) {
    Values columns;
    for (int64_t vector = 0; vector < vectors; ++vector)
      columns.push_back(loadQuads(vector, quad));
    for (int64_t row = 0; row < rows; ++row) {
      Value element = e.broadcast(loadQuad(row, quad));
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value &sum = sums[row * vectors + vector];
        sum = e.target.architecture->addQuads(e.builder, e.loc, e.target, sum, element, columns[vector]);
      }
    }
    return sums;
  });
}

//===----------------------------------------------------------------------===//
// kernel.quantize
//===----------------------------------------------------------------------===//

/// Numbers of 8 bits in a vector of i32 as words of four.
static Value pack(KernelEmitter &e, Value numbers) {
  const int64_t lanes = cast<VectorType>(numbers.getType()).getNumElements();
  Value words;
  for (int64_t place = 0; place < 4; ++place) {
    SmallVector<int64_t> chosen;
    for (int64_t first = 0; first < lanes; first += 4)
      chosen.push_back(first + place);
    Value part = e.builder.create<vector::ShuffleOp>(e.loc, numbers, numbers, chosen);
    if (place == 0) {
      words = part;
      continue;
    }
    Value shifted = e.builder.create<arith::ShLIOp>(e.loc, part, splat(e, cast<VectorType>(part.getType()), 8 * place));
    words = e.builder.create<arith::OrIOp>(e.loc, words, shifted);
  }
  return words;
}

void vitc::emitKernel(KernelEmitter &e, kernel::QuantizeOp op, Value task, ValueRange buffers) {
  auto type = cast<MemRefType>(op.getInput().getType());
  const int64_t columns = type.getShape().back(), rows = type.getNumElements() / columns;
  Value input = e.rows(buffers[0]), words = e.physical(buffers[1]), steps = buffers[2];
  Type f32 = e.builder.getF32Type();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  Value first = e.mul(task, op.getRowsPerTask());
  e.loop(first, e.min(e.add(first, op.getRowsPerTask()), e.index(rows)), 1, [&](Value row) {
    auto reduce = [&](double start, llvm::function_ref<Value(Value, Value)> combine) {
      return e.reduceColumns(
          columns, start,
          [&](Value carried, Value column, int64_t valid) {
            return combine(carried, e.fillLanes(e.loadFirst(input, {row, column}, valid), valid, start));
          },
          combine);
    };
    Value low = reduce(kInfinity, [&](Value a, Value b) { return e.minf(a, b); });
    // A NaN becomes that of all results of its row.
    Value high =
        reduce(-kInfinity, [&](Value a, Value b) -> Value { return e.builder.create<arith::MaximumFOp>(e.loc, a, b); });
    // Their difference may be more than f32 has.
    Value share = e.constant(1.0 / 255, f32), zero = e.constant(0, f32);
    Value step = e.subf(e.mulf(high, share), e.mulf(low, share));
    Value isTiny = e.builder.create<arith::CmpFOp>(e.loc, arith::CmpFPredicate::OLT, step,
                                                   e.constant(std::numeric_limits<float>::min(), f32));
    step = e.builder.create<arith::SelectOp>(e.loc, isTiny, zero, step);
    Value reciprocal = e.builder.create<arith::SelectOp>(e.loc, isTiny, zero, e.divf(e.constant(1.0, f32), step));
    e.builder.create<memref::StoreOp>(e.loc, step, steps, ValueRange{row, e.index(0)});
    e.builder.create<memref::StoreOp>(e.loc, low, steps, ValueRange{row, e.index(1)});
    Value lows = e.broadcast(low), factors = e.broadcast(reciprocal);
    e.forColumns(columns, [&](Value column, int64_t valid) {
      Value scaled = e.mulf(e.subf(e.loadFirst(input, {row, column}, valid), lows), factors);
      // Numbers from 0 to 255, to the nearest: added to 2^23 they are the low bits.
      Value rounded = e.addf(scaled, e.splat(0x1p23));
      VectorType integers = e.vectorOf(e.builder.getI32Type());
      Value numbers = e.builder.create<arith::AndIOp>(
          e.loc, e.builder.create<arith::BitcastOp>(e.loc, integers, rounded), splat(e, integers, 255));
      e.store(pack(e, numbers), words, {row, e.div(column, 4)});
    });
  });
}
