//===- UperNet.cpp - UPerNet on the backbones of other families -*- C++ -*-===//

#include "Convolutions.h"
#include "Families.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

static constexpr llvm::StringLiteral backbonePrefix = "backbone.";

namespace {
/// The tensors of a file behind a prefix, without it: what a family's backbone sees of a larger model.
class TensorsBehind final : public WeightSource {
public:
  TensorsBehind(const WeightSource &file, llvm::StringRef prefix) : file(file), prefix(prefix) {}

  std::vector<std::string> names() const override {
    std::vector<std::string> own;
    for (const std::string &name : file.names())
      if (llvm::StringRef rest = name; rest.consume_front(prefix))
        own.push_back(rest.str());
    return own;
  }
  const TensorInfo *find(llvm::StringRef name) const override { return file.find(prefix + name.str()); }
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override {
    return file.read(prefix + name.str(), first, count, out);
  }
  std::string fileOf(llvm::StringRef name) const override { return file.fileOf(prefix + name.str()); }
  std::vector<std::string> files() const override { return file.files(); }

private:
  const WeightSource &file;
  const std::string prefix;
};

/// Reads the configuration and appends the nodes.
class UperNet {
public:
  UperNet(Model &model, ConfigReader &config);
  void build();

private:
  /// The family and the configuration of the backbone; null after an error.
  const Family *findBackbone();
  /// Appends the backbone's nodes; returns its feature maps, channels last.
  std::vector<std::string> addBackbone(const Family &family);
  /// UperNetConvModule: a convolution, its batch norm, ReLU.
  void addModule(const std::string &name, int64_t kernel, const std::string &input = "");
  /// A map at the size of another.
  void addResizeLike(const std::string &name, const std::string &input, const std::string &map);
  Node &addConcat(const std::string &name, std::vector<std::string> maps);
  /// UperNetPyramidPoolingModule and what follows.
  std::string addPooling(const std::string &map);

  Model &model;
  ConfigReader &config;
  const int64_t width;
  const std::vector<int64_t> scales;
};
} // namespace

UperNet::UperNet(Model &model, ConfigReader &config)
    : model(model), config(config), width(config.integer("hidden_size", 1, 1 << 20)),
      scales(config.integers("pool_scales", 1, 4096)) {
  for (const char *key : {"backbone", "backbone_kwargs"})
    if (config.gives(key))
      model.errors.report(config.pointerTo(key), "is not supported, expected a 'backbone_config'");
  if (config.boolean("use_timm_backbone"))
    model.errors.report(config.pointerTo("use_timm_backbone"), "is not supported, expected a 'backbone_config'");
}

const Family *UperNet::findBackbone() {
  const JsonValue *section = config.find("backbone_config");
  const JsonValue *type = section ? section->find("model_type") : nullptr;
  const std::string place = config.pointerTo("backbone_config");
  if (!type || !type->asString()) {
    model.errors.report(section ? place : config.placeOf("backbone_config"),
                        "expected a backbone's configuration with a 'model_type'");
    return nullptr;
  }
  auto hasBackbone = [](const Family &family) {
    return llvm::any_of(family.architectures, [](const Architecture &a) { return a.head == Head::Backbone; });
  };
  const Family *family = findFamily(*type->asString());
  if (family && hasBackbone(*family))
    return family;
  std::vector<std::string> known;
  for (const Family &other : families())
    if (hasBackbone(other))
      known.push_back(other.type);
  model.errors.report(jsonPointer(place, "model_type"),
                      "'" + *type->asString() + "' is not supported, expected one of " + llvm::join(known, ", "));
  return nullptr;
}

std::vector<std::string> UperNet::addBackbone(const Family &family) {
  static constexpr ConfigKey more[] = {{"architectures", "null"}, {"model_type", "null"}};
  ConfigReader section(model.errors, *config.find("backbone_config"), config.pointerTo("backbone_config"),
                       {family.keys, {labelKeys(), {}}, {more, {}}});
  std::optional<TensorsBehind> tensors;
  if (model.weights)
    tensors.emplace(*model.weights, backbonePrefix);
  ModelDescription own;
  Model backbone(model.errors, own, tensors ? &*tensors : nullptr, family.type, Head::Backbone, model.isResized,
                 model.pictureSize);
  family.build(backbone, section, section);
  std::vector<std::string> ignored, notes;
  section.finish(ignored, notes);
  if (model.errors.any())
    return {};

  // Everything of it is called as in the whole model.
  const std::string prefix = backbonePrefix.str(), input = own.inputs.front().name;
  for (const std::string &pointer : ignored)
    model.result.ignoredKeys.push_back(model.result.file + ": " + pointer);
  for (const std::string &tensor : own.ignoredTensors)
    model.result.ignoredTensors.push_back(prefix + tensor);
  for (auto &output : own.availableOutputs)
    model.offers(output.name, prefix + output.from);
  model.result.inputs = own.inputs;
  for (Node &node : own.nodes) {
    node.name = prefix + node.name;
    node.where = "node " + node.name;
    for (std::string &name : node.inputs)
      if (name != input)
        name = prefix + name;
    for (auto &[role, tensor] : node.parameters)
      tensor = prefix + tensor;
    model.result.nodes.push_back(std::move(node));
  }
  std::vector<std::string> maps;
  for (const auto &output : own.outputs) {
    maps.push_back(prefix + output.name + ".map");
    model.add(maps.back(), "transpose", prefix + output.from).attributes["permutation"] = std::vector<int64_t>{1, 2, 0};
  }
  return maps;
}

