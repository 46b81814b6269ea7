//===- KernelTarget.cpp - the target of a function ----------------------------===//

#include "vitc/Dialect/Kernel/IR/KernelTarget.h"

#include "vitc/Dialect/Kernel/IR/KernelOps.h"

using namespace mlir;
using namespace vitc;

void kernel::setTarget(func::FuncOp function, const TargetInfo &target) {
  function->setAttr(kTargetAttr, TargetAttr::get(function.getContext(), target.cpu, target.featureString()));
}

FailureOr<TargetInfo> kernel::getTarget(func::FuncOp function) {
  auto attribute = function->getAttrOfType<TargetAttr>(kTargetAttr);
  if (!attribute)
    return function.emitError("has no ") << kTargetAttr << ", expected kernel-set-target to have run";
  llvm::Expected<TargetInfo> target = TargetInfo::withFeatures(attribute.getCpu(), attribute.getFeatures());
  if (!target)
    return function.emitError("has a ") << kTargetAttr << " that is not valid: " << llvm::toString(target.takeError());
  return *target;
}
