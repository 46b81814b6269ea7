//===- DescriptionSchema.cpp - JSON Schema of the language ------*- C++ -*-===//

#include "vitc/Description/DescriptionParser.h"
#include "vitc/Description/DescriptionWriter.h"
#include "vitc/Description/OpSpec.h"

using namespace vitc;

namespace {

using Object = JsonValue::Object;
using Array = JsonValue::Array;

Object typed(const char *type, const char *doc = nullptr) {
  Object object = {{"type", type}};
  if (doc)
    object.emplace_back("description", doc);
  return object;
}

Object reference(const char *definition) { return {{"$ref", std::string("#/$defs/") + definition}}; }

Object arrayOf(Object items, const char *doc = nullptr) {
  Object array = typed("array", doc);
  array.emplace_back("items", std::move(items));
  return array;
}

/// An object of exactly these members.
Object closedObject(Object properties, const std::vector<std::string> &required, const char *doc = nullptr) {
  Object object = typed("object", doc);
  object.emplace_back("properties", std::move(properties));
  if (!required.empty())
    object.emplace_back("required", Array(required.begin(), required.end()));
  object.emplace_back("additionalProperties", false);
  return object;
}

Object integerIn(int64_t minimum, int64_t maximum) {
  Object integer = typed("integer");
  integer.emplace_back("minimum", minimum);
  integer.emplace_back("maximum", maximum);
  return integer;
}

JsonValue defaultOf(const AttributeValue &value) {
  if (const auto *list = std::get_if<std::vector<int64_t>>(&value))
    return Array(list->begin(), list->end());
  if (const bool *boolean = std::get_if<bool>(&value))
    return *boolean;
  if (const int64_t *integer = std::get_if<int64_t>(&value))
    return *integer;
  if (const double *real = std::get_if<double>(&value))
    return *real;
  return std::get<std::string>(value);
}

Object attributeSchema(const AttributeSpec &spec) {
  Object object;
  switch (spec.type) {
  case AttributeType::Bool:
    object = typed("boolean");
    break;
  case AttributeType::Integer:
    object = integerIn(spec.minimum, spec.maximum);
    break;
  case AttributeType::Real:
    object = typed("number");
    if (spec.minimum >= 0)
      object.emplace_back("minimum", spec.minimum);
    break;
  case AttributeType::Choice:
    object = {{"enum", Array(spec.choices.begin(), spec.choices.end())}};
    break;
  case AttributeType::Integers:
    object = arrayOf(integerIn(spec.minimum, spec.maximum));
    object.emplace_back("minItems", spec.count ? int64_t(spec.count) : int64_t(1));
    object.emplace_back("maxItems", spec.count ? int64_t(spec.count) : int64_t(8));
    break;
  case AttributeType::Size:
    object = reference("size");
    break;
  case AttributeType::Dims: {
    Object several = arrayOf(integerIn(spec.minimum, spec.maximum));
    several.emplace_back("minItems", int64_t(1));
    several.emplace_back("maxItems", int64_t(8));
    object = {{"anyOf", Array{integerIn(spec.minimum, spec.maximum), several}}};
    break;
  }
  }
  object.emplace_back("description", spec.doc);
  if (spec.defaultValue)
    object.emplace_back("default", defaultOf(*spec.defaultValue));
  return object;
}

Object parametersSchema(const OpSpec &spec) {
  Object properties;
  std::vector<std::string> required;
  for (const ParameterSpec &parameter : spec.parameters) {
    Object schema = reference(parameter.kind == ParameterKind::Module ? "module" : "tensor");
    schema.emplace_back("description", parameter.doc);
    if (parameter.name.empty())
      return schema;
    properties.emplace_back(parameter.name, std::move(schema));
    if (parameter.required)
      required.push_back(parameter.name);
  }
  return closedObject(std::move(properties), required);
}

Object nodeSchema(const OpSpec &spec) {
  Object inputs = {{"anyOf", Array{reference("name"), arrayOf(reference("name"))}},
                   {"description", "names of earlier nodes or inputs; by default the previous node"}};
  Object properties = {{"name", reference("name")}, {"op", Object{{"const", spec.name}}}, {"inputs", inputs}};
  std::vector<std::string> required = {"name", "op"};
  if (spec.minInputs > 1)
    required.push_back("inputs");
  for (const AttributeSpec &attribute : spec.attributes) {
    properties.emplace_back(attribute.name, attributeSchema(attribute));
    if (!attribute.defaultValue && !attribute.optional)
      required.push_back(attribute.name);
  }
  bool needsParameters = false;
  for (const ParameterSpec &parameter : spec.parameters)
    needsParameters |= parameter.required;
  if (!spec.parameters.empty())
    properties.emplace_back("parameters", parametersSchema(spec));
  if (needsParameters)
    required.push_back("parameters");
  properties.emplace_back("comment", typed("string"));
  return closedObject(std::move(properties), required, spec.doc);
}

Object stepSchema(const char *step, Object properties, const Object &optional = {}) {
  std::vector<std::string> required = {"step"};
  for (const auto &[key, value] : properties)
    required.push_back(key);
  properties.insert(properties.end(), optional.begin(), optional.end());
  properties.insert(properties.begin(), {"step", Object{{"const", step}}});
  return closedObject(std::move(properties), required);
}

Object definitions() {
  Object name = typed(
      "string",
      "a name; inside of a repetition {i} stands for the number of the round, {i-1} for that of the round before");
  name.emplace_back("pattern", "^([A-Za-z0-9_.-]|\\{i\\})+$");
  Object pair = arrayOf(integerIn(1, 1 << 20));
  pair.emplace_back("minItems", 2);
  pair.emplace_back("maxItems", 2);
  Object size = {{"anyOf", Array{integerIn(1, 1 << 20), pair}},
                 {"description", "[height, width], or one number for both"}};
  Object module = {
      {"anyOf", Array{typed("string"),
                      closedObject({{"weight", reference("tensor")}, {"bias", reference("tensor")}}, {"weight"})}},
      {"description", "a string P stands for the tensors P.weight and P.bias; an object for what it lists"}};
  Object filter = {{"enum", Array{"nearest", "bilinear", "bicubic", "lanczos", "box", "hamming", "torchvision_nearest",
                                  "torchvision_bilinear", "torchvision_bicubic", "torchvision_lanczos"}}};
  Object rounding = {{"enum", Array{"down", "even", "zero"}},
                     {"description",
                      "where the cut begins when half of what is cut off (negative if the picture is too "
                      "small) is no whole number: rounded down as transformers does on Pillow (the "
                      "default), towards zero as it does on torchvision, or to an even number as "
                      "torchvision itself (to zero, if the picture is too small)"}};
  Object step = {
      {"oneOf",
       Array{stepSchema("resize", {{"size", reference("size")}, {"filter", filter}}),
             stepSchema("resize_cover", {{"size", reference("size")}, {"filter", filter}}),
             stepSchema("resize_contain", {{"size", reference("size")}, {"filter", filter}}),
             stepSchema("resize_shortest_edge", {{"edge", integerIn(1, 1 << 20)}, {"filter", filter}}),
             stepSchema("resize_longest_edge", {{"edge", integerIn(1, 1 << 20)}, {"filter", filter}}),
             stepSchema("resize_bounded_edges", {{"shortest", integerIn(1, 1 << 20)},
                                                 {"longest", integerIn(1, 1 << 20)},
                                                 {"multiple", integerIn(1, 1 << 20)},
                                                 {"filter", filter}}),
             stepSchema("resize_one_side",
                        {{"size", reference("size")}, {"multiple", integerIn(1, 1 << 20)}, {"filter", filter}}),
             stepSchema("pad", {{"size", reference("size")}, {"fill", arrayOf(integerIn(0, 255))}}),
             stepSchema("pad_end", {{"size", reference("size")}}),
             stepSchema("center_crop", {{"size", reference("size")}}, {{"rounding", rounding}}),
             stepSchema("flip_channels", {}), stepSchema("rescale", {{"factor", typed("number")}}),
             stepSchema("normalize", {{"mean", arrayOf(typed("number"))}, {"std", arrayOf(typed("number"))}})}}};
  Object image = closedObject({{"name", reference("name")},
                               {"channels", integerIn(1, 4096)},
                               {"size", reference("size")},
                               {"preprocessing", arrayOf(reference("step"), "from a picture to the input, in order")},
                               {"dtype", Object{{"enum", Array{"f32", "u8"}}, {"default", "f32"}}}},
                              {"name", "size"}, "an image: channels x height x width");
  Array dtypes;
  for (DType dtype : valueDTypes)
    dtypes.push_back(std::string(nameOf(dtype)));
  Object plain = closedObject({{"name", reference("name")},
                               {"shape", arrayOf(integerIn(1, int64_t(1) << 31))},
                               {"dtype", Object{{"enum", dtypes}, {"default", "f32"}}},
                               {"default", Object{{"type", "number"},
                                                  {"description", "the input may be left out, and is full of this "
                                                                  "number then; not of the first input"}}},
                               {"mask_of", Object{{"type", "string"},
                                                  {"description", "an image, of which pixels are 1 here and padding 0: "
                                                                  "height x width"}}}},
                              {"name", "shape"}, "a tensor of any shape, without the batch dimension");
  Array nodes;
  Object ops;
  for (const OpSpec &spec : opSpecs()) {
    nodes.push_back(reference(spec.name));
    ops.emplace_back(spec.name, nodeSchema(spec));
  }
  nodes.push_back(reference("repeat"));
  Object repeat = closedObject({{"repeat", integerIn(1, maximumNodes)},
                                {"first", integerIn(0, maximumNodes)},
                                {"nodes", arrayOf(reference("node"))},
                                {"comment", typed("string")}},
                               {"repeat", "nodes"}, "the nodes again and again, with {i} counting up from `first` (0)");
  Object all = {{"name", name},
                {"tensor", typed("string", "name of a tensor in the weights file")},
                {"module", module},
                {"size", size},
                {"step", step},
                {"input", Object{{"oneOf", Array{image, plain}}}},
                {"dtype", Object{{"enum", dtypes}}},
                {"node", Object{{"oneOf", nodes}}},
                {"repeat", repeat}};
  all.insert(all.end(), ops.begin(), ops.end());
  return all;
}

} // namespace

