//===- DescriptionParser.cpp - JSON to ModelDescription ---------*- C++ -*-===//

#include "vitc/Description/DescriptionParser.h"

#include "vitc/Description/OpSpec.h"
#include "vitc/Support/JsonReader.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;

namespace {

class Parser {
public:
  Parser(InputErrors &errors, ModelDescription &description) : errors(errors), description(description) {}

  void parse(const JsonValue &root) {
    ObjectReader reader(errors, root, "");
    if (errors.any())
      return;
    reader.find("$schema");
    reader.string("comment");
    const JsonValue &version = reader.require("version");
    if (errors.any())
      return;
    if (!version.asInteger() || *version.asInteger() < 1 || *version.asInteger() > descriptionVersion)
      return errors.report("/version", "this compiler reads versions 1 and " + llvm::Twine(descriptionVersion));
    description.mapLayout = *version.asInteger() == 1 ? MapLayout::ChannelsLast : MapLayout::ChannelsFirst;
    description.name = requireString(reader, "name");
    description.weights = reader.string("weights").value_or("");
    forEach(reader, "inputs", [&](const JsonValue &value, std::string where) { parseInput(value, where); });
    forEach(reader, "nodes", [&](const JsonValue &value, std::string where) { parseNodeOrRepeat(value, where); });
    const JsonValue *outputs = root.find("outputs");
    const size_t count = outputs && outputs->asArray() ? outputs->asArray()->size() : 0;
    forEach(reader, "outputs", [&](const JsonValue &value, std::string where) { parseOutput(value, where, count); });
    parseStrings(reader, "labels", description.labels);
    parseStrings(reader, "ignored_tensors", description.ignoredTensors);
    std::string scores = reader.string("scores").value_or("none");
    if (scores == "softmax")
      description.scores = Scores::Softmax;
    else if (scores == "sigmoid")
      description.scores = Scores::Sigmoid;
    else if (scores != "none")
      errors.report("/scores", unknownName("kind of scores", scores, {"softmax", "sigmoid", "none"}));
    if (const JsonValue *postprocessing = reader.find("postprocessing"))
      parsePostprocessing(*postprocessing);
    reader.finish();
  }

private:
  using Shape = std::vector<int64_t>;

  std::string requireString(ObjectReader &reader, llvm::StringRef key) {
    const JsonValue &value = reader.require(key);
    return errors.any() ? "" : readString(errors, reader.pointerTo(key), value).value_or("");
  }

  template <typename Fn> void forEach(ObjectReader &reader, llvm::StringRef key, Fn visit) {
    const JsonValue &value = reader.require(key);
    if (errors.any())
      return;
    const JsonValue::Array *array = value.asArray();
    if (!array)
      return reportKind(errors, reader.pointerTo(key), value, "an array");
    for (const auto &[index, element] : llvm::enumerate(*array)) {
      if (errors.any())
        return;
      visit(element, jsonPointer(reader.pointerTo(key), index));
    }
  }

  void parseStrings(ObjectReader &reader, llvm::StringRef key, std::vector<std::string> &strings) {
    if (!reader.find(key))
      return;
    forEach(reader, key, [&](const JsonValue &value, std::string where) {
      strings.push_back(readString(errors, where, value).value_or(""));
    });
  }

  /// The dtype of an input or output, if it says one.
  std::optional<DType> parseDType(ObjectReader &reader) {
    std::optional<std::string> word = reader.string("dtype");
    if (!word)
      return std::nullopt;
    std::vector<std::string> names;
    for (DType dtype : valueDTypes) {
      if (*word == nameOf(dtype))
        return dtype;
      names.emplace_back(nameOf(dtype));
    }
    errors.report(reader.pointerTo("dtype"), unknownName("dtype", *word, names));
    return std::nullopt;
  }

  void parseInput(const JsonValue &value, const std::string &where) {
    ObjectReader reader(errors, value, where);
    ModelInput input;
    input.name = requireString(reader, "name");
    if (const JsonValue *shape = reader.find("shape")) {
      input.shape = readIntegers(errors, reader.pointerTo("shape"), *shape, 1, int64_t(1) << 31).value_or(Shape());
      input.defaultValue = reader.real("default");
      input.maskOf = reader.string("mask_of").value_or("");
    } else {
      input.isImage = true;
      int64_t channels = reader.integer("channels", 1, 4096).value_or(3);
      const JsonValue &size = reader.require("size");
      if (!errors.any())
        input.shape = readSize(errors, reader.pointerTo("size"), size).value_or(Shape());
      input.shape.insert(input.shape.begin(), channels);
      if (reader.find("preprocessing")) {
        input.preprocessing.push_back({"decode", "", {double(channels)}});
        forEach(reader, "preprocessing", [&](const JsonValue &step, std::string stepWhere) {
          input.preprocessing.push_back(parseStep(step, stepWhere));
        });
      }
    }
    if (std::optional<DType> dtype = parseDType(reader))
      input.dtype = *dtype;
    reader.finish();
    description.inputs.push_back(std::move(input));
  }

