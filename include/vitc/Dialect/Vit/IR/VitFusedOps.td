//===- VitFusedOps.td - fused ops of the vit dialect --------*- tablegen -*-===//
//
// Lifespan of all ops here: created by a `vit-fuse-*` pass, consumed by `convert-vit-to-kernel`, never emitted by an
// importer. Each has a schedule of its own in the kernel dialect.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DIALECT_VIT_IR_VITFUSEDOPS_TD
#define VITC_DIALECT_VIT_IR_VITFUSEDOPS_TD

include "vitc/Dialect/Vit/IR/VitWindowOps.td"

def Vit_FusedPatchEmbeddingOp : Vit_PureOp<"fused_patch_embedding"> {
  let summary = "Patches of an image to tokens, with prefix tokens and positions added";
  let description = [{
    Image `CxHxW`, weight `DxCxPHxPW`, addend `TxD`; the N = (H/PH)(W/PW) patches in row-major order are the last N of the T
    tokens, the first T - N are prefix tokens (class, distillation, registers):

        result[t, :]         = addend[t, :]                                            for t < T - N
        result[T-N+n, o]     = addend[T-N+n, o] + sum(c,i,j) image[c, y+i, x+j] * weight[o,c,i,j]

    The addend holds what is known at compile time: prefix tokens, positions, the convolution's bias. `precision` is as for `vit.fused_linear`, f32 or bf16.
    Created by `vit-fuse-patch-embedding`; consumed by `convert-vit-to-kernel`.

    1. image has rank 3, weight rank 4, addend rank 2; 2. C agrees; 3. PH divides H and PW divides W; 4. T >= N and D agrees.
  }];
  let arguments = (ins Vit_Tensor:$image, Vit_Tensor:$weight, Vit_Tensor:$addend,
      DefaultValuedAttr<Vit_PrecisionAttr, "::vitc::vit::Precision::F32">:$precision);
  let assemblyFormat = "$image `,` $weight `,` $addend (`precision` `` $precision^)? attr-dict `:` functional-type(operands, results)";
}

