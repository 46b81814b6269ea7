//===- Passes.td - passes from kernel to kernel -------------*- tablegen -*-===//

#ifndef VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_TD
#define VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // VITC_DIALECT_KERNEL_TRANSFORMS_PASSES_TD
