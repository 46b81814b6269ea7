//===- ResNet.cpp - residual networks of convolutions -----------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
struct ResNetConfig {
  int64_t channels, stem;
  std::vector<int64_t> widths, depths;
  std::string activation;
  bool isBottleneck, downsamplesFirst, downsamplesInBottleneck;
};
} // namespace

static ResNetConfig readConfig(ConfigReader &config) {
  constexpr int64_t most = 1 << 20;
  ResNetConfig result;
  result.channels = config.integer("num_channels", 1, 4096);
  result.stem = config.integer("embedding_size", 1, most);
  result.widths = config.integers("hidden_sizes", 1, most);
  result.depths = config.integers("depths", 1, 10000);
  result.activation = config.activation("hidden_act");
  result.downsamplesFirst = config.boolean("downsample_in_first_stage");
  result.downsamplesInBottleneck = config.boolean("downsample_in_bottleneck");
  std::string type = config.string("layer_type");
  result.isBottleneck = type == "bottleneck";
  InputErrors &errors = config.getErrors();
  if (type != "bottleneck" && type != "basic")
    errors.report(config.placeOf("layer_type"), "is '" + type + "', expected 'basic' or 'bottleneck'");
  if (result.widths.size() != result.depths.size())
    errors.report(config.placeOf("depths"), "has " + llvm::Twine(result.depths.size()) + " stages, hidden_sizes " +
                                                llvm::Twine(result.widths.size()));
  if (result.isBottleneck)
    for (int64_t width : result.widths)
      if (width < 4)
        errors.report(config.placeOf("hidden_sizes"), llvm::Twine(width) + " is less than the 4 of a bottleneck");
  return result;
}

/// One residual layer, ResNetBasicLayer or ResNetBottleNeckLayer; returns the name of its result.
static std::string addLayer(Model &model, const ResNetConfig &config, const std::string &name,
                            const std::string &tensors, int64_t channels, int64_t width, int64_t stride) {
  std::string input = model.last(), shortcut = input;
  auto layer = [&](int64_t index, int64_t outputs, int64_t kernel, int64_t step, const std::string &activation) {
    std::string number = std::to_string(index);
    ConvolutionLayer convolution{tensors + "layer." + number, outputs, kernel, step};
    convolution.activation = activation;
    addConvolution(model, name + ".layer." + number, convolution, index == 0 ? input : "");
  };
  if (channels != width || stride != 1) {
    addConvolution(model, name + ".shortcut", {tensors + "shortcut", width, 1, stride}, input);
    shortcut = model.last();
  }
  if (config.isBottleneck) {
    // The activation within is ReLU whatever hidden_act says, as in the library.
    layer(0, width / 4, 1, config.downsamplesInBottleneck ? stride : 1, "relu");
    layer(1, width / 4, 3, config.downsamplesInBottleneck ? 1 : stride, "relu");
    layer(2, width, 1, 1, "none");
  } else {
    layer(0, width, 3, stride, "relu");
    layer(1, width, 3, 1, "none");
  }
  model.addSum(name + ".sum", model.last(), shortcut);
  if (config.activation != "none")
    model.addActivation(name, config.activation);
  return model.last();
}

static void buildResNet(Model &model, ConfigReader &reader, ConfigReader &) {
  ResNetConfig config = readConfig(reader);
  std::vector<std::string> names = nameStages(config.depths.size(), /*hasStem=*/true);
  std::vector<size_t> stages = readStages(reader, names);
  if (model.errors.any())
    return;
  std::string prefix = choosePrefix(model, "resnet.");
  model.NodeBuilder::addImage(config.channels, {224, 224});
  addPictureMap(model, "embedder.map");
  ConvolutionLayer stem{prefix + "embedder.embedder", config.stem, 7, 2};
  stem.activation = config.activation;
  addConvolution(model, "embedder.embedder", stem);
  Node &pool = model.add("embedder.pooler", "pool2d");
  pool.attributes["kind"] = std::string("max");
  pool.attributes["window"] = std::vector<int64_t>{3, 3};
  pool.attributes["stride"] = std::vector<int64_t>{2, 2};
  pool.attributes["padding"] = std::vector<int64_t>{1, 1, 1, 1};

  std::vector<std::string> states = {model.last()};
  int64_t channels = config.stem;
  for (size_t stage = 0; stage < config.widths.size(); ++stage) {
    for (int64_t index = 0; index < config.depths[stage]; ++index) {
      std::string name = "encoder.stages." + std::to_string(stage) + ".layers." + std::to_string(index);
      int64_t stride = index == 0 && (stage > 0 || config.downsamplesFirst) ? 2 : 1;
      addLayer(model, config, name, prefix + name + ".", channels, config.widths[stage], stride);
      channels = config.widths[stage];
    }
    states.push_back(model.last());
  }
  if (model.head != Head::Backbone)
    return addResidualHead(model, channels, states);
  addFeatureMaps(model, stages, names, states);
  offerMaps(model, states);
}

static constexpr Architecture classes[] = {{"ResNetForImageClassification", Head::Classifier, "classifier.1.weight"},
                                           {"ResNetModel", Head::None, nullptr},
                                           {"ResNetBackbone", Head::Backbone, nullptr}};
static constexpr ConfigKey keys[] = {{"num_channels", "3"},
                                     {"embedding_size", "64"},
                                     {"hidden_sizes", "[256, 512, 1024, 2048]"},
                                     {"depths", "[3, 4, 6, 3]"},
                                     {"layer_type", "\"bottleneck\""},
                                     {"hidden_act", "\"relu\""},
                                     {"downsample_in_first_stage", "false"},
                                     {"downsample_in_bottleneck", "false"},
                                     {"out_features", "null"},
                                     {"out_indices", "null"}};
// Follows from the depths.
static constexpr const char *inert[] = {"stage_names"};

llvm::ArrayRef<Family> vitc::huggingface::resnetFamilies() {
  static const Family list[] = {{"resnet", classes, {keys, inert}, nullptr, {}, buildResNet, true}};
  return list;
}
