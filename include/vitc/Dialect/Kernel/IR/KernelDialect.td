//===- KernelDialect.td - the kernel dialect ----------------*- tablegen -*-===//

#ifndef VITC_DIALECT_KERNEL_IR_KERNELDIALECT_TD
#define VITC_DIALECT_KERNEL_IR_KERNELDIALECT_TD

include "mlir/IR/OpBase.td"

def Kernel_Dialect : Dialect {
  let name = "kernel";
  let cppNamespace = "::vitc::kernel";
}

#endif
