//===- VitOps.td - primitive ops of the vit dialect ---------*- tablegen -*-===//
//
// What the importer emits. Every op's description numbers its constraints; the verifier's messages and the tests refer
// to them. Constraints that ODS already states (types, attribute kinds) are not repeated.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DIALECT_VIT_IR_VITOPS_TD
#define VITC_DIALECT_VIT_IR_VITOPS_TD

include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "vitc/Dialect/Vit/IR/VitAttrs.td"

/// A pure op whose result type follows from its operands and attributes.
class Vit_PureOp<string mnemonic, list<Trait> traits = []>
    : Vit_Op<mnemonic, traits # [Pure, SameOperandsAndResultElementType, Vit_InferredResult, InferTypeOpAdaptor]> {
  let results = (outs Vit_Tensor:$result);
}

/// One that moves elements of any type.
class Vit_MovementOp<string mnemonic> : Vit_PureOp<mnemonic> {
  let results = (outs Vit_AnyTensor:$result);
}

/// One whose elements each come from one element of each operand: the type is inferred by that.
class Vit_ElementwiseOp<string mnemonic> : Vit_PureOp<mnemonic, [Vit_Elementwise]> {
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *, ::std::optional<::mlir::Location> location,
        Adaptor adaptor, ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return detail::inferElementwise(location, getOperationName(), adaptor.getOperands(), types);
    }
  }];
}

