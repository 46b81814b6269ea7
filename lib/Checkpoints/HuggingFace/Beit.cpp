//===- Beit.cpp - BEiT and Data2Vec -----------------------------*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"
#include "UperHead.h"

using namespace vitc;
using namespace vitc::huggingface;

/// One layer: as ViT's, but keys have no bias, there are layer scales and tables of relative positions.
static void addLayer(Model &model, const Dimensions &dimensions, const std::string &name, const std::string &tensors,
                     const LayerNames &names, const std::string &ownTable, const std::string &sharedTable) {
  Node &block = model.addBlock(name, dimensions, tensors, names, /*hasQkvBias=*/true);
  block.parameters.erase("key.bias");
  if (ownTable.empty() && sharedTable.empty())
    return;
  if (!ownTable.empty())
    block.parameters["relative_positions"] = tensors + ownTable;
  if (!sharedTable.empty())
    block.parameters["shared_relative_positions"] = sharedTable;
  // The library takes the rows of the table for columns when it resamples, which it always does.
  std::vector<int64_t> grid = dimensions.grid();
  block.attributes["relative_table"] = std::vector<int64_t>{2 * grid[1] - 1, 2 * grid[0] - 1};
  block.attributes["relative_resample"] = std::string("bilinear");
}

/// The stages whose tokens are segmented: numbers of `hidden_state_N`, beginning with 0. None after an error.
static std::vector<size_t> readSegmentedStates(ConfigReader &config, int64_t layers) {
  const std::vector<size_t> stages = readStages(config, nameStages(size_t(layers), /*hasStem=*/true));
  std::vector<size_t> states;
  for (size_t stage : stages)
    states.push_back(stage - 1);
  const std::string place = config.placeOf(config.gives("out_indices") ? "out_indices" : "out_features");
  if (!config.getErrors().any() && states.size() != 4)
    config.getErrors().report(place, "names " + llvm::Twine(states.size()) + " stages, the decoder takes 4");
  if (!config.getErrors().any() && stages.front() == 0)
    config.getErrors().report(place, "names the stem, before which there are no tokens to take");
  return states;
}

/// Four maps of the tokens of these states, 4 and 2 times as large, as large, and half as large as the grid of patches;
/// their decoder, and the answer.
static void addSegmentation(Model &model, ConfigReader &config, const Dimensions &dimensions,
                            llvm::ArrayRef<std::string> states) {
  // Names of transformers 5 in memory, and those of its files.
  const bool isNew = model.hasPrefix("fpn.");
  const std::vector<int64_t> grid = dimensions.grid();
  std::vector<std::string> maps;
  auto addEnlarging = [&](const std::string &tensors) {
    Node &node = model.add(tensors, "conv_transpose2d");
    node.attributes["out_channels"] = dimensions.width;
    node.attributes["kernel_size"] = std::vector<int64_t>{2, 2};
    node.attributes["stride"] = std::vector<int64_t>{2, 2};
    Model::setModule(node, "", tensors);
  };
  for (const auto &[level, state] : llvm::enumerate(states)) {
    const std::string name = "feature_map." + std::to_string(level);
    model.addSlice(name + ".patches", 0, 1, -1, state);
    model.addReshape(name, {grid[0], grid[1], dimensions.width});
    if (level == 0) {
      addEnlarging(isNew ? "fpn.fpn1.conv_transpose1" : "fpn1.0");
      const std::string norm = isNew ? "fpn.fpn1.normalization" : "fpn1.1";
      addBatchNorm(model, norm, norm, 1e-5);
      model.addActivation("fpn1.activation", "gelu");
      addEnlarging(isNew ? "fpn.fpn1.conv_transpose2" : "fpn1.3");
    } else if (level == 1) {
      addEnlarging(isNew ? "fpn.fpn2" : "fpn2.0");
    } else if (level == 3) {
      Node &pool = model.add("fpn4", "pool2d");
      pool.attributes["kind"] = std::string("max");
      pool.attributes["window"] = std::vector<int64_t>{2, 2};
      pool.attributes["stride"] = std::vector<int64_t>{2, 2};
    }
    maps.push_back(model.last());
  }
  const UperHeadNames oldNames = {"conv", "bn", "psp_modules.", ".1", "bottleneck"};
  const UperHeadNames newNames = {"convolution", "normalization", "psp_modules.blocks.", ".conv", "psp_bottleneck"};
  addUperHead(model, {isNew ? newNames : oldNames, dimensions.width, config.integers("pool_scales", 1, 4096)}, maps);
  returnPixelLogits(model, model.last());
}