static Object postprocessingSchema() {
  auto kind = [](const char *name, Object properties, std::vector<std::string> required, const char *doc) {
    properties.insert(properties.begin(), {"kind", Object{{"const", name}}});
    required.insert(required.begin(), "kind");
    return closedObject(std::move(properties), required, doc);
  };
  Object share = typed("number", "a detection's score is larger");
  share.emplace_back("minimum", int64_t(0));
  share.emplace_back("maximum", int64_t(1));
  share.emplace_back("default", 0.5);
  Object top = integerIn(1, 1 << 20);
  top.emplace_back("description", "with sigmoid, how many of all scores are looked at");
  top.emplace_back("default", int64_t(100));
  Object scores = {{"enum", Array{"softmax", "sigmoid"}},
                   {"description", "softmax: the last class is that nothing is there; sigmoid: each class is one"},
                   {"default", "softmax"}};
  Object filter = {{"enum", Array{"bilinear", "bicubic"}}, {"default", "bicubic"}};
  return {{"description", "what is made of the outputs for a picture, at the picture's own size"},
          {"oneOf", Array{kind("segmentation", {{"output", reference("name")}}, {"output"},
                               "the largest of the classes' scores (classes x height x width) at each pixel"),
                          kind("detection",
                               {{"logits", reference("name")},
                                {"boxes", reference("name")},
                                {"scores", scores},
                                {"threshold", share},
                                {"top", top}},
                               {"logits", "boxes"}, "boxes (middle, width and height of the picture's) with classes"),
                          kind("depth", {{"output", reference("name")}, {"filter", filter}}, {"output"},
                               "a number for each pixel (height x width)")}}};
}

