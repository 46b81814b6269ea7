//===- Gather.cpp - elements by their numbers ---------------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace vitc;

/// A number of a dimension of `size`, counted from the beginning; beyond it unsigned if it is none.
static Value countFromBeginning(KernelEmitter &e, Value index, int64_t size) {
  OpBuilder &b = e.builder;
  Value isNegative = b.create<arith::CmpIOp>(e.loc, arith::CmpIPredicate::slt, index, e.index(0));
  return b.create<arith::SelectOp>(e.loc, isNegative, e.add(index, size), index);
}

static Value isElement(KernelEmitter &e, Value counted, int64_t size) {
  return e.builder.create<arith::CmpIOp>(e.loc, arith::CmpIPredicate::ult, counted, e.index(size));
}

static Value loadIndex(KernelEmitter &e, Value indices, Value number) {
  OpBuilder &b = e.builder;
  Value loaded = b.create<memref::LoadOp>(e.loc, indices, number);
  return b.create<arith::IndexCastOp>(e.loc, b.getIndexType(), loaded);
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
    Value counted = countFromBeginning(e, loadIndex(e, indices, number), size);
    // Within the dimension in any case, whether or not somebody has looked before.
    Value place = e.builder.create<arith::SelectOp>(e.loc, isElement(e, counted, size), counted, e.index(0));
    Value outer = e.div(at, count * inner);
    if (op.movesElements()) {
      Value value = e.builder.create<memref::LoadOp>(e.loc, input, ValueRange{outer, place});
      e.builder.create<memref::StoreOp>(e.loc, value, output, ValueRange{e.div(at, columns), e.rem(at, columns)});
      return;
    }
    Value row = e.add(e.mul(e.add(e.mul(outer, size), place), inner), e.rem(at, inner));
    e.forColumns(columns, [&](Value column, int64_t valid) {
      e.storeFirst(e.loadFirst(input, {row, column}, valid), output, {at, column}, valid);
    });
  });
}

void vitc::emitKernel(KernelEmitter &e, kernel::CheckIndicesOp op, Value, ValueRange buffers) {
  OpBuilder &b = e.builder;
  const int64_t size = op.getCheck().getSize(), count = cast<MemRefType>(op.getIndices().getType()).getNumElements();
  Value indices = e.flat(buffers[0]), none = e.index(-1);
  // The last one looked at is the first one that is wrong: from behind.
  KernelEmitter::Values found = e.loop(e.index(0), e.index(count), 1, {none, e.index(0)},
                                       [&](Value number, ValueRange carried) -> KernelEmitter::Values {
                                         Value place = e.sub(e.index(count - 1), number),
                                               index = loadIndex(e, indices, place);
                                         Value isRight = isElement(e, countFromBeginning(e, index, size), size);
                                         return {b.create<arith::SelectOp>(e.loc, isRight, carried[0], place),
                                                 b.create<arith::SelectOp>(e.loc, isRight, carried[1], index)};
                                       });
  for (int64_t i = 0; i < 2; ++i)
    b.create<memref::StoreOp>(e.loc, b.create<arith::IndexCastOp>(e.loc, b.getI64Type(), found[i]), buffers[1],
                              e.index(i));
}
