//===- EfficientNet.cpp - inverted residuals with gates ---------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"
#include "vitc/Description/DescriptionParser.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class EfficientNet {
public:
  EfficientNet(Model &model, ConfigReader &config);
  void build();

private:
  /// round_filters of the library.
  int64_t roundFilters(int64_t value) const {
    return makeDivisible(double(value) * widthCoefficient, divisor, divisor);
  }
  int64_t repeatsOf(size_t stage) const { return int64_t(std::ceil(depthCoefficient * double(repeats[stage]))); }

  /// A convolution with the tensors of a block or of the whole, its norm and, if it is activated, its activation.
  void addLayer(const std::string &convolution, const std::string &norm, PlainConvolution what, bool isActivated);
  struct Block {
    int64_t inputs, outputs, stride, kernel, ratio;
    bool isFirst, adjustsPadding;
  };
  /// EfficientNetBlock.
  void addBlock(const std::string &name, const Block &block);
  void addPooler(int64_t width, const std::string &map);

  Model &model;
  const int64_t channels;
  const std::vector<int64_t> size;
  const double widthCoefficient, depthCoefficient, squeezeRatio, epsilon;
  const int64_t divisor, features;
  const std::vector<int64_t> kernels, inputs, outputs, strides, repeats, ratios;
  std::vector<int64_t> squarePadding;
  const std::string activation, pooling;
  std::string prefix;
};
} // namespace

static constexpr int64_t mostChannels = 1 << 20;

EfficientNet::EfficientNet(Model &model, ConfigReader &config)
    : model(model), channels(config.integer("num_channels", 1, 4096)), size(config.size("image_size")),
      widthCoefficient(config.real("width_coefficient")), depthCoefficient(config.real("depth_coefficient")),
      squeezeRatio(config.real("squeeze_expansion_ratio")), epsilon(config.real("batch_norm_eps")),
      divisor(config.integer("depth_divisor", 1, 1 << 16)), features(config.integer("hidden_dim", 1, mostChannels)),
      kernels(config.integers("kernel_sizes", 2, 255)), inputs(config.integers("in_channels", 1, mostChannels)),
      outputs(config.integers("out_channels", 1, mostChannels)), strides(config.integers("strides", 1, 2)),
      repeats(config.integers("num_block_repeats", 1, 1000)), ratios(config.integers("expand_ratios", 1, 1024)),
      activation(config.activation("hidden_act")), pooling(config.string("pooling_type")) {
  // The only list that may be empty.
  if (const JsonValue *list = config.find("depthwise_padding"); list && !(list->asArray() && list->asArray()->empty()))
    squarePadding = config.integers("depthwise_padding", 0, 1 << 20);
  checkMultiplier(config, "width_coefficient", widthCoefficient);
  checkMultiplier(config, "depth_coefficient", depthCoefficient);
  checkMultiplier(config, "squeeze_expansion_ratio", squeezeRatio);
  checkEpsilon(config, "batch_norm_eps", epsilon);
  checkStages(config, int64_t(inputs.size()),
              {{"kernel_sizes", &kernels},
               {"out_channels", &outputs},
               {"strides", &strides},
               {"num_block_repeats", &repeats},
               {"expand_ratios", &ratios}});
  if (pooling != "mean" && pooling != "max")
    model.errors.report(config.placeOf("pooling_type"), "is '" + pooling + "', expected 'mean' or 'max'");
  if (model.errors.any())
    return;
  int64_t blocks = 0;
  for (size_t stage = 0; stage < inputs.size(); ++stage)
    blocks += repeatsOf(stage);
  if (blocks > int64_t(maximumNodes) / 16)
    model.errors.report(config.placeOf("depth_coefficient"), llvm::Twine(blocks) + " blocks are too many");
  if (features != roundFilters(1280))
    model.errors.report(config.placeOf("hidden_dim"), "is " + llvm::Twine(features) +
                                                          ", with this width_coefficient there are " +
                                                          llvm::Twine(roundFilters(1280)) + " features");
}

void EfficientNet::addLayer(const std::string &convolution, const std::string &norm, PlainConvolution what,
                            bool isActivated) {
  what.tensors = prefix + convolution;
  what.hasBias = false;
  addConvolution(model, convolution, what);
  addBatchNorm(model, norm, prefix + norm, epsilon);
  if (isActivated && activation != "none")
    model.addActivation(norm + ".activation", activation);
}

