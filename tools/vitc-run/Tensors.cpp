//===- Tensors.cpp - the buffers of a run, and .npy files -----------------===//

#include "Tensors.h"

#include "OutputDirectory.h"
#include "StandardOutput.h"

#include "vitc/Files/Files.h"
#include "vitc/Files/Npy.h"
#include "vitc/Pictures/Manifest.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstring>
#include <map>
#include <new>
#include <numeric>
#include <unistd.h>

using namespace vitc;

std::vector<int64_t> vitc::shapeOf(const vitc_tensor_info &info) { return {info.shape, info.shape + info.rank}; }

HostExpected<Outputs> vitc::runModel(const LoadedModel &model, ModelInstance &instance, uint32_t entryPoint,
                                     int64_t batch, const std::vector<vitc_input_buffer> &inputs) {
  Outputs outputs{model.outputs(entryPoint), {}};
  std::vector<vitc_output_buffer> memory;
  for (const vitc_tensor_info &info : outputs.infos) {
    size_t bytes;
    if (__builtin_mul_overflow(info.bytes, static_cast<uint64_t>(batch), &bytes))
      throw std::bad_alloc();
    outputs.buffers.emplace_back(bytes);
  }
  for (std::vector<uint8_t> &buffer : outputs.buffers)
    memory.push_back({buffer.data(), buffer.size()});
  if (std::optional<HostError> error = instance.run(batch, inputs, memory, entryPoint))
    return *error;
  return outputs;
}

template <typename Number> static bool areFinite(const uint8_t *bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    Number number;
    std::memcpy(&number, bytes + i * sizeof number, sizeof number);
    if (!std::isfinite(number))
      return false;
  }
  return true;
}

std::vector<float> vitc::numbersOf(const Outputs &outputs, size_t output, size_t element) {
  const size_t bytes = outputs.infos[output].bytes;
  std::vector<float> numbers(bytes / sizeof(float));
  std::memcpy(numbers.data(), outputs.buffers[output].data() + element * bytes, bytes);
  return numbers;
}

bool vitc::isFinite(const Outputs &outputs, size_t output, size_t element) {
  const vitc_tensor_info &info = outputs.infos[output];
  const uint8_t *bytes = outputs.buffers[output].data() + element * info.bytes;
  switch (info.dtype) {
  case VITC_DTYPE_F32:
    return areFinite<float>(bytes, info.bytes / sizeof(float));
  case VITC_DTYPE_F64:
    return areFinite<double>(bytes, info.bytes / sizeof(double));
  default:
    return true;
  }
}

void FiniteCheck::check(const Outputs &outputs, size_t output, size_t batch) {
  const std::string name = outputs.infos[output].name;
  for (size_t element = 0; element < batch; ++element)
    if (!isFinite(outputs, output, element)) {
      if (warned.insert(name).second)
        printDiagnostic(HostError{line.model, "", "output '" + name + "' is not finite"}.warningLine());
      return;
    }
}

namespace {

/// Files that are read once, however many entry points look at them: one may be a pipe.
class ArrayFiles {
public:
  /// The array in a file, which lives as long as this object.
  HostExpected<const NpyArray *> read(const std::string &path);

private:
  std::map<std::string, HostExpected<NpyArray>> files;
};

HostExpected<const NpyArray *> ArrayFiles::read(const std::string &path) {
  auto known = files.find(path);
  if (known == files.end()) {
    std::string error;
    const std::optional<std::vector<uint8_t>> file = readFile(path, error);
    std::optional<NpyArray> array;
    if (file)
      array = parseNpy({file->data(), file->size()}, error);
    known =
        array ? files.emplace(path, std::move(*array)).first : files.emplace(path, HostError{path, "", error}).first;
  }
  if (!known->second)
    return known->second.error();
  return &*known->second;
}

/// The inputs that the command line names, in the order of an entry point.
class InputFiles {
public:
  using Error = std::optional<HostError>;

  InputFiles(const LoadedModel &model, uint32_t entryPoint, ArrayFiles &files)
      : files(files), infos(model.inputs(entryPoint)), optional(model.optionalInputs(entryPoint)), arrays(infos.size()),
        converted(infos.size()), paths(infos.size()) {}

  /// Reads the file of each --input, and checks that all inputs are there and have the same batch.
  Error read(const std::vector<std::string> &arguments);

