//===- TensorParts.h - rows and transposes of tensors -----------*- C++ -*-===//

#ifndef VITC_WEIGHTS_TENSORPARTS_H
#define VITC_WEIGHTS_TENSORPARTS_H

#include "vitc/Weights/WeightSource.h"

#include <map>
#include <memory>
#include <mutex>

namespace vitc {

/// Weights of which models may also name parts, for libraries that cut or turn tensors when they load a file:
///
///     NAME[2:]    rows from 2 on, of the first dimension that is not 1    NAME[:2], NAME[2:4] likewise
///     NAME^T      a matrix transposed
///
/// A tensor whose own name is written so comes first. One transposed tensor at a time is kept in memory: the one that
/// was read last.
class TensorParts : public WeightSource {
public:
  explicit TensorParts(std::unique_ptr<WeightSource> whole) : whole(std::move(whole)) {}

  std::vector<std::string> names() const override { return whole->names(); }
  const TensorInfo *find(llvm::StringRef name) const override;
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override;
  std::string fileOf(llvm::StringRef name) const override { return whole->fileOf(wholeOf(name)); }
  std::vector<std::string> files() const override { return whole->files(); }
  llvm::StringRef wholeOf(llvm::StringRef name) const override;

private:
  struct Part {
    TensorInfo info;
    std::string tensor;
    /// Where in the tensor a part's rows begin.
    int64_t first = 0;
    bool isTransposed = false;
  };

  const Part *findPart(llvm::StringRef name) const;

  std::unique_ptr<WeightSource> whole;
  mutable std::mutex mutex;
  /// Parts that were asked for; nothing for names that are none.
  mutable std::map<std::string, std::unique_ptr<Part>, std::less<>> parts;
  mutable std::string lastName;
  mutable std::vector<float> lastValues;
};

} // namespace vitc

#endif // VITC_WEIGHTS_TENSORPARTS_H
