//===- RowFiles.cpp - numbers of many pictures, as they come --------------===//

#include "RowFiles.h"

#include "PictureText.h"
#include "Tensors.h"

#include "vitc/Files/Npy.h"

#include <limits>
#include <set>

using namespace vitc;
using nlohmann::ordered_json;

static Bytes textBytes(const std::string &text) {
  return {reinterpret_cast<const uint8_t *>(text.data()), text.size()};
}

std::string RowFiles::header(const Array &array) const {
  std::vector<int64_t> shape = shapeOf(array.info);
  // Before the number of rows is known, room is left for any.
  shape.insert(shape.begin(), array.headerBytes ? rows : std::numeric_limits<int64_t>::max());
  return npyHeader(static_cast<DType>(array.info.dtype), shape, array.headerBytes);
}

std::optional<HostError> RowFiles::addArray(const vitc_tensor_info &info, const std::string &path) {
  std::string error;
  std::optional<StagedFile> file = StagedFile::open(path, error);
  if (!file)
    return HostError{path, "", error};
  arrays.push_back({path, info, std::move(*file), 0});
  Array &array = arrays.back();
  const std::string begin = header(array);
  array.headerBytes = begin.size();
  // What has no beginning to come back to, as a pipe, is found out now.
  if (!array.file.rewriteStart({}, error) || !array.file.append(textBytes(begin), error))
    return HostError{path, "", error};
  return std::nullopt;
}

std::optional<HostError> RowFiles::open(const std::vector<vitc_tensor_info> &outputs, const vitc_tensor_info &input) {
  if (!line.output.empty() && outputs.size() != 1)
    return commandLineError("--output", "the model has " + std::to_string(outputs.size()) +
                                            " outputs, expected --output-dir, or a model that was compiled with "
                                            "--outputs=NAME");
  std::vector<vitc_tensor_info> infos = outputs;
  if (line.saveInputs)
    infos.push_back(input);
  if (std::optional<HostError> error = checkWritable(infos, line))
    return error;
  std::set<std::string> names;
  for (const vitc_tensor_info &info : infos)
    if (!names.insert(info.name).second)
      return HostError{line.model, info.name, "an input and an output of this name cannot go to one directory"};
  if (!line.outputDirectory.empty())
    directory.emplace(line.outputDirectory);
  for (const vitc_tensor_info &info : infos)
    if (std::optional<HostError> error =
            addArray(info, directory ? line.outputDirectory + "/" + info.name + ".npy" : line.output))
      return error;
  const bool hasSuffix = line.output.size() > 4 && line.output.substr(line.output.size() - 4) == ".npy";
  listPath = directory   ? line.outputDirectory + "/pictures.jsonl"
             : hasSuffix ? line.output.substr(0, line.output.size() - 4) + ".jsonl"
                         : line.output + ".jsonl";
  std::string error;
  std::optional<StagedFile> file = StagedFile::open(listPath, error);
  if (file)
    list.emplace(std::move(*file));
  if (!list || !list->append(textBytes(waiting), error))
    return HostError{listPath, "", error};
  return std::nullopt;
}

std::optional<HostError> RowFiles::addRows(Bytes input, const std::vector<std::vector<uint8_t>> &outputs) {
  std::string error;
  for (size_t i = 0; i < arrays.size(); ++i) {
    const Bytes bytes = i < outputs.size() ? Bytes{outputs[i].data(), outputs[i].size()} : input;
    if (!arrays[i].file.append(bytes, error))
      return HostError{arrays[i].path, "", error};
  }
  return std::nullopt;
}

std::optional<HostError> RowFiles::addLine(const std::string &text) {
  std::string error;
  if (!list)
    waiting += text;
  else if (!list->append(textBytes(text), error))
    return HostError{listPath, "", error};
  return std::nullopt;
}

std::optional<HostError> RowFiles::addPicture(const std::string &path) {
  return addLine(jsonLine({{"row", rows++}, {"path", path}}));
}

std::optional<HostError> RowFiles::addFailure(const std::string &path, const HostError &why) {
  const std::string where = why.where.empty() ? "" : why.where + ": ";
  return addLine(jsonLine({{"path", path}, {"error", where + why.message}}));
}

std::optional<HostError> RowFiles::finish() {
  std::string error;
  if (rows == 0)
    return std::nullopt;
  for (Array &array : arrays)
    if (!array.file.rewriteStart(textBytes(header(array)), error) || !array.file.finish(error))
      return HostError{array.path, "", error};
  if (!list->finish(error))
    return HostError{listPath, "", error};
  for (Array &array : arrays)
    if (!array.file.commit(error))
      return HostError{array.path, "", error};
  if (!list->commit(error))
    return HostError{listPath, "", error};
  if (directory)
    directory->keep();
  return std::nullopt;
}
