//===- DepthAnything.cpp - Depth Anything -----------------------*- C++ -*-===//
//
// DepthAnythingForDepthEstimation of transformers 5.24: versions 1 and 2, relative and metric.
//
//===----------------------------------------------------------------------===//

#include "Backbone.h"
#include "Convolutions.h"
#include "DptNeck.h"

using namespace vitc;
using namespace vitc::huggingface;

static void buildDepthAnything(Model &model, ConfigReader &config, ConfigReader &) {
  rejectOtherBackbones(config);
  const int64_t patch = config.integer("patch_size", 1, 1 << 20);
  const int64_t neckInput = config.integer("reassemble_hidden_size", 1, 1 << 20);
  const int64_t headWidth = config.integer("head_hidden_size", 1, 1 << 20);
  const std::string type = config.string("depth_estimation_type");
  const double maximum = config.real("max_depth");
  if (type != "relative" && type != "metric")
    model.errors.report(config.placeOf("depth_estimation_type"), "is '" + type + "', expected 'relative' or 'metric'");
  DptNeck neck(model, config);
  if (model.errors.any())
    return;
  const BackboneOutputs backbone = addTokenBackbone(model, config);
  neck.checkCount(backbone.values.size(), config.pointerTo("backbone_config"));
  if (neckInput != backbone.width)
    model.errors.report(config.placeOf("reassemble_hidden_size"),
                        "is " + llvm::Twine(neckInput) + ", the backbone has " + llvm::Twine(backbone.width));
  if (model.errors.any())
    return;
  std::vector<int64_t> size;
  for (auto [pixels, patches] : llvm::zip_equal(model.sizeOfPicture(), backbone.grid)) {
    if (pixels / patch != patches)
      model.errors.report(config.placeOf("patch_size"),
                          "is " + llvm::Twine(patch) + ", which makes other patches than the backbone's");
    size.push_back(patches * patch);
  }
  if (model.errors.any())
    return;

  std::vector<SizedMap> patches;
  for (const std::string &tokens : backbone.values) {
    model.add(tokens + ".patches", "patch_map", tokens);
    patches.push_back({model.last(), backbone.grid});
  }
  const SizedMap map = neck.build(patches, DptNeck::Enlarging::ToNext);
  addSquareConvolution(model, "head.conv1", neck.width / 2, map.name);
  addResize(model, "head.enlarged", "bilinear_corners", size);
  addSquareConvolution(model, "head.conv2", headWidth);
  model.addActivation("head.activation1", "relu");
  addConvolution(model, "head.conv3", PlainConvolution{"head.conv3", 1, {1, 1}});
  model.addActivation("head.activation2", type == "metric" ? "sigmoid" : "relu");
  // Of relative depths too.
  if (maximum != 1)
    model.add("head.scaled", "scale").attributes["factor"] = maximum;
  addDepthOutput(model, size);
}

static constexpr Architecture classes[] = {{"DepthAnythingForDepthEstimation", Head::Depth, nullptr}};
static constexpr ConfigKey keys[] = {{"backbone_config", "null"},
                                     {"patch_size", "14"},
                                     {"reassemble_hidden_size", "384"},
                                     {"reassemble_factors", "[4, 2, 1, 0.5]"},
                                     {"neck_hidden_sizes", "[48, 96, 192, 384]"},
                                     {"fusion_hidden_size", "64"},
                                     {"head_in_index", "-1"},
                                     {"head_hidden_size", "32"},
                                     {"depth_estimation_type", "\"relative\""},
                                     {"max_depth", "1"},
                                     {"backbone", "null"},
                                     {"backbone_kwargs", "null"},
                                     {"use_timm_backbone", "false"}};
static constexpr const char *inert[] = {"use_pretrained_backbone"};

llvm::ArrayRef<Family> vitc::huggingface::depthAnythingFamilies() {
  static const Family list[] = {
      {"depth_anything", classes, {keys, inert}, nullptr, {}, buildDepthAnything, true, true}};
  return list;
}
