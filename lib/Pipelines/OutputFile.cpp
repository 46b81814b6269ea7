//===- OutputFile.cpp - files that appear complete or not at all --------------===//

#include "OutputFile.h"

#include "vitc/Frontend/InputErrors.h"
#include "vitc/Target/AtomicFile.h"
#include "llvm/Support/FileSystem.h"

#include <unistd.h>

using namespace llvm;
using namespace vitc;

/// Prints, flushes, and turns the stream's error into a message that names `path`.
static Error printTo(raw_fd_ostream &os, StringRef path, function_ref<void(raw_ostream &)> print) {
  print(os);
  os.flush();
  std::error_code code = os.error();
  os.clear_error();
  if (code)
    return inputError(path, "output", Twine("cannot be written: ") + code.message());
  return Error::success();
}

Error vitc::writeOutput(StringRef path, function_ref<void(raw_ostream &)> print) {
  if (path == "-")
    return printTo(outs(), "standard output", print);
  sys::fs::file_status status;
  bool exists = !sys::fs::status(path, status) && sys::fs::exists(status);
  if (exists && !sys::fs::is_regular_file(status)) {
    std::error_code code;
    raw_fd_ostream os(path, code);
    if (code)
      return inputError(path, "output", Twine("cannot be opened: ") + code.message());
    return printTo(os, path, print);
  }
  AtomicFile file(path.str());
  if (std::error_code code = file.create(0666))
    return inputError(path, "output", Twine("cannot be created: ") + code.message());
  {
    raw_fd_ostream os(file.descriptor(), /*shouldClose=*/false);
    if (Error error = printTo(os, path, print))
      return error;
  }
  if (std::error_code code = file.commit())
    return inputError(path, "output", Twine("cannot be written: ") + code.message());
  return Error::success();
}

Error vitc::checkReplacesNoInput(StringRef output, StringRef where, ArrayRef<std::string> inputs) {
  sys::fs::file_status status;
  std::error_code code = output == "-" ? sys::fs::status(STDOUT_FILENO, status) : sys::fs::status(output, status);
  // What is not there, or no file, cannot be an input.
  if (code || !sys::fs::is_regular_file(status))
    return Error::success();
  for (const std::string &input : inputs) {
    sys::fs::UniqueID id;
    if (!sys::fs::getUniqueID(input, id) && id == status.getUniqueID())
      return inputError(output == "-" ? "standard output" : output, where,
                        "is the input '" + input + "', expected another file");
  }
  return Error::success();
}
