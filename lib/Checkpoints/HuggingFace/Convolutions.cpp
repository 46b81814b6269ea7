//===- Convolutions.cpp - what convolutional families share -----*- C++ -*-===//

#include "Convolutions.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

void vitc::huggingface::addConvolution(Model &model, const std::string &name, const ConvolutionLayer &layer,
                                       const std::string &input) {
  PlainConvolution convolution{
      layer.tensors + ".convolution", layer.channels, {layer.kernel, layer.kernel}, {layer.stride, layer.stride}};
  convolution.padding.assign(4, (layer.kernel - 1) / 2 * layer.dilation);
  convolution.groups = layer.groups;
  convolution.hasBias = false;
  convolution.dilation = layer.dilation;
  convolution.samePadding = layer.samePadding;
  vitc::addConvolution(model, name + ".convolution", convolution, input);
  addBatchNorm(model, name + ".normalization", layer.tensors + ".normalization", layer.epsilon);
  if (layer.activation != "none")
    model.addActivation(name + ".activation", layer.activation);
}

void vitc::huggingface::checkStages(
    ConfigReader &config, int64_t stages,
    std::initializer_list<std::pair<const char *, const std::vector<int64_t> *>> lists) {
  for (const auto &[key, list] : lists)
    if (int64_t(list->size()) < stages)
      config.getErrors().report(config.placeOf(key),
                                "has " + llvm::Twine(list->size()) + " stages, expected " + llvm::Twine(stages));
}

void vitc::huggingface::checkMultiplier(ConfigReader &config, llvm::StringRef key, double value) {
  if (!(value > 0 && value < 1024))
    config.getErrors().report(config.placeOf(key),
                              "is " + numberText(value) + ", expected more than 0 and less than 1024");
}

void vitc::huggingface::checkEpsilon(ConfigReader &config, llvm::StringRef key, double value) {
  if (!(value >= 0))
    config.getErrors().report(config.placeOf(key), "is " + numberText(value) + ", expected at least 0");
}

std::string vitc::huggingface::choosePrefix(const Model &model, const std::string &prefix) {
  return model.hasPrefix(prefix) || (!model.weights && model.head != Head::None && model.head != Head::Backbone)
             ? prefix
             : "";
}

std::vector<std::string> vitc::huggingface::nameStages(size_t count, bool hasStem) {
  std::vector<std::string> names;
  if (hasStem)
    names.push_back("stem");
  for (size_t stage = 1; stage <= count; ++stage)
    names.push_back("stage" + std::to_string(stage));
  return names;
}

std::vector<size_t> vitc::huggingface::readStages(ConfigReader &config, llvm::ArrayRef<std::string> names) {
  InputErrors &errors = config.getErrors();
  std::vector<size_t> named, numbered;
  if (config.gives("out_features"))
    for (const std::string &name : config.strings("out_features")) {
      const auto *found = llvm::find(names, name);
      if (found == names.end())
        errors.report(config.pointerTo("out_features"),
                      "'" + name + "' is no stage, expected " + llvm::join(names, ", "));
      else
        named.push_back(size_t(found - names.begin()));
    }
  auto count = int64_t(names.size());
  if (config.gives("out_indices"))
    for (int64_t index : config.integers("out_indices", -count, count - 1))
      numbered.push_back(size_t(index < 0 ? index + count : index));
  if (errors.any())
    return {};
  for (auto [key, list] : {std::pair("out_features", &named), std::pair("out_indices", &numbered)})
    for (size_t i = 1; i < list->size(); ++i)
      if ((*list)[i] <= (*list)[i - 1])
        errors.report(config.pointerTo(key), "expected stages in order, each once");
  if (!named.empty() && !numbered.empty() && named != numbered)
    errors.report(config.pointerTo("out_indices"), "names other stages than out_features");
  if (named.empty() && numbered.empty())
    return {names.size() - 1};
  return named.empty() ? numbered : named;
}

void vitc::huggingface::offerMaps(Model &model, llvm::ArrayRef<std::string> states) {
  for (const auto &[index, state] : llvm::enumerate(states)) {
    std::string name = "hidden_state_" + std::to_string(index);
    addChannelsFirst(model, name, state);
    model.offers(name, name);
  }
}

/// Tensors of training or of another head.
static void ignoreMapTensors(Model &model) {
  bool hasHead = model.head != Head::None && model.head != Head::Backbone;
  model.ignoreTensors([&](llvm::StringRef name) {
    return name.ends_with(".num_batches_tracked") ||
           (!hasHead && (name.starts_with("classifier.") || name.starts_with("segmentation_head.")));
  });
}

