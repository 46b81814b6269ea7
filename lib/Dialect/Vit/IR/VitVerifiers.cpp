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
  return emitError(aboutAttribute(op->getLoc(), "shape"))
         << "'" << op->getName() << "' op expected " << from.getNumElements()
         << " elements in the result as in the input, but got " << to.getNumElements();
}

LogicalResult ReshapeOp::verify() { return verifySameElements(*this); }
LogicalResult WeightReshapeOp::verify() { return verifySameElements(*this); }

LogicalResult CastOp::verify() {
  if (getShape(getInput()) == getShape(getResult()))
    return success();
  return emitOpError() << "expected a result of the input's shape, but got " << getType();
}

LogicalResult WeightOp::verify() {
  if (getTensor().empty())
    return emitOpError("expected a tensor name that is not empty");
  return success();
}

LogicalResult WeightResampleTapsOp::verify() {
  auto isSize = [](int64_t size) { return size >= 1 && size <= 1 << 20; };
  int64_t from = getFrom(), to = getTo();
  if (!isSize(from) || !isSize(to))
    return emitOpError() << "expected 'from' and 'to' to be from 1 to " << (1 << 20) << ", but got " << from << " and "
                         << to;
  if (!resizesMaps(getKind()))
    return emitOpError() << "expected a kind for maps, but got " << stringifyResampleKind(getKind());
  int64_t shape[] = {to, 1 + getTapCount(getKind(), from, to)};
  if (getShape(getResult()) != llvm::ArrayRef(shape))
    return emitOpError() << "expected a result of " << shape[0] << "x" << shape[1] << ", but got " << getType();
  return success();
}

LogicalResult WeightWindowMaskOp::verify() {
  WindowsAttr windows = getWindows();
  int64_t shape[] = {getByEdge() ? 4 : windows.getSequences(), 1, windows.getTokens(), windows.getTokens()};
  if (getShape(getResult()) != llvm::ArrayRef(shape))
    return emitOpError() << "expected a result of " << shape[0] << "x1x" << shape[2] << "x" << shape[3] << ", but got "
                         << getType();
  if (!getValue().isFinite())
    return emitOpError() << "expected a finite value, but got " << getValueAttr();
  return success();
}

LogicalResult WeightSinusoidsOp::verify() {
  llvm::ArrayRef<int64_t> shape = getShape(getResult()), grid = getGrid();
  if (grid.empty() || grid.size() > 2 || llvm::any_of(grid, [](int64_t size) { return size < 1 || size > 1 << 20; }))
    return emitOpError() << "expected a grid of one or two sizes from 1 to " << (1 << 20) << ", but got [" << grid
                         << "]";
  if (getOrigin().size() != grid.size() || getStep().size() != grid.size())
    return emitOpError() << "expected an origin and a step for each of " << grid.size() << " axes, but got "
                         << getOrigin().size() << " and " << getStep().size();
  int64_t positions = grid.size() == 2 ? grid[0] * grid[1] : grid[0];
  if (shape.size() != 3 || shape[0] != 2 || shape[1] != positions)
    return emitOpError() << "expected a result of cosines and sines for " << positions << " positions, but got "
                         << getType();
  if (shape[2] % int64_t(grid.size()) != 0)
    return emitOpError() << "expected as many angles for each of " << grid.size() << " axes, but got " << shape[2];
  if (!getTheta().isFinite() || !(getTheta().convertToDouble() > 0))
    return emitOpError() << "expected a positive theta, but got " << getThetaAttr();
  return success();
}
