//===- ModelName.cpp - what a model is called -------------------*- C++ -*-===//

#include "vitc/Description/ModelName.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace vitc;
namespace path = llvm::sys::path;

/// Of what makes a name of a path: a file's name has at most 255 bytes, with the suffix.
static constexpr size_t maximumDerivedBytes = 200;

static bool isNameCharacter(char c) { return llvm::isAlnum(c) || c == '_' || c == '.' || c == '-'; }

bool vitc::isName(llvm::StringRef text) {
  return !text.empty() && text.size() <= 255 && llvm::all_of(text, isNameCharacter) &&
         (llvm::isAlnum(text[0]) || text[0] == '_');
}

std::string vitc::notAName(llvm::StringRef text) {
  return ("'" + text.take_front(60) +
          "' is not a name: up to 255 letters, digits and '_', '.', '-', starting with a letter, digit or '_'")
      .str();
}

/// Takes a character beyond ASCII from the front of `text`; gives what stands for it in a name.
static std::string takeCharacter(llvm::StringRef &text) {
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.data());
  const llvm::UTF8 *end = begin;
  llvm::UTF32 code = 0;
  if (llvm::convertUTF8Sequence(&end, begin + text.size(), &code, llvm::strictConversion) == llvm::conversionOK) {
    text = text.drop_front(size_t(end - begin));
    return "u" + llvm::utohexstr(code);
  }
  text = text.drop_front();
  return "x" + llvm::utohexstr(*begin);
}

std::string vitc::nameFrom(llvm::StringRef text) {
  std::string name;
  while (!text.empty()) {
    if (!llvm::isASCII(text.front())) {
      name += takeCharacter(text);
      continue;
    }
    llvm::StringRef valid = text.take_while(isNameCharacter);
    name += valid;
    text = text.drop_front(valid.size());
    llvm::StringRef rest = text.drop_while([](char c) { return llvm::isASCII(c) && !isNameCharacter(c); });
    if (rest.size() != text.size())
      name += '_';
    text = rest;
  }
  if (name.empty())
    return "model";
  if (name[0] == '.' || name[0] == '-')
    name.insert(0, 1, '_');
  name.resize(std::min(name.size(), maximumDerivedBytes));
  return name;
}

/// The path of a directory, so that its last component is its name.
static std::string withName(llvm::StringRef directory) {
  while (directory.size() > 1 && (directory.ends_with("/") || directory.ends_with("/.")))
    directory = directory.drop_back();
  llvm::StringRef name = path::filename(directory);
  llvm::SmallString<256> real;
  if ((name.empty() || name == "." || name == "..") &&
      !llvm::sys::fs::real_path(directory.empty() ? "." : directory, real))
    return std::string(real);
  return directory.str();
}

static std::string parentOf(llvm::StringRef directory) { return withName(path::parent_path(directory)); }

/// NAME of `models--ORG--NAME`, as the hub's cache calls its directories; those of some models have no ORG.
static llvm::StringRef nameInHub(llvm::StringRef name) {
  return name.starts_with("models--") ? name.rsplit("--").second : "";
}

static bool isNumberedCheckpoint(llvm::StringRef name) {
  return name.consume_front("checkpoint-") && !name.empty() && name.size() < 20 && llvm::all_of(name, llvm::isDigit);
}

/// "PARENT-NAME", of which the end tells checkpoints apart.
static std::string joined(llvm::StringRef parent, const std::string &name) {
  return parent.take_front(maximumDerivedBytes - name.size() - 1).str() + "-" + name;
}

std::string vitc::modelNameOfDirectory(llvm::StringRef directory) {
  const std::string named = withName(directory);
  llvm::StringRef name = path::filename(named);
  if (llvm::StringRef inHub = nameInHub(name); !inHub.empty())
    return nameFrom(inHub);
  const std::string parent = parentOf(named);
  if (path::filename(parent) == "snapshots") {
    const std::string repository = parentOf(parent);
    if (llvm::StringRef inHub = nameInHub(path::filename(repository)); !inHub.empty())
      return nameFrom(inHub);
  }
  return isNumberedCheckpoint(name) ? joined(modelNameOfDirectory(parent), name.str()) : nameFrom(name);
}

std::string vitc::modelNameOfFile(llvm::StringRef file) {
  llvm::StringRef name = path::stem(file);
  if (name == "checkpoint" || isNumberedCheckpoint(name))
    return joined(modelNameOfDirectory(path::parent_path(file)), name.str());
  return nameFrom(name);
}
