//===- TimmSettings.cpp - arguments of a timm model -------------*- C++ -*-===//

#include "TimmSettings.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"

using namespace vitc;

const JsonValue *TimmSettings::find(llvm::StringRef key, llvm::StringRef defaultValue) {
  if (llvm::none_of(arguments, [&](const Argument &argument) { return key == argument.name; }))
    arguments.push_back({key.str(), defaultValue.str()});
  const JsonValue *value = modelArgs.find(key);
  return value ? value : implied.find(key);
}

const JsonValue *TimmSettings::findGiven(llvm::StringRef key, llvm::StringRef defaultValue) {
  const JsonValue *value = find(key, defaultValue);
  return value && !value->isNull() ? value : nullptr;
}

const JsonValue *TimmSettings::impliedByName(llvm::StringRef key) {
  known.push_back(key.str());
  return implied.find(key);
}

bool TimmSettings::skips(llvm::StringRef key) {
  const JsonValue *value = modelArgs.find(key);
  return value || impliedByName(key);
}

std::string TimmSettings::where(llvm::ArrayRef<llvm::StringRef> keys) {
  for (llvm::StringRef key : keys)
    if (file.find(key))
      return modelArgs.pointerTo(key);
  return "/architecture";
}

bool TimmSettings::boolean(llvm::StringRef key, bool fallback) {
  const JsonValue *value = findGiven(key, fallback ? "true" : "false");
  return value ? readBoolean(key, *value).value_or(fallback) : fallback;
}

std::optional<bool> TimmSettings::optionalBoolean(llvm::StringRef key) {
  const JsonValue *value = findGiven(key);
  return value ? readBoolean(key, *value) : std::nullopt;
}

std::optional<bool> TimmSettings::readBoolean(llvm::StringRef key, const JsonValue &value) {
  if (const bool *boolean = value.asBool())
    return *boolean;
  reportKind(errors, where(key), value, "true or false");
  return std::nullopt;
}

int64_t TimmSettings::integer(llvm::StringRef key, int64_t fallback, int64_t minimum, int64_t maximum) {
  const JsonValue *value = find(key, std::to_string(fallback));
  return value ? readInteger(errors, where(key), *value, minimum, maximum).value_or(fallback) : fallback;
}

std::optional<int64_t> TimmSettings::optionalInteger(llvm::StringRef key, int64_t minimum, int64_t maximum) {
  const JsonValue *value = findGiven(key);
  return value ? readInteger(errors, where(key), *value, minimum, maximum) : std::nullopt;
}

double TimmSettings::real(llvm::StringRef key, double fallback) {
  const JsonValue *value = find(key, numberText(fallback));
  return value ? readReal(errors, where(key), *value).value_or(fallback) : fallback;
}

std::optional<double> TimmSettings::optionalReal(llvm::StringRef key) {
  const JsonValue *value = findGiven(key);
  return value ? readReal(errors, where(key), *value) : std::nullopt;
}

std::string TimmSettings::string(llvm::StringRef key, llvm::StringRef fallback) {
  const JsonValue *value = find(key, fallback);
  if (!value)
    return fallback.str();
  return value->isNull() ? "" : readString(errors, where(key), *value).value_or(fallback.str());
}

std::vector<int64_t> TimmSettings::size(llvm::StringRef key, std::vector<int64_t> fallback) {
  const JsonValue *value = findGiven(key, std::to_string(fallback.front()));
  return value ? readSize(errors, where(key), *value).value_or(fallback) : fallback;
}

/// As the table of architectures has it: a name and an epsilon.
static TimmNorm normOf(const JsonValue::Array &pair) {
  const JsonValue &epsilon = pair.back();
  return {*pair.front().asString() == "RmsNorm", epsilon.asReal() ? *epsilon.asReal() : double(*epsilon.asInteger())};
}

std::optional<TimmNorm> TimmSettings::normClass(llvm::StringRef key) {
  refuseClass(key);
  const JsonValue *value = impliedByName(key);
  return value ? std::optional(normOf(*value->asArray())) : std::nullopt;
}

std::optional<TimmNorm> TimmSettings::norm(llvm::StringRef key) {
  const JsonValue *value = findGiven(key);
  if (!value)
    return std::nullopt;
  if (!file.find(key) && value->asArray())
    return normOf(*value->asArray());
  TimmNorm norm;
  std::string name = llvm::StringRef(readString(errors, where(key), *value).value_or("layernorm")).lower();
  name.erase(std::remove(name.begin(), name.end(), '_'), name.end());
  norm.rms = name == "rmsnorm";
  if (!name.empty() && name != "layernorm" && name != "rmsnorm")
    unsupported(key, "the norm '" + name + "'");
  return name.empty() ? std::nullopt : std::optional(norm);
}

std::string TimmSettings::activation(llvm::StringRef key, llvm::StringRef fallback) {
  std::string name = llvm::StringRef(string(key, fallback)).lower();
  if (name.empty())
    name = fallback.str();
  std::string function = llvm::StringSwitch<std::string>(name)
                             .Cases("gelu", "gelu_tanh", "quick_gelu", "relu", "sigmoid", "tanh", name)
                             .Cases("silu", "swish", "silu")
                             .Case("identity", "none")
                             .Default("");
  if (function.empty())
    unsupported(key, "the activation '" + name + "'");
  return function;
}

void TimmSettings::refuseClass(llvm::StringRef key) {
  // In timm, a string is no class.
  if (modelArgs.find(key))
    errors.report(where(key), "is no argument that a file can give: only the architecture's name can imply it");
}

std::string TimmSettings::className(llvm::StringRef key, llvm::StringRef fallback) {
  refuseClass(key);
  const JsonValue *name = impliedByName(key);
  return name ? *name->asString() : fallback.str();
}

void TimmSettings::unsupported(llvm::StringRef key, const llvm::Twine &what) {
  if (file.find(key))
    return errors.report(where(key), what + " is not supported");
  errors.report("/architecture", "'" + architecture + "' is not supported, it needs " + what + " (" + key + ")");
}

void TimmSettings::finish() {
  modelArgs.finish();
  for (const auto &[key, value] : *implied.asObject())
    if (!llvm::is_contained(known, key) &&
        llvm::none_of(arguments, [&, name = &key](const Argument &argument) { return *name == argument.name; }))
      unsupported(key, writeJson(value, JsonLayout::Compact));
}
