//===- Window.cpp - windows that slide over a map -----------------------------===//

#include "Window.h"

using namespace mlir;
using namespace vitc;

Value WindowAxis::at(KernelEmitter &e, Value position, Value tap) const {
  Value index = e.add(e.mul(position, stride), e.mul(tap, dilation));
  return before == 0 ? index : e.sub(index, e.index(before));
}

Value WindowAxis::tapsBelow(KernelEmitter &e, Value position, int64_t bound) const {
  Value start = e.mul(position, stride);
  Value rest = e.sub(e.index(bound), e.min(start, e.index(bound)));
  return e.min(e.div(e.add(rest, dilation - 1), dilation), e.index(taps));
}

std::pair<Value, Value> WindowAxis::tapsInside(KernelEmitter &e, Value position) const {
  if (meets(0, 0) && meets(outputs - 1, taps - 1))
    return {e.index(0), e.index(taps)};
  return {tapsBelow(e, position, before), tapsBelow(e, position, before + size)};
}

Value WindowAxis::tapsPadded(KernelEmitter &e, Value position) const {
  return tapsBelow(e, position, before + size + after);
}

void MapEpilogue::finish(ValueRange sums, Value row, Value firstColumn, Value firstOutput, int64_t valid) const {
  size_t vectors = llvm::divideCeil(valid, e.lanes);
  for (size_t pixel = 0; pixel * vectors < sums.size(); ++pixel) {
    KernelEmitter::Values values(sums.slice(pixel * vectors, vectors));
    auto place = [&](size_t vector) -> KernelEmitter::Values {
      return {row, e.add(firstColumn, int64_t(pixel)), e.add(firstOutput, int64_t(vector) * e.lanes)};
    };
    if (residual)
      for (auto [vector, value] : llvm::enumerate(values))
        value = e.addf(value, e.loadFirst(residual, place(vector), valid - int64_t(vector) * e.lanes));
    for (auto [vector, value] : llvm::enumerate(emitActivation(e, activation, values)))
      e.storeFirst(value, output, place(vector), valid - int64_t(vector) * e.lanes);
  }
}
