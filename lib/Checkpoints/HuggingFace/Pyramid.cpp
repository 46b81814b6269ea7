//===- Pyramid.cpp - stages of transformers on maps -------------*- C++ -*-===//

#include "Pyramid.h"

using namespace vitc;
using namespace vitc::huggingface;

static constexpr int64_t mostChannels = 1 << 20;

Pyramid::Pyramid(Model &model, ConfigReader &config, const PyramidAttentionNames &names)
    : model(model), names(names), channels(config.integer("num_channels", 1, 4096)),
      count(config.integer("num_encoder_blocks", 1, 1000)), depths(config.integers("depths", 1, 1000)),
      ratios(config.integers("sr_ratios", 1, 1024)), widths(config.integers("hidden_sizes", 1, mostChannels)),
      patches(config.integers("patch_sizes", 1, 1023)), strides(config.integers("strides", 1, 1024)),
      heads(config.integers("num_attention_heads", 1, mostChannels)), mlpRatios(config.integers("mlp_ratios", 1, 1024)),
      activation(config.activation("hidden_act")) {
  checkStages(config, count,
              {{"depths", &depths},
               {"sr_ratios", &ratios},
               {"hidden_sizes", &widths},
               {"patch_sizes", &patches},
               {"strides", &strides},
               {"num_attention_heads", &heads},
               {"mlp_ratios", &mlpRatios}});
  for (size_t stage = 0; stage < std::min(heads.size(), widths.size()); ++stage)
    if (widths[stage] % heads[stage] != 0)
      model.errors.report(config.placeOf("num_attention_heads"),
                          llvm::Twine(heads[stage]) + " heads do not divide the " + llvm::Twine(widths[stage]) +
                              " features of a stage");
}

void Pyramid::addReducingConvolution(const std::string &name, size_t stage, int64_t edge) {
  PlainConvolution reduction{prefix + name + "." + names.reduction, widths[stage], {edge, edge}};
  reduction.stride = {edge, edge};
  addConvolution(model, name + "." + names.reduction, reduction);
  addNorm(name + "." + names.reductionNorm);
}

void Pyramid::addReduction(const std::string &name, size_t stage) {
  addReducingConvolution(name, stage, ratios[stage]);
}

void Pyramid::addAttention(const std::string &name, size_t stage) {
  // The pixels of the last map as tokens.
  auto addTokens = [&](const std::string &node) { model.addReshape(node, {-1, widths[stage]}); };
  std::string input = model.last();
  addTokens(name + ".queries");
  std::string queries = model.last(), keys = queries;
  if (isReduced(stage)) {
    // Of the map, not of its tokens.
    model.add(name + ".map", "reshape_as").inputs = {queries, input};
    addReduction(name, stage);
    addTokens(name + ".keys");
    keys = model.last();
  }
  Node &attention = model.add(name, "attention");
  attention.inputs = {queries};
  if (keys != queries)
    attention.inputs.push_back(keys);
  attention.attributes["heads"] = heads[stage];
  for (auto [role, tensors] :
       {std::pair("query", names.query), std::pair("key", names.key), std::pair("value", names.value)})
    Model::setModule(attention, role, prefix + name + "." + tensors, hasQkvBias);
  Model::setModule(attention, "output", prefix + name + "." + names.output);
  model.add(name + ".result", "reshape_as").inputs = {name, input};
}

void Pyramid::addLayer(const std::string &name, size_t stage) {
  std::string input = model.last();
  addNorm(name + ".layer_norm_1");
  addAttention(name + ".attention", stage);
  model.addSum(name + ".attended", input, model.last());
  input = model.last();

  addNorm(name + ".layer_norm_2");
  std::string mlp = name + ".mlp.", tensors = prefix + mlp;
  int64_t hidden = widths[stage] * mlpRatios[stage];
  model.addLinear(mlp + "dense1", hidden, tensors + "dense1");
  addInnerActivation(mlp);
  PlainConvolution depthwise{tensors + "dwconv.dwconv", hidden, {3, 3}};
  depthwise.padding = {1, 1, 1, 1};
  depthwise.groups = hidden;
  addConvolution(model, mlp + "dwconv", depthwise);
  if (activation != "none")
    model.addActivation(mlp + "intermediate_act_fn", activation);
  model.addLinear(mlp + "dense2", widths[stage], tensors + "dense2");
  model.addSum(name, input, model.last());
}

std::vector<std::string> Pyramid::addStages() {
  addPictureMap(model, "map");
  std::vector<std::string> states;
  int64_t layers = 0;
  for (size_t stage = 0; stage < size_t(count); ++stage) {
    const std::string embedding = embeddingOf(stage);
    int64_t patch = patches[stage];
    PlainConvolution projection{prefix + embedding + "proj", widths[stage], {patch, patch}};
    projection.stride = {strides[stage], strides[stage]};
    projection.padding = std::vector<int64_t>(4, patch / 2);
    addConvolution(model, embedding + "proj", projection);
    addNorm(embedding + "layer_norm");
    for (int64_t index = 0; index < depths[stage]; ++index) {
      const std::string block = blockOf(stage, index);
      addLayer(block, stage);
      model.offers("attention_" + std::to_string(layers++), block + ".attention/probabilities");
    }
    addNorm(normOf(stage));
    states.push_back(model.last());
  }
  return states;
}
