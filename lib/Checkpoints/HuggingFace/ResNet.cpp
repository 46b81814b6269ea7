//===- ResNet.cpp - residual networks of convolutions -----------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
struct ResNetConfig : ResidualNetwork {
  bool isBottleneck, downsamplesInBottleneck;
};
} // namespace

static ResNetConfig readConfig(ConfigReader &config) {
  ResNetConfig result;
  result.isBottleneck = result.read(config, {"basic", "bottleneck"});
  result.downsamplesInBottleneck = config.boolean("downsample_in_bottleneck");
  if (result.isBottleneck)
    for (int64_t width : result.widths)
      if (width < 4)
        config.getErrors().report(config.placeOf("hidden_sizes"),
                                  llvm::Twine(width) + " is less than the 4 of a bottleneck");
  return result;
}

/// One residual layer, ResNetBasicLayer or ResNetBottleNeckLayer.
static void addLayer(Model &model, const ResNetConfig &config, const std::string &name, const std::string &tensors,
                     int64_t channels, int64_t width, int64_t stride) {
  std::string input = model.last();
  auto layer = [&](int64_t index, int64_t outputs, int64_t kernel, int64_t step, const std::string &activation) {
    std::string number = std::to_string(index);
    ConvolutionLayer convolution{tensors + "layer." + number, outputs, kernel, step};
    convolution.activation = activation;
    addConvolution(model, name + ".layer." + number, convolution, index == 0 ? input : "");
  };
  std::string shortcut = addShortcut(model, name, tensors, channels, width, stride);
  if (config.isBottleneck) {
    // The activation within is ReLU whatever hidden_act says, as in the library.
    layer(0, width / 4, 1, config.downsamplesInBottleneck ? stride : 1, "relu");
    layer(1, width / 4, 3, config.downsamplesInBottleneck ? 1 : stride, "relu");
    layer(2, width, 1, 1, "none");
  } else {
    layer(0, width, 3, stride, "relu");
    layer(1, width, 3, 1, "none");
  }
  addResidualEnd(model, name, shortcut, config.activation);
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
  addMaximumPool(model, "embedder.pooler", 3, 2);

  std::vector<std::string> states =
      config.addStages(model, [&](const std::string &name, int64_t before, int64_t width, int64_t stride) {
        addLayer(model, config, name, prefix + name + ".", before, width, stride);
      });
  if (model.head != Head::Backbone)
    return addResidualHead(model, config.widths.empty() ? config.stem : config.widths.back(), states.back(), states);
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
