//===- Bf16.cpp - numbers of bf16 -----------------------------------------===//

#include "Bf16.h"

#include "vitc/TargetInfo/Architecture.h"

using namespace mlir;
using namespace vitc;

using Values = KernelEmitter::Values;

static Value splat(KernelEmitter &e, int64_t value) {
  VectorType words = e.vectorOf(e.builder.getI32Type());
  return e.builder.create<arith::ConstantOp>(e.loc, DenseElementsAttr::get(words, e.builder.getI32IntegerAttr(value)));
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

Values vitc::pairProduct(KernelEmitter &e, ValueRange sums, int64_t rows, int64_t vectors, int64_t pairs,
                         KernelEmitter::ProductSteps steps, KernelEmitter::LoadElement loadPair,
                         KernelEmitter::LoadVector loadPairs) {
  return e.product(sums, rows, vectors, pairs, steps, loadPair, loadPairs,
                   [&](Value sum, Value element, Value columns) {
                     return e.target.architecture->addPairs(e.builder, e.loc, sum, columns, element);
                   });
}

Values vitc::expandedProduct(KernelEmitter &e, ValueRange sums, int64_t rows, int64_t vectors, int64_t pairs,
                             KernelEmitter::ProductSteps steps, KernelEmitter::LoadElement loadElement,
                             KernelEmitter::LoadVector loadPairs) {
  return e.accumulate(sums, pairs, steps, [&](Values next, Value pair) {
    for (int64_t half : {0, 1}) {
      Values columns;
      for (int64_t vector = 0; vector < vectors; ++vector) {
        Value words = loadPairs(vector, pair);
        Value bits = half == 0 ? Value(e.builder.create<arith::ShLIOp>(e.loc, words, splat(e, 16)))
                               : Value(e.builder.create<arith::AndIOp>(e.loc, words, splat(e, -65536)));
        columns.push_back(e.builder.create<arith::BitcastOp>(e.loc, e.vectorType, bits));
      }
      Value k = e.add(e.mul(pair, 2), half);
      next = e.addOuterProduct(
          std::move(next), rows, columns, [&](int64_t row) { return loadElement(row, k); },
          [&](Value sum, Value element, Value column) { return e.fma(element, column, sum); });
    }
    return next;
  });
}

//===----------------------------------------------------------------------===//
// Rounding
//===----------------------------------------------------------------------===//

/// A vector of f32 as as many numbers of bf16.
static Value round(KernelEmitter &e, Value vector) {
  int64_t count = cast<VectorType>(vector.getType()).getNumElements();
  return e.builder.create<arith::TruncFOp>(e.loc, VectorType::get(count, e.builder.getBF16Type()), vector);
}

Value vitc::roundToWords(KernelEmitter &e, Value vector) {
  int64_t count = cast<VectorType>(vector.getType()).getNumElements();
  return e.builder.create<vector::BitCastOp>(e.loc, VectorType::get(count / 2, e.builder.getI32Type()),
                                             round(e, vector));
}

Value vitc::roundToPairs(KernelEmitter &e, Value low, Value high) {
  VectorType halves = e.vectorOf(e.builder.getIntegerType(16)), words = e.vectorOf(e.builder.getI32Type());
  auto widen = [&](Value vector) -> Value {
    Value bits = e.builder.create<arith::BitcastOp>(e.loc, halves, round(e, vector));
    return e.builder.create<arith::ExtUIOp>(e.loc, words, bits);
  };
  Value upper = e.builder.create<arith::ShLIOp>(e.loc, widen(high), splat(e, 16));
  return e.builder.create<arith::OrIOp>(e.loc, widen(low), upper);
}

void vitc::emitKernel(KernelEmitter &e, kernel::RoundOp op, Value task, ValueRange buffers) {
  auto type = cast<MemRefType>(op.getInput().getType());
  const int64_t columns = type.getShape().back(), rows = type.getNumElements() / columns;
  Value input = e.rows(buffers[0]), words = e.physical(buffers[1]);
  Value first = e.mul(task, op.getRowsPerTask());
  e.loop(first, e.min(e.add(first, op.getRowsPerTask()), e.index(rows)), 1, [&](Value row) {
    e.forColumns(columns, [&](Value column, int64_t valid) {
      e.storeWords(roundToWords(e, e.loadFirst(input, {row, column}, valid)), words, {row, e.div(column, 2)});
    });
  });
}
