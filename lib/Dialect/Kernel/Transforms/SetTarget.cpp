//===- SetTarget.cpp - what functions are compiled for ------------------------===//

#include "vitc/Dialect/Kernel/IR/KernelOps.h"
#include "vitc/Dialect/Kernel/IR/KernelTarget.h"
#include "vitc/Dialect/Kernel/Transforms/Passes.h"

using namespace mlir;
using namespace vitc;

namespace {
struct SetTarget : PassWrapper<SetTarget, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SetTarget)
  explicit SetTarget(std::vector<TargetInfo> targets) : given(std::move(targets)) {}

  StringRef getArgument() const override { return "kernel-set-target"; }
  StringRef getDescription() const override { return "Say what functions are compiled for; a copy for each CPU"; }
  void getDependentDialects(DialectRegistry &registry) const override { registry.insert<kernel::KernelDialect>(); }
  void runOnOperation() override;

  const std::vector<TargetInfo> given;
};
} // namespace

void SetTarget::runOnOperation() {
  std::vector<TargetInfo> targets = given;
  if (targets.empty()) {
    FailureOr<std::vector<TargetInfo>> ofModule = kernel::getTargets(getOperation());
    if (failed(ofModule))
      return signalPassFailure();
    targets = std::move(*ofModule);
  }
  SymbolTable symbols(getOperation());
  SmallVector<func::FuncOp> functions;
  for (auto function : getOperation().getOps<func::FuncOp>())
    if (!function.isDeclaration())
      functions.push_back(function);
  // The functions of a variant lie together, those of the best first.
  for (const TargetInfo &target : ArrayRef(targets).drop_front())
    for (func::FuncOp function : functions) {
      func::FuncOp copy = function.clone();
      copy.setName((function.getName() + "." + target.cpu).str());
      symbols.insert(copy, getOperation().getBody()->end());
      kernel::setTarget(copy, target);
    }
  for (func::FuncOp function : functions)
    kernel::setTarget(function, targets.front());
}

std::unique_ptr<Pass> kernel::createSetTarget(std::vector<TargetInfo> targets) {
  return std::make_unique<SetTarget>(std::move(targets));
}
