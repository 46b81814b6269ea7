//===- Backbone.h - a backbone within a larger model ------------*- C++ -*-===//
//
// What `backbone_config` describes is built by its own family's reader, which sees the tensors behind a prefix.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_BACKBONE_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_BACKBONE_H

#include "Families.h"

namespace vitc::huggingface {

/// Reports `backbone`, `backbone_kwargs` and `use_timm_backbone`, by which transformers names a backbone elsewhere.
void rejectOtherBackbones(ConfigReader &config);

/// The tensors of a file behind a prefix, without it. The file must outlive them.
std::unique_ptr<WeightSource> tensorsBehind(const WeightSource &file, const std::string &prefix);

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

/// The same for the object `description` at `place` of the configuration, with tensors behind `prefix`.
BackboneOutputs addBackbone(Model &model, const JsonValue &description, const std::string &place,
                            const std::string &prefix, llvm::ArrayRef<llvm::StringRef> types = {});

/// Appends the nodes of a model of its own, whose tensors are behind `tensors` in the file.
BackboneOutputs embedBackbone(Model &model, ModelDescription own, const std::string &tensors);

/// The same for models that take one map, whether the backbone is one of transformers or of timm (TimmBackbone.cpp), as
/// DETR's configurations say: `backbone_config`, or `backbone`, `backbone_kwargs`, `use_timm_backbone` and `dilation`.
/// Pictures have `size` unless something else decides on it. The last map is the one.
BackboneOutputs addMapBackbone(Model &model, ConfigReader &config, const std::string &prefix,
                               const std::vector<int64_t> &size);

/// The same for necks that take class token and patches, as DINOv2 returns them.
BackboneOutputs addTokenBackbone(Model &model, ConfigReader &config);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_BACKBONE_H
