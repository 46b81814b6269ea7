//===- OutputFile.cpp - files that appear complete or not at all --------------===//

#include "OutputFile.h"

#include "vitc/RuntimeHost/ModelFile.h"
#include "vitc/Support/InputErrors.h"
#include "vitc/Support/Json.h"
#include "vitc/Target/AtomicFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

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

/// Whether something has this path: also a link that leads nowhere.
static Expected<bool> isTaken(StringRef path) {
  sys::fs::file_status status;
  std::error_code code = sys::fs::status(path, status, /*follow=*/false);
  if (code == std::errc::no_such_file_or_directory)
    return false;
  if (code)
    return inputError(path, "output", Twine("cannot be created: ") + code.message());
  return true;
}

static Error takenError(StringRef path, const Twine &how) {
  return inputError(path, "output", "already exists " + how + ": say with -o which file to write");
}

Error vitc::writeNewOutput(StringRef path, function_ref<void(raw_ostream &)> print) {
  Expected<bool> taken = isTaken(path);
  if (!taken)
    return taken.takeError();
  if (!*taken)
    return writeOutput(path, print);
  std::string text;
  raw_string_ostream os(text);
  print(os);
  // Not read before it is known to be a file of that size.
  uint64_t bytes = 0;
  if (sys::fs::is_regular_file(path) && !sys::fs::file_size(path, bytes) && bytes == text.size())
    if (auto file = MemoryBuffer::getFile(path, /*IsText=*/false, /*RequiresNullTerminator=*/false,
                                          /*IsVolatile=*/true);
        file && (*file)->getBuffer() == text)
      return Error::success();
  return takenError(path, "with other contents");
}

Error vitc::checkReplacesSameModel(StringRef path, StringRef descriptionHash, StringRef weightsHash) {
  Expected<bool> taken = isTaken(path);
  if (!taken || !*taken)
    return taken.takeError();
  HostExpected<ModelFile> file = ModelFile::open(path.str());
  if (!file) {
    const HostError &error = file.error();
    return takenError(path, "and is not a model to be replaced (" + (error.where.empty() ? "" : error.where + ": ") +
                                error.message + ")");
  }
  Expected<JsonValue> manifest = parseJson(file->manifest, path);
  if (!manifest)
    return manifest.takeError();
  auto has = [](const JsonValue *value, StringRef text) {
    return value && value->asString() && *value->asString() == text;
  };
  if (!has(manifest->find("description_hash"), descriptionHash))
    return takenError(path, "and is a model of another description");
  const JsonValue *weights = manifest->find("weights");
  if (!weightsHash.empty() && !(weights && has(weights->find("hash"), weightsHash)))
    return takenError(path, "and is a model of other weights");
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
