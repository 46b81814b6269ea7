//===- KernelOps.td - ops of the kernel dialect -------------*- tablegen -*-===//

#ifndef VITC_DIALECT_KERNEL_IR_KERNELOPS_TD
#define VITC_DIALECT_KERNEL_IR_KERNELOPS_TD

include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/SideEffectInterfaces.td"
include "vitc/Dialect/Kernel/IR/KernelEnums.td"
include "vitc/Dialect/Vit/IR/VitAttrs.td"

class Kernel_Op<string mnemonic, list<Trait> traits = []> : Op<Kernel_Dialect, mnemonic, traits>;

def Kernel_Buffer : StaticShapeMemRefOf<[AnyFloat]>;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

def Kernel_RowTiles : AttrDef<Kernel_Dialect, "RowTiles"> {
  let mnemonic = "rows";
  let summary = "An exact partition of rows into register tiles";
  let description = [{
    `count` tiles of `rows` rows, then `rest_count` tiles of `rest_rows`: `#kernel.rows<2 x 14 + 13 x 13>` covers 197 rows
    without a padded remainder. Two sizes always suffice (they differ by one).
  }];
  let parameters = (ins "int64_t":$count, "int64_t":$rows, "int64_t":$rest_count, "int64_t":$rest_rows);
  let assemblyFormat = "`<` $count `x` $rows `+` $rest_count `x` $rest_rows `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Number of rows that the partition covers.
    int64_t getTotal() const { return getCount() * getRows() + getRestCount() * getRestRows(); }
    /// Number of tiles.
    int64_t getTiles() const { return getCount() + getRestCount(); }
  }];
}

def Kernel_PackLayoutAttr : EnumAttr<Kernel_Dialect, Kernel_PackLayout, "layout">;

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

def Kernel_PackOp : Kernel_Op<"pack", [Pure]> {
  let summary = "A weight in the layout that its kernel reads, in the weights segment";
  let description = [{
    Written once, when the output file is written. Layout `rows`: the memref's shape is the tensor's with its last dimension
    padded with zeros. Layout `panels`: tensor `NxK`; every `group` of its rows is padded to whole panels,
    element `[p, k, c]` of the memref is row `16 p + c` (of the padded rows) and column `k`.
    `offset` is its place in the weights segment in bytes, given by `kernel-plan-memory`.
    Created by `convert-vit-to-kernel`, carried out by the weights writer.
  }];
  let arguments = (ins AnyStaticShapeTensor:$source, Kernel_PackLayoutAttr:$layout, OptionalAttr<I64Attr>:$group, OptionalAttr<I64Attr>:$offset);
  let results = (outs Kernel_Buffer:$buffer);
  let assemblyFormat = "`` $layout $source (`group` $group^)? (`at` $offset^)? attr-dict `:` type($source) `->` type($buffer)";
  let hasVerifier = 1;
}

def Kernel_BufferOp : Kernel_Op<"buffer", [MemoryEffects<[MemAlloc<DefaultResource>]>]> {
  let summary = "A buffer for activations in the arena of an image";
  let description = [{
    `offset` (bytes, a multiple of 64) is given by `kernel-plan-memory`: buffers whose lives do not overlap share memory.
  }];
  let arguments = (ins OptionalAttr<I64Attr>:$offset);
  let results = (outs Kernel_Buffer:$buffer);
  let assemblyFormat = "(`at` $offset^)? attr-dict `:` type($buffer)";
}

def Kernel_ScratchOp : Kernel_Op<"scratch", [Pure]> {
  let summary = "Working memory of the thread that runs a task; its contents do not outlive the task";
  let results = (outs Kernel_Buffer:$buffer);
  let assemblyFormat = "attr-dict `:` type($buffer)";
}

//===----------------------------------------------------------------------===//
// Steps
//===----------------------------------------------------------------------===//

def Kernel_StepInterface : OpInterface<"StepOp"> {
  let cppNamespace = "::vitc::kernel";
  let description = [{ An op that runs as one step: it becomes a kernel function and a launch. Operands are buffers only. }];
  let methods = [
    InterfaceMethod<"Number of tasks that one image's step is divided into; any may run beside any other.", "int64_t", "getTaskCount">,
    InterfaceMethod<"Floating-point operations of one image, as the mathematics has them.", "int64_t", "getFlopCount">,
    InterfaceMethod<"Number of leading operands that are read; the others are written (or scratch).", "unsigned", "getInputCount">];
}

