//===- TimmMobileNet.cpp - EfficientNet, MobileNet V1 to V4, MNASNet, … -*- C++ -*-===//
//
// The classes EfficientNet and MobileNetV3 of timm 1.0.31, which differ in their heads.
//
//===----------------------------------------------------------------------===//

#include "TimmMaps.h"
#include "TimmMobileBlocks.h"
#include "vitc/Description/DescriptionParser.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;

namespace {

class MobileNet {
public:
  MobileNet(TimmGraph &graph, TimmSettings &settings, const TimmInput &input, bool poolsFirst)
      : maps(graph, settings, input), settings(settings), poolsFirst(poolsFirst) {}

  int64_t build();

private:
  static constexpr int64_t most = int64_t(1) << 20;

  /// A block among those that have one description.
  struct Block {
    TimmMobileBlocks kind;
    int64_t inputs, stride, dilation;
    std::string name;

    /// make_divisible of the inner width.
    int64_t inner() const {
      const int64_t from = kind.kind == "er" && kind.forcedInputs > 0 ? kind.forcedInputs : inputs;
      return makeDivisible(double(from) * kind.expansion, 8, 8);
    }
    bool hasSum() const {
      if (stride != 1 || inputs != kind.channels || kind.kind == "dsa")
        return false;
      return kind.kind == "cn" ? kind.skips : !kind.neverSkips;
    }
  };

  void read();
  void readGates();
  /// What follows a convolution: its norm, then perhaps an activation.
  struct Following {
    std::string norm, activation;
  };
  /// A convolution that is padded so that nothing but the stride makes its map smaller.
  void addConvolution(const std::string &name, int64_t channels, int64_t kernel, const Following &following,
                      int64_t stride = 1, int64_t dilation = 1, int64_t groups = 1);
  /// The same where blocks may have a stride: pixels may be smoothed for it.
  void addStrided(const Block &block, const std::string &name, int64_t channels, int64_t kernel, int64_t groups,
                  const Following &following, int64_t stride);
  int64_t groupsOf(const Block &block, int64_t channels);
  void addGates(const Block &block, int64_t channels);
  void addBlock(const Block &block);
  void addUniversalBlock(const Block &block);
  /// Returns the channels of the last.
  int64_t addStages();
  int64_t addHead(int64_t channels);

