//===- Passes.h - passes from vit to vit ------------------------*- C++ -*-===//

#ifndef VITC_DIALECT_VIT_TRANSFORMS_PASSES_H
#define VITC_DIALECT_VIT_TRANSFORMS_PASSES_H

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include "mlir/Pass/PassOptions.h"
#include "vitc/Dialect/Vit/IR/VitDialect.h"

namespace vitc::vit {

#define GEN_PASS_DECL
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "vitc/Dialect/Vit/Transforms/Passes.h.inc"

/// Options of the pipeline `vit-fuse`.
struct FusePipelineOptions : mlir::PassPipelineOptions<FusePipelineOptions> {
  Option<bool> emitRemarks{*this, "emit-remarks", llvm::cl::desc("Emit a remark for every candidate that is refused"),
                           llvm::cl::init(false)};
  Option<bool> hoistProducts{*this, "hoist-products",
                             llvm::cl::desc("Compute products of pixels before their maps are enlarged"),
                             llvm::cl::init(true)};
};

/// From primitive to fused ops. Live dialects, before and after: func, vit.
void buildFusePipeline(mlir::OpPassManager &manager, const FusePipelineOptions &options = {});

/// Makes the passes and the pipeline known by name.
void registerVitTransforms();

} // namespace vitc::vit

#endif // VITC_DIALECT_VIT_TRANSFORMS_PASSES_H