void UperNet::addModule(const std::string &name, int64_t kernel, const std::string &input) {
  PlainConvolution convolution{name + ".conv", width, {kernel, kernel}};
  convolution.padding = std::vector<int64_t>(4, kernel / 2);
  convolution.hasBias = false;
  addConvolution(model, name + ".conv", convolution, input);
  addBatchNorm(model, name + ".batch_norm", name + ".batch_norm", 1e-5);
  model.addActivation(name, "relu");
}

void UperNet::addResizeLike(const std::string &name, const std::string &input, const std::string &map) {
  Node &resize = model.add(name, "resize2d", input);
  resize.attributes["kind"] = std::string("bilinear");
  resize.inputs.push_back(map);
}

Node &UperNet::addConcat(const std::string &name, std::vector<std::string> maps) {
  Node &node = model.add(name, "concat");
  node.inputs = std::move(maps);
  node.attributes["dim"] = int64_t(2);
  return node;
}

std::string UperNet::addPooling(const std::string &map) {
  const std::string name = "decode_head.psp_modules";
  std::vector<std::string> parts = {map};
  for (size_t index = 0; index < scales.size(); ++index) {
    const std::string part = name + "." + std::to_string(index);
    model.add(part + ".0", "adaptive_average_pool", map).attributes["size"] = std::vector<int64_t>(2, scales[index]);
    addModule(part + ".1", 1);
    addResizeLike(part, model.last(), map);
    parts.push_back(part);
  }
  addConcat(name, parts);
  addModule("decode_head.bottleneck", 3);
  return model.last();
}

void UperNet::build() {
  const Family *family = findBackbone();
  if (!family)
    return;
  const std::vector<std::string> maps = addBackbone(*family);
  if (maps.empty())
    return;
  const std::string name = "decode_head.";
  const size_t levels = maps.size();
  std::vector<std::string> laterals(levels);
  for (size_t level = 0; level + 1 < levels; ++level) {
    laterals[level] = name + "lateral_convs." + std::to_string(level);
    addModule(laterals[level], 1, maps[level]);
  }
  laterals.back() = addPooling(maps.back());
  // From the smallest map down.
  for (size_t level = levels - 1; level > 0; --level) {
    const std::string sum = laterals[level - 1] + ".sum";
    addResizeLike(sum + ".resized", laterals[level], laterals[level - 1]);
    model.addSum(sum, laterals[level - 1], model.last());
    laterals[level - 1] = sum;
  }
  std::vector<std::string> outputs;
  for (size_t level = 0; level < levels; ++level) {
    const std::string output = name + "fpn_convs." + std::to_string(level);
    if (level + 1 < levels)
      addModule(output, 3, laterals[level]);
    outputs.push_back(level + 1 < levels ? output : laterals[level]);
    if (level > 0) {
      addResizeLike(output + ".resized", outputs.back(), outputs.front());
      outputs.back() = model.last();
    }
  }
  addConcat(name + "fpn", outputs);
  addModule(name + "fpn_bottleneck", 3);
  const std::string classifier = name + "classifier";
  model.checkLabels(classifier + ".weight");
  addConvolution(model, classifier, PlainConvolution{classifier, int64_t(model.labels.names.size()), {1, 1}});
  // At the size of the picture.
  Node &resize = model.add("enlarged", "resize2d");
  resize.attributes["kind"] = std::string("bilinear");
  const Shape &picture = model.result.inputs.front().shape;
  resize.attributes["size"] = model.pictureSize.value_or(std::vector<int64_t>{picture[1], picture[2]});
  addChannelsFirst(model, "logits", "enlarged");
  model.returns("logits", "logits");
  model.ignoreTensors([](llvm::StringRef tensor) {
    return tensor.starts_with("auxiliary_head.") || tensor.ends_with(".num_batches_tracked");
  });
}

static void buildUperNet(Model &model, ConfigReader &config, ConfigReader &) {
  UperNet builder(model, config);
  if (!model.errors.any())
    builder.build();
}

static constexpr Architecture classes[] = {
    {"UperNetForSemanticSegmentation", Head::Segmentation, "decode_head.classifier.weight"}};
static constexpr ConfigKey keys[] = {{"backbone_config", "null"},     {"hidden_size", "512"},
                                     {"pool_scales", "[1, 2, 3, 6]"}, {"backbone", "null"},
                                     {"backbone_kwargs", "null"},     {"use_timm_backbone", "false"}};
// The auxiliary head and training.
static constexpr const char *inert[] = {"use_auxiliary_head", "auxiliary_loss_weight",  "auxiliary_in_channels",
                                        "auxiliary_channels", "auxiliary_num_convs",    "auxiliary_concat_input",
                                        "loss_ignore_index",  "use_pretrained_backbone"};

llvm::ArrayRef<Family> vitc::huggingface::upernetFamilies() {
  static const Family list[] = {{"upernet", classes, {keys, inert}, nullptr, {}, buildUperNet, true, true}};
  return list;
}
