//===- MobileVit.cpp - inverted residuals and attention ---------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class MobileVit {
public:
  MobileVit(Model &model, ConfigReader &config);
  void build();

private:
  /// MobileViTConvLayer with a norm, of which `groups` may be all channels.
  void addLayer(const std::string &name, int64_t outputs, int64_t kernel = 1, int64_t stride = 1, int64_t groups = 1,
                int64_t dilation = 1, bool isActivated = true);
  /// MobileViTInvertedResidual, of a map of as many channels as the last value has.
  void addInvertedResidual(const std::string &name, int64_t outputs, int64_t stride, int64_t dilation = 1);
  /// MobileViTMobileNetLayer.
  void addResiduals(const std::string &name, int64_t outputs, int64_t stride, int64_t count);
  /// MobileViTLayer, whose windows grow by the dilation instead of the map's becoming smaller if it is not 1.
  void addAttentionStage(const std::string &name, int64_t outputs, int64_t width, int64_t count, int64_t dilation);
  /// MobileViTTransformerLayer.
  void addTransformerLayer(const std::string &name, int64_t width);
  void addReshape(const std::string &name, std::vector<int64_t> shape) {
    model.add(name, "reshape").attributes["shape"] = std::move(shape);
  }
  void addTranspose(const std::string &name, std::vector<int64_t> permutation) {
    model.add(name, "transpose").attributes["permutation"] = std::move(permutation);
  }
  void addResize(const std::string &name, std::vector<int64_t> size);
  /// From a map to a sequence for each place in a patch, of as many tokens as there are patches; and back.
  void addUnfolding(const std::string &name, int64_t width);
  void addFolding(const std::string &name, int64_t width);

  Model &model;
  const int64_t inputs, patch, heads, kernel, outputStride;
  const double mlpRatio, expandRatio, epsilon;
  const std::vector<int64_t> size, hiddenSizes, widths;
  const std::string activation;
  const bool hasQkvBias;
  std::string prefix;
  /// Of the last map.
  int64_t channels = 0, height = 0, width = 0;
};
} // namespace

static constexpr int64_t mostChannels = 1 << 20;

MobileVit::MobileVit(Model &model, ConfigReader &config)
    : model(model), inputs(config.integer("num_channels", 1, 4096)), patch(config.integer("patch_size", 1, 1024)),
      heads(config.integer("num_attention_heads", 1, mostChannels)),
      kernel(config.integer("conv_kernel_size", 1, 1023)), outputStride(config.integer("output_stride", 1, 1 << 20)),
      mlpRatio(config.real("mlp_ratio")), expandRatio(config.real("expand_ratio")),
      epsilon(config.real("layer_norm_eps")), size(config.size("image_size")),
      hiddenSizes(config.integers("hidden_sizes", 1, mostChannels)),
      widths(config.integers("neck_hidden_sizes", 1, mostChannels)), activation(config.activation("hidden_act")),
      hasQkvBias(config.boolean("qkv_bias")) {
  InputErrors &errors = model.errors;
  checkMultiplier(config, "mlp_ratio", mlpRatio);
  checkMultiplier(config, "expand_ratio", expandRatio);
  checkEpsilon(config, "layer_norm_eps", epsilon);
  checkStages(config, 3, {{"hidden_sizes", &hiddenSizes}});
  // The library counts some from the end.
  if (widths.size() != 7)
    errors.report(config.placeOf("neck_hidden_sizes"),
                  "has " + llvm::Twine(widths.size()) + " widths, expected 7 of them");
  // Else maps become smaller than what they are concatenated with.
  if (kernel % 2 == 0)
    errors.report(config.placeOf("conv_kernel_size"), "is " + llvm::Twine(kernel) + ", expected an odd number");
  for (int64_t hidden : hiddenSizes) {
    if (hidden % heads != 0)
      errors.report(config.placeOf("num_attention_heads"),
                    llvm::Twine(heads) + " heads do not divide the " + llvm::Twine(hidden) + " features of a stage");
    if (double(hidden) * mlpRatio < 1)
      errors.report(config.placeOf("mlp_ratio"), "is " + numberText(mlpRatio) + ", which leaves no feature of " +
                                                     llvm::Twine(hidden) + " between the layers of an MLP");
  }
}

void MobileVit::addLayer(const std::string &name, int64_t outputs, int64_t kernel, int64_t stride, int64_t groups,
                         int64_t dilation, bool isActivated) {
  ConvolutionLayer layer{prefix + name, outputs, kernel, stride, dilation, groups};
  layer.activation = isActivated ? activation : "none";
  addConvolution(model, name, layer);
  channels = outputs;
  height = (height - 1) / stride + 1;
  width = (width - 1) / stride + 1;
}

void MobileVit::addInvertedResidual(const std::string &name, int64_t outputs, int64_t stride, int64_t dilation) {
  std::string input = model.last();
  bool hasShortcut = stride == 1 && channels == outputs;
  // int(round()) takes halves to the even number.
  int64_t expanded = makeDivisible(std::nearbyint(double(channels) * expandRatio), 8, 8);
  addLayer(name + ".expand_1x1", expanded);
  addLayer(name + ".conv_3x3", expanded, 3, stride, expanded, dilation);
  addLayer(name + ".reduce_1x1", outputs, 1, 1, 1, 1, /*isActivated=*/false);
  if (hasShortcut)
    model.addSum(name, input, model.last());
}

void MobileVit::addResiduals(const std::string &name, int64_t outputs, int64_t stride, int64_t count) {
  for (int64_t index = 0; index < count; ++index)
    addInvertedResidual(name + ".layer." + std::to_string(index), outputs, index == 0 ? stride : 1);
}

