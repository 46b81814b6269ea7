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
    I32EnumAttrCase<"Sigmoid", 7, "sigmoid">,
    I32EnumAttrCase<"Relu6", 8, "relu6">,               // min(max(x, 0), 6)
    I32EnumAttrCase<"HardSigmoid", 9, "hard_sigmoid">,  // min(max(x + 3, 0), 6) / 6
    I32EnumAttrCase<"HardSwish", 10, "hard_swish">,     // x min(max(x + 3, 0), 6) / 6
    I32EnumAttrCase<"LeakyRelu", 11, "leaky_relu">,     // x, or 0.01 x where it is negative
    I32EnumAttrCase<"Softplus", 12, "softplus">,        // log(1 + e^x)
    I32EnumAttrCase<"Exp", 13, "exp">,
    I32EnumAttrCase<"Sqrt", 14, "sqrt">]> {             // NaN where it is negative
  let cppNamespace = "::vitc::vit";
  let genSpecializedAttr = 0;
}
def Vit_ActivationKindAttr : EnumAttr<Vit_Dialect, Vit_ActivationKind, "activation">;

/// What a window of a map becomes. As in PyTorch 2.13 `max_pool2d`, `avg_pool2d`.
def Vit_PoolKind : I32EnumAttr<"PoolKind", "what a window of a map becomes", [
    I32EnumAttrCase<"Max", 0, "max">,          // NaN if there is one; the padding does not count
    I32EnumAttrCase<"Average", 1, "average">]> {
  let cppNamespace = "::vitc::vit";
  let genSpecializedAttr = 0;
}
def Vit_PoolKindAttr : EnumAttr<Vit_Dialect, Vit_PoolKind, "pool_kind">;

/// How a table or map over a grid is read at another grid; per axis, from n to m positions, position i of the result is at
/// `src` of the table. Formulas as in PyTorch 2.13 `interpolate`, with align_corners=False unless told.
def Vit_ResampleKind : I32EnumAttr<"ResampleKind", "way to resample a table or map over a grid", [
    // src = max(0, (i + 1/2) n/m - 1/2), between the two neighbours
    I32EnumAttrCase<"Bilinear", 0, "bilinear">,
    // the same with align_corners=True: src = i (n-1)/(m-1)
    I32EnumAttrCase<"BilinearCorners", 1, "bilinear_corners">,
    // antialias=True: a triangle as wide as the step, normalised
    I32EnumAttrCase<"BilinearAntialias", 2, "bilinear_antialias">,
    // src = (i + 1/2) n/m - 1/2, Keys' cubic with a = -0.75 on four neighbours, those outside being the outermost
    I32EnumAttrCase<"Bicubic", 3, "bicubic">,
    // the same with scale_factor (m + 0.1)/n: src = (i + 1/2) n/(m + 0.1) - 1/2 (DINO's interpolate_offset)
    I32EnumAttrCase<"BicubicOffset", 4, "bicubic_offset">,
    // antialias=True: Keys' cubic with a = -0.5, widened by the step, normalised
    I32EnumAttrCase<"BicubicAntialias", 5, "bicubic_antialias">,
    // relative positions, as timm 1.0.31 `resize_rel_pos_bias_table`: the table's positions are in geometric
    // progression from the middle and span the result's, which lie one apart; linear between them
    I32EnumAttrCase<"Geometric", 6, "geometric">,
    // floor(i n/m), computed in f32
    I32EnumAttrCase<"Nearest", 7, "nearest">,
    // mode="nearest-exact": floor((i + 1/2) n/m), computed in f32
    I32EnumAttrCase<"NearestExact", 8, "nearest_exact">,
    // bicubic with align_corners=True
    I32EnumAttrCase<"BicubicCorners", 9, "bicubic_corners">]> {
  let cppNamespace = "::vitc::vit";
  let genSpecializedAttr = 0;
}
def Vit_ResampleKindAttr : EnumAttr<Vit_Dialect, Vit_ResampleKind, "resample">;

/// What a product is computed with. The description of `vit.fused_linear` says what each means.
def Vit_Precision : I32EnumAttr<"Precision", "what a product is computed with", [
    I32EnumAttrCase<"F32", 0, "f32">,
    I32EnumAttrCase<"Int8", 1, "int8">,
    I32EnumAttrCase<"Int8Pairs", 2, "int8_pairs">, // int8 with smaller numbers of weights, for targets whose pairs saturate
    I32EnumAttrCase<"Bf16", 3, "bf16">]> {
  let cppNamespace = "::vitc::vit";
  let genSpecializedAttr = 0;
}
def Vit_PrecisionAttr : EnumAttr<Vit_Dialect, Vit_Precision, "precision"> {
  let assemblyFormat = "`<` $value `>`";
}

def Vit_WindowsAttr : AttrDef<Vit_Dialect, "Windows"> {
  let mnemonic = "windows";
  let summary = "A map that is cut into windows, after a cyclic shift";
  let description = [{
    `#vit.windows<map [56, 56] window [7, 7] shift [3, 3]>`: a map of 56x56 pixels, padded at the bottom and right to a multiple of the window, is
    cut into windows in row-major order. Pixel (y, x) of the cut map is pixel ((y + 3) mod H', (x + 3) mod W') of the padded one of H' x W'
    (`torch.roll` by the negative shift).

    1. map and window are two sizes each, from 1 to 2^20, and shift two numbers from 0 to below the window's size.
  }];
  let parameters = (ins ArrayRefParameter<"int64_t">:$map, ArrayRefParameter<"int64_t">:$window, ArrayRefParameter<"int64_t">:$shift);
  let assemblyFormat = "`<` `map` `[` $map `]` `window` `[` $window `]` `shift` `[` $shift `]` `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Rows (axis 0) or columns (axis 1) of windows.
    int64_t getCount(unsigned axis) const { return (getMap()[axis] + getWindow()[axis] - 1) / getWindow()[axis]; }
    /// Pixels of the padded map along an axis.
    int64_t getPadded(unsigned axis) const { return getCount(axis) * getWindow()[axis]; }
    /// All windows, and the pixels of one.
    int64_t getSequences() const { return getCount(0) * getCount(1); }
    int64_t getTokens() const { return getWindow()[0] * getWindow()[1]; }
    /// Whether some windows have pixels beyond the map.
    bool isPadded() const { return getPadded(0) != getMap()[0] || getPadded(1) != getMap()[1]; }
  }];
}

#endif // VITC_DIALECT_VIT_IR_VITATTRS_TD
