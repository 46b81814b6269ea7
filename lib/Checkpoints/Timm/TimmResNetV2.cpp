//===- TimmResNetV2.cpp - the maps in front of hybrid Vision Transformers -*- C++ -*-===//
//
// The class ResNetV2 of timm 1.0.31 as its hybrids have it: without activations in front of layers, filters
// standardised, all padded as TensorFlow does.
//
//===----------------------------------------------------------------------===//

#include "TimmMaps.h"

using namespace vitc;

namespace {

class ResNetV2 {
public:
  ResNetV2(TimmGraph &graph, TimmSettings &settings, std::string prefix)
      : maps(graph), settings(settings), prefix(std::move(prefix)) {
    norm.kind = TimmMapNorm::Kind::Group;
  }

  void buildMap();

private:
  void read();
  void addConvolution(const std::string &name, int64_t channels, int64_t kernel, int64_t stride = 1,
                      const std::string &input = "");
  void addNorm(const std::string &name, int64_t channels, bool isActivated);
  /// Bottleneck; `isFirst`: of a stage, with a convolution as its shortcut.
  void addBlock(const std::string &name, int64_t channels, int64_t stride, bool isFirst);

  TimmMaps maps;
  TimmSettings &settings;
  const std::string prefix;
  std::vector<int64_t> layers, channels;
  int64_t stem = 64;
  double epsilon = 1e-6;
  TimmMapNorm norm;
};

void ResNetV2::read() {
  constexpr int64_t most = int64_t(1) << 20;
  layers = settings.integers("layers", {}, 1, 1000);
  channels = settings.integers("channels", {256, 512, 1024, 2048}, 4, most);
  stem = settings.integer("stem_chs", 64, 1, most);
  if (layers.size() > channels.size())
    settings.unsupported("layers", "more layers than channels");
  if (settings.string("stem_type", "") != "same")
    settings.unsupported("stem_type", "another padding than 'same'");
  if (settings.boolean("preact", true))
    settings.unsupported("preact", "true");
  std::optional<TimmSettings::ClassCall> call = settings.classCall("conv_layer");
  if (!call || call->name != "StdConv2dSame")
    return settings.unsupported("conv_layer", "another convolution than StdConv2dSame");
  for (const auto &[key, value] : call->keywords)
    if (key == "eps")
      epsilon = readReal(maps.errors, settings.where({"conv_layer"}), value).value_or(epsilon);
    else
      settings.unsupported("conv_layer", key);
  if (!(epsilon >= 0))
    settings.unsupported("conv_layer", "an epsilon of " + numberText(epsilon));
}

void ResNetV2::addConvolution(const std::string &name, int64_t outputs, int64_t kernel, int64_t stride,
                              const std::string &input) {
  PlainConvolution convolution{"", outputs, {kernel, kernel}, {stride, stride}};
  convolution.hasBias = false;
  convolution.samePadding = true;
  convolution.standardizeEpsilon = epsilon;
  maps.addConvolution(name, convolution, input);
}

void ResNetV2::addNorm(const std::string &name, int64_t count, bool isActivated) {
  maps.addNorm(name, norm, count);
  if (isActivated)
    maps.addActivation(name + ".act", "relu");
}

void ResNetV2::addBlock(const std::string &name, int64_t outputs, int64_t stride, bool isFirst) {
  const std::string input = maps.graph.last();
  std::string shortcut = input;
  if (isFirst) {
    addConvolution(name + ".downsample.conv", outputs, 1, stride);
    addNorm(name + ".downsample.norm", outputs, false);
    shortcut = maps.graph.last();
  }
  const int64_t inner = makeDivisible(double(outputs) * 0.25, 8, 8);
  addConvolution(name + ".conv1", inner, 1, 1, input);
  addNorm(name + ".norm1", inner, true);
  addConvolution(name + ".conv2", inner, 3, stride);
  addNorm(name + ".norm2", inner, true);
  addConvolution(name + ".conv3", outputs, 1);
  addNorm(name + ".norm3", outputs, false);
  maps.graph.addSum(name + ".sum", maps.graph.last(), shortcut);
  maps.addActivation(name, "relu");
}

void ResNetV2::buildMap() {
  read();
  if (maps.errors.any())
    return;
  // A stem alone is the whole in timm, with its own names.
  const std::string start = prefix + (layers.empty() ? "" : "stem.");
  int64_t width = makeDivisible(double(stem), 8, 8);
  addConvolution(start + "conv", width, 7, 2);
  addNorm(start + "norm", width, true);
  addMaximumPool(maps.graph, start + "pool", 3, 2, /*samePadding=*/true);
  for (size_t stage = 0; stage < layers.size(); ++stage) {
    width = makeDivisible(double(channels[stage]), 8, 8);
    for (int64_t index = 0; index < layers[stage]; ++index)
      addBlock(prefix + "stages." + std::to_string(stage) + ".blocks." + std::to_string(index), width,
               index == 0 && stage > 0 ? 2 : 1, index == 0);
  }
}

} // namespace

void vitc::addTimmResNetV2Map(TimmGraph &graph, TimmSettings &settings, const std::string &prefix) {
  ResNetV2(graph, settings, prefix).buildMap();
}
