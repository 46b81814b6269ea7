//===- Hiera.cpp - Hiera ----------------------------------------*- C++ -*-===//
//
// HieraModel, HieraForImageClassification and HieraBackbone of transformers 5.24. The library "unrolls" tokens: those
// that pooling makes one are as far apart as can be, so that it is a maximum of parts of the sequence, and every so
// many tokens make a mask unit, within which the first stages attend.
//
//===----------------------------------------------------------------------===//

#include "Convolutions.h"
#include "Families.h"

#include "llvm/ADT/STLExtras.h"

#include <cmath>
#include <numeric>

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes. Tokens are units x tokens of a unit x features; the library's order
/// is that of one unit, and token t of it is token t / N of unit t % N.
class Hiera {
public:
  Hiera(Model &model, ConfigReader &config);
  void build();

private:
  void checkStages();
  void addEmbeddings();
  /// Row-major tokens in the library's order, and back from that behind `pools` poolings to a map.
  void addUnrolling();
  void addRerolling(const std::string &name, const std::string &tokens, size_t pools, int64_t width);
  /// Makes the last tokens those of so many units.
  void addUnits(const std::string &name, int64_t wanted);
  /// The maximum of `pooling` parts of the last value's units.
  void addPooling(const std::string &name, int64_t pooling, int64_t width);
  void addPooledAttention(const std::string &name, size_t stage, int64_t pooling);
  void addLayer(size_t stage, int64_t index, int64_t before);
  void addStages();
  void addOutputs();

  int64_t widthOf(size_t stage) const { return int64_t(double(width) * std::pow(multiplier, double(stage))); }
  int64_t area(const std::vector<int64_t> &size) const { return size[0] * size[1]; }
  std::string nameOf(size_t stage, int64_t index) const {
    return "encoder.stages." + std::to_string(stage) + ".layers." + std::to_string(index);
  }

  Model &model;
  ConfigReader &config;
  const std::vector<int64_t> imageSize, patch, stride, padding, unit, poolStride, depths, heads;
  const int64_t channels, width, poolings;
  const double multiplier, mlpRatio, epsilon;
  const std::string activation;
  const std::vector<bool> isMasked;
  std::vector<size_t> stages;
  /// Rows and columns of the map of patches.
  std::vector<int64_t> grid;
  /// Of the last value.
  int64_t units = 1, tokens = 0;
  /// What goes into the first stage and comes out of each, in the library's order.
  std::vector<std::string> states;
  std::string prefix;
};
} // namespace

static std::vector<int64_t> readPair(ConfigReader &config, llvm::StringRef key, int64_t minimum) {
  std::vector<int64_t> pair = config.integers(key, minimum, 1 << 16);
  if (pair.size() != 2) {
    config.getErrors().report(config.placeOf(key), "expected two numbers");
    pair.assign(2, std::max<int64_t>(minimum, 1));
  }
  return pair;
}

Hiera::Hiera(Model &model, ConfigReader &config)
    : model(model), config(config), imageSize(readPair(config, "image_size", 1)),
      patch(readPair(config, "patch_size", 1)), stride(readPair(config, "patch_stride", 1)),
      padding(readPair(config, "patch_padding", 0)), unit(readPair(config, "masked_unit_size", 1)),
      poolStride(readPair(config, "query_stride", 1)), depths(config.integers("depths", 1, 1000)),
      heads(config.integers("num_heads", 1, 1 << 20)), channels(config.integer("num_channels", 1, 4096)),
      width(config.integer("embed_dim", 1, 1 << 20)), poolings(config.integer("num_query_pool", 0, 1000)),
      multiplier(config.real("embed_dim_multiplier")), mlpRatio(config.real("mlp_ratio")),
      epsilon(config.real("layer_norm_eps")), activation(config.activation("hidden_act")),
      isMasked(config.booleans("masked_unit_attention")) {
  checkEpsilon(config, "layer_norm_eps", epsilon);
  checkMultiplier(config, "mlp_ratio", mlpRatio);
  checkMultiplier(config, "embed_dim_multiplier", multiplier);
  if (depths.size() > 16)
    model.errors.report(config.placeOf("depths"), "has " + llvm::Twine(depths.size()) + " stages: too many");
  huggingface::checkStages(config, int64_t(depths.size()), {{"num_heads", &heads}});
  if (isMasked.size() < depths.size())
    model.errors.report(config.placeOf("masked_unit_attention"),
                        "has " + llvm::Twine(isMasked.size()) + " stages, expected " + llvm::Twine(depths.size()));
  if (!model.errors.any())
    checkStages();
}

