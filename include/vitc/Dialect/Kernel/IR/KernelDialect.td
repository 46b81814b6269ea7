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
    AVX-512 register, two AVX2 registers or four SSE registers. A group of columns (one head, say) is padded to whole panels.
    Rows of activations are padded to whole panels too, so that kernels store full vectors.
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect", "::vitc::vit::VitDialect"];
}

#endif // VITC_DIALECT_KERNEL_IR_KERNELDIALECT_TD
