//===- Convolutions.cpp - what convolutional families share -----*- C++ -*-===//

#include "Convolutions.h"

#include "llvm/ADT/STLExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

void vitc::huggingface::addConvolution(Model &model, const std::string &name, const ConvolutionLayer &layer,
                                       const std::string &input) {
  Node &convolution = model.add(name + ".convolution", "conv2d", input);
  convolution.attributes["out_channels"] = layer.channels;
  convolution.attributes["kernel_size"] = std::vector<int64_t>(2, layer.kernel);
  convolution.attributes["stride"] = std::vector<int64_t>(2, layer.stride);
  convolution.attributes["dilation"] = std::vector<int64_t>(2, layer.dilation);
  convolution.attributes["groups"] = layer.groups;
  if (layer.samePadding)
    convolution.attributes["same_padding"] = true;
  else
    convolution.attributes["padding"] = std::vector<int64_t>(4, (layer.kernel - 1) / 2 * layer.dilation);
  Model::setModule(convolution, "", layer.tensors + ".convolution", /*hasBias=*/false);

  Node &norm = model.add(name + ".normalization", "batch_norm");
  norm.attributes["epsilon"] = layer.epsilon;
  std::string tensors = layer.tensors + ".normalization";
  Model::setModule(norm, "", tensors);
  norm.parameters["running_mean"] = tensors + ".running_mean";
  norm.parameters["running_var"] = tensors + ".running_var";
  if (layer.activation != "none")
    model.addActivation(name + ".activation", layer.activation);
}

static void addTranspose(Model &model, const std::string &name, std::vector<int64_t> permutation,
                         const std::string &input) {
  Node &node = model.add(name, "transpose", input);
  node.attributes["permutation"] = std::move(permutation);
}

void vitc::huggingface::addPictureMap(Model &model, const std::string &name) {
  addTranspose(model, name, {1, 2, 0}, "");
}

void vitc::huggingface::addGlobalAverage(Model &model, const std::string &name, int64_t channels,
                                         const std::string &map) {
  model.add(name + ".pixels", "reshape", map).attributes["shape"] = std::vector<int64_t>{-1, channels};
  model.addMean(name, 0, name + ".pixels");
}

void vitc::huggingface::addMapOutputs(Model &model, const std::string &map, const std::string &pooled,
                                      llvm::ArrayRef<std::string> states) {
  // The library's maps have their channels first.
  bool hasHead = model.head != Head::None;
  addTranspose(model, "last_hidden_state", {2, 0, 1}, map);
  for (const auto &[name, from] : {std::pair<std::string, std::string>("last_hidden_state", "last_hidden_state"),
                                   std::pair<std::string, std::string>("pooler_output", pooled)}) {
    if (hasHead)
      model.offers(name, from);
    else
      model.returns(name, from);
  }
  for (const auto &[index, state] : llvm::enumerate(states)) {
    std::string name = "hidden_state_" + std::to_string(index);
    addTranspose(model, name, {2, 0, 1}, state);
    model.offers(name, name);
  }
  model.ignoreTensors([&](llvm::StringRef name) {
    return name.ends_with(".num_batches_tracked") || (!hasHead && name.starts_with("classifier."));
  });
}
