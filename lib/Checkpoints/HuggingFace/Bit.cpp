//===- Bit.cpp - BiT --------------------------------------------*- C++ -*-===//
//
// BitModel, BitForImageClassification and BitBackbone of transformers 5.24: residual networks whose filters are
// standardised and whose maps have group norms, before layers or behind them.
//
//===----------------------------------------------------------------------===//

#include "Convolutions.h"
#include "Families.h"

#include "llvm/ADT/StringExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class Bit {
public:
  Bit(Model &model, ConfigReader &config);
  void build();

private:
  /// What a stage's layers have in common.
  struct Stage {
    int64_t channels, stride, dilation;
  };

  void addConvolution(const std::string &name, int64_t channels, int64_t kernel, int64_t stride = 1,
                      int64_t dilation = 1, const std::string &input = "");
  void addNorm(const std::string &name, bool isActivated, const std::string &input = "");
  void addStem();
  void addPreactivated(const std::string &name, const Stage &stage, bool isFirst);
  void addBottleneck(const std::string &name, const Stage &stage, bool isFirst, int64_t dilation);
  std::vector<Stage> findStages() const;
  void addOutputs(llvm::ArrayRef<std::string> states, int64_t channels);

  Model &model;
  const int64_t channels, stem, groups, outputStride, widthFactor;
  const std::vector<int64_t> widths, depths;
  const std::string activation, type;
  /// "SAME", as TensorFlow pads, or empty: by half of the kernel.
  std::string padding;
  const bool hasDynamicPool;
  std::vector<size_t> stages;
  std::string prefix;
};
} // namespace

Bit::Bit(Model &model, ConfigReader &config)
    : model(model), channels(config.integer("num_channels", 1, 4096)),
      stem(config.integer("embedding_size", 1, 1 << 20)), groups(config.integer("num_groups", 1, 1 << 20)),
      outputStride(config.integer("output_stride", 1, 1 << 20)), widthFactor(config.integer("width_factor", 1, 1024)),
      widths(config.integers("hidden_sizes", 1, 1 << 16)), depths(config.integers("depths", 1, 1000)),
      activation(config.activation("hidden_act")), type(config.string("layer_type")),
      hasDynamicPool(config.boolean("embedding_dynamic_padding")) {
  InputErrors &errors = model.errors;
  if (type != "preactivation" && type != "bottleneck")
    errors.report(config.placeOf("layer_type"), "is '" + type + "', expected 'preactivation' or 'bottleneck'");
  if (config.gives("global_padding"))
    padding = llvm::StringRef(config.string("global_padding")).upper();
  if (padding == "VALID")
    errors.report(config.pointerTo("global_padding"),
                  "is 'valid', with which the library's layers and their shortcuts have different sizes");
  else if (!padding.empty() && padding != "SAME")
    errors.report(config.pointerTo("global_padding"), "is '" + padding + "', expected 'same' or null");
  // The library does not look at more sizes, as hybrids of DPT have them.
  checkStages(config, int64_t(depths.size()), {{"hidden_sizes", &widths}});
  if (errors.any())
    return;
  stages = readStages(config, nameStages(depths.size(), /*hasStem=*/true));
  const int64_t last = findStages().back().channels;
  const bool hasNorm = type == "preactivation";
  if (last != widths.back() && (hasNorm || model.head == Head::Classifier))
    errors.report(config.placeOf("hidden_sizes"), "the last stage has " + llvm::Twine(last) +
                                                      " channels, which the library takes for " +
                                                      llvm::Twine(widths.back()));
  std::vector<int64_t> normed = hasNorm ? std::vector<int64_t>{} : std::vector<int64_t>{stem};
  for (const Stage &stage : findStages())
    normed.insert(normed.end(), {stage.channels, makeDivisible(double(stage.channels) * 0.25, 8, 8)});
  if (hasNorm)
    normed.push_back(stem);
  for (int64_t count : normed)
    if (count % groups != 0)
      errors.report(config.placeOf("num_groups"),
                    llvm::Twine(groups) + " groups do not divide " + llvm::Twine(count) + " channels");
}