static void buildBeit(Model &model, ConfigReader &config, ConfigReader &) {
  Dimensions dimensions = readDimensions(config);
  checkDimensions(config, dimensions);
  bool hasPositions = config.boolean("use_absolute_position_embeddings");
  bool hasOwnTables = config.boolean("use_relative_position_bias");
  bool hasSharedTable = config.boolean("use_shared_relative_position_bias");
  bool isMeanPooled = config.boolean("use_mean_pooling");
  // The initial value says whether there are layer scales at all.
  bool hasLayerScale = config.real("layer_scale_init_value") > 0;
  const bool isSegmented = model.head == Head::Segmentation;
  const std::vector<size_t> segmented =
      isSegmented && !model.errors.any() ? readSegmentedStates(config, dimensions.layers) : std::vector<size_t>();
  for (size_t axis : {0, 1})
    if (isSegmented && dimensions.patchSize[axis] > 0 && dimensions.imageSize[axis] / dimensions.patchSize[axis] < 2)
      model.errors.report(config.placeOf("image_size"), "leaves one patch in a row, of which the decoder takes half");
  if (model.errors.any())
    return;

  model.addImage(dimensions);
  std::string base = model.type == "beit" ? "beit." : "data2vec_vision.";
  std::string prefix = model.hasPrefix(base) || (!model.weights && model.head != Head::None) ? base : "";
  std::string embeddings = prefix + "embeddings.";
  model.addPatches("embeddings.patch_embeddings", dimensions, embeddings + "patch_embeddings.projection");
  model.add("embeddings.cls_token", "prefix_tokens").parameters["class_token"] = embeddings + "cls_token";
  if (hasPositions)
    model.addPositions("embeddings.position_embeddings", embeddings + "position_embeddings", "bicubic",
                       dimensions.grid(), dimensions, /*others=*/1);
  std::string firstState = model.last();

  Layers layers = findVitLayers(model, prefix);
  if (hasLayerScale) {
    layers.names.scale1 = "lambda_1";
    layers.names.scale2 = "lambda_2";
  }
  const std::string table = "relative_position_bias.relative_position_bias_table";
  std::string sharedTable = hasSharedTable ? prefix + "encoder." + table : "";
  std::string newSharedTable = prefix + "shared_position_bias.relative_position_bias_table";
  if (hasSharedTable && model.hasTensor(newSharedTable))
    sharedTable = newSharedTable;
  std::string ownTable = hasOwnTables ? "attention.attention." + table : "";
  if (hasOwnTables && model.hasTensor(layers.prefix + "0." + table))
    ownTable = table;
  std::vector<std::string> blocks;
  for (int64_t index = 0; index < dimensions.layers; ++index) {
    blocks.push_back("encoder.layer." + std::to_string(index));
    addLayer(model, dimensions, blocks.back(), layers.prefix + std::to_string(index) + ".", layers.names, ownTable,
             sharedTable);
  }
  if (isSegmented) {
    std::vector<std::string> states;
    for (size_t state : segmented)
      states.push_back(state == 0 ? firstState : blocks[state - 1]);
    addSegmentation(model, config, dimensions, states);
    model.offerStates(firstState, blocks);
    model.ignoreTensors([&](llvm::StringRef name) {
      // The auxiliary head is for training; the norm behind the last layer is not reached.
      if (name.starts_with("auxiliary_head.") || name.ends_with(".num_batches_tracked"))
        return true;
      name.consume_front(prefix);
      return name == "embeddings.mask_token" || name.ends_with(".relative_position_index") ||
             name.starts_with("layernorm.") || name.starts_with("pooler.");
    });
    return;
  }
  // With mean pooling, what is pooled is normalised, tokens are not.
  if (!isMeanPooled)
    model.addNorm("layernorm", prefix + "layernorm", dimensions.epsilon);
  std::string lastState = model.last();
  bool isClassifier = model.head == Head::Classifier;
  if (!isClassifier)
    model.returns("last_hidden_state", lastState);
  // Data2VecVisionModel has no pooler unless it is told to.
  if (model.type == "beit" || isClassifier) {
    if (isMeanPooled) {
      model.addMean("mean", 1, lastState);
      model.addNorm("pooler", prefix + "pooler.layernorm", dimensions.epsilon);
    } else {
      model.addToken("pooler", 0, lastState);
    }
    if (!isClassifier)
      model.returns("pooler_output", "pooler");
  }
  if (isClassifier) {
    model.addClassifier("classifier");
    model.returns("logits", "classifier");
    model.offers("last_hidden_state", lastState);
    model.offers("pooler_output", "pooler");
  }
  model.offerTokens(lastState, 1);
  model.offerStates(firstState, blocks);
  model.ignoreTensors([&](llvm::StringRef name) {
    name.consume_front(prefix);
    bool isOtherHead = !isClassifier && (name.starts_with("decode_head.") || name.starts_with("auxiliary_head.") ||
                                         name.starts_with("fpn") || name.starts_with("classifier.") ||
                                         (model.type != "beit" && name.starts_with("pooler.")));
    // Older files have the index, which follows from the size.
    return name == "embeddings.mask_token" || name.ends_with(".relative_position_index") || isOtherHead;
  });
}

