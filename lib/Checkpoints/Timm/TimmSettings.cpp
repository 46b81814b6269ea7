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

std::optional<double> TimmSettings::optionalReal(llvm::StringRef key, double fallback) {
  const JsonValue *value = find(key, numberText(fallback));
  if (!value)
    return fallback;
  return value->isNull() ? std::nullopt : readReal(errors, where(key), *value);
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

std::vector<int64_t> TimmSettings::integers(llvm::StringRef key, std::vector<int64_t> fallback, int64_t minimum,
                                            int64_t maximum) {
  std::string text;
  for (int64_t value : fallback)
    text += (text.empty() ? "[" : ", ") + std::to_string(value);
  const JsonValue *value = findGiven(key, text.empty() ? "" : text + "]");
  if (!value) {
    if (fallback.empty())
      errors.report("/architecture", llvm::Twine("'") + architecture + "' needs '" + key + "'");
    return fallback;
  }
  if (value->asInteger())
    return {readInteger(errors, where(key), *value, minimum, maximum).value_or(minimum)};
  return readIntegers(errors, where(key), *value, minimum, maximum).value_or(fallback);
}

/// As the table of architectures has it: a name and an epsilon.
static TimmNorm normOf(const JsonValue::Array &pair) {
  const JsonValue &epsilon = pair.back();
  return {*pair.front().asString() == "RmsNorm", epsilon.asReal() ? *epsilon.asReal() : double(*epsilon.asInteger())};
}

/// A class as code has it ("torch.nn.SiLU", "SiLU") without its modules.
static llvm::StringRef withoutModules(llvm::StringRef name) {
  size_t dot = name.rfind('.');
  return dot == llvm::StringRef::npos ? name : name.drop_front(dot + 1);
}

std::optional<TimmNorm> TimmSettings::norm(llvm::StringRef key) {
  const JsonValue *value = findGiven(key);
  if (!value)
    return std::nullopt;
  if (!file.find(key) && value->asArray())
    return normOf(*value->asArray());
  TimmNorm norm;
  const std::string written = readString(errors, where(key), *value).value_or("layernorm");
  std::string name = withoutModules(written).lower();
  llvm::erase(name, '_');
  norm.rms = name == "rmsnorm";
  // PyTorch's own class has another epsilon than timm's, and so has MindSpore's, with which mindcv makes timm's models.
  if (llvm::StringRef(written).starts_with("mindspore."))
    norm.epsilon = 1e-7;
  else if (llvm::StringRef(written).contains("nn."))
    norm.epsilon = 1e-5;
  if (!name.empty() && name != "layernorm" && name != "rmsnorm")
    unsupported(key, "the norm '" + name + "'");
  return name.empty() ? std::nullopt : std::optional(norm);
}

std::string TimmSettings::activation(llvm::StringRef key, llvm::StringRef fallback) {
  const std::string written = string(key, fallback);
  return activationNamed(key, written.empty() ? fallback.str() : written);
}

std::string TimmSettings::activationIn(llvm::StringRef key, const JsonValue &value) {
  return activationNamed(key, readString(errors, where(key), value).value_or("relu"));
}

std::string TimmSettings::activationNamed(llvm::StringRef key, llvm::StringRef written) {
  std::string name = withoutModules(written).lower();
  std::string function = llvm::StringSwitch<std::string>(name)
                             .Cases("gelu", "gelu_tanh", "quick_gelu", "relu", "sigmoid", "tanh", name)
                             .Cases("relu6", "leaky_relu", "hard_sigmoid", "hard_swish", name)
                             .Cases("silu", "swish", "silu")
                             // Names of classes.
                             .Case("gelutanh", "gelu_tanh")
                             .Case("quickgelu", "quick_gelu")
                             .Case("leakyrelu", "leaky_relu")
                             .Case("hardsigmoid", "hard_sigmoid")
                             .Case("hardswish", "hard_swish")
                             .Case("identity", "none")
                             .Default("");
  if (function.empty())
    unsupported(key, "the activation '" + name + "'");
  return function;
}

std::string TimmSettings::className(llvm::StringRef key, llvm::StringRef fallback) {
  const JsonValue *name = findGiven(key, fallback);
  if (!name)
    return fallback.str();
  const std::string written = readString(errors, where(key), *name).value_or(fallback.str());
  return withoutModules(written).str();
}

std::vector<std::string> TimmSettings::classNames(llvm::StringRef key) {
  const JsonValue *value = findGiven(key);
  std::vector<std::string> names;
  if (!value)
    return names;
  const JsonValue::Array one = {*value};
  for (const JsonValue &name : value->asArray() ? *value->asArray() : one)
    names.push_back(withoutModules(readString(errors, where(key), name).value_or("")).str());
  return names;
}

std::optional<TimmSettings::ClassCall> TimmSettings::classCall(llvm::StringRef key) {
  const JsonValue *value = findGiven(key);
  return value ? classCall(key, *value) : std::nullopt;
}

std::optional<TimmSettings::ClassCall> TimmSettings::classCall(llvm::StringRef key, const JsonValue &value) {
  ClassCall call;
  const JsonValue::Array *pair = value.asArray();
  if (pair && (pair->size() != 2 || !pair->back().asObject())) {
    errors.report(where(key), "expected a class, or an array of a class and its arguments");
    return std::nullopt;
  }
  std::optional<std::string> name = readString(errors, where(key), pair ? pair->front() : value);
  if (!name || name->empty())
    return std::nullopt;
  call.name = withoutModules(*name).str();
  if (pair)
    call.keywords = *pair->back().asObject();
  return call;
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
