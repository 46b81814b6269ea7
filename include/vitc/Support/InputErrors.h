//===- InputErrors.h - one-line errors about input files --------*- C++ -*-===//

#ifndef VITC_SUPPORT_INPUTERRORS_H
#define VITC_SUPPORT_INPUTERRORS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

#include <set>
#include <string>
#include <vector>

namespace vitc {

class JsonValue;

/// An error worded "FILE: WHERE: MESSAGE" (without the parts that are empty), always on one line: control characters,
/// which may come from the input, are printed as \xNN.
llvm::Error inputError(llvm::StringRef file, llvm::StringRef where, const llvm::Twine &message);

/// Keys of configurations that the user says are without effect: unknown ones are no errors then.
struct IgnoredKeys {
  /// A member's name, wherever it is, or its JSON pointer.
  std::vector<std::string> names;
  /// Those that were of use.
  std::set<std::string> used = {};
};

/// Keeps the first error of a job that can go on with harmless values after a mistake, so that readers and checkers
/// need not test every single step. The owner asks for the error at the end, before it uses any result.
class InputErrors {
public:
  /// `file` stands in front of every message. `text` is what it holds, at the JSON pointer `start`, if that is known:
  /// the line is told beside a pointer then.
  explicit InputErrors(llvm::StringRef file, const JsonValue *text = nullptr, llvm::StringRef start = "")
      : file(file), text(text), start(start) {}

  /// What is reported from now on at a JSON pointer is about the node of this name, which stands beside it; empty:
  /// about none.
  void enterNode(llvm::StringRef name) { node = name.take_front(255).str(); }

  /// From now on keys may be left out of account: messages about unknown ones say how.
  void setIgnoredKeys(IgnoredKeys *keys) { ignoredKeys = keys; }
  /// Whether the user says so of the member at a JSON pointer.
  bool ignores(llvm::StringRef pointer);
  /// What a message about a key ends with that may be left out of account; empty: it may not.
  std::string wayOut(llvm::StringRef key) const;

  /// A JSON pointer with what is known about it: "/nodes/3/heads (line 27, node 'encoder.layer.0')". Other places as
  /// they are.
  std::string placeOf(llvm::StringRef where) const;

  /// Records an error, unless there is one already.
  void report(llvm::StringRef where, const llvm::Twine &message);
  /// Records an error that is complete already (it names its file), unless there is one.
  void report(llvm::Error error);

  bool any() const { return !message.empty(); }

  /// The first error, or success. Afterwards there is none.
  llvm::Error take();

private:
  std::string file;
  const JsonValue *text;
  std::string start, node, message;
  IgnoredKeys *ignoredKeys = nullptr;
};

} // namespace vitc

#endif // VITC_SUPPORT_INPUTERRORS_H
