//===- PvtV2.cpp - pyramid vision transformer, version 2 --------*- C++ -*-===//

#include "Families.h"
#include "Pyramid.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class PvtV2 final : public Pyramid {
public:
  PvtV2(Model &model, ConfigReader &config);
  void build();

private:
  static std::string stageOf(size_t stage) { return "encoder.layers." + std::to_string(stage); }
  std::string embeddingOf(size_t stage) const override { return stageOf(stage) + ".patch_embedding."; }
  std::string blockOf(size_t stage, int64_t index) const override {
    return stageOf(stage) + ".blocks." + std::to_string(index);
  }
  std::string normOf(size_t stage) const override { return stageOf(stage) + ".layer_norm"; }
  bool isReduced(size_t stage) const override { return isLinear || Pyramid::isReduced(stage); }
  void addReduction(const std::string &name, size_t stage) override;
  void addInnerActivation(const std::string &mlp) override {
    if (isLinear)
      model.addActivation(mlp + "relu", "relu");
  }
  void addOutputs(llvm::ArrayRef<std::string> states);

  const std::vector<int64_t> size;
  const bool isLinear;
  std::vector<std::string> stageNames;
  std::vector<size_t> stages;
};

constexpr PyramidAttentionNames attentionNames = {"query", "key", "value", "proj", "spatial_reduction", "layer_norm"};
} // namespace

PvtV2::PvtV2(Model &model, ConfigReader &config)
    : Pyramid(model, config, attentionNames), size(config.size("image_size")),
      isLinear(config.boolean("linear_attention")) {
  hasQkvBias = config.boolean("qkv_bias");
  epsilon = config.real("layer_norm_eps");
  checkEpsilon(config, "layer_norm_eps", epsilon);
  stageNames = nameStages(depths.size(), /*hasStem=*/false);
  stages = readStages(config, stageNames);
  if (!stages.empty() && int64_t(stages.back()) >= count)
    model.errors.report(config.placeOf("num_encoder_blocks"),
                        "is " + llvm::Twine(count) + ", there is no " + stageNames[stages.back()]);
}

void PvtV2::addReduction(const std::string &name, size_t stage) {
  if (!isLinear)
    return Pyramid::addReduction(name, stage);
  model.add(name + ".pool", "adaptive_average_pool").attributes["size"] = std::vector<int64_t>{7, 7};
  addReducingConvolution(name, stage, 1);
  // Whatever hidden_act says.
  model.addActivation(name + ".act", "gelu");
}

void PvtV2::addOutputs(llvm::ArrayRef<std::string> states) {
  if (model.head == Head::Backbone) {
    addFeatureMaps(model, stages, stageNames, states);
    return offerMaps(model, states);
  }
  if (model.head == Head::Classifier) {
    addGlobalAverage(model, "average", widths[size_t(count) - 1], states.back());
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
  addMapOutputs(model, states.back(), "", states);
}

void PvtV2::build() {
  prefix = choosePrefix(model, "pvt_v2.");
  model.NodeBuilder::addImage(channels, size);
  addOutputs(addStages());
}

static constexpr Architecture classes[] = {{"PvtV2ForImageClassification", Head::Classifier, "classifier.weight"},
                                           {"PvtV2Model", Head::None, nullptr},
                                           {"PvtV2Backbone", Head::Backbone, nullptr}};
static constexpr ConfigKey keys[] = {{"image_size", "224"},
                                     {"num_channels", "3"},
                                     {"num_encoder_blocks", "4"},
                                     {"depths", "[2, 2, 2, 2]"},
                                     {"sr_ratios", "[8, 4, 2, 1]"},
                                     {"hidden_sizes", "[32, 64, 160, 256]"},
                                     {"patch_sizes", "[7, 3, 3, 3]"},
                                     {"strides", "[4, 2, 2, 2]"},
                                     {"num_attention_heads", "[1, 2, 5, 8]"},
                                     {"mlp_ratios", "[8, 8, 4, 4]"},
                                     {"hidden_act", "\"gelu\""},
                                     {"layer_norm_eps", "1e-6"},
                                     {"qkv_bias", "true"},
                                     {"linear_attention", "false"},
                                     {"out_features", "null"},
                                     {"out_indices", "null"}};
// Follows from the depths.
static constexpr const char *inert[] = {"stage_names"};

llvm::ArrayRef<Family> vitc::huggingface::pvtV2Families() {
  static const Family list[] = {{"pvt_v2", classes, {keys, inert}, nullptr, {}, buildWith<PvtV2>, true}};
  return list;
}
