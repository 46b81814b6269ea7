//===- Fusion.cpp - what the fusion passes share ----------------*- C++ -*-===//

#include "Fusion.h"

#include "mlir/Interfaces/SideEffectInterfaces.h"
#include "llvm/ADT/SmallPtrSet.h"

using namespace mlir;
using namespace vitc;

void vit::refuse(Operation *op, const llvm::Twine &reason, bool emitRemark) {
  op->setAttr(notFusedAttrName, StringAttr::get(op->getContext(), reason));
  if (emitRemark)
    op->emitRemark() << "not fused: " << reason;
}

void vit::eraseDeadOps(func::FuncOp function) {
  for (Block &block : function.getBody())
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (isOpTriviallyDead(&op))
        op.erase();
}

bool vit::cutsPatches(Conv2dOp convolution) {
  llvm::ArrayRef<int64_t> kernel = getShape(convolution.getWeight()).drop_front(2);
  auto isZero = [](int64_t value) { return value == 0; };
  auto isOne = [](int64_t value) { return value == 1; };
  return convolution.getStride() == kernel && llvm::all_of(convolution.getPadding(), isZero) &&
         llvm::all_of(convolution.getDilation(), isOne) && convolution.getGroups() == 1;
}

bool vit::isPointwise(Conv2dOp conv) {
  auto isOne = [](int64_t size) { return size == 1; };
  auto isZero = [](int64_t size) { return size == 0; };
  return llvm::all_of(getShape(conv.getWeight()).drop_front(2), isOne) && llvm::all_of(conv.getPadding(), isZero) &&
         conv.getGroups() == 1;
}

bool vit::isScores(Value value) {
  Operation *op = value.getDefiningOp();
  if (!op)
    return false;
  if (auto scale = dyn_cast<ScaleOp>(op))
    return isScores(scale.getInput());
  if (isa<AddOp, MulOp>(op))
    return isScores(op->getOperand(0)) || isScores(op->getOperand(1));
  return isa<MatmulOp>(op);
}

/// Whether every element of the result is made of one element of each operand, or is one of them.
static bool worksByElement(Operation *op) {
  return op->hasTrait<vit::Elementwise>() || isa<vit::ReshapeOp, vit::TransposeOp, vit::SliceOp, vit::ConcatOp>(op);
}

vit::MatmulOp vit::findProduct(Value value) {
  // Values are met again and again where branches join.
  llvm::SmallVector<Value> open = {value};
  llvm::SmallPtrSet<Operation *, 16> seen;
  while (!open.empty()) {
    Operation *op = open.pop_back_val().getDefiningOp();
    if (!op || !seen.insert(op).second)
      continue;
    if (auto product = dyn_cast<MatmulOp>(op))
      return product;
    if (worksByElement(op))
      for (Value operand : llvm::reverse(op->getOperands()))
        open.push_back(operand);
  }
  return {};
}

/// Whether a product reads what becomes of `value` element by element.
static bool leadsToProduct(Value value) {
  llvm::SmallVector<Value> open = {value};
  llvm::SmallPtrSet<Operation *, 16> seen;
  while (!open.empty())
    for (Operation *user : open.pop_back_val().getUsers()) {
      if (isa<vit::MatmulOp>(user))
        return true;
      if (worksByElement(user) && seen.insert(user).second)
        open.push_back(user->getResult(0));
    }
  return false;
}

bool vit::isAttention(SoftmaxOp softmax) { return findProduct(softmax.getInput()) && leadsToProduct(softmax); }

std::string vit::standsBetween(Operation *op, llvm::StringRef a, llvm::StringRef b) {
  std::string name = op->getName().getStringRef().str();
  if (auto activation = dyn_cast<ActivationOp>(op))
    name += (" " + stringifyActivationKind(activation.getKind())).str();
  return ("'" + name + "' stands between " + a + " and " + b).str();
}

bool vit::keepsFeatures(Operation *op) {
  // What is padded is not a multiple of the norm's weight.
  if (auto partition = dyn_cast<vit::WindowPartitionOp>(op))
    return !partition.getWindows().isPadded();
  if (auto slice = dyn_cast<vit::SliceOp>(op))
    return int64_t(slice.getDim()) + 1 < int64_t(vit::getShape(slice.getInput()).size());
  if (auto transpose = dyn_cast<vit::TransposeOp>(op))
    return transpose.getPermutation().back() + 1 == int64_t(transpose.getPermutation().size());
  if (auto reshape = dyn_cast<vit::ReshapeOp>(op)) {
    llvm::ArrayRef<int64_t> from = vit::getShape(reshape.getInput()), to = vit::getShape(reshape.getResult());
    return !from.empty() && !to.empty() && from.back() == to.back();
  }
  return false;
}

static bool collectLinears(Value value, llvm::function_ref<bool(OpOperand &)> isLinearInput,
                           llvm::SmallVectorImpl<Operation *> &linears) {
  for (OpOperand &use : value.getUses()) {
    if (isLinearInput(use))
      linears.push_back(use.getOwner());
    else if (!vit::keepsFeatures(use.getOwner()) ||
             !collectLinears(use.getOwner()->getResult(0), isLinearInput, linears))
      return false;
  }
  return true;
}

llvm::SmallVector<Operation *> vit::findReadingLinears(LayerNormOp norm,
                                                       llvm::function_ref<bool(OpOperand &)> isLinearInput) {
  llvm::SmallVector<Operation *> linears;
  if (!collectLinears(norm.getResult(), isLinearInput, linears))
    linears.clear();
  return linears;
}

Value vit::matchFeatureFactors(MulOp op, Value input) {
  Value factors = op.getLhs() == input ? op.getRhs() : op.getLhs();
  llvm::ArrayRef<int64_t> shape = getShape(factors), inputShape = getShape(input);
  auto isOne = [](int64_t size) { return size == 1; };
  if (!isWeight(factors) || op.getType() != input.getType() || shape.empty() || inputShape.empty() ||
      shape.back() != inputShape.back() || !llvm::all_of(shape.drop_back(), isOne))
    return {};
  return factors;
}

Value vit::addToBias(OpBuilder &builder, Location loc, Value bias, Value offsets) {
  if (!bias)
    return offsets;
  if (isWeight(bias))
    return builder.create<WeightAddOp>(loc, bias, offsets);
  return builder.create<AddOp>(loc, bias, offsets);
}

Value vit::matchResidual(AddOp op, Value input) {
  Value other = op.getLhs() == input ? op.getRhs() : op.getLhs();
  return other != input && other.getType() == input.getType() ? other : Value();
}

vit::Epilogue vit::matchEpilogue(Value map) {
  Epilogue epilogue;
  epilogue.result = map;
  if (auto add = onlyUser<vit::AddOp>(map)) {
    epilogue.residual = matchResidual(add, map);
    if (epilogue.residual)
      epilogue.result = add.getResult();
  }
  if (auto op = onlyUser<vit::ActivationOp>(epilogue.result)) {
    epilogue.activation = op.getKind();
    epilogue.result = op.getResult();
  }
  return epilogue;
}
