//===- Swin.cpp - Swin Transformer and its second version -------*- C++ -*-===//

#include "../WindowAttention.h"
#include "Convolutions.h"
#include "Families.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes: maps, channels last, throughout.
class Swin {
public:
  Swin(Model &model, ConfigReader &config);
  virtual ~Swin() = default;
  void build();

protected:
  static constexpr int64_t mostChannels = 1 << 20;
  /// That of the norms of patches and of smaller maps, whatever layer_norm_eps says.
  static constexpr double defaultEpsilon = 1e-5;

  /// The windows of a block of a stage, of which every other one is shifted.
  virtual WindowAttention windowsOf(size_t stage, bool isShifted) = 0;
  virtual void addLayer(const std::string &name, size_t stage, const WindowAttention &windows) = 0;
  virtual void addDownsampling(const std::string &name, size_t stage) = 0;
  /// What a backbone returns of a stage's map: its norm, or the map itself.
  virtual std::string addFeatureNorm(const std::string &map, const std::string &stage) = 0;

  void addNorm(const std::string &name, double epsilon) { model.addNorm(name, prefix + name, epsilon); }
  void addTokens(const std::string &name, const std::string &map, size_t stage);
  int64_t widthOf(size_t stage) const { return width << stage; }
  bool isBackbone() const { return model.head == Head::Backbone; }

  Model &model;
  ConfigReader &config;
  const std::vector<int64_t> imageSize, patch;
  const int64_t channels, width, windowSize;
  const std::vector<int64_t> depths, heads;
  const double mlpRatio, epsilon;
  const bool hasQkvBias, hasPositions;
  const std::string activation;
  /// Pixels of the last map.
  std::vector<int64_t> size;
  std::string prefix;

private:
  void addEmbeddings();
  void addPositions(const std::vector<int64_t> &picture);
  void addStages();
  void addOutputs();

  std::vector<std::string> names;
  std::vector<size_t> stages;
  /// The maps that hidden_state_N are, with their widths' stages.
  std::vector<std::pair<std::string, size_t>> states;
};

/// The first version: norms in front of attention and MLP, a table of relative positions.
class FirstSwin final : public Swin {
public:
  using Swin::Swin;

private:
  WindowAttention windowsOf(size_t stage, bool isShifted) override;
  void addLayer(const std::string &name, size_t stage, const WindowAttention &windows) override;
  void addDownsampling(const std::string &name, size_t stage) override;
  std::string addFeatureNorm(const std::string &map, const std::string &stage) override;
};

/// The second version: norms behind attention and MLP, cosines, relative positions from a small network.
class SecondSwin final : public Swin {
public:
  SecondSwin(Model &model, ConfigReader &config);

private:
  WindowAttention windowsOf(size_t stage, bool isShifted) override;
  void addLayer(const std::string &name, size_t stage, const WindowAttention &windows) override;
  void addDownsampling(const std::string &name, size_t stage) override;
  std::string addFeatureNorm(const std::string &map, const std::string &) override { return map; }

  const std::vector<int64_t> trainedWindows;
};

/// Tensors of a layer, behind its prefix.
struct LayerTensors {
  const char *query, *key, *value, *output, *table, *fc1, *fc2;
};
constexpr LayerTensors oldTensors = {"attention.self.query",
                                     "attention.self.key",
                                     "attention.self.value",
                                     "attention.output.dense",
                                     "attention.self.relative_position_bias_table",
                                     "intermediate.dense",
                                     "output.dense"};
/// As transformers 5 has the first version in memory.
constexpr LayerTensors newTensors = {"attention.q_proj",
                                     "attention.k_proj",
                                     "attention.v_proj",
                                     "attention.o_proj",
                                     "attention.relative_position_bias.relative_position_bias_table",
                                     "mlp.fc1",
                                     "mlp.fc2"};
} // namespace

