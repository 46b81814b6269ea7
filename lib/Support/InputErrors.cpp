//===- InputErrors.cpp - one-line errors about input files ------*- C++ -*-===//

#include "vitc/Support/InputErrors.h"

#include "vitc/Support/Json.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"

using namespace vitc;

/// The bytes of the character that a text starts with; 0 if it is none of UTF-8.
static size_t characterBytes(llvm::StringRef text) {
  const auto *begin = reinterpret_cast<const llvm::UTF8 *>(text.data());
  unsigned bytes = llvm::getNumBytesForUTF8(*begin);
  return bytes <= text.size() && llvm::isLegalUTF8Sequence(begin, begin + bytes) ? bytes : 0;
}

static std::string word(llvm::StringRef file, llvm::StringRef where, const llvm::Twine &message) {
  std::string raw = file.str();
  if (!raw.empty())
    raw += ": ";
  if (!where.empty())
    raw += where.str() + ": ";
  raw += message.str();
  // What is quoted from files may be anything: it stays on one line of UTF-8.
  std::string line;
  for (llvm::StringRef rest = raw; !rest.empty();) {
    auto c = static_cast<unsigned char>(rest.front());
    size_t bytes = c < 0x20 || c == 0x7f ? 0 : characterBytes(rest);
    line += bytes ? rest.take_front(bytes).str() : "\\x" + llvm::utohexstr(c, /*LowerCase=*/true, /*Width=*/2);
    rest = rest.drop_front(std::max<size_t>(bytes, 1));
  }
  return line;
}

llvm::Error vitc::inputError(llvm::StringRef file, llvm::StringRef where, const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), "%s", word(file, where, message).c_str());
}

std::string InputErrors::placeOf(llvm::StringRef where) const {
  if (!where.starts_with("/"))
    return where.str();
  std::string about;
  llvm::StringRef inText = where;
  if (text && inText.consume_front(start))
    if (unsigned line = jsonLine(*text, inText))
      about = "line " + std::to_string(line);
  if (!node.empty())
    about += (about.empty() ? "node '" : ", node '") + node + "'";
  return where.str() + (about.empty() ? "" : " (" + about + ")");
}

bool InputErrors::ignores(llvm::StringRef pointer) {
  if (!ignoredKeys)
    return false;
  llvm::StringRef key = pointer.rsplit('/').second;
  for (const std::string &name : ignoredKeys->names)
    if (pointer == name || key == name) {
      ignoredKeys->used.insert(name);
      return true;
    }
  return false;
}

std::string InputErrors::wayOut(llvm::StringRef key) const {
  return ignoredKeys ? ("--ignore-keys=" + key + " leaves it out of account").str() : "";
}

void InputErrors::report(llvm::StringRef where, const llvm::Twine &what) {
  if (message.empty())
    message = word(file, placeOf(where), what);
}

void InputErrors::report(llvm::Error error) {
  std::string whole = llvm::toString(std::move(error));
  if (message.empty())
    message = whole;
}

llvm::Error InputErrors::take() {
  if (message.empty())
    return llvm::Error::success();
  std::string whole = std::move(message);
  message.clear();
  return llvm::createStringError(llvm::inconvertibleErrorCode(), "%s", whole.c_str());
}
