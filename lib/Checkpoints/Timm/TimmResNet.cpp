//===- TimmResNet.cpp - ResNet, ResNeXt, SE-ResNet, ECA-ResNet, … -*- C++ -*-===//
//
// The class ResNet of timm 1.0.31.
//
//===----------------------------------------------------------------------===//

#include "TimmMaps.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;

namespace {

class ResNet {
public:
  ResNet(TimmGraph &graph, TimmSettings &settings, const TimmInput &input)
      : maps(graph, settings, input), settings(settings) {}

  /// One whose maps others take, with this prefix of tensors.
  ResNet(TimmGraph &graph, TimmSettings &settings, std::string prefix)
      : maps(graph), settings(settings), prefix(std::move(prefix)) {}

  int64_t build();
  /// Up to the stage that is asked for; returns the channels.
  void buildMap();

private:
  static constexpr int64_t most = int64_t(1) << 20;

  /// What a residual block is made with.
  struct Block {
    std::string kind;
    int64_t planes = 0, stride = 1, dilation = 1, firstDilation = 1;
    bool hasShortcut = false;

    int64_t outputs() const { return kind == "Bottleneck" ? 4 * planes : planes; }
  };

  void read();
  void readLayers();
  void readAttention();
  /// A convolution without a bias, whose map keeps its size but for the stride.
  void addConvolution(const std::string &name, int64_t channels, int64_t kernel, int64_t stride = 1,
                      int64_t dilation = 1, int64_t groups = 1, const std::string &input = "");
  bool hasDeepStem() const { return llvm::StringRef(stemType).contains("deep"); }
  int64_t stemOutputs() const { return hasDeepStem() ? 2 * stemWidth : 64; }
  void addStem();
  /// Returns the channels of the last of so many stages.
  int64_t addStages(size_t count);
  void addStemPool(int64_t channels);
  void addAttention(const std::string &name, int64_t channels);
  /// Returns the name of what is added to the block's result.
  std::string addShortcut(const std::string &name, const Block &block, const std::string &input);
  void addBlock(const std::string &name, const Block &block);

