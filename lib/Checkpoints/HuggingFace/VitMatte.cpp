//===- VitMatte.cpp - ViTMatte ----------------------------------*- C++ -*-===//
//
// VitMatteForImageMatting of transformers 5.24 on ViTDet: of a picture and its trimap, four channels, how much of each
// pixel belongs to the foreground.
//
//===----------------------------------------------------------------------===//

#include "Backbone.h"
#include "Convolutions.h"

#include "llvm/ADT/STLExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

namespace {
/// Reads the configuration and appends the nodes.
class VitMatte {
public:
  VitMatte(Model &model, ConfigReader &config);
  void build();

private:
  /// VitMatteBasicConv3x3 with tensors decoder.NAME, behind the last value or `input`.
  void addConvolution(const std::string &name, int64_t channels, int64_t stride, const std::string &input = "");
  /// The map that a fusion block of the decoder enlarges: the backbone's, as rows and columns.
  std::vector<int64_t> addFeatures();
  void addMatte();

  Model &model;
  ConfigReader &config;
  const int64_t width;
  const double epsilon;
  const std::vector<int64_t> details, fusions;
};
} // namespace

VitMatte::VitMatte(Model &model, ConfigReader &config)
    : model(model), config(config), width(config.integer("hidden_size", 1, 1 << 20)),
      epsilon(config.real("batch_norm_eps")), details(config.integers("convstream_hidden_sizes", 1, 1 << 20)),
      fusions(config.integers("fusion_hidden_sizes", 1, 1 << 20)) {
  rejectOtherBackbones(config);
  checkEpsilon(config, "batch_norm_eps", epsilon);
  if (fusions.size() != details.size() + 1)
    model.errors.report(config.placeOf("fusion_hidden_sizes"),
                        "has " + llvm::Twine(fusions.size()) + " sizes, expected one more than the " +
                            llvm::Twine(details.size()) + " of convstream_hidden_sizes");
  if (details.size() > 16)
    model.errors.report(config.placeOf("convstream_hidden_sizes"),
                        "has " + llvm::Twine(details.size()) + " sizes, which are too many");
}

void VitMatte::addConvolution(const std::string &name, int64_t channels, int64_t stride, const std::string &input) {
  PlainConvolution convolution{"decoder." + name + ".conv", channels, {3, 3}, {stride, stride}, {1, 1, 1, 1}};
  convolution.hasBias = false;
  vitc::addConvolution(model, convolution.tensors, convolution, input);
  addBatchNorm(model, "decoder." + name + ".batch_norm", "decoder." + name + ".batch_norm", epsilon);
  model.addActivation("decoder." + name + ".relu", "relu");
}

std::vector<int64_t> VitMatte::addFeatures() {
  const BackboneOutputs backbone = addBackbone(model, config, {"vitdet"});
  if (model.errors.any())
    return {};
  const std::string pointer = config.pointerTo("backbone_config");
  ConfigReader section(model.errors, *config.find("backbone_config"), pointer, {findFamily("vitdet")->keys});
  if (const int64_t features = section.integer("hidden_size"); features != width)
    model.errors.report(config.placeOf("hidden_size"),
                        "is " + llvm::Twine(width) + ", the backbone has " + llvm::Twine(features));
  const std::vector<int64_t> patch = section.size("patch_size"), picture = model.sizeOfPicture();
  // Each block doubles the map, up to the picture itself.
  const int64_t factor = int64_t(1) << fusions.size();
  std::vector<int64_t> map;
  for (size_t axis : {0, 1}) {
    map.push_back(picture[axis] / patch[axis]);
    if (patch[axis] != factor)
      model.errors.report(pointer, "has patches of " + llvm::Twine(patch[axis]) + " pixels, expected " +
                                       llvm::Twine(factor) + " for " + llvm::Twine(fusions.size()) +
                                       " fusion_hidden_sizes");
    else if (picture[axis] % factor != 0)
      model.errors.report(pointer, "pictures are of " + shapeText(picture) + ", expected multiples of " +
                                       llvm::Twine(factor) + ", as the library's processor pads them");
  }
  vitc::addPictureMap(model, "decoder.features", backbone.values.back());
  return map;
}

void VitMatte::addMatte() {
  // Whatever the configuration says.
  constexpr int64_t channels = 16;
  constexpr double headEpsilon = 1e-5;
  const std::string name = "decoder.matting_head.matting_convs.";
  vitc::addConvolution(model, name + "0", PlainConvolution{name + "0", channels, {3, 3}, {1, 1}, {1, 1, 1, 1}});
  addBatchNorm(model, name + "1", name + "1", headEpsilon);
  model.addActivation(name + "2", "relu");
  vitc::addConvolution(model, name + "3", PlainConvolution{name + "3", 1, {1, 1}});
  model.addActivation("decoder.sigmoid", "sigmoid");
  addChannelsFirst(model, "alphas", model.last());
  model.returns("alphas", "alphas");
}

void VitMatte::build() {
  std::vector<int64_t> map = addFeatures();
  if (model.errors.any())
    return;
  std::string features = model.last();
  addPictureMap(model, "decoder.picture", model.result.inputs.front().name);
  std::vector<std::string> maps = {model.last()};
  for (const auto &[index, channels] : llvm::enumerate(details)) {
    addConvolution("convstream.convs." + std::to_string(index), channels, 2);
    maps.push_back(model.last());
  }
  for (const auto &[index, channels] : llvm::enumerate(fusions)) {
    const std::string name = "fusion_blocks." + std::to_string(index);
    for (int64_t &side : map)
      side *= 2;
    addResize(model, "decoder." + name + ".upscaled", "bilinear", map, features);
    model.addConcat("decoder." + name + ".both", {maps[maps.size() - 1 - index], model.last()}, 2);
    addConvolution(name + ".conv", channels, 1);
    features = model.last();
  }
  addMatte();
  model.ignoreTensors([](llvm::StringRef name) { return name.ends_with(".num_batches_tracked"); });
}

static constexpr Architecture classes[] = {{"VitMatteForImageMatting", Head::Matte, nullptr}};
static constexpr ConfigKey keys[] = {{"backbone_config", "null"},
                                     {"hidden_size", "384"},
                                     {"batch_norm_eps", "1e-5"},
                                     {"convstream_hidden_sizes", "[48, 96, 192]"},
                                     {"fusion_hidden_sizes", "[256, 128, 64, 32]"},
                                     {"backbone", "null"},
                                     {"backbone_kwargs", "null"},
                                     {"use_timm_backbone", "false"}};
static constexpr const char *inert[] = {"use_pretrained_backbone"};

llvm::ArrayRef<Family> vitc::huggingface::vitmatteFamilies() {
  static const Family list[] = {{"vitmatte", classes, {keys, inert}, nullptr, {}, buildWith<VitMatte>, true, true}};
  return list;
}