Swin::Swin(Model &model, ConfigReader &config)
    : model(model), config(config), imageSize(config.size("image_size")), patch(config.size("patch_size")),
      channels(config.integer("num_channels", 1, 4096)), width(config.integer("embed_dim", 1, mostChannels)),
      windowSize(config.integer("window_size", 1, 4096)), depths(config.integers("depths", 1, 1000)),
      heads(config.integers("num_heads", 1, mostChannels)), mlpRatio(config.real("mlp_ratio")),
      epsilon(config.real("layer_norm_eps")), hasQkvBias(config.boolean("qkv_bias")),
      hasPositions(config.boolean("use_absolute_embeddings")), activation(config.activation("hidden_act")) {
  InputErrors &errors = model.errors;
  checkEpsilon(config, "layer_norm_eps", epsilon);
  checkMultiplier(config, "mlp_ratio", mlpRatio);
  checkStages(config, int64_t(depths.size()), {{"num_heads", &heads}});
  if (depths.size() > 16 || (width << depths.size()) > mostChannels)
    errors.report(config.placeOf("depths"), "has " + llvm::Twine(depths.size()) +
                                                " stages, of which each doubles the " + llvm::Twine(width) +
                                                " features: too many");
  if (errors.any())
    return;
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    if (widthOf(stage) % heads[stage] != 0)
      errors.report(config.placeOf("num_heads"), llvm::Twine(heads[stage]) + " heads do not divide the " +
                                                     llvm::Twine(widthOf(stage)) + " features of a stage");
    if (double(widthOf(stage)) * mlpRatio < 1)
      errors.report(config.placeOf("mlp_ratio"), "is " + numberText(mlpRatio) + ", which leaves no feature of " +
                                                     llvm::Twine(widthOf(stage)) + " between the layers of an MLP");
  }
  for (size_t axis : {0, 1})
    if (imageSize[axis] < patch[axis])
      errors.report(config.placeOf("image_size"), "is smaller than a patch");
  names = nameStages(depths.size(), /*hasStem=*/true);
  stages = readStages(config, names);
  if (hasPositions && model.type != "swin")
    errors.report(config.placeOf("use_absolute_embeddings"),
                  "is true, for which the library of this version has a position too many");
  else if (hasPositions && model.pictureSize && *model.pictureSize != imageSize) {
    if (!model.isResized)
      errors.report(config.placeOf("use_absolute_embeddings"),
                    "positions are for pictures of " + shapeText(imageSize) + ", which are prepared as " +
                        shapeText(*model.pictureSize) + ": --image-size resamples them");
    else if (patch[0] != patch[1] || imageSize[0] / patch[0] != imageSize[1] / patch[1])
      errors.report(config.placeOf("use_absolute_embeddings"),
                    "the library resamples positions of square patches of square pictures only");
  }
}

void Swin::addTokens(const std::string &name, const std::string &map, size_t stage) {
  model.addReshape(name, {-1, widthOf(stage)}, map);
}

void Swin::addPositions(const std::vector<int64_t> &picture) {
  std::string map = model.last();
  addTokens("embeddings.tokens", map, 0);
  Node &node = model.add("embeddings.position_embeddings", "position_embedding");
  const std::vector<int64_t> native = {imageSize[0] / patch[0], imageSize[1] / patch[1]};
  node.attributes["resample"] = std::string(picture == imageSize ? "none" : "bicubic");
  node.attributes["grid"] = size;
  if (picture != imageSize)
    node.attributes["source_grid"] = native;
  node.parameters["value"] = prefix + "embeddings.position_embeddings";
  model.add("embeddings", "reshape_as").inputs.push_back(map);
}

void Swin::addEmbeddings() {
  model.NodeBuilder::addImage(channels, imageSize);
  const std::vector<int64_t> picture = model.sizeOfPicture();
  addPictureMap(model, "map");
  const std::string name = "embeddings.patch_embeddings.projection";
  PlainConvolution projection{prefix + name, width, patch, patch};
  size.clear();
  for (size_t axis : {0, 1}) {
    size.push_back((picture[axis] + patch[axis] - 1) / patch[axis]);
    projection.padding[axis + 2] = size[axis] * patch[axis] - picture[axis];
  }
  addConvolution(model, name, projection);
  addNorm("embeddings.norm", defaultEpsilon);
  if (hasPositions)
    addPositions(picture);
}

