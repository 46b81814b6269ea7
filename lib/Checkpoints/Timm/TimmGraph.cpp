//===- TimmGraph.cpp - nodes of a timm model --------------------*- C++ -*-===//

#include "TimmGraph.h"

#include "vitc/Description/DescriptionParser.h"
#include "vitc/Description/OpSpec.h"
#include "vitc/Weights/Shape.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace vitc;

static std::string sizeText(const std::vector<int64_t> &size) {
  return std::to_string(size[0]) + "x" + std::to_string(size[1]);
}

/// NVIDIA's own table, which is for a square.
static constexpr const char *radioPositions = "patch_generator.pos_embed";

Node &TimmGraph::addNorm(const std::string &name, const TimmNorm &norm, const std::string &input) {
  Node &node = add(name, norm.rms ? "rms_norm" : "layer_norm", input);
  node.attributes["epsilon"] = norm.epsilon;
  setNorm(node, "", name, norm);
  return node;
}

Node &TimmGraph::addLinear(const std::string &name, int64_t features, bool hasBias, const std::string &input) {
  Node &node = add(name, "linear", input);
  node.attributes["out_features"] = features;
  setModule(node, "", name, hasBias);
  return node;
}

void TimmGraph::addCombined(const std::string &name, const std::string &op, const std::string &tensor,
                            std::vector<int64_t> shape) {
  std::string value = last();
  addParameter(tensor, tensor, std::move(shape));
  add(name, op).inputs = {value, tensor};
}

void TimmGraph::setNormKind(Node &node, const TimmNorm &norm) {
  node.attributes["norm_kind"] = std::string(norm.rms ? "rms_norm" : "layer_norm");
  node.attributes["inner_norm_epsilon"] = norm.epsilon;
}

void TimmGraph::addPatches(const TimmShape &shape, bool hasBias) {
  addImage(shape.channels, shape.imageSize);
  // What is left at the bottom and at the right is no part of any patch.
  for (size_t axis : {0, 1})
    if (int64_t rest = shape.imageSize[axis] % shape.patchSize[axis])
      addSlice(axis == 0 ? "patch_embed.rows" : "patch_embed.columns", int64_t(axis) + 1, 0,
               shape.imageSize[axis] - rest);
  addPatchProjection(shape, hasBias);
}

void TimmGraph::addPatchProjection(const TimmShape &shape, bool hasBias) {
  width = shape.width;
  Node &patches = add("patch_embed", "patch_embedding");
  patches.attributes["width"] = shape.width;
  patches.attributes["patch_size"] = shape.patchSize;
  setModule(patches, "", "patch_embed.proj", hasBias);
  // Models that were trained before patches were cut by a convolution.
  const TensorInfo *weight = weights ? weights->find("patch_embed.proj.weight") : nullptr;
  const size_t rank = weight ? weight->shape.size() : 0;
  std::vector<int64_t> kernel = shape.patchSize;
  if (rank == 2)
    patches.attributes["weight_layout"] = std::string("channels_first");
  if (rank == 4)
    kernel = {weight->shape[2], weight->shape[3]};
  // RADIO's, which are always square.
  else if (rank == 2 && hasTensor(radioPositions))
    kernel.assign(2, int64_t(std::sqrt(double(weight->shape[1]) / 3)));
  if (kernel == shape.patchSize)
    return;
  constexpr int64_t largest = 256;
  const std::string tensor = "patch_embed.proj.weight";
  auto about = [&](const llvm::Twine &message) {
    return inputError(weights->fileOf(tensor), "tensor " + tensor, message);
  };
  auto isPossible = [](int64_t edge) { return edge >= 1 && edge <= largest; };
  if (!llvm::all_of(kernel, isPossible) || !llvm::all_of(shape.patchSize, isPossible))
    return errors.report(about("is for patches of " + sizeText(kernel) + ", the model has those of " +
                               sizeText(shape.patchSize) + ": filters are resampled up to " + llvm::Twine(largest)));
  result.notes.push_back(llvm::toString(
      about("is for patches of " + sizeText(kernel) + ", and is resampled to " + sizeText(shape.patchSize))));
  patches.attributes["resample"] = shape.kernelResample;
  patches.attributes["source_patch_size"] = kernel;
}

int64_t TimmGraph::lengthOf(const std::string &tensor, size_t dim) const {
  const TensorInfo *info = weights ? weights->find(tensor) : nullptr;
  return info && info->shape.size() > dim ? info->shape[dim] : 0;
}

void TimmGraph::reportMissing() {
  if (!missing.empty())
    errors.report("/model_args",
                  "the weights have what the configuration does not say; add " + llvm::join(missing, ", "));
}

