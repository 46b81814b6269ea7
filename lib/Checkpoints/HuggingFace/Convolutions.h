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

/// Makes of the picture, channels x height x width, a map with channels last.
void addPictureMap(Model &model, const std::string &name);

/// The mean of all pixels of a map of so many channels.
void addGlobalAverage(Model &model, const std::string &name, int64_t channels, const std::string &map);

/// What every such model has behind its encoder: last_hidden_state and pooler_output, returned without a head, offered
/// with one; hidden_state_N, one for each of these maps; and tensors of training or of another head, which are ignored.
void addMapOutputs(Model &model, const std::string &map, const std::string &pooled, llvm::ArrayRef<std::string> states);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_CONVOLUTIONS_H
