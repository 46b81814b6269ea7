//===- UperHead.h - the decoder of UPerNet ----------------------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_UPERHEAD_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_UPERHEAD_H

#include "Model.h"

namespace vitc::huggingface {

/// How modules of "decode_head." are called.
struct UperHeadNames {
  /// Of a module: its convolution and its norm.
  const char *convolution, *norm;
  /// Before and behind the number of an average's module; what follows all of them.
  const char *poolingStart, *poolingEnd, *bottleneck;
};

struct UperHead {
  UperHeadNames names;
  /// Channels of what each module makes.
  int64_t width;
  /// Rows and columns of the averages.
  std::vector<int64_t> scales;
};

/// Appends the decoder of these maps, channels last, the largest first, up to the logits of the pixels of the largest:
/// unified perceptual parsing (Xiao et al. 2018), with a classifier for the labels. The last value is that map.
void addUperHead(Model &model, const UperHead &head, llvm::ArrayRef<std::string> maps);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_UPERHEAD_H
