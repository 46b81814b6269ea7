//===- MobileVit.cpp - inverted residuals and attention ---------*- C++ -*-===//

#include "MobileVit.h"

#include "Families.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

MobileVit::MobileVit(Model &model, ConfigReader &config)
    : model(model), inputs(config.integer("num_channels", 1, 4096)), patch(config.integer("patch_size", 1, 1024)),
      kernel(config.integer("conv_kernel_size", 1, 1023)), outputStride(config.integer("output_stride", 1, 1 << 20)),
      expandRatio(config.real("expand_ratio")), epsilon(config.real("layer_norm_eps")), size(config.size("image_size")),
      activation(config.activation("hidden_act")) {
  checkMultiplier(config, "expand_ratio", expandRatio);
  checkEpsilon(config, "layer_norm_eps", epsilon);
  // Even ones make maps smaller.
  if (kernel % 2 == 0)
    model.errors.report(config.placeOf("conv_kernel_size"), "is " + llvm::Twine(kernel) + ", expected an odd number");
  if (model.head == Head::Segmentation)
    pyramid = AtrousPyramid::read(config);
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

void MobileVit::addProjection(const std::string &name, int64_t outputs, bool hasBias) {
  PlainConvolution projection{prefix + name + ".convolution", outputs, {1, 1}};
  projection.hasBias = hasBias;
  addConvolution(model, name, projection);
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

void MobileVit::addPatches(const std::string &name, int64_t rows, int64_t columns, int64_t features) {
  model.addReshape(name + ".grid", {rows, patch, columns, patch, features});
  model.addTranspose(name + ".patches", {1, 3, 0, 2, 4});
  model.addReshape(name, {patch * patch, rows * columns, features});
}

void MobileVit::addMap(const std::string &name, int64_t rows, int64_t columns, int64_t features) {
  model.addReshape(name + ".patches", {patch, patch, rows, columns, features});
  model.addTranspose(name + ".grid", {2, 0, 3, 1, 4});
  model.addReshape(name, {rows * patch, columns * patch, features});
}

std::vector<std::string> MobileVit::addEncoder() {
  std::vector<std::string> states;
  addLayer("conv_stem", widths[0], 3, 2);
  addResiduals("encoder.layer.0", widths[1], 1, 1);
  states.push_back(model.last());
  addResiduals("encoder.layer.1", widths[2], 2, residuals);
  states.push_back(model.last());
  int64_t dilation = 1;
  for (size_t stage = 0; stage < 3; ++stage) {
    // From the output stride on, windows grow instead of maps becoming smaller: one stage later.
    bool isDilated = (stage == 1 && outputStride == 8) || (stage == 2 && (outputStride == 8 || outputStride == 16));
    std::string name = "encoder.layer." + std::to_string(stage + 2);
    int64_t outputs = widths[stage + 3];
    addInvertedResidual(name + ".downsampling_layer", outputs, isDilated ? 1 : 2, dilation);
    if (isDilated)
      dilation *= 2;
    addMixer(name, stage, outputs);
    states.push_back(model.last());
  }
  return states;
}

void MobileVit::build() {
  prefix = choosePrefix(model, model.type + ".");
  model.NodeBuilder::addImage(inputs, size);
  const std::vector<int64_t> picture = model.sizeOfPicture();
  height = picture[0];
  width = picture[1];
  addPictureMap(model, "map");
  std::vector<std::string> states = addEncoder();
  if (model.head == Head::Segmentation) {
    addDeepLabV3(model, pyramid, channels);
    return addMapOutputs(model, states.back(), "", states);
  }
  addExpansion();
  std::string map = model.last();
  addGlobalAverage(model, "pooler", channels, map);
  if (model.head == Head::Classifier) {
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
  addMapOutputs(model, map, "pooler", states);
}

namespace {
class FirstVersion : public MobileVit {
public:
  FirstVersion(Model &model, ConfigReader &config);

private:
  void addMixer(const std::string &name, size_t stage, int64_t outputs) override;
  void addExpansion() override { addLayer("conv_1x1_exp", widths[6]); }
  /// MobileViTTransformerLayer.
  void addTransformerLayer(const std::string &name, int64_t features);

  const int64_t heads;
  const double mlpRatio;
  const std::vector<int64_t> hiddenSizes;
  const bool hasQkvBias;
};
} // namespace

FirstVersion::FirstVersion(Model &model, ConfigReader &config)
    : MobileVit(model, config), heads(config.integer("num_attention_heads", 1, mostMobileVitChannels)),
      mlpRatio(config.real("mlp_ratio")), hiddenSizes(config.integers("hidden_sizes", 1, mostMobileVitChannels)),
      hasQkvBias(config.boolean("qkv_bias")) {
  InputErrors &errors = model.errors;
  checkMultiplier(config, "mlp_ratio", mlpRatio);
  checkStages(config, 3, {{"hidden_sizes", &hiddenSizes}});
  widths = config.integers("neck_hidden_sizes", 1, mostMobileVitChannels);
  residuals = 3;
  // The library counts some from the end.
  if (widths.size() != 7)
    errors.report(config.placeOf("neck_hidden_sizes"),
                  "has " + llvm::Twine(widths.size()) + " widths, expected 7 of them");
  for (int64_t hidden : hiddenSizes) {
    if (hidden % heads != 0)
      errors.report(config.placeOf("num_attention_heads"),
                    llvm::Twine(heads) + " heads do not divide the " + llvm::Twine(hidden) + " features of a stage");
    if (double(hidden) * mlpRatio < 1)
      errors.report(config.placeOf("mlp_ratio"), "is " + numberText(mlpRatio) + ", which leaves no feature of " +
                                                     llvm::Twine(hidden) + " between the layers of an MLP");
  }
}

void FirstVersion::addTransformerLayer(const std::string &name, int64_t features) {
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

void FirstVersion::addMixer(const std::string &name, size_t stage, int64_t outputs) {
  static constexpr int64_t depths[] = {2, 4, 3};
  const std::string input = model.last();
  const int64_t features = hiddenSizes[stage];
  addLayer(name + ".conv_kxk", outputs, kernel);
  addProjection(name + ".conv_1x1", features, /*hasBias=*/false);
  // Maps that patches do not fill are enlarged until they do.
  const int64_t rows = (height + patch - 1) / patch, columns = (width + patch - 1) / patch;
  const bool isFilled = rows * patch == height && columns * patch == width;
  if (!isFilled)
    addResize(model, name + ".enlarged", "bilinear", {rows * patch, columns * patch});
  addPatches(name + ".unfolding", rows, columns, features);
  for (int64_t index = 0; index < depths[stage]; ++index)
    addTransformerLayer(name + ".transformer.layer." + std::to_string(index), features);
  model.addNorm(name + ".layernorm", prefix + name + ".layernorm", epsilon);
  addMap(name + ".folding", rows, columns, features);
  if (!isFilled)
    addResize(model, name + ".reduced", "bilinear", {height, width});
  addLayer(name + ".conv_projection", outputs);
  model.addConcat(name + ".concat", {input, model.last()}, 2);
  addLayer(name + ".fusion", outputs, kernel);
}

static constexpr Architecture classes[] = {
    {"MobileViTForImageClassification", Head::Classifier, "classifier.weight"},
    {"MobileViTForSemanticSegmentation", Head::Segmentation, "segmentation_head.classifier.convolution.weight"},
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
                                     {"qkv_bias", "true"},
                                     {"aspp_out_channels", "256"},
                                     {"atrous_rates", "[6, 12, 18]"}};
// Training.
static constexpr const char *inert[] = {"aspp_dropout_prob", "semantic_loss_ignore_index"};

llvm::ArrayRef<Family> vitc::huggingface::mobilevitFamilies() {
  static const Family list[] = {
      {"mobilevit", classes, {keys, inert}, nullptr, {}, buildWith<FirstVersion>, true, true}};
  return list;
}
