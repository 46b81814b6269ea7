//===- RegNet.cpp - residual networks of grouped convolutions ---*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
struct RegNetConfig {
  int64_t channels, stem, groupWidth;
  std::vector<int64_t> widths, depths;
  std::string activation;
  bool hasGates, downsamplesFirst;
};
} // namespace

static RegNetConfig readConfig(ConfigReader &config) {
  constexpr int64_t most = 1 << 20;
  RegNetConfig result;
  result.channels = config.integer("num_channels", 1, 4096);
  result.stem = config.integer("embedding_size", 1, most);
  result.widths = config.integers("hidden_sizes", 1, most);
  result.depths = config.integers("depths", 1, 10000);
  result.groupWidth = config.integer("groups_width", 1, most);
  result.activation = config.activation("hidden_act");
  result.downsamplesFirst = config.boolean("downsample_in_first_stage");
  std::string type = config.string("layer_type");
  result.hasGates = type == "y";
  InputErrors &errors = config.getErrors();
  if (type != "x" && type != "y")
    errors.report(config.placeOf("layer_type"), "is '" + type + "', expected 'x' or 'y'");
  if (result.widths.size() != result.depths.size())
    errors.report(config.placeOf("depths"), "has " + llvm::Twine(result.depths.size()) + " stages, hidden_sizes " +
                                                llvm::Twine(result.widths.size()));
  for (int64_t width : result.widths)
    if (int64_t groups = std::max<int64_t>(width / result.groupWidth, 1); width % groups != 0)
      errors.report(config.placeOf("groups_width"),
                    llvm::Twine(groups) + " groups do not divide the " + llvm::Twine(width) + " channels of a stage");
  return result;
}

/// RegNetXLayer or RegNetYLayer.
static void addLayer(Model &model, const RegNetConfig &config, const std::string &name, const std::string &tensors,
                     int64_t channels, int64_t width, int64_t stride) {
  std::string input = model.last(), shortcut = input;
  auto layer = [&](int64_t index, int64_t kernel, int64_t step, int64_t groups, bool isActivated) {
    std::string number = std::to_string(index);
    ConvolutionLayer convolution{tensors + "layer." + number, width, kernel, step, /*dilation=*/1, groups};
    convolution.activation = isActivated ? config.activation : "none";
    addConvolution(model, name + ".layer." + number, convolution, index == 0 ? input : "");
  };
  if (channels != width || stride != 1) {
    addConvolution(model, name + ".shortcut", {tensors + "shortcut", width, 1, stride}, input);
    shortcut = model.last();
  }
  layer(0, 1, 1, 1, true);
  layer(1, 3, stride, std::max<int64_t>(width / config.groupWidth, 1), true);
  if (config.hasGates) {
    // Python rounds halves to the even number.
    auto reduced = int64_t(std::nearbyint(double(channels) / 4));
    addSqueezeExcitation(model, name + ".layer.2",
                         {tensors + "layer.2.attention.0", tensors + "layer.2.attention.2", width, reduced, "relu"});
  }
  layer(config.hasGates ? 3 : 2, 1, 1, 1, false);
  model.addSum(name + ".sum", model.last(), shortcut);
  if (config.activation != "none")
    model.addActivation(name, config.activation);
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
  addResidualHead(model, channels, states);
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
