//===- UperHead.cpp - the decoder of UPerNet --------------------*- C++ -*-===//

#include "UperHead.h"

#include "Convolutions.h"

using namespace vitc;
using namespace vitc::huggingface;

/// What a module of the head is called in the whole model.
static std::string inHead(const std::string &name) { return "decode_head." + name; }

/// A convolution, its batch norm, ReLU.
static void addModule(Model &model, const UperHead &head, const std::string &name, int64_t kernel,
                      const std::string &input = "") {
  const std::string convolution = name + "." + head.names.convolution, norm = name + "." + head.names.norm;
  PlainConvolution layer{convolution, head.width, {kernel, kernel}};
  layer.padding = std::vector<int64_t>(4, kernel / 2);
  layer.hasBias = false;
  addConvolution(model, convolution, layer, input);
  addBatchNorm(model, norm, norm, 1e-5);
  model.addActivation(name, "relu");
}

/// The pyramid of averages, side by side with the map that they are of.
static std::string addPooling(Model &model, const UperHead &head, const std::string &map) {
  const std::string name = inHead("psp_modules");
  std::vector<std::string> parts = {map};
  for (size_t index = 0; index < head.scales.size(); ++index) {
    const std::string part = name + "." + std::to_string(index);
    model.add(part + ".0", "adaptive_average_pool", map).attributes["size"] =
        std::vector<int64_t>(2, head.scales[index]);
    addModule(model, head, inHead(head.names.poolingStart + std::to_string(index) + head.names.poolingEnd), 1);
    addResizeLike(model, part, "bilinear", map);
    parts.push_back(part);
  }
  model.addConcat(name, std::move(parts), 2);
  addModule(model, head, inHead(head.names.bottleneck), 3);
  return model.last();
}

void vitc::huggingface::addUperHead(Model &model, const UperHead &head, llvm::ArrayRef<std::string> maps) {
  const size_t levels = maps.size();
  std::vector<std::string> laterals(levels);
  for (size_t level = 0; level + 1 < levels; ++level) {
    laterals[level] = inHead("lateral_convs." + std::to_string(level));
    addModule(model, head, laterals[level], 1, maps[level]);
  }
  laterals.back() = addPooling(model, head, maps.back());
  // From the smallest map down.
  for (size_t level = levels - 1; level > 0; --level) {
    const std::string sum = laterals[level - 1] + ".sum";
    addResizeLike(model, sum + ".resized", "bilinear", laterals[level - 1], laterals[level]);
    model.addSum(sum, laterals[level - 1], model.last());
    laterals[level - 1] = sum;
  }
  std::vector<std::string> outputs;
  for (size_t level = 0; level < levels; ++level) {
    const std::string output = inHead("fpn_convs." + std::to_string(level));
    if (level + 1 < levels)
      addModule(model, head, output, 3, laterals[level]);
    outputs.push_back(level + 1 < levels ? output : laterals[level]);
    if (level > 0) {
      addResizeLike(model, output + ".resized", "bilinear", outputs.front(), outputs.back());
      outputs.back() = model.last();
    }
  }
  model.addConcat(inHead("fpn"), std::move(outputs), 2);
  addModule(model, head, inHead("fpn_bottleneck"), 3);
  const std::string classifier = inHead("classifier");
  addPixelClassifier(model, classifier, classifier);
}
