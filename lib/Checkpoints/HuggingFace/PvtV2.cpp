//===- PvtV2.cpp - pyramid vision transformer, version 2 --------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes. What the library reshapes to tokens and back stays a map, but for
/// attention.
class PvtV2 {
public:
  PvtV2(Model &model, ConfigReader &config);
  void build();

private:
  void addNorm(const std::string &name) { model.addNorm(name, prefix + name, epsilon); }
  /// The pixels of the last map as tokens.
  void addTokens(const std::string &name, int64_t width) {
    model.add(name, "reshape").attributes["shape"] = std::vector<int64_t>{-1, width};
  }
  /// What keys and values are made of.
  void addReduction(const std::string &name, size_t stage);
  void addAttention(const std::string &name, size_t stage);
  /// PvtV2BlockLayer.
  void addLayer(const std::string &name, size_t stage);
  void addOutputs(llvm::ArrayRef<std::string> states);

  Model &model;
  const int64_t channels, count;
  const std::vector<int64_t> size, depths, ratios, widths, patches, strides, heads, mlpRatios;
  const std::string activation;
  const double epsilon;
  const bool hasBias, isLinear;
  std::vector<std::string> names;
  std::vector<size_t> stages;
  std::string prefix;
};
} // namespace

static constexpr int64_t mostChannels = 1 << 20;

PvtV2::PvtV2(Model &model, ConfigReader &config)
    : model(model), channels(config.integer("num_channels", 1, 4096)),
      count(config.integer("num_encoder_blocks", 1, 1000)), size(config.size("image_size")),
      depths(config.integers("depths", 1, 1000)), ratios(config.integers("sr_ratios", 1, 1024)),
      widths(config.integers("hidden_sizes", 1, mostChannels)), patches(config.integers("patch_sizes", 1, 1023)),
      strides(config.integers("strides", 1, 1024)), heads(config.integers("num_attention_heads", 1, mostChannels)),
      mlpRatios(config.integers("mlp_ratios", 1, 1024)), activation(config.activation("hidden_act")),
      epsilon(config.real("layer_norm_eps")), hasBias(config.boolean("qkv_bias")),
      isLinear(config.boolean("linear_attention")) {
  checkEpsilon(config, "layer_norm_eps", epsilon);
  checkStages(config, count,
              {{"depths", &depths},
               {"sr_ratios", &ratios},
               {"hidden_sizes", &widths},
               {"patch_sizes", &patches},
               {"strides", &strides},
               {"num_attention_heads", &heads},
               {"mlp_ratios", &mlpRatios}});
  for (size_t stage = 0; stage < std::min(heads.size(), widths.size()); ++stage)
    if (widths[stage] % heads[stage] != 0)
      model.errors.report(config.placeOf("num_attention_heads"),
                          llvm::Twine(heads[stage]) + " heads do not divide the " + llvm::Twine(widths[stage]) +
                              " features of a stage");
  names = nameStages(depths.size(), /*hasStem=*/false);
  stages = readStages(config, names);
  if (!stages.empty() && int64_t(stages.back()) >= count)
    model.errors.report(config.placeOf("num_encoder_blocks"),
                        "is " + llvm::Twine(count) + ", there is no " + names[stages.back()]);
}

void PvtV2::addReduction(const std::string &name, size_t stage) {
  if (!isLinear && ratios[stage] == 1)
    return;
  int64_t edge = isLinear ? 1 : ratios[stage];
  if (isLinear)
    model.add(name + ".pool", "adaptive_average_pool").attributes["size"] = std::vector<int64_t>{7, 7};
  PlainConvolution reduction{prefix + name + ".spatial_reduction", widths[stage], {edge, edge}};
  reduction.stride = {edge, edge};
  addConvolution(model, name + ".spatial_reduction", reduction);
  addNorm(name + ".layer_norm");
  // Whatever hidden_act says.
  if (isLinear)
    model.addActivation(name + ".act", "gelu");
}

void PvtV2::addAttention(const std::string &name, size_t stage) {
  std::string input = model.last();
  addTokens(name + ".queries", widths[stage]);
  std::string queries = model.last(), keys = queries;
  if (isLinear || ratios[stage] > 1) {
    // Of the map, not of its tokens.
    model.add(name + ".map", "reshape_as").inputs = {queries, input};
    addReduction(name, stage);
    addTokens(name + ".keys", widths[stage]);
    keys = model.last();
  }
  Node &attention = model.add(name, "attention");
  attention.inputs = {queries};
  if (keys != queries)
    attention.inputs.push_back(keys);
  attention.attributes["heads"] = heads[stage];
  for (const char *role : {"query", "key", "value"})
    Model::setModule(attention, role, prefix + name + "." + role, hasBias);
  Model::setModule(attention, "output", prefix + name + ".proj");
  model.add(name + ".result", "reshape_as").inputs = {name, input};
}

void PvtV2::addLayer(const std::string &name, size_t stage) {
  std::string input = model.last();
  addNorm(name + ".layer_norm_1");
  addAttention(name + ".attention", stage);
  model.addSum(name + ".attended", input, model.last());
  input = model.last();

  addNorm(name + ".layer_norm_2");
  std::string mlp = name + ".mlp.", tensors = prefix + mlp;
  int64_t hidden = widths[stage] * mlpRatios[stage];
  model.addLinear(mlp + "dense1", hidden, tensors + "dense1");
  if (isLinear)
    model.addActivation(mlp + "relu", "relu");
  PlainConvolution depthwise{tensors + "dwconv.dwconv", hidden, {3, 3}};
  depthwise.padding = {1, 1, 1, 1};
  depthwise.groups = hidden;
  addConvolution(model, mlp + "dwconv", depthwise);
  if (activation != "none")
    model.addActivation(mlp + "intermediate_act_fn", activation);
  model.addLinear(mlp + "dense2", widths[stage], tensors + "dense2");
  model.addSum(name, input, model.last());
}

void PvtV2::addOutputs(llvm::ArrayRef<std::string> states) {
  if (model.head == Head::Backbone) {
    addFeatureMaps(model, stages, names, states);
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
  addPictureMap(model, "map");
  std::vector<std::string> states;
  int64_t layers = 0;
  for (size_t stage = 0; stage < size_t(count); ++stage) {
    std::string name = "encoder.layers." + std::to_string(stage), embedding = name + ".patch_embedding.";
    int64_t patch = patches[stage];
    PlainConvolution projection{prefix + embedding + "proj", widths[stage], {patch, patch}};
    projection.stride = {strides[stage], strides[stage]};
    projection.padding = std::vector<int64_t>(4, patch / 2);
    addConvolution(model, embedding + "proj", projection);
    addNorm(embedding + "layer_norm");
    for (int64_t index = 0; index < depths[stage]; ++index) {
      std::string block = name + ".blocks." + std::to_string(index);
      addLayer(block, stage);
      model.offers("attention_" + std::to_string(layers++), block + ".attention/probabilities");
    }
    addNorm(name + ".layer_norm");
    states.push_back(model.last());
  }
  addOutputs(states);
}

static void buildPvtV2(Model &model, ConfigReader &config, ConfigReader &) {
  PvtV2 builder(model, config);
  if (!model.errors.any())
    builder.build();
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
  static const Family list[] = {{"pvt_v2", classes, {keys, inert}, nullptr, {}, buildPvtV2, true}};
  return list;
}