void Swin::addStages() {
  states.push_back({model.last(), 0});
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    const std::string name = "encoder.layers." + std::to_string(stage);
    for (int64_t index = 0; index < depths[stage]; ++index) {
      const std::string block = name + ".blocks." + std::to_string(index);
      addLayer(block, stage, windowsOf(stage, index % 2 == 1));
      // The library returns those of the last block.
      if (index + 1 == depths[stage])
        model.offers("attention_" + std::to_string(stage), block + ".attention/probabilities");
    }
    bool isLast = stage + 1 == depths.size();
    if (isBackbone() || isLast)
      states.push_back({model.last(), stage});
    if (isLast)
      break;
    addDownsampling(name + ".downsample", stage);
    size = {(size[0] + 1) / 2, (size[1] + 1) / 2};
    if (!isBackbone())
      states.push_back({model.last(), stage + 1});
  }
}

void Swin::addOutputs() {
  // Before its norm; that of a backbone is of no use.
  const std::string map = model.last();
  for (const auto &[index, state] : llvm::enumerate(states)) {
    std::string number = "_" + std::to_string(index);
    bool isMap = isBackbone() && model.type == "swin";
    if (!isMap) {
      addTokens("hidden_state" + number, state.first, state.second);
      model.offers("hidden_state" + number, model.last());
    }
    addChannelsFirst(model, (isMap ? "hidden_state" : "reshaped_hidden_state") + number, state.first);
    model.offers(model.last(), model.last());
  }
  bool hasClassifier = model.head == Head::Classifier;
  model.ignoreTensors([&](llvm::StringRef name) {
    return name.ends_with("relative_position_index") || name.ends_with("relative_coords_table") ||
           name.ends_with("attn_mask") || name.ends_with("embeddings.mask_token") || name.starts_with("decoder.") ||
           (!hasClassifier && name.starts_with("classifier.")) ||
           (isBackbone() && name.ends_with("layernorm.weight")) || (isBackbone() && name.ends_with("layernorm.bias")) ||
           (!isBackbone() && name.contains("hidden_states_norms."));
  });
  if (isBackbone()) {
    for (size_t stage : stages) {
      std::string output = "feature_map_" + names[stage];
      addChannelsFirst(model, output, addFeatureNorm(states[stage].first, names[stage]));
      model.returns(output, output);
    }
    return;
  }
  model.addNorm("layernorm", prefix + "layernorm", epsilon, map);
  size_t last = depths.size() - 1;
  addTokens("last_hidden_state", "layernorm", last);
  model.offers("patch_tokens", "last_hidden_state");
  addGlobalAverage(model, "pooler", widthOf(last), "layernorm");
  model.addState("last_hidden_state", "last_hidden_state");
  model.addState("pooler_output", "pooler");
  if (hasClassifier) {
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
}

void Swin::build() {
  // A backbone's norm has the prefix, even if nothing else has.
  bool hasPrefix = model.weights ? model.hasPrefix(model.type + ".embeddings.") : !isBackbone();
  prefix = hasPrefix ? model.type + "." : "";
  addEmbeddings();
  addStages();
  if (!model.errors.any())
    addOutputs();
}

//===----------------------------------------------------------------------===//
// The first version
//===----------------------------------------------------------------------===//

WindowAttention FirstSwin::windowsOf(size_t stage, bool isShifted) {
  WindowAttention attention{{windowSize, windowSize}, {0, 0}, heads[stage]};
  const int64_t least = std::min(size[0], size[1]);
  // A backbone's maps are padded, whatever their size; else windows would become smaller, for which there is no table.
  if (!isBackbone() && least < windowSize) {
    auto leastOf = [&](size_t axis) { return ((windowSize - 1) << (depths.size() - 1)) * patch[axis] + 1; };
    model.errors.report(config.placeOf("window_size"), "is " + llvm::Twine(windowSize) + ", larger than a map of " +
                                                           shapeText(size) + " of stage " + llvm::Twine(stage + 1) +
                                                           ": expected pictures of at least " +
                                                           llvm::Twine(leastOf(0)) + "x" + llvm::Twine(leastOf(1)));
  }
  if (isShifted && (isBackbone() || least > windowSize))
    attention.shift = {windowSize / 2, windowSize / 2};
  return attention;
}

void FirstSwin::addLayer(const std::string &name, size_t stage, const WindowAttention &windows) {
  const std::string tensors = prefix + name + ".", input = model.last();
  const LayerTensors &names = model.hasTensor(tensors + newTensors.query + ".weight") ? newTensors : oldTensors;
  addNorm(name + ".layernorm_before", epsilon);
  addWindowAttention(
      model, name + ".attention", windows,
      [&](Node &node) {
        Model::setModule(node, "query", tensors + names.query, hasQkvBias);
        Model::setModule(node, "key", tensors + names.key, hasQkvBias);
        Model::setModule(node, "value", tensors + names.value, hasQkvBias);
      },
      [&](Node &node) { node.parameters["value"] = tensors + names.table; });
  model.addLinear(name + ".attention.output", widthOf(stage), tensors + names.output);
  model.addSum(name + ".attended", input, model.last());
  addNorm(name + ".layernorm_after", epsilon);
  model.addLinear(name + ".fc1", int64_t(mlpRatio * double(widthOf(stage))), tensors + names.fc1);
  model.addActivation(name + ".activation", activation);
  model.addLinear(name + ".fc2", widthOf(stage), tensors + names.fc2);
  model.addSum(name, name + ".attended", model.last());
}

void FirstSwin::addDownsampling(const std::string &name, size_t stage) {
  addPixelMerging(model, name, size, widthOf(stage));
  addNorm(name + ".norm", defaultEpsilon);
  model.addLinear(name + ".reduction", widthOf(stage + 1), prefix + name + ".reduction", /*hasBias=*/false);
}

std::string FirstSwin::addFeatureNorm(const std::string &map, const std::string &stage) {
  model.addNorm("hidden_states_norms." + stage, "hidden_states_norms." + stage, defaultEpsilon, map);
  return model.last();
}

//===----------------------------------------------------------------------===//
// The second version
//===----------------------------------------------------------------------===//

SecondSwin::SecondSwin(Model &model, ConfigReader &config)
    : Swin(model, config), trainedWindows(config.integers("pretrained_window_sizes", 0, 4096)) {
  checkStages(config, int64_t(depths.size()), {{"pretrained_window_sizes", &trainedWindows}});
  for (int64_t trained : trainedWindows)
    if (trained == 1)
      model.errors.report(config.placeOf("pretrained_window_sizes"),
                          "1 has no distances to divide by, expected 0 or more than 1");
}

WindowAttention SecondSwin::windowsOf(size_t stage, bool isShifted) {
  // They are those for the pictures of the configuration, whatever the actual ones are.
  const int64_t rows = (imageSize[0] / patch[0]) >> stage, window = std::min(rows, windowSize);
  if (window == 0)
    model.errors.report(config.placeOf("image_size"), "leaves no rows of patches in stage " + llvm::Twine(stage + 1));
  WindowAttention attention{{window, window}, {0, 0}, heads[stage]};
  // The library adds its mask twice.
  attention.mask = -200;
  if (isShifted && rows > window)
    attention.shift = {windowSize / 2, windowSize / 2};
  return attention;
}

void SecondSwin::addLayer(const std::string &name, size_t stage, const WindowAttention &windows) {
  const std::string tensors = prefix + name + ".", own = tensors + "attention.self.", input = model.last();
  addWindowAttention(
      model, name + ".attention", windows,
      [&](Node &node) {
        Model::setModule(node, "query", tensors + oldTensors.query, hasQkvBias);
        Model::setModule(node, "key", tensors + oldTensors.key, /*hasBias=*/false);
        Model::setModule(node, "value", tensors + oldTensors.value, hasQkvBias);
        node.parameters["logit_scale"] = own + "logit_scale";
      },
      [&](Node &node) {
        Model::setModule(node, "fc1", own + "continuous_position_bias_mlp.0");
        Model::setModule(node, "fc2", own + "continuous_position_bias_mlp.2", /*hasBias=*/false);
        if (trainedWindows[0] > 0)
          node.attributes["trained_window"] = std::vector<int64_t>(2, trainedWindows[stage]);
      });
  model.addLinear(name + ".attention.output", widthOf(stage), tensors + oldTensors.output);
  addNorm(name + ".layernorm_before", epsilon);
  model.addSum(name + ".attended", input, model.last());
  model.addLinear(name + ".fc1", int64_t(mlpRatio * double(widthOf(stage))), tensors + oldTensors.fc1);
  model.addActivation(name + ".activation", activation);
  model.addLinear(name + ".fc2", widthOf(stage), tensors + oldTensors.fc2);
  addNorm(name + ".layernorm_after", epsilon);
  model.addSum(name, name + ".attended", model.last());
}

void SecondSwin::addDownsampling(const std::string &name, size_t stage) {
  addPixelMerging(model, name, size, widthOf(stage));
  model.addLinear(name + ".reduction", widthOf(stage + 1), prefix + name + ".reduction", /*hasBias=*/false);
  addNorm(name + ".norm", defaultEpsilon);
}

//===----------------------------------------------------------------------===//
// Families
//===----------------------------------------------------------------------===//

static constexpr Architecture classes[] = {{"SwinForImageClassification", Head::Classifier, "classifier.weight"},
                                           {"SwinModel", Head::None, nullptr},
                                           {"SwinBackbone", Head::Backbone, nullptr}};
static constexpr Architecture classesV2[] = {{"Swinv2ForImageClassification", Head::Classifier, "classifier.weight"},
                                             {"Swinv2Model", Head::None, nullptr},
                                             {"Swinv2Backbone", Head::Backbone, nullptr}};
static constexpr ConfigKey keys[] = {{"image_size", "224"},
                                     {"patch_size", "4"},
                                     {"num_channels", "3"},
                                     {"embed_dim", "96"},
                                     {"depths", "[2, 2, 6, 2]"},
                                     {"num_heads", "[3, 6, 12, 24]"},
                                     {"window_size", "7"},
                                     {"mlp_ratio", "4.0"},
                                     {"qkv_bias", "true"},
                                     {"hidden_act", "\"gelu\""},
                                     {"use_absolute_embeddings", "false"},
                                     {"layer_norm_eps", "1e-5"},
                                     {"out_features", "null"},
                                     {"out_indices", "null"}};
static constexpr ConfigKey keysV2[] = {{"image_size", "224"},      {"patch_size", "4"},
                                       {"num_channels", "3"},      {"embed_dim", "96"},
                                       {"depths", "[2, 2, 6, 2]"}, {"num_heads", "[3, 6, 12, 24]"},
                                       {"window_size", "7"},       {"pretrained_window_sizes", "[0, 0, 0, 0]"},
                                       {"mlp_ratio", "4.0"},       {"qkv_bias", "true"},
                                       {"hidden_act", "\"gelu\""}, {"use_absolute_embeddings", "false"},
                                       {"layer_norm_eps", "1e-5"}, {"out_features", "null"},
                                       {"out_indices", "null"}};
// What follows from the others, masked image modelling, and a key of older files that no version reads.
static constexpr const char *inert[] = {"stage_names", "num_layers", "hidden_size", "encoder_stride", "path_norm"};

llvm::ArrayRef<Family> vitc::huggingface::swinFamilies() {
  static const Family list[] = {{"swin", classes, {keys, inert}, nullptr, {}, buildWith<FirstSwin>, true, true},
                                {"swinv2", classesV2, {keysV2, inert}, nullptr, {}, buildWith<SecondSwin>, true, true}};
  return list;
}
