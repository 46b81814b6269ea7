//===- TimmMaps.cpp - convolutional models of timm --------------*- C++ -*-===//

#include "TimmMaps.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace vitc;

std::optional<TimmMapNorm> vitc::readTimmMapNorm(InputErrors &errors, TimmSettings &settings, llvm::StringRef key) {
  std::optional<TimmSettings::ClassCall> call = settings.classCall(key);
  if (!call)
    return std::nullopt;
  std::string name = llvm::StringRef(call->name).lower();
  llvm::erase(name, '_');
  using Kind = TimmMapNorm::Kind;
  TimmMapNorm norm;
  std::optional<Kind> kind = llvm::StringSwitch<std::optional<Kind>>(name)
                                 .Cases("batchnorm", "batchnorm2d", "batchnormact2d", Kind::Batch)
                                 .Cases("groupnorm", "groupnormact", Kind::Group)
                                 .Cases("layernorm", "layernorm2d", "layernormact2d", Kind::Layer)
                                 .Cases("rmsnorm", "rmsnorm2d", Kind::Rms)
                                 .Default(std::nullopt);
  if (!kind) {
    settings.unsupported(key, "the norm '" + call->name + "'");
    return norm;
  }
  norm.kind = *kind;
  if (norm.kind == Kind::Layer || norm.kind == Kind::Rms)
    norm.epsilon = 1e-6;
  for (const auto &[keyword, value] : call->keywords) {
    if (keyword == "eps")
      norm.epsilon = readReal(errors, settings.where({key}), value).value_or(norm.epsilon);
    else if (keyword == "group_size" && norm.kind == Kind::Group)
      norm.groupSize = readInteger(errors, settings.where({key}), value, 1, 1 << 16).value_or(0);
    else
      settings.unsupported(key, "the norm's " + keyword);
  }
  if (!(norm.epsilon >= 0))
    errors.report(settings.where({key}), "is " + numberText(norm.epsilon) + ", expected at least 0");
  return norm;
}

TimmAntiAlias vitc::readTimmAntiAlias(TimmSettings &settings) {
  std::string name = llvm::StringRef(settings.className("aa_layer", "")).lower();
  std::optional<TimmAntiAlias> kind = llvm::StringSwitch<std::optional<TimmAntiAlias>>(name)
                                          .Case("", TimmAntiAlias::None)
                                          .Cases("avg", "avgpool", "avgpool2d", TimmAntiAlias::Average)
                                          .Cases("blur", "blurpool", "blurpool2d", TimmAntiAlias::Blur)
                                          .Case("blurpc", TimmAntiAlias::BlurZeros)
                                          .Default(std::nullopt);
  if (!kind)
    settings.unsupported("aa_layer", "'" + name + "'");
  return kind.value_or(TimmAntiAlias::None);
}

TimmMaps::TimmMaps(TimmGraph &graph, TimmSettings &settings, const TimmInput &input)
    : graph(graph), errors(graph.errors), imageSize(input.recommendedSize),
      channels(settings.integer("in_chans", input.channels, 1, 4096)),
      classCount(settings.integer("num_classes", input.classes, 0, int64_t(1) << 20)),
      poolKind(settings.string("global_pool", "avg")) {
  if (!llvm::is_contained({"", "avg", "max", "avgmax", "catavgmax"}, poolKind))
    settings.unsupported("global_pool", "'" + poolKind + "'");
  else if (poolKind.empty() && classCount > 0)
    settings.unsupported("global_pool", "a classifier without pooling");
}

void TimmMaps::begin(const std::vector<int64_t> &size) {
  graph.addImage(channels, size);
  addPictureMap(graph, "map");
}

void TimmMaps::addConvolution(const std::string &name, PlainConvolution convolution, const std::string &input) {
  convolution.tensors = name;
  vitc::addConvolution(graph, name, convolution, input);
}

void TimmMaps::addNorm(const std::string &name, const TimmMapNorm &norm, int64_t count) {
  switch (norm.kind) {
  case TimmMapNorm::Kind::Batch:
    return addBatchNorm(graph, name, name, norm.epsilon);
  case TimmMapNorm::Kind::Group: {
    int64_t groups = norm.groupSize ? count / norm.groupSize : 32;
    if (groups == 0 || count % groups != 0 || (norm.groupSize && count % norm.groupSize != 0))
      errors.report("/architecture", llvm::Twine(count) + " channels of " + name + " are no whole groups");
    Node &node = graph.add(name, "group_norm");
    node.attributes["groups"] = groups;
    node.attributes["epsilon"] = norm.epsilon;
    NodeBuilder::setModule(node, "", name);
    return;
  }
  case TimmMapNorm::Kind::Layer:
  case TimmMapNorm::Kind::Rms:
    graph.addNorm(name, {norm.kind == TimmMapNorm::Kind::Rms, norm.epsilon});
    return;
  }
}

void TimmMaps::addActivation(const std::string &name, const std::string &kind) {
  if (kind != "none")
    graph.addActivation(name, kind);
}