static constexpr Architecture classes[] = {
    {"BeitForImageClassification", Head::Classifier, "classifier.weight"},
    {"BeitForSemanticSegmentation", Head::Segmentation, "decode_head.classifier.weight"},
    {"BeitModel", Head::None, nullptr}};
static constexpr Architecture data2vecClasses[] = {
    {"Data2VecVisionForImageClassification", Head::Classifier, "classifier.weight"},
    {"Data2VecVisionModel", Head::None, nullptr}};

// Those of segmentation are the last.
static constexpr size_t segmentationOnly = 3;
static constexpr ConfigKey segmentationKeys[] = {{"hidden_size", "768"},
                                                 {"num_hidden_layers", "12"},
                                                 {"num_attention_heads", "12"},
                                                 {"intermediate_size", "3072"},
                                                 {"hidden_act", "\"gelu\""},
                                                 {"layer_norm_eps", "1e-12"},
                                                 {"image_size", "224"},
                                                 {"patch_size", "16"},
                                                 {"num_channels", "3"},
                                                 {"use_absolute_position_embeddings", "false"},
                                                 {"use_relative_position_bias", "false"},
                                                 {"use_shared_relative_position_bias", "false"},
                                                 {"layer_scale_init_value", "0.1"},
                                                 {"use_mean_pooling", "true"},
                                                 {"pool_scales", "[1, 2, 3, 6]"},
                                                 {"out_features", "null"},
                                                 {"out_indices", "null"}};
// Masked image modelling, training, backbones.
static constexpr const char *segmentationInert[] = {"add_fpn",
                                                    "auxiliary_channels",
                                                    "auxiliary_concat_input",
                                                    "auxiliary_loss_weight",
                                                    "auxiliary_num_convs",
                                                    "reshape_hidden_states",
                                                    "semantic_loss_ignore_index",
                                                    "semantic_out_indices",
                                                    "stage_names",
                                                    "use_auxiliary_head",
                                                    "use_mask_token",
                                                    "vocab_size"};
static constexpr const char *inert[] = {"add_fpn",
                                        "auxiliary_channels",
                                        "auxiliary_concat_input",
                                        "auxiliary_loss_weight",
                                        "auxiliary_num_convs",
                                        "out_features",
                                        "out_indices",
                                        "pool_scales",
                                        "reshape_hidden_states",
                                        "semantic_loss_ignore_index",
                                        "semantic_out_indices",
                                        "stage_names",
                                        "use_auxiliary_head",
                                        "use_mask_token",
                                        "vocab_size"};

llvm::ArrayRef<Family> vitc::huggingface::beitFamilies() {
  static const llvm::ArrayRef<ConfigKey> keys = llvm::ArrayRef(segmentationKeys).drop_back(segmentationOnly);
  static const Family list[] = {{"beit", classes, {segmentationKeys, segmentationInert}, nullptr, {}, buildBeit},
                                {"data2vec-vision", data2vecClasses, {keys, inert}, nullptr, {}, buildBeit}};
  return list;
}
