//===- ModelDescription.h - a model as plain structs ------------*- C++ -*-===//
//
// What every reader of checkpoints produces and what the compiler reads: a graph of nodes in topological order, what
// goes in and out, and how pictures become inputs. No MLIR here, and no JSON types but for what only messages need.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DESCRIPTION_MODELDESCRIPTION_H
#define VITC_DESCRIPTION_MODELDESCRIPTION_H

#include "vitc/Files/DType.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace vitc {

class JsonValue;

/// Value of an attribute of a node. Which alternative an attribute has is in its AttributeSpec.
using AttributeValue = std::variant<bool, int64_t, double, std::string, std::vector<int64_t>>;

/// One operation of the graph: a primitive op or a block op (OpSpec.h lists both).
struct Node {
  /// Unique among nodes and inputs; the value that the node computes has this name too.
  std::string name;
  /// Name of an OpSpec.
  std::string op;
  /// Names of inputs of the model or of earlier nodes.
  std::vector<std::string> inputs;
  /// All attributes of the op, defaults filled in, but for those that are optional and were not given.
  std::map<std::string, AttributeValue> attributes;
  /// Role ("query.weight") to the name of a tensor in the weights file. Whether an optional role is there decides
  /// whether the op has it (a bias, say).
  std::map<std::string, std::string> parameters;
  /// Where the node was described, for messages: a JSON pointer such as "/nodes/3". Not part of the model.
  std::string where;
};

/// A step from a picture to an input, as `vitc_preprocess_step` of the C interface documents it (same kinds, filters
/// and values).
struct PreprocessStep {
  std::string kind;
  /// How a step resizes; for "center_crop" how it rounds: "even", or empty for down.
  std::string filter;
  std::vector<double> values;

  /// Whether the first two values are a height and a width that follow the size of the model's pictures.
  bool hasSize() const {
    return kind == "resize" || kind == "resize_cover" || kind == "resize_contain" || kind == "pad" ||
           kind == "pad_end" || kind == "center_crop";
  }
};

/// An input of the model, without the batch dimension.
struct ModelInput {
  std::string name;
  /// Channels, height, width of an image; any shape else.
  std::vector<int64_t> shape;
  /// One of `valueDTypes`; of an image f32 or u8.
  DType dtype = DType::F32;
  bool isImage = false;
  /// Images only: starts with "decode"; empty when it is not known how pictures become inputs.
  std::vector<PreprocessStep> preprocessing;
};

/// An output of the model.
struct ModelOutput {
  std::string name;
  /// The node or input whose value it is. "NODE/PART" is an inner value of a block: the last one that its part computes
  /// ("encoder.layer.3/attention/probabilities").
  std::string from;
  /// What it is converted to, as by the op `cast`; none: it stays what it is.
  std::optional<DType> dtype = {};
};

/// What inputs and outputs can be.
constexpr std::array<DType, 5> valueDTypes = {DType::F32, DType::I32, DType::I64, DType::U8, DType::Bool};

/// How the first output becomes the scores of labels.
enum class Scores { None, Softmax, Sigmoid };

/// How the outputs for a picture become an answer: vitc/Postprocessing/Postprocess.h says what the kinds mean.
struct Postprocessing {
  enum class Kind { None, Segmentation, Detection, Depth };

  Kind kind = Kind::None;
  /// Names of outputs: scores of classes, logits of candidates, or depths; and the candidates' boxes.
  std::string output;
  std::string boxes;
  /// Detection: how scores are made of logits, which ones count, and of how many (Sigmoid).
  Scores scores = Scores::Softmax;
  double threshold = 0.5;
  int64_t top = 100;
  /// Depth: "bilinear" or "bicubic".
  std::string filter = "bicubic";
};

/// How ops on maps (values of rank 3) have them. Version 1 of the language: height x width x channels; version 2:
/// channels x height x width, as images are.
enum class MapLayout { ChannelsLast, ChannelsFirst };

/// A whole model. Names refer to each other consistently once `validateDescription` has succeeded.
struct ModelDescription {
  std::string name;
  /// What maps are for all nodes.
  MapLayout mapLayout = MapLayout::ChannelsLast;
  std::vector<ModelInput> inputs;
  std::vector<Node> nodes;
  std::vector<ModelOutput> outputs;
  /// Names of classes; empty when the model has none. The first output has a number for each, or rows of them with one
  /// number more (for "nothing is there").
  std::vector<std::string> labels;
  Scores scores = Scores::None;
  Postprocessing postprocessing;
  /// Plain name of the weights file beside the description ("model.safetensors", or the index of a sharded file); empty
  /// when the description comes without weights.
  std::string weights;
  /// Tensors of the weights file that the model does not use, on purpose; `*` matches any characters.
  std::vector<std::string> ignoredTensors;
  /// The file that this was read from, for messages. Not part of the model.
  std::string file;
  /// What the file holds, if it is a description that is still being checked: messages tell lines. Not part of the
  /// model.
  std::shared_ptr<const JsonValue> text;
  /// Members of a checkpoint's files that were left out of account, as "FILE: POINTER". Not part of the model.
  std::vector<std::string> ignoredKeys;
  /// How members of a checkpoint's files were understood that could mean something else, as "FILE: POINTER: MEANING".
  /// Not part of the model.
  std::vector<std::string> notes;
  /// What was done that the user may not want, as "FILE: WHERE: WHAT". Not part of the model.
  std::vector<std::string> warnings;
  /// What can be asked for instead of `outputs`, those among them; empty: only those. Not part of the model.
  std::vector<ModelOutput> availableOutputs;
};

/// Names of the nodes that no output needs, in order.
std::vector<std::string> findUnusedNodes(const ModelDescription &description);

/// Equality of everything that is part of the model.
bool operator==(const ModelDescription &lhs, const ModelDescription &rhs);

} // namespace vitc

#endif // VITC_DESCRIPTION_MODELDESCRIPTION_H