void vitc::huggingface::addFeatureMaps(Model &model, llvm::ArrayRef<size_t> stages, llvm::ArrayRef<std::string> names,
                                       llvm::ArrayRef<std::string> maps) {
  for (size_t stage : stages) {
    std::string name = "feature_map_" + names[stage];
    addChannelsFirst(model, name, maps[stage]);
    model.returns(name, name);
  }
  ignoreMapTensors(model);
}

void vitc::huggingface::addMapOutputs(Model &model, const std::string &map, const std::string &pooled,
                                      llvm::ArrayRef<std::string> states) {
  // The library's maps have their channels first.
  addChannelsFirst(model, "last_hidden_state", map);
  model.addState("last_hidden_state", "last_hidden_state");
  if (!pooled.empty())
    model.addState("pooler_output", pooled);
  offerMaps(model, states);
  ignoreMapTensors(model);
}

void vitc::huggingface::addPixelClassifier(Model &model, const std::string &name, const std::string &tensors) {
  model.checkLabels(tensors + ".weight");
  addConvolution(model, name, PlainConvolution{tensors, int64_t(model.labels.names.size()), {1, 1}});
}

void vitc::huggingface::returnPixelLogits(Model &model, const std::string &map) {
  addChannelsFirst(model, "logits", map);
  model.returns("logits", "logits");
  model.answersWithSegments("logits");
}

bool ResidualNetwork::read(ConfigReader &config, std::pair<const char *, const char *> kinds) {
  constexpr int64_t most = 1 << 20;
  channels = config.integer("num_channels", 1, 4096);
  stem = config.integer("embedding_size", 1, most);
  widths = config.integers("hidden_sizes", 1, most);
  depths = config.integers("depths", 1, 10000);
  activation = config.activation("hidden_act");
  downsamplesFirst = config.boolean("downsample_in_first_stage");
  const std::string type = config.string("layer_type");
  InputErrors &errors = config.getErrors();
  if (type != kinds.first && type != kinds.second)
    errors.report(config.placeOf("layer_type"),
                  "is '" + type + "', expected '" + kinds.first + "' or '" + kinds.second + "'");
  if (widths.size() != depths.size())
    errors.report(config.placeOf("depths"),
                  "has " + llvm::Twine(depths.size()) + " stages, hidden_sizes " + llvm::Twine(widths.size()));
  return type == kinds.second;
}

std::vector<std::string>
ResidualNetwork::addStages(Model &model,
                           llvm::function_ref<void(const std::string &, int64_t, int64_t, int64_t)> addLayer) const {
  std::vector<std::string> states = {model.last()};
  int64_t before = stem;
  for (size_t stage = 0; stage < widths.size(); ++stage) {
    for (int64_t index = 0; index < depths[stage]; ++index) {
      const int64_t stride = index == 0 && (stage > 0 || downsamplesFirst) ? 2 : 1;
      addLayer("encoder.stages." + std::to_string(stage) + ".layers." + std::to_string(index), before, widths[stage],
               stride);
      before = widths[stage];
    }
    states.push_back(model.last());
  }
  return states;
}

std::string vitc::huggingface::addShortcut(Model &model, const std::string &name, const std::string &tensors,
                                           int64_t channels, int64_t width, int64_t stride) {
  std::string input = model.last();
  if (channels == width && stride == 1)
    return input;
  addConvolution(model, name + ".shortcut", {tensors + "shortcut", width, 1, stride}, input);
  return model.last();
}

void vitc::huggingface::addResidualEnd(Model &model, const std::string &name, const std::string &shortcut,
                                       const std::string &activation) {
  model.addSum(name + ".sum", model.last(), shortcut);
  if (activation != "none")
    model.addActivation(name, activation);
}

void vitc::huggingface::addResidualHead(Model &model, int64_t channels, const std::string &map,
                                        llvm::ArrayRef<std::string> states) {
  addGlobalAverage(model, "pooler", channels, map);
  if (model.head == Head::Classifier) {
    model.checkLabels("classifier.1.weight");
    Node &classifier = model.add("classifier", "classifier", "pooler");
    classifier.attributes["classes"] = int64_t(model.labels.names.size());
    Model::setModule(classifier, "", "classifier.1");
    model.returns("logits", "classifier");
  }
  model.addReshape("pooler_output", {channels, 1, 1}, "pooler");
  addMapOutputs(model, map, "pooler_output", states);
}