void Hiera::checkStages() {
  InputErrors &errors = model.errors;
  stages = readStages(config, nameStages(depths.size(), /*hasStem=*/true));
  const size_t count = depths.size();
  if (poolings >= int64_t(count))
    errors.report(config.placeOf("num_query_pool"),
                  "is " + llvm::Twine(poolings) + ", expected less than the " + llvm::Twine(count) + " stages");
  const std::vector<int64_t> picture = model.pictureSize.value_or(imageSize);
  std::vector<int64_t> all;
  for (size_t axis : {0, 1}) {
    const double parts = std::pow(double(poolStride[axis]), double(count - 1));
    all.push_back(parts < double(1 << 20) ? int64_t(parts) : int64_t(1) << 20);
    grid.push_back(picture[axis] / stride[axis]);
    if (picture[axis] + 2 * padding[axis] < patch[axis] ||
        (picture[axis] + 2 * padding[axis] - patch[axis]) / stride[axis] + 1 != grid[axis])
      errors.report(config.placeOf("patch_padding"), "makes other than the " + llvm::Twine(grid[axis]) +
                                                         " patches of a side of " + llvm::Twine(picture[axis]) +
                                                         " that there are positions for");
    else if (grid[axis] % all[axis] != 0)
      errors.report(config.placeOf("query_stride"), "cannot part the " + llvm::Twine(grid[axis]) +
                                                        " patches of a side of " + llvm::Twine(picture[axis]) +
                                                        ", expected a multiple of " + llvm::Twine(all[axis]));
  }
  if (errors.any())
    return;
  if (unit[0] % all[0] != 0)
    errors.report(config.placeOf("masked_unit_size"),
                  "has " + llvm::Twine(unit[0]) + " rows, expected a multiple of " + llvm::Twine(all[0]));
  for (size_t stage = 0; stage < count; ++stage) {
    const double features = double(width) * std::pow(multiplier, double(stage));
    if (!(features >= 1 && features < double(1 << 20)))
      errors.report(config.placeOf("embed_dim_multiplier"), "a stage would have " + numberText(features) + " features");
    else if (!(double(widthOf(stage)) * mlpRatio >= 1))
      errors.report(config.placeOf("mlp_ratio"), "is " + numberText(mlpRatio) + ", which leaves no feature of " +
                                                     llvm::Twine(widthOf(stage)) + " between the layers of an MLP");
    else if (widthOf(stage) % heads[stage] != 0)
      errors.report(config.placeOf("num_heads"), llvm::Twine(heads[stage]) + " heads do not divide the " +
                                                     llvm::Twine(widthOf(stage)) + " features of a stage");
    else if (stage > 0 && int64_t(stage) <= poolings && area(poolStride) > 1 && widthOf(stage) == widthOf(stage - 1))
      errors.report(config.placeOf("embed_dim_multiplier"),
                    "leaves the features of a stage as they are, whose tokens become fewer: the library adds neither");
  }
  if (picture != imageSize && imageSize[0] / stride[0] != imageSize[1] / stride[1])
    errors.report(config.placeOf("image_size"), "the library resamples positions of square pictures only");
}

