//===- TimmConvNext.cpp - ConvNeXt and ConvNeXt V2 --------------*- C++ -*-===//
//
// The class ConvNeXt of timm 1.0.31.
//
//===----------------------------------------------------------------------===//

#include "TimmMaps.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;

namespace {

class ConvNext {
public:
  ConvNext(TimmGraph &graph, TimmSettings &settings, const TimmInput &input)
      : maps(graph, settings, input), settings(settings) {}

  int64_t build();

private:
  static constexpr int64_t most = int64_t(1) << 20;
  static constexpr size_t stageCount = 4;

  void read();
  void readNorm();
  void addConvolution(const std::string &name, PlainConvolution convolution) {
    convolution.hasBias = hasConvolutionBias;
    maps.addConvolution(name, std::move(convolution));
  }
  /// Returns the stride of the map behind it.
  int64_t addStem();
  /// One layer of the MLP of a block.
  void addMlpLayer(const std::string &mlp, int index, int64_t features);
  void addBlock(const std::string &name, size_t stage, int64_t dilation);
  void addStages(int64_t stride);
  int64_t addHead();

  TimmMaps maps;
  TimmSettings &settings;
  std::vector<int64_t> depths, widths, kernels;
  int64_t patch = 4, outputStride = 32, headHidden = 0;
  std::string stem, act;
  TimmMapNorm norm;
  bool hasConvolutionMlp = false, hasConvolutionBias = true, hasResponseNorm = false, hasLayerScale = true,
       normalisesFirst = false;
};

void ConvNext::readNorm() {
  norm.kind = TimmMapNorm::Kind::Layer;
  norm.epsilon = 1e-6;
  if (std::optional<TimmMapNorm> given = readTimmMapNorm(maps.errors, settings, "norm_layer"))
    norm = *given;
  using Kind = TimmMapNorm::Kind;
  if (norm.kind == Kind::Batch || norm.kind == Kind::Group)
    settings.unsupported("norm_layer", "another norm than of each pixel's channels");
  norm.epsilon = settings.optionalReal("norm_eps").value_or(norm.epsilon);
  if (!(norm.epsilon >= 0))
    maps.errors.report(settings.where({"norm_eps"}), "is " + numberText(norm.epsilon) + ", expected at least 0");
}

void ConvNext::read() {
  outputStride = settings.integer("output_stride", 32, 1, 32);
  if (!llvm::is_contained({8, 16, 32}, outputStride))
    settings.unsupported("output_stride", llvm::Twine(outputStride));
  depths = settings.integers("depths", {3, 3, 9, 3}, 0, 1000);
  widths = settings.integers("dims", {96, 192, 384, 768}, 1, most);
  for (auto [key, list] : {std::pair("depths", &depths), std::pair("dims", &widths)})
    if (list->size() != stageCount)
      maps.errors.report(settings.where({key}),
                         "has " + llvm::Twine(list->size()) + " stages, expected " + llvm::Twine(stageCount));
  kernels = settings.integers("kernel_sizes", {7}, 1, 255);
  if (kernels.size() == 1)
    kernels.assign(stageCount, kernels.front());
  if (kernels.size() != stageCount)
    maps.errors.report(settings.where({"kernel_sizes"}), "expected one size, or one for each stage");
  for (int64_t kernel : kernels)
    if (kernel % 2 == 0)
      settings.unsupported("kernel_sizes", "an even size (" + llvm::Twine(kernel) + ")");
  hasLayerScale = settings.optionalReal("ls_init_value", 1e-6).has_value();
  stem = settings.string("stem_type", "patch");
  if (!llvm::is_contained({"patch", "overlap", "overlap_tiered", "overlap_act"}, stem))
    settings.unsupported("stem_type", "'" + stem + "'");
  patch = settings.integer("patch_size", 4, 1, 256);
  normalisesFirst = settings.boolean("head_norm_first", false);
  headHidden = settings.optionalInteger("head_hidden_size", 0, most).value_or(0);
  if (normalisesFirst && headHidden > 0)
    settings.unsupported("head_hidden_size", "a hidden layer of the head with head_norm_first");
  if (!normalisesFirst && maps.pool() == "catavgmax")
    settings.unsupported("global_pool", "'catavgmax' before a norm");
  hasConvolutionMlp = settings.boolean("conv_mlp", false);
  hasConvolutionBias = settings.boolean("conv_bias", true);
  hasResponseNorm = settings.boolean("use_grn", false);
  act = settings.activation("act_layer", "gelu");
  readNorm();
}

int64_t ConvNext::addStem() {
  const int64_t width = widths.front();
  if (stem == "patch") {
    addConvolution("stem.0", {"", width, {patch, patch}, {patch, patch}});
    maps.addNorm("stem.1", norm, width);
    return patch;
  }
  const bool isActivated = stem == "overlap_act";
  const int64_t half = width / 2, middle = stem == "overlap_tiered" ? makeDivisible(double(half), 8, 8) : width;
  addConvolution("stem.0", {"", middle, {3, 3}, {2, 2}, {1, 1, 1, 1}});
  if (isActivated)
    maps.addActivation("stem.1", act);
  const std::string second = isActivated ? "stem.2" : "stem.1";
  addConvolution(second, {"", width, {3, 3}, {2, 2}, {1, 1, 1, 1}});
  maps.addNorm(isActivated ? "stem.3" : "stem.2", norm, width);
  return 4;
}

void ConvNext::addMlpLayer(const std::string &mlp, int index, int64_t features) {
  const std::string name = mlp + ".fc" + std::to_string(index), matrix = mlp + ".pwconv" + std::to_string(index);
  // The authors' files have matrices whatever the class has.
  if (maps.graph.hasTensor(matrix + ".weight")) {
    Node &node = maps.graph.addLinear(name, features, true);
    NodeBuilder::setModule(node, "", matrix);
  } else if (hasConvolutionMlp) {
    maps.addConvolution(name, {"", features, {1, 1}});
  } else {
    maps.graph.addLinear(name, features, true);
  }
}

void ConvNext::addBlock(const std::string &name, size_t stage, int64_t dilation) {
  const std::string input = maps.graph.last(), mlp = name + ".mlp";
  const int64_t width = widths[stage], kernel = kernels[stage];
  PlainConvolution depthwise{"", width, {kernel, kernel}};
  depthwise.padding.assign(4, dilation * (kernel - 1) / 2);
  depthwise.groups = width;
  depthwise.dilation = dilation;
  addConvolution(name + ".conv_dw", depthwise);
  maps.addNorm(name + ".norm", norm, width);
  addMlpLayer(mlp, 1, 4 * width);
  maps.addActivation(mlp + ".act", act);
  if (hasResponseNorm) {
    Node &responses = maps.graph.add(mlp + ".grn", "global_response_norm");
    responses.attributes["epsilon"] = 1e-6;
    NodeBuilder::setModule(responses, "", mlp + ".grn");
  }
  addMlpLayer(mlp, 2, width);
  if (hasLayerScale)
    maps.graph.addFactors(name + ".gamma", name + ".gamma", width);
  maps.graph.addSum(name, input, maps.graph.last());
}

void ConvNext::addStages(int64_t netStride) {
  int64_t before = widths.front(), dilation = 1;
  for (size_t stage = 0; stage < stageCount; ++stage) {
    const std::string name = "stages." + std::to_string(stage), downsample = name + ".downsample.";
    int64_t stride = netStride == 2 || stage > 0 ? 2 : 1;
    // From the output stride on, windows grow instead of maps becoming smaller.
    if (netStride >= outputStride && stride > 1) {
      dilation *= stride;
      stride = 1;
    }
    netStride *= stride;
    const int64_t first = dilation > 2 ? 2 : 1;
    const bool isWindow = stride > 1 || first != dilation;
    if (isWindow || before != widths[stage]) {
      maps.addNorm(downsample + "0", norm, before);
      const int64_t kernel = isWindow ? 2 : 1;
      PlainConvolution convolution{"", widths[stage], {kernel, kernel}, {stride, stride}};
      convolution.dilation = first;
      if (dilation > 1) {
        const int64_t all = (kernel - 1) * first, half = all / 2;
        convolution.padding = {half, half, all - half, all - half};
      }
      addConvolution(downsample + "1", convolution);
    }
    before = widths[stage];
    for (int64_t index = 0; index < depths[stage]; ++index)
      addBlock(name + ".blocks." + std::to_string(index), stage, dilation);
    maps.keepState();
  }
}

int64_t ConvNext::addHead() {
  const int64_t width = widths.back();
  if (normalisesFirst)
    maps.addNorm("norm_pre", norm, width);
  maps.keepFeatures();
  maps.addPool("head.global_pool", width);
  if (!normalisesFirst)
    maps.addNorm("head.norm", norm, width);
  if (headHidden > 0) {
    maps.addLinear("head.pre_logits.fc", headHidden);
    maps.addActivation("head.pre_logits.act", "gelu");
  }
  return maps.addClassifier("head.fc");
}

int64_t ConvNext::build() {
  read();
  if (maps.errors.any())
    return 0;
  maps.begin();
  addStages(addStem());
  return addHead();
}

} // namespace

int64_t vitc::buildTimmConvNext(TimmGraph &graph, TimmSettings &settings, const TimmInput &input) {
  return ConvNext(graph, settings, input).build();
}