void EfficientNet::addBlock(const std::string &name, const Block &block) {
  std::string input = model.last();
  int64_t expanded = block.inputs * block.ratio;
  if (block.ratio != 1)
    addLayer(name + ".expansion.expand_conv", name + ".expansion.expand_bn", {"", expanded, {1, 1}}, true);

  int64_t kernel = block.kernel, half = kernel / 2;
  PlainConvolution depthwise{"", expanded, {kernel, kernel}, {block.stride, block.stride}};
  // With a stride of 2 the library pads itself; else as PyTorch's "same", whose odd row is at the bottom.
  if (block.stride == 2) {
    int64_t before = block.adjustsPadding ? half - 1 : half;
    depthwise.padding = {before, before, half, half};
  } else {
    int64_t before = (kernel - 1) / 2;
    depthwise.padding = {before, before, half, half};
  }
  depthwise.groups = expanded;
  std::string module = name + ".depthwise_conv.depthwise_";
  addLayer(module + "conv", module + "norm", depthwise, true);

  std::string gates = prefix + name + ".squeeze_excite.";
  auto reduced = std::max<int64_t>(1, int64_t(double(block.inputs) * squeezeRatio));
  addSqueezeExcitation(model, name + ".squeeze_excite",
                       {gates + "reduce", gates + "expand", expanded, reduced, activation});
  addLayer(name + ".projection.project_conv", name + ".projection.project_bn", {"", block.outputs, {1, 1}}, false);
  if (block.stride == 1 && !block.isFirst)
    model.addSum(name, model.last(), input);
}

void EfficientNet::addPooler(int64_t width, const std::string &map) {
  // Windows of hidden_dim pixels, which end with the map: the library cannot do with more than one of them.
  model.addReshape("pooler.pixels", {-1, width}, map);
  model.addPooling("pooler", pooling, 0);
}

void EfficientNet::build() {
  prefix = choosePrefix(model, "efficientnet.");
  model.NodeBuilder::addImage(channels, size);
  addPictureMap(model, "embeddings.map");
  addLayer("embeddings.convolution", "embeddings.batchnorm", {"", roundFilters(32), {3, 3}, {2, 2}, {0, 0, 1, 1}},
           true);

  std::vector<std::string> states = {model.last()};
  int64_t number = 0, width = 0;
  for (size_t stage = 0; stage < inputs.size(); ++stage) {
    Block block{roundFilters(inputs[stage]),
                roundFilters(outputs[stage]),
                strides[stage],
                kernels[stage],
                ratios[stage],
                true,
                true};
    for (int64_t index = 0; index < repeatsOf(stage); ++index) {
      block.adjustsPadding = !llvm::is_contained(squarePadding, number);
      addBlock("encoder.blocks." + std::to_string(number++), block);
      states.push_back(model.last());
      block.isFirst = false;
      block.stride = 1;
      block.inputs = width = block.outputs;
    }
  }
  addLayer("encoder.top_conv", "encoder.top_bn", {"", features, {1, 1}}, true);
  std::string map = model.last();
  addPooler(features, map);
  if (model.head == Head::Classifier) {
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
  addMapOutputs(model, map, "pooler", states);
}

static constexpr Architecture classes[] = {
    {"EfficientNetForImageClassification", Head::Classifier, "classifier.weight"},
    {"EfficientNetModel", Head::None, nullptr}};
static constexpr ConfigKey keys[] = {{"num_channels", "3"},
                                     {"image_size", "600"},
                                     {"width_coefficient", "2.0"},
                                     {"depth_coefficient", "3.1"},
                                     {"depth_divisor", "8"},
                                     {"kernel_sizes", "[3, 3, 5, 3, 5, 5, 3]"},
                                     {"in_channels", "[32, 16, 24, 40, 80, 112, 192]"},
                                     {"out_channels", "[16, 24, 40, 80, 112, 192, 320]"},
                                     {"depthwise_padding", "[]"},
                                     {"strides", "[1, 2, 2, 2, 1, 2, 1]"},
                                     {"num_block_repeats", "[1, 2, 2, 3, 3, 4, 1]"},
                                     {"expand_ratios", "[1, 6, 6, 6, 6, 6, 6]"},
                                     {"squeeze_expansion_ratio", "0.25"},
                                     {"hidden_act", "\"swish\""},
                                     {"hidden_dim", "2560"},
                                     {"pooling_type", "\"mean\""},
                                     {"batch_norm_eps", "0.001"}};
// Training; a number that follows from the others.
static constexpr const char *inert[] = {"batch_norm_momentum", "dropout_rate", "drop_connect_rate",
                                        "num_hidden_layers"};

llvm::ArrayRef<Family> vitc::huggingface::efficientnetFamilies() {
  static const Family list[] = {{"efficientnet", classes, {keys, inert}, nullptr, {}, buildWith<EfficientNet>, true}};
  return list;
}