def Vit_Conv2dOp : Vit_PureOp<"conv2d"> {
  let summary = "2-D convolution of a channels-last map";
  let description = [{
    `result[y,x,o] = bias[o] + sum(c,i,j) input[y*sy + i*dy - top, x*sx + j*dx - left, c] * weight[o,c,i,j]`, zeros outside.
    Input `HxWxC`, weight `OxCxKHxKW` (the order of checkpoints), bias `O`, result `H'xW'xO`. `padding` is
    `[top, left, bottom, right]`. As `torch.nn.functional.conv2d` (PyTorch 2.13).

    1. input has rank 3, weight rank 4, bias (if any) rank 1 with O elements;
    2. there are two strides, two dilations and four paddings; strides, dilations and groups are at least 1, paddings at
       least 0;
    3. C of the weight times `groups` is C of the input, and `groups` divides O;
    4. the dilated kernel fits into the padded input.

    ```mlir
    %y = vit.conv2d %x, %w, %b {stride = array<i64: 16, 16>}
       : (tensor<224x224x3xf32>, tensor<192x3x16x16xf32>, tensor<192xf32>) -> tensor<14x14x192xf32>
    ```
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_Tensor:$weight, Optional<Vit_Tensor>:$bias,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride,
      DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$padding,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilation,
      DefaultValuedAttr<I64Attr, "1">:$groups);
  let assemblyFormat = "$input `,` $weight (`,` $bias^)? attr-dict `:` functional-type(operands, results)";
}

def Vit_Pool2dOp : Vit_PureOp<"pool2d"> {
  let summary = "Maximum or average of the windows of a channels-last map";
  let description = [{
    Input `HxWxC`, result `H'xW'xC`; `padding` is `[top, left, bottom, right]`. Without `ceil_mode`, windows lie within the
    padded input; with it the last one may reach beyond, if it begins within the input or the padding before it. An
    average divides by the elements of the window within the input, or within the padded one with `count_include_pad`.
    As `torch.nn.functional.max_pool2d` and `avg_pool2d` (PyTorch 2.13).

    1. input has rank 3; 2. there are two sizes, two strides and two dilations, of at least 1, and four paddings of at
    least 0; 3. no padding is larger than half of the window; 4. averages have no dilation, maxima no
    `count_include_pad`; 5. the dilated window fits into the padded input.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_PoolKindAttr:$kind, DenseI64ArrayAttr:$window,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride,
      DefaultValuedAttr<DenseI64ArrayAttr, "{0, 0, 0, 0}">:$padding,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilation, UnitAttr:$ceil_mode, UnitAttr:$count_include_pad);
  let assemblyFormat = "`` $kind $input `window` $window attr-dict `:` functional-type(operands, results)";
}

def Vit_Resize2dOp : Vit_PureOp<"resize2d"> {
  let summary = "A channels-last map at another size";
  let description = [{
    Input `HxWxC`, result `H'xW'xC` for `size` = `[H', W']`, each axis on its own; the kinds stand in `VitAttrs.td`. As
    `torch.nn.functional.interpolate` with a size (PyTorch 2.13).

    1. input has rank 3; 2. the kind is none of those for tables of positions, `geometric` and `bicubic_offset`; 3. there are two
    sizes from 1 to 2^20, as the input's are.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_ResampleKindAttr:$kind, DenseI64ArrayAttr:$size);
  let assemblyFormat = "`` $kind $input `size` $size attr-dict `:` functional-type(operands, results)";
}

def Vit_Unfold2dOp : Vit_PureOp<"unfold2d"> {
  let summary = "The windows of a channels-last map";
  let description = [{
    Input `HxWxC`, result `H'xW'xKHxKWxC`: `result[y,x,i,j,c] = input[y*sy + i*dy, x*sx + j*dx, c]` for every window that lies
    within the input. What `torch.nn.functional.unfold` (PyTorch 2.13) makes of a map that is padded already, in another order.

    1. input has rank 3; 2. there are two sizes, two strides and two dilations, of at least 1; 3. the dilated window fits into
    the input.
  }];
  let arguments = (ins Vit_Tensor:$input, DenseI64ArrayAttr:$window,
      DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$stride, DefaultValuedAttr<DenseI64ArrayAttr, "{1, 1}">:$dilation);
  let assemblyFormat = "$input `window` $window attr-dict `:` functional-type(operands, results)";
}

def Vit_BatchNormOp : Vit_PureOp<"batch_norm"> {
  let summary = "Normalisation of channels by statistics that are known";
  let description = [{
    `(x - mean) / sqrt(variance + epsilon) * weight + bias` for each channel, the last dimension C. As
    `torch.nn.BatchNorm2d` in evaluation, on channels-last maps.

    1. input has rank 1 or more; 2. mean, variance, weight and bias each have rank 1 with C elements; 3. epsilon is finite
    and not negative.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_Tensor:$mean, Vit_Tensor:$variance, Vit_Tensor:$weight, Vit_Tensor:$bias,
      F64Attr:$epsilon);
  let assemblyFormat = [{
    $input `,` $mean `,` $variance `,` $weight `,` $bias attr-dict `:` functional-type(operands, results)
  }];
}

def Vit_LinearOp : Vit_PureOp<"linear"> {
  let summary = "Linear layer: x W^T + b over the last dimension";
  let description = [{
    Input `...xK`, weight `NxK`, bias `N`, result `...xN`. As `torch.nn.Linear`.

    1. weight has rank 2, and its K is the last dimension of the input;
    2. bias (if any) has rank 1 with N elements.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_Tensor:$weight, Optional<Vit_Tensor>:$bias);
  let assemblyFormat = "$input `,` $weight (`,` $bias^)? attr-dict `:` functional-type(operands, results)";
}

def Vit_MatmulOp : Vit_PureOp<"matmul"> {
  let summary = "Batched matrix product of two activations";
  let description = [{
    `lhs` `BxMxK` times `rhs` `BxKxN` (`BxNxK` with `transpose_rhs`), result `BxMxN`; any number of equal leading dimensions.

    1. ranks are equal and at least 2; 2. leading dimensions are equal; 3. the contracted dimensions are equal.
  }];
  let arguments = (ins Vit_Tensor:$lhs, Vit_Tensor:$rhs, UnitAttr:$transpose_rhs);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Vit_LayerNormOp : Vit_PureOp<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "Layer normalisation over the last dimension";
  let description = [{
    `(x - mean) / sqrt(variance + epsilon) * weight + bias` with the biased variance, over the last dimension D. As
    `torch.nn.LayerNorm`. Weight and bias are both given or both left out (then only the normalisation is done).
    With `rms` the mean is left alone: `x / sqrt(mean(x^2) + epsilon) * weight + bias`, `torch.nn.RMSNorm` with a bias of 0.

    1. weight and bias are both present or both absent; 2. each has rank 1 with D elements; 3. epsilon is not negative.
  }];
  let arguments = (ins Vit_Tensor:$input, Optional<Vit_Tensor>:$weight, Optional<Vit_Tensor>:$bias, F64Attr:$epsilon,
      UnitAttr:$rms);
  let assemblyFormat = "$input (`,` $weight^ `,` $bias)? attr-dict `:` functional-type(operands, results)";
}

def Vit_SoftmaxOp : Vit_PureOp<"softmax"> {
  let summary = "Softmax over the last dimension";
  let description = [{ `exp(x - max) / sum(exp(x - max))` over the last dimension; the input has rank 1 or more (constraint 1).
    A row with a NaN, or with -inf alone (a token that may attend to nothing), is NaN, as `torch.softmax` has it. }];
  let arguments = (ins Vit_Tensor:$input);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def Vit_ActivationOp : Vit_ElementwiseOp<"activation"> {
  let summary = "Elementwise activation function";
  let description = [{ Applies `kind` to every element; the formulas stand in `VitAttrs.td`. }];
  let arguments = (ins Vit_Tensor:$input, Vit_ActivationKindAttr:$kind);
  let assemblyFormat = "`` $kind $input attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

class Vit_BroadcastingOp<string mnemonic, string verb> : Vit_ElementwiseOp<mnemonic> {
  let summary = "Elementwise " # verb # " with broadcasting";
  let description = [{
    Broadcasts as NumPy does: shapes are aligned at their last dimension, and a dimension of 1 (or a missing one) is repeated.

    1. every pair of aligned dimensions is equal or one of the two is 1.
  }];
  let arguments = (ins Vit_Tensor:$lhs, Vit_Tensor:$rhs);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}
def Vit_AddOp : Vit_BroadcastingOp<"add", "addition"> {
  let hasCanonicalizer = 1;
}
def Vit_MulOp : Vit_BroadcastingOp<"mul", "multiplication">;
def Vit_SubOp : Vit_BroadcastingOp<"sub", "subtraction">;
def Vit_DivOp : Vit_BroadcastingOp<"div", "division">;

def Vit_ScaleOp : Vit_ElementwiseOp<"scale"> {
  let summary = "Multiplication by a constant";
  let arguments = (ins Vit_Tensor:$input, F64Attr:$factor);
  let assemblyFormat = "$input `by` $factor attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Vit_ReshapeOp : Vit_Op<"reshape", [Pure, SameOperandsAndResultElementType]> {
  let summary = "The same elements in row-major order under another shape";
  let description = [{ 1. both shapes have the same number of elements. }];
  let arguments = (ins Vit_AnyTensor:$input);
  let results = (outs Vit_AnyTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Vit_TransposeOp : Vit_MovementOp<"transpose"> {
  let summary = "Permutation of dimensions";
  let description = [{
    Dimension `i` of the result is dimension `permutation[i]` of the input (as `numpy.transpose`).

    1. `permutation` is a permutation of the input's dimensions.
  }];
  let arguments = (ins Vit_AnyTensor:$input, DenseI64ArrayAttr:$permutation);
  let assemblyFormat = "$input $permutation attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Vit_ConcatOp : Vit_MovementOp<"concat"> {
  let summary = "Concatenation along one dimension";
  let description = [{
    1. at least one input; 2. all have the same rank, and `dim` is one of its dimensions; 3. the other dimensions are equal;
    4. all have one element type.
  }];
  let arguments = (ins Variadic<Vit_AnyTensor>:$inputs, I64Attr:$dim);
  let assemblyFormat = "$inputs `dim` $dim attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Vit_SliceOp : Vit_MovementOp<"slice"> {
  let summary = "A contiguous range of one dimension";
  let description = [{
    Elements `[offset, offset + size)` of dimension `dim`.

    1. `dim` is a dimension of the input; 2. the range is not empty and lies within it.
  }];
  let arguments = (ins Vit_AnyTensor:$input, I64Attr:$dim, I64Attr:$offset, I64Attr:$size);
  let assemblyFormat = "$input `dim` $dim ` ` `[` $offset `,` $size `]` attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
  let hasCanonicalizer = 1;
}

def Vit_PadOp : Vit_PureOp<"pad"> {
  let summary = "A constant around a tensor";
  let description = [{
    `low[d]` elements of `value` before dimension `d` and `high[d]` behind it (as `numpy.pad`).

    1. there are as many numbers in `low` and in `high` as the input has dimensions, and none is negative.
  }];
  let arguments = (ins Vit_Tensor:$input, DenseI64ArrayAttr:$low, DenseI64ArrayAttr:$high,
      DefaultValuedAttr<F64Attr, "0.0">:$value);
  let assemblyFormat = "$input `low` $low `high` $high attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Vit_GatherOp : Vit_Op<"gather", [Pure, Vit_InferredResult, InferTypeOpAdaptor]> {
  let summary = "Elements of a dimension by their numbers";
  let description = [{
    Dimension `dim` of the input, of size N, becomes the dimensions of `indices` (as `numpy.take`): `AxNxB` by `K` is `AxKxB`. A
    negative index counts from the end; one that is not from -N to N - 1 ends the run with an error.

    1. `dim` is a dimension of the input; 2. indices are i32 or i64.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_AnyTensor:$indices, I64Attr:$dim);
  let results = (outs Vit_Tensor:$result);
  let assemblyFormat = "$input `by` $indices `dim` $dim attr-dict `:` functional-type(operands, results)";
}

def Vit_CastOp : Vit_Op<"cast", [Pure, Vit_Elementwise]> {
  let summary = "The same numbers as another element type";
  let description = [{
    Floating-point numbers become integers by truncation; what is beyond the type's range becomes its end, NaN 0 (as
    `llvm.fptosi.sat`). Integers become wider ones with their value and narrower ones with their low bits (as NumPy's
    `astype`), and f32 rounded to nearest, ties to even. Of anything, all but 0 is true; true is 1.

    1. the result has the input's shape.
  }];
  let arguments = (ins Vit_AnyTensor:$input);
  let results = (outs Vit_AnyTensor:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

/// One value for all of a dimension, which stays with size 1.
class Vit_ReductionOp<string mnemonic, string what> : Vit_PureOp<mnemonic> {
  let summary = what # " over one dimension, which stays with size 1";
  let description = [{ 1. `dim` is a dimension of the input. }];
  let arguments = (ins Vit_Tensor:$input, I64Attr:$dim);
  let assemblyFormat = "$input `dim` $dim attr-dict `:` functional-type(operands, results)";
  let extraClassDefinition = [{
    ::llvm::LogicalResult $cppClass::inferReturnTypes(::mlir::MLIRContext *, ::std::optional<::mlir::Location> location,
        Adaptor adaptor, ::llvm::SmallVectorImpl<::mlir::Type> &types) {
      return detail::inferReduction(location, getOperationName(), adaptor.getInput(), adaptor.getDim(), types);
    }
  }];
}
def Vit_ReduceMeanOp : Vit_ReductionOp<"reduce_mean", "Arithmetic mean">;
def Vit_ReduceMaxOp : Vit_ReductionOp<"reduce_max", "Maximum"> {
  let description = [{ NaN if there is one, as `torch.amax`. 1. `dim` is a dimension of the input. }];
}
def Vit_ReduceNormOp : Vit_ReductionOp<"reduce_norm", "Root of the sum of squares"> {
  let description = [{ As `torch.linalg.vector_norm` (PyTorch 2.13). 1. `dim` is a dimension of the input. }];
}

def Vit_RotaryOp : Vit_PureOp<"rotary"> {
  let summary = "Rotation of pairs of features by angles that depend on the token";
  let description = [{
    Input `...xTxD`, table `2 x N x D/2` of cosines and sines (`vit.weight_sinusoids`). The last N of the T tokens are
    rotated, the first T - N (class token, registers) stay as they are. Pair p of token T - N + n, whose features are
    (a, b), becomes

        (a cos - b sin, b cos + a sin)    with cos = table[0, n, p], sin = table[1, n, p]

    Pairs are features p and D/2 + p, or 2p and 2p + 1 with `interleaved`. As `apply_rotary_pos_emb` of DINOv3
    (transformers 5.24) and `apply_rot_embed` (timm 1.0.31).

    1. input has rank 2 or more; 2. table has rank 3 and two parts (cosines and sines); 3. N is at most T; 4. D is twice
    the table's last dimension.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_Tensor:$table, UnitAttr:$interleaved);
  let assemblyFormat = "$input `by` $table attr-dict `:` functional-type(operands, results)";
}

#endif // VITC_DIALECT_VIT_IR_VITOPS_TD
