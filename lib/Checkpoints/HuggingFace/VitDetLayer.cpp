//===- VitDetLayer.cpp - layers of SAM and ViTDet ---------------*- C++ -*-===//

#include "VitDetLayer.h"

#include "../WindowAttention.h"

using namespace vitc;
using namespace vitc::huggingface;

VitDetLayers vitc::huggingface::makeVitDetLayers(const VitDetNames &names, const Dimensions &dimensions,
                                                 bool hasQkvBias, bool hasPositions, const std::vector<int64_t> &map) {
  return {names,
          dimensions.width,
          dimensions.heads,
          dimensions.hidden,
          dimensions.activation,
          dimensions.epsilon,
          hasQkvBias,
          hasPositions,
          map,
          dimensions.grid()};
}

void vitc::huggingface::addVitDetLayer(Model &model, const std::string &name, const std::string &tensors,
                                       const VitDetLayers &layers, int64_t window) {
  const VitDetNames &names = layers.names;
  const std::string input = model.last(), attention = tensors + names.attention;
  model.addNorm(name + "." + names.norm1, tensors + names.norm1, layers.epsilon);
  const bool isGlobal = window == 0;
  const std::vector<int64_t> size = isGlobal ? layers.map : std::vector<int64_t>{window, window};
  addWindowAttention(model, name + "." + names.attention, {size, {0, 0}, layers.heads}, [&](Node &node) {
    Model::setModule(node, "qkv", attention + ".qkv", layers.hasQkvBias);
    if (!layers.hasPositions)
      return;
    const std::vector<int64_t> &from = isGlobal ? layers.positionsMap : size;
    node.attributes["grid"] = size;
    node.attributes["relative_table"] = std::vector<int64_t>{2 * from[0] - 1, 2 * from[1] - 1};
    node.attributes["relative_resample"] = std::string("bilinear");
    node.parameters["relative_rows"] = attention + ".rel_pos_h";
    node.parameters["relative_columns"] = attention + ".rel_pos_w";
  });
  model.addLinear(name + "." + names.attention + ".proj", layers.width, attention + ".proj");
  model.addSum(name + ".attended", input, model.last());
  model.addNorm(name + "." + names.norm2, tensors + names.norm2, layers.epsilon);
  model.addLinear(name + "." + names.fc1, layers.hidden, tensors + names.fc1);
  model.addActivation(name + ".activation", layers.activation);
  model.addLinear(name + "." + names.fc2, layers.width, tensors + names.fc2);
  model.addSum(name, name + ".attended", model.last());
}
