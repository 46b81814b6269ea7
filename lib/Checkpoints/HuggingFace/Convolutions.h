//===- Convolutions.h - what convolutional families share -------*- C++ -*-===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_CONVOLUTIONS_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_CONVOLUTIONS_H

#include "../Convolutions.h"
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

/// Reports lists that are shorter than the stages; the library does not look at what they have more.
void checkStages(ConfigReader &config, int64_t stages,
                 std::initializer_list<std::pair<const char *, const std::vector<int64_t> *>> lists);

/// Report a factor of sizes that is not in (0, 1024), an epsilon that is negative.
void checkMultiplier(ConfigReader &config, llvm::StringRef key, double value);
void checkEpsilon(ConfigReader &config, llvm::StringRef key, double value);

/// The prefix of the file's tensors, or none where they have none; without a file, as the library writes them.
std::string choosePrefix(const Model &model, const std::string &prefix);

/// The stages whose maps a backbone returns: `out_features`, names of stages, or `out_indices`, by default the last.
std::vector<size_t> readStages(ConfigReader &config, llvm::ArrayRef<std::string> names);
/// "stem" if there is one, then "stage1" and so on.
std::vector<std::string> nameStages(size_t count, bool hasStem);

/// What a backbone returns: feature_map_NAME of some stages, of all of which these are names and maps.
void addFeatureMaps(Model &model, llvm::ArrayRef<size_t> stages, llvm::ArrayRef<std::string> names,
                    llvm::ArrayRef<std::string> maps);
/// hidden_state_N, one for each of these maps.
void offerMaps(Model &model, llvm::ArrayRef<std::string> states);

/// What every such model has behind its encoder: last_hidden_state and pooler_output (if it is not empty), returned
/// without a head, offered with one; hidden_state_N; and tensors of training or of another head, which are ignored.
void addMapOutputs(Model &model, const std::string &map, const std::string &pooled, llvm::ArrayRef<std::string> states);

/// The classifier of each pixel of the last map: a convolution of one pixel with a channel for each label.
void addPixelClassifier(Model &model, const std::string &name, const std::string &tensors);
/// Returns a map as the logits of its pixels, and answers with their classes.
void returnPixelLogits(Model &model, const std::string &map);

/// What ResNet and RegNet have in common: a stem, and stages of residual layers of one width.
struct ResidualNetwork {
  int64_t channels, stem;
  std::vector<int64_t> widths, depths;
  std::string activation;
  bool downsamplesFirst;

  /// Reads these keys. `kinds` are the values of layer_type; returns whether it is the second of them.
  bool read(ConfigReader &config, std::pair<const char *, const char *> kinds);
  /// Appends the layers, each by `addLayer` (name, channels before, width, stride), behind the last map, which has as
  /// many channels as the stem; returns the names of that map and of those behind each stage.
  std::vector<std::string>
  addStages(Model &model, llvm::function_ref<void(const std::string &, int64_t, int64_t, int64_t)> addLayer) const;
};

/// Appends the shortcut of a residual layer where sizes differ; returns the name of what is added in the end.
std::string addShortcut(Model &model, const std::string &name, const std::string &tensors, int64_t channels,
                        int64_t width, int64_t stride);
/// Appends the end of a residual layer: the sum with its shortcut, and the activation, if there is one.
void addResidualEnd(Model &model, const std::string &name, const std::string &shortcut, const std::string &activation);

/// Behind a map: the mean of its pixels, the classifier (classifier.1), and the outputs of ResNet, RegNet and BiT.
void addResidualHead(Model &model, int64_t channels, const std::string &map, llvm::ArrayRef<std::string> states);

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_CONVOLUTIONS_H