void Bit::addConvolution(const std::string &name, int64_t outputs, int64_t kernel, int64_t stride, int64_t dilation,
                         const std::string &input) {
  PlainConvolution convolution{prefix + name, outputs, {kernel, kernel}, {stride, stride}};
  convolution.hasBias = false;
  convolution.dilation = dilation;
  convolution.standardizeEpsilon = 1e-8;
  if (padding == "SAME")
    convolution.samePadding = true;
  else
    convolution.padding.assign(4, ((stride - 1) + dilation * (kernel - 1)) / 2);
  vitc::addConvolution(model, name, convolution, input);
}

void Bit::addNorm(const std::string &name, bool isActivated, const std::string &input) {
  Node &node = model.add(name, "group_norm", input);
  node.attributes["groups"] = groups;
  node.attributes["epsilon"] = 1e-5;
  Model::setModule(node, "", prefix + name);
  if (isActivated && activation != "none")
    model.addActivation(name + ".activation", activation);
}

void Bit::addStem() {
  addConvolution("embedder.convolution", stem, 7, 2);
  std::vector<int64_t> size;
  for (int64_t pixels : model.sizeOfPicture())
    size.push_back(padding == "SAME" ? (pixels + 1) / 2 : (pixels - 1) / 2 + 1);
  auto addZeros = [&](const std::string &name, std::vector<int64_t> low, std::vector<int64_t> high) {
    Node &node = model.add(name, "pad");
    node.attributes["low"] = std::vector<int64_t>{low[0], low[1], 0};
    node.attributes["high"] = std::vector<int64_t>{high[0], high[1], 0};
  };
  if (padding != "SAME") {
    addZeros("embedder.pad", {1, 1}, {1, 1});
    size = {size[0] + 2, size[1] + 2};
  }
  if (type == "bottleneck")
    addNorm("embedder.norm", /*isActivated=*/true);
  if (hasDynamicPool) {
    // As TensorFlow pads, but with zeros, which count for the maximum.
    std::vector<int64_t> low, high;
    for (int64_t side : size) {
      const int64_t all = std::max<int64_t>(((side + 1) / 2 - 1) * 2 + 3 - side, 0);
      low.push_back(all / 2);
      high.push_back(all - all / 2);
    }
    addZeros("embedder.pooler.pad", low, high);
  }
  Node &pool = model.add("embedder.pooler", "pool2d");
  pool.attributes["kind"] = std::string("max");
  pool.attributes["window"] = std::vector<int64_t>{3, 3};
  pool.attributes["stride"] = std::vector<int64_t>{2, 2};
}

void Bit::addPreactivated(const std::string &name, const Stage &stage, bool isFirst) {
  std::string shortcut = model.last();
  const int64_t inner = makeDivisible(double(stage.channels) * 0.25, 8, 8), stride = isFirst ? stage.stride : 1;
  addNorm(name + ".norm1", true);
  const std::string input = model.last();
  if (isFirst) {
    addConvolution(name + ".downsample.conv", stage.channels, 1, stride);
    shortcut = model.last();
  }
  addConvolution(name + ".conv1", inner, 1, 1, 1, input);
  addNorm(name + ".norm2", true);
  // Not dilated, in the library.
  addConvolution(name + ".conv2", inner, 3, stride);
  addNorm(name + ".norm3", true);
  addConvolution(name + ".conv3", stage.channels, 1);
  model.addSum(name, model.last(), shortcut);
}