  PreprocessStep parseStep(const JsonValue &value, const std::string &where) {
    ObjectReader reader(errors, value, where);
    PreprocessStep step;
    step.kind = requireString(reader, "step");
    auto size = [&] {
      const JsonValue &member = reader.require("size");
      for (int64_t edge : errors.any() ? Shape() : readSize(errors, reader.pointerTo("size"), member).value_or(Shape()))
        step.values.push_back(double(edge));
    };
    auto reals = [&](llvm::StringRef key) {
      const JsonValue &member = reader.require(key);
      if (!errors.any())
        llvm::append_range(step.values,
                           readReals(errors, reader.pointerTo(key), member).value_or(std::vector<double>()));
    };
    auto edge = [&](llvm::StringRef key) {
      reader.require(key);
      step.values.push_back(double(reader.integer(key, 1, 1 << 20).value_or(1)));
    };
    static const std::vector<std::string> kinds = {
        "resize",          "resize_cover", "resize_contain",     "resize_shortest_edge", "resize_bounded_edges",
        "resize_one_side", "pad",          "center_crop",        "flip_channels",        "rescale",
        "normalize",       "pad_end",      "resize_longest_edge"};
    if (step.kind == "resize" || step.kind == "resize_cover" || step.kind == "resize_contain") {
      size();
      step.filter = requireString(reader, "filter");
    } else if (step.kind == "resize_shortest_edge" || step.kind == "resize_longest_edge") {
      edge("edge");
      step.filter = requireString(reader, "filter");
    } else if (step.kind == "resize_bounded_edges") {
      for (llvm::StringRef key : {"shortest", "longest", "multiple"})
        edge(key);
      step.filter = requireString(reader, "filter");
    } else if (step.kind == "resize_one_side") {
      size();
      edge("multiple");
      step.filter = requireString(reader, "filter");
    } else if (step.kind == "pad_end") {
      size();
    } else if (step.kind == "pad") {
      size();
      reals("fill");
    } else if (step.kind == "pad_end") {
      size();
    } else if (step.kind == "center_crop") {
      size();
      step.filter = reader.string("rounding").value_or("");
      // There is one way to write what is the default.
      if (step.filter == "down")
        step.filter.clear();
    } else if (step.kind == "flip_channels") {
      // There is nothing to say about it.
    } else if (step.kind == "rescale") {
      const JsonValue &factor = reader.require("factor");
      if (!errors.any())
        step.values.push_back(readReal(errors, reader.pointerTo("factor"), factor).value_or(0));
    } else if (step.kind == "normalize") {
      reals("mean");
      reals("std");
    } else {
      errors.report(reader.pointerTo("step"), unknownName("step", step.kind, kinds));
    }
    reader.finish();
    return step;
  }

  void parseOutput(const JsonValue &value, const std::string &where, size_t count) {
    ObjectReader reader(errors, value, where);
    ModelOutput output;
    output.name = requireString(reader, "name");
    if (std::optional<std::string> from = reader.string("from"))
      output.from = *from;
    else if (std::optional<std::string> node = defaultOutputNode(description, output.name, count))
      output.from = *node;
    else if (!errors.any() && !description.nodes.empty())
      errors.report(where, "the key 'from' is missing: no node is called '" + output.name +
                               "', and there are several outputs");
    output.dtype = parseDType(reader);
    reader.finish();
    description.outputs.push_back(std::move(output));
  }

  void parsePostprocessing(const JsonValue &value) {
    ObjectReader reader(errors, value, "/postprocessing");
    Postprocessing &own = description.postprocessing;
    std::string kind = requireString(reader, "kind");
    if (kind == "segmentation") {
      own.kind = Postprocessing::Kind::Segmentation;
      own.output = requireString(reader, "output");
    } else if (kind == "depth") {
      own.kind = Postprocessing::Kind::Depth;
      own.output = requireString(reader, "output");
      own.filter = reader.string("filter").value_or(own.filter);
    } else if (kind == "detection") {
      own.kind = Postprocessing::Kind::Detection;
      own.output = requireString(reader, "logits");
      own.boxes = requireString(reader, "boxes");
      std::string scores = reader.string("scores").value_or("softmax");
      own.scores = scores == "sigmoid" ? Scores::Sigmoid : Scores::Softmax;
      if (scores != "softmax" && scores != "sigmoid")
        errors.report(reader.pointerTo("scores"), unknownName("kind of scores", scores, {"softmax", "sigmoid"}));
      own.threshold = reader.real("threshold").value_or(own.threshold);
      own.top = reader.integer("top", 1, 1 << 20).value_or(own.top);
    } else {
      errors.report(reader.pointerTo("kind"), unknownName("kind", kind, {"segmentation", "detection", "depth"}));
    }
    reader.finish();
  }

