//===- MobileVit.h - what both versions of MobileViT share ------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_MOBILEVIT_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_MOBILEVIT_H

#include "Convolutions.h"
#include "DeepLab.h"

namespace vitc::huggingface {

/// Reads what configurations of both have, and appends the nodes: two stages of inverted residuals, then three in which
/// patches attend to each other. The maps' sizes are known, as cutting them into patches needs them.
class MobileVit {
public:
  virtual ~MobileVit() = default;
  void build();

protected:
  MobileVit(Model &model, ConfigReader &config);

  /// A stage from its downsampling to its result: `outputs` channels; name is "encoder.layer.N".
  virtual void addMixer(const std::string &name, size_t stage, int64_t outputs) = 0;
  /// What is between the encoder and the pooler.
  virtual void addExpansion() {}

  /// A convolution layer with its norm, of which `groups` may be all channels.
  void addLayer(const std::string &name, int64_t outputs, int64_t kernel = 1, int64_t stride = 1, int64_t groups = 1,
                int64_t dilation = 1, bool isActivated = true);
  /// A convolution alone.
  void addProjection(const std::string &name, int64_t outputs, bool hasBias);
  /// From a map that patches fill to places in a patch x patches x features; and back.
  void addPatches(const std::string &name, int64_t rows, int64_t columns, int64_t features);
  void addMap(const std::string &name, int64_t rows, int64_t columns, int64_t features);

  Model &model;
  const int64_t inputs, patch, kernel, outputStride;
  const double expandRatio, epsilon;
  const std::vector<int64_t> size;
  const std::string activation;
  /// Of the stem and the five stages; inverted residuals of the second.
  std::vector<int64_t> widths;
  int64_t residuals = 0;
  std::string prefix;
  /// Of the last map.
  int64_t channels = 0, height = 0, width = 0;

private:
  /// An inverted residual of a map of as many channels as the last value has.
  void addInvertedResidual(const std::string &name, int64_t outputs, int64_t stride, int64_t dilation = 1);
  void addResiduals(const std::string &name, int64_t outputs, int64_t stride, int64_t count);
  /// Returns the maps of all stages.
  std::vector<std::string> addEncoder();

  AtrousPyramid pyramid;
};

/// Widths are at most that.
inline constexpr int64_t mostMobileVitChannels = 1 << 20;

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_MOBILEVIT_H
