//===- ConditionalDetr.cpp - DETR whose queries say where -------*- C++ -*-===//
//
// ConditionalDetrModel and ConditionalDetrForObjectDetection of transformers 5.24: attention to the picture has a part
// for contents and one for positions, where a query looks around a point of its own.
//
//===----------------------------------------------------------------------===//

#include "Detr.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
class ConditionalDetr final : public Detr {
public:
  ConditionalDetr(Model &model, ConfigReader &config);

private:
  void beginDecoder() override;
  void addSelfAttention(const std::string &name, const std::string &tensors, const std::string &states,
                        int64_t index) override;
  void addCrossAttention(const std::string &name, const std::string &tensors, const std::string &states,
                         int64_t index) override;
  int64_t otherClasses() const override { return 0; }
  void addBoxes(const std::string &name) override;
  void describeAnswers() override;
  void returnMore() override;
  std::string decoderProbabilitiesOf(const std::string &name) const override { return name + ".probabilities"; }

  /// A projection of `input`, by the names of either version: `part` is that of transformers 5.
  std::string project(const std::string &name, const std::string &tensors, const std::string &part,
                      const std::string &input);
  /// The same, the features split by head: tokens x heads x features.
  std::string byHead(const std::string &name, const std::string &value);
  /// Heads of the last dimension of queries, keys and values (each tokens x heads x features), and the projection of
  /// the result.
  void attend(const std::string &name, const std::string &tensors, const std::string &query, const std::string &key,
              const std::string &value, int64_t features, bool hasBias);

  /// Whether the file has the names of transformers 4.
  bool isOld = false;
  /// Values: the logits of the points around which queries look, and what goes into a layer.
  std::string pointLogits, layerInput;
};
} // namespace

/// Queries look at points from this far on one side to as far on the other, as logits of parts of the picture: those of
/// 1e-5 and of what is missing of 1.
static const double farthest = std::log(1e5);

ConditionalDetr::ConditionalDetr(Model &model, ConfigReader &config) : Detr(model, config) {
  isOld = !model.hasTensor(prefix + "decoder.layers.0.self_attn.q_content_proj.weight");
}

std::string ConditionalDetr::project(const std::string &name, const std::string &tensors, const std::string &part,
                                     const std::string &input) {
  std::string module = tensors + name.substr(name.rfind('.') + 1) + "." + part;
  if (isOld) {
    // "self_attn.q_content_proj" was "sa_qcontent_proj".
    std::string old = part;
    if (part != "v_proj")
      old.erase(old.find('_'), 1);
    module = tensors + (llvm::StringRef(name).ends_with("self_attn") ? "sa_" : "ca_") + old;
  }
  model.addLinear(name + "." + part, width, module, true, input);
  return model.last();
}

std::string ConditionalDetr::byHead(const std::string &name, const std::string &value) {
  model.addReshape(name, {-1, decoder.heads, width / decoder.heads}, value);
  return name;
}

void ConditionalDetr::attend(const std::string &name, const std::string &tensors, const std::string &query,
                             const std::string &key, const std::string &value, int64_t features, bool hasBias) {
  for (auto [part, from] :
       {std::pair<const char *, const std::string &>(".query", query), {".key", key}, {".value", value}})
    model.addTranspose(name + part, {1, 0, 2}, from);
  Node &product = model.add(name + ".products", "matmul", name + ".query");
  product.inputs.push_back(name + ".key");
  product.attributes["transpose_rhs"] = true;
  model.add(name + ".scores", "scale").attributes["factor"] = 1 / std::sqrt(double(features));
  if (hasBias)
    model.addSum(name + ".masked", model.last(), keyBias);
  model.add(name + ".probabilities", "softmax");
  model.add(name + ".context", "matmul").inputs.push_back(name + ".value");
  model.addTranspose(name + ".tokens", {1, 0, 2});
  model.addReshape(name + ".concatenated", {-1, width});
  model.addLinear(name, width, tensors + name.substr(name.rfind('.') + 1) + "." + outputModule);
}

