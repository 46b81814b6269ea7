//===- FlaxParameters.h - Flax's tensors in our layout ----------*- C++ -*-===//

#ifndef VITC_WEIGHTS_FLAXPARAMETERS_H
#define VITC_WEIGHTS_FLAXPARAMETERS_H

#include "vitc/Weights/NpzFile.h"

#include <map>
#include <mutex>

namespace vitc {

/// The arrays of an .npz file of Flax's parameters, in the layout that descriptions and all other checkpoints have.
/// What becomes of an array follows from the end of its path and its number of dimensions only:
///
///     query, key, value /kernel   width x heads x head_dim    heads*head_dim x width
///     query, key, value /bias     heads x head_dim            heads*head_dim
///     out/kernel                  heads x head_dim x width    width x heads*head_dim
///     kernel                      in x out                    out x in
///     kernel                      height x width x in x out   out x in x height x width
///
/// Anything else is as it is. Where a path has the component `encoderblock` (big_vision's scan over layers), the first
/// dimension counts layers: each is a tensor of its own, in `encoderblock_0`, `encoderblock_1`, …
///
/// One transposed tensor at a time is kept in memory: the one that was read last.
class FlaxParameters : public WeightSource {
public:
  /// Errors: as of NpzFile; more layers in a stack than any model has; a layer that is there twice.
  static llvm::Expected<std::unique_ptr<FlaxParameters>> open(llvm::StringRef path);

  std::vector<std::string> names() const override;
  const TensorInfo *find(llvm::StringRef name) const override;
  /// The shape that the file has for a tensor, without the dimension of stacked layers; empty if there is none.
  std::vector<int64_t> shapeInFile(llvm::StringRef name) const;
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override;
  std::string fileOf(llvm::StringRef name) const override { return archive->fileOf(name); }
  std::vector<std::string> files() const override { return archive->files(); }

private:
  struct Tensor {
    TensorInfo info;
    std::vector<int64_t> shapeInFile;
    /// The array, and where in it this tensor begins.
    std::string member;
    int64_t first = 0, elements = 0;
    bool isTransposed = false;
    /// The array's positions x in x out is to be out x in x positions.
    int64_t positions = 1, in = 1, out = 1;
  };

  static Tensor present(llvm::StringRef path, std::vector<int64_t> shape);
  llvm::Error add(llvm::StringRef member, const TensorInfo &info);
  llvm::Error addTensor(const std::string &name, Tensor tensor);

  std::unique_ptr<NpzFile> archive;
  std::map<std::string, Tensor, std::less<>> tensors;
  mutable std::mutex mutex;
  mutable std::string lastName;
  mutable std::vector<float> lastValues;
};

} // namespace vitc

#endif // VITC_WEIGHTS_FLAXPARAMETERS_H
