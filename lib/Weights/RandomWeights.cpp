//===- RandomWeights.cpp - weights from a seed ------------------*- C++ -*-===//
//
// Built without contraction to fused multiply-add: the documented formula rounds the product.
//
//===----------------------------------------------------------------------===//

#include "vitc/Weights/RandomWeights.h"

#include "vitc/Support/InputErrors.h"

#include <cmath>

using namespace vitc;

static uint64_t fnv1a(llvm::StringRef text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (unsigned char byte : text)
    hash = (hash ^ byte) * 0x100000001b3;
  return hash;
}

static uint64_t splitmixFinaliser(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

RandomWeights::RandomWeights(uint64_t seed, llvm::ArrayRef<WeightRequirement> requirements) : seed(seed) {
  for (const WeightRequirement &weight : requirements) {
    Tensor tensor{{DType::F32, weight.shape}, 1, 0, 0};
    for (int64_t size : weight.shape)
      tensor.elements *= size;
    int64_t fanIn = tensor.elements / weight.shape[0];
    switch (weight.role) {
    case WeightRole::Matrix:
      tensor.halfRange = std::sqrt(3.0 / double(fanIn));
      break;
    case WeightRole::NormWeight:
      tensor.center = 1;
      tensor.halfRange = 0.2;
      break;
    case WeightRole::Bias:
    case WeightRole::NormBias:
      tensor.halfRange = 0.1;
      break;
    case WeightRole::NormVariance:
      tensor.center = 1;
      tensor.halfRange = 0.5;
      break;
    case WeightRole::Embedding:
      tensor.halfRange = 0.5;
      break;
    }
    tensors.emplace(weight.tensor, std::move(tensor));
  }
}

std::vector<std::string> RandomWeights::names() const {
  std::vector<std::string> names;
  names.reserve(tensors.size());
  for (const auto &[name, tensor] : tensors)
    names.push_back(name);
  return names;
}

const TensorInfo *RandomWeights::find(llvm::StringRef name) const {
  auto found = tensors.find(std::string_view(name));
  return found == tensors.end() ? nullptr : &found->second.info;
}

llvm::Error RandomWeights::read(llvm::StringRef name, int64_t first, int64_t count, float *out) const {
  auto found = tensors.find(std::string_view(name));
  if (found == tensors.end())
    return inputError(fileOf(name), "", "there is no tensor '" + name + "'");
  const Tensor &tensor = found->second;
  if (llvm::Error error = checkRange(fileOf(name), name, uint64_t(tensor.elements), first, count))
    return error;
  uint64_t start = fnv1a(name) + seed;
  for (int64_t k = 0; k < count; ++k) {
    uint64_t bits = splitmixFinaliser(start + uint64_t(first + k) * 0x9e3779b97f4a7c15) >> 40;
    double u = double(bits) / double(1 << 23) - 1.0;
    out[k] = float(tensor.center + tensor.halfRange * u);
  }
  return llvm::Error::success();
}