void MobileVit::addResize(const std::string &name, std::vector<int64_t> size) {
  Node &node = model.add(name, "resize2d");
  node.attributes["kind"] = std::string("bilinear");
  node.attributes["size"] = std::move(size);
}

static int64_t divideUp(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

void MobileVit::addUnfolding(const std::string &name, int64_t features) {
  int64_t rows = divideUp(height, patch), columns = divideUp(width, patch);
  if (rows * patch != height || columns * patch != width)
    addResize(name + ".resized", {rows * patch, columns * patch});
  addReshape(name + ".grid", {rows, patch, columns, patch, features});
  addTranspose(name + ".patches", {1, 3, 0, 2, 4});
  addReshape(name, {patch * patch, rows * columns, features});
}

void MobileVit::addFolding(const std::string &name, int64_t features) {
  int64_t rows = divideUp(height, patch), columns = divideUp(width, patch);
  addReshape(name + ".patches", {patch, patch, rows, columns, features});
  addTranspose(name + ".grid", {2, 0, 3, 1, 4});
  addReshape(name, {rows * patch, columns * patch, features});
  if (rows * patch != height || columns * patch != width)
    addResize(name + ".resized", {height, width});
}

void MobileVit::addTransformerLayer(const std::string &name, int64_t features) {
  Dimensions dimensions;
  dimensions.heads = heads;
  dimensions.hidden = int64_t(double(features) * mlpRatio);
  dimensions.activation = activation;
  dimensions.epsilon = epsilon;
  static constexpr LayerNames names = {
      "layernorm_before",       "attention.attention.query", "attention.attention.key", "attention.attention.value",
      "attention.output.dense", "layernorm_after",           "intermediate.dense",      "output.dense"};
  model.addBlock(name, dimensions, prefix + name + ".", names, hasQkvBias);
}

void MobileVit::addAttentionStage(const std::string &name, int64_t outputs, int64_t features, int64_t count,
                                  int64_t dilation) {
  bool isDilated = dilation > 1;
  addInvertedResidual(name + ".downsampling_layer", outputs, isDilated ? 1 : 2, isDilated ? dilation / 2 : 1);
  std::string input = model.last();
  addLayer(name + ".conv_kxk", outputs, kernel);
  PlainConvolution projection{prefix + name + ".conv_1x1.convolution", features, {1, 1}};
  projection.hasBias = false;
  addConvolution(model, name + ".conv_1x1", projection);
  addUnfolding(name + ".unfolding", features);
  for (int64_t index = 0; index < count; ++index)
    addTransformerLayer(name + ".transformer.layer." + std::to_string(index), features);
  model.addNorm(name + ".layernorm", prefix + name + ".layernorm", epsilon);
  addFolding(name + ".folding", features);
  addLayer(name + ".conv_projection", outputs);
  Node &both = model.add(name + ".concat", "concat");
  both.inputs.insert(both.inputs.begin(), input);
  both.attributes["dim"] = int64_t(2);
  addLayer(name + ".fusion", outputs, kernel);
}

void MobileVit::build() {
  prefix = choosePrefix(model, "mobilevit.");
  const std::vector<int64_t> picture = model.pictureSize.value_or(size);
  height = picture[0];
  width = picture[1];
  model.NodeBuilder::addImage(inputs, size);
  addPictureMap(model, "map");
  addLayer("conv_stem", widths[0], 3, 2);

  std::vector<std::string> states;
  addResiduals("encoder.layer.0", widths[1], 1, 1);
  states.push_back(model.last());
  addResiduals("encoder.layer.1", widths[2], 2, 3);
  states.push_back(model.last());
  static constexpr int64_t depths[] = {2, 4, 3};
  int64_t dilation = 1;
  for (size_t stage = 0; stage < 3; ++stage) {
    if ((stage == 1 && outputStride == 8) || (stage == 2 && (outputStride == 8 || outputStride == 16)))
      dilation *= 2;
    addAttentionStage("encoder.layer." + std::to_string(stage + 2), widths[stage + 3], hiddenSizes[stage],
                      depths[stage], dilation);
    states.push_back(model.last());
  }
  addLayer("conv_1x1_exp", widths[6]);
  std::string map = model.last();
  addGlobalAverage(model, "pooler", widths[6], map);
  if (model.head == Head::Classifier) {
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
  addMapOutputs(model, map, "pooler", states);
}

static void buildMobileVit(Model &model, ConfigReader &config, ConfigReader &) {
  MobileVit builder(model, config);
  if (!model.errors.any())
    builder.build();
}

static constexpr Architecture classes[] = {{"MobileViTForImageClassification", Head::Classifier, "classifier.weight"},
                                           {"MobileViTModel", Head::None, nullptr}};
static constexpr ConfigKey keys[] = {{"num_channels", "3"},
                                     {"image_size", "256"},
                                     {"patch_size", "2"},
                                     {"hidden_sizes", "[144, 192, 240]"},
                                     {"neck_hidden_sizes", "[16, 32, 64, 96, 128, 160, 640]"},
                                     {"num_attention_heads", "4"},
                                     {"mlp_ratio", "2.0"},
                                     {"expand_ratio", "4.0"},
                                     {"hidden_act", "\"silu\""},
                                     {"conv_kernel_size", "3"},
                                     {"output_stride", "32"},
                                     {"layer_norm_eps", "1e-5"},
                                     {"qkv_bias", "true"}};
// Training; segmentation.
static constexpr const char *inert[] = {"aspp_dropout_prob", "semantic_loss_ignore_index", "aspp_out_channels",
                                        "atrous_rates"};

llvm::ArrayRef<Family> vitc::huggingface::mobilevitFamilies() {
  static const Family list[] = {{"mobilevit", classes, {keys, inert}, nullptr, {}, buildMobileVit, true, true}};
  return list;
}