  int64_t batch() const { return arrays.front()->shape.front(); }
  std::vector<vitc_input_buffer> buffers() const;

private:
  /// Reads the file of one --input.
  Error add(const std::string &argument);
  Error findInput(const std::string &argument, size_t &index, std::string &path) const;
  Error check(const vitc_tensor_info &info, const NpyArray &array, const std::string &path) const;
  /// Makes the elements those of the input's type.
  Error convert(size_t index);

  ArrayFiles &files;
  std::vector<vitc_tensor_info> infos;
  std::vector<bool> optional;
  std::vector<const NpyArray *> arrays; // nullptr: not given
  std::vector<std::optional<NpyArray>> converted;
  std::vector<std::string> paths;
};

std::optional<HostError> InputFiles::check(const vitc_tensor_info &info, const NpyArray &array,
                                           const std::string &path) const {
  const std::vector<int64_t> shape = shapeOf(info);
  if (array.shape.size() != shape.size() + 1 || !std::equal(shape.begin(), shape.end(), array.shape.begin() + 1))
    return HostError{path, "header",
                     "shape " + toString(array.shape) + ", expected Nx" + toString(shape) + " for input " + info.name};
  if (array.shape[0] < 1)
    return HostError{path, "header", "an empty batch, expected at least one element"};
  return std::nullopt;
}

std::optional<HostError> InputFiles::convert(size_t index) {
  const auto dtype = static_cast<DType>(infos[index].dtype);
  if (arrays[index]->dtype == dtype && dtype != DType::Bool)
    return std::nullopt;
  // The file may be for another input, too.
  converted[index] = *arrays[index];
  std::string error;
  if (!convertElements(*converted[index], dtype, error))
    return HostError{paths[index], "", error + " for input " + infos[index].name};
  arrays[index] = &*converted[index];
  return std::nullopt;
}

/// Which input the argument is for, and the path of its file.
std::optional<HostError> InputFiles::findInput(const std::string &argument, size_t &index, std::string &path) const {
  const size_t equals = argument.find('=');
  const std::string name = argument.substr(0, equals);
  std::string names;
  for (size_t i = 0; i < infos.size(); ++i) {
    names += (names.empty() ? "" : ", ") + std::string(infos[i].name);
    if (equals != std::string::npos && name == infos[i].name) {
      index = i;
      path = argument.substr(equals + 1);
      return path.empty() ? std::optional(commandLineError("--input", "no file name for input " + name)) : std::nullopt;
    }
  }
  if (std::count(optional.begin(), optional.end(), false) != 1)
    return commandLineError("--input", "'" + argument + "', expected NAME=FILE, where NAME is one of: " + names);
  // An equals sign may belong to the name of a file.
  if (equals != std::string::npos && access(argument.c_str(), F_OK) != 0)
    return commandLineError("--input", "'" + argument + "': the model has no input '" + name + "', expected " + names +
                                           "=FILE or a FILE that is there");
  path = argument;
  return std::nullopt;
}

std::optional<HostError> InputFiles::add(const std::string &argument) {
  size_t index = 0;
  std::string path;
  if (Error error = findInput(argument, index, path))
    return error;
  if (arrays[index])
    return commandLineError("--input", std::string("input ") + infos[index].name + " is given twice");

  HostExpected<const NpyArray *> array = files.read(path);
  if (!array)
    return array.error();
  arrays[index] = *array;
  paths[index] = path;
  if (Error error = check(infos[index], *arrays[index], path))
    return error;
  return convert(index);
}

std::optional<HostError> InputFiles::read(const std::vector<std::string> &arguments) {
  for (const std::string &argument : arguments)
    if (Error error = add(argument))
      return error;
  for (size_t i = 0; i < infos.size(); ++i) {
    if (!arrays[i] && optional[i])
      continue;
    if (!arrays[i])
      return commandLineError("--input", std::string("input ") + infos[i].name + " is missing");
    if (arrays[i]->shape[0] != batch())
      return HostError{paths[i], "header",
                       "a batch of " + std::to_string(arrays[i]->shape[0]) + ", expected " + std::to_string(batch()) +
                           " as in " + paths[0]};
  }
  return std::nullopt;
}

std::vector<vitc_input_buffer> InputFiles::buffers() const {
  std::vector<vitc_input_buffer> buffers;
  for (const NpyArray *array : arrays)
    buffers.push_back(array ? vitc_input_buffer{array->bytes.data(), array->bytes.size()} : vitc_input_buffer{});
  return buffers;
}

} // namespace