void ConditionalDetr::beginDecoder() {
  const std::string point = "reference_points";
  pointLogits = model.addPerceptron("ref_point_head", prefix + "decoder.ref_point_head", {width, 2}, queryPositions);
  model.addActivation(point, "sigmoid");
  // Rows come first.
  model.addSlice(point + ".row", 1, 1, 1, point);
  model.addSlice(point + ".column", 1, 0, 1, point);
  model.addConcat(point + ".swapped", {point + ".row", point + ".column"}, 1);
  model.add("query_sines", "sinusoids").attributes["width"] = width / 2;
}

void ConditionalDetr::addSelfAttention(const std::string &name, const std::string &tensors, const std::string &states,
                                       int64_t) {
  layerInput = states;
  std::vector<std::string> parts;
  for (const char *part : {"q", "k"}) {
    const std::string content = project(name, tensors, part + std::string("_content_proj"), states);
    const std::string position = project(name, tensors, part + std::string("_pos_proj"), queryPositions);
    model.addSum(name + "." + part, content, position);
    parts.push_back(byHead(name + "." + part + ".heads", model.last()));
  }
  const std::string value = project(name, tensors, "v_proj", states);
  attend(name, tensors, parts[0], parts[1], byHead(name + ".v.heads", value), width / decoder.heads, false);
}

void ConditionalDetr::addCrossAttention(const std::string &name, const std::string &tensors, const std::string &states,
                                        int64_t index) {
  std::string sines = "query_sines";
  if (index > 0) {
    const std::string scale =
        model.addPerceptron(name + ".query_scale", prefix + "decoder.query_scale", {width, width}, layerInput);
    model.add(name + ".sines", "mul").inputs = {sines, scale};
    sines = name + ".sines";
  }
  std::string query = project(name, tensors, "q_content_proj", states);
  std::string key = project(name, tensors, "k_content_proj", memory);
  const std::string keyPosition = project(name, tensors, "k_pos_proj", positions);
  if (index == 0) {
    const std::string position = project(name, tensors, "q_pos_proj", queryPositions);
    model.addSum(name + ".q", query, position);
    query = model.last();
    model.addSum(name + ".k", key, keyPosition);
    key = model.last();
  }
  const std::string sine = project(name, tensors, "q_pos_sine_proj", sines);
  auto join = [&](const std::string &part, const std::string &content, const std::string &position) {
    const std::string first = byHead(name + "." + part + ".content", content);
    const std::string second = byHead(name + "." + part + ".position", position);
    model.addConcat(name + "." + part + ".heads", {first, second}, 2);
    return model.last();
  };
  query = join("q", query, sine);
  key = join("k", key, keyPosition);
  const std::string value = byHead(name + ".v.heads", project(name, tensors, "v_proj", memory));
  attend(name, tensors, query, key, value, 2 * width / decoder.heads, true);
}

void ConditionalDetr::addBoxes(const std::string &name) {
  const std::string predicted = model.last();
  // The library takes the logits of its points' parts of the picture again.
  Node &clamp = model.add("reference_points.limited", "clamp", pointLogits);
  clamp.attributes["minimum"] = -farthest;
  clamp.attributes["maximum"] = farthest;
  Node &pad = model.add("reference_points.boxes", "pad");
  pad.attributes["low"] = std::vector<int64_t>{0, 0};
  pad.attributes["high"] = std::vector<int64_t>{0, 2};
  model.addSum(name + ".logits", predicted, model.last());
  model.addActivation(name, "sigmoid", model.last());
}

void ConditionalDetr::describeAnswers() { model.result.postprocessing.scores = Scores::Sigmoid; }

void ConditionalDetr::returnMore() {
  if (model.head == Head::None)
    model.returns("reference_points", "reference_points");
}

static constexpr Architecture classes[] = {
    {"ConditionalDetrForObjectDetection", Head::Detection, "class_labels_classifier.weight"},
    {"ConditionalDetrModel", Head::None, nullptr}};
static constexpr auto keys = detrKeys("300");

llvm::ArrayRef<Family> vitc::huggingface::conditionalDetrFamilies() {
  static const Family list[] = {
      {"conditional_detr", classes, {keys, detrInertKeys}, nullptr, {}, buildWith<ConditionalDetr>, true}};
  return list;
}
