//===- TimmGraph.h - nodes of a timm model ----------------------*- C++ -*-===//
//
// What the classes of timm have in common. Nodes are named as modules of timm are.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_TIMM_TIMMGRAPH_H
#define VITC_LIB_CHECKPOINTS_TIMM_TIMMGRAPH_H

#include "../NodeBuilder.h"
#include "TimmSettings.h"

namespace vitc {

/// What `pretrained_cfg` gives, should the arguments not say.
struct TimmInput {
  std::vector<int64_t> imageSize = {224, 224};
  /// That of pictures, for classes that take any.
  std::vector<int64_t> recommendedSize = {224, 224};
  int64_t channels = 3, classes = 1000;
  /// That of pictures that are asked for, for classes whose layers depend on it: timm's `img_size`.
  std::optional<std::vector<int64_t>> wantedSize = {};
};

/// What every class has.
struct TimmShape {
  std::vector<int64_t> imageSize, patchSize;
  /// Of what is cut into patches: the image, or the map that another network makes of it.
  std::vector<int64_t> patchedSize;
  /// Of the images that the weights were made for, as far as timm considers it.
  std::optional<std::vector<int64_t>> trainedSize;
  int64_t channels = 0, width = 0, depth = 0, heads = 0, classes = 0;
  /// How filters for patches of another size, and positions for another grid, become those that are needed.
  std::string kernelResample = "bicubic_antialias", resample = "bicubic_antialias";

  /// Rows (0) and columns (1) of patches.
  int64_t grid(size_t axis) const { return patchedSize[axis] / patchSize[axis]; }
};

/// Reads the arguments that have the same names in every class. `mayBeDynamic`: the class can take pictures of any
/// size. Patches are cut from a map that is half as large as the image, rounded up, after so many `halvings`.
TimmShape readTimmShape(InputErrors &errors, TimmSettings &settings, const TimmInput &input, bool mayBeDynamic,
                        int64_t halvings = 0);

/// int(width * ratio), as timm computes widths of MLPs; reports what is out of range.
int64_t timmHiddenSize(InputErrors &errors, TimmSettings &settings, int64_t width, double ratio);

/// From the tokens of the last block to what the model returns.
struct TimmHead {
  /// "token", "avg", "max", "avgmax", "map" (attention), or empty: all tokens are returned.
  std::string pool;
  /// The first token that is pooled; those before are no patches.
  int64_t pooledFrom = 0;
  int64_t classes = 0;
  TimmNorm norm;
  /// Whether all tokens are normalised, whether the pooled one is.
  bool hasNorm = true, hasPooledNorm = false;
  /// For "map".
  struct {
    int64_t width = 0, heads = 0, hidden = 0;
    std::string activation;
  } attention;
};

/// Tensors and nodes of a model under construction.
class TimmGraph : public NodeBuilder {
public:
  using NodeBuilder::NodeBuilder;

  /// The tensors of a norm: an RMS norm has no bias.
  static void setNorm(Node &node, const std::string &role, const std::string &tensors, const TimmNorm &norm) {
    setModule(node, role, tensors, !norm.rms);
  }

  Node &addNorm(const std::string &name, const TimmNorm &norm, const std::string &input = "");
  Node &addLinear(const std::string &name, int64_t features, bool hasBias, const std::string &input = "");
  /// A tensor of this shape combined with the last value by `add` or `mul`.
  void addCombined(const std::string &name, const std::string &op, const std::string &tensor,
                   std::vector<int64_t> shape);

  static void setNormKind(Node &node, const TimmNorm &norm);

  /// The image as an input, cut to whole patches as timm's convolution does, and its patches.
  void addPatches(const TimmShape &shape, bool hasBias);
  /// The patches of the last value, channels x height x width.
  void addPatchProjection(const TimmShape &shape, bool hasBias);

  struct Tokens {
    bool classToken = true, distillationToken = false;
    int64_t registers = 0;
    bool positions = true;
    /// Positions are for patches only.
    bool patchPositionsOnly = false;

    int64_t count() const { return int64_t(classToken) + int64_t(distillationToken) + registers; }
  };
  /// The size of a dimension of a tensor of the file; 0 without a file, the tensor or the dimension.
  int64_t lengthOf(const std::string &tensor, size_t dim) const;
  /// Notes an argument that model_args would have to have: the file has a tensor that no model without it has.
  void missArgument(const std::string &argument) { missing.push_back(argument); }
  /// The same, if a tensor is there and the argument is not.
  void expectArgument(bool isGiven, const std::string &tensor, const std::string &argument) {
    if (!isGiven && hasTensor(tensor))
      missArgument(argument);
  }
  /// Reports what was noted.
  void reportMissing();

  /// Class token, distillation token and registers in front of the patches, and positions.
  void addTokens(const TimmShape &shape, const Tokens &tokens);

  /// hidden_state_N: what goes into the first block and comes out of each; attention_N. `add` makes the block of a
  /// name.
  void addBlocks(int64_t depth, llvm::function_ref<void(const std::string &name)> add);
  /// Norm, pooling, norm, classifier. Returns how many classes the picture has scores for.
  int64_t addHead(const TimmHead &head, const Tokens &tokens);
  /// last_hidden_state, which is `from`, and its parts.
  void offerTokens(const Tokens &tokens, const std::string &from);
  void addClassifier(const std::string &name, int64_t classes, const std::string &features);
  /// image_embeds_normalized: the last value, a vector of `size` elements, divided by its length.
  void offerNormalised(int64_t size);

private:
  /// The grid that this table of positions in the file is for: that of the images and patches that the weights were
  /// made for, if its length fits; else timm takes any other table than the configuration's for a square one.
  std::vector<int64_t> findGrid(const TimmShape &shape, const std::string &tensor, int64_t others) const;

  /// Elements of a token.
  int64_t width = 0;
  std::vector<std::string> missing;

  void addMeanAndMaximum(int64_t firstToken);
  /// AttentionPoolLatent.
  void addAttentionPool(const TimmHead &head);
};

// One function for each class: builds the model and returns how many classes it has scores for (0: none, or none for
// the whole picture).
int64_t buildTimmVisionTransformer(TimmGraph &graph, TimmSettings &settings, const TimmInput &input, bool isDistilled);
int64_t buildTimmBeit(TimmGraph &graph, TimmSettings &settings, const TimmInput &input);
int64_t buildTimmEva(TimmGraph &graph, TimmSettings &settings, const TimmInput &input);
int64_t buildTimmConvNext(TimmGraph &graph, TimmSettings &settings, const TimmInput &input);
int64_t buildTimmEfficientNet(TimmGraph &graph, TimmSettings &settings, const TimmInput &input);
int64_t buildTimmMobileNetV3(TimmGraph &graph, TimmSettings &settings, const TimmInput &input);
int64_t buildTimmSwin(TimmGraph &graph, TimmSettings &settings, const TimmInput &input);
int64_t buildTimmResNet(TimmGraph &graph, TimmSettings &settings, const TimmInput &input);

} // namespace vitc

#endif // VITC_LIB_CHECKPOINTS_TIMM_TIMMGRAPH_H
