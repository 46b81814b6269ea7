//===- KernelTarget.cpp - the target of a function ----------------------------===//

#include "vitc/Dialect/Kernel/IR/KernelTarget.h"

#include "vitc/Dialect/Kernel/IR/KernelOps.h"

using namespace mlir;
using namespace vitc;

static kernel::TargetAttr toAttribute(MLIRContext *context, const TargetInfo &target) {
  return kernel::TargetAttr::get(context, target.cpu, target.featureString());
}

void kernel::setTargets(ModuleOp module, ArrayRef<TargetInfo> targets) {
  SmallVector<Attribute> attributes;
  for (const TargetInfo &target : targets)
    attributes.push_back(toAttribute(module.getContext(), target));
  module->setAttr(kTargetsAttr, ArrayAttr::get(module.getContext(), attributes));
}

FailureOr<std::vector<TargetInfo>> kernel::getTargets(ModuleOp module) {
  auto attributes = module->getAttrOfType<ArrayAttr>(kTargetsAttr);
  if (!attributes)
    return module.emitError("has no ") << kTargetsAttr << ", which says what it is to be compiled for";
  std::vector<TargetInfo> targets;
  for (auto attribute : attributes.getAsRange<TargetAttr>()) {
    llvm::Expected<TargetInfo> target = TargetInfo::withFeatures(attribute.getCpu(), attribute.getFeatures());
    if (!target)
      return module.emitError("has ") << kTargetsAttr << " that are not valid: " << llvm::toString(target.takeError());
    targets.push_back(std::move(*target));
  }
  return targets;
}

void kernel::setTarget(func::FuncOp function, const TargetInfo &target) {
  function->setAttr(kTargetAttr, toAttribute(function.getContext(), target));
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