  std::string previousName() const {
    if (!description.nodes.empty())
      return description.nodes.back().name;
    return description.inputs.empty() ? "" : description.inputs.front().name;
  }

  void parseNodeOrRepeat(const JsonValue &value, const std::string &where) {
    if (!value.find("repeat"))
      return parseNode(value, where, std::nullopt);
    ObjectReader reader(errors, value, where);
    int64_t count = reader.integer("repeat", 1, maximumNodes).value_or(0);
    int64_t first = reader.integer("first", 0, maximumNodes).value_or(0);
    reader.string("comment");
    for (int64_t index = first; index < first + count && !errors.any(); ++index)
      forEach(reader, "nodes",
              [&](const JsonValue &node, std::string nodeWhere) { parseNode(node, nodeWhere, index); });
    reader.finish();
  }

  /// Inside of a repetition, `{i}` in a name stands for the number of the round, and `{i-1}` for that of the round
  /// before, which need not be one of the repetition: its nodes may stand before it.
  std::string substitute(llvm::StringRef text, std::optional<int64_t> index, const std::string &where) {
    if (!index)
      return text.str();
    std::string result;
    for (size_t at; (at = text.find("{i")) != llvm::StringRef::npos;) {
      result += text.take_front(at);
      text = text.drop_front(at);
      if (text.consume_front("{i}")) {
        result += std::to_string(*index);
      } else if (text.starts_with("{i-1}") && *index > 0) {
        text.consume_front("{i-1}");
        result += std::to_string(*index - 1);
      } else if (text.starts_with("{i-1}")) {
        errors.report(where, "before round 0 there is none, expected \"first\": 1, and what '{i-1}' stands for then "
                             "before the repetition");
        return "";
      } else if (text.starts_with("{i-") || text.starts_with("{i+")) {
        errors.report(where, "'" + text.take_until([](char c) { return c == '}'; }) +
                                 "}' is the number of no round that is known here, expected {i} or {i-1}");
        return "";
      } else {
        // Some other word in braces.
        result += text.front();
        text = text.drop_front();
      }
    }
    return result + text.str();
  }

  void parseNode(const JsonValue &value, const std::string &where, std::optional<int64_t> index) {
    if (description.nodes.size() == maximumNodes)
      return errors.report(where, "more than " + llvm::Twine(maximumNodes) + " nodes");
    ObjectReader reader(errors, value, where);
    Node node;
    node.where = where;
    node.name = substitute(requireString(reader, "name"), index, reader.pointerTo("name"));
    errors.enterNode(node.name);
    node.op = requireString(reader, "op");
    reader.string("comment");
    if (errors.any())
      return;
    const OpSpec *spec = findOpSpec(node.op);
    if (!spec)
      return errors.report(reader.pointerTo("op"), unknownOp(node.op));

    if (const JsonValue *inputs = reader.find("inputs")) {
      if (inputs->asString())
        node.inputs.push_back(substitute(*inputs->asString(), index, reader.pointerTo("inputs")));
      else
        forEach(reader, "inputs", [&](const JsonValue &name, std::string nameWhere) {
          node.inputs.push_back(substitute(readString(errors, nameWhere, name).value_or(""), index, nameWhere));
        });
    } else if (spec->minInputs > 0) {
      node.inputs.push_back(previousName());
    }

    for (const AttributeSpec &attribute : spec->attributes)
      parseAttribute(reader, attribute, node);
    if (const JsonValue *parameters = reader.find("parameters"))
      parseParameters(*parameters, reader.pointerTo("parameters"), *spec, index, node);
    reader.finish();
    errors.enterNode("");
    description.nodes.push_back(std::move(node));
  }

