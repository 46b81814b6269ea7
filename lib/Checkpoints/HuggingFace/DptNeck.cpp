//===- DptNeck.cpp - the neck of DPT and Depth Anything ---------*- C++ -*-===//

#include "DptNeck.h"

#include "Convolutions.h"
#include "llvm/ADT/STLExtras.h"

#include <cmath>

using namespace vitc;
using namespace vitc::huggingface;

void vitc::huggingface::addSquareConvolution(Model &model, const std::string &name, int64_t channels,
                                             const std::string &input, bool hasBias) {
  PlainConvolution convolution{name, channels, {3, 3}};
  convolution.padding = {1, 1, 1, 1};
  convolution.hasBias = hasBias;
  addConvolution(model, name, convolution, input);
}

void vitc::huggingface::addDepthOutput(Model &model, const std::vector<int64_t> &size) {
  model.addReshape("predicted_depth", size);
  model.returns("predicted_depth", "predicted_depth");
  model.answersWithDepth("predicted_depth");
}

DptNeck::DptNeck(Model &model, ConfigReader &config)
    : width(config.integer("fusion_hidden_size", 1, 1 << 20)), model(model),
      channels(config.integers("neck_hidden_sizes", 1, 1 << 20)), factors(config.reals("reassemble_factors")) {
  const auto count = int64_t(channels.size());
  if (model.head == Head::Depth && width < 2)
    model.errors.report(config.placeOf("fusion_hidden_size"), "is 1, of which the head takes half");
  headIndex = config.integer("head_in_index", -count, count - 1);
  if (factors.size() < channels.size())
    model.errors.report(config.placeOf("reassemble_factors"), "has " + llvm::Twine(factors.size()) +
                                                                  " factors, neck_hidden_sizes has " +
                                                                  llvm::Twine(channels.size()) + " widths");
  for (double factor : factors)
    if (!(factor > 1.0 / 1024 && factor <= 1024) || (factor > 1 && factor != std::floor(factor)))
      model.errors.report(config.placeOf("reassemble_factors"),
                          "has " + numberText(factor) + ", expected integers or numbers between 0 and 1");
}

void DptNeck::checkCount(size_t count, const std::string &where) {
  if (count != channels.size())
    model.errors.report(where, "names " + llvm::Twine(count) + " stages, neck_hidden_sizes has " +
                                   llvm::Twine(channels.size()) + " widths");
}

SizedMap DptNeck::reassemble(size_t level, const SizedMap &patches) {
  const std::string name = "neck.reassemble_stage.layers." + std::to_string(level), resize = name + ".resize";
  addConvolution(model, name + ".projection", PlainConvolution{name + ".projection", channels[level], {1, 1}},
                 patches.name);
  SizedMap map{model.last(), patches.size};
  const double factor = factors[level];
  if (factor > 1) {
    const std::vector<int64_t> window(2, int64_t(factor));
    Node &node = model.add(resize, "conv_transpose2d");
    node.attributes["out_channels"] = channels[level];
    node.attributes["kernel_size"] = window;
    node.attributes["stride"] = window;
    Model::setModule(node, "", resize);
    for (int64_t &side : map.size)
      side *= window[0];
  } else if (factor < 1) {
    const auto stride = int64_t(1 / factor);
    addConvolution(model, resize, PlainConvolution{resize, channels[level], {3, 3}, {stride, stride}, {1, 1, 1, 1}});
    for (int64_t &side : map.size)
      side = (side - 1) / stride + 1;
  }
  map.name = model.last();
  return map;
}

void DptNeck::addResidualUnit(const std::string &name, const std::string &input) {
  std::string before = input;
  for (const std::string index : {"1", "2"}) {
    model.addActivation(name + ".activation" + index, "relu", before);
    addSquareConvolution(model, name + ".convolution" + index, width, "", hasBias);
    if (hasBatchNorm)
      addBatchNorm(model, name + ".batch_norm" + index, name + ".batch_norm" + index, 1e-5);
    before = model.last();
  }
  model.addSum(name, before, input);
}

SizedMap DptNeck::build(llvm::ArrayRef<SizedMap> patches, Enlarging enlarging, size_t ready) {
  std::vector<SizedMap> maps;
  for (const auto &[level, map] : llvm::enumerate(patches)) {
    maps.push_back(level < ready ? map : reassemble(level, map));
    addSquareConvolution(model, "neck.convs." + std::to_string(level), width, maps.back().name, /*hasBias=*/false);
    maps.back().name = model.last();
  }
  std::reverse(maps.begin(), maps.end());
  std::vector<SizedMap> fused;
  for (const auto &[index, map] : llvm::enumerate(maps)) {
    const std::string name = "neck.fusion_stage.layers." + std::to_string(index);
    SizedMap sum = index > 0 ? fused.back() : map;
    if (index > 0) {
      std::string residual = map.name;
      if (map.size != sum.size) {
        addResize(model, name + ".residual", "bilinear", sum.size, residual);
        residual = model.last();
      }
      addResidualUnit(name + ".residual_layer1", residual);
      model.addSum(name + ".sum", sum.name, model.last());
      sum.name = model.last();
    }
    addResidualUnit(name + ".residual_layer2", sum.name);
    if (enlarging == Enlarging::ToNext && index + 1 < maps.size())
      sum.size = maps[index + 1].size;
    else
      for (int64_t &side : sum.size)
        side *= 2;
    addResize(model, name + ".enlarged", "bilinear_corners", sum.size);
    addConvolution(model, name + ".projection", PlainConvolution{name + ".projection", width, {1, 1}});
    sum.name = model.last();
    fused.push_back(std::move(sum));
  }
  // Nothing is added to the first map.
  model.ignoreTensors([&](llvm::StringRef name) {
    return name.starts_with("neck.fusion_stage.layers.0.residual_layer1.") || name.ends_with(".num_batches_tracked");
  });
  return fused[size_t(headIndex < 0 ? headIndex + int64_t(fused.size()) : headIndex)];
}
