//===- VitDialect.td - the vit dialect ----------------------*- tablegen -*-===//

#ifndef VITC_DIALECT_VIT_IR_VITDIALECT_TD
#define VITC_DIALECT_VIT_IR_VITDIALECT_TD

include "mlir/IR/OpBase.td"

def Vit_Dialect : Dialect {
  let name = "vit";
  let cppNamespace = "::vitc::vit";
  let summary = "What a vision transformer computes, on tensors of one image";
  let description = [{
    Value semantics on statically shaped tensors, with names that a ViT person knows.

    - There is no batch dimension: a function describes one image, and the batch is a dimension of the run time
      (every image of a batch runs the same code, so its result cannot depend on its place in the batch).
    - Images enter as `CxHxW` (what models are fed with); inside, feature maps are channels-last, `HxWxC`, and
      token sequences are `TxD`.
    - Ops come in four files: `VitOps.td` (primitive ops, what the importer emits), `VitWeightOps.td` (weights as
      handles into a file, and what is done to them once, at compile time), `VitWindowOps.td` (both of these, for windows
      of maps), `VitFusedOps.td` (what fusion makes).
    - Every op's description numbers its constraints. One holds for all but `vit.cast` and the indices of
      `vit.gather`: operands and result have one element type.

    A module may say what its linear layers and its attention are computed with (`vit.precision` and `vit.attention`, a `#vit.precision`; f32 without it), and which nodes' products stay f32
    (`vit.keep_f32`, an array of patterns of names): `vit-set-precision` does so.

    Other discardable attributes, all strings: `vit.name` (of the module, a function, an argument or a result: the name that users know; that of a
    function is its entry point, `main` without one),
    `vit.phase` (of the module: the phase of the compilation that it is, `vitc --emit`),
    `vit.not_fused` (of an op: why a fusion pass left it as it is; `vit-verify-fused` wants one or the other).
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::func::FuncDialect"];
  let hasOperationAttrVerify = 1;
  let hasRegionArgAttrVerify = 1;
  let hasRegionResultAttrVerify = 1;
  let extraClassDeclaration = [{
    void registerAttributes();
  }];
}

class Vit_Op<string mnemonic, list<Trait> traits = []> : Op<Vit_Dialect, mnemonic, traits>;

/// The constraints that an op numbers, and its result's type, are checked by running its type inference: one message,
/// with the op's name, instead of the two that InferTypeOpInterface gives. It stands before that interface.
def Vit_InferredResult : NativeOpTrait<"InferredResult"> {
  let cppNamespace = "::vitc::vit";
}

/// Each element of the result is made of one element of each operand, which broadcast as NumPy has it: shapes are aligned
/// at their last dimension, and a dimension of 1 (or a missing one) is repeated.
def Vit_Elementwise : NativeOpTrait<"Elementwise"> {
  let cppNamespace = "::vitc::vit";
}

/// Operands are results of ops with this trait, so that the result is known at compile time (constraint 0).
def Vit_WeightExpression : NativeOpTrait<"WeightExpression"> {
  let cppNamespace = "::vitc::vit";
}

/// A tensor of one image or of weights: static shape, floating-point elements of any width.
def Vit_Tensor : StaticShapeTensorOf<[AnyFloat]>;

/// One of anything that an input can be: i32 and i64 with a sign, ui8, i1 as bool. What moves elements takes it; what
/// computes takes floating-point numbers, which `vit.cast` makes.
def Vit_AnyTensor : StaticShapeTensorOf<[AnyFloat, I<32>, I<64>, UI<8>, I<1>]>;

#endif // VITC_DIALECT_VIT_IR_VITDIALECT_TD
