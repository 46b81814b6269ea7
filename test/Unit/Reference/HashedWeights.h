//===- HashedWeights.h - made-up weights for any IR -------------*- C++ -*-===//

#ifndef VITC_TEST_UNIT_REFERENCE_HASHEDWEIGHTS_H
#define VITC_TEST_UNIT_REFERENCE_HASHEDWEIGHTS_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "vitc/Weights/WeightSource.h"

#include <map>

namespace vitc {

/// Has every tensor that a function names, with values in [-1, 1) that follow from name and index.
class HashedWeights : public WeightSource {
public:
  explicit HashedWeights(mlir::func::FuncOp function);

  std::vector<std::string> names() const override;
  const TensorInfo *find(llvm::StringRef name) const override;
  llvm::Error read(llvm::StringRef name, int64_t first, int64_t count, float *out) const override;

private:
  std::map<std::string, TensorInfo, std::less<>> tensors;
};

} // namespace vitc

#endif // VITC_TEST_UNIT_REFERENCE_HASHEDWEIGHTS_H
