//===- OpsReference.cpp - documentation of the ops --------------*- C++ -*-===//

#include "vitc/Description/DescriptionWriter.h"
#include "vitc/Description/OpSpec.h"

#include "llvm/ADT/ArrayRef.h"

using namespace vitc;

static std::string typeOf(const AttributeSpec &spec) {
  switch (spec.type) {
  case AttributeType::Bool:
    return "true or false";
  case AttributeType::Integer:
    return "integer";
  case AttributeType::Real:
    return "number";
  case AttributeType::Choice: {
    std::string words;
    for (const char *choice : spec.choices)
      words += (words.empty() ? "`" : ", `") + std::string(choice) + "`";
    return words;
  }
  case AttributeType::Integers:
    return spec.count ? std::to_string(spec.count) + " integers" : "integers";
  case AttributeType::Size:
    return "number or [height, width]";
  case AttributeType::Dims:
    return "integer or integers";
  }
  return "";
}

static std::string defaultOf(const AttributeSpec &spec) {
  if (!spec.defaultValue)
    return spec.optional ? "; optional" : "";
  if (const auto *list = std::get_if<std::vector<int64_t>>(&*spec.defaultValue)) {
    JsonValue value = spec.type == AttributeType::Size ? JsonValue(list->front())
                                                       : JsonValue(JsonValue::Array(list->begin(), list->end()));
    return "; default " + writeJson(value, JsonLayout::Readable);
  }
  if (const std::string *word = std::get_if<std::string>(&*spec.defaultValue))
    return "; default `" + *word + "`";
  if (const bool *boolean = std::get_if<bool>(&*spec.defaultValue))
    return *boolean ? "; default true" : "; default false";
  if (const int64_t *integer = std::get_if<int64_t>(&*spec.defaultValue))
    return "; default " + std::to_string(*integer);
  return "; default " + writeJson(std::get<double>(*spec.defaultValue), JsonLayout::Readable);
}

static std::string describe(const OpSpec &spec) {
  std::string text = "**`" + std::string(spec.name) + "`** (";
  if (spec.maxInputs == 0)
    text += "no input";
  else if (spec.minInputs == spec.maxInputs)
    text += std::to_string(spec.minInputs) + (spec.minInputs == 1 ? " input" : " inputs");
  else
    text += std::to_string(spec.minInputs) + " to " + std::to_string(spec.maxInputs) + " inputs";
  text += "): " + std::string(spec.doc) + ".";
  text += spec.keepsDType ? " Inputs of any dtype.\n" : "\n";
  for (const AttributeSpec &attribute : spec.attributes)
    text += std::string("- `") + attribute.name + "` (" + typeOf(attribute) + defaultOf(attribute) +
            "): " + attribute.doc + "\n";
  for (const ParameterSpec &parameter : spec.parameters) {
    text += parameter.name.empty() ? "- parameters `weight`, `bias`" : "- parameter `" + parameter.name + "`";
    text += std::string(" (") + (parameter.kind == ParameterKind::Module ? "layer" : "tensor") +
            (parameter.required ? "" : "; optional") + "): " + parameter.doc + "\n";
  }
  return text + "\n";
}

std::string vitc::opsReference() {
  std::string blocks = "### Blocks\n\n", primitives = "### Primitives\n\n";
  for (const OpSpec &spec : opSpecs())
    (spec.isBlock ? blocks : primitives) += describe(spec);
  return blocks + primitives;
}
