//===- UperNet.cpp - UPerNet on the backbones of other families -*- C++ -*-===//

#include "Backbone.h"
#include "Convolutions.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class UperNet {
public:
  UperNet(Model &model, ConfigReader &config);
  void build();

private:
  /// Appends the backbone's nodes; returns its feature maps, channels last, or nothing after an error.
  std::vector<std::string> addMaps();
  /// UperNetConvModule: a convolution, its batch norm, ReLU.
  void addModule(const std::string &name, int64_t kernel, const std::string &input = "");
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
  rejectOtherBackbones(config);
}

std::vector<std::string> UperNet::addMaps() {
  const BackboneOutputs outputs = addBackbone(model, config);
  if (outputs.areTokens)
    model.errors.report(jsonPointer(config.pointerTo("backbone_config"), "reshape_hidden_states"),
                        "is false, of which the library's decoder makes nothing");
  std::vector<std::string> maps;
  for (const std::string &value : outputs.values) {
    maps.push_back(value + ".map");
    addPictureMap(model, maps.back(), value);
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

std::string UperNet::addPooling(const std::string &map) {
  const std::string name = "decode_head.psp_modules";
  std::vector<std::string> parts = {map};
  for (size_t index = 0; index < scales.size(); ++index) {
    const std::string part = name + "." + std::to_string(index);
    model.add(part + ".0", "adaptive_average_pool", map).attributes["size"] = std::vector<int64_t>(2, scales[index]);
    addModule(part + ".1", 1);
    addResizeLike(model, part, "bilinear", map);
    parts.push_back(part);
  }
  model.addConcat(name, std::move(parts), 2);
  addModule("decode_head.bottleneck", 3);
  return model.last();
}

void UperNet::build() {
  const std::vector<std::string> maps = addMaps();
  if (model.errors.any())
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
    addResizeLike(model, sum + ".resized", "bilinear", laterals[level - 1], laterals[level]);
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
      addResizeLike(model, output + ".resized", "bilinear", outputs.front(), outputs.back());
      outputs.back() = model.last();
    }
  }
  model.addConcat(name + "fpn", std::move(outputs), 2);
  addModule(name + "fpn_bottleneck", 3);
  const std::string classifier = name + "classifier";
  addPixelClassifier(model, classifier, classifier);
  // At the size of the picture.
  addResize(model, "enlarged", "bilinear", model.sizeOfPicture());
  returnPixelLogits(model, "enlarged");
  model.ignoreTensors([](llvm::StringRef tensor) {
    return tensor.starts_with("auxiliary_head.") || tensor.ends_with(".num_batches_tracked");
  });
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
  static const Family list[] = {{"upernet", classes, {keys, inert}, nullptr, {}, buildWith<UperNet>, true, true}};
  return list;
}