std::vector<int64_t> TimmGraph::findGrid(const TimmShape &shape, const std::string &tensor, int64_t others) const {
  const std::vector<int64_t> grid = {shape.grid(0), shape.grid(1)};
  const TensorInfo *info = weights ? weights->find(tensor) : nullptr;
  if (!info || info->shape.size() < 2)
    return grid;
  const int64_t patches = info->shape[info->shape.size() - 2] - others;
  const TensorInfo *kernel = weights->find("patch_embed.proj.weight");
  if (shape.trainedSize && kernel && kernel->shape.size() == 4 && kernel->shape[2] > 0 && kernel->shape[3] > 0) {
    const std::vector<int64_t> trained = {(*shape.trainedSize)[0] / kernel->shape[2],
                                          (*shape.trainedSize)[1] / kernel->shape[3]};
    if (trained[0] * trained[1] == patches && patches > 0)
      return trained;
  }
  const auto edge = int64_t(std::sqrt(double(std::max<int64_t>(patches, 0))));
  if (patches == grid[0] * grid[1] || edge == 0 || edge * edge != patches)
    return grid;
  return {edge, edge};
}

void TimmGraph::addTokens(const TimmShape &shape, const Tokens &tokens) {
  auto addPositions = [&](int64_t others) {
    Node &positions = add("pos_embed", "position_embedding");
    positions.parameters["value"] = "pos_embed";
    positions.attributes["resample"] = shape.resample;
    const bool isRadios = hasTensor(radioPositions);
    if (isRadios) {
      positions.parameters["value"] = radioPositions;
      positions.attributes["square"] = true;
    }
    positions.attributes["source_grid"] = findGrid(shape, positions.parameters["value"], others);
  };
  // In DINOv2's own files the class token has a position, and registers come in behind it afterwards.
  if (tokens.positions && tokens.patchPositionsOnly && tokens.classToken && hasTensor("register_tokens")) {
    add("tokens", "prefix_tokens").parameters["class_token"] = "cls_token";
    addPositions(1);
    Node &registers = add("registers", "prefix_tokens");
    registers.attributes["registers"] = tokens.registers;
    registers.attributes["after"] = int64_t(1);
    registers.parameters["register_tokens"] = "register_tokens";
    return;
  }
  if (tokens.positions && tokens.patchPositionsOnly)
    addPositions(0);
  if (tokens.count() > 0) {
    Node &node = add("tokens", "prefix_tokens");
    if (tokens.classToken)
      node.parameters["class_token"] = "cls_token";
    if (tokens.distillationToken)
      node.parameters["distillation_token"] = "dist_token";
    node.attributes["registers"] = tokens.registers;
    if (tokens.registers > 0)
      node.parameters["register_tokens"] = "reg_token";
  }
  if (tokens.positions && !tokens.patchPositionsOnly)
    addPositions(tokens.count());
}

void TimmGraph::addBlocks(int64_t depth, llvm::function_ref<void(const std::string &name)> addBlock) {
  offers("hidden_state_0", last());
  std::vector<ModelOutput> attentions;
  for (int64_t index = 0; index < depth; ++index) {
    std::string name = "blocks." + std::to_string(index);
    addBlock(name);
    offers("hidden_state_" + std::to_string(index + 1), last());
    if (result.nodes.back().op == "encoder_block")
      attentions.push_back({"attention_" + std::to_string(index), name + "/attention/probabilities"});
  }
  llvm::append_range(result.availableOutputs, attentions);
}

void TimmGraph::offerTokens(const Tokens &tokens, const std::string &from) {
  offers("last_hidden_state", from);
  int64_t next = 0;
  auto offerToken = [&](const std::string &name) {
    addPooling("tokens." + name, "token", next++, from);
    offers(name, last());
  };
  if (tokens.classToken)
    offerToken("class_token");
  if (tokens.distillationToken)
    offerToken("distillation_token");
  if (tokens.registers > 0) {
    addSlice("tokens.register_tokens", 0, next, tokens.registers, from);
    offers("register_tokens", last());
    next += tokens.registers;
  }
  addSlice("tokens.patch_tokens", 0, next, -1, from);
  offers("patch_tokens", last());
}

void TimmGraph::offerNormalised(int64_t size) {
  addUnitLength("image_embeds_normalized", last(), size);
  offers("image_embeds_normalized", last());
}

int64_t TimmGraph::addHead(const TimmHead &head, const Tokens &tokens) {
  if (head.hasNorm)
    addNorm("norm", head.norm);
  std::string all = last();
  if (head.pool == "token")
    addPooling("pool", "token", 0, last());
  else if (head.pool == "avg")
    addPooling("pool", "mean", head.pooledFrom, last());
  else if (head.pool == "max")
    addPooling("pool", "max", head.pooledFrom, last());
  else if (head.pool == "avgmax")
    addMeanAndMaximum(head.pooledFrom);
  else if (head.pool == "map")
    addAttentionPool(head);
  if (head.hasPooledNorm)
    addNorm("fc_norm", head.norm);
  if (!head.pool.empty())
    offers("pooler_output", last());
  if (head.classes > 0) {
    addClassifier("head", head.classes, last());
    offers("logits", last());
  }
  const char *output = head.classes > 0 ? "logits" : head.pool.empty() ? "last_hidden_state" : "pooler_output";
  result.outputs = {{output, last()}};
  // The vectors of CLIP's and SigLIP's models are compared with those of texts.
  llvm::StringRef name = result.name;
  if ((name.contains("clip") || name.contains("siglip")) && !head.pool.empty())
    offerNormalised(head.classes > 0 ? head.classes : width);
  // Without pooling, a norm that is meant to stand behind it is applied to all tokens.
  offerTokens(tokens, head.pool.empty() && head.classes == 0 ? last() : all);
  return head.pool.empty() ? 0 : head.classes;
}

