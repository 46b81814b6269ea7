//===- MobileVitV2.cpp - inverted residuals, separable attention -*- C++ -*-===//

#include "Families.h"
#include "MobileVit.h"

#include <algorithm>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
class SecondVersion : public MobileVit {
public:
  SecondVersion(Model &model, ConfigReader &config);

private:
  void addMixer(const std::string &name, size_t stage, int64_t outputs) override;
  /// MobileViTV2TransformerLayer.
  void addTransformerLayer(const std::string &name, int64_t features);
  /// MobileViTV2LinearSelfAttention: one query for all patches.
  void addAttention(const std::string &name, int64_t features);
  void addGroupNorm(const std::string &name);
  int64_t hiddenOf(int64_t features) const { return features * multiplier / 16 * 16; }

  const double widthMultiplier;
  const int64_t multiplier;
  const std::vector<int64_t> depths, units;
  /// Of the places of the stages' patches.
  std::vector<int64_t> features;
};
} // namespace

SecondVersion::SecondVersion(Model &model, ConfigReader &config)
    : MobileVit(model, config), widthMultiplier(config.real("width_multiplier")),
      multiplier(config.integer("ffn_multiplier", 1, 1024)), depths(config.integers("n_attn_blocks", 0, 1000)),
      units(config.integers("base_attn_unit_dims", 1, mostMobileVitChannels)) {
  checkMultiplier(config, "width_multiplier", widthMultiplier);
  checkStages(config, 3, {{"n_attn_blocks", &depths}, {"base_attn_unit_dims", &units}});
  auto scaled = [&](int64_t width, int64_t divisor) {
    return makeDivisible(double(width) * widthMultiplier, divisor, divisor);
  };
  widths = {makeDivisible(std::clamp(32 * widthMultiplier, 16.0, 64.0), 8, 16),
            scaled(64, 16),
            scaled(128, 8),
            scaled(256, 8),
            scaled(384, 8),
            scaled(512, 8)};
  residuals = 2;
  for (int64_t unit : units) {
    features.push_back(scaled(unit, 8));
    if (hiddenOf(features.back()) == 0)
      model.errors.report(config.placeOf("ffn_multiplier"),
                          "leaves no multiple of 16 of " + llvm::Twine(features.back()) + " features");
  }
}

void SecondVersion::addGroupNorm(const std::string &name) {
  Node &norm = model.add(name, "group_norm");
  norm.attributes["groups"] = int64_t(1);
  norm.attributes["epsilon"] = epsilon;
  Model::setModule(norm, "", prefix + name);
}

void SecondVersion::addAttention(const std::string &name, int64_t features) {
  const std::string all = name + ".qkv_proj";
  addProjection(all, 1 + 2 * features, /*hasBias=*/true);
  // Places x patches x 1: a row for each place.
  model.addSlice(name + ".query", 2, 0, 1, all);
  model.addTranspose(name + ".scores", {0, 2, 1});
  model.add(name + ".probabilities", "softmax");
  model.addSlice(name + ".key", 2, 1, features, all);
  model.add(name + ".context", "matmul").inputs = {name + ".probabilities", name + ".key"};
  model.addSlice(name + ".value", 2, 1 + features, features, all);
  model.addActivation(name + ".value.relu", "relu");
  model.add(name + ".product", "mul").inputs = {name + ".value.relu", name + ".context"};
  addProjection(name + ".out_proj", features, /*hasBias=*/true);
}

void SecondVersion::addTransformerLayer(const std::string &name, int64_t features) {
  std::string input = model.last();
  addGroupNorm(name + ".layernorm_before");
  addAttention(name + ".attention", features);
  model.addSum(name + ".attended", input, model.last());
  input = model.last();
  addGroupNorm(name + ".layernorm_after");
  addProjection(name + ".ffn.conv1", hiddenOf(features), /*hasBias=*/true);
  if (activation != "none")
    model.addActivation(name + ".ffn.conv1.activation", activation);
  addProjection(name + ".ffn.conv2", features, /*hasBias=*/true);
  model.addSum(name, input, model.last());
}

void SecondVersion::addMixer(const std::string &name, size_t stage, int64_t outputs) {
  addLayer(name + ".conv_kxk", outputs, kernel, 1, outputs);
  addProjection(name + ".conv_1x1", features[stage], /*hasBias=*/false);
  const int64_t rows = height / patch, columns = width / patch;
  if (rows == 0 || columns == 0)
    return model.errors.report(name, "a map of " + llvm::Twine(height) + " x " + llvm::Twine(width) +
                                         " is smaller than a patch of " + llvm::Twine(patch));
  // Rows at the bottom and columns at the right that fill no patch are left out.
  const int64_t rests[] = {height - rows * patch, width - columns * patch};
  for (int64_t axis : {0, 1})
    if (rests[axis] > 0)
      model.addSlice(name + ".cut." + std::to_string(axis), axis, 0, -1 - rests[axis]);
  addPatches(name + ".unfolding", rows, columns, features[stage]);
  for (int64_t index = 0; index < depths[stage]; ++index)
    addTransformerLayer(name + ".transformer.layer." + std::to_string(index), features[stage]);
  addGroupNorm(name + ".layernorm");
  addMap(name + ".folding", rows, columns, features[stage]);
  // In their places are zeros then.
  if (rests[0] > 0 || rests[1] > 0) {
    Node &padded = model.add(name + ".padded", "pad");
    padded.attributes["low"] = std::vector<int64_t>{0, 0, 0};
    padded.attributes["high"] = std::vector<int64_t>{rests[0], rests[1], 0};
  }
  addLayer(name + ".conv_projection", outputs, 1, 1, 1, 1, /*isActivated=*/false);
}

static constexpr Architecture classes[] = {
    {"MobileViTV2ForImageClassification", Head::Classifier, "classifier.weight"},
    {"MobileViTV2ForSemanticSegmentation", Head::Segmentation, "segmentation_head.classifier.convolution.weight"},
    {"MobileViTV2Model", Head::None, nullptr}};
static constexpr ConfigKey keys[] = {{"num_channels", "3"},
                                     {"image_size", "256"},
                                     {"patch_size", "2"},
                                     {"expand_ratio", "2.0"},
                                     {"hidden_act", "\"swish\""},
                                     {"conv_kernel_size", "3"},
                                     {"output_stride", "32"},
                                     {"layer_norm_eps", "1e-5"},
                                     {"n_attn_blocks", "[2, 4, 3]"},
                                     {"base_attn_unit_dims", "[128, 192, 256]"},
                                     {"width_multiplier", "1.0"},
                                     {"ffn_multiplier", "2"},
                                     {"aspp_out_channels", "512"},
                                     {"atrous_rates", "[6, 12, 18]"}};
// Training.
static constexpr const char *inert[] = {"aspp_dropout_prob", "semantic_loss_ignore_index", "attn_dropout",
                                        "ffn_dropout"};

llvm::ArrayRef<Family> vitc::huggingface::mobilevitV2Families() {
  static const Family list[] = {
      {"mobilevitv2", classes, {keys, inert}, nullptr, {}, buildWith<SecondVersion>, true, true}};
  return list;
}
