//===- Passes.td - passes from vit to vit -------------------*- tablegen -*-===//

#ifndef VITC_DIALECT_VIT_TRANSFORMS_PASSES_TD
#define VITC_DIALECT_VIT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

#endif // VITC_DIALECT_VIT_TRANSFORMS_PASSES_TD