void TimmGraph::addClassifier(const std::string &name, int64_t classes, const std::string &features) {
  Node &classifier = add(name, "classifier", features);
  classifier.attributes["classes"] = classes;
  setModule(classifier, "", name, true);
}

void TimmGraph::addMeanAndMaximum(int64_t firstToken) {
  std::string tokens = last();
  addPooling("pool.mean", "mean", firstToken, tokens);
  addPooling("pool.max", "max", firstToken, tokens);
  add("pool", "average").inputs = {"pool.mean", "pool.max"};
}

void TimmGraph::addAttentionPool(const TimmHead &head) {
  std::string tokens = last();
  if (head.pooledFrom > 0)
    tokens = addSlice("attn_pool.tokens", 0, head.pooledFrom, -1).name;
  addParameter("attn_pool.latent", "attn_pool.latent", {1, head.attention.width});
  Node &attention = add("attn_pool.attention", "attention");
  attention.inputs = {"attn_pool.latent", tokens};
  attention.attributes["heads"] = head.attention.heads;
  setModule(attention, "query", "attn_pool.q", true);
  setModule(attention, "key_value", "attn_pool.kv", true);
  setModule(attention, "output", "attn_pool.proj", true);
  addNorm("attn_pool.norm", head.norm);
  Node &mlp = add("attn_pool.mlp", "mlp");
  mlp.attributes["hidden_size"] = head.attention.hidden;
  mlp.attributes["activation"] = head.attention.activation;
  setModule(mlp, "fc1", "attn_pool.mlp.fc1", true);
  setModule(mlp, "fc2", "attn_pool.mlp.fc2", true);
  addSum("attn_pool.sum", "attn_pool.attention", "attn_pool.mlp");
  addPooling("attn_pool", "token", 0, "attn_pool.sum");
}

TimmShape vitc::readTimmShape(InputErrors &errors, TimmSettings &settings, const TimmInput &input, bool mayBeDynamic,
                              int64_t halvings) {
  constexpr int64_t large = int64_t(1) << 20;
  TimmShape shape;
  shape.imageSize = settings.size("img_size", input.imageSize);
  shape.patchSize = settings.size("patch_size", {16, 16});
  if (mayBeDynamic)
    shape.trainedSize = settings.gives("img_size") ? shape.imageSize : input.recommendedSize;
  if (const JsonValue *resampling = settings.impliedByName("resampling")) {
    shape.resample = *resampling->asString();
    shape.kernelResample = "bilinear";
  }
  shape.patchedSize = shape.imageSize;
  for (int64_t &edge : shape.patchedSize)
    for (int64_t halving = 0; halving < halvings; ++halving)
      edge = (edge + 1) / 2;
  // What is in front of hybrids takes three unless the argument says otherwise, whatever pictures are for.
  shape.channels = settings.integer("in_chans", halvings > 0 ? 3 : input.channels, 1, 4096);
  shape.width = settings.integer("embed_dim", 768, 1, large);
  shape.depth = settings.integer("depth", 12, 0, int64_t(maximumNodes) / 32);
  shape.heads = settings.integer("num_heads", 12, 1, large);
  shape.classes = settings.integer("num_classes", input.classes, 0, large);
  if (shape.width % shape.heads != 0)
    errors.report(settings.where({"num_heads", "embed_dim"}),
                  llvm::Twine(shape.heads) + " heads do not divide the width " + llvm::Twine(shape.width));
  if (shape.grid(0) == 0 || shape.grid(1) == 0)
    errors.report(settings.where({"patch_size", "img_size"}), "patches of " + sizeText(shape.patchSize) +
                                                                  " are larger than the image of " +
                                                                  sizeText(shape.imageSize));
  if (!countElements({shape.channels, shape.imageSize[0], shape.imageSize[1]}))
    errors.report(settings.where({"img_size"}), "images of " + sizeText(shape.imageSize) + " are too large");
  bool hasRest = shape.imageSize[0] % shape.patchSize[0] != 0 || shape.imageSize[1] % shape.patchSize[1] != 0;
  // Either is an error in timm, or pads, when a picture does not consist of whole patches.
  if (mayBeDynamic)
    for (const char *key : {"dynamic_img_size", "dynamic_img_pad"})
      if (settings.boolean(key, false) && hasRest)
        settings.unsupported(key, "true for images of " + sizeText(shape.imageSize) + " and patches of " +
                                      sizeText(shape.patchSize));
  return shape;
}

int64_t vitc::timmHiddenSize(InputErrors &errors, TimmSettings &settings, int64_t width, double ratio) {
  double size = double(width) * ratio;
  if (size >= 1 && size <= double(int64_t(1) << 31))
    return int64_t(size);
  errors.report(settings.where({"mlp_ratio", "embed_dim"}),
                "is " + numberText(ratio) + ", the MLP would have " + numberText(size) + " features");
  return 1;
}
