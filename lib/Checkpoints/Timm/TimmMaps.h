//===- TimmMaps.h - convolutional models of timm ----------------*- C++ -*-===//
//
// What the convolutional classes have in common: layers named as modules are, pooling and classifier, outputs.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_TIMM_TIMMMAPS_H
#define VITC_LIB_CHECKPOINTS_TIMM_TIMMMAPS_H

#include "../Convolutions.h"
#include "TimmGraph.h"

namespace vitc {

/// What normalises a map.
struct TimmMapNorm {
  enum class Kind { Batch, Group, Layer, Rms };
  Kind kind = Kind::Batch;
  double epsilon = 1e-5;
  /// Of a group norm: how many channels a group has; 0: there are 32 groups.
  int64_t groupSize = 0;
};

/// The norm that an argument names: timm's or PyTorch's class, or [class, {keyword: value}].
std::optional<TimmMapNorm> readTimmMapNorm(InputErrors &errors, TimmSettings &settings, llvm::StringRef key);

/// What stands before strides, so that nothing between pixels is lost.
enum class TimmAntiAlias { None, Average, Blur, BlurZeros };
TimmAntiAlias readTimmAntiAlias(TimmSettings &settings);

/// A model of maps under construction.
class TimmMaps {
public:
  /// Reads in_chans, num_classes and global_pool.
  TimmMaps(TimmGraph &graph, TimmSettings &settings, const TimmInput &input);
  /// For what has a map already, and takes no more of all this than its layers.
  explicit TimmMaps(TimmGraph &graph) : graph(graph), errors(graph.errors) {}

  /// "avg", "max", "avgmax", "catavgmax", or empty: none.
  const std::string &pool() const { return poolKind; }

  /// The picture as a map; of another size than pictures have for classes that take any.
  void begin() { begin(imageSize); }
  void begin(const std::vector<int64_t> &size);
  /// A convolution with tensors NAME.weight and perhaps NAME.bias.
  void addConvolution(const std::string &name, PlainConvolution convolution, const std::string &input = "");
  void addNorm(const std::string &name, const TimmMapNorm &norm, int64_t channels);
  void addActivation(const std::string &name, const std::string &kind);
  /// As AvgPool2d in shortcuts: without a stride as TensorFlow pads, else with what is left at the edges.
  void addShortcutPool(const std::string &name, int64_t stride, const std::string &input);
  /// What makes a map smaller by a stride of its own, or with a stride of 1 only smooths it; nothing for None.
  void addAntiAlias(const std::string &name, TimmAntiAlias kind, int64_t stride = 2);
  /// EcaModule: gates from the means of neighbouring channels.
  void addChannelAttention(const std::string &name, int64_t channels);

  /// The last map becomes the next hidden_state_N.
  void keepState() { states.push_back(graph.last()); }
  /// The last map becomes last_hidden_state, what forward_features returns; some classes have channels last there.
  void keepFeatures(bool channelsLast = false) {
    features = graph.last();
    hasChannelsLast = channelsLast;
  }
  /// Pooling over all pixels of the last map, unless there is none. Returns how many features there are then.
  int64_t addPool(const std::string &name, int64_t channels);
  /// A linear layer, which is a convolution of one pixel while there still are pixels.
  void addLinear(const std::string &name, int64_t features);
  /// Classifier, if any, behind the last value, and all outputs. Returns the number of classes.
  int64_t addClassifier(const std::string &name);

  TimmGraph &graph;
  InputErrors &errors;

private:
  void addAveragePool(const std::string &name, int64_t window, int64_t stride, const std::string &input = "");
  void addReflected(const std::string &name, int64_t dim);

  std::vector<int64_t> imageSize;
  int64_t channels = 0, classCount = 0;
  std::string poolKind;
  std::vector<std::string> states;
  std::string features;
  bool hasChannelsLast = false;
};

// One function for each class whose maps others take: appends its layers behind the last map, with this prefix of all
// tensors.
void addTimmResNetMap(TimmGraph &graph, TimmSettings &settings, const std::string &prefix);
void addTimmResNetV2Map(TimmGraph &graph, TimmSettings &settings, const std::string &prefix);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_TIMM_TIMMMAPS_H
