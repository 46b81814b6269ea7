//===- KernelHeadOps.td - steps on the heads of attention ---*- tablegen -*-===//
//
// Rotation, packing of keys and values, attention. Constraints are numbered as in KernelOps.td.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DIALECT_KERNEL_IR_KERNELHEADOPS_TD
#define VITC_DIALECT_KERNEL_IR_KERNELHEADOPS_TD

include "vitc/Dialect/Kernel/IR/KernelOps.td"

def Kernel_RotaryOp : Kernel_StepOp<"rotary"> {
  let summary = "Rotation of pairs of features, head by head";
  let description = [{
    Input and output `...xTxd`. The last N of the T rows of every head (index of the dimensions before T) are rotated, the others are
    copied, as with `vit.rotary`. Table `2xNx(d/2)`: cosines and sines of pairs (p, d/2 + p). With `interleaved`, pairs are (2p, 2p + 1), and
    the table may have an entry for every feature, `2xNxd` with d padded to panels: cosines, each twice, then every sine with its sign, (-s, s).
    A task is one head. The output may be the input.

    1. input and output have rank 2 or more and the same shape, with an even d; 2. the table is as said above, N at most T.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$table, Kernel_Buffer:$output, UnitAttr:$interleaved);
  let assemblyFormat = "$input `by` $table (`interleaved` $interleaved^)? `into` $output attr-dict `:` type(operands)";
  let extraClassDeclaration = [{
    /// Whether the table has an entry for every feature, as only pairs of neighbours may.
    bool hasEntryForFeature();
  }];
  let hasVerifier = 1;
}

def Kernel_PackKeysOp : Kernel_StepOp<"pack_keys"> {
  let summary = "Keys of every head, transposed into panels";
  let description = [{
    Input `PxHxTxd`, part `part`; output `H x ceil(T/16) x d x 16`: element `[h, p, f, c]` is feature f of token 16 p + c, zero past the last token,
    so that query times key is a product with packed weights. A task is one panel of one head. Of bf16 it is `H x ceil(T/16) x d/2 x 16 x 2`: element `[h, p, f, c, i]` is feature 2 f + i, rounded.

    1. input has rank 4, and its rows have room for whole panels; 2. `part` is from 0 to P - 1; 3. output has one of the shapes said above, that of bf16 with an even d, and is not
    the input.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_FloatBuffer:$output, I64Attr:$part);
  let assemblyFormat = "$input `[` $part `]` `into` $output attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Kernel_PackValuesOp : Kernel_StepOp<"pack_values"> {
  let summary = "Values of every head as panels of bf16";
  let description = [{
    Input `PxHxTxd`, part `part`; output `H x ceil(d/16) x ceil(T/2) x 16 x 2` of bf16: element `[h, p, t, c, i]` is feature 16 p + c of token 2 t + i, rounded, zero past the last
    token. A task is one panel of one head. Created by `kernel-round-operands`.

    1. input has rank 4, and its rows have room for whole panels; 2. `part` is from 0 to P - 1; 3. output has the shape said above.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_FloatBuffer:$output, I64Attr:$part);
  let assemblyFormat = "$input `[` $part `]` `into` $output attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Kernel_AttentionOp : Kernel_ScheduledStepOp<"attention", [AttrSizedOperandSegments]> {
  let summary = "softmax(scale q k^T + bias) v for one tile of queries at a time";
  let description = [{
    Query and value `PxHxTxd` (d padded to panels), keys from `kernel.pack_keys`, bias that broadcasts to `HxTqxTk`
    (its rows padded to whole panels or of one column), output `Tqx(H*head_dim)`. Of S sequences the operands are `Px(S*H)xTxd`, the bias broadcasts
    to `SxHxTqxTk`, and the output is `(S*Tq)x(H*head_dim)`. With `windows` the sequences are those of a map, the rows of the output its pixels, row by
    row (those beyond the map are not written), and the bias broadcasts to `4xHxTqxTk` (see `vit.fused_attention`). Factors are a number for each of the H heads,
    by which scores are multiplied beside the scale. Positions are the rows of those of `vit.fused_attention` in panels; `grid` goes with them.
    A tile of query rows is multiplied with all key panels into `scores` (scratch, `rows x Tk`), its row maxima kept on the way; exponentials and
    their sums in one pass; then times the values, the reciprocal sum in the epilogue. A task is one head times `tiles_per_task` row tiles.
    With keys of bf16 the values are those of `kernel.pack_values`; queries and exponentials are rounded to it on the way. With `precision<bf16>` `kernel-round-operands` may make it such.

    1. query and value have rank 4 and the same H; 2. keys are `H x ceil(Tk/16) x d x 16` with the query's d, and value has Tk (`key_count`)
    rows; or both are panels of bf16, keys `H x ceil(Tk/16) x d/2 x 16 x 2`, value `H x ceil(dv/16) x ceil(Tk/2) x 16 x 2`; 3. the part numbers are from 0 to P - 1 of their operands; 4. `head_dim` is the value's d (of panels one that takes them all), whose rows have room for whole
    panels, and with bf16 those of the query have; 5. the schedule (if any) has rows, which cover the queries, panels and `tiles_per_task`; 6. bias (if any) has rank 1 to 4, its last dimension is Tk, maybe padded to whole panels, or 1,
    the one before is Tq or 1, the one before that H or 1, the first of four S or 1; 7. output is `(S*Tq)x(H*head_dim)`, S divides the operands' heads, and it is none
    of the other operands; 8. there are
    scores if there is a schedule, which comes with them; they come from `kernel.scratch`, with room for the rows of a tile and for all
    panels of keys, and with positions for those of them and one more; 9. the scale is finite, and `key_count` at least 1; 10. factors (if any) have rank 1 with H
    elements; 11. windows (if any) are S of Tq pixels; 12. positions (if any) come with a `grid` of Tq = Tk tokens, and are panels of the query's d for its distances.
  }];
  let arguments = (ins Kernel_Buffer:$query, Kernel_FloatBuffer:$keys, Kernel_FloatBuffer:$value, Optional<Kernel_Buffer>:$bias, Optional<Kernel_Buffer>:$factors,
      Optional<Kernel_Buffer>:$positions, Kernel_Buffer:$output, Optional<Kernel_Buffer>:$scores, I64Attr:$query_part, I64Attr:$value_part,
      I64Attr:$head_dim, Kernel_Positive:$key_count, F64Attr:$scale, OptionalAttr<Vit_WindowsAttr>:$windows, OptionalAttr<DenseI64ArrayAttr>:$grid,
      DefaultValuedAttr<Vit_PrecisionAttr, "::vitc::vit::Precision::F32">:$precision, OptionalAttr<Kernel_Schedule>:$schedule);
  let extraClassDeclaration = [{
    /// Columns of scratch that a row of scores takes: panels of keys and, behind them, what positions make of the query, with room for a
    /// vector that begins anywhere there.
    int64_t getScoreColumns();

    /// Whether keys and values are of bf16, in pairs.
    bool isOfBf16() { return getKeys().getType().getElementType().isBF16(); }

    /// Sequences whose tokens are the rows of the output.
    int64_t getSequences() {
      return getWindows() ? getWindows()->getSequences() : getOutput().getType().getDimSize(0) / getQuery().getType().getDimSize(2);
    }
  }];
  let assemblyFormat = [{
    $query `[` $query_part `]` `,` $keys `,` $value `[` $value_part `]` (`bias` $bias^)? (`factors` $factors^)?
    (`positions` $positions^ `grid` $grid)? `into` $output (`scratch` $scores^)? `head_dim` $head_dim `keys` $key_count `scale` $scale (`windows` $windows^)? (`precision` `` $precision^)? (`schedule` $schedule^)? attr-dict `:` type(operands)
  }];
  let hasVerifier = 1;
}

#endif // VITC_DIALECT_KERNEL_IR_KERNELHEADOPS_TD
