//===- MapWindows.cpp - windows that a map is cut into ------------------------===//

#include "MapWindows.h"

using namespace mlir;
using namespace vitc;

MapWindows::Token MapWindows::tokenOf(Value row, Value column) {
  ArrayRef<int64_t> size = windows.getWindow(), shift = windows.getShift();
  Value positions[] = {row, column};
  for (unsigned axis : {0, 1})
    if (shift[axis] != 0)
      positions[axis] = e.rem(e.add(positions[axis], windows.getPadded(axis) - shift[axis]), windows.getPadded(axis));
  Value sequence = e.add(e.mul(e.div(positions[0], size[0]), windows.getCount(1)), e.div(positions[1], size[1]));
  return {sequence, e.add(e.mul(e.rem(positions[0], size[0]), size[1]), e.rem(positions[1], size[1]))};
}

MapWindows::Pixel MapWindows::pixelOf(Token token) {
  ArrayRef<int64_t> size = windows.getWindow(), shift = windows.getShift();
  Value positions[] = {e.add(e.mul(e.div(token.sequence, windows.getCount(1)), size[0]), e.div(token.index, size[1])),
                       e.add(e.mul(e.rem(token.sequence, windows.getCount(1)), size[1]), e.rem(token.index, size[1]))};
  for (unsigned axis : {0, 1})
    if (shift[axis] != 0)
      positions[axis] = e.rem(e.add(positions[axis], shift[axis]), windows.getPadded(axis));
  return {positions[0], positions[1]};
}

void MapWindows::ifInside(Pixel pixel, llvm::function_ref<void()> inside, llvm::function_ref<void()> outside) {
  if (!windows.isPadded())
    return inside();
  Value isInside = e.builder.create<arith::AndIOp>(e.loc, e.isLess(pixel.row, e.index(windows.getMap()[0])),
                                                   e.isLess(pixel.column, e.index(windows.getMap()[1])));
  e.ifElse(isInside, inside, outside);
}

Value MapWindows::edgeOf(Value sequence) {
  auto ifLast = [&](Value number, unsigned axis, int64_t value) -> Value {
    return e.builder.create<arith::SelectOp>(e.loc, e.isEqual(number, windows.getCount(axis) - 1), e.index(value),
                                             e.index(0));
  };
  return e.add(ifLast(e.div(sequence, windows.getCount(1)), 0, 2), ifLast(e.rem(sequence, windows.getCount(1)), 1, 1));
}

void vitc::emitKernel(KernelEmitter &e, kernel::WindowsOp op, Value task, ValueRange buffers) {
  vit::WindowsAttr windows = op.getWindows();
  MapWindows cut(e, windows);
  Value input = e.physical(buffers[0]), output = e.physical(buffers[1]);
  const int64_t channels = cast<MemRefType>(op.getOutput().getType()).getShape().back();
  auto forVectors = [&](llvm::function_ref<void(Value, int64_t)> body) { e.forColumns(channels, body); };
  if (op.getMerges())
    return e.loop(e.index(0), e.index(windows.getMap()[1]), 1, [&](Value column) {
      MapWindows::Token from = cut.tokenOf(task, column);
      forVectors([&](Value channel, int64_t valid) {
        e.storeFirst(e.loadFirst(input, {from.sequence, from.index, channel}, valid), output, {task, column, channel},
                     valid);
      });
    });
  e.loop(e.index(0), e.index(windows.getTokens()), 1, [&](Value token) {
    MapWindows::Pixel from = cut.pixelOf({task, token});
    cut.ifInside(
        from,
        [&] {
          forVectors([&](Value channel, int64_t valid) {
            e.storeFirst(e.loadFirst(input, {from.row, from.column, channel}, valid), output, {task, token, channel},
                         valid);
          });
        },
        [&] {
          forVectors(
              [&](Value channel, int64_t valid) { e.storeFirst(e.splat(0), output, {task, token, channel}, valid); });
        });
  });
}
