//===- SelectOutputs.cpp - outputs that are asked for -----------*- C++ -*-===//

#include "vitc/Description/SelectOutputs.h"

#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"

#include <set>

using namespace vitc;

/// "NAME_0 to NAME_3" for a row of numbered outputs, so that the list of them stays short.
static std::string listNames(llvm::ArrayRef<ModelOutput> outputs) {
  auto split = [](llvm::StringRef name) {
    llvm::StringRef stem = name.rtrim("0123456789");
    return stem.ends_with("_") ? std::pair(stem, name.drop_front(stem.size())) : std::pair(name, llvm::StringRef());
  };
  std::vector<std::string> names;
  for (size_t begin = 0, end = 0; begin < outputs.size(); begin = end) {
    llvm::StringRef stem = split(outputs[begin].name).first;
    for (end = begin + 1; end < outputs.size() && split(outputs[end].name).first == stem;)
      ++end;
    names.push_back(outputs[begin].name + (end - begin > 1 ? " to " + outputs[end - 1].name : ""));
  }
  return llvm::join(names, ", ");
}

llvm::Error vitc::selectOutputs(ModelDescription &description, llvm::ArrayRef<std::string> names) {
  llvm::ArrayRef<ModelOutput> available = description.availableOutputs;
  if (available.empty())
    available = description.outputs;
  std::vector<ModelOutput> selected;
  for (const std::string &name : names) {
    auto hasName = [&](const ModelOutput &output) { return output.name == name; };
    auto *found = llvm::find_if(available, hasName);
    // The nodes of a description are its author's; those of a checkpoint's reader have outputs that are documented.
    bool isNode = description.availableOutputs.empty() &&
                  llvm::any_of(description.nodes, [&](const Node &node) { return node.name == name; });
    if (found == available.end() && !isNode)
      return inputError(description.file, "--outputs",
                        "the model has no output '" + name + "', expected some of " + listNames(available) +
                            (description.availableOutputs.empty() ? ", or a node" : ""));
    if (llvm::any_of(selected, hasName))
      return inputError(description.file, "--outputs", "'" + name + "' occurs twice");
    selected.push_back(found != available.end() ? *found : ModelOutput{name, name});
  }
  if (selected.front().name != description.outputs.front().name) {
    description.labels.clear();
    description.scores = Scores::None;
  }
  description.outputs = std::move(selected);
  // An answer needs all that it is made of.
  auto isLeft = [&](const std::string &name) {
    return name.empty() ||
           llvm::any_of(description.outputs, [&](const ModelOutput &output) { return output.name == name; });
  };
  if (!isLeft(description.postprocessing.output) || !isLeft(description.postprocessing.boxes))
    description.postprocessing = {};
  return llvm::Error::success();
}

/// For each node, whether an output needs it.
static std::vector<bool> markUsedNodes(const ModelDescription &description) {
  llvm::StringSet<> used;
  for (const ModelOutput &output : description.outputs)
    // What stands behind the node's name is a part of the node.
    used.insert(llvm::StringRef(output.from).split('/').first);
  std::vector<bool> isUsed(description.nodes.size());
  for (size_t index = description.nodes.size(); index-- > 0;) {
    const Node &node = description.nodes[index];
    isUsed[index] = used.contains(node.name);
    if (isUsed[index])
      for (const std::string &input : node.inputs)
        used.insert(input);
  }
  return isUsed;
}

std::vector<std::string> vitc::findUnusedNodes(const ModelDescription &description) {
  std::vector<std::string> names;
  for (auto [isUsed, node] : llvm::zip_equal(markUsedNodes(description), description.nodes))
    if (!isUsed)
      names.push_back(node.name);
  return names;
}

void vitc::removeUnusedNodes(ModelDescription &description) {
  std::vector<bool> isUsed = markUsedNodes(description);
  if (llvm::all_of(isUsed, [](bool value) { return value; }))
    return;
  std::set<std::string> usedTensors, unusedTensors;
  for (auto [isNodeUsed, node] : llvm::zip_equal(isUsed, description.nodes))
    for (const auto &[role, tensor] : node.parameters)
      (isNodeUsed ? usedTensors : unusedTensors).insert(tensor);
  std::vector<Node> nodes;
  for (size_t index = 0; index < isUsed.size(); ++index)
    if (isUsed[index])
      nodes.push_back(std::move(description.nodes[index]));
  description.nodes = std::move(nodes);
  for (const std::string &tensor : unusedTensors)
    if (!usedTensors.count(tensor) && !llvm::is_contained(description.ignoredTensors, tensor))
      description.ignoredTensors.push_back(tensor);
}
