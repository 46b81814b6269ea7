//===- Model.h - a transformers model under construction --------*- C++ -*-===//
//
// What the families have in common. Nodes are named as modules of transformers 4 are.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_LIB_CHECKPOINTS_HUGGINGFACE_MODEL_H
#define VITC_LIB_CHECKPOINTS_HUGGINGFACE_MODEL_H

#include "../NodeBuilder.h"
#include "Config.h"

namespace vitc::huggingface {

/// What stands behind the encoder.
enum class Head {
  None,
  Classifier,
  /// Two classifiers, whose logits are averaged.
  Distilled,
  /// A linear layer behind the pooled token.
  Projection,
  /// A text's tower stands beside the picture's.
  Whole,
  Detection,
  /// None, but maps of some stages are returned.
  Backbone,
  /// Logits for each pixel of a map.
  Segmentation,
  /// A distance for each pixel, or its inverse.
  Depth,
  /// A heatmap for each of several points.
  Keypoints,
  /// How much of each pixel belongs to the foreground.
  Matte
};

/// Tensors of an encoder layer, behind its prefix; empty: there are none.
struct LayerNames {
  const char *norm1, *query, *key, *value, *output, *norm2, *fc1, *fc2;
  const char *gate = "";
  const char *scale1 = "", *scale2 = "";
};

class Model : public NodeBuilder {
public:
  Model(InputErrors &errors, ModelDescription &result, const WeightSource *weights, std::string type, Head head,
        bool isResized, std::optional<std::vector<int64_t>> pictureSize = std::nullopt)
      : NodeBuilder(errors, result, weights), type(std::move(type)), head(head), isResized(isResized),
        pictureSize(std::move(pictureSize)) {}

  /// model_type.
  const std::string type;
  const Head head;
  /// Whether the model becomes one for images of another size than the configuration says.
  const bool isResized;
  /// Height and width of the pictures, if something else than the configuration decides on them.
  const std::optional<std::vector<int64_t>> pictureSize;
  Labels labels;

  /// Whether a tensor of the file has no elements, as that of no register tokens.
  bool isEmptyTensor(llvm::StringRef name) const;
  /// Whether the file has a tensor whose name starts so.
  bool hasPrefix(llvm::StringRef prefix) const;
  /// The first of these that names of the file start with; the first of all if there is none.
  std::string choosePrefix(llvm::ArrayRef<std::string> prefixes) const;

  /// Height and width of the pictures that the model, whose input is there already, is for.
  std::vector<int64_t> sizeOfPicture() const;
  /// The image as an input, and a name for the model that follows from what it is, not from where it lies.
  void addImage(const Dimensions &dimensions);

  Node &addPatches(const std::string &name, const Dimensions &dimensions, const std::string &tensors,
                   bool hasBias = true);
  /// Learned positions for the patches of `grid` and `others` (tokens in front of them and behind), resampled in this
  /// way if there are other patches.
  Node &addPositions(const std::string &name, const std::string &tensor, const char *resample,
                     const std::vector<int64_t> &grid, const Dimensions &dimensions, int64_t others);
  Node &addBlock(const std::string &name, const Dimensions &dimensions, const std::string &tensors,
                 const LayerNames &names, bool hasQkvBias);
  Node &addNorm(const std::string &name, const std::string &tensors, double epsilon, const std::string &input = "");
  Node &addLinear(const std::string &name, int64_t features, const std::string &tensors, bool hasBias = true,
                  const std::string &input = "");
  /// Linear layers with tensors TENSORS.layers.N and so many features each, with ReLU between them; returns the name of
  /// the last one, NAME.layers.N.
  std::string addPerceptron(const std::string &name, const std::string &tensors, llvm::ArrayRef<int64_t> features,
                            const std::string &input);
  /// One token as a vector.
  Node &addToken(const std::string &name, int64_t index, const std::string &input);
  /// The mean of all tokens from one on.
  Node &addMean(const std::string &name, int64_t first, const std::string &input);
  /// The head of the labels, with tensors NAME.weight and NAME.bias.
  void addClassifier(const std::string &name);
  /// An output of the model without its head: returned if it has none, else offered.
  void addState(const std::string &name, const std::string &from);
  /// The grid that a table of positions is for, if it is another than the configuration says: reported, unless the
  /// model is resized anyway.
  std::vector<int64_t> findGrid(const std::string &tensor, const std::vector<int64_t> &grid,
                                const Dimensions &dimensions, int64_t others);

  /// Reports labels that are not as many as the rows of a head's tensor, but for `others` that have no label.
  void checkLabels(const std::string &tensor, int64_t others = 0);

  /// The parts of last_hidden_state, which is `from`: class token (0 or 1 of them), others that follow it, patches.
  void offerTokens(const std::string &from, int64_t classTokens, int64_t others = 0,
                   const char *othersName = "register_tokens");

  /// The logits are scores of the labels.
  void setLabels();
  /// The labels are those of pixels, whose scores are this output (classes x height x width).
  void answersWithSegments(const std::string &scores);
  /// The labels are those of candidates: `logits` (candidates x classes and one more, that there is nothing) and
  /// `boxes`.
  void answersWithBoxes(const std::string &logits, const std::string &boxes);
  /// This output (height x width) is the depth of pixels.
  void answersWithDepth(const std::string &depth);
};

} // namespace vitc::huggingface

#endif // VITC_LIB_CHECKPOINTS_HUGGINGFACE_MODEL_H