  void parseAttribute(ObjectReader &reader, const AttributeSpec &spec, Node &node) {
    const JsonValue *value = reader.find(spec.name);
    if (!value) {
      if (spec.defaultValue)
        node.attributes[spec.name] = *spec.defaultValue;
      else if (!spec.optional)
        errors.report(reader.where(), llvm::Twine("the key '") + spec.name + "' is missing");
      return;
    }
    std::string where = reader.pointerTo(spec.name);
    auto set = [&](auto read) {
      if (read)
        node.attributes[spec.name] = *read;
    };
    switch (spec.type) {
    case AttributeType::Bool:
      return set(reader.boolean(spec.name));
    case AttributeType::Integer:
      return set(readInteger(errors, where, *value, spec.minimum, spec.maximum));
    case AttributeType::Real:
      return set(readReal(errors, where, *value));
    case AttributeType::Choice:
      return set(readString(errors, where, *value));
    case AttributeType::Integers:
      return set(readIntegers(errors, where, *value, spec.minimum, spec.maximum));
    case AttributeType::Size:
      return set(readSize(errors, where, *value));
    case AttributeType::Dims: {
      if (!value->asArray())
        return set(readInteger(errors, where, *value, spec.minimum, spec.maximum));
      std::optional<std::vector<int64_t>> dims = readIntegers(errors, where, *value, spec.minimum, spec.maximum);
      // There is one way to write one of them.
      if (dims && dims->size() == 1)
        node.attributes[spec.name] = dims->front();
      else
        set(dims);
      return;
    }
    }
  }

  void parseParameters(const JsonValue &value, const std::string &where, const OpSpec &spec,
                       std::optional<int64_t> index, Node &node) {
    const ParameterSpec *nameless = nullptr;
    std::vector<std::string> known;
    for (const ParameterSpec &parameter : spec.parameters) {
      if (parameter.name.empty())
        nameless = &parameter;
      else
        known.push_back(parameter.name);
    }
    if (nameless)
      return parseModule(value, where, "", index, node);
    const JsonValue::Object *object = value.asObject();
    if (!object)
      return reportKind(errors, where, value, "an object");
    for (const auto &[key, member] : *object) {
      std::string memberWhere = jsonPointer(where, key);
      const ParameterSpec *parameter = spec.findParameter(key);
      if (!parameter)
        return errors.report(memberWhere, unknownName("parameter", key, known));
      if (parameter->kind == ParameterKind::Module)
        parseModule(member, memberWhere, key + ".", index, node);
      else if (std::optional<std::string> tensor = readString(errors, memberWhere, member))
        node.parameters[key] = substitute(*tensor, index, memberWhere);
    }
  }

  void parseModule(const JsonValue &value, const std::string &where, const std::string &role,
                   std::optional<int64_t> index, Node &node) {
    if (const std::string *prefix = value.asString()) {
      const std::string module = substitute(*prefix, index, where);
      node.parameters[role + "weight"] = module + ".weight";
      node.parameters[role + "bias"] = module + ".bias";
      return;
    }
    if (!value.asObject())
      return reportKind(errors, where, value, "a string or an object");
    ObjectReader reader(errors, value, where);
    node.parameters[role + "weight"] = substitute(requireString(reader, "weight"), index, reader.pointerTo("weight"));
    if (std::optional<std::string> bias = reader.string("bias"))
      node.parameters[role + "bias"] = substitute(*bias, index, reader.pointerTo("bias"));
    reader.finish();
  }

  InputErrors &errors;
  ModelDescription &description;
};

} // namespace

std::optional<std::string> vitc::defaultOutputNode(const ModelDescription &description, llvm::StringRef output,
                                                   size_t outputCount) {
  if (llvm::any_of(description.nodes, [&](const Node &node) { return node.name == output; }))
    return output.str();
  if (outputCount == 1 && !description.nodes.empty())
    return description.nodes.back().name;
  return std::nullopt;
}

/// Images are channels x height x width in all versions, which a map of version 1 is not: what would take one for the
/// other in silence is told.
static void warnOfImagesAsMaps(ModelDescription &description) {
  if (description.mapLayout != MapLayout::ChannelsLast)
    return;
  for (const Node &node : description.nodes)
    for (const ModelInput &input : description.inputs)
      if (input.isImage && !node.inputs.empty() && node.inputs.front() == input.name && findOpSpec(node.op)->isOnMaps)
        description.warnings.push_back(description.file + ": " + node.where + " (node '" + node.name + "'): image '" +
                                       input.name + "' is channels x height x width, and op '" + node.op +
                                       "' of version 1 takes that for height x width x channels; write \"version\": 2");
}

llvm::Expected<ModelDescription> vitc::parseDescription(JsonValue root, llvm::StringRef file) {
  ModelDescription description;
  description.file = file.str();
  description.text = std::make_shared<const JsonValue>(std::move(root));
  InputErrors errors(file, description.text.get());
  Parser(errors, description).parse(*description.text);
  if (llvm::Error error = errors.take())
    return error;
  if (llvm::Error error = validateDescription(description))
    return error;
  warnOfImagesAsMaps(description);
  return description;
}