std::optional<HostError> vitc::checkWritable(const std::vector<vitc_tensor_info> &infos, const CommandLine &line) {
  for (const vitc_tensor_info &info : infos)
    if (std::strchr(info.name, '/'))
      return HostError{line.model, info.name, "the output's name cannot be the name of a file"};
  return std::nullopt;
}

std::optional<HostError> vitc::writeOutputs(const Outputs &outputs, int64_t batch, const CommandLine &line) {
  std::optional<OutputDirectory> directory;
  if (!line.outputDirectory.empty())
    directory.emplace(line.outputDirectory);
  std::vector<StagedFile> files;
  std::vector<std::string> paths;
  std::string error;
  for (size_t i = 0; i < outputs.infos.size(); ++i) {
    const vitc_tensor_info &info = outputs.infos[i];
    std::vector<int64_t> shape = shapeOf(info);
    shape.insert(shape.begin(), batch);
    const std::string header = npyHeader(static_cast<DType>(info.dtype), shape);
    if (line.output == "-") {
      std::optional<HostError> failure = print(header);
      return failure ? failure
                     : print({reinterpret_cast<const char *>(outputs.buffers[i].data()), outputs.buffers[i].size()});
    }
    paths.push_back(directory ? line.outputDirectory + "/" + info.name + ".npy" : line.output);
    std::optional<StagedFile> file =
        StagedFile::create(paths.back(),
                           {{reinterpret_cast<const uint8_t *>(header.data()), header.size()},
                            {outputs.buffers[i].data(), outputs.buffers[i].size()}},
                           error);
    if (!file)
      return HostError{paths.back(), "", error};
    files.push_back(std::move(*file));
  }
  for (size_t i = 0; i < files.size(); ++i)
    if (!files[i].commit(error))
      return HostError{paths[i], "", error};
  if (directory)
    directory->keep();
  return std::nullopt;
}

/// The inputs of one of `entryPoints`, the first that they fit.
static HostExpected<std::pair<uint32_t, InputFiles>> findInputs(const LoadedModel &model,
                                                                const std::vector<uint32_t> &entryPoints,
                                                                ArrayFiles &files, const CommandLine &line) {
  std::vector<HostError> errors;
  for (uint32_t entryPoint : entryPoints) {
    InputFiles inputs(model, entryPoint, files);
    std::optional<HostError> error = inputs.read(line.inputs);
    if (!error)
      return std::pair(entryPoint, std::move(inputs));
    errors.push_back(std::move(*error));
  }
  const std::string first = errors.front().line();
  if (std::all_of(errors.begin(), errors.end(), [&](const HostError &error) { return error.line() == first; }))
    return errors.front();
  std::string reasons;
  for (size_t i = 0; i < errors.size(); ++i)
    reasons += (i ? "; " : "") + std::string(model.entryPoints()[entryPoints[i]].name) + ": " + errors[i].message;
  return commandLineError("--input", "the arrays fit no entry point: " + reasons);
}

std::optional<HostError> vitc::runTensors(const LoadedModel &model, ModelInstance &instance,
                                          std::optional<uint32_t> wanted, const CommandLine &line) {
  std::vector<uint32_t> entryPoints(wanted ? 1 : model.entryPoints().size());
  std::iota(entryPoints.begin(), entryPoints.end(), wanted.value_or(0));
  ArrayFiles files;
  HostExpected<std::pair<uint32_t, InputFiles>> found = findInputs(model, entryPoints, files, line);
  if (!found)
    return found.error();
  const auto &[entryPoint, inputs] = *found;
  const std::vector<vitc_tensor_info> outputInfos = model.outputs(entryPoint);
  if (!line.output.empty() && outputInfos.size() != 1)
    return commandLineError("--output",
                            "the model has " + std::to_string(outputInfos.size()) + " outputs, expected --output-dir");
  if (std::optional<HostError> error = checkWritable(outputInfos, line))
    return error;
  HostExpected<Outputs> outputs = runModel(model, instance, entryPoint, inputs.batch(), inputs.buffers());
  if (!outputs)
    return outputs.error();
  if (std::optional<HostError> error = writeOutputs(*outputs, inputs.batch(), line))
    return error;
  FiniteCheck finite(line);
  for (size_t i = 0; i < outputs->infos.size(); ++i)
    finite.check(*outputs, i, static_cast<size_t>(inputs.batch()));
  return std::nullopt;
}
