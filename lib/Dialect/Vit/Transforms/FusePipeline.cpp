//===- FusePipeline.cpp - the order of the fusion passes --------*- C++ -*-===//

#include "mlir/Pass/PassManager.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"
#include "vitc/Dialect/Vit/Transforms/Passes.h"

using namespace mlir;
using namespace vitc;

// Live dialects before and after every pass: func, vit.
void vit::buildFusePipeline(OpPassManager &manager, const FusePipelineOptions &options) {
  bool emitRemarks = options.emitRemarks;
  OpPassManager &functions = manager.nest<func::FuncOp>();

  // Patterns look for one spelling: identities gone, equal slices and weights merged.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());

  // Before anything looks for neighbours, between which transpositions would stand.
  functions.addPass(createSinkTranspose());

  // Before all fusion, since it moves primitive ops only. It leaves equal slices of what has several users, and slices
  // of weights that can be merged.
  functions.addPass(createHoistSlice({emitRemarks}));
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());

  // Before anything takes a convolution, whose weights it changes.
  functions.addPass(createFoldBatchNorm({emitRemarks}));

  // Behind what folds batch norms into the products that it takes apart, before those become linear layers.
  if (options.hoistProducts)
    functions.addPass(createHoistProduct({emitRemarks}));
  functions.addPass(createFusePatchEmbedding({emitRemarks}));

  // Of convolutions, what are no patches. Before all that looks for linear layers.
  functions.addPass(createFuseConvolution({emitRemarks}));

  // Behind those, which make linear layers of convolutions of one pixel; before anything takes one.
  functions.addPass(createJoinLinear());
  functions.addPass(createFuseResize());

  // Before the linear layers after a norm become fused ops. Before attention in particular, whose projections join
  // weights that are folded already.
  functions.addPass(createFoldLayerNorm({emitRemarks}));

  // Before vit-fuse-mlp, which takes every linear layer that is left.
  functions.addPass(createFuseAttention({emitRemarks}));
  functions.addPass(createFuseMlp({emitRemarks}));

  // Reshapes around fused ops cancel out; sums of biases that are weights become weights.
  functions.addPass(createCanonicalizerPass());
  functions.addPass(createCSEPass());

  // Behind everything that makes products.
  functions.addPass(createSetPrecision({emitRemarks}));
  functions.addPass(createVerifyFused());
}

void vit::registerVitTransforms() {
  registerVitPasses();
  PassPipelineRegistration<FusePipelineOptions>(
      "vit-fuse", "From primitive to fused ops",
      [](OpPassManager &manager, const FusePipelineOptions &options) { buildFusePipeline(manager, options); });
}
