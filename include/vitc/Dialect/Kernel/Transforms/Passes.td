//===- Passes.td - passes from kernel to kernel -------------*- tablegen -*-===//

#ifndef VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_TD
#define VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def PlanMemory : Pass<"kernel-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Give every buffer its place in the arena, every packed weight its place in the weights segment";
  let description = [{
    The packs of `kernel.weights` that a function uses are placed one after the other; the others are dropped. Then each function is planned:
    A linear layer whose residual dies with it writes its result over the residual. Then buffers are placed, the largest first,
    at the lowest offset where no buffer with an overlapping life lies. Scratch buffers start at zero: a task uses one at a time.
    The sizes are recorded on the function (`kernel.arena_bytes`, `kernel.scratch_bytes`).

    ```mlir
    %0 = kernel.buffer : memref<8x16xf32>   ==>   %0 = kernel.buffer at 512 : memref<8x16xf32>
    ```
  }];
}

def RoundOperands : Pass<"kernel-round-operands", "::mlir::func::FuncOp"> {
  let summary = "Round what is multiplied by weights of bf16, for targets that multiply numbers of bf16";
  let description = [{
    Where the function's `kernel.target` has an instruction for it, a `kernel.linear` with weights of bf16 reads the words of a `kernel.round`, made once for all readers of its input, and a
    `kernel.attention` with `precision<bf16>` keys and values in panels of bf16. Elsewhere nothing changes.

    ```mlir
    kernel.linear %x, %w into %y activation none
      ==>  kernel.round %x into %words rows_per_task 16
           kernel.linear %words, %w into %y activation none
    ```
  }];
}

def Schedule : Pass<"kernel-schedule", "::mlir::func::FuncOp"> {
  let summary = "Choose register tiles and tasks for the function's target";
  let description = [{
    Gives a schedule to every step that has none and can have one (`kernel.linear`, `kernel.patch_embedding`, `kernel.matmul`, the pixels of `kernel.conv2d`; `kernel.attention`, this one
    with its scratch buffer), by what is known of the CPU that the function's `kernel.target` names. A schedule that is there, because
    somebody wrote it, stays as it is.

    ```mlir
    kernel.linear %x, %w into %y activation none
      ==>  kernel.linear %x, %w into %y activation none schedule <rows <5 x 13 + 0 x 0> panels 2 tiles_per_task 5 k_block 128 k_unroll 1>
    ```
  }];
}

#endif // VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_TD
