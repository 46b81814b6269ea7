//===- InputErrors.h - one-line errors about input files --------*- C++ -*-===//

#ifndef VITC_FRONTEND_INPUTERRORS_H
#define VITC_FRONTEND_INPUTERRORS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"

#include <string>

namespace vitc {

/// An error worded "FILE: WHERE: MESSAGE" (without the parts that are empty), always on one line: control characters,
/// which may come from the input, are printed as \xNN.
llvm::Error inputError(llvm::StringRef file, llvm::StringRef where, const llvm::Twine &message);

/// Keeps the first error of a job that can go on with harmless values after a mistake, so that readers and checkers
/// need not test every single step. The owner asks for the error at the end, before it uses any result.
class InputErrors {
public:
  /// `file` stands in front of every message.
  explicit InputErrors(llvm::StringRef file) : file(file) {}

  /// Records an error, unless there is one already.
  void report(llvm::StringRef where, const llvm::Twine &message);
  /// Records an error that is complete already (it names its file), unless there is one.
  void report(llvm::Error error);

  bool any() const { return !message.empty(); }

  /// The first error, or success. Afterwards there is none.
  llvm::Error take();

private:
  std::string file;
  std::string message;
};

} // namespace vitc

#endif // VITC_FRONTEND_INPUTERRORS_H
