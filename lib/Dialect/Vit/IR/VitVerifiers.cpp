//===- VitVerifiers.cpp - what type inference does not check ----*- C++ -*-===//

#include "vitc/Dialect/Vit/IR/VitOps.h"

using namespace mlir;
using namespace vitc::vit;

LogicalResult vitc::vit::detail::verifyResultType(Operation *op, Type inferred) {
  Type type = op->getResult(0).getType();
  if (type == inferred)
    return success();
  return op->emitOpError() << "expected the result's type to be " << inferred << ", but got " << type;
}

LogicalResult vitc::vit::detail::verifyOperandsAreWeights(Operation *op) {
  for (auto [index, operand] : llvm::enumerate(op->getOperands()))
    if (!isWeight(operand))
      return op->emitOpError() << "expected operand " << index << " to be the result of a weight op";
  return success();
}

/// Constraint 1 of reshapes.
static LogicalResult verifySameElements(Operation *op) {
  auto from = cast<RankedTensorType>(op->getOperand(0).getType()),
       to = cast<RankedTensorType>(op->getResult(0).getType());
  if (from.getNumElements() == to.getNumElements())
    return success();
  return op->emitOpError() << "expected " << from.getNumElements()
                           << " elements in the result as in the input, but got " << to.getNumElements();
}

LogicalResult ReshapeOp::verify() { return verifySameElements(*this); }
LogicalResult WeightReshapeOp::verify() { return verifySameElements(*this); }

LogicalResult WeightOp::verify() {
  if (getTensor().empty())
    return emitOpError("expected a tensor name that is not empty");
  return success();
}