  TimmMaps maps;
  TimmSettings &settings;
  /// MobileNetV3: the last convolution comes behind the pooling.
  const bool poolsFirst;
  std::vector<std::vector<TimmMobileBlocks>> stages;
  int64_t features = 0, stem = 0, stemKernel = 3, outputStride = 32;
  bool samePadding = false, hasHeadBias = true, hasHeadNorm = false, hasLayerScale = false, gatesFromInner = false;
  std::string act;
  TimmMapNorm norm;
  TimmAntiAlias antiAlias = TimmAntiAlias::None;
  struct {
    /// Between the two layers (empty: the block's), behind them.
    std::string activation, gate = "sigmoid";
    /// How the width between them is rounded: as makeDivisible does, else to whole numbers.
    bool isDivisible = false;
    double multiplier = 1, leastPart = 0.9;
  } gates;
};

void MobileNet::readGates() {
  std::optional<TimmSettings::ClassCall> call = settings.classCall("se_layer");
  if (!call)
    return;
  if (call->name != "SqueezeExcite")
    return settings.unsupported("se_layer", "the attention '" + call->name + "'");
  const std::string where = settings.where({"se_layer"});
  for (const auto &[key, value] : call->keywords) {
    if (key == "gate_layer" || key == "force_act_layer") {
      std::string &function = key == "gate_layer" ? gates.gate : gates.activation;
      function = settings.activationIn("se_layer", value);
    } else if (key == "rd_round_fn") {
      std::optional<TimmSettings::ClassCall> round = settings.classCall("se_layer", value);
      if (!round)
        continue;
      gates.isDivisible = round->name == "round_channels";
      if (!gates.isDivisible)
        settings.unsupported("se_layer", "rounding by '" + round->name + "'");
      for (const auto &[argument, number] : round->keywords) {
        if (argument == "multiplier")
          gates.multiplier = readReal(maps.errors, where, number).value_or(1);
        else if (argument == "round_limit")
          gates.leastPart = readReal(maps.errors, where, number).value_or(0);
        else
          settings.unsupported("se_layer", argument);
      }
    } else {
      settings.unsupported("se_layer", key);
    }
  }
}

void MobileNet::read() {
  stages = readTimmMobileBlocks(maps.errors, settings);
  features = settings.integer("num_features", 1280, poolsFirst ? 1 : 0, most);
  stem = settings.integer("stem_size", poolsFirst ? 16 : 32, 1, most);
  const std::string padding = settings.string("pad_type", "");
  samePadding = padding == "same";
  if (!samePadding && !padding.empty())
    settings.unsupported("pad_type", "'" + padding + "'");
  if (poolsFirst) {
    hasHeadBias = settings.boolean("head_bias", true);
    hasHeadNorm = settings.boolean("head_norm", false);
    hasLayerScale = settings.optionalReal("layer_scale_init_value").has_value();
    gatesFromInner = settings.boolean("se_from_exp", true);
  } else {
    stemKernel = settings.integer("stem_kernel_size", 3, 1, 255);
    outputStride = settings.integer("output_stride", 32, 2, 32);
  }
  act = settings.activation("act_layer", "relu");
  norm = readTimmMapNorm(maps.errors, settings, "norm_layer").value_or(TimmMapNorm());
  norm.epsilon = settings.optionalReal("bn_eps").value_or(norm.epsilon);
  if (!(norm.epsilon >= 0))
    maps.errors.report(settings.where({"bn_eps"}), "is " + numberText(norm.epsilon) + ", expected at least 0");
  antiAlias = readTimmAntiAlias(settings);
  readGates();
}

void MobileNet::addConvolution(const std::string &name, int64_t channels, int64_t kernel, const Following &following,
                               int64_t stride, int64_t dilation, int64_t groups) {
  PlainConvolution convolution{"", channels, {kernel, kernel}, {stride, stride}};
  convolution.groups = groups;
  convolution.dilation = dilation;
  convolution.hasBias = false;
  if (samePadding && stride > 1) {
    convolution.samePadding = true;
  } else if (samePadding) {
    const int64_t all = dilation * (kernel - 1), before = all / 2;
    convolution.padding = {before, before, all - before, all - before};
  } else {
    convolution.padding.assign(4, ((stride - 1) + dilation * (kernel - 1)) / 2);
  }
  maps.addConvolution(name, convolution);
  maps.addNorm(following.norm, norm, channels);
  maps.addActivation(following.norm + ".act", following.activation);
}

void MobileNet::addStrided(const Block &block, const std::string &name, int64_t channels, int64_t kernel,
                           int64_t groups, const Following &following, int64_t stride) {
  const bool isSmoothed = antiAlias != TimmAntiAlias::None && stride > 1;
  addConvolution(name, channels, kernel, following, isSmoothed ? 1 : stride, block.dilation, groups);
  if (isSmoothed)
    maps.addAntiAlias(name + ".aa", antiAlias, stride);
}

int64_t MobileNet::groupsOf(const Block &block, int64_t channels) {
  if (block.kind.groupSize == 0)
    return 1;
  if (channels % block.kind.groupSize != 0)
    maps.errors.report(settings.where({"block_args"}), "groups of " + llvm::Twine(block.kind.groupSize) +
                                                           " do not divide the " + llvm::Twine(channels) +
                                                           " channels of " + block.name);
  return std::max<int64_t>(channels / block.kind.groupSize, 1);
}

void MobileNet::addGates(const Block &block, int64_t channels) {
  if (block.kind.gates == 0)
    return;
  double ratio = block.kind.gates;
  if (!gatesFromInner)
    ratio /= block.kind.expansion;
  const double wanted = double(channels) * ratio;
  // round() takes halves to the even number.
  auto reduced = int64_t(std::nearbyint(wanted));
  if (gates.isDivisible)
    reduced = makeDivisible(wanted * gates.multiplier, 8, 8, gates.leastPart);
  if (reduced < 1)
    maps.errors.report(settings.where({"block_args"}), "the gates of " + block.name + " would have no features inside");
  const std::string name = block.name + ".se";
  const std::string &activation = gates.activation.empty() ? block.kind.activation : gates.activation;
  addSqueezeExcitation(
      maps.graph, name,
      {name + ".conv_reduce", name + ".conv_expand", channels, std::max<int64_t>(reduced, 1), activation, gates.gate});
}

void MobileNet::addBlock(const Block &block) {
  const TimmMobileBlocks &kind = block.kind;
  const std::string &name = block.name, &activation = kind.activation;
  const bool isDepthwise = kind.kind == "ds" || kind.kind == "dsa", isInverted = kind.kind == "ir";
  const int64_t outputs = kind.channels;
  auto following = [&](int index, bool isActivated) {
    return Following{name + ".bn" + std::to_string(index), isActivated ? activation : "none"};
  };
  if (kind.kind == "cn") {
    addStrided(block, name + ".conv", outputs, kind.kernel, groupsOf(block, block.inputs), following(1, true),
               block.stride);
  } else if (isDepthwise) {
    // The library's filters are for the block's outputs there.
    if (block.stride > 1 && block.inputs != outputs &&
        (antiAlias == TimmAntiAlias::Blur || antiAlias == TimmAntiAlias::BlurZeros))
      settings.unsupported("aa_layer", "blurring in " + name + ", which changes its channels,");
    addStrided(block, name + ".conv_dw", block.inputs, kind.kernel, groupsOf(block, block.inputs), following(1, true),
               block.stride);
    addGates(block, block.inputs);
    addConvolution(name + ".conv_pw", outputs, kind.endKernel, following(2, kind.kind == "dsa"));
  } else {
    const int64_t inner = block.inner();
    if (isInverted)
      addConvolution(name + ".conv_pw", inner, kind.startKernel, following(1, true));
    addStrided(block, name + (isInverted ? ".conv_dw" : ".conv_exp"), inner, kind.kernel, groupsOf(block, inner),
               following(isInverted ? 2 : 1, true), block.stride);
    addGates(block, inner);
    addConvolution(name + ".conv_pwl", outputs, kind.endKernel, following(isInverted ? 3 : 2, false));
  }
}

void MobileNet::addUniversalBlock(const Block &block) {
  const TimmMobileBlocks &kind = block.kind;
  const std::string &name = block.name;
  const int64_t inner = block.inner();
  auto following = [&](const std::string &layer, bool isActivated) {
    return Following{name + "." + layer + ".bn", isActivated ? kind.activation : "none"};
  };
  if (kind.startKernel > 0)
    addStrided(block, name + ".dw_start.conv", block.inputs, kind.startKernel, groupsOf(block, block.inputs),
               following("dw_start", false), kind.kernel > 0 ? 1 : block.stride);
  addConvolution(name + ".pw_exp.conv", inner, 1, following("pw_exp", true));
  if (kind.kernel > 0)
    addStrided(block, name + ".dw_mid.conv", inner, kind.kernel, groupsOf(block, inner), following("dw_mid", true),
               block.stride);
  addGates(block, inner);
  addConvolution(name + ".pw_proj.conv", kind.channels, 1, following("pw_proj", false));
  if (kind.endKernel > 0)
    addStrided(block, name + ".dw_end.conv", kind.channels, kind.endKernel, groupsOf(block, kind.channels),
               following("dw_end", false), kind.startKernel > 0 || kind.kernel > 0 ? 1 : block.stride);
  if (hasLayerScale)
    maps.graph.addFactors(name + ".layer_scale", name + ".layer_scale.gamma", kind.channels);
}

int64_t MobileNet::addStages() {
  int64_t channels = stem, netStride = 2, dilation = 1;
  for (size_t stage = 0; stage < stages.size(); ++stage) {
    // Maps are kept before they become smaller.
    if (stages[stage].front().stride > 1)
      maps.keepState();
    int64_t index = 0;
    for (const TimmMobileBlocks &kind : stages[stage])
      for (int64_t repeat = 0; repeat < kind.repeats; ++repeat) {
        Block block{kind, channels, index == 0 ? kind.stride : 1, dilation,
                    "blocks." + std::to_string(stage) + "." + std::to_string(index)};
        // Beyond the output stride, windows of the blocks behind grow instead of maps becoming smaller.
        if (block.stride > 1 && netStride * block.stride > outputStride) {
          dilation *= block.stride;
          block.stride = 1;
        }
        netStride *= block.stride;
        if (block.kind.activation.empty())
          block.kind.activation = act;
        const std::string input = maps.graph.last();
        if (kind.kind == "uir")
          addUniversalBlock(block);
        else
          addBlock(block);
        if (block.hasSum())
          maps.graph.addSum(block.name, maps.graph.last(), input);
        channels = kind.channels;
        ++index;
      }
  }
  maps.keepState();
  return channels;
}

int64_t MobileNet::addHead(int64_t channels) {
  if (!poolsFirst) {
    if (features > 0)
      addConvolution("conv_head", features, 1, {"bn2", act});
    maps.keepFeatures();
    maps.addPool("global_pool", features > 0 ? features : channels);
    return maps.addClassifier("classifier");
  }
  maps.keepFeatures();
  const int64_t pooled = maps.addPool("global_pool", channels);
  const bool isPixel = !maps.pool().empty();
  if (isPixel)
    maps.graph.addReshape("global_pool.pixel", {1, 1, pooled});
  PlainConvolution convolution{"", features, {1, 1}};
  convolution.hasBias = hasHeadBias && !hasHeadNorm;
  maps.addConvolution("conv_head", convolution);
  if (hasHeadNorm)
    maps.addNorm("norm_head", norm, features);
  maps.addActivation("act2", act);
  if (isPixel)
    maps.graph.addReshape("flatten", {features});
  return maps.addClassifier("classifier");
}

int64_t MobileNet::build() {
  read();
  int64_t blocks = 0;
  for (const std::vector<TimmMobileBlocks> &stage : stages)
    for (const TimmMobileBlocks &kind : stage)
      blocks += kind.repeats;
  if (blocks > int64_t(maximumNodes) / 32)
    maps.errors.report(settings.where({"block_args"}), llvm::Twine(blocks) + " blocks are too many");
  if (stages.empty() || maps.errors.any())
    return 0;
  maps.begin();
  addConvolution("conv_stem", stem, stemKernel, {"bn1", act}, 2);
  return addHead(addStages());
}

} // namespace

int64_t vitc::buildTimmEfficientNet(TimmGraph &graph, TimmSettings &settings, const TimmInput &input) {
  return MobileNet(graph, settings, input, /*poolsFirst=*/false).build();
}

int64_t vitc::buildTimmMobileNetV3(TimmGraph &graph, TimmSettings &settings, const TimmInput &input) {
  return MobileNet(graph, settings, input, /*poolsFirst=*/true).build();
}
