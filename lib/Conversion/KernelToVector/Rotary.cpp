//===- Rotary.cpp - rotation of queries and keys ------------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace vitc;

void vitc::emitKernel(KernelEmitter &e, kernel::RotaryOp op, Value task, ValueRange buffers) {
  auto type = cast<MemRefType>(op.getInput().getType());
  int64_t heads = type.getDimSize(1), tokens = type.getDimSize(2), features = type.getDimSize(3);
  int64_t rotated = cast<MemRefType>(op.getTable().getType()).getDimSize(1), kept = tokens - rotated;
  Value input = e.physical(buffers[0]), table = buffers[1], output = e.physical(buffers[2]);
  Value part = e.div(task, heads), head = e.rem(task, heads);

  // Rows have room for whole vectors; what lies behind their features does not matter.
  e.loop(e.index(0), e.index(kept), 1, [&](Value token) {
    e.forColumns(features, [&](Value column, int64_t) {
      e.store(e.load(input, {part, head, token, column}), output, {part, head, token, column});
    });
  });
  e.loop(e.index(0), e.index(rotated), 1, [&](Value position) {
    Value token = e.add(position, kept);
    if (op.getInterleaved()) {
      SmallVector<int64_t> neighbours;
      for (int64_t lane = 0; lane < e.lanes; ++lane)
        neighbours.push_back(lane ^ 1);
      e.forColumns(features, [&](Value column, int64_t) {
        Value x = e.load(input, {part, head, token, column});
        Value partner = e.builder.create<vector::ShuffleOp>(e.loc, x, x, neighbours);
        Value cosines = e.load(table, {e.index(0), position, column});
        Value sines = e.load(table, {e.index(1), position, column});
        e.store(e.fma(partner, sines, e.mulf(x, cosines)), output, {part, head, token, column});
      });
      return;
    }
    int64_t pairs = features / 2;
    e.forColumns(pairs, [&](Value column, int64_t valid) {
      Value second = e.add(column, pairs);
      Value x = e.loadFirst(input, {part, head, token, column}, valid);
      Value y = e.loadFirst(input, {part, head, token, second}, valid);
      Value cosines = e.loadFirst(table, {e.index(0), position, column}, valid);
      Value sines = e.loadFirst(table, {e.index(1), position, column}, valid);
      e.storeFirst(e.subf(e.mulf(x, cosines), e.mulf(y, sines)), output, {part, head, token, column}, valid);
      e.storeFirst(e.fma(x, sines, e.mulf(y, cosines)), output, {part, head, token, second}, valid);
    });
  });
}
