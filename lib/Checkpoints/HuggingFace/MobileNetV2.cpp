//===- MobileNetV2.cpp - inverted residuals of depthwise layers -*- C++ -*-===//

#include "Convolutions.h"
#include "DeepLab.h"
#include "Families.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class MobileNetV2 {
public:
  MobileNetV2(Model &model, ConfigReader &config)
      : model(model), depthMultiplier(config.real("depth_multiplier")), expandRatio(config.real("expand_ratio")),
        epsilon(config.real("layer_norm_eps")), divisor(config.integer("depth_divisible_by", 1, 1 << 16)),
        minimum(config.integer("min_depth", 1, 1 << 16)), outputStride(config.integer("output_stride", 2, 1 << 20)),
        activation(config.activation("hidden_act")), samePadding(config.boolean("tf_padding")),
        isFirstExpansion(config.boolean("first_layer_is_expansion")),
        isOutputFinegrained(config.boolean("finegrained_output")), channels(config.integer("num_channels", 1, 4096)),
        size(config.size("image_size")) {
    checkMultiplier(config, "depth_multiplier", depthMultiplier);
    checkMultiplier(config, "expand_ratio", expandRatio);
    checkEpsilon(config, "layer_norm_eps", epsilon);
  }

  void build();

private:
  /// int(round()) takes halves to the even number.
  int64_t round(double value) const { return makeDivisible(std::nearbyint(value), divisor, minimum); }
  int64_t width(int64_t value) const { return round(double(value) * depthMultiplier); }

  void addLayer(const std::string &name, int64_t outputs, int64_t kernel = 1, int64_t stride = 1, int64_t groups = 1,
                int64_t dilation = 1, bool isActivated = true) {
    ConvolutionLayer layer{prefix + name, outputs, kernel, stride, dilation, groups, epsilon};
    layer.activation = isActivated ? activation : "none";
    layer.samePadding = samePadding;
    addConvolution(model, name, layer);
  }
  /// MobileNetV2InvertedResidual.
  void addBlock(const std::string &name, int64_t inputs, int64_t outputs, int64_t stride, int64_t dilation);
  void addStem(int64_t outputs);
  /// MobileNetV2DeepLabV3Plus behind a map of so many channels.
  void addSegmentationHead(const std::string &map, int64_t inputs);

  Model &model;
  const double depthMultiplier, expandRatio, epsilon;
  const int64_t divisor, minimum, outputStride;
  const std::string activation;
  const bool samePadding, isFirstExpansion, isOutputFinegrained;
  const int64_t channels;
  const std::vector<int64_t> size;
  std::string prefix;
};
} // namespace

void MobileNetV2::addStem(int64_t outputs) {
  int64_t expanded = width(32);
  addLayer("conv_stem.first_conv", expanded, 3, 2);
  if (!isFirstExpansion)
    addLayer("conv_stem.expand_1x1", expanded);
  addLayer("conv_stem.conv_3x3", expanded, 3, 1, expanded);
  addLayer("conv_stem.reduce_1x1", outputs, 1, 1, 1, 1, /*isActivated=*/false);
}

void MobileNetV2::addBlock(const std::string &name, int64_t inputs, int64_t outputs, int64_t stride, int64_t dilation) {
  std::string input = model.last();
  int64_t expanded = round(double(inputs) * expandRatio);
  addLayer(name + ".expand_1x1", expanded);
  addLayer(name + ".conv_3x3", expanded, 3, stride, expanded, dilation);
  addLayer(name + ".reduce_1x1", outputs, 1, 1, 1, 1, /*isActivated=*/false);
  if (stride == 1 && inputs == outputs)
    model.addSum(name, input, model.last());
}

void MobileNetV2::addSegmentationHead(const std::string &map, int64_t inputs) {
  const std::string name = "segmentation_head.";
  addPooledBranch(model, name + "conv_pool", {name + "conv_pool", inputs, 256, "bilinear_corners"}, map);
  std::string pooled = model.last();
  auto addBranch = [&](const std::string &branch, const std::string &input) {
    // Another epsilon than that of the encoder.
    ConvolutionLayer layer{name + branch, 256};
    layer.activation = "relu";
    addConvolution(model, name + branch, layer, input);
  };
  addBranch("conv_aspp", map);
  model.addConcat(name + "concat", {pooled, model.last()}, 2);
  addBranch("conv_projection", "");
  addPixelLogits(model);
}

void MobileNetV2::build() {
  prefix = choosePrefix(model, "mobilenet_v2.");
  model.NodeBuilder::addImage(channels, size);
  addPictureMap(model, "map");
  static constexpr int64_t widths[] = {16, 24, 24, 32, 32, 32, 64, 64, 64, 64, 96, 96, 96, 160, 160, 160, 320};
  static constexpr int64_t strides[] = {2, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 2, 1, 1, 1};
  addStem(width(widths[0]));
  std::vector<std::string> states;
  int64_t stride = 2, dilation = 1;
  for (size_t index = 0; index < std::size(strides); ++index) {
    int64_t step = strides[index], spread = 1;
    // From the output stride on, windows grow instead of maps becoming smaller.
    if (stride == outputStride) {
      spread = dilation;
      dilation *= step;
      step = 1;
    } else {
      stride *= step;
    }
    addBlock("layer." + std::to_string(index), width(widths[index]), width(widths[index + 1]), step, spread);
    states.push_back(model.last());
  }
  std::string encoded = model.last();
  int64_t outputs = isOutputFinegrained && depthMultiplier < 1 ? 1280 : width(1280);
  addLayer("conv_1x1", outputs);
  std::string map = model.last();
  if (model.head == Head::Segmentation) {
    addSegmentationHead(encoded, width(320));
    return addMapOutputs(model, map, "", states);
  }
  addGlobalAverage(model, "pooler", outputs, map);
  if (model.head == Head::Classifier) {
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
  addMapOutputs(model, map, "pooler", states);
}

static constexpr Architecture classes[] = {
    {"MobileNetV2ForImageClassification", Head::Classifier, "classifier.weight"},
    {"MobileNetV2ForSemanticSegmentation", Head::Segmentation, "segmentation_head.classifier.convolution.weight"},
    {"MobileNetV2Model", Head::None, nullptr}};
static constexpr ConfigKey keys[] = {{"num_channels", "3"},
                                     {"image_size", "224"},
                                     {"depth_multiplier", "1.0"},
                                     {"depth_divisible_by", "8"},
                                     {"min_depth", "8"},
                                     {"expand_ratio", "6.0"},
                                     {"output_stride", "32"},
                                     {"first_layer_is_expansion", "true"},
                                     {"finegrained_output", "true"},
                                     {"hidden_act", "\"relu6\""},
                                     {"tf_padding", "true"},
                                     {"layer_norm_eps", "0.001"}};
// Training.
static constexpr const char *inert[] = {"classifier_dropout_prob", "semantic_loss_ignore_index"};

llvm::ArrayRef<Family> vitc::huggingface::mobilenetV2Families() {
  static const Family list[] = {{"mobilenet_v2", classes, {keys, inert}, nullptr, {}, buildWith<MobileNetV2>, true}};
  return list;
}
