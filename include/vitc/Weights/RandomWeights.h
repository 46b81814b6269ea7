//===- RandomWeights.h - weights from a seed --------------------*- C++ -*-===//

#ifndef VITC_WEIGHTS_RANDOMWEIGHTS_H
#define VITC_WEIGHTS_RANDOMWEIGHTS_H

#include "vitc/Weights/WeightRequirement.h"
#include "vitc/Weights/WeightSource.h"

#include <map>

namespace vitc {

/// Weights for a description that comes without them. Every element follows from the seed, the tensor's name and the
/// element's row-major index alone, so that other programs can make the same bits. In Python (numpy, integers modulo
/// 2^64):
///
///     h = 0xcbf29ce484222325                          # FNV-1a, 64 bits, of the name in UTF-8
///     for byte in name.encode(): h = ((h ^ byte) * 0x100000001b3) % 2**64
///     z = (h + index * 0x9e3779b97f4a7c15 + seed) % 2**64
///     z = ((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9) % 2**64    # the finaliser of splitmix64
///     z = ((z ^ (z >> 27)) * 0x94d049bb133111eb) % 2**64
///     z = z ^ (z >> 31)
///     u = (z >> 40) / 2**23 - 1                       # 24 bits, in [-1, 1), exact
///     value = numpy.float32(center + half_range * u)  # in float64, rounded once
///
/// with, by the tensor's role (`WeightRole`):
///
///     role        center  half_range
///     Matrix      0       sqrt(3 / fan_in)   variance 1 / fan_in
///     Bias        0       0.1
///     NormWeight  1       0.2                also layer scale
///     NormBias    0       0.1
///     NormVariance 1      0.5
///     Embedding   0       0.5                tokens, positions
class RandomWeights : public WeightSource {
public:
  RandomWeights(uint64_t seed, llvm::ArrayRef<WeightRequirement> requirements);

  std::vector<std::string> names() const override;
  const TensorInfo *find(llvm::StringRef name) const override;
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override;
  std::string fileOf(llvm::StringRef name) const override { return "random weights"; }

private:
  struct Tensor {
    TensorInfo info;
    int64_t elements;
    double center;
    double halfRange;
  };

  uint64_t seed;
  std::map<std::string, Tensor, std::less<>> tensors;
};

} // namespace vitc

#endif // VITC_WEIGHTS_RANDOMWEIGHTS_H
