//===- FlaxParameters.cpp - Flax's tensors in our layout --------*- C++ -*-===//

#include "vitc/Weights/FlaxParameters.h"

#include "vitc/Support/InputErrors.h"
#include "llvm/ADT/STLExtras.h"

using namespace vitc;

/// More than any model has.
static constexpr int64_t maximumLayers = 4096;
static constexpr llvm::StringRef stack = "/encoderblock/";

llvm::Expected<std::unique_ptr<FlaxParameters>> FlaxParameters::open(llvm::StringRef path) {
  auto archive = NpzFile::open(path);
  if (!archive)
    return archive.takeError();
  auto result = std::make_unique<FlaxParameters>();
  result->archive = std::move(*archive);
  for (const std::string &member : result->archive->names())
    if (llvm::Error error = result->add(member, *result->archive->find(member)))
      return error;
  return result;
}

llvm::Error FlaxParameters::add(llvm::StringRef member, const TensorInfo &info) {
  const size_t at = member.find(stack);
  if (at == llvm::StringRef::npos || info.shape.empty()) {
    Tensor tensor = present(member, info.shape);
    tensor.info.dtype = info.dtype;
    tensor.member = member.str();
    if (tensor.info.shape != info.shape)
      tensor.info.original = shapeText(info.shape) + " in the file";
    return addTensor(member.str(), std::move(tensor));
  }
  const int64_t layers = info.shape.front();
  if (layers > maximumLayers)
    return inputError(archive->fileOf(member), ("tensor " + member).str(),
                      "has shape " + shapeText(info.shape) + ": at most " + llvm::Twine(maximumLayers) +
                          " layers are expected in front");
  const std::vector<int64_t> shape(info.shape.begin() + 1, info.shape.end());
  for (int64_t layer = 0; layer < layers; ++layer) {
    std::string name = member.str();
    name.insert(at + stack.size() - 1, "_" + std::to_string(layer));
    Tensor tensor = present(member, shape);
    tensor.info.dtype = info.dtype;
    tensor.info.original = shapeText(info.shape) + " in the file's tensor " + member.str();
    tensor.member = member.str();
    tensor.first = layer * tensor.elements;
    if (llvm::Error error = addTensor(name, std::move(tensor)))
      return error;
  }
  return llvm::Error::success();
}

llvm::Error FlaxParameters::addTensor(const std::string &name, Tensor tensor) {
  if (!tensors.emplace(name, std::move(tensor)).second)
    return inputError(archive->fileOf(name), "tensor " + name, "is there alone and in a stack of layers");
  return llvm::Error::success();
}

FlaxParameters::Tensor FlaxParameters::present(llvm::StringRef path, std::vector<int64_t> shape) {
  auto [module, kind] = path.rsplit('/');
  llvm::StringRef name = module.rsplit('/').second.empty() ? module : module.rsplit('/').second;
  const bool isProjection = name == "query" || name == "key" || name == "value";
  Tensor tensor;
  tensor.shapeInFile = shape;
  tensor.elements = 1;
  for (int64_t size : shape)
    tensor.elements *= size;
  if (tensor.elements == 0) {
    // Products of some dimensions need not fit 64 bits.
  } else if (kind == "bias" && isProjection && shape.size() == 2) {
    shape = {tensor.elements};
  } else if (kind == "kernel" && shape.size() >= 2 && shape.size() <= 4) {
    tensor.isTransposed = true;
    if (shape.size() == 4) {
      tensor.positions = shape[0] * shape[1];
      shape = {shape[3], shape[2], shape[0], shape[1]};
    } else if (shape.size() == 2) {
      shape = {shape[1], shape[0]};
    } else if (isProjection) {
      shape = {shape[1] * shape[2], shape[0]};
    } else if (name == "out") {
      shape = {shape[2], shape[0] * shape[1]};
    } else {
      tensor.isTransposed = false;
    }
    if (tensor.isTransposed) {
      tensor.out = shape[0];
      tensor.in = shape[1];
    }
  }
  tensor.info.shape = std::move(shape);
  return tensor;
}

std::vector<std::string> FlaxParameters::names() const {
  std::vector<std::string> names;
  names.reserve(tensors.size());
  for (const auto &[name, tensor] : tensors)
    names.push_back(name);
  return names;
}

const TensorInfo *FlaxParameters::find(llvm::StringRef name) const {
  auto found = tensors.find(std::string_view(name));
  return found == tensors.end() ? nullptr : &found->second.info;
}

std::vector<int64_t> FlaxParameters::shapeInFile(llvm::StringRef name) const {
  auto found = tensors.find(std::string_view(name));
  return found == tensors.end() ? std::vector<int64_t>() : found->second.shapeInFile;
}

llvm::Error FlaxParameters::read(llvm::StringRef name, int64_t first, int64_t count, float *out) const {
  auto found = tensors.find(std::string_view(name));
  if (found == tensors.end())
    return inputError(archive->fileOf(name), ("tensor " + name).str(), "is missing");
  const Tensor &tensor = found->second;
  if (llvm::Error error = checkRange(archive->fileOf(name), name, uint64_t(tensor.elements), first, count))
    return error;
  if (!tensor.isTransposed)
    return archive->read(tensor.member, tensor.first + first, count, out);
  const std::lock_guard<std::mutex> lock(mutex);
  if (lastName != name) {
    lastName.clear();
    std::vector<float> values(size_t(tensor.elements));
    if (llvm::Error error = archive->read(tensor.member, tensor.first, tensor.elements, values.data()))
      return error;
    lastValues.resize(values.size());
    const float *next = values.data();
    for (int64_t position = 0; position < tensor.positions; ++position)
      for (int64_t in = 0; in < tensor.in; ++in)
        for (int64_t feature = 0; feature < tensor.out; ++feature)
          lastValues[size_t((feature * tensor.in + in) * tensor.positions + position)] = *next++;
    lastName = name.str();
  }
  std::copy_n(lastValues.begin() + first, count, out);
  return llvm::Error::success();
}
