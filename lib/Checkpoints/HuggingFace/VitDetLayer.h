//===- VitDetLayer.h - layers of SAM and ViTDet -----------------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_VITDETLAYER_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_VITDETLAYER_H

#include "Model.h"

namespace vitc::huggingface {

/// Tensors of a layer, behind its prefix. Its parts are named so, too.
struct VitDetNames {
  const char *norm1, *attention, *norm2, *fc1, *fc2;
};

/// What all layers of a model have in common.
struct VitDetLayers {
  VitDetNames names;
  int64_t width, heads, hidden;
  std::string activation;
  double epsilon;
  bool hasQkvBias, hasPositions;
  /// Rows and columns of the map of patches.
  std::vector<int64_t> map;
  /// The map that positions of layers without windows were made for.
  std::vector<int64_t> positionsMap;
};

/// Layers of these tensors and dimensions for a map of `map` patches.
VitDetLayers makeVitDetLayers(const VitDetNames &names, const Dimensions &dimensions, bool hasQkvBias,
                              bool hasPositions, const std::vector<int64_t> &map);

/// Appends a layer behind the last value, a map: attention within windows of `window` x `window` pixels, or of all
/// pixels if that is 0, and an MLP, each with a norm and a residual. Windows that reach beyond the map have zeros
/// there, which are attended to. Positions of queries and keys are decomposed, and interpolated for another map. NAME
/// is the sum.
void addVitDetLayer(Model &model, const std::string &name, const std::string &tensors, const VitDetLayers &layers,
                    int64_t window);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_VITDETLAYER_H
