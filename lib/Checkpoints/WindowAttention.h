//===- WindowAttention.h - nodes of Swin and its relatives ------*- C++ -*-===//
//
// Attention within the windows of a map, and maps of half the size.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_WINDOWATTENTION_H
#define VITC_LIB_CHECKPOINTS_WINDOWATTENTION_H

#include "NodeBuilder.h"

namespace vitc {

struct WindowAttention {
  std::vector<int64_t> window, shift = {0, 0};
  int64_t heads;
  /// What is added to the scores of pixels that only the shift brought together.
  double mask = -100;
};

/// Appends attention within the windows of the last value, a map, up to the map of the concatenated heads, which the
/// projection of the output follows. The attention itself is node NAME; it gets its projections from `setProjections`,
/// and what is added to its scores gets tensors from `setPositions`; without it nothing is, and nothing may be shifted.
void addWindowAttention(NodeBuilder &model, const std::string &name, const WindowAttention &attention,
                        llvm::function_ref<void(Node &)> setProjections,
                        llvm::function_ref<void(Node &)> setPositions = nullptr);

/// Makes of the last value, a map of this size, one of half the size (rounded up, with zeros beyond the edges) whose
/// pixels have the features of 2 x 2: top left, bottom left, top right, bottom right.
void addPixelMerging(NodeBuilder &model, const std::string &name, std::vector<int64_t> size, int64_t channels);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_WINDOWATTENTION_H