void TimmMaps::addAveragePool(const std::string &name, int64_t window, int64_t stride, const std::string &input) {
  Node &pool = graph.add(name, "pool2d", input);
  pool.attributes["kind"] = std::string("average");
  pool.attributes["window"] = std::vector<int64_t>(2, window);
  pool.attributes["stride"] = std::vector<int64_t>(2, stride);
}

void TimmMaps::addShortcutPool(const std::string &name, int64_t stride, const std::string &input) {
  addAveragePool(name, 2, stride, input);
  Node &pool = graph.result.nodes.back();
  if (stride > 1) {
    pool.attributes["ceil_mode"] = true;
  } else {
    pool.attributes["padding"] = std::vector<int64_t>{0, 0, 1, 1};
    pool.attributes["count_include_pad"] = true;
  }
}

void TimmMaps::addReflected(const std::string &name, int64_t dim) {
  std::string map = graph.last();
  graph.addSlice(name + ".before", dim, 1, 1, map);
  graph.addSlice(name + ".behind", dim, -2, 1, map);
  graph.addConcat(name, {name + ".before", map, name + ".behind"}, dim);
}

void TimmMaps::addAntiAlias(const std::string &name, TimmAntiAlias kind, int64_t stride) {
  if (kind == TimmAntiAlias::None || (kind == TimmAntiAlias::Average && stride == 1))
    return;
  if (kind == TimmAntiAlias::Average)
    return addAveragePool(name, stride, stride);
  // Weights of 1, 2 and 1 in both directions are the means of means of two.
  if (kind == TimmAntiAlias::Blur) {
    addReflected(name + ".rows", 0);
    addReflected(name + ".columns", 1);
  }
  addAveragePool(name + ".means", 2, 1);
  if (kind == TimmAntiAlias::BlurZeros) {
    Node &means = graph.result.nodes.back();
    means.attributes["padding"] = std::vector<int64_t>(4, 1);
    means.attributes["count_include_pad"] = true;
  }
  addAveragePool(name, 2, stride);
}

void TimmMaps::addChannelAttention(const std::string &name, int64_t count) {
  std::string map = graph.last();
  addGlobalAverage(graph, name + ".means", count, map);
  graph.addReshape(name + ".row", {1, count, 1});
  // More neighbours for more channels, an odd number.
  auto kernel = int64_t(std::abs(std::log2(double(count)) + 1) / 2);
  kernel = std::max<int64_t>(kernel % 2 ? kernel : kernel + 1, 3);
  PlainConvolution convolution{"", 1, {1, kernel}};
  convolution.padding = {0, kernel / 2, 0, kernel / 2};
  convolution.hasBias = false;
  addConvolution(name + ".conv", convolution);
  graph.addActivation(name + ".gates", "sigmoid");
  graph.addReshape(name + ".pixel", {1, 1, count});
  graph.add(name, "mul").inputs = {map, name + ".pixel"};
}

int64_t TimmMaps::addPool(const std::string &name, int64_t count) {
  if (poolKind.empty())
    return count;
  const std::string map = graph.last(), mean = name + ".mean", maximum = name + ".max";
  if (poolKind == "avg") {
    addGlobalAverage(graph, name, count, map);
    return count;
  }
  graph.addReshape(name + ".pixels", {-1, count}, map);
  if (poolKind == "max") {
    graph.addPooling(name, "max", 0);
    return count;
  }
  graph.addPooling(mean, "mean", 0, name + ".pixels");
  graph.addPooling(maximum, "max", 0, name + ".pixels");
  if (poolKind == "avgmax") {
    graph.add(name, "average").inputs = {mean, maximum};
    return count;
  }
  graph.addConcat(name, {mean, maximum}, 0);
  return 2 * count;
}

void TimmMaps::addLinear(const std::string &name, int64_t count) {
  if (!poolKind.empty()) {
    graph.addLinear(name, count, /*hasBias=*/true);
    return;
  }
  addConvolution(name, PlainConvolution{"", count, {1, 1}});
}

int64_t TimmMaps::addClassifier(const std::string &name) {
  std::string last = graph.last();
  graph.ignoreTensors([](llvm::StringRef tensor) { return tensor.ends_with(".num_batches_tracked"); });
  // Without pooling, what the model returns is a map, which may have more layers behind it than forward_features has.
  if (poolKind.empty())
    features = last;
  else
    graph.offers("pooler_output", last);
  std::string map = features;
  if (!hasChannelsLast) {
    map = "last_hidden_state";
    addChannelsFirst(graph, map, features);
  }
  graph.offers("last_hidden_state", map);
  for (const auto &[index, state] : llvm::enumerate(states)) {
    const std::string output = "hidden_state_" + std::to_string(index);
    addChannelsFirst(graph, output, state);
    graph.offers(output, output);
  }
  if (classCount > 0) {
    graph.addClassifier(name, classCount, last);
    graph.offers("logits", name);
    graph.result.outputs = {{"logits", name}};
  } else if (poolKind.empty()) {
    graph.result.outputs = {{"last_hidden_state", map}};
  } else {
    graph.result.outputs = {{"pooler_output", last}};
  }
  return classCount;
}
