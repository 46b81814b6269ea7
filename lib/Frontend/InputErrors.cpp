//===- InputErrors.cpp - one-line errors about input files ------*- C++ -*-===//

#include "vitc/Frontend/InputErrors.h"

#include "llvm/ADT/StringExtras.h"

using namespace vitc;

static std::string word(llvm::StringRef file, llvm::StringRef where, const llvm::Twine &message) {
  std::string raw = file.str();
  if (!raw.empty())
    raw += ": ";
  if (!where.empty())
    raw += where.str() + ": ";
  raw += message.str();
  std::string line;
  for (unsigned char c : raw) {
    if (c < 0x20 || c == 0x7f)
      line += "\\x" + llvm::utohexstr(c, /*LowerCase=*/true, /*Width=*/2);
    else
      line += char(c);
  }
  return line;
}

llvm::Error vitc::inputError(llvm::StringRef file, llvm::StringRef where, const llvm::Twine &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), "%s", word(file, where, message).c_str());
}

void InputErrors::report(llvm::StringRef where, const llvm::Twine &text) {
  if (message.empty())
    message = word(file, where, text);
}

void InputErrors::report(llvm::Error error) {
  std::string text = llvm::toString(std::move(error));
  if (message.empty())
    message = text;
}

llvm::Error InputErrors::take() {
  if (message.empty())
    return llvm::Error::success();
  std::string text = std::move(message);
  message.clear();
  return llvm::createStringError(llvm::inconvertibleErrorCode(), "%s", text.c_str());
}
