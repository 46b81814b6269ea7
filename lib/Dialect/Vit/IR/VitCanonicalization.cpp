//===- VitCanonicalization.cpp - folders and patterns -----------*- C++ -*-===//

#include "vitc/Dialect/Vit/IR/VitOps.h"

using namespace mlir;
using namespace vitc::vit;

OpFoldResult ActivationOp::fold(FoldAdaptor) { return getKind() == ActivationKind::None ? getInput() : OpFoldResult(); }

OpFoldResult ScaleOp::fold(FoldAdaptor) { return getFactor().isExactlyValue(1.0) ? getInput() : OpFoldResult(); }

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto inner = getInput().getDefiningOp<ReshapeOp>();
  if (!inner)
    return {};
  getInputMutable().assign(inner.getInput());
  return getResult();
}

OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (llvm::is_sorted(getPermutation()))
    return getInput();
  auto inner = getInput().getDefiningOp<TransposeOp>();
  if (!inner)
    return {};
  llvm::SmallVector<int64_t> permutation;
  for (int64_t dim : getPermutation())
    permutation.push_back(inner.getPermutation()[dim]);
  getInputMutable().assign(inner.getInput());
  setPermutation(permutation);
  return getResult();
}

OpFoldResult SliceOp::fold(FoldAdaptor) {
  if (getInput().getType() == getType())
    return getInput();
  auto inner = getInput().getDefiningOp<SliceOp>();
  if (!inner || inner.getDim() != getDim())
    return {};
  setOffset(inner.getOffset() + getOffset());
  getInputMutable().assign(inner.getInput());
  return getResult();
}
