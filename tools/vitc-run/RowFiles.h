//===- RowFiles.h - numbers of many pictures, as they come ------*- C++ -*-===//

#ifndef VITC_TOOLS_VITCRUN_ROWFILES_H
#define VITC_TOOLS_VITCRUN_ROWFILES_H

#include "CommandLine.h"
#include "OutputDirectory.h"

#include "vitc/Files/Bytes.h"
#include "vitc/Files/Files.h"
#include "vitc/runtime/model_abi.h"

namespace vitc {

/// What --output or --output-dir writes of pictures: an array for each tensor with a row for each picture, and a list
/// of JSON lines that says whose row is which ({"row": 0, "path": "a.jpg"}) and which pictures have none ({"path":
/// "b.jpg", "error": "…"}), in the order of the pictures. Rows are written as they come; the files get their names at
/// the end, all or none. For --output FILE.npy the list is FILE.jsonl, in a directory it is pictures.jsonl.
class RowFiles {
public:
  explicit RowFiles(const CommandLine &line) : line(line) {}

  /// Whether `open` has been called.
  bool isOpen() const { return list.has_value(); }

  /// Makes files for the outputs of an entry point, and with --save-inputs for its input. Errors: several outputs with
  /// --output, tensors that cannot be files of one directory, a file that cannot be made.
  std::optional<HostError> open(const std::vector<vitc_tensor_info> &outputs, const vitc_tensor_info &input);

  /// Adds rows to each file: `input` (if it is wanted) and `outputs` are the bytes of as many pictures as `paths` has.
  std::optional<HostError> addRows(Bytes input, const std::vector<std::vector<uint8_t>> &outputs);

  /// Adds a line to the list: the picture has the next row, or none.
  std::optional<HostError> addPicture(const std::string &path);
  std::optional<HostError> addFailure(const std::string &path, const HostError &why);

  /// Completes the files. Without a row, there are none.
  std::optional<HostError> finish();

private:
  struct Array {
    std::string path;
    vitc_tensor_info info;
    StagedFile file;
    size_t headerBytes;
  };

  std::optional<HostError> addLine(const std::string &text);
  std::optional<HostError> addArray(const vitc_tensor_info &info, const std::string &path);
  std::string header(const Array &array) const;

  const CommandLine &line;
  /// Removed after the files in it.
  std::optional<OutputDirectory> directory;
  /// That of the input comes last.
  std::vector<Array> arrays;
  std::string listPath;
  std::optional<StagedFile> list;
  /// Lines from before the list was opened.
  std::string waiting;
  int64_t rows = 0;
};

} // namespace vitc

#endif // VITC_TOOLS_VITCRUN_ROWFILES_H