void Hiera::addEmbeddings() {
  model.NodeBuilder::addImage(channels, imageSize);
  addPictureMap(model, "map");
  const std::string projection = "embeddings.patch_embeddings.projection", positions = "embeddings.position_embeddings";
  PlainConvolution convolution{prefix + projection, width, patch, stride};
  convolution.padding = {padding[0], padding[1], padding[0], padding[1]};
  addConvolution(model, projection, convolution);
  tokens = area(grid);
  model.addReshape("patches", {tokens, width});
  const std::vector<int64_t> native = {imageSize[0] / stride[0], imageSize[1] / stride[1]};
  const bool fits = model.sizeOfPicture() == imageSize;
  Node &node = model.add(positions, "position_embedding");
  node.attributes["resample"] = std::string(fits ? "none" : "bicubic");
  node.attributes["grid"] = grid;
  if (!fits)
    node.attributes["source_grid"] = native;
  node.parameters["value"] = prefix + positions;
}

void Hiera::addUnrolling() {
  int64_t parts = 1, rows = grid[0], columns = grid[1];
  for (size_t step = 1; step < depths.size(); ++step) {
    const std::string name = "unrolled." + std::to_string(step);
    rows /= poolStride[0];
    columns /= poolStride[1];
    model.addReshape(name + ".parts", {parts, rows, poolStride[0], columns, poolStride[1], width});
    model.addTranspose(name, {0, 2, 4, 1, 3, 5});
    parts *= area(poolStride);
  }
  model.addReshape("unrolled", {tokens, width});
}

void Hiera::addRerolling(const std::string &name, const std::string &from, size_t pools, int64_t features) {
  std::vector<int64_t> size = grid;
  for (size_t pool = 0; pool < pools; ++pool)
    for (size_t axis : {0, 1})
      size[axis] /= poolStride[axis];
  int64_t rest = area(size), rows = 1, columns = 1;
  std::string input = from;
  for (size_t step = pools + 1; step < depths.size(); ++step) {
    const std::string part = name + ".rerolled." + std::to_string(step);
    rest /= area(poolStride);
    model.addReshape(part + ".parts", {poolStride[0], poolStride[1], rest, rows, columns, features}, input);
    model.addTranspose(part, {2, 0, 3, 1, 4, 5});
    rows *= poolStride[0];
    columns *= poolStride[1];
    input = model.last();
  }
  model.addReshape(name + ".units", {size[0] / rows, size[1] / columns, rows, columns, features}, input);
  model.addTranspose(name + ".rows", {0, 2, 1, 3, 4});
  model.addReshape(name, {size[0], size[1], features});
}

void Hiera::addUnits(const std::string &name, int64_t wanted) {
  if (units == wanted)
    return;
  const int64_t features = -1;
  if (units != 1) {
    model.addTranspose(name + ".sequence", {1, 0, 2});
    model.addReshape(name + ".tokens", {1, tokens, features});
  }
  if (wanted != 1) {
    model.addReshape(name + ".parts", {tokens / wanted, wanted, features});
    model.addTranspose(name + ".units", {1, 0, 2});
  }
  units = wanted;
}

void Hiera::addPooling(const std::string &name, int64_t pooling, int64_t features) {
  const int64_t size = tokens / units / pooling;
  model.addReshape(name + ".parts", {units, pooling, size, features});
  model.add(name + ".largest", "reduce_max").attributes["dim"] = int64_t(1);
  model.addReshape(name, {units, size, features});
}

/// Queries become fewer behind their projection, which `attention` does not do.
void Hiera::addPooledAttention(const std::string &name, size_t stage, int64_t pooling) {
  const int64_t features = widthOf(stage), headDim = features / heads[stage], size = tokens / units;
  model.addLinear(name + ".qkv", 3 * features, prefix + name + ".qkv");
  auto addHeads = [&](const char *part, int64_t index, int64_t count) {
    const std::string own = name + "." + part;
    model.addSlice(own, 2, index * features, features, name + ".qkv");
    if (count != size)
      addPooling(own + ".pooled", pooling, features);
    model.addReshape(own + ".by_head", {units, count, heads[stage], headDim});
    model.addTranspose(own + ".heads", {0, 2, 1, 3});
    return model.last();
  };
  const std::string query = addHeads("query", 0, size / pooling), key = addHeads("key", 1, size),
                    value = addHeads("value", 2, size);
  Node &scores = model.add(name + ".products", "matmul");
  scores.inputs = {query, key};
  scores.attributes["transpose_rhs"] = true;
  model.add(name + ".scores", "scale").attributes["factor"] = 1 / std::sqrt(double(headDim));
  model.add(name + ".probabilities", "softmax");
  model.add(name + ".context", "matmul").inputs.push_back(value);
  model.addTranspose(name + ".tokens", {0, 2, 1, 3});
  model.addReshape(name, {units, size / pooling, features});
}

