//===- DeepLab.cpp - heads for semantic segmentation ------------*- C++ -*-===//

#include "DeepLab.h"

#include "Convolutions.h"

using namespace vitc;
using namespace vitc::huggingface;

void vitc::huggingface::addPooledBranch(Model &model, const std::string &name, const PooledBranch &branch,
                                        const std::string &map) {
  addGlobalAverage(model, name + ".global_pool", branch.inputs, map);
  model.addReshape(name + ".pooled", {1, 1, branch.inputs});
  ConvolutionLayer layer{branch.tensors, branch.outputs};
  layer.activation = "relu";
  addConvolution(model, name, layer);
  addResizeLike(model, name + ".resized", branch.resize, map);
}

void vitc::huggingface::addPixelLogits(Model &model) {
  const std::string name = "segmentation_head.classifier";
  addPixelClassifier(model, name, name + ".convolution");
  returnPixelLogits(model, name);
}

AtrousPyramid AtrousPyramid::read(ConfigReader &config) {
  AtrousPyramid pyramid{config.integer("aspp_out_channels", 1, 1 << 20), config.integers("atrous_rates", 1, 4096)};
  if (pyramid.rates.size() != 3)
    config.getErrors().report(config.placeOf("atrous_rates"),
                              "has " + llvm::Twine(pyramid.rates.size()) + " rates, expected 3 of them");
  return pyramid;
}

void vitc::huggingface::addDeepLabV3(Model &model, const AtrousPyramid &pyramid, int64_t inputs) {
  const std::string map = model.last(), name = "segmentation_head.aspp.";
  auto addBranch = [&](const std::string &branch, int64_t kernel, int64_t dilation, const std::string &input) {
    ConvolutionLayer layer{name + branch, pyramid.channels, kernel, 1, dilation};
    layer.activation = "relu";
    addConvolution(model, name + branch, layer, input);
    return model.last();
  };
  std::vector<std::string> branches = {addBranch("convs.0", 1, 1, map)};
  for (int64_t rate : pyramid.rates)
    branches.push_back(addBranch("convs." + std::to_string(branches.size()), 3, rate, map));
  const std::string pool = name + "convs.4";
  addPooledBranch(model, pool, {pool + ".conv_1x1", inputs, pyramid.channels}, map);
  branches.push_back(model.last());
  model.addConcat(name + "concat", std::move(branches), 2);
  addBranch("project", 1, 1, "");
  addPixelLogits(model);
}
