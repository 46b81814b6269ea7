//===- Convolutions.h - what convolutional families share -------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_CONVOLUTIONS_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_CONVOLUTIONS_H

#include "Model.h"

namespace vitc::huggingface {

/// The convolution and batch norm of a layer with tensors PREFIX.convolution and PREFIX.normalization, and what
/// follows.
struct ConvolutionLayer {
  std::string tensors;
  int64_t channels, kernel = 1, stride = 1, dilation = 1, groups = 1;
  double epsilon = 1e-5;
  /// "none": there is none.
  std::string activation = "none";
  /// As TensorFlow pads; else by half of the kernel.
  bool samePadding = false;
};

/// Appends nodes NAME.convolution, NAME.normalization and, if there is an activation, NAME.activation.
void addConvolution(Model &model, const std::string &name, const ConvolutionLayer &layer,
                    const std::string &input = "");

/// Makes channels x height x width of the picture a map with channels last.
void addPictureMap(Model &model, const std::string &name);

/// A map as the library returns it, channels x height x width.
Node &addChannelsFirst(Model &model, const std::string &name, const std::string &map);

/// The mean of all pixels of a map of so many channels.
void addGlobalAverage(Model &model, const std::string &name, int64_t channels, const std::string &map);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_CONVOLUTIONS_H
