//===- DptNeck.h - the neck of DPT and Depth Anything -----------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_DPTNECK_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_DPTNECK_H

#include "Model.h"

namespace vitc::huggingface {

/// A map (height x width x channels), with its height and width.
struct SizedMap {
  std::string name;
  std::vector<int64_t> size;
};

/// Makes maps of several sizes of the patches behind several layers, and adds them up from the smallest to the largest
/// (DPTNeck and DepthAnythingNeck of transformers 5.24).
class DptNeck {
public:
  /// Reads the keys that both families have.
  DptNeck(Model &model, ConfigReader &config);

  /// What the maps are enlarged to before the next one is added: its size, or twice their own.
  enum class Enlarging { ToNext, Twice };

  /// Appends the nodes, behind one map of patches for each width of `neck_hidden_sizes`; returns the map that
  /// `head_in_index` names, which has `width` channels.
  /// So many maps, the first `ready`, are taken as they are.
  SizedMap build(llvm::ArrayRef<SizedMap> patches, Enlarging enlarging, size_t ready = 0);
  /// Reports it if there are so many maps of patches, and not one for each width.
  void checkCount(size_t count, const std::string &where);

  /// fusion_hidden_size.
  int64_t width;
  /// Of the residual units: `use_batch_norm_in_fusion_residual` and `use_bias_in_fusion_residual`.
  bool hasBatchNorm = false, hasBias = true;

private:
  SizedMap reassemble(size_t level, const SizedMap &patches);
  /// DPTPreActResidualLayer.
  void addResidualUnit(const std::string &name, const std::string &input);

  Model &model;
  std::vector<int64_t> channels;
  std::vector<double> factors;
  int64_t headIndex;
};

/// A 3 x 3 convolution, padded, with tensors NAME.weight and perhaps NAME.bias.
void addSquareConvolution(Model &model, const std::string &name, int64_t channels, const std::string &input = "",
                          bool hasBias = true);
/// Returns the only channel of the last map, of this size, as `predicted_depth`.
void addDepthOutput(Model &model, const std::vector<int64_t> &size);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_DPTNECK_H
