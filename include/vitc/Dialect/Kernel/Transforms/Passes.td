//===- Passes.td - passes from kernel to kernel -------------*- tablegen -*-===//

#ifndef VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_TD
#define VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def PlanMemory : Pass<"kernel-plan-memory", "::mlir::func::FuncOp"> {
  let summary = "Give every buffer its place in the arena, every packed weight its place in the weights segment";
  let description = [{
    A linear layer whose residual dies with it writes its result over the residual. Then buffers are placed, the largest first,
    at the lowest offset where no buffer with an overlapping life lies. Scratch buffers start at zero: a task uses one at a time.
    The sizes are recorded on the function (`kernel.arena_bytes`, `kernel.scratch_bytes`, `kernel.weights_bytes`).

    ```mlir
    %0 = kernel.buffer : memref<8x16xf32>   ==>   %0 = kernel.buffer at 512 : memref<8x16xf32>
    ```
  }];
}

#endif // VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_TD