class Kernel_StepOp<string mnemonic, list<Trait> traits = []>
    : Kernel_Op<mnemonic, traits # [MemoryEffects<[MemRead<DefaultResource>, MemWrite<DefaultResource>]>,
        DeclareOpInterfaceMethods<Kernel_StepInterface>]>;

def Kernel_LinearOp : Kernel_StepOp<"linear", [AttrSizedOperandSegments]> {
  let summary = "Linear layer with packed weights, epilogue in registers";
  let description = [{
    `output = activation(input weight^T + bias) + residual`. Input `TxK`; weight in panels; bias as panels of depth 1; output `TxN`,
    or `PxHxTxd` (then panel group number p*H+h goes to plane (p, h), d padded to whole panels).
    A task is one tile of `column_panels` panels times one block of `tiles_per_task` row tiles; a block's panel stays in cache while its
    row tiles run. K is accumulated in registers in order, `k_unroll` steps an iteration; after every `k_block` steps the sums so far are
    added to a total and begin at zero again. Meanwhile the panels of the next task are prefetched, where there are several row tiles.
    A residual may lie in the output's own memory, unless the output holds the sums of a tile meanwhile (`storesSums`).

    1. input has rank 2, weight rank 3 with the same K and panels of 16; 2. rows of the input are what `rows` covers;
    3. output has rank 2 or 4; 4. residual (if any) has rank 2 and the output's shape.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$weight, Optional<Kernel_Buffer>:$bias, Optional<Kernel_Buffer>:$residual,
      Kernel_Buffer:$output, Vit_ActivationKindAttr:$activation, Kernel_RowTiles:$rows, I64Attr:$column_panels, I64Attr:$tiles_per_task,
      I64Attr:$k_block, I64Attr:$k_unroll);
  let assemblyFormat = [{
    $input `,` $weight (`bias` $bias^)? (`residual` $residual^)? `into` $output `activation` `` $activation `rows` $rows
    `panels` $column_panels `tiles_per_task` $tiles_per_task `k_block` $k_block `k_unroll` $k_unroll attr-dict `:` type(operands)
  }];
  let extraClassDeclaration = [{
    /// Whether the sums of a tile are stored in the output before activation and residual are applied to them. While they are in
    /// registers there is no room for the constants of an activation (but ReLU's): those get a loop over the tile, which is in the
    /// first cache, with the constants in registers.
    bool storesSums() {
      return getActivation() != ::vitc::vit::ActivationKind::None && getActivation() != ::vitc::vit::ActivationKind::Relu;
    }
  }];
  let hasVerifier = 1;
}

def Kernel_PatchEmbeddingOp : Kernel_StepOp<"patch_embedding"> {
  let summary = "Patches to tokens, read straight from the image";
  let description = [{
    Image `CxHxW`, weight in panels with K = C*PH*PW in the order channel, row, column; addend `TxN` (rows padded); output `TxN`.
    The patches of one row of the grid are partitioned by `rows`; a task is one tile of `column_panels` panels times one row of the grid
    (and the first row of the grid copies the prefix rows of the addend).
  }];
  let arguments = (ins Kernel_Buffer:$image, Kernel_Buffer:$weight, Kernel_Buffer:$addend, Kernel_Buffer:$output,
      DenseI64ArrayAttr:$patch, Kernel_RowTiles:$rows, I64Attr:$column_panels);
  let assemblyFormat = [{
    $image `,` $weight `,` $addend `into` $output `patch` $patch `rows` $rows `panels` $column_panels attr-dict `:` type(operands)
  }];
  let hasVerifier = 1;
}

def Kernel_LayerNormOp : Kernel_StepOp<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "Layer normalisation of rows";
  let description = [{
    Input and output `TxD`, or `PxHxTxd`, whose P*H*T rows lie at one distance; a task is `rows_per_task` rows. Mean and variance in two passes; with
    `rms` no mean.
  }];
  let arguments = (ins Kernel_Buffer:$input, Optional<Kernel_Buffer>:$weight, Optional<Kernel_Buffer>:$bias, Kernel_Buffer:$output,
      F64Attr:$epsilon, I64Attr:$rows_per_task, UnitAttr:$rms);
  let assemblyFormat = [{
    $input (`weight` $weight^)? (`bias` $bias^)? `into` $output `epsilon` $epsilon `rows_per_task` $rows_per_task attr-dict `:` type(operands)
  }];
  let hasVerifier = 1;
}

