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
    - Ops come in three files: `VitOps.td` (primitive ops, what an importer emits), `VitWeightOps.td` (weights as
      handles into a file, and what is done to them once, at compile time), `VitFusedOps.td` (what fusion makes).
  }];
  let useDefaultAttributePrinterParser = 1;
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

class Vit_Op<string mnemonic, list<Trait> traits = []> : Op<Vit_Dialect, mnemonic, traits>;

/// A tensor of one image or of weights: static shape, floating-point elements of any width.
def Vit_Tensor : StaticShapeTensorOf<[AnyFloat]>;

#endif // VITC_DIALECT_VIT_IR_VITDIALECT_TD