def Vit_FusedHeadProjectionOp : Vit_PureOp<"fused_head_projection"> {
  let summary = "Several projections of the same tokens in one product, laid out by head";
  let description = [{
    Input `TxK`, weight `(P*H*d)xK` with rows ordered part, head, feature; bias `P*H*d`; result `PxHxTxd`: for self-attention
    P = 3 (query, key, value), for cross-attention 1 and 2. The layout is the one that `vit.fused_attention` reads, so no
    transpose remains. Of S `sequences` behind each other, input `(S*T)xK`, each has H heads: the result is `Px(S*H)xTxd`. With `windows` the
    input's rows are the pixels of the map instead, row by row, and the sequences its windows; what is padded is the bias, or zero. `precision` is as for `vit.fused_linear`.
    Created by `vit-fuse-attention`; consumed by `convert-vit-to-kernel`.

    1. input and weight have rank 2 and the same K; 2. parts and num_heads are at least 1, and their product divides the
    weight's rows; 3. bias (if any) has rank 1 with as many elements as the weight has rows; 4. sequences are at least 1, and
    divide the input's rows (without windows); 5. windows (if any) are as many as the sequences, and their map has as many pixels as the input has rows.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_Tensor:$weight, Optional<Vit_Tensor>:$bias, I64Attr:$parts, I64Attr:$num_heads,
      DefaultValuedAttr<I64Attr, "1">:$sequences, OptionalAttr<Vit_WindowsAttr>:$windows,
      DefaultValuedAttr<Vit_PrecisionAttr, "::vitc::vit::Precision::F32">:$precision);
  let assemblyFormat = [{
    $input `,` $weight (`,` $bias^)? (`windows` $windows^)? (`precision` `` $precision^)? attr-dict `:` functional-type(operands, results)
  }];
}

def Vit_FusedAttentionOp : Vit_PureOp<"fused_attention", [AttrSizedOperandSegments]> {
  let summary = "Attention of all heads: softmax(scale q k^T + bias) v, heads concatenated";
  let description = [{
    `query`, `key`, `value` are `PxHxTxd` (results of `vit.fused_head_projection`, or any tensor of that shape) of which
    part number `query_part`, `key_part`, `value_part` is read. With Tq query and Tk key tokens:

        scores[h, i, j] = scale * factors[h] * sum(f) query[h, i, f] * key[h, j, f] + bias[h, i, j]
        result[i, h*dv + f] = sum(j) softmax_j(scores[h, i, :])[j] * value[h, j, f]

    The bias (relative positions, masks) broadcasts to `HxTqxTk`. Result `Tqx(H*dv)`. A row of scores that is -inf throughout
    is NaN in the result, as with `vit.softmax`. With S `sequences` (windows, say) the operands are `Px(S*H)xTxd`, each sequence attends to itself,
    the bias broadcasts to `SxHxTqxTk`, and the result is `(S*Tq)x(H*dv)`. Factors, a number for each of the H heads, are 1 without the operand.
    With `windows` the sequences are those of a map, and the rows of the result its pixels, row by row; the bias then broadcasts to `4xHxTqxTk`, for a
    window neither in the last row nor column of windows, one in the last column, in the last row, and in both.
    With `positions`, `((2H-1)+(2W-1))xd` for a `grid` = [H, W] of tokens, scores get what `vit.decomposed_positions` makes of the queries and of these rows and
    columns, one behind the other; the scale is not for that.

    With `precision<bf16>` (set by `vit-set-precision`) both products are of numbers of bf16 where the target multiplies them: query, key and value are rounded, and so is
    every `e^(scores - their maximum)` of a row, whose sum is of what they were before. Positions are not.
    Created by `vit-fuse-attention`; consumed by `convert-vit-to-kernel`.

    1. all three have rank 4 and the same heads; 2. query and key have the same d, key and value the same Tk;
    3. the part numbers lie within P of their operand; 4. bias (if any) broadcasts to the scores; 5. sequences are at least 1, and divide the heads;
    6. factors (if any) have rank 1 with an element for each of the H heads; 7. windows (if any) are as many as the sequences, of as many pixels as
    there are queries; 8. positions (if any) have rank 2 and the queries' d; 9. `grid` comes with positions and is two sizes of at least 1, whose product is both the
    queries and the keys; positions have a row for each distance.
  }];
  let arguments = (ins Vit_Tensor:$query, Vit_Tensor:$key, Vit_Tensor:$value, Optional<Vit_Tensor>:$bias,
      Optional<Vit_Tensor>:$factors, Optional<Vit_Tensor>:$positions, I64Attr:$query_part, I64Attr:$key_part, I64Attr:$value_part,
      F64Attr:$scale, DefaultValuedAttr<I64Attr, "1">:$sequences, OptionalAttr<Vit_WindowsAttr>:$windows,
      OptionalAttr<DenseI64ArrayAttr>:$grid, DefaultValuedAttr<Vit_PrecisionAttr, "::vitc::vit::Precision::F32">:$precision);
  let assemblyFormat = [{
    $query `[` $query_part `]` `,` $key `[` $key_part `]` `,` $value `[` $value_part `]` (`,` $bias^)? (`factors` $factors^)?
    (`positions` $positions^ `grid` $grid)? `scale` $scale (`windows` $windows^)? (`precision` `` $precision^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Vit_FusedLinearOp : Vit_PureOp<"fused_linear", [AttrSizedOperandSegments]> {
  let summary = "Linear layer with activation and residual as epilogue";
  let description = [{
    `result = activation(input W^T + bias) + residual`, on `TxK`, `NxK`, `N`, `TxN`, or
    `activation(input W^T + bias + residual)` with `residual_first`.

    With `precision<int8>` (set by `vit-set-precision`) the product is that of numbers of 8 bits. Of every row x of the input and every row w of the weight:

        low = min(x)   step = (max(x) - min(x)) / 255   x[k] becomes low + step * round((x[k] - low) / step), so a number from 0 to 255
        scale = max(abs(w)) / 127                       w[k] becomes scale * round(w[k] / scale), from -127 to 127

    rounded to the nearest, to even in the middle; a row of one number throughout is exact, and so is a row of zeros of the weight. A row of the input with NaN or an infinity becomes NaN; results of rows that span nearly what f32 has, or more, may be infinite or NaN. With `precision<int8_pairs>` the scale
    is `max(abs(w[k]), abs(w[2j] + w[2j+1])) / 127`, so that two neighbours together are no more than 128, and what x86-64 without VNNI adds in 16 bits never saturates. Steps of less than
    2^-126 are 0. The sum of products of whole numbers is exact; bias, activation and residual are as without.

    With `precision<bf16>` weights are rounded to bf16, to the nearest, to even in the middle; so are the elements of the input where the target multiplies
    numbers of bf16 (elsewhere they stay f32: no speed is to be won by it). Sums, bias, activation and residual are f32.
    Created by `vit-fuse-mlp`; consumed by `convert-vit-to-kernel`.

    1. input has rank 2, and weight and bias are as for `vit.linear`; 2. residual (if any) has the result's type.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_Tensor:$weight, Optional<Vit_Tensor>:$bias, Optional<Vit_Tensor>:$residual,
      DefaultValuedAttr<Vit_ActivationKindAttr, "::vitc::vit::ActivationKind::None">:$activation, UnitAttr:$residual_first,
      DefaultValuedAttr<Vit_PrecisionAttr, "::vitc::vit::Precision::F32">:$precision);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? (`activation` `` $activation^)? (`residual` $residual^)? (`precision` `` $precision^)? attr-dict
    `:` functional-type(operands, results)
  }];
}

def Vit_FusedConv2dOp : Vit_PureOp<"fused_conv2d", [AttrSizedOperandSegments]> {
  let summary = "Convolution with residual and activation as epilogue";
  let description = [{
    `result = activation(conv2d(input, weight) + bias + residual)`. Created by `vit-fuse-convolution`; consumed by
    `convert-vit-to-kernel`.

    1. all but residual and activation are as for `vit.conv2d`; 2. residual (if any) has the result's type.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_Tensor:$weight, Optional<Vit_Tensor>:$bias, Optional<Vit_Tensor>:$residual,
      DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation, I64Attr:$groups,
      DefaultValuedAttr<Vit_ActivationKindAttr, "::vitc::vit::ActivationKind::None">:$activation);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? (`residual` $residual^)? (`activation` `` $activation^)? `stride` $stride `padding` $padding
    `dilation` $dilation `groups` $groups attr-dict `:` functional-type(operands, results)
  }];
}

def Vit_FusedResize2dOp : Vit_PureOp<"fused_resize2d"> {
  let summary = "A map at another size, with residual and activation";
  let description = [{
    `activation(resize2d(input) + residual)`: input `HxWxC`, residual (if any) and result `H'xW'xC` for `size` = `[H', W']`.
    Created by `vit-fuse-resize`; consumed by `convert-vit-to-kernel`.

    1. as those of `vit.resize2d`; 2. residual (if any) has the result's shape.
  }];
  let arguments = (ins Vit_Tensor:$input, Optional<Vit_Tensor>:$residual, Vit_ResampleKindAttr:$kind, DenseI64ArrayAttr:$size,
      Vit_ActivationKindAttr:$activation);
  let assemblyFormat = [{
    `` $kind $input (`residual` $residual^)? `activation` `` $activation `size` $size attr-dict `:` functional-type(operands, results)
  }];
}

#endif // VITC_DIALECT_VIT_IR_VITFUSEDOPS_TD
