//===- KernelDialect.td - the kernel dialect ----------------*- tablegen -*-===//

#ifndef VITC_DIALECT_KERNEL_IR_KERNELDIALECT_TD
#define VITC_DIALECT_KERNEL_IR_KERNELDIALECT_TD

include "mlir/IR/OpBase.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::vitc::kernel";
  let summary = "How a vision transformer is computed: schedules as attributes, buffers as memrefs";
  let description = [{
    Destination-passing ops on statically shaped memrefs. Attributes hold the whole schedule (register tile, row partition,
    tasks), so a schedule can be read, tested and edited as text. A function of this dialect computes one image and is
    a list of steps; each step becomes one kernel function (shared by all steps of equal structure) and one
    `kernel.launch`.

    Weights are packed in panels 16 columns wide: a matrix `NxK` becomes `ceil(N/16) x K x 16`, so one panel row is one
    vector register of 64 bytes, two of 32 or four of 16. A group of columns (one head, say) is padded to whole panels.
    Rows of activations that products and norms make or read are padded to whole panels too, so that kernels store full vectors. A layout is
    always that of the memref: nothing follows from a rank.

    Discardable attributes: `kernel.output` (of an argument of a function: the caller's memory for a result), `kernel.target`
    (of a function: a `#kernel.target`, what it is scheduled for and compiled to), `kernel.targets` (of a module: an array
    of them, best first, what functions are to be compiled for) and the memory plan of a function, `kernel.arena_bytes` and
    `kernel.scratch_bytes` (`kernel-plan-memory`). A function that has one of these two is a program:

    1. it has both, multiples of 64 that are not negative, its body is one block, and it returns nothing;
    2. the body consists of ops of this dialect and `func.return`; what steps and launches read and write are
       arguments, or results of `kernel.buffer`, `kernel.weight`, `kernel.view` and `kernel.scratch`;
    3. arguments are buffers without padding (the caller's memory), and steps write only those that are outputs;
    4. every buffer has an offset, and ends within the arena;
    5. buffers that are used at the same time do not overlap; 6. weights have a place: `kernel.weights` has `bytes`;
    7. every scratch buffer fits into the scratch memory.
  }];
  let useDefaultAttributePrinterParser = 1;
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect", "::vitc::vit::VitDialect"];
}

#endif // VITC_DIALECT_KERNEL_IR_KERNELDIALECT_TD
