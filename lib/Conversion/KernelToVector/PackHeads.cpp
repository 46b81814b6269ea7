//===- PackHeads.cpp - keys and values in panels ------------------------------===//

#include "Bf16.h"

using namespace mlir;
using namespace vitc;
using kernel::kPanelWidth;

static MemRefType bufferType(Value value) { return cast<MemRefType>(value.getType()); }

/// A panel of keys of bf16: the `valid` tokens from `first` (part, head, token) on, transposed pair by pair.
static void packPairs(KernelEmitter &e, Value input, ArrayRef<Value> first, Value output, ArrayRef<Value> panel,
                      int64_t valid, int64_t features) {
  assert(e.lanes == kPanelWidth && "targets that multiply bf16 have such vectors");
  auto all = llvm::to_vector(llvm::seq<int64_t>(0, 2 * e.lanes));
  for (int64_t feature = 0; feature < features; feature += 2 * e.lanes) {
    SmallVector<Value> square;
    for (int64_t token = 0; token < e.lanes; ++token) {
      auto load = [&](int64_t from) {
        return token < valid && from < features
                   ? e.load(input, {first[0], first[1], e.add(first[2], token), e.index(from)})
                   : e.splat(0);
      };
      Value both = e.builder.create<vector::ShuffleOp>(e.loc, load(feature), load(feature + e.lanes), all);
      square.push_back(roundToWords(e, both));
    }
    square = e.transpose(square);
    for (int64_t i = 0; i < std::min(e.lanes, (features - feature) / 2); ++i)
      e.storeWords(square[i], output, {panel[0], panel[1], e.index(feature / 2 + i), e.index(0), e.index(0)});
  }
}

void vitc::emitKernel(KernelEmitter &e, kernel::PackKeysOp op, Value task, ValueRange buffers) {
  Value input = e.physical(buffers[0]), output = buffers[1];
  const bool isOfBf16 = bufferType(output).getElementType().isBF16();
  int64_t tokens = bufferType(op.getInput()).getDimSize(2), features = bufferType(op.getInput()).getDimSize(3);
  int64_t panels = bufferType(output).getDimSize(1), lastTokens = tokens - (panels - 1) * kPanelWidth;
  Value head = e.div(task, panels), panel = e.rem(task, panels);
  Value part = e.index(op.getPart());
  auto emitPanel = [&](int64_t valid) {
    if (isOfBf16)
      return packPairs(e, input, {part, head, e.mul(panel, kPanelWidth)}, output, {head, panel}, valid, features);
    for (int64_t offset = 0; offset < kPanelWidth; offset += e.lanes) {
      for (int64_t feature = 0; feature < features; feature += e.lanes) {
        SmallVector<Value> square;
        for (int64_t i = 0; i < e.lanes; ++i) {
          Value token = e.add(e.mul(panel, kPanelWidth), offset + i);
          square.push_back(offset + i < valid ? e.load(input, {part, head, token, e.index(feature)}) : e.splat(0));
        }
        square = e.transpose(square);
        for (int64_t i = 0; i < std::min(e.lanes, features - feature); ++i)
          e.store(square[i], output, {head, panel, e.index(feature + i), e.index(offset)});
      }
    }
  };
  if (lastTokens == kPanelWidth)
    return emitPanel(kPanelWidth);
  e.ifElse(e.isLess(panel, e.index(panels - 1)), [&] { emitPanel(kPanelWidth); }, [&] { emitPanel(lastTokens); });
}

void vitc::emitKernel(KernelEmitter &e, kernel::PackValuesOp op, Value task, ValueRange buffers) {
  assert(e.lanes == kPanelWidth && "targets that multiply bf16 have such vectors");
  Value input = e.physical(buffers[0]), output = buffers[1];
  const int64_t tokens = bufferType(op.getInput()).getDimSize(2), panels = bufferType(output).getDimSize(1);
  Value head = e.div(task, panels), panel = e.rem(task, panels), part = e.index(op.getPart());
  auto load = [&](Value token) { return e.load(input, {part, head, token, e.mul(panel, kPanelWidth)}); };
  auto store = [&](Value low, Value high, Value pair) {
    e.storeWords(roundToPairs(e, low, high), output, {head, panel, pair, e.index(0), e.index(0)});
  };
  e.loop(e.index(0), e.index(tokens / 2), 1, [&](Value pair) {
    Value token = e.mul(pair, 2);
    store(load(token), load(e.add(token, 1)), pair);
  });
  if (tokens % 2 != 0)
    store(load(e.index(tokens - 1)), e.splat(0), e.index(tokens / 2));
}
