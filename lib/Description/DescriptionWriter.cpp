//===- DescriptionWriter.cpp - ModelDescription to JSON ---------*- C++ -*-===//

#include "vitc/Description/DescriptionWriter.h"

#include "vitc/Description/DescriptionParser.h"
#include "vitc/Description/OpSpec.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/BLAKE3.h"

#include <optional>

using namespace vitc;

namespace {

JsonValue toJson(const AttributeValue &value) {
  if (const auto *list = std::get_if<std::vector<int64_t>>(&value))
    return JsonValue::Array(list->begin(), list->end());
  return std::visit(
      [](const auto &plain) -> JsonValue {
        if constexpr (std::is_same_v<std::decay_t<decltype(plain)>, std::vector<int64_t>>)
          return JsonValue();
        else
          return plain;
      },
      value);
}

/// Height and width; one number if they are equal, unless everything is to be explicit.
JsonValue sizeToJson(llvm::ArrayRef<int64_t> size, bool isExplicit) {
  if (!isExplicit && size[0] == size[1])
    return size[0];
  return JsonValue::Array(size.begin(), size.end());
}

JsonValue reals(llvm::ArrayRef<double> list) { return JsonValue::Array(list.begin(), list.end()); }

/// Of whole numbers.
JsonValue integers(llvm::ArrayRef<double> list) {
  JsonValue::Array array;
  for (double value : list)
    array.push_back(int64_t(value));
  return array;
}

JsonValue strings(llvm::ArrayRef<std::string> list) { return JsonValue::Array(list.begin(), list.end()); }

JsonValue toJson(const PreprocessStep &step, bool isExplicit) {
  JsonValue::Object object = {{"step", step.kind}};
  llvm::ArrayRef<double> values = step.values;
  const llvm::StringRef kind = step.kind;
  if (kind == "resize_shortest_edge" || kind == "resize_longest_edge") {
    object.emplace_back("edge", int64_t(values[0]));
  } else if (step.kind == "resize_bounded_edges") {
    object.emplace_back("shortest", int64_t(values[0]));
    object.emplace_back("longest", int64_t(values[1]));
    object.emplace_back("multiple", int64_t(values[2]));
  } else if (step.kind == "resize_one_side") {
    object.emplace_back("size", sizeToJson({int64_t(values[0]), int64_t(values[1])}, isExplicit));
    object.emplace_back("multiple", int64_t(values[2]));
  } else if (step.hasSize()) {
    std::vector<int64_t> size(values.begin(), values.begin() + 2);
    object.emplace_back("size", sizeToJson(size, isExplicit));
    if (step.kind == "pad")
      object.emplace_back("fill", integers(values.drop_front(2)));
  } else if (step.kind == "rescale") {
    object.emplace_back("factor", values[0]);
  } else if (step.kind == "normalize") {
    object.emplace_back("mean", reals(values.take_front(values.size() / 2)));
    object.emplace_back("std", reals(values.drop_front(values.size() / 2)));
  }
  if (!step.filter.empty())
    object.emplace_back(step.kind == "center_crop" ? "rounding" : "filter", step.filter);
  return object;
}

JsonValue toJson(const ModelInput &input, bool isExplicit) {
  JsonValue::Object object = {{"name", input.name}};
  if (input.dtype != DType::F32)
    object.emplace_back("dtype", std::string(nameOf(input.dtype)));
  if (!input.isImage) {
    object.emplace_back("shape", JsonValue::Array(input.shape.begin(), input.shape.end()));
    if (input.defaultValue)
      object.emplace_back("default", *input.defaultValue);
    if (!input.maskOf.empty())
      object.emplace_back("mask_of", input.maskOf);
    return object;
  }
  object.emplace_back("channels", input.shape[0]);
  object.emplace_back("size", sizeToJson(llvm::ArrayRef(input.shape).drop_front(), isExplicit));
  if (!input.preprocessing.empty()) {
    JsonValue::Array steps;
    for (const PreprocessStep &step : llvm::ArrayRef(input.preprocessing).drop_front())
      steps.push_back(toJson(step, isExplicit));
    object.emplace_back("preprocessing", std::move(steps));
  }
  return object;
}

/// A module as a string, if its tensors are P.weight and P.bias, else as an object.
JsonValue moduleToJson(const Node &node, const std::string &role, bool isExplicit) {
  llvm::StringRef weight = node.parameters.at(role + "weight");
  auto bias = node.parameters.find(role + "bias");
  llvm::StringRef prefix = weight;
  if (!isExplicit && bias != node.parameters.end() && prefix.consume_back(".weight") &&
      bias->second == (prefix + ".bias").str())
    return prefix;
  JsonValue::Object object = {{"weight", weight}};
  if (bias != node.parameters.end())
    object.emplace_back("bias", bias->second);
  return object;
}

JsonValue toJson(const Node &node, bool isExplicit) {
  const OpSpec &spec = *findOpSpec(node.op);
  JsonValue::Object object = {{"name", node.name}, {"op", node.op}};
  if (isExplicit || !node.inputs.empty())
    object.emplace_back("inputs", strings(node.inputs));
  for (const AttributeSpec &attribute : spec.attributes) {
    auto value = node.attributes.find(attribute.name);
    if (value == node.attributes.end() || (!isExplicit && attribute.defaultValue == value->second))
      continue;
    if (attribute.type == AttributeType::Size)
      object.emplace_back(attribute.name, sizeToJson(std::get<std::vector<int64_t>>(value->second), isExplicit));
    else
      object.emplace_back(attribute.name, toJson(value->second));
  }
  JsonValue::Object parameters;
  for (const ParameterSpec &parameter : spec.parameters) {
    if (parameter.kind == ParameterKind::Tensor) {
      if (auto tensor = node.parameters.find(parameter.name); tensor != node.parameters.end())
        parameters.emplace_back(parameter.name, tensor->second);
      continue;
    }
    std::string role = parameter.name.empty() ? "" : parameter.name + ".";
    if (!node.parameters.count(role + "weight"))
      continue;
    JsonValue module = moduleToJson(node, role, isExplicit);
    if (parameter.name.empty())
      object.emplace_back("parameters", std::move(module));
    else
      parameters.emplace_back(parameter.name, std::move(module));
  }
  if (!parameters.empty())
    object.emplace_back("parameters", std::move(parameters));
  return object;
}

/// Equality of what is written.
bool isSame(const Node &a, const Node &b) {
  return a.name == b.name && a.op == b.op && a.inputs == b.inputs && a.attributes == b.attributes &&
         a.parameters == b.parameters;
}

/// Consecutive nodes that differ in a number only, which counts up: one node with `{i}` in its names.
class LayerTemplate {
public:
  /// Finds what `a` and the next node `b` have in common; nothing if they are not two rounds of one repetition.
  static std::optional<LayerTemplate> find(const Node &a, const Node &b) {
    LayerTemplate found;
    found.node = a;
    std::vector<std::string *> names = namesOf(found.node);
    Node other = b;
    std::vector<std::string *> otherNames = namesOf(other);
    if (names.size() != otherNames.size())
      return std::nullopt;
    for (auto [name, otherName] : llvm::zip(names, otherNames))
      if (!found.generalise(*name, *otherName))
        return std::nullopt;
    if (!found.start || !isSame(found.round(*found.start), a) || !isSame(found.round(*found.start + 1), b))
      return std::nullopt;
    return found;
  }

