//===- Reference.cpp - documentation of the families ------------*- C++ -*-===//

#include "Families.h"
#include "vitc/Checkpoints/HuggingFaceReader.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"

using namespace vitc;
using namespace vitc::huggingface;

static std::string listKeys(llvm::ArrayRef<ConfigKey> keys) {
  std::vector<std::string> list;
  for (const ConfigKey &key : keys) {
    llvm::StringRef value = key.defaultValue;
    list.push_back(std::string("`") + key.name + "`" + (value == "null" ? "" : " (" + value.trim('"').str() + ")"));
  }
  return llvm::join(list, ", ");
}

static std::string listInert(llvm::ArrayRef<const char *> keys) {
  std::vector<std::string> list;
  for (const char *key : keys)
    list.push_back(std::string("`") + key + "`");
  return llvm::join(list, ", ");
}

std::string vitc::huggingFaceReference() {
  std::string text;
  for (const Family &family : families()) {
    std::vector<std::string> classes;
    for (const Architecture &architecture : llvm::reverse(family.architectures))
      classes.push_back(architecture.name);
    text += std::string("**`") + family.type + "`**: " + llvm::join(classes, ", ") + ".\n- keys";
    if (family.section)
      text += std::string(" of `") + family.section + "`";
    text += " (defaults): " + listKeys(family.keys.read) + "\n";
    if (!family.outerKeys.read.empty())
      text += "- keys beside it: " + listKeys(family.outerKeys.read) + "\n";
    std::vector<const char *> inert(family.keys.inert.begin(), family.keys.inert.end());
    llvm::append_range(inert, family.outerKeys.inert);
    if (!inert.empty())
      text += "- without effect: " + listInert(inert) + "\n";
    text += "\n";
  }
  text += "**All**: labels from " + listKeys(labelKeys()) +
          ". Without effect, in any object: " + listInert(commonInertKeys()) +
          ". Errors, if they are true: " + listInert(falseKeys()) +
          "; pruned heads (`pruned_heads`). `output_attentions` and `output_hidden_states` are left to `--outputs`.\n";
  return text;
}
