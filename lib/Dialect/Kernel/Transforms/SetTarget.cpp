//===- SetTarget.cpp - what functions are compiled for ------------------------===//

#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Dialect/Kernel/IR/KernelTarget.h"
#include "vitc/Dialect/Kernel/Transforms/Passes.h"

using namespace mlir;
using namespace vitc;

namespace {
struct SetTarget : PassWrapper<SetTarget, OperationPass<func::FuncOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SetTarget)
  explicit SetTarget(TargetInfo target) : target(std::move(target)) {}

  StringRef getArgument() const override { return "kernel-set-target"; }
  StringRef getDescription() const override { return "Say what a function is compiled for"; }
  void getDependentDialects(DialectRegistry &registry) const override { registry.insert<kernel::KernelDialect>(); }
  void runOnOperation() override { kernel::setTarget(getOperation(), target); }

  TargetInfo target;
};
} // namespace

std::unique_ptr<Pass> kernel::createSetTarget(const TargetInfo &target) { return std::make_unique<SetTarget>(target); }