void Bit::addBottleneck(const std::string &name, const Stage &stage, bool isFirst, int64_t dilation) {
  const std::string input = model.last();
  std::string shortcut = input;
  const int64_t inner = makeDivisible(double(stage.channels) * 0.25, 8, 8), stride = isFirst ? stage.stride : 1;
  if (isFirst) {
    addConvolution(name + ".downsample.conv", stage.channels, 1, stride);
    addNorm(name + ".downsample.norm", false);
    shortcut = model.last();
  }
  addConvolution(name + ".conv1", inner, 1, 1, 1, input);
  addNorm(name + ".norm1", true);
  addConvolution(name + ".conv2", inner, 3, stride, dilation);
  addNorm(name + ".norm2", true);
  addConvolution(name + ".conv3", stage.channels, 1);
  addNorm(name + ".norm3", false);
  addResidualEnd(model, name, shortcut, activation);
}

std::vector<Bit::Stage> Bit::findStages() const {
  std::vector<Stage> list;
  int64_t all = 4, dilation = 1;
  for (size_t index = 0; index < depths.size(); ++index) {
    int64_t stride = index == 0 ? 1 : 2;
    // From the output stride on, windows grow instead of maps becoming smaller.
    if (all >= outputStride) {
      dilation *= stride;
      stride = 1;
    }
    list.push_back({makeDivisible(double(widths[index] * widthFactor), 8, 8), stride, dilation});
    all *= stride;
  }
  return list;
}

void Bit::addOutputs(llvm::ArrayRef<std::string> states, int64_t features) {
  if (model.head == Head::Backbone) {
    addFeatureMaps(model, stages, nameStages(depths.size(), /*hasStem=*/true), states);
    offerMaps(model, states);
    model.ignoreTensors([&](llvm::StringRef name) { return name.consume_front(prefix) && name.starts_with("norm."); });
    return;
  }
  std::string map = states.back();
  if (type == "preactivation") {
    addNorm("norm", true, map);
    map = model.last();
  }
  addResidualHead(model, features, map, states);
}

void Bit::build() {
  prefix = model.weights ? (model.hasPrefix("bit.") ? "bit." : "") : model.head != Head::None ? "bit." : "";
  model.NodeBuilder::addImage(channels, {224, 224});
  addPictureMap(model, "embedder.map");
  addStem();
  std::vector<std::string> states = {model.last()};
  const std::vector<Stage> list = findStages();
  for (size_t stage = 0; stage < list.size(); ++stage) {
    for (int64_t index = 0; index < depths[stage]; ++index) {
      const std::string name = "encoder.stages." + std::to_string(stage) + ".layers." + std::to_string(index);
      const int64_t dilation = list[stage].dilation, first = dilation <= 2 ? 1 : 2;
      if (type == "preactivation")
        addPreactivated(name, list[stage], index == 0);
      else
        addBottleneck(name, list[stage], index == 0, index == 0 ? first : dilation);
    }
    states.push_back(model.last());
  }
  addOutputs(states, list.back().channels);
}

static constexpr Architecture classes[] = {{"BitForImageClassification", Head::Classifier, "classifier.1.weight"},
                                           {"BitModel", Head::None, nullptr},
                                           {"BitBackbone", Head::Backbone, nullptr}};
static constexpr ConfigKey keys[] = {{"num_channels", "3"},
                                     {"embedding_size", "64"},
                                     {"hidden_sizes", "[256, 512, 1024, 2048]"},
                                     {"depths", "[3, 4, 6, 3]"},
                                     {"layer_type", "\"preactivation\""},
                                     {"hidden_act", "\"relu\""},
                                     {"global_padding", "null"},
                                     {"num_groups", "32"},
                                     {"embedding_dynamic_padding", "false"},
                                     {"output_stride", "32"},
                                     {"width_factor", "1"},
                                     {"out_features", "null"},
                                     {"out_indices", "null"}};
// Follows from the depths.
static constexpr const char *inert[] = {"stage_names"};

llvm::ArrayRef<Family> vitc::huggingface::bitFamilies() {
  static const Family list[] = {{"bit", classes, {keys, inert}, nullptr, {}, buildWith<Bit>, true, true}};
  return list;
}