JsonValue vitc::descriptionSchema() {
  Object from =
      typed("string", "a node, or \"NODE/PART\" for an inner value of a block; by default the node of the output's "
                      "name, else, if this is the only output, the last one");
  Object dtype = reference("dtype");
  dtype.emplace_back("description", "what it is converted to; by default it stays what it is");
  Object output = closedObject({{"name", reference("name")}, {"from", from}, {"dtype", dtype}}, {"name"});
  Object weights = typed("string", "weights file beside the description: safetensors, or the index of a sharded one");
  weights.emplace_back("pattern", "^[^/]+$");
  Object properties = {
      {"$schema", typed("string")},
      {"comment", typed("string")},
      {"version", Object{{"enum", Array{int64_t(1), descriptionVersion}},
                         {"description", "what ops on maps have them as: 2, channels x height x width; 1, height x "
                                         "width x channels"}}},
      {"name", reference("name")},
      {"weights", weights},
      {"inputs", arrayOf(reference("input"))},
      {"nodes", arrayOf(reference("node"), "the graph in topological order")},
      {"outputs", arrayOf(output)},
      {"labels", arrayOf(typed("string"), "names of the classes of the first output")},
      {"scores", Object{{"enum", Array{"softmax", "sigmoid", "none"}},
                        {"description", "how the first output becomes the scores of the labels"},
                        {"default", "none"}}},
      {"postprocessing", postprocessingSchema()},
      {"ignored_tensors",
       arrayOf(typed("string"),
               "tensors of the weights file that the model does not use; * stands for any characters")}};
  Object root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                 {"title", "vitc model description, versions 1 and " + std::to_string(descriptionVersion)}};
  Object body = closedObject(std::move(properties), {"version", "name", "inputs", "nodes", "outputs"});
  root.insert(root.end(), body.begin(), body.end());
  root.emplace_back("$defs", definitions());
  return root;
}
