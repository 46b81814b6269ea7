//===- PrimitiveGraph.cpp - a description in primitive operations -*- C++ -*-===//

#include "vitc/Description/PrimitiveGraph.h"

#include "ExpandNodes.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

using namespace vitc;

std::optional<int64_t> vitc::countElements(llvm::ArrayRef<int64_t> shape) {
  constexpr int64_t maximum = int64_t(1) << 40;
  int64_t elements = 1;
  for (int64_t size : shape)
    if (__builtin_mul_overflow(elements, size, &elements) || elements > maximum)
      return std::nullopt;
  return elements;
}

/// Whether `*` in the pattern, standing for any characters, makes it equal to the name.
static bool matches(llvm::StringRef pattern, llvm::StringRef name) {
  size_t star = pattern.find('*');
  if (star == llvm::StringRef::npos)
    return pattern == name;
  if (!name.consume_front(pattern.take_front(star)))
    return false;
  pattern = pattern.drop_front(star + 1);
  for (size_t next = pattern.find('*'); next != llvm::StringRef::npos; next = pattern.find('*')) {
    // The leftmost place leaves most to what follows.
    size_t at = name.find(pattern.take_front(next));
    if (at == llvm::StringRef::npos)
      return false;
    name = name.drop_front(at + next);
    pattern = pattern.drop_front(next + 1);
  }
  return name.ends_with(pattern);
}

static llvm::ArrayRef<int64_t> withoutLeadingOnes(llvm::ArrayRef<int64_t> shape) {
  return shape.drop_while([](int64_t size) { return size == 1; });
}

/// The last operation of a part of a node. Names of nodes and parts tell operations of weights from values.
static std::optional<size_t> findPart(const PrimitiveGraph &graph, llvm::StringRef location) {
  for (size_t index = graph.operations.size(); index-- > 0;)
    if (graph.operations[index].location == location)
      return index;
  return std::nullopt;
}

/// Names of the parts that operations of a node belong to, for messages.
static std::string listParts(const PrimitiveGraph &graph, llvm::StringRef node) {
  std::vector<std::string> parts;
  for (const GraphOperation &operation : graph.operations) {
    llvm::StringRef part = operation.location;
    if (part.consume_front(node) && part.consume_front("/") && !llvm::is_contained(parts, part))
      parts.push_back(part.str());
  }
  return parts.empty() ? "it has no parts" : "expected one of " + llvm::join(parts, ", ");
}

llvm::Expected<PrimitiveGraph> vitc::expandBlocks(const ModelDescription &description) {
  PrimitiveGraph graph;
  InputErrors errors(description.file, description.text.get());
  GraphBuilder builder(graph, errors);
  llvm::StringMap<GraphValue> values;
  for (const auto &[index, input] : llvm::enumerate(description.inputs)) {
    if (!countElements(input.shape))
      errors.report("/inputs/" + std::to_string(index), "shape " + shapeText(input.shape) + " is too large");
    else
      values[input.name] = builder.input(input.name, input.shape);
  }
  for (const Node &node : description.nodes) {
    if (errors.any())
      break;
    builder.enter(node);
    llvm::SmallVector<GraphValue> inputs;
    for (const std::string &name : node.inputs)
      inputs.push_back(values.lookup(name));
    NodeExpander expander = findPrimitiveExpander(node.op);
    if (!expander)
      expander = findBlockExpander(node.op);
    size_t begin = graph.operations.size();
    GraphValue value = expander(builder, inputs);
    values[node.name] = value;
    builder.inheritGrid(value, inputs);
    if (!errors.any())
      graph.nodes.push_back({*value.operation, begin, graph.operations.size()});
  }
  if (llvm::Error error = errors.take())
    return error;
  errors.enterNode("");
  for (const auto &[index, output] : llvm::enumerate(description.outputs)) {
    auto [node, part] = llvm::StringRef(output.from).split('/');
    std::optional<size_t> operation =
        part.empty() ? values.lookup(output.from).operation : findPart(graph, output.from);
    if (!operation) {
      errors.report("/outputs/" + std::to_string(index) + "/from",
                    "node '" + node + "' has no part '" + part + "', " + listParts(graph, node));
      return errors.take();
    }
    graph.outputs.push_back(*operation);
  }
  const Shape &first = graph.operations[graph.outputs.front()].shape;
  const auto labels = int64_t(description.labels.size());
  // A detector has a row for each candidate, and a column more: that there is nothing.
  bool hasRows = first.size() == 2 && first[1] == labels + 1 && description.scores == Scores::None;
  if (labels > 0 && first != Shape{labels} && !hasRows) {
    errors.report("/labels", "there are " + llvm::Twine(description.labels.size()) + " labels, output '" +
                                 description.outputs.front().name + "' has shape " + shapeText(first));
    return errors.take();
  }
  return graph;
}

llvm::Error vitc::bindWeights(PrimitiveGraph &graph, const WeightSource &weights, llvm::ArrayRef<std::string> ignored) {
  llvm::StringSet<> used;
  for (WeightRequirement &requirement : graph.weights) {
    std::string file = weights.fileOf(requirement.tensor);
    std::string where = "tensor " + requirement.tensor;
    const TensorInfo *info = weights.find(requirement.tensor);
    if (!info)
      return inputError(file, where,
                        "is missing, node '" + requirement.node + "' needs it with shape " +
                            shapeText(requirement.shape));
    bool fits = requirement.leadingOnes ? withoutLeadingOnes(info->shape) == withoutLeadingOnes(requirement.shape)
                                        : llvm::ArrayRef(info->shape) == llvm::ArrayRef(requirement.shape);
    if (!fits)
      return inputError(file, where,
                        "has shape " + shapeText(info->shape) +
                            (info->original.empty() ? "" : " (" + info->original + ")") + ", expected " +
                            shapeText(requirement.shape));
    if (!isFloatingPoint(info->dtype))
      return inputError(file, where, notFloatingPoint(info->dtype));
    requirement.shape = info->shape;
    graph.operations[requirement.operation].shape = info->shape;
    used.insert(requirement.tensor);
  }
  for (const std::string &name : weights.names())
    if (!used.contains(name) && llvm::none_of(ignored, [&](const std::string &p) { return matches(p, name); }))
      return inputError(weights.fileOf(name), "tensor " + name, "is not used by the model");
  return llvm::Error::success();
}
