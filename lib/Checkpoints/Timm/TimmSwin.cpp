//===- TimmSwin.cpp - Swin Transformer --------------------------*- C++ -*-===//
//
// The class SwinTransformer of timm 1.0.31. Unlike transformers', it makes maps smaller at the beginning of a stage,
// shifts maps before it pads them, and has smaller windows on maps that are not larger than one.
//
//===----------------------------------------------------------------------===//

#include "../WindowAttention.h"
#include "TimmMaps.h"

using namespace vitc;

namespace {

class Swin {
public:
  Swin(TimmGraph &graph, TimmSettings &settings, const TimmInput &input)
      : graph(graph), maps(graph, settings, input), settings(settings), input(input) {}

  int64_t build();

private:
  static constexpr int64_t most = int64_t(1) << 20;

  void read();
  void readWindows();
  /// The windows of every other block of a stage, which are shifted, or of the others.
  WindowAttention windowsOf(size_t stage, bool isShifted) const;
  void checkTable(size_t stage, const WindowAttention &windows);
  /// Rolls the last map up and to the left.
  void addRolled(const std::string &name, std::vector<int64_t> by);
  void addAttention(const std::string &name, size_t stage, const WindowAttention &windows);
  void addBlock(const std::string &name, size_t stage, const WindowAttention &windows);
  void addStages();
  int64_t widthOf(size_t stage) const { return width << stage; }
  int64_t headsWidth(size_t stage) const { return headDim ? heads[stage] * *headDim : widthOf(stage); }

  TimmGraph &graph;
  TimmMaps maps;
  TimmSettings &settings;
  const TimmInput &input;
  std::vector<int64_t> imageSize, patch, depths, heads;
  std::vector<std::vector<int64_t>> windows;
  int64_t width = 0;
  std::optional<int64_t> headDim;
  double mlpRatio = 4;
  bool hasQkvBias = true, alwaysParts = false;
  /// Rows and columns of the last map.
  std::vector<int64_t> size;
};

/// Those of torch.nn.LayerNorm and GELU, which are no arguments.
constexpr TimmNorm norm = {false, 1e-5};

void Swin::readWindows() {
  const size_t count = depths.size();
  std::vector<int64_t> given = settings.integers("window_size", {7}, 1, 4096);
  if (given.size() == 1)
    windows.assign(count, {given[0], given[0]});
  else if (given.size() == 2)
    windows.assign(count, given);
  else
    for (int64_t side : given)
      windows.push_back({side, side});
  if (windows.size() != count)
    graph.errors.report(settings.where({"window_size"}), "has " + llvm::Twine(given.size()) +
                                                             " sizes, expected one, height and width, or " +
                                                             llvm::Twine(count));
}

void Swin::read() {
  InputErrors &errors = graph.errors;
  imageSize = settings.size("img_size", input.imageSize);
  if (input.wantedSize)
    imageSize = *input.wantedSize;
  patch = settings.size("patch_size", {4, 4});
  width = settings.integer("embed_dim", 96, 1, most);
  depths = settings.integers("depths", {2, 2, 6, 2}, 1, 1000);
  heads = settings.integers("num_heads", {3, 6, 12, 24}, 1, most);
  headDim = settings.optionalInteger("head_dim", 1, most);
  readWindows();
  alwaysParts = settings.boolean("always_partition", false);
  if (settings.boolean("dynamic_img_size", false))
    settings.unsupported("dynamic_img_size", "true");
  if (!settings.boolean("strict_img_size", true))
    settings.unsupported("strict_img_size", "false");
  mlpRatio = settings.real("mlp_ratio", 4);
  hasQkvBias = settings.boolean("qkv_bias", true);
  if (settings.norm("norm_layer"))
    settings.unsupported("norm_layer", "another norm than PyTorch's");
  if (heads.size() < depths.size())
    errors.report(settings.where({"num_heads"}),
                  "has " + llvm::Twine(heads.size()) + " stages, expected " + llvm::Twine(depths.size()));
  if (depths.size() > 16 || (width << depths.size()) > most)
    errors.report(settings.where({"depths"}), "has " + llvm::Twine(depths.size()) +
                                                  " stages, of which each doubles the " + llvm::Twine(width) +
                                                  " features: too many");
  if (errors.any())
    return;
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    if (!headDim && widthOf(stage) % heads[stage] != 0)
      errors.report(settings.where({"num_heads"}), llvm::Twine(heads[stage]) + " heads do not divide the " +
                                                       llvm::Twine(widthOf(stage)) + " features of a stage");
    timmHiddenSize(errors, settings, widthOf(stage), mlpRatio);
  }
  for (size_t axis : {0, 1}) {
    size.push_back(imageSize[axis] / patch[axis]);
    if (size.back() == 0)
      errors.report(settings.where({"patch_size"}), "patches of " + llvm::Twine(patch[axis]) +
                                                        " are larger than pictures of " + llvm::Twine(imageSize[axis]));
  }
}

WindowAttention Swin::windowsOf(size_t stage, bool isShifted) const {
  WindowAttention result{windows[stage], {0, 0}, heads[stage]};
  for (size_t axis : {0, 1}) {
    const bool fits = size[axis] <= windows[stage][axis] && !alwaysParts;
    if (fits)
      result.window[axis] = size[axis];
    else if (isShifted)
      result.shift[axis] = windows[stage][axis] / 2;
  }
  return result;
}

