//===- VitWindowOps.td - windows of maps ---------------------*- tablegen -*-===//
//
// Maps as windows that attend to themselves each, and what is added to their scores. The geometry is one attribute of all
// that cut maps, `#vit.windows`.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DIALECT_VIT_IR_VITWINDOWOPS_TD
#define VITC_DIALECT_VIT_IR_VITWINDOWOPS_TD

include "vitc/Dialect/Vit/IR/VitWeightOps.td"

def Vit_WindowPartitionOp : Vit_PureOp<"window_partition"> {
  let summary = "A map as windows, each a sequence of tokens";
  let description = [{
    Input `HxWxC`, result `SxTxC`: the T pixels of each of S windows in row-major order, zeros where a window reaches beyond the map. As
    `maybe_pad`, `torch.roll` and `window_partition` of `SwinLayer` (transformers 5.24). With attention fused into
    `vit.fused_head_projection`.

    1. input has rank 3 and the size of the attribute's map.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_WindowsAttr:$windows);
  let assemblyFormat = "$input $windows attr-dict `:` functional-type(operands, results)";
}

def Vit_WindowMergeOp : Vit_PureOp<"window_merge"> {
  let summary = "Windows as the map that they were cut from";
  let description = [{
    The inverse of `vit.window_partition`: input `SxTxC`, result `HxWxC`, without what was padded.

    1. input has rank 3, with as many windows of as many pixels as the attribute says.
  }];
  let arguments = (ins Vit_Tensor:$input, Vit_WindowsAttr:$windows);
  let assemblyFormat = "$input $windows attr-dict `:` functional-type(operands, results)";
}

def Vit_DecomposedPositionsOp : Vit_PureOp<"decomposed_positions"> {
  let summary = "Relative positions that depend on the query: a vector for each distance in rows, and one for each in columns";
  let description = [{
    Query `...xTxd` of the T tokens of `grid` = [H, W], row by row; `rows` `(2H-1)xd`, `columns` `(2W-1)xd`; result `...xTxT`, which is added to the scores
    of attention. With token i in row y_i and column x_i:

        result[..., i, j] = sum(f) query[..., i, f] * (rows[y_j - y_i + H - 1, f] + columns[x_j - x_i + W - 1, f])

    As `get_decomposed_rel_pos` of `SamVisionAttention` and `add_decomposed_relative_positions` of `vitdet` (transformers 5.24), whose tables are in reverse order
    (from the largest distance of the query behind the key). With attention fused into `vit.fused_attention`.

    1. query has rank 2 or more, rows and columns rank 2, and d is the same; 2. `grid` is two sizes of at least 1, whose product is T; 3. rows and columns have
    2H-1 and 2W-1 rows.
  }];
  let arguments = (ins Vit_Tensor:$query, Vit_Tensor:$rows, Vit_Tensor:$columns, DenseI64ArrayAttr:$grid);
  let assemblyFormat = "$query `rows` $rows `columns` $columns `grid` $grid attr-dict `:` functional-type(operands, results)";
}

def Vit_WeightWindowMaskOp : Vit_WeightExpressionOp<"_window_mask"> {
  let summary = "What keeps pixels apart that only the cyclic shift brought into one window";
  let description = [{
    Result `Sx1xTxT`: `value` where query and key of a window come from different parts of the shifted map, else 0. Along an axis that is shifted by s the
    parts begin at 0, at H' - h and at H' - s of the cut map (h: the window's size); one that is not shifted is one part. Result `4x1xTxT` with `by_edge`: only those of
    an inner window, of one in the last column, in the last row, and in both, by which all windows are told apart. As `get_attn_mask` of `SwinLayer` (transformers 5.24) and
    `SwinTransformerBlock` (timm 1.0.31).

    1. the result has the shape said above; 2. value is finite.
  }];
  let arguments = (ins Vit_WindowsAttr:$windows, F64Attr:$value, UnitAttr:$by_edge);
  let assemblyFormat = "$windows `value` $value (`by_edge` $by_edge^)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Vit_WeightContinuousPositionsOp : Vit_InferredWeightOp<"_continuous_positions"> {
  let summary = "A table of relative positions that a small network makes of distances";
  let description = [{
    First layer `Mx2` with bias `M`, second layer `HxM`; result `((2h-1)(2w-1))xH` for the distances of `window` = [h, w], row by row:

        16 sigmoid(second relu(first (f(y), f(x)) + bias))    with f(d) = sign(d) log2(1 + 8 |d| / (n - 1)) / 3

    where n is the size of `trained` = [h', w'] along the axis, the window that the network was trained with. As `Swinv2SelfAttention` (transformers 5.24) and
    `WindowAttention` of timm 1.0.31's `swin_transformer_v2.py`.

    1. first has rank 2 with two columns, bias rank 1 with its rows, second rank 2 with as many columns; 2. window and trained are two sizes from 1 to 2^20;
    3. along an axis where the window is larger than 1, trained is too.
  }];
  let arguments = (ins Vit_Tensor:$first, Vit_Tensor:$bias, Vit_Tensor:$second, DenseI64ArrayAttr:$window, DenseI64ArrayAttr:$trained);
  let assemblyFormat = [{
    $first `,` $bias `,` $second `window` $window `trained` $trained attr-dict `:` functional-type(operands, results)
  }];
}

def Vit_WeightExpOp : Vit_InferredWeightOp<"_exp"> {
  let summary = "The exponential of numbers that are limited: how logits of scales become factors";
  let description = [{ `exp(min(input, most))`, element by element. 1. most is finite. }];
  let arguments = (ins Vit_Tensor:$input, F64Attr:$most);
  let assemblyFormat = "$input `most` $most attr-dict `:` functional-type(operands, results)";
}

#endif // VITC_DIALECT_VIT_IR_VITWINDOWOPS_TD
