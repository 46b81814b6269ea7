//===- VitAttrs.td - enums of the vit dialect ---------------*- tablegen -*-===//

#ifndef VITC_DIALECT_VIT_IR_VITATTRS_TD
#define VITC_DIALECT_VIT_IR_VITATTRS_TD

include "mlir/IR/EnumAttr.td"
include "vitc/Dialect/Vit/IR/VitDialect.td"

/// Elementwise functions. Formulas as in PyTorch 2.13 / transformers 5.23 `ACT2FN`.
def Vit_ActivationKind : I32EnumAttr<"ActivationKind", "elementwise activation function", [
    I32EnumAttrCase<"None", 0, "none">,
    I32EnumAttrCase<"Gelu", 1, "gelu">,            // 0.5 x (1 + erf(x / sqrt 2))
    I32EnumAttrCase<"GeluTanh", 2, "gelu_tanh">,   // 0.5 x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3)))
    I32EnumAttrCase<"QuickGelu", 3, "quick_gelu">, // x sigmoid(1.702 x)
    I32EnumAttrCase<"Silu", 4, "silu">,            // x sigmoid(x)
    I32EnumAttrCase<"Relu", 5, "relu">,            // max(x, 0)
    I32EnumAttrCase<"Tanh", 6, "tanh">,
    I32EnumAttrCase<"Sigmoid", 7, "sigmoid">]> {
  let cppNamespace = "::vitc::vit";
  let genSpecializedAttr = 0;
}
def Vit_ActivationKindAttr : EnumAttr<Vit_Dialect, Vit_ActivationKind, "activation">;

#endif // VITC_DIALECT_VIT_IR_VITATTRS_TD
