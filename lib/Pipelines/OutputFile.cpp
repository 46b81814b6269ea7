//===- OutputFile.cpp - files that appear complete or not at all --------------===//

#include "OutputFile.h"

#include "vitc/Frontend/InputErrors.h"
#include "llvm/Support/FileSystem.h"

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
  Expected<sys::fs::TempFile> file = sys::fs::TempFile::create(path + ".%%%%%%.tmp");
  if (!file)
    return inputError(path, "output", Twine("cannot be created: ") + toString(file.takeError()));
  Error error = [&] {
    raw_fd_ostream os(file->FD, /*shouldClose=*/false);
    return printTo(os, path, print);
  }();
  if (error)
    return joinErrors(std::move(error), file->discard());
  if (Error renamed = file->keep(path))
    return inputError(path, "output", Twine("cannot be written: ") + toString(std::move(renamed)));
  return Error::success();
}