void Hiera::addLayer(size_t stage, int64_t index, int64_t before) {
  const std::string name = nameOf(stage, index), tensors = prefix + name + ".", attention = name + ".attn";
  const int64_t features = widthOf(stage);
  const int64_t pooling = stage > 0 && index == 0 && int64_t(stage) <= poolings ? area(poolStride) : 1;
  const bool isWithinUnits = isMasked[stage] || (index == 0 && isMasked[stage > 0 ? stage - 1 : 0]);
  const auto size = int64_t(double(area(unit)) * std::pow(double(area(poolStride)), -double(stage))) * pooling;
  if (isWithinUnits && (size == 0 || tokens % size != 0))
    return model.errors.report(config.placeOf("masked_unit_size"), "makes units of " + llvm::Twine(size) +
                                                                       " tokens in stage " + llvm::Twine(stage + 1) +
                                                                       ", of which there are " + llvm::Twine(tokens));
  // Attention of all tokens takes them in any order, as long as pooling finds its parts.
  if (isWithinUnits)
    addUnits(name, tokens / size);
  else
    addUnits(name, 1);
  const std::string input = model.last();
  model.addNorm(name + ".layernorm_before", prefix + name + ".layernorm_before", epsilon);
  const std::string normed = model.last();
  if (pooling > 1)
    addPooledAttention(attention, stage, pooling);
  else {
    Node &node = model.add(attention, "attention");
    node.attributes["heads"] = heads[stage];
    node.attributes["head_dim"] = features / heads[stage];
    node.attributes["width"] = features;
    Model::setModule(node, "qkv", tensors + "attn.qkv");
  }
  model.addLinear(attention + ".proj", features, tensors + "attn.proj");
  std::string shortcut = input;
  if (features != before) {
    model.addLinear(name + ".proj", features, tensors + "proj", true, normed);
    if (pooling > 1)
      addPooling(name + ".pooled", pooling, features);
    shortcut = model.last();
  }
  model.addSum(name + ".attended", shortcut, attention + ".proj");
  tokens /= pooling;
  model.addNorm(name + ".layernorm_after", tensors + "layernorm_after", epsilon);
  model.addLinear(name + ".mlp.fc1", int64_t(double(features) * mlpRatio), tensors + "mlp.fc1");
  model.addActivation(name + ".mlp.activation_fn", activation);
  model.addLinear(name + ".mlp.fc2", features, tensors + "mlp.fc2");
  model.addSum(name, name + ".attended", model.last());
  // The library returns those of the last layer.
  if (index + 1 == depths[stage])
    model.offers("attention_" + std::to_string(stage), attention + (pooling > 1 ? ".probabilities" : "/probabilities"));
}

void Hiera::addStages() {
  states = {model.last()};
  model.addReshape("tokens", {1, tokens, width});
  int64_t before = width;
  for (size_t stage = 0; stage < depths.size(); ++stage) {
    for (int64_t index = 0; index < depths[stage]; ++index) {
      addLayer(stage, index, before);
      if (model.errors.any())
        return;
      before = widthOf(stage);
    }
    // The order in which the library has them.
    const std::string last = model.last();
    const int64_t count = units;
    addUnits("stage." + std::to_string(stage), 1);
    model.addReshape("stage." + std::to_string(stage) + ".state", {tokens, before});
    states.push_back(model.last());
    if (stage + 1 < depths.size() && count != 1) {
      units = count;
      model.addReshape("stage." + std::to_string(stage) + ".next", {units, tokens / units, before}, last);
    } else {
      model.addReshape("stage." + std::to_string(stage) + ".next", {1, tokens, before});
    }
  }
}