void Swin::checkTable(size_t stage, const WindowAttention &attention) {
  // timm resamples tables of other windows, and all of those that are not square.
  const std::string table = "layers." + std::to_string(stage) + ".blocks.0.attn.relative_position_bias_table";
  const int64_t rows = graph.lengthOf(table, 0),
                expected = (2 * attention.window[0] - 1) * (2 * attention.window[1] - 1);
  if (attention.window[0] != attention.window[1] || (rows != 0 && rows != expected))
    graph.errors.report(settings.where({"img_size", "window_size"}),
                        "makes windows of " + llvm::Twine(attention.window[0]) + "x" +
                            llvm::Twine(attention.window[1]) + " of a map of " + llvm::Twine(size[0]) + "x" +
                            llvm::Twine(size[1]) + " in stage " + llvm::Twine(stage) +
                            ", for which timm resamples positions: that is not supported");
}

void Swin::addRolled(const std::string &name, std::vector<int64_t> by) {
  for (size_t axis : {0, 1}) {
    const int64_t shift = (by[axis] % size[axis] + size[axis]) % size[axis];
    if (shift == 0)
      continue;
    const std::string map = graph.last(), own = name + (axis == 0 ? ".rows" : ".columns");
    graph.addSlice(own + ".first", int64_t(axis), 0, shift, map);
    graph.addSlice(own + ".rest", int64_t(axis), shift, size[axis] - shift, map);
    graph.addConcat(own, {own + ".rest", own + ".first"}, int64_t(axis));
  }
}

void Swin::addAttention(const std::string &name, size_t stage, const WindowAttention &attention) {
  auto setProjections = [&](Node &node) {
    NodeBuilder::setModule(node, "qkv", name + ".qkv", hasQkvBias);
    if (headDim) {
      node.attributes["head_dim"] = *headDim;
      node.attributes["width"] = headsWidth(stage);
    }
  };
  auto setPositions = [&](Node &node) { node.parameters["value"] = name + ".relative_position_bias_table"; };
  const bool isPadded = size[0] % attention.window[0] != 0 || size[1] % attention.window[1] != 0;
  if (!isPadded || (attention.shift[0] == 0 && attention.shift[1] == 0))
    return addWindowAttention(graph, name, attention, setProjections, setPositions);
  // The zeros stand behind the shifted map; the mask is that of windows of both.
  const std::string map = graph.last();
  auto addWindows = [&](const std::string &part, const char *op, const std::string &from) -> Node & {
    Node &node = graph.add(name + part, op, from);
    node.attributes["window"] = attention.window;
    return node;
  };
  Node &bias = addWindows(".positions", "window_bias", map);
  bias.attributes["shift"] = attention.shift;
  bias.attributes["heads"] = attention.heads;
  bias.attributes["mask"] = attention.mask;
  setPositions(bias);
  graph.addReshape(name + ".shifted", {size[0], size[1], widthOf(stage)}, map);
  addRolled(name + ".shifted", attention.shift);
  const std::string shifted = graph.last();
  addWindows(".windows", "window_partition", shifted);
  Node &node = graph.add(name, "attention");
  node.inputs.push_back(name + ".positions");
  node.attributes["heads"] = attention.heads;
  node.attributes["bias_input"] = true;
  setProjections(node);
  addWindows(".map", "window_merge", name).inputs.push_back(shifted);
  addRolled(name + ".back", {-attention.shift[0], -attention.shift[1]});
}

void Swin::addBlock(const std::string &name, size_t stage, const WindowAttention &attention) {
  const std::string before = graph.last();
  graph.addNorm(name + ".norm1", norm);
  addAttention(name + ".attn", stage, attention);
  graph.addLinear(name + ".attn.proj", widthOf(stage), /*hasBias=*/true);
  graph.addSum(name + ".attended", before, graph.last());
  graph.addNorm(name + ".norm2", norm);
  graph.addLinear(name + ".mlp.fc1", timmHiddenSize(graph.errors, settings, widthOf(stage), mlpRatio), true);
  graph.addActivation(name + ".mlp.act", "gelu");
  graph.addLinear(name + ".mlp.fc2", widthOf(stage), true);
  graph.addSum(name, name + ".attended", graph.last());
}

void Swin::addStages() {
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    const std::string name = "layers." + std::to_string(stage), downsample = name + ".downsample";
    if (stage > 0) {
      addPixelMerging(graph, downsample, size, widthOf(stage - 1));
      size = {(size[0] + 1) / 2, (size[1] + 1) / 2};
      graph.addNorm(downsample + ".norm", norm);
      graph.addLinear(downsample + ".reduction", widthOf(stage), /*hasBias=*/false);
    }
    checkTable(stage, windowsOf(stage, false));
    for (int64_t index = 0; index < depths[stage]; ++index)
      addBlock(name + ".blocks." + std::to_string(index), stage, windowsOf(stage, index % 2 == 1));
    maps.keepState();
  }
}

int64_t Swin::build() {
  read();
  if (graph.errors.any())
    return 0;
  maps.begin(imageSize);
  maps.addConvolution("patch_embed.proj", {"", width, patch, patch});
  graph.addNorm("patch_embed.norm", norm);
  addStages();
  graph.addNorm("norm", norm);
  maps.keepFeatures(/*channelsLast=*/true);
  maps.addPool("head.global_pool", widthOf(depths.size() - 1));
  return maps.addClassifier("head.fc");
}

} // namespace

int64_t vitc::buildTimmSwin(TimmGraph &graph, TimmSettings &settings, const TimmInput &input) {
  return Swin(graph, settings, input).build();
}