def Kernel_RotaryOp : Kernel_StepOp<"rotary"> {
  let summary = "Rotation of pairs of features, head by head";
  let description = [{
    Input and output `PxHxTxd` (d padded to panels). The last N of the T rows of every head are rotated, the others are copied, as with
    `vit.rotary`. Table `2xNx(d/2)`: cosines and sines of pairs (p, d/2 + p). With `interleaved`, pairs are (2p, 2p + 1), and the table has
    an entry for every feature, `2xNxd` with d padded to panels: cosines, each twice, then every sine with its sign, (-s, s). A task is one
    head of one part.

    1. input and output have rank 4 and the same shape; 2. the table has rank 3, two parts, and as many entries as said above.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$table, Kernel_Buffer:$output, UnitAttr:$interleaved);
  let assemblyFormat = "$input `by` $table (`interleaved` $interleaved^)? `into` $output attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Kernel_PackKeysOp : Kernel_StepOp<"pack_keys"> {
  let summary = "Keys of every head, transposed into panels";
  let description = [{
    Input `PxHxTxd`, part `part`; output `H x ceil(T/16) x d x 16`: element `[h, p, f, c]` is feature f of token 16 p + c, zero past the last token,
    so that query times key is a product with packed weights. A task is one panel of one head.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$output, I64Attr:$part);
  let assemblyFormat = "$input `[` $part `]` `into` $output attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Kernel_AttentionOp : Kernel_StepOp<"attention"> {
  let summary = "softmax(scale q k^T + bias) v for one tile of queries at a time";
  let description = [{
    Query and value `PxHxTxd` (d padded to panels), keys from `kernel.pack_keys`, bias that broadcasts to `HxTqxTk`
    (its rows padded to whole panels or of one column), output `Tqx(H*head_dim)`.
    A tile of query rows is multiplied with all key panels into `scores` (scratch, `rows x Tk`), its row maxima kept on the way; exponentials and
    their sums in one pass; then times the values, the reciprocal sum in the epilogue. A task is one head times `tiles_per_task` row tiles.
  }];
  let arguments = (ins Kernel_Buffer:$query, Kernel_Buffer:$keys, Kernel_Buffer:$value, Optional<Kernel_Buffer>:$bias, Kernel_Buffer:$output,
      Kernel_Buffer:$scores, I64Attr:$query_part, I64Attr:$value_part, I64Attr:$head_dim, I64Attr:$key_count, F64Attr:$scale, Kernel_RowTiles:$rows,
      I64Attr:$column_panels, I64Attr:$tiles_per_task);
  let assemblyFormat = [{
    $query `[` $query_part `]` `,` $keys `,` $value `[` $value_part `]` (`bias` $bias^)? `into` $output `scratch` $scores `head_dim` $head_dim
    `keys` $key_count `scale` $scale `rows` $rows `panels` $column_panels `tiles_per_task` $tiles_per_task attr-dict `:` type(operands)
  }];
  let hasVerifier = 1;
}

def Kernel_ComputeOp : Kernel_StepOp<"compute", [IsolatedFromAbove, SingleBlock, NoTerminator]> {
  let summary = "A step without a schedule of its own: its body in linalg on the same buffers";
  let description = [{
    The block arguments are the operands, inputs first. How ops that are not hot reach code; one task.
  }];
  let arguments = (ins Variadic<Kernel_Buffer>:$buffers, I64Attr:$inputs, StrAttr:$kind, I64Attr:$flops);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$kind `inputs` $inputs `(` $buffers `)` `flops` $flops attr-dict `:` type($buffers) $body";
}

def Kernel_LaunchOp : Kernel_Op<"launch", [MemoryEffects<[MemRead<DefaultResource>, MemWrite<DefaultResource>]>]> {
  let summary = "One step: a kernel function for every task";
  let description = [{
    Created by `convert-kernel-to-vector`, consumed when the program table is written. The callee takes the task's number and the buffers.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Kernel_Buffer>:$buffers, I64Attr:$tasks, StrAttr:$kind, I64Attr:$flops);
  let assemblyFormat = "$kind $callee `(` $buffers `)` `tasks` $tasks `flops` $flops attr-dict `:` type($buffers)";
}

#endif // VITC_DIALECT_KERNEL_IR_KERNELOPS_TD
