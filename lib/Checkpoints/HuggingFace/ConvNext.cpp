//===- ConvNext.cpp - ConvNeXt and ConvNeXt V2 ------------------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class ConvNext {
public:
  ConvNext(Model &model, ConfigReader &config);
  void build();

private:
  bool isV2() const { return model.type == "convnextv2"; }
  void addNorm(const std::string &name, double epsilon) { model.addNorm(name, prefix + name, epsilon); }
  /// ConvNextLayer or ConvNextV2Layer.
  void addLayer(const std::string &name, int64_t width);
  /// The maps of a backbone, each behind a norm of its own.
  void addBackboneOutputs(llvm::ArrayRef<std::string> states);

  Model &model;
  const int64_t channels;
  const std::vector<int64_t> size, patch, widths, depths;
  const std::string activation;
  const double epsilon;
  bool hasLayerScale = false;
  std::vector<std::string> names;
  std::vector<size_t> stages;
  std::string prefix;
};
} // namespace

/// Of all norms but that of the pooled features, whatever the configuration says.
static constexpr double normEpsilon = 1e-6;
static constexpr int64_t mostChannels = 1 << 20;

ConvNext::ConvNext(Model &model, ConfigReader &config)
    : model(model), channels(config.integer("num_channels", 1, 4096)), size(config.size("image_size")),
      patch(config.size("patch_size")), widths(config.integers("hidden_sizes", 1, mostChannels)),
      depths(config.integers("depths", 1, 10000)), activation(config.activation("hidden_act")),
      epsilon(config.real("layer_norm_eps")) {
  if (!isV2())
    hasLayerScale = config.real("layer_scale_init_value") > 0;
  auto count = size_t(config.integer("num_stages"));
  for (auto [key, list] : {std::pair("hidden_sizes", &widths), std::pair("depths", &depths)})
    if (list->size() != count)
      model.errors.report(config.placeOf(key),
                          "has " + llvm::Twine(list->size()) + " stages, num_stages is " + llvm::Twine(count));
  checkEpsilon(config, "layer_norm_eps", epsilon);
  names = nameStages(depths.size(), /*hasStem=*/true);
  stages = readStages(config, names);
}

void ConvNext::addBackboneOutputs(llvm::ArrayRef<std::string> states) {
  std::vector<std::string> maps = states;
  for (size_t stage : stages) {
    std::string name = "hidden_states_norms." + names[stage];
    model.addNorm(name, prefix + name, normEpsilon, maps[stage]);
    maps[stage] = name;
  }
  addFeatureMaps(model, stages, names, maps);
  offerMaps(model, states);
  // Of the pooled features.
  model.ignoreTensors([&](llvm::StringRef name) { return name.starts_with(prefix + "layernorm."); });
}

void ConvNext::addLayer(const std::string &name, int64_t width) {
  std::string input = model.last(), tensors = prefix + name;
  PlainConvolution depthwise{tensors + ".dwconv", width, {7, 7}};
  depthwise.padding = {3, 3, 3, 3};
  depthwise.groups = width;
  addConvolution(model, name + ".dwconv", depthwise);
  addNorm(name + ".layernorm", normEpsilon);
  model.addLinear(name + ".pwconv1", 4 * width, tensors + ".pwconv1");
  if (activation != "none")
    model.addActivation(name + ".act", activation);
  if (isV2()) {
    Node &norm = model.add(name + ".grn", "global_response_norm");
    norm.attributes["epsilon"] = 1e-6;
    Model::setModule(norm, "", tensors + ".grn");
  }
  model.addLinear(name + ".pwconv2", width, tensors + ".pwconv2");
  if (hasLayerScale)
    model.addFactors(name + ".layer_scale", tensors + ".layer_scale_parameter", width);
  model.addSum(name, input, model.last());
}

void ConvNext::build() {
  prefix = choosePrefix(model, model.type + ".");
  model.NodeBuilder::addImage(channels, size);
  addPictureMap(model, "embeddings.map");
  PlainConvolution patches{prefix + "embeddings.patch_embeddings", widths.front(), patch};
  patches.stride = patch;
  addConvolution(model, "embeddings.patch_embeddings", patches);
  addNorm("embeddings.layernorm", normEpsilon);

  std::vector<std::string> states = {model.last()};
  int64_t before = widths.front();
  for (size_t stage = 0; stage < widths.size(); ++stage) {
    std::string name = "encoder.stages." + std::to_string(stage), downsampling = name + ".downsampling_layer.";
    if (stage > 0 || before != widths[stage]) {
      addNorm(downsampling + "0", normEpsilon);
      PlainConvolution convolution{prefix + downsampling + "1", widths[stage], {2, 2}};
      convolution.stride = {2, 2};
      addConvolution(model, downsampling + "1", convolution);
    }
    for (int64_t index = 0; index < depths[stage]; ++index)
      addLayer(name + ".layers." + std::to_string(index), widths[stage]);
    before = widths[stage];
    states.push_back(model.last());
  }
  if (model.head == Head::Backbone)
    return addBackboneOutputs(states);
  std::string map = model.last();
  addGlobalAverage(model, "average", widths.back(), map);
  addNorm("layernorm", epsilon);
  if (model.head == Head::Classifier) {
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
  addMapOutputs(model, map, "layernorm", states);
}

static constexpr Architecture classes[] = {{"ConvNextForImageClassification", Head::Classifier, "classifier.weight"},
                                           {"ConvNextModel", Head::None, nullptr},
                                           {"ConvNextBackbone", Head::Backbone, nullptr}};
static constexpr Architecture classesV2[] = {
    {"ConvNextV2ForImageClassification", Head::Classifier, "classifier.weight"},
    {"ConvNextV2Model", Head::None, nullptr},
    {"ConvNextV2Backbone", Head::Backbone, nullptr}};
static constexpr ConfigKey keys[] = {{"num_channels", "3"},
                                     {"image_size", "224"},
                                     {"patch_size", "4"},
                                     {"num_stages", "4"},
                                     {"hidden_sizes", "[96, 192, 384, 768]"},
                                     {"depths", "[3, 3, 9, 3]"},
                                     {"hidden_act", "\"gelu\""},
                                     {"layer_norm_eps", "1e-12"},
                                     {"out_features", "null"},
                                     {"out_indices", "null"},
                                     // The last: V2 has none.
                                     {"layer_scale_init_value", "1e-6"}};
// Follows from the depths.
static constexpr const char *inert[] = {"stage_names"};

llvm::ArrayRef<Family> vitc::huggingface::convnextFamilies() {
  static const Family list[] = {
      {"convnext", classes, {keys, inert}, nullptr, {}, buildWith<ConvNext>, true},
      {"convnextv2", classesV2, {llvm::ArrayRef(keys).drop_back(), inert}, nullptr, {}, buildWith<ConvNext>, true}};
  return list;
}
