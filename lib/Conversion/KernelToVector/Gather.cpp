//===- Gather.cpp - elements by their numbers ---------------------------------===//

#include "KernelEmitter.h"

#include <limits>

using namespace mlir;
using namespace vitc;

namespace {
/// A place in a dimension, by a number that the program does not know.
struct Place {
  /// Within the dimension in any case.
  Value place;
  /// Whether it is the one that was meant.
  Value isRight;
};
} // namespace

static Place placeOf(KernelEmitter &e, Value number, int64_t size) {
  OpBuilder &b = e.builder;
  Value index = b.create<arith::IndexCastOp>(e.loc, b.getIndexType(), number);
  Value isNegative = b.create<arith::CmpIOp>(e.loc, arith::CmpIPredicate::slt, index, e.index(0));
  Value counted = b.create<arith::SelectOp>(e.loc, isNegative, e.add(index, size), index);
  // As an unsigned number, what is negative still is too large.
  Value isRight = b.create<arith::CmpIOp>(e.loc, arith::CmpIPredicate::ult, counted, e.index(size));
  return {b.create<arith::SelectOp>(e.loc, isRight, counted, e.index(0)), isRight};
}

void vitc::emitKernel(KernelEmitter &e, kernel::GatherOp op, Value task, ValueRange buffers) {
  auto inputType = cast<MemRefType>(op.getInput().getType()), outputType = cast<MemRefType>(op.getOutput().getType());
  ArrayRef<int64_t> shape = inputType.getShape();
  const int64_t size = shape[op.getDim()], count = cast<MemRefType>(op.getIndices().getType()).getNumElements();
  // Rows, or elements, behind each other for each index.
  const int64_t inner =
      op.movesElements() ? 1 : ShapedType::getNumElements(shape.drop_front(op.getDim() + 1).drop_back());
  const int64_t columns = outputType.getShape().back();
  int64_t moved = outputType.getNumElements() / (op.movesElements() ? 1 : columns);
  Value indices = e.flat(buffers[1]), input = e.rows(buffers[0]), output = e.rows(buffers[2]);
  Value first = e.mul(task, op.getRowsPerTask());
  e.loop(first, e.min(e.add(first, op.getRowsPerTask()), e.index(moved)), 1, [&](Value at) {
    // at = (outer * count + i) * inner + rest
    Value number = e.rem(e.div(at, inner), count);
    Place place = placeOf(e, e.builder.create<memref::LoadOp>(e.loc, indices, number), size);
    Value outer = e.div(at, count * inner);
    if (op.movesElements()) {
      Value value = e.builder.create<memref::LoadOp>(e.loc, input, ValueRange{outer, place.place});
      Value nan = e.constant(std::numeric_limits<double>::quiet_NaN(), value.getType());
      value = e.builder.create<arith::SelectOp>(e.loc, place.isRight, value, nan);
      e.builder.create<memref::StoreOp>(e.loc, value, output, ValueRange{e.div(at, columns), e.rem(at, columns)});
      return;
    }
    Value row = e.add(e.mul(e.add(e.mul(outer, size), place.place), inner), e.rem(at, inner));
    Value nan = e.splat(std::numeric_limits<double>::quiet_NaN());
    e.forColumns(columns, [&](Value column, int64_t valid) {
      Value value = e.loadFirst(input, {row, column}, valid);
      value = e.builder.create<arith::SelectOp>(e.loc, place.isRight, value, nan);
      e.storeFirst(value, output, {at, column}, valid);
    });
  });
}
