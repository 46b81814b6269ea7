//===- Backbone.h - a backbone within a larger model ------------*- C++ -*-===//
//
// What `backbone_config` describes is built by its own family's reader, which sees the tensors behind "backbone.".
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_BACKBONE_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_BACKBONE_H

#include "Families.h"

namespace vitc::huggingface {

/// Reports `backbone`, `backbone_kwargs` and `use_timm_backbone`, by which transformers names a backbone elsewhere.
void rejectOtherBackbones(ConfigReader &config);

/// What a backbone returns.
struct BackboneOutputs {
  /// Names of values, one for each of its stages: channels x height x width, or tokens x width.
  std::vector<std::string> values;
  bool areTokens = false;
  /// Of tokens: features, how many stand between the class token and the patches, and rows and columns of patches.
  int64_t width = 0, registers = 0;
  std::vector<int64_t> grid;
};

/// Appends the nodes of the backbone that `backbone_config` describes, named as in the whole model, and the picture as
/// its input. `types`: the families that it may be of; empty: any that has a backbone. Without values after an error.
BackboneOutputs addBackbone(Model &model, ConfigReader &config, llvm::ArrayRef<llvm::StringRef> types = {});

/// The same for necks that take class token and patches, as DINOv2 returns them.
BackboneOutputs addTokenBackbone(Model &model, ConfigReader &config);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_BACKBONE_H
