//===- ModuleWeights.cpp - packed weights, each once in a module --------------===//

#include "ModuleWeights.h"

using namespace mlir;
using namespace vitc;

unsigned ModuleWeights::Equal::getHashValue(const Operation *op) {
  return OperationEquivalence::computeHash(const_cast<Operation *>(op), OperationEquivalence::directHashValue,
                                           OperationEquivalence::ignoreHashValue,
                                           OperationEquivalence::IgnoreLocations);
}

bool ModuleWeights::Equal::isEqual(const Operation *lhs, const Operation *rhs) {
  if (lhs == rhs)
    return true;
  if (lhs == getTombstoneKey() || lhs == getEmptyKey() || rhs == getTombstoneKey() || rhs == getEmptyKey())
    return false;
  return OperationEquivalence::isEquivalentTo(const_cast<Operation *>(lhs), const_cast<Operation *>(rhs),
                                              OperationEquivalence::IgnoreLocations);
}

void ModuleWeights::start() {
  if (weights)
    return;
  OpBuilder atStart = OpBuilder::atBlockBegin(module.getBody());
  weights = atStart.create<kernel::WeightsOp>(module.getLoc(), "weights", IntegerAttr());
  SymbolTable(module).insert(weights);
  builder.setInsertionPointToEnd(&weights.getBody().emplaceBlock());
  symbols.emplace(weights);
}

Operation *ModuleWeights::intern(Operation *op) {
  auto [equal, isNew] = known.insert(op);
  if (!isNew)
    op->erase();
  return *equal;
}

void ModuleWeights::clone(Operation *op, IRMapping &mapping) {
  start();
  mapping.map(op->getResults(), intern(builder.clone(*op, mapping))->getResults());
}

/// The first tensor of a checkpoint that an expression reads, in the order of its operands.
static vit::WeightOp firstTensor(Value expression, llvm::SmallPtrSetImpl<Operation *> &seen) {
  Operation *op = expression.getDefiningOp();
  if (!seen.insert(op).second)
    return nullptr;
  if (auto tensor = dyn_cast<vit::WeightOp>(op))
    return tensor;
  for (Value operand : op->getOperands())
    if (vit::WeightOp tensor = firstTensor(operand, seen))
      return tensor;
  return nullptr;
}

std::string ModuleWeights::nameFor(Value source) const {
  llvm::SmallPtrSet<Operation *, 16> seen;
  vit::WeightOp tensor = firstTensor(source, seen);
  return tensor ? tensor.getTensor().str() : "constant";
}

Value ModuleWeights::pack(OpBuilder &user, Value source, MemRefType buffer, kernel::PanelsAttr panels,
                          IntegerAttr group) {
  SmallVector<kernel::PackOp, 1> &same = packs[source];
  auto *found = llvm::find_if(same, [&](kernel::PackOp pack) {
    return pack.getBuffer() == buffer && pack.getPanelsAttr() == panels && pack.getGroupAttr() == group;
  });
  kernel::PackOp pack;
  if (found != same.end()) {
    pack = *found;
  } else {
    pack = builder.create<kernel::PackOp>(source.getLoc(), builder.getStringAttr(nameFor(source)), source, panels,
                                          group, IntegerAttr(), TypeAttr::get(buffer));
    symbols->insert(pack);
    same.push_back(pack);
  }
  auto symbol = SymbolRefAttr::get(weights.getSymNameAttr(), {FlatSymbolRefAttr::get(pack.getSymNameAttr())});
  return user.create<kernel::WeightOp>(source.getLoc(), buffer, symbol);
}
