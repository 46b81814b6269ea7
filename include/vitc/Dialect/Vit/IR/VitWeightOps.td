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

def Vit_WeightReverseOp : Vit_InferredWeightOp<"_reverse"> {
  let summary = "One dimension in reverse order";
  let description = [{ As `numpy.flip`. 1. `dim` is a dimension of the input. }];
  let arguments = (ins Vit_Tensor:$input, I64Attr:$dim);
  let assemblyFormat = "$input `dim` $dim attr-dict `:` functional-type(operands, results)";
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

def Vit_WeightRsqrtOp : Vit_InferredWeightOp<"_rsqrt"> {
  let summary = "Reciprocal square root: how the variance of a batch norm becomes a factor";
  let description = [{ `1 / sqrt(input + epsilon)`, element by element. 1. epsilon is finite and not negative. }];
  let arguments = (ins Vit_Tensor:$input, F64Attr:$epsilon);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightStandardizeOp : Vit_InferredWeightOp<"_standardize"> {
  let summary = "Filters with mean 0 and variance 1: weight standardisation";
  let description = [{
    `(input - mean) / sqrt(variance + epsilon)`, where mean and variance (of all, not of a sample) are those of the elements under one index of
    the first dimension, a filter.

    1. input has rank 2 at least; 2. epsilon is finite and not negative.

    ```mlir
    %s = vit.weight_standardize %w {epsilon = 1.0e-08 : f64} : (tensor<64x3x7x7xf32>) -> tensor<64x3x7x7xf32>
    ```
  }];
  let arguments = (ins Vit_Tensor:$input, F64Attr:$epsilon);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightMatvecOp : Vit_InferredWeightOp<"_matvec"> {
  let summary = "Matrix times vector: how the bias of a layer norm goes through the next linear layer";
  let description = [{ Matrix `NxK`, vector `K`, result `N`. 1. matrix has rank 2, vector rank 1 with K elements. }];
  let arguments = (ins Vit_Tensor:$matrix, Vit_Tensor:$vector);
  let assemblyFormat = "$matrix `,` $vector attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightMatmulOp : Vit_InferredWeightOp<"_matmul"> {
  let summary = "Matrix times matrix: two linear layers with nothing between them as one";
  let description = [{ Left `NxM`, right `MxK`, result `NxK`. 1. both have rank 2; 2. M is the same. }];
  let arguments = (ins Vit_Tensor:$lhs, Vit_Tensor:$rhs);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightQuantizeOp : Vit_Op<"weight_quantize", [Pure, Vit_WeightExpression, Vit_InferredResult, InferTypeOpAdaptor]> {
  let summary = "Rows of a matrix as numbers of 8 bits";
  let description = [{
    Matrix `NxK`, result `NxK` of i8: `round(w / scale)` with the row's scale (`vit.weight_quantize_scale`), to the nearest, to even in the middle, from
    -127 to 127; 0 where the scale is. What `precision<int8>` of `vit.fused_linear` means, or with `pairs`
    `precision<int8_pairs>`.

    1. input has rank 2, of f32; 2. its values are finite (checked when they are computed).
  }];
  let arguments = (ins Vit_Tensor:$input, UnitAttr:$pairs);
  let results = (outs StaticShapeTensorOf<[I<8>]>:$result);
  let assemblyFormat = "$input (`pairs` $pairs^)? attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightQuantizeScaleOp : Vit_InferredWeightOp<"_quantize_scale"> {
  let summary = "What a number of 8 bits of each row is multiplied by";
  let description = [{ Matrix `NxK`, result `N`: `max(abs(w)) / 127` of every row, rounded to f32; 0 below 2^-126. With `pairs` it is
    `max(abs(w[k]), abs(w[2j] + w[2j+1])) / 127`, so that two neighbours together are no more than 128. Constraints as of `vit.weight_quantize`. }];
  let arguments = (ins Vit_Tensor:$input, UnitAttr:$pairs);
  let assemblyFormat = "$input (`pairs` $pairs^)? attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightQuantizeSumOp : Vit_InferredWeightOp<"_quantize_sum"> {
  let summary = "The sum of each row of what vit.weight_quantize makes, times its scale";
  let description = [{
    Matrix `NxK`, result `N`: what the smallest number of a row of activations, from which they are counted, is multiplied by. Constraints as of
    `vit.weight_quantize`.
  }];
  let arguments = (ins Vit_Tensor:$input, UnitAttr:$pairs);
  let assemblyFormat = "$input (`pairs` $pairs^)? attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightRoundOp : Vit_Op<"weight_round", [Pure, Vit_WeightExpression, SameOperandsAndResultShape]> {
  let summary = "Elements of a weight as bf16";
  let description = [{
    Each to the nearest number of bf16, to even in the middle; what is beyond the largest becomes infinite, NaN stays NaN. What `precision<bf16>` of
    `vit.fused_linear` means.

    ```mlir
    %b = vit.weight_round %w : (tensor<1536x384xf32>) -> tensor<1536x384xbf16>
    ```

    1. the input is of f32, the result of bf16; 2. both have one shape.
  }];
  let arguments = (ins StaticShapeTensorOf<[F32]>:$input);
  let results = (outs StaticShapeTensorOf<[BF16]>:$result);
  let assemblyFormat = "$input attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightWinogradOp : Vit_InferredWeightOp<"_winograd"> {
  let summary = "Filters of a 3x3 convolution, transformed for Winograd's minimal filtering F(m x m, 3 x 3)";
  let description = [{
    Input `OxCx3x3`, result `OxPxC`: with m = `tile`, n = m + 2 and P = n^2, row n i + j of filter o is element (i, j) of `G g G^T` for each channel's
    g. G, and where it comes from, is in `Winograd.h`.

    1. input has rank 4, its last two sizes are 3; 2. `tile` is 2 or 4.

    ```mlir
    %u = vit.weight_winograd %w tile 4 : (tensor<64x32x3x3xf32>) -> tensor<64x36x32xf32>
    ```
  }];
  let arguments = (ins Vit_Tensor:$input, I64Attr:$tile);
  let assemblyFormat = "$input `tile` $tile attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightResampleOp : Vit_InferredWeightOp<"_resample"> {
  let summary = "A table over a grid of positions, resampled to another grid";
  let description = [{
    Input `(leading + H*W + trailing) x D`, a row for each position of the grid `from` = [H, W] in row-major order, between
    rows that are kept as they are (class token and the like). Result: the same for the grid `to`. Each column is
    resampled on its own, separably; the kinds stand in `VitAttrs.td`. Evaluated in double precision; libraries that
    resample in f32 differ by that rounding. As `torch.nn.functional.interpolate` (PyTorch 2.13).

    1. input has rank 2; 2. `from` and `to` are two sizes of at least 1 each; 3. leading and trailing are at least 0, and
    the input has `leading + H*W + trailing` rows; 4. sizes of `geometric` are odd, those of `from` at least 3.

    ```mlir
    %p = vit.weight_resample bicubic %t from [14, 14] to [24, 12] {leading = 1 : i64}
       : (tensor<197x192xf32>) -> tensor<289x192xf32>
    ```
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_ResampleKindAttr:$kind, DenseI64ArrayAttr:$from, DenseI64ArrayAttr:$to,
      DefaultValuedAttr<I64Attr, "0">:$leading, DefaultValuedAttr<I64Attr, "0">:$trailing);
  let assemblyFormat = [{
    `` $kind $input `from` $from `to` $to attr-dict `:` functional-type(operands, results)
  }];
}

def Vit_WeightResampleKernelOp : Vit_InferredWeightOp<"_resample_kernel"> {
  let summary = "Filters for patches of another size, whose products with resized patches are those that they had";
  let description = [{
    Input `OxCxHxW`, result `OxC` x `to`: each filter, as a row vector, times the pseudo-inverse of the matrix that resizes patches from `HxW` to `to`
    (FlexiViT, Beyer et al. 2023; `resample_patch_embed` of timm). Resizing is separable, so the pseudo-inverse is the Kronecker product of those of both
    axes. Evaluated in double precision; timm does it in f32.

    1. input has rank 4; 2. the filters and `to` have two sizes from 1 to 256 each; 3. the kind is `bilinear` or `bicubic_antialias`, whose matrices have
    full rank.

    ```mlir
    %k = vit.weight_resample_kernel bicubic_antialias %w to [32, 32] : (tensor<192x3x16x16xf32>) -> tensor<192x3x32x32xf32>
    ```
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_ResampleKindAttr:$kind, DenseI64ArrayAttr:$to);
  let assemblyFormat = "`` $kind $input `to` $to attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightResampleTapsOp : Vit_WeightExpressionOp<"_resample_taps"> {
  let summary = "What each position of a resampled axis is made of";
  let description = [{
    Result `M x (1 + K)` for an axis of N positions (`from`) that is read at M (`to`): the first of K neighbours, then their factors. K is the number of
    neighbours that the kind needs (`getTapCount`), so that all of them are positions of the axis.

    1. `from` and `to` are from 1 to 2^20; 2. the kind is none of those for tables of positions, `geometric` and `bicubic_offset`;
    3. the result is `M x (1 + K)`.

    ```mlir
    %t = vit.weight_resample_taps bilinear from 16 to 64 : tensor<64x3xf32>
    ```
  }];
  let arguments = (ins Vit_ResampleKindAttr:$kind, I64Attr:$from, I64Attr:$to);
  let assemblyFormat = "`` $kind `from` $from `to` $to attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Vit_WeightRelativePositionBiasOp : Vit_InferredWeightOp<"_relative_position_bias"> {
  let summary = "From a table of relative positions to what is added to the scores of attention";
  let description = [{
    Table `((2H-1)(2W-1)) x heads` for the grid `window` = [H, W] of tokens; result `heads x T x T`, T = H*W:

        result[h, i, j] = table[(y_i - y_j + H - 1) * (2W - 1) + x_i - x_j + W - 1, h]

    With `class_token`, T is one more (the class token is token 0), and the table has three more rows, for scores of the
    class token to a patch, of a patch to the class token, and of the class token to itself. As
    `BeitRelativePositionBias` (transformers 5.24) and `gen_relative_position_index` (timm 1.0.31).

    1. table has rank 2; 2. `window` is two sizes of at least 1; 3. the table has (2H-1)(2W-1) rows, three more with
    `class_token`.

    ```mlir
    %b = vit.weight_relative_position_bias %t window [14, 14] {class_token} : (tensor<732x12xf32>) -> tensor<12x197x197xf32>
    ```
  }];
  let arguments = (ins Vit_Tensor:$table, DenseI64ArrayAttr:$window, UnitAttr:$class_token);
  let assemblyFormat = "$table `window` $window attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightSinusoidsOp : Vit_WeightExpressionOp<"_sinusoids"> {
  let summary = "Cosines and sines of positions times frequencies: rotary and fixed position embeddings";
  let description = [{
    Result `2 x N x F` for the N positions of `grid` (one axis or two, in row-major order): cosines, then sines, of F
    angles, as many for each axis. Number k of the f = F / axes angles of axis a at index i of that axis is

        (origin[a] + i * step[a]) * theta^(-k / f)

    Axes follow each other as in `grid`, or the other way round with `last_axis_first`. Evaluated in double precision by
    functions that give the same bits everywhere. As RoPE in transformers 5.24 (DINOv3) and timm 1.0.31, which compute it
    in f32.

    1. result has rank 3 and is `2 x N x F`; 2. `grid` has one or two sizes of at least 1, origin and step have one
    number each for each of them; 3. F is a multiple of the number of axes; 4. theta is positive and finite.

    ```mlir
    %t = vit.weight_sinusoids grid [14, 14] origin [0.0, 0.0] step [1.0, 1.0] theta 1.0e4 : tensor<2x196x32xf32>
    ```
  }];
  let arguments = (ins DenseI64ArrayAttr:$grid, DenseF64ArrayAttr:$origin, DenseF64ArrayAttr:$step, F64Attr:$theta,
      UnitAttr:$last_axis_first);
  let assemblyFormat = [{
    `grid` $grid `origin` $origin `step` $step `theta` $theta attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

#endif // VITC_DIALECT_VIT_IR_VITWEIGHTOPS_TD
