//===- Rotary.cpp - rotation of queries and keys ------------------------------===//

#include "KernelEmitter.h"

using namespace mlir;
using namespace vitc;

void vitc::emitKernel(KernelEmitter &e, kernel::RotaryOp op, Value task, ValueRange buffers) {
  auto type = cast<MemRefType>(op.getInput().getType());
  int64_t tokens = type.getDimSize(type.getRank() - 2), features = type.getShape().back();
  int64_t rotated = cast<MemRefType>(op.getTable().getType()).getDimSize(1), kept = tokens - rotated;
  Value input = e.rows(buffers[0]), table = buffers[1], output = e.rows(buffers[2]);
  Value head = e.mul(task, tokens);
  // Where rows have room for whole vectors, what lies behind their features does not matter.
  auto hasRoom = [&](Value rows) {
    return cast<MemRefType>(rows.getType()).getDimSize(1) >= kernel::roundUp(features, kernel::kPanelWidth);
  };
  bool areWhole = hasRoom(input) && hasRoom(output);
  auto forFeatures = [&](llvm::function_ref<void(Value, int64_t, int64_t)> body) {
    e.forColumns(features, [&](Value column, int64_t valid) { body(column, areWhole ? e.lanes : valid, valid / 2); });
  };

  e.loop(head, e.add(head, kept), 1, [&](Value row) {
    forFeatures([&](Value column, int64_t valid, int64_t) {
      e.storeFirst(e.loadFirst(input, {row, column}, valid), output, {row, column}, valid);
    });
  });
  e.loop(e.index(0), e.index(rotated), 1, [&](Value position) {
    Value row = e.add(e.add(head, kept), position);
    if (op.getInterleaved()) {
      SmallVector<int64_t> neighbours, twice;
      SmallVector<Attribute> signs;
      for (int64_t lane = 0; lane < e.lanes; ++lane) {
        neighbours.push_back(lane ^ 1);
        twice.push_back(lane / 2);
        signs.push_back(e.builder.getF32FloatAttr(lane % 2 == 0 ? -1 : 1));
      }
      // Of a pair there is one entry, or one for each feature: the sine with its sign.
      auto loadAngles = [&](int64_t part, Value column, int64_t pairs) -> Value {
        if (op.hasEntryForFeature())
          return e.load(table, {e.index(part), position, column});
        Value entries = e.loadFirst(table, {e.index(part), position, e.div(column, 2)}, pairs);
        Value angles = e.builder.create<vector::ShuffleOp>(e.loc, entries, entries, twice);
        if (part == 0)
          return angles;
        return e.mulf(angles, e.builder.create<arith::ConstantOp>(e.loc, DenseElementsAttr::get(e.vectorType, signs)));
      };
      forFeatures([&](Value column, int64_t valid, int64_t pairs) {
        Value x = e.loadFirst(input, {row, column}, valid);
        Value partner = e.builder.create<vector::ShuffleOp>(e.loc, x, x, neighbours);
        Value cosines = loadAngles(0, column, pairs), sines = loadAngles(1, column, pairs);
        e.storeFirst(e.fma(partner, sines, e.mulf(x, cosines)), output, {row, column}, valid);
      });
      return;
    }
    int64_t pairs = features / 2;
    e.forColumns(pairs, [&](Value column, int64_t valid) {
      Value second = e.add(column, pairs);
      Value x = e.loadFirst(input, {row, column}, valid);
      Value y = e.loadFirst(input, {row, second}, valid);
      Value cosines = e.loadFirst(table, {e.index(0), position, column}, valid);
      Value sines = e.loadFirst(table, {e.index(1), position, column}, valid);
      e.storeFirst(e.subf(e.mulf(x, cosines), e.mulf(y, sines)), output, {row, column}, valid);
      e.storeFirst(e.fma(x, sines, e.mulf(y, cosines)), output, {row, second}, valid);
    });
  });
}
