//===- TimmMobileBlocks.h - block_args of mobile networks -------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_TIMM_TIMMMOBILEBLOCKS_H
#define VITC_LIB_CHECKPOINTS_TIMM_TIMMMOBILEBLOCKS_H

#include "TimmSettings.h"

namespace vitc {

/// Blocks of one kind in a row, as timm's architectures have them in a string: "ir_r2_k3_s2_e6_c24_se0.25". The first
/// has the stride, the others none.
struct TimmMobileBlocks {
  /// cn: a convolution; ds, dsa: depthwise, then of one pixel; ir: of one pixel, depthwise, of one pixel; er: the first
  /// two as one; uir: perhaps depthwise, of one pixel, perhaps depthwise, of one pixel, perhaps depthwise.
  std::string kind;
  int64_t repeats = 1, kernel = 3, stride = 1, channels = 0;
  /// Of what comes before (uir: 0 for nothing) and behind.
  int64_t startKernel = 1, endKernel = 1;
  /// Channels in a group; 0: all are one.
  int64_t groupSize = 0;
  /// What the inner width follows from, if not from the block's input.
  int64_t forcedInputs = 0;
  /// Inner width, and width between the layers of gates (0: there are none), relative to the input.
  double expansion = 1, gates = 0;
  /// As the language names it; empty: that of the network.
  std::string activation;
  bool skips = false, neverSkips = false;
};

/// Reads `block_args`, a list of such strings for each stage.
std::vector<std::vector<TimmMobileBlocks>> readTimmMobileBlocks(InputErrors &errors, TimmSettings &settings);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_TIMM_TIMMMOBILEBLOCKS_H
