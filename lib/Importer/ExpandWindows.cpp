//===- ExpandWindows.cpp - nodes of windows of maps ---------------*- C++ -*-===//

#include "ExpandNodes.h"
#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace vitc;

/// The windows of a map that the node's attributes say; null after an error.
static vit::WindowsAttr windowsOf(VitBuilder &b, Value map) {
  std::optional<Grid> size = b.sizeOfMap(map);
  return size ? b.windows(*size, b.list("window"), b.list("shift")) : vit::WindowsAttr();
}

static Value windowPartition(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  vit::WindowsAttr windows = windowsOf(b, inputs[0]);
  return windows ? b.windowPartition(b.mapOf(inputs[0]), windows) : Value();
}

static Value windowMerge(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  vit::WindowsAttr windows = windowsOf(b, inputs[1]);
  return windows ? b.giveMap(b.windowMerge(inputs[0], windows)) : Value();
}

static Value windowBias(VitBuilder &b, llvm::ArrayRef<Value> inputs) {
  vit::WindowsAttr windows = windowsOf(b, inputs[0]);
  if (!windows)
    return {};
  bool hasTable = b.hasParameter("value"), hasLayers = b.hasParameter("fc1.weight") && b.hasParameter("fc2.weight");
  if (hasTable == hasLayers)
    return b.fail("parameters", "expected either 'value', or 'fc1' and 'fc2'");
  const Grid window = b.list("window");
  // The scores of a head are a matrix of all pairs.
  constexpr int64_t most = 1 << 16;
  if (windows.getTokens() > most)
    return b.fail("window",
                  "has " + llvm::Twine(windows.getTokens()) + " pixels, expected at most " + llvm::Twine(most));
  int64_t heads = b.integer("heads");
  Value table;
  if (hasTable) {
    table = b.weight("value", {(2 * window[0] - 1) * (2 * window[1] - 1), heads}, WeightRole::Embedding);
  } else {
    int64_t features = b.integer("hidden_size");
    Value first = b.weight("fc1.weight", {features, 2}, WeightRole::Matrix);
    Value bias =
        b.hasParameter("fc1.bias") ? b.weight("fc1.bias", {features}, WeightRole::Bias) : b.weightFill(0, {features});
    Value second = b.weight("fc2.weight", {heads, features}, WeightRole::Matrix);
    table = b.weightContinuousPositions(first, bias, second, window,
                                        b.hasAttribute("trained_window") ? b.list("trained_window") : window);
  }
  Value bias = b.weightRelativePositionBias(table, window, /*hasClassToken=*/false);
  const std::vector<int64_t> &shift = b.list("shift");
  return shift[0] == 0 && shift[1] == 0 ? bias : b.add(bias, b.weightWindowMask(windows, b.real("mask")));
}

NodeExpander vitc::findWindowExpander(llvm::StringRef op) {
  return llvm::StringSwitch<NodeExpander>(op)
      .Case("window_partition", windowPartition)
      .Case("window_merge", windowMerge)
      .Case("window_bias", windowBias)
      .Default(nullptr);
}
