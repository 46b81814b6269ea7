//===- MobileNetV1.cpp - depthwise separable convolutions -------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

using namespace vitc;
using namespace vitc::huggingface;

static void buildMobileNetV1(Model &model, ConfigReader &config, ConfigReader &) {
  const int64_t channels = config.integer("num_channels", 1, 4096);
  const std::vector<int64_t> size = config.size("image_size");
  const double multiplier = config.real("depth_multiplier"), epsilon = config.real("layer_norm_eps");
  const int64_t minimum = config.integer("min_depth", 1, 1 << 16);
  const std::string activation = config.activation("hidden_act");
  const bool samePadding = config.boolean("tf_padding");
  checkMultiplier(config, "depth_multiplier", multiplier);
  checkEpsilon(config, "layer_norm_eps", epsilon);
  if (model.errors.any())
    return;

  std::string prefix = choosePrefix(model, "mobilenet_v1.");
  auto widthOf = [&](int64_t depth) { return std::max(int64_t(double(depth) * multiplier), minimum); };
  auto addLayer = [&](const std::string &name, int64_t width, int64_t kernel, int64_t stride, int64_t groups) {
    ConvolutionLayer layer{prefix + name, width, kernel, stride, /*dilation=*/1, groups, epsilon};
    layer.activation = activation;
    layer.samePadding = samePadding;
    addConvolution(model, name, layer);
  };
  model.NodeBuilder::addImage(channels, size);
  addPictureMap(model, "map");
  int64_t depth = 32, width = widthOf(depth), index = 0;
  addLayer("conv_stem", width, 3, 2, 1);
  std::vector<std::string> states;
  for (int64_t stride : {1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1}) {
    int64_t inputs = width;
    if (stride == 2 || index == 0)
      depth *= 2;
    width = widthOf(depth);
    for (bool isPointwise : {false, true}) {
      std::string name = "layer." + std::to_string(index++);
      if (isPointwise)
        addLayer(name, width, 1, 1, 1);
      else
        addLayer(name, inputs, 3, stride, inputs);
      states.push_back(model.last());
    }
  }
  std::string map = model.last();
  addGlobalAverage(model, "pooler", width, map);
  if (model.head == Head::Classifier) {
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
  addMapOutputs(model, map, "pooler", states);
}

static constexpr Architecture classes[] = {{"MobileNetV1ForImageClassification", Head::Classifier, "classifier.weight"},
                                           {"MobileNetV1Model", Head::None, nullptr}};
static constexpr ConfigKey keys[] = {
    {"num_channels", "3"},       {"image_size", "224"},  {"depth_multiplier", "1.0"}, {"min_depth", "8"},
    {"hidden_act", "\"relu6\""}, {"tf_padding", "true"}, {"layer_norm_eps", "0.001"}};

llvm::ArrayRef<Family> vitc::huggingface::mobilenetV1Families() {
  static const Family list[] = {{"mobilenet_v1", classes, {keys, {}}, nullptr, {}, buildMobileNetV1, true}};
  return list;
}
