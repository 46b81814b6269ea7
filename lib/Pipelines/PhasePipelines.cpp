//===- PhasePipelines.cpp - the passes between phases -------------------------===//

#include "vitc/Pipelines/PhasePipelines.h"

#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "vitc/Conversion/KernelToVector/KernelToVector.h"
#include "vitc/Conversion/VitToKernel/ExplainSchedules.h"
#include "vitc/Conversion/VitToKernel/VitToKernel.h"
#include "vitc/Conversion/VitToKernel/WarnSlowSteps.h"
#include "vitc/Dialect/Kernel/Transforms/Passes.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

using namespace mlir;
using namespace vitc;

namespace {
/// The end of each pipeline: the module says which phase it is, so that it can be read back.
struct SetPhase : PassWrapper<SetPhase, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(SetPhase)
  explicit SetPhase(Phase phase) : phase(phase) {}

  StringRef getArgument() const override { return "vitc-set-phase"; }
  StringRef getDescription() const override { return "Say which phase a module is"; }
  void getDependentDialects(DialectRegistry &registry) const override { registry.insert<vit::VitDialect>(); }
  void runOnOperation() override { setPhase(getOperation(), phase); }

  Phase phase;
};
} // namespace

void vitc::setPhase(ModuleOp module, Phase phase) {
  module->setAttr(kPhaseAttr, StringAttr::get(module.getContext(), phaseName(phase)));
}

/// The passes that do the work.
static void addPasses(Phase phase, OpPassManager &manager, const PhasePipelineOptions &options) {
  switch (phase) {
  // Live dialects: func, vit (fused ops; primitive ones where nothing fuses).
  case Phase::VitFused: {
    vit::FusePipelineOptions fuse;
    fuse.emitRemarks = options.emitRemarks;
    fuse.hoistProducts = options.hoistProducts;
    vit::buildFusePipeline(manager, fuse);
    return;
  }
  // func, kernel (+ arith in kernel.map), vit (weight ops)
  case Phase::KernelUnscheduled:
    manager.addPass(createConvertVitToKernel(options.useWinograd));
    // A weight that several steps read is one operand. What is computed in vain goes, before it gets memory.
    manager.addPass(createCSEPass());
    manager.addPass(createCanonicalizerPass());
    return;
  // The same, a function for each target
  case Phase::Kernel:
    manager.addPass(kernel::createSetTarget({}));
    manager.addNestedPass<func::FuncOp>(kernel::createRoundOperands());
    manager.addNestedPass<func::FuncOp>(kernel::createSchedule());
    // Behind scheduling, which says how much scratch memory there is.
    manager.addPass(kernel::createPlanMemory());
    manager.addPass(createWarnSlowSteps());
    if (options.emitRemarks)
      manager.addPass(createExplainSchedules());
    return;
  // func, kernel (launches, weights), arith, math, memref, scf, vector; vit (weight ops)
  case Phase::Vector:
    manager.addPass(createConvertKernelToVector());
    manager.addPass(createCSEPass());
    return;
  default:
    return;
  }
}

void vitc::buildPhasePipeline(Phase phase, OpPassManager &manager, const PhasePipelineOptions &options) {
  addPasses(phase, manager, options);
  manager.addPass(std::make_unique<SetPhase>(phase));
}

std::string vitc::phasePipelineName(Phase phase) { return std::string("vitc-") + phaseName(phase); }

void vitc::registerPhasePipelines() {
  for (Phase phase : {Phase::VitFused, Phase::KernelUnscheduled, Phase::Kernel, Phase::Vector})
    PassPipelineRegistration<PhasePipelineOptions>(
        phasePipelineName(phase), std::string("To phase ") + phaseName(phase),
        [phase](OpPassManager &manager, const PhasePipelineOptions &options) {
          buildPhasePipeline(phase, manager, options);
        });
}