  int64_t first() const { return *start; }
  const Node &pattern() const { return node; }

  /// The node of a round.
  Node round(int64_t index) const {
    Node result = node;
    for (std::string *name : namesOf(result))
      for (size_t at = name->find("{i}"); at != std::string::npos; at = name->find("{i}", at))
        name->replace(at, 3, std::to_string(index));
    return result;
  }

private:
  static std::vector<std::string *> namesOf(Node &node) {
    std::vector<std::string *> names = {&node.name};
    for (std::string &input : node.inputs)
      names.push_back(&input);
    for (auto &[role, tensor] : node.parameters)
      names.push_back(&tensor);
    return names;
  }

  /// Replaces the numbers in which `name` and `other` differ by `{i}`.
  bool generalise(std::string &name, llvm::StringRef other) {
    llvm::StringRef rest = name;
    std::string result;
    while (!rest.empty() && !other.empty()) {
      if (!llvm::isDigit(rest[0])) {
        if (rest[0] != other[0] || rest.starts_with("{i"))
          return false;
        result += rest[0];
        rest = rest.drop_front();
        other = other.drop_front();
        continue;
      }
      llvm::StringRef a = rest.take_while(llvm::isDigit);
      llvm::StringRef b = other.take_while(llvm::isDigit);
      rest = rest.drop_front(a.size());
      other = other.drop_front(b.size());
      if (a == b) {
        result += a;
        continue;
      }
      int64_t number = 0;
      if (a.getAsInteger(10, number) || number > int64_t(maximumNodes) || (start && *start != number))
        return false;
      start = number;
      result += "{i}";
    }
    name = result;
    return rest.empty() && other.empty();
  }