  TimmMaps maps;
  TimmSettings &settings;
  const std::string prefix;
  std::vector<std::string> blocks;
  std::vector<int64_t> layers, channels;
  int64_t cardinality = 1, baseWidth = 64, stemWidth = 64, reduceFirst = 1, downKernel = 1, outputStride = 32;
  bool replacesStemPool = false, averagesDown = false;
  std::string stemType, act;
  TimmMapNorm norm;
  TimmAntiAlias antiAlias = TimmAntiAlias::None;
  /// "", "se" or "eca".
  std::string attention;
  double reduction = 1.0 / 16;
};

void ResNet::readLayers() {
  blocks = settings.classNames("block");
  layers = settings.integers("layers", {}, 1, 1000);
  channels = settings.integers("channels", {64, 128, 256, 512}, 1, most);
  if (blocks.size() == 1)
    blocks.assign(channels.size(), blocks.front());
  for (const std::string &block : blocks)
    if (block != "BasicBlock" && block != "Bottleneck")
      settings.unsupported("block", "'" + block + "'");
  if (layers.size() != channels.size() || blocks.size() != channels.size() || channels.size() > 4)
    maps.errors.report(settings.where({"layers", "channels", "block"}),
                       "expected as many layers and blocks as there are channels (" + llvm::Twine(channels.size()) +
                           "), at most 4");
  cardinality = settings.integer("cardinality", 1, 1, 1 << 16);
  baseWidth = settings.integer("base_width", 64, 1, 1 << 16);
  if (llvm::is_contained(blocks, "BasicBlock"))
    for (auto [key, value, expected] :
         {std::tuple("cardinality", cardinality, int64_t(1)), std::tuple("base_width", baseWidth, int64_t(64))})
      if (value != expected)
        settings.unsupported(key, llvm::Twine(value) + " with BasicBlock");
  reduceFirst = settings.integer("block_reduce_first", 1, 1, most);
  downKernel = settings.integer("down_kernel_size", 1, 1, 15);
  averagesDown = settings.boolean("avg_down", false);
  outputStride = settings.integer("output_stride", 32, 1, 32);
  if (!llvm::is_contained({8, 16, 32}, outputStride))
    settings.unsupported("output_stride", llvm::Twine(outputStride));
}

void ResNet::readAttention() {
  const JsonValue *arguments = settings.given("block_args");
  if (!arguments)
    return;
  if (!arguments->asObject())
    return reportKind(maps.errors, settings.where({"block_args"}), *arguments, "an object");
  for (const auto &[key, value] : *arguments->asObject()) {
    if (key != "attn_layer") {
      settings.unsupported("block_args", key);
      continue;
    }
    std::optional<TimmSettings::ClassCall> call =
        value.isNull() ? std::nullopt : settings.classCall("block_args", value);
    if (!call)
      continue;
    attention = llvm::StringRef(call->name).lower();
    if (attention == "semodule")
      attention = "se";
    if (attention != "se" && attention != "eca")
      settings.unsupported("block_args", "the attention '" + call->name + "'");
    for (const auto &[keyword, argument] : call->keywords) {
      if (attention == "se" && keyword == "rd_ratio")
        reduction = readReal(maps.errors, settings.where({"block_args"}), argument).value_or(reduction);
      else
        settings.unsupported("block_args", keyword);
    }
  }
}

void ResNet::addConvolution(const std::string &name, int64_t outputs, int64_t kernel, int64_t stride, int64_t dilation,
                            int64_t groups, const std::string &input) {
  PlainConvolution convolution{"", outputs, {kernel, kernel}, {stride, stride}};
  convolution.padding.assign(4, ((stride - 1) + dilation * (kernel - 1)) / 2);
  convolution.dilation = dilation;
  convolution.groups = groups;
  convolution.hasBias = false;
  maps.addConvolution(name, convolution, input);
}

void ResNet::addStem() {
  const bool isDeep = hasDeepStem();
  const int64_t width = stemOutputs();
  if (isDeep) {
    const int64_t first = llvm::StringRef(stemType).contains("tiered") ? 3 * (stemWidth / 4) : stemWidth;
    addConvolution(prefix + "conv1.0", first, 3, 2);
    maps.addNorm(prefix + "conv1.1", norm, first);
    maps.addActivation(prefix + "conv1.2", act);
    addConvolution(prefix + "conv1.3", stemWidth, 3);
    maps.addNorm(prefix + "conv1.4", norm, stemWidth);
    maps.addActivation(prefix + "conv1.5", act);
    addConvolution(prefix + "conv1.6", width, 3);
  } else {
    addConvolution(prefix + "conv1", width, 7, 2);
  }
  maps.addNorm(prefix + "bn1", norm, width);
  maps.addActivation(prefix + "act1", act);
  maps.keepState();
  addStemPool(width);
}

void ResNet::addStemPool(int64_t width) {
  const bool isPlain = antiAlias == TimmAntiAlias::None;
  if (replacesStemPool) {
    addConvolution(prefix + "maxpool.0", width, 3, isPlain ? 2 : 1);
    maps.addAntiAlias(prefix + "maxpool.1", antiAlias);
    maps.addNorm(prefix + (isPlain ? "maxpool.1" : "maxpool.2"), norm, width);
    maps.addActivation(prefix + "maxpool", act);
  } else if (antiAlias == TimmAntiAlias::Average) {
    maps.addAntiAlias(prefix + "maxpool", antiAlias);
  } else {
    addMaximumPool(maps.graph, prefix + (isPlain ? "maxpool" : "maxpool.0"), 3, isPlain ? 2 : 1);
    maps.addAntiAlias(prefix + "maxpool", antiAlias);
  }
}

void ResNet::addAttention(const std::string &name, int64_t outputs) {
  if (attention == "se")
    addSqueezeExcitation(maps.graph, name,
                         {name + ".fc1", name + ".fc2", outputs,
                          makeDivisible(double(outputs) * reduction, 8, 8, /*leastPart=*/0), "relu"});
  else if (attention == "eca")
    maps.addChannelAttention(name, outputs);
}

std::string ResNet::addShortcut(const std::string &name, const Block &block, const std::string &input) {
  if (!block.hasShortcut)
    return input;
  const bool keepsSize = block.stride == 1 && block.dilation == 1;
  std::string from = input, layer = name + ".downsample.";
  if (averagesDown && !keepsSize) {
    maps.addShortcutPool(layer + "0", block.dilation == 1 ? block.stride : 1, input);
    from = layer + "0";
  }
  if (averagesDown) {
    addConvolution(layer + "1", block.outputs(), 1, 1, 1, 1, from);
  } else {
    const int64_t kernel = keepsSize ? 1 : downKernel;
    addConvolution(layer + "0", block.outputs(), kernel, block.stride, kernel > 1 ? block.firstDilation : 1, 1, from);
  }
  const std::string last = layer + (averagesDown ? "2" : "1");
  maps.addNorm(last, norm, block.outputs());
  return last;
}

void ResNet::addBlock(const std::string &name, const Block &block) {
  const std::string input = maps.graph.last();
  const std::string shortcut = addShortcut(name, block, input);
  const bool isSmoothed =
      antiAlias != TimmAntiAlias::None && (block.stride == 2 || block.firstDilation != block.dilation);
  const int64_t stride = isSmoothed ? 1 : block.stride;
  auto smooth = [&] {
    if (isSmoothed)
      maps.addAntiAlias(name + ".aa", antiAlias, block.stride);
  };
  auto layer = [&](int index, int64_t outputs, bool isActivated) {
    const std::string number = std::to_string(index);
    maps.addNorm(name + ".bn" + number, norm, outputs);
    if (isActivated)
      maps.addActivation(name + ".act" + number, act);
  };
  if (block.kind == "BasicBlock") {
    const int64_t first = block.planes / reduceFirst;
    addConvolution(name + ".conv1", first, 3, stride, block.firstDilation, 1, input);
    layer(1, first, true);
    smooth();
    addConvolution(name + ".conv2", block.planes, 3, 1, block.dilation);
    layer(2, block.planes, false);
  } else {
    const int64_t width = block.planes * baseWidth / 64 * cardinality;
    addConvolution(name + ".conv1", width / reduceFirst, 1, 1, 1, 1, input);
    layer(1, width / reduceFirst, true);
    addConvolution(name + ".conv2", width, 3, stride, block.firstDilation, cardinality);
    layer(2, width, true);
    smooth();
    addConvolution(name + ".conv3", block.outputs(), 1);
    layer(3, block.outputs(), false);
  }
  addAttention(name + ".se", block.outputs());
  maps.graph.addSum(name + ".sum", maps.graph.last(), shortcut);
  maps.addActivation(name, act);
}

void ResNet::read() {
  readLayers();
  stemWidth = settings.integer("stem_width", 64, 4, most);
  stemType = settings.string("stem_type", "");
  if (!llvm::is_contained({"", "deep", "deep_tiered"}, stemType))
    settings.unsupported("stem_type", "'" + stemType + "'");
  replacesStemPool = settings.boolean("replace_stem_pool", false);
  act = settings.activation("act_layer", "relu");
  norm = readTimmMapNorm(maps.errors, settings, "norm_layer").value_or(TimmMapNorm());
  antiAlias = readTimmAntiAlias(settings);
  readAttention();
  if (!maps.errors.any())
    for (const auto &[kind, planes] : llvm::zip_equal(blocks, channels))
      if (planes / reduceFirst == 0 || (kind == "Bottleneck" && planes * baseWidth / 64 * cardinality < reduceFirst))
        maps.errors.report(settings.where({"channels", "base_width", "block_reduce_first"}),
                           "a block of " + llvm::Twine(planes) + " channels would have none inside");
}

int64_t ResNet::addStages(size_t count) {
  int64_t netStride = 4, dilation = 1, before = 1;
  int64_t inputs = stemOutputs();
  for (size_t stage = 0; stage < count; ++stage) {
    Block block{blocks[stage], channels[stage], stage == 0 ? 1 : 2};
    // From the output stride on, windows grow instead of maps becoming smaller.
    if (netStride >= outputStride) {
      dilation *= block.stride;
      block.stride = 1;
    } else {
      netStride *= block.stride;
    }
    block.dilation = dilation;
    block.hasShortcut = block.stride != 1 || inputs != block.outputs();
    for (int64_t index = 0; index < layers[stage]; ++index) {
      block.firstDilation = before;
      addBlock(prefix + "layer" + std::to_string(stage + 1) + "." + std::to_string(index), block);
      before = dilation;
      block.stride = 1;
      block.hasShortcut = false;
      inputs = block.outputs();
    }
    maps.keepState();
  }
  return inputs;
}

int64_t ResNet::build() {
  read();
  if (maps.errors.any())
    return 0;
  maps.begin();
  addStem();
  const int64_t features = addStages(channels.size());
  maps.keepFeatures();
  maps.addPool("global_pool", features);
  return maps.addClassifier("fc");
}

void ResNet::buildMap() {
  read();
  // 0 is the stem's.
  const std::vector<int64_t> indices = settings.integers("out_indices", {}, 1, 4);
  if (maps.errors.any())
    return;
  if (indices.size() != 1 || indices.front() > int64_t(channels.size()))
    return settings.unsupported("out_indices", "another map than that of one stage");
  addStem();
  addStages(size_t(indices.front()));
}

} // namespace

int64_t vitc::buildTimmResNet(TimmGraph &graph, TimmSettings &settings, const TimmInput &input) {
  return ResNet(graph, settings, input).build();
}

void vitc::addTimmResNetMap(TimmGraph &graph, TimmSettings &settings, const std::string &prefix) {
  ResNet(graph, settings, prefix).buildMap();
}