void Hiera::addOutputs() {
  std::vector<std::string> maps;
  for (const auto &[index, state] : llvm::enumerate(states)) {
    const size_t stage = index == 0 ? 0 : index - 1;
    const std::string number = "_" + std::to_string(index);
    model.offers("hidden_state" + number, state);
    maps.push_back("reshaped_hidden_state" + number);
    addRerolling(maps.back(), state, std::min(stage, size_t(poolings)), widthOf(stage));
    model.offers(maps.back(), maps.back());
  }
  const bool isBackbone = model.head == Head::Backbone, hasClassifier = model.head == Head::Classifier;
  model.ignoreTensors([&](llvm::StringRef name) {
    // The decoder of masked image modelling.
    return name.starts_with("decoder.") || name.starts_with("multiscale_fusion.") ||
           (!hasClassifier && name.starts_with("classifier.")) || (isBackbone && name.starts_with("pooler.")) ||
           (!isBackbone && name.starts_with("hidden_states_norms."));
  });
  const std::vector<std::string> names = nameStages(depths.size(), /*hasStem=*/true);
  if (isBackbone) {
    // That of the class, whatever layer_norm_eps says.
    constexpr double featureEpsilon = 1e-5;
    for (size_t stage : stages) {
      const std::string norm = "hidden_states_norms." + names[stage], output = "feature_map_" + names[stage];
      model.addNorm(norm, prefix + norm, featureEpsilon, maps[stage]);
      addChannelsFirst(model, output, norm);
      model.returns(output, output);
    }
    return;
  }
  model.addPooling("pooler.pooler", "mean", 0, states.back());
  model.addNorm("pooler.layernorm", prefix + "pooler.layernorm", epsilon);
  model.addState("last_hidden_state", states.back());
  model.addState("pooler_output", "pooler.layernorm");
  if (hasClassifier) {
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
  }
}

void Hiera::build() {
  prefix = choosePrefix(model, "hiera.");
  addEmbeddings();
  // The library's backbone forgets to: it takes rows of patches for unrolled tokens, and so does what it returns.
  if (model.head != Head::Backbone)
    addUnrolling();
  addStages();
  if (!model.errors.any())
    addOutputs();
}

static constexpr Architecture classes[] = {{"HieraForImageClassification", Head::Classifier, "classifier.weight"},
                                           {"HieraModel", Head::None, nullptr},
                                           {"HieraBackbone", Head::Backbone, nullptr}};
static constexpr ConfigKey keys[] = {{"embed_dim", "96"},
                                     {"image_size", "[224, 224]"},
                                     {"patch_size", "[7, 7]"},
                                     {"patch_stride", "[4, 4]"},
                                     {"patch_padding", "[3, 3]"},
                                     {"mlp_ratio", "4.0"},
                                     {"depths", "[2, 3, 16, 3]"},
                                     {"num_heads", "[1, 2, 4, 8]"},
                                     {"embed_dim_multiplier", "2.0"},
                                     {"num_query_pool", "3"},
                                     {"query_stride", "[2, 2]"},
                                     {"masked_unit_size", "[8, 8]"},
                                     {"masked_unit_attention", "[true, true, false, false]"},
                                     {"num_channels", "3"},
                                     {"hidden_act", "\"gelu\""},
                                     {"layer_norm_eps", "1e-6"},
                                     {"out_features", "null"},
                                     {"out_indices", "null"}};
// Initial values and masked image modelling; what follows from others.
static constexpr const char *inert[] = {
    "layer_norm_init", "decoder_hidden_size",  "decoder_depth", "decoder_num_heads", "mask_ratio",
    "hidden_size",     "normalize_pixel_loss", "stage_names",   "num_layers",        "num_hidden_layers"};

llvm::ArrayRef<Family> vitc::huggingface::hieraFamilies() {
  static const Family list[] = {{"hiera", classes, {keys, inert}, nullptr, {}, buildWith<Hiera>, false, true}};
  return list;
}