  Node node;
  std::optional<int64_t> start;
};

JsonValue nodesToJson(const ModelDescription &description) {
  // The default input is not written.
  std::vector<Node> nodes = description.nodes;
  for (size_t index = 0; index < nodes.size(); ++index) {
    const std::string &previous = index ? description.nodes[index - 1].name : description.inputs.front().name;
    if (nodes[index].inputs == std::vector<std::string>{previous})
      nodes[index].inputs.clear();
  }
  JsonValue::Array array;
  for (size_t index = 0; index < nodes.size();) {
    size_t rounds = 1;
    std::optional<LayerTemplate> layer;
    if (index + 1 < nodes.size())
      layer = LayerTemplate::find(nodes[index], nodes[index + 1]);
    if (layer)
      while (index + rounds < nodes.size() &&
             isSame(layer->round(layer->first() + int64_t(rounds)), nodes[index + rounds]))
        ++rounds;
    if (rounds == 1) {
      array.push_back(toJson(nodes[index], /*isExplicit=*/false));
    } else {
      JsonValue::Object repeat = {{"repeat", int64_t(rounds)}};
      if (layer->first() != 0)
        repeat.emplace_back("first", layer->first());
      repeat.emplace_back("nodes", JsonValue::Array{toJson(layer->pattern(), /*isExplicit=*/false)});
      array.push_back(std::move(repeat));
    }
    index += rounds;
  }
  return array;
}

JsonValue toJson(const Postprocessing &own, bool isExplicit) {
  const Postprocessing defaults;
  if (own.kind == Postprocessing::Kind::Segmentation)
    return JsonValue::Object{{"kind", "segmentation"}, {"output", own.output}};
  if (own.kind == Postprocessing::Kind::Depth) {
    JsonValue::Object object = {{"kind", "depth"}, {"output", own.output}};
    if (isExplicit || own.filter != defaults.filter)
      object.emplace_back("filter", own.filter);
    return object;
  }
  JsonValue::Object object = {{"kind", "detection"}, {"logits", own.output}, {"boxes", own.boxes}};
  if (isExplicit || own.scores != defaults.scores)
    object.emplace_back("scores", own.scores == Scores::Sigmoid ? "sigmoid" : "softmax");
  if (isExplicit || own.threshold != defaults.threshold)
    object.emplace_back("threshold", own.threshold);
  if (isExplicit || own.top != defaults.top)
    object.emplace_back("top", own.top);
  return object;
}

JsonValue toJson(const ModelDescription &description, bool isExplicit) {
  JsonValue::Object root = {
      {"version", description.mapLayout == MapLayout::ChannelsLast ? int64_t(1) : descriptionVersion},
      {"name", description.name}};
  if (!isExplicit && !description.weights.empty())
    root.emplace_back("weights", description.weights);
  JsonValue::Array inputs;
  for (const ModelInput &input : description.inputs)
    inputs.push_back(toJson(input, isExplicit));
  root.emplace_back("inputs", std::move(inputs));
  if (isExplicit) {
    JsonValue::Array nodes;
    for (const Node &node : description.nodes)
      nodes.push_back(toJson(node, /*isExplicit=*/true));
    root.emplace_back("nodes", std::move(nodes));
  } else {
    root.emplace_back("nodes", nodesToJson(description));
  }
  JsonValue::Array outputs;
  for (const ModelOutput &output : description.outputs) {
    JsonValue::Object object = {{"name", output.name}};
    if (isExplicit || output.from != defaultOutputNode(description, output.name, description.outputs.size()))
      object.emplace_back("from", output.from);
    if (output.dtype)
      object.emplace_back("dtype", std::string(nameOf(*output.dtype)));
    outputs.push_back(std::move(object));
  }
  root.emplace_back("outputs", std::move(outputs));
  if (isExplicit || description.scores != Scores::None)
    root.emplace_back("scores", description.scores == Scores::Softmax   ? "softmax"
                                : description.scores == Scores::Sigmoid ? "sigmoid"
                                                                        : "none");
  if (description.postprocessing.kind != Postprocessing::Kind::None)
    root.emplace_back("postprocessing", toJson(description.postprocessing, isExplicit));
  if (isExplicit || !description.labels.empty())
    root.emplace_back("labels", strings(description.labels));
  if (!isExplicit && !description.ignoredTensors.empty())
    root.emplace_back("ignored_tensors", strings(description.ignoredTensors));
  return root;
}

} // namespace

bool vitc::operator==(const ModelDescription &lhs, const ModelDescription &rhs) {
  return canonicalDescription(lhs) == canonicalDescription(rhs) && lhs.weights == rhs.weights &&
         lhs.ignoredTensors == rhs.ignoredTensors;
}

std::string vitc::writeDescription(const ModelDescription &description) {
  return writeJson(toJson(description, /*isExplicit=*/false), JsonLayout::Readable) + "\n";
}

std::string vitc::canonicalDescription(const ModelDescription &description) {
  return writeJson(toJson(description, /*isExplicit=*/true), JsonLayout::Compact);
}

std::string vitc::descriptionHash(const ModelDescription &description) { return descriptionsHash({&description}); }

std::string vitc::descriptionsHash(llvm::ArrayRef<const ModelDescription *> descriptions) {
  std::string text;
  for (const ModelDescription *description : descriptions)
    text += canonicalDescription(*description);
  llvm::ArrayRef<uint8_t> bytes(reinterpret_cast<const uint8_t *>(text.data()), text.size());
  return llvm::toHex(llvm::BLAKE3::hash(bytes), /*LowerCase=*/true);
}
