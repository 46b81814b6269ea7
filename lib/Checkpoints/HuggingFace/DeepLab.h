//===- DeepLab.h - heads for semantic segmentation --------------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_DEEPLAB_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_DEEPLAB_H

#include "Model.h"

namespace vitc::huggingface {

/// The mean of all pixels of a map of so many channels, through a layer, at each of them.
struct PooledBranch {
  /// The layer's, a convolution of one pixel with its norm and ReLU.
  std::string tensors;
  int64_t inputs, outputs;
  /// How the library enlarges the one pixel, as resize2d names it.
  const char *resize = "bilinear";
};
void addPooledBranch(Model &model, const std::string &name, const PooledBranch &branch, const std::string &map);

/// The classifier of each pixel of the last map, with tensors segmentation_head.classifier.convolution; and the logits.
void addPixelLogits(Model &model);

/// What both versions of MobileViT have behind their encoders.
struct AtrousPyramid {
  /// Of each of the five branches.
  int64_t channels;
  /// Dilations of three of them.
  std::vector<int64_t> rates;

  /// Reads `aspp_out_channels` and `atrous_rates`.
  static AtrousPyramid read(ConfigReader &config);
};
/// MobileViTDeepLabV3 behind the last map, which has so many channels.
void addDeepLabV3(Model &model, const AtrousPyramid &pyramid, int64_t inputs);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_DEEPLAB_H
