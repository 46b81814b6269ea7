//===- Pyramid.h - stages of transformers on maps ---------------*- C++ -*-===//
//
// What PVT v2 and SegFormer have in common: stages that each begin with a convolution, layers whose keys and values
// come from a smaller map, and MLPs with a convolution of each channel inside.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_PYRAMID_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_PYRAMID_H

#include "Convolutions.h"

namespace vitc::huggingface {

/// Tensors of the attention of a layer, behind "LAYER.attention.".
struct PyramidAttentionNames {
  const char *query, *key, *value, *output, *reduction, *reductionNorm;
};

/// Reads the keys that the families share and appends the nodes. What the library reshapes to tokens and back stays a
/// map, but for attention.
class Pyramid {
public:
  virtual ~Pyramid() = default;

protected:
  Pyramid(Model &model, ConfigReader &config, const PyramidAttentionNames &names);

  virtual std::string embeddingOf(size_t stage) const = 0;
  virtual std::string blockOf(size_t stage, int64_t index) const = 0;
  virtual std::string normOf(size_t stage) const = 0;
  /// What keys and values are made of, behind the map of the queries, where they are not made of that (`isReduced`).
  virtual void addReduction(const std::string &name, size_t stage);
  virtual bool isReduced(size_t stage) const { return ratios[stage] > 1; }
  /// What stands between the first layer of an MLP and its convolution.
  virtual void addInnerActivation(const std::string &) {}

  void addNorm(const std::string &name) { model.addNorm(name, prefix + name, epsilon); }
  /// A convolution whose stride is its kernel, and the norm behind it.
  void addReducingConvolution(const std::string &name, size_t stage, int64_t edge);
  /// All stages of a picture of `channels`; returns the map behind the norm of each.
  std::vector<std::string> addStages();

  Model &model;
  const PyramidAttentionNames names;
  const int64_t channels, count;
  const std::vector<int64_t> depths, ratios, widths, patches, strides, heads, mlpRatios;
  const std::string activation;
  /// Of all norms.
  double epsilon = 1e-5;
  bool hasQkvBias = true;
  std::string prefix;

private:
  void addAttention(const std::string &name, size_t stage);
  void addLayer(const std::string &name, size_t stage);
};

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_PYRAMID_H
