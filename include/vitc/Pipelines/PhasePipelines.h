//===- PhasePipelines.h - the passes between phases -------------*- C++ -*-===//

#ifndef VITC_PIPELINES_PHASEPIPELINES_H
#define VITC_PIPELINES_PHASEPIPELINES_H

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassOptions.h"
#include "vitc/Pipelines/Phases.h"

namespace vitc {

/// The attribute of the module that names its phase.
constexpr llvm::StringLiteral kPhaseAttr = "vit.phase";

/// Says which phase a module is.
void setPhase(mlir::ModuleOp module, Phase phase);

struct PhasePipelineOptions : mlir::PassPipelineOptions<PhasePipelineOptions> {
  Option<bool> emitRemarks{*this, "emit-remarks", llvm::cl::desc("Emit remarks about what was decided"),
                           llvm::cl::init(false)};
  Option<bool> useWinograd{*this, "winograd", llvm::cl::desc("Use Winograd's minimal filtering where it wins"),
                           llvm::cl::init(true)};
  Option<bool> hoistProducts{*this, "hoist-products",
                             llvm::cl::desc("Compute products of pixels before their maps are enlarged"),
                             llvm::cl::init(true)};
};

/// What leads from the phase before to `phase`; nothing before `vit-fused`, which is the first phase that passes make,
/// and behind `vector`, the last. What is compiled for is said by the module (`kernel.targets`).
void buildPhasePipeline(Phase phase, mlir::OpPassManager &manager, const PhasePipelineOptions &options = {});

/// "vitc-vit-fused", "vitc-kernel-unscheduled", …: the name of the pipeline that leads to a phase of MLIR.
std::string phasePipelineName(Phase phase);

/// Makes the pipelines known by these names.
void registerPhasePipelines();

} // namespace vitc

#endif // VITC_PIPELINES_PHASEPIPELINES_H
