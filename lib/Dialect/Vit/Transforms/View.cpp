//===- View.cpp - what reshapes and transpositions do -----------*- C++ -*-===//

#include "View.h"

#include "mlir/Dialect/Utils/IndexingUtils.h"
#include "vitc/Dialect/Vit/IR/VitOps.h"

using namespace mlir;
using namespace vitc::vit;

View::View(llvm::ArrayRef<int64_t> shape) : sizes(shape), strides(computeStrides(shape)) {}

bool View::apply(Operation *op) {
  if (auto reshapeOp = dyn_cast<ReshapeOp>(op))
    return reshape(getShape(reshapeOp.getResult()));
  auto transposeOp = dyn_cast<TransposeOp>(op);
  if (transposeOp)
    transpose(transposeOp.getPermutation());
  return bool(transposeOp);
}

bool View::applyInverse(Operation *op) {
  if (auto reshapeOp = dyn_cast<ReshapeOp>(op))
    return reshape(getShape(reshapeOp.getInput()));
  auto transposeOp = dyn_cast<TransposeOp>(op);
  if (transposeOp)
    transpose(invertPermutationVector(transposeOp.getPermutation()));
  return bool(transposeOp);
}

bool View::operator==(const View &other) const {
  if (sizes != other.sizes)
    return false;
  for (auto [size, stride, otherStride] : llvm::zip_equal(sizes, strides, other.strides))
    if (size != 1 && stride != otherStride)
      return false;
  return true;
}

bool View::reshape(llvm::ArrayRef<int64_t> shape) {
  // From the innermost dimension outwards: a run of old dimensions that lie behind each other without gaps is cut into
  // new dimensions. `run` is what is left of its size, and `step` the stride of what is cut next.
  llvm::SmallVector<int64_t, 4> newStrides(shape.size());
  size_t next = sizes.size();
  int64_t run = 1, step = 1;
  for (size_t dim = shape.size(); dim-- > 0;) {
    int64_t left = shape[dim];
    newStrides[dim] = step;
    bool isStarted = false;
    while (left > 1) {
      if (run == 1) {
        while (next > 0 && sizes[next - 1] == 1)
          --next;
        if (next == 0)
          return false;
        --next;
        // A new dimension that goes on from one run to the next has no single stride, unless they touch.
        if (isStarted && strides[next] != step)
          return false;
        run = sizes[next];
        step = strides[next];
      }
      if (!isStarted)
        newStrides[dim] = step;
      isStarted = true;
      if (left % run == 0) {
        left /= run;
        step *= run;
        run = 1;
      } else if (run % left == 0) {
        run /= left;
        step *= left;
        left = 1;
      } else {
        return false;
      }
    }
  }
  sizes.assign(shape.begin(), shape.end());
  strides = newStrides;
  return true;
}

void View::transpose(llvm::ArrayRef<int64_t> permutation) {
  applyPermutationToVector(sizes, permutation);
  applyPermutationToVector(strides, permutation);
}
