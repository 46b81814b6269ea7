//===- LabelsFile.cpp - names of classes from a file ------------*- C++ -*-===//

#include "vitc/Checkpoints/LabelsFile.h"

#include "vitc/Support/JsonReader.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace vitc;

static bool isUTF8(llvm::StringRef text) {
  const auto *start = reinterpret_cast<const llvm::UTF8 *>(text.data());
  return llvm::isLegalUTF8String(&start, start + text.size());
}

static llvm::Expected<std::vector<std::string>> readLines(llvm::StringRef path) {
  auto buffer = llvm::MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return inputError(path, "", "cannot open: " + buffer.getError().message());
  llvm::StringRef text = (*buffer)->getBuffer();
  text.consume_front("\xef\xbb\xbf");
  std::vector<std::string> labels;
  text = text.rtrim("\r\n");
  for (unsigned line = 1; !text.empty() || line == 1; ++line) {
    auto [label, rest] = text.split('\n');
    text = rest;
    const std::string where = "line " + std::to_string(line);
    if (!isUTF8(label))
      return inputError(path, where, "not UTF-8");
    label = label.trim(" \t\r");
    if (label.empty())
      return inputError(path, where, "is empty, expected a label");
    labels.push_back(label.str());
  }
  return labels;
}

/// The names of an object whose keys (or values) are the numbers of classes.
static std::vector<std::string> readNumbered(InputErrors &errors, const std::string &where,
                                             const JsonValue::Object &object) {
  std::vector<std::optional<std::string>> byIndex(object.size());
  for (const auto &[key, value] : object) {
    std::string pointer = jsonPointer(where, key);
    uint64_t index = 0;
    bool isReverse = value.asInteger() != nullptr;
    bool isNumber = isReverse ? *value.asInteger() >= 0 : !llvm::StringRef(key).getAsInteger(10, index);
    if (isReverse && isNumber)
      index = uint64_t(*value.asInteger());
    if (!isNumber || index >= byIndex.size() || byIndex[index]) {
      errors.report(pointer, "expected each of the numbers from 0 to " + llvm::Twine(byIndex.size() - 1) + " once");
      return {};
    }
    byIndex[index] = isReverse ? key : readString(errors, pointer, value).value_or("");
  }
  std::vector<std::string> labels;
  for (std::optional<std::string> &label : byIndex)
    labels.push_back(std::move(*label));
  return labels;
}

static llvm::Expected<std::vector<std::string>> readJsonLabels(llvm::StringRef path) {
  llvm::Expected<JsonValue> json = readJsonFile(path);
  if (!json)
    return json.takeError();
  InputErrors errors(path, &*json);
  const JsonValue *names = &*json;
  std::string where;
  for (const char *key : {"id2label", "label_names"})
    if (const JsonValue *member = json->asObject() ? json->find(key) : nullptr; member && names == &*json) {
      names = member;
      where = jsonPointer("", key);
    }
  std::vector<std::string> labels;
  if (const JsonValue::Array *array = names->asArray())
    for (const auto &[index, name] : llvm::enumerate(*array))
      labels.push_back(readString(errors, jsonPointer(where, index), name).value_or(""));
  else if (names->asObject())
    labels = readNumbered(errors, where, *names->asObject());
  else
    reportKind(errors, where, *names, "an array or an object of labels");
  if (labels.empty())
    errors.report(where, "has no labels");
  if (llvm::Error error = errors.take())
    return error;
  return labels;
}

llvm::Expected<std::vector<std::string>> vitc::readLabelsFile(llvm::StringRef path) {
  return llvm::sys::path::extension(path) == ".json" ? readJsonLabels(path) : readLines(path);
}

/// How many classes the first output has scores of; 0 if that is not seen.
static int64_t countClasses(const ModelDescription &description) {
  if (!description.labels.empty())
    return int64_t(description.labels.size());
  llvm::StringRef from = description.outputs.front().from;
  for (const Node &node : llvm::reverse(description.nodes)) {
    if (node.name != from)
      continue;
    auto classes = node.attributes.find("classes");
    if (classes != node.attributes.end())
      return std::get<int64_t>(classes->second);
    if (node.op != "average" || node.inputs.empty())
      return 0;
    from = node.inputs.front();
  }
  return 0;
}

llvm::Error vitc::setLabels(ModelDescription &description, llvm::StringRef path) {
  llvm::Expected<std::vector<std::string>> labels = readLabelsFile(path);
  if (!labels)
    return labels.takeError();
  const int64_t classes = countClasses(description);
  if (classes == 0)
    return inputError("command line", "--labels",
                      "the model's first output '" + description.outputs.front().name + "' is not scores of classes");
  if (int64_t(labels->size()) != classes)
    return inputError(
        path, "", "has " + llvm::Twine(labels->size()) + " labels, the model has " + llvm::Twine(classes) + " classes");
  description.labels = std::move(*labels);
  return llvm::Error::success();
}
