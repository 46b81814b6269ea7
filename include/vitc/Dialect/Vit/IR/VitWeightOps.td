//===- VitWeightOps.td - weights of the vit dialect ---------*- tablegen -*-===//
//
// Weights never appear in the IR: an op names a tensor of the weights file, and further ops record what is done to it.
// All of them are evaluated once, in double precision with one rounding, when the output file is written.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DIALECT_VIT_IR_VITWEIGHTOPS_TD
#define VITC_DIALECT_VIT_IR_VITWEIGHTOPS_TD

include "vitc/Dialect/Vit/IR/VitOps.td"

/// A pure op on weights: its operands are results of weight ops only (constraint 0).
class Vit_WeightExpressionOp<string mnemonic, list<Trait> traits = []>
    : Vit_Op<"weight" # mnemonic, traits # [Pure, Vit_WeightExpression]> {
  let results = (outs Vit_Tensor:$result);
}

/// One whose result type follows from its operands and attributes.
class Vit_InferredWeightOp<string mnemonic>
    : Vit_WeightExpressionOp<mnemonic, [SameOperandsAndResultElementType, Vit_InferredResult, InferTypeOpAdaptor]>;

def Vit_WeightOp : Vit_WeightExpressionOp<""> {
  let summary = "A tensor of the weights file";
  let description = [{
    The result's shape is the tensor's in the file; its values are converted to the result's element type
    (f16 and bf16 widen exactly).

    1. the name is not empty.

    ```mlir
    %w = vit.weight "vit.encoder.layer.0.output.dense.weight" : tensor<128x256xf32>
    ```
  }];
  let arguments = (ins StrAttr:$tensor);
  let assemblyFormat = "$tensor attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Vit_WeightFillOp : Vit_WeightExpressionOp<"_fill"> {
  let summary = "A constant tensor with one value everywhere (a missing bias, say)";
  let arguments = (ins F64Attr:$value);
  let assemblyFormat = "$value attr-dict `:` type($result)";
}

def Vit_WeightConcatOp : Vit_InferredWeightOp<"_concat"> {
  let summary = "Concatenation along one dimension";
  let description = [{ Constraints as of `vit.concat`. }];
  let arguments = (ins Variadic<Vit_Tensor>:$inputs, I64Attr:$dim);
  let assemblyFormat = "$inputs `dim` $dim attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Vit_WeightSliceOp : Vit_InferredWeightOp<"_slice"> {
  let summary = "A contiguous range of one dimension";
  let description = [{ Constraints as of `vit.slice`. }];
  let arguments = (ins Vit_Tensor:$input, I64Attr:$dim, I64Attr:$offset, I64Attr:$size);
  let assemblyFormat = "$input `dim` $dim ` ` `[` $offset `,` $size `]` attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Vit_WeightReshapeOp : Vit_WeightExpressionOp<"_reshape", [SameOperandsAndResultElementType]> {
  let summary = "The same elements under another shape";
  let description = [{ 1. both shapes have the same number of elements. }];
  let arguments = (ins Vit_Tensor:$input);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Vit_WeightTransposeOp : Vit_InferredWeightOp<"_transpose"> {
  let summary = "Permutation of dimensions";
  let description = [{ As `vit.transpose`. }];
  let arguments = (ins Vit_Tensor:$input, DenseI64ArrayAttr:$permutation);
  let assemblyFormat = "$input $permutation attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightAddOp : Vit_InferredWeightOp<"_add"> {
  let summary = "Elementwise addition with broadcasting";
  let description = [{ Constraints as of `vit.add`. }];
  let arguments = (ins Vit_Tensor:$lhs, Vit_Tensor:$rhs);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightScaleOp : Vit_InferredWeightOp<"_scale"> {
  let summary = "Multiplication by a constant";
  let arguments = (ins Vit_Tensor:$input, F64Attr:$factor);
  let assemblyFormat = "$input `by` $factor attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightScaleDimOp : Vit_InferredWeightOp<"_scale_dim"> {
  let summary = "Multiplication along one dimension by a vector";
  let description = [{
    `result[..., i, ...] = input[..., i, ...] * factors[i]` with i in dimension `dim`: how the weight of a layer norm
    (columns of the next linear layer) and layer scale (rows of the previous one) are folded.

    1. `dim` is a dimension of the input; 2. factors has rank 1 and that dimension's size.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_Tensor:$factors, I64Attr:$dim);
  let assemblyFormat = "$input `by` $factors `dim` $dim attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightMatvecOp : Vit_InferredWeightOp<"_matvec"> {
  let summary = "Matrix times vector: how the bias of a layer norm goes through the next linear layer";
  let description = [{ Matrix `NxK`, vector `K`, result `N`. 1. matrix has rank 2, vector rank 1 with K elements. }];
  let arguments = (ins Vit_Tensor:$matrix, Vit_Tensor:$vector);
  let assemblyFormat = "$matrix `,` $vector attr-dict `:` functional-type(operands, results)";
}

#endif // VITC_DIALECT_VIT_IR_VITWEIGHTOPS_TD
