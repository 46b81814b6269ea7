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
