//===- NaiveWeights.h - expressions on weights, element by element -*- C++ -*-===//
//
// What the weights writer is compared with: every definition of the dialects written down once more, for whole tensors.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_TEST_UNIT_TARGET_NAIVEWEIGHTS_H
#define VITC_TEST_UNIT_TARGET_NAIVEWEIGHTS_H

#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Weights/WeightSource.h"

#include <map>

namespace vitc::test {

/// Weights in memory.
class WeightsInMemory : public WeightSource {
public:
  /// Adds a tensor of values between -1 and 1.
  void add(const std::string &name, std::vector<int64_t> shape);

  std::vector<std::string> names() const override;
  const TensorInfo *find(llvm::StringRef name) const override;
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override;

  const std::vector<float> &values(llvm::StringRef name) const { return tensors.at(name.str()).second; }

private:
  std::map<std::string, std::pair<TensorInfo, std::vector<float>>> tensors;
};

/// All elements of an expression, in row-major order.
std::vector<double> evaluateNaively(mlir::Value expression, const WeightsInMemory &weights);

/// The weights segment of a module.
std::vector<float> packNaively(mlir::ModuleOp kernelModule, const WeightsInMemory &weights, uint64_t segmentBytes);

} // namespace vitc::test

#endif // VITC_TEST_UNIT_TARGET_NAIVEWEIGHTS_H
