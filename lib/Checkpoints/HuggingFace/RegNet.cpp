//===- RegNet.cpp - residual networks of grouped convolutions ---*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
struct RegNetConfig : ResidualNetwork {
  int64_t groupWidth;
  bool hasGates;
};
} // namespace

static RegNetConfig readConfig(ConfigReader &config) {
  RegNetConfig result;
  result.hasGates = result.read(config, {"x", "y"});
  result.groupWidth = config.integer("groups_width", 1, 1 << 20);
  for (int64_t width : result.widths)
    if (int64_t groups = std::max<int64_t>(width / result.groupWidth, 1); width % groups != 0)
      config.getErrors().report(config.placeOf("groups_width"), llvm::Twine(groups) + " groups do not divide the " +
                                                                    llvm::Twine(width) + " channels of a stage");
  return result;
}

/// RegNetXLayer or RegNetYLayer.
static void addLayer(Model &model, const RegNetConfig &config, const std::string &name, const std::string &tensors,
                     int64_t channels, int64_t width, int64_t stride) {
  std::string input = model.last();
  auto layer = [&](int64_t index, int64_t kernel, int64_t step, int64_t groups, bool isActivated) {
    std::string number = std::to_string(index);
    ConvolutionLayer convolution{tensors + "layer." + number, width, kernel, step, /*dilation=*/1, groups};
    convolution.activation = isActivated ? config.activation : "none";
    addConvolution(model, name + ".layer." + number, convolution, index == 0 ? input : "");
  };
  std::string shortcut = addShortcut(model, name, tensors, channels, width, stride);
  layer(0, 1, 1, 1, true);
  layer(1, 3, stride, std::max<int64_t>(width / config.groupWidth, 1), true);
  if (config.hasGates) {
    // Python rounds halves to the even number.
    auto reduced = int64_t(std::nearbyint(double(channels) / 4));
    addSqueezeExcitation(model, name + ".layer.2",
                         {tensors + "layer.2.attention.0", tensors + "layer.2.attention.2", width, reduced, "relu"});
  }
  layer(config.hasGates ? 3 : 2, 1, 1, 1, false);
  addResidualEnd(model, name, shortcut, config.activation);
}

static void buildRegNet(Model &model, ConfigReader &reader, ConfigReader &) {
  RegNetConfig config = readConfig(reader);
  if (model.errors.any())
    return;
  std::string prefix = choosePrefix(model, "regnet.");
  model.NodeBuilder::addImage(config.channels, {224, 224});
  addPictureMap(model, "embedder.map");
  ConvolutionLayer stem{prefix + "embedder.embedder", config.stem, 3, 2};
  stem.activation = config.activation;
  addConvolution(model, "embedder.embedder", stem);

  std::vector<std::string> states =
      config.addStages(model, [&](const std::string &name, int64_t before, int64_t width, int64_t stride) {
        addLayer(model, config, name, prefix + name + ".", before, width, stride);
      });
  addResidualHead(model, config.widths.empty() ? config.stem : config.widths.back(), states.back(), states);
}

static constexpr Architecture classes[] = {{"RegNetForImageClassification", Head::Classifier, "classifier.1.weight"},
                                           {"RegNetModel", Head::None, nullptr}};
static constexpr ConfigKey keys[] = {{"num_channels", "3"},
                                     {"embedding_size", "32"},
                                     {"hidden_sizes", "[128, 192, 512, 1088]"},
                                     {"depths", "[2, 6, 12, 2]"},
                                     {"groups_width", "64"},
                                     {"layer_type", "\"y\""},
                                     {"hidden_act", "\"relu\""},
                                     {"downsample_in_first_stage", "true"}};

llvm::ArrayRef<Family> vitc::huggingface::regnetFamilies() {
  static const Family list[] = {{"regnet", classes, {keys, {}}, nullptr, {}, buildRegNet, true}};
  return list;
}
