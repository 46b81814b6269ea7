//===- UperNet.cpp - UPerNet on the backbones of other families -*- C++ -*-===//

#include "Backbone.h"
#include "Convolutions.h"
#include "UperHead.h"

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

void UperNet::build() {
  const std::vector<std::string> maps = addMaps();
  if (model.errors.any())
    return;
  addUperHead(model, {{"conv", "batch_norm", "psp_modules.", ".1", "bottleneck"}, width, scales}, maps);
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
