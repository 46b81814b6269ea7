//===- KernelOps.td - ops of the kernel dialect -------------*- tablegen -*-===//
//
// Every op's description numbers its constraints; the tests refer to them. A schedule is text that people edit: what the
// passes behind it rely on is checked here, so that they need not.
//
//===----------------------------------------------------------------------===//

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

/// What kernels read and write; the predicate says why (KernelOps.h).
class Kernel_BufferOf<list<Type> elements, string description> : ConfinedType<StaticShapeMemRefOf<elements>,
    [CPred<"::vitc::kernel::isBuffer(::llvm::cast<::mlir::MemRefType>($_self))">],
    "row-major memref of " # description # " with sizes of at least 1, nothing but its rows padded, of at most 1 TiB",
    "::mlir::MemRefType">;
def Kernel_Buffer : Kernel_BufferOf<[F32], "f32">;
/// What may also hold numbers that are not computed with: i1 (a byte, true unless it is 0), ui8, i32, i64.
def Kernel_AnyBuffer : Kernel_BufferOf<[F32, I<1>, UI<8>, I<32>, I<64>], "f32, i1, ui8, i32 or i64">;
/// What `kernel.buffer` makes.
def Kernel_StoredBuffer : Kernel_BufferOf<[F32, BF16, I<1>, UI<8>, I<32>, I<64>], "f32, bf16, i1, ui8, i32 or i64">;
/// What attention multiplies.
def Kernel_FloatBuffer : Kernel_BufferOf<[F32, BF16], "f32 or bf16">;
/// What weights are packed as: f32, bf16, or i8 (numbers from -127 to 127).
def Kernel_PackedBuffer : Kernel_BufferOf<[F32, BF16, I<8>], "f32, bf16 or i8">;
/// What a step may have as operand.
def Kernel_OperandBuffer : Kernel_BufferOf<[F32, BF16, I<1>, UI<8>, I<8>, I<32>, I<64>], "f32, bf16, i1, ui8, i8, i32 or i64">;
def Kernel_Element : AnyTypeOf<[F32, I<1>, UI<8>, I<32>, I<64>]>;

/// An integer within a range.
class Kernel_Int<int min, int max> : ConfinedAttr<I64Attr, [AttrConstraint<
    CPred<"::llvm::cast<::mlir::IntegerAttr>($_self).getInt() >= " # min # " && "
          "::llvm::cast<::mlir::IntegerAttr>($_self).getInt() <= " # max>, "from " # min # " to " # max>]>;
def Kernel_Positive : ConfinedAttr<I64Attr, [IntPositive]>;
def Kernel_NonNegative : ConfinedAttr<I64Attr, [IntNonNegative]>;
/// A place in a segment in bytes.
def Kernel_Offset : ConfinedAttr<I64Attr, [AttrConstraint<
    CPred<"::vitc::kernel::isAligned(::llvm::cast<::mlir::IntegerAttr>($_self).getInt())">,
    "whose value is a multiple of 64 and not negative">]>;
/// The name of a step's kind, part of its function's name.
def Kernel_Kind : ConfinedAttr<StrAttr, [AttrConstraint<
    CPred<"::vitc::kernel::isKind(::llvm::cast<::mlir::StringAttr>($_self).getValue())">,
    "of letters, digits and underscores">]>;

//===----------------------------------------------------------------------===//
// Attributes
//===----------------------------------------------------------------------===//

def Kernel_RowTiles : AttrDef<Kernel_Dialect, "RowTiles"> {
  let mnemonic = "rows";
  let summary = "An exact partition of rows into register tiles";
  let description = [{
    `count` tiles of `rows` rows, then `rest_count` tiles of `rest_rows`: `#kernel.rows<2 x 14 + 13 x 13>` covers 197 rows
    without a padded remainder. Two sizes always suffice (they differ by one).

    1. `count` and `rows` are at least 1, `rest_count` and `rest_rows` both 0 or both at least 1; 2. a tile has at most 64 rows (its
    rows are unrolled), and there are at most 2^40 tiles.
  }];
  let parameters = (ins "int64_t":$count, "int64_t":$rows, "int64_t":$rest_count, "int64_t":$rest_rows);
  let assemblyFormat = "`<` $count `x` $rows `+` $rest_count `x` $rest_rows `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// Number of rows that the partition covers.
    int64_t getTotal() const { return getCount() * getRows() + getRestCount() * getRestRows(); }
    /// Number of tiles.
    int64_t getTiles() const { return getCount() + getRestCount(); }
    /// Rows of the largest tile: either size may be.
    int64_t getMostRows() const { return std::max(getRows(), getRestRows()); }
  }];
}

def Kernel_Access : AttrDef<Kernel_Dialect, "Access"> {
  let mnemonic = "access";
  let summary = "Where a loop nest reads or writes a buffer";
  let description = [{
    `#kernel.access<3 + [768, 1]>`: element `3 + 768 i + j` of the buffer's memory, the padding of its rows included. A stride of 0
    repeats an element.

    1. neither the offset nor a stride is negative, and none is above 2^38 (no buffer has more elements).
  }];
  let parameters = (ins "int64_t":$offset, ArrayRefParameter<"int64_t">:$strides);
  let assemblyFormat = "`<` $offset `+` `[` $strides `]` `>`";
  let genVerifyDecl = 1;
}
def Kernel_AccessArray : TypedArrayAttrBase<Kernel_Access, "array of accesses">;

def Kernel_Schedule : AttrDef<Kernel_Dialect, "Schedule"> {
  let mnemonic = "schedule";
  let summary = "How a step that computes products is divided into register tiles and tasks";
  let description = [{
    `rows` are register tiles of the left operand's rows; `panels` of 16 columns are computed at once; a task takes `tiles_per_task`
    row tiles; sums are `k_block` terms long, `k_unroll` of them an iteration. Which of the last three a step has, its op says.
    Set by `kernel-schedule` for the target of the function, or by hand.

    1. `panels` is from 1 to 16, `k_unroll` at most 64 (beyond that code only grows); 2. nothing is negative.
  }];
  let parameters = (ins "::vitc::kernel::RowTilesAttr":$rows, "int64_t":$columnPanels,
      DefaultValuedParameter<"int64_t", "0">:$tilesPerTask, DefaultValuedParameter<"int64_t", "0">:$kBlock,
      DefaultValuedParameter<"int64_t", "0">:$kUnroll);
  let assemblyFormat = [{
    `<` `rows` $rows `panels` $columnPanels (`tiles_per_task` $tilesPerTask^)? (`k_block` $kBlock^)? (`k_unroll` $kUnroll^)? `>`
  }];
  let genVerifyDecl = 1;
}

def Kernel_Target : AttrDef<Kernel_Dialect, "Target"> {
  let mnemonic = "target";
  let summary = "The CPU that a function is scheduled for and compiled to";
  let description = [{
    `#kernel.target<"znver3", "+avx,+avx2,+bmi,+bmi2,+fma,+sse3,+sse4.1,+sse4.2,+ssse3">`: LLVM's name of a CPU, never `native`, and all
    features that code may use. An attribute `kernel.target` of functions, set by `kernel-set-target`.
  }];
  let parameters = (ins StringRefParameter<"LLVM's name of a CPU">:$cpu, StringRefParameter<"features, as LLVM writes them">:$features);
  let assemblyFormat = "`<` $cpu `,` $features `>`";
}

def Kernel_IndexCheck : AttrDef<Kernel_Dialect, "IndexCheck"> {
  let mnemonic = "index_check";
  let summary = "What indices are compared with, and what a message calls them";
  let description = [{
    `#kernel.index_check<10, [2, 3], "ids">`: indices of shape 2x3, elements of the input `ids`, count in a dimension of 10. Without a name
    the model has computed them.

    1. all sizes are at least 1, and no more than 2^40 elements are counted.
  }];
  let parameters = (ins "int64_t":$size, OptionalArrayRefParameter<"int64_t">:$shape, StringRefParameter<"the input's name", [{""}]>:$input);
  let assemblyFormat = "`<` $size `,` `[` (`]`) : ($shape^ `]`)? (`,` $input^)? `>`";
  let genVerifyDecl = 1;
}

def Kernel_Panels : AttrDef<Kernel_Dialect, "Panels"> {
  let mnemonic = "panels";
  let summary = "How a matrix lies in panels";
  let description = [{
    `#kernel.panels<16 x f32 interleave 1>`: panels of 16 columns (rows of the tensor `NxK`) of f32; of every column, as many neighbours along K
    as `interleave` says lie behind each other, as instructions want them that sum their products (1: none; `vdpbf16ps` takes 2 numbers of bf16, `vpdpbusd` 4 bytes).

    1. the width is 16; 2. elements are f32, bf16 or i8; 3. `interleave` is 1, 2 or 4.
  }];
  let parameters = (ins "int64_t":$width, "::mlir::Type":$element, "int64_t":$interleave);
  let assemblyFormat = "`<` $width `x` $element `interleave` $interleave `>`";
  let genVerifyDecl = 1;
  let extraClassDeclaration = [{
    /// The panels of a matrix `NxK` whose rows are padded in groups: `PxKx16`, with an interleave of I `PxceilDiv(K, I)x16xI`.
    ::mlir::MemRefType getBufferType(int64_t rows, int64_t group, int64_t depth);
  }];
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

def Kernel_WeightsOp : Kernel_Op<"weights", [HasParent<"::mlir::ModuleOp">, IsolatedFromAbove, NoRegionArguments, NoTerminator,
    SingleBlock, Symbol, SymbolTable]> {
  let summary = "The weights segment: what all functions of the module read";
  let description = [{
    Expressions on weights and what of them is packed. `bytes`, the size of the segment, is given by `kernel-plan-memory` together with the
    place of every pack.

    ```mlir
    kernel.weights @weights bytes 8192 {
      %0 = vit.weight "fc1.weight" : tensor<128x16xf32>
      kernel.pack @fc1.weight panels<16 x f32 interleave 1> %0 group 128 at 0 : tensor<128x16xf32> -> memref<8x16x16xf32>
    }
    ```

    1. it contains weight ops and `kernel.pack`; 2. if there are `bytes`, every pack has an offset and ends within them; 3. packs do not
    overlap; 4. `bytes` (if any) are a multiple of 64 and not negative; 5. there is one in a module, for all its functions.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<Kernel_Offset>:$bytes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name (`bytes` $bytes^)? attr-dict-with-keyword $body";
  let hasRegionVerifier = 1;
}

def Kernel_PackOp : Kernel_Op<"pack", [HasParent<"WeightsOp">, Symbol]> {
  let summary = "A weight in the layout that its kernels read, in the weights segment";
  let description = [{
    Written once, when the output file is written. Layout `rows`: the memref's shape is the tensor's with its last dimension
    padded with zeros. Layout `panels`: tensor `NxK`; every `group` of its rows is padded to whole panels,
    element `[p, k, c]` of the memref is row `16 p + c` (of the padded rows) and column `k`; with an interleave of I, `[p, k / I, c, k mod I]` is.
    `offset` is its place in the weights segment in bytes, given by `kernel-plan-memory`.
    Created by `convert-vit-to-kernel`, carried out by the weights writer.

    1. the source is the result of a weight op; 2. layout `rows`: there is no group, and the buffer has the tensor's shape, its last
    dimension (of one or more) maybe larger; 3. layout `panels`: the source is a matrix, and `group` is there and divides its rows;
    4. the buffer then has all the panels that these rows take, each as deep as the matrix (and whole interleaves), without padding; 5. the offset (if any) is a
    multiple of 64 and not negative.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StaticShapeTensorOf<[F32, BF16, I<8>]>:$source, OptionalAttr<Kernel_Panels>:$panels,
      OptionalAttr<I64Attr>:$group, OptionalAttr<Kernel_Offset>:$offset, TypeAttrOf<Kernel_PackedBuffer>:$buffer_type);
  let assemblyFormat = [{
    $sym_name (`panels` `` $panels^) : (`rows`)? $source (`group` $group^)? (`at` $offset^)? attr-dict `:` type($source) `->` $buffer_type
  }];
  let extraClassDeclaration = [{
    ::mlir::MemRefType getBuffer() { return ::llvm::cast<::mlir::MemRefType>(getBufferType()); }
  }];
  let hasVerifier = 1;
}

def Kernel_WeightOp : Kernel_Op<"weight", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "A packed weight of the module, as a buffer that is read";
  let description = [{
    ```mlir
    %w = kernel.weight @weights::@fc1.weight : memref<8x16x16xf32>
    ```

    1. the symbol is a `kernel.pack` of the module; 2. the buffer has its type.
  }];
  let arguments = (ins SymbolRefAttr:$pack);
  let results = (outs Kernel_PackedBuffer:$buffer);
  let assemblyFormat = "$pack attr-dict `:` type($buffer)";
}

def Kernel_BufferOp : Kernel_Op<"buffer", [MemoryEffects<[MemAlloc<DefaultResource>]>]> {
  let summary = "A buffer for activations in the arena of an image";
  let description = [{
    `offset` (bytes) is given by `kernel-plan-memory`: buffers whose lives do not overlap share memory.

    1. the offset (if any) is a multiple of 64 and not negative.
  }];
  let arguments = (ins OptionalAttr<Kernel_Offset>:$offset);
  let results = (outs Kernel_StoredBuffer:$buffer);
  let assemblyFormat = "(`at` $offset^)? attr-dict `:` type($buffer)";
}

def Kernel_ViewOp : Kernel_Op<"view", [Pure]> {
  let summary = "Part of a buffer under another shape, without a copy";
  let description = [{
    The elements from `offset` (bytes) on, as another buffer that is read only. The memory plan keeps the buffer as long as its views are read.

    ```mlir
    %row = kernel.view %tokens at 1536 : memref<197x384xf32> -> memref<1x384xf32>
    ```

    1. the buffer is no view itself, and no scratch; 2. both have one element type; 3. the view ends within the buffer; 4. the offset is a
    multiple of 64 and not negative.
  }];
  let arguments = (ins Kernel_AnyBuffer:$buffer, Kernel_Offset:$offset);
  let results = (outs Kernel_AnyBuffer:$result);
  let assemblyFormat = "$buffer `at` $offset attr-dict `:` type($buffer) `->` type($result)";
  let hasVerifier = 1;
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
  let description = [{
    An op that runs as one step: it becomes a kernel function and a launch. Operands are buffers only.

    1. there are 1 to 16 operands (`VITC_MAX_OPERANDS` of the runtime); 2. what is written is no weight, no view, and nothing that a view
    which is read belongs to; 3. only the scores of `kernel.attention` and the scratch of `kernel.winograd_conv2d` are scratch.
  }];
  let verify = [{ return ::vitc::kernel::detail::verifyStep($_op); }];
  let methods = [
    InterfaceMethod<"Number of tasks that one image's step is divided into; any may run beside any other.", "int64_t", "getTaskCount">,
    InterfaceMethod<"Floating-point operations of one image, as the mathematics has them.", "int64_t", "getFlopCount">,
    InterfaceMethod<"Number of leading operands that are read; the others are written (or scratch).", "unsigned", "getInputCount">,
    InterfaceMethod<"Whether the step is one whose schedule kernel-schedule chooses, and has none yet.", "bool", "lacksSchedule", (ins),
        [{}], [{ return false; }]>];
}

class Kernel_StepOp<string mnemonic, list<Trait> traits = []>
    : Kernel_Op<mnemonic, traits # [MemoryEffects<[MemRead<DefaultResource>, MemWrite<DefaultResource>]>,
        DeclareOpInterfaceMethods<Kernel_StepInterface>]>;

/// A step whose schedule is chosen by kernel-schedule.
class Kernel_ScheduledStepOp<string mnemonic, list<Trait> traits = []>
    : Kernel_Op<mnemonic, traits # [MemoryEffects<[MemRead<DefaultResource>, MemWrite<DefaultResource>]>,
        DeclareOpInterfaceMethods<Kernel_StepInterface, ["lacksSchedule"]>]>;

def Kernel_QuantizeOp : Kernel_StepOp<"quantize"> {
  let summary = "Rows of activations as numbers of 8 bits, for products with weights of i8";
  let description = [{
    Input `...xK`, R rows. Each becomes numbers from 0 to 255, counted from its smallest value in steps of a 255th of what it spans
    (`precision<int8>` of `vit.fused_linear`); `rows`, `Rx2`, gets the step and the smallest value. The numbers lie in `words`, `RxW` of i32, four bytes in each as
    the instructions take them that multiply and add: W = ceil(K/4). A task is `rows_per_task` rows.

    1. input has rank 1 or more; 2. words are i32, `RxW`, and their rows have room for whole vectors of 16; 3. rows are `Rx2`.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_AnyBuffer:$words, Kernel_Buffer:$rows, Kernel_Positive:$rows_per_task);
  let assemblyFormat = "$input `into` $words `,` $rows `rows_per_task` $rows_per_task attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Kernel_RoundOp : Kernel_StepOp<"round"> {
  let summary = "Rows of activations as numbers of bf16, for products with weights of bf16";
  let description = [{
    Input `...xK`, R rows, each element rounded to bf16 (to the nearest, to even in the middle). They lie in `words`, `RxW` of i32 with W = ceil(K/2): in each two neighbours,
    the first in the lower half, as the instructions take them that multiply and add. A task is `rows_per_task` rows. Created by `kernel-round-operands`.

    1. input has rank 1 or more; 2. words are i32, `RxW`, and their rows have room for whole vectors of 16.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_AnyBuffer:$words, Kernel_Positive:$rows_per_task);
  let assemblyFormat = "$input `into` $words `rows_per_task` $rows_per_task attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Kernel_LinearOp : Kernel_ScheduledStepOp<"linear", [AttrSizedOperandSegments]> {
  let summary = "Linear layer with packed weights, epilogue in registers";
  let description = [{
    `output = activation(input weight^T + bias) + residual`, or with `residual_first` the activation of all of that. Input `...xK`, whose rows are those of one matrix; weight in panels; bias as
    panels of depth 1, or `N` if it is computed at run time; output `...xN`, or by head: input `TxK`, output `PxHxTxd` (panel group number p*H+h goes to plane (p, h), d padded to
    whole panels). Of S sequences behind each other, input `(S*T)xK`, the output by head is `Px(S*H)xTxd`. With `windows` the rows of the input are the
    pixels of a map, row by row, and the sequences its windows (`#vit.windows`), whose padding gets the bias, or zero.
    A task is one tile of `panels` panels times one block of `tiles_per_task` row tiles; a block's panel stays in cache while its
    row tiles run. K is accumulated in registers in order, `k_unroll` steps an iteration; after every `k_block` steps the sums so far are
    added to a total and begin at zero again. Meanwhile the panels of the next task are prefetched, where there are several row tiles.

    With weights of i8 (interleave 4) the input is the words of a `kernel.quantize`, and there are three more operands: its `rows`, and in panels of depth 1 for every column
    the scale and what the smallest value of a row is multiplied by. Sums are i32, exact; of them `step * scale * sum + low * column + bias` goes on. A step of K is four then.

    With weights of bf16 (interleave 2) a step of K is two. The input is of f32, and the weights are expanded to it in registers; or it is the words of a `kernel.round`, for targets that multiply
    such pairs.

    1. input has rank 1 or more, weight is panels of its K, of f32, or of bf16 and an even K; or input has rank 2 and is words, weight is panels of bf16 for them, or of i8 together with rows, scale and sum; 2. bias (if any) is as many panels, of depth 1, or, if the output
    is not by head, has rank 1 with N elements; 3. the schedule (if any) has all
    five parts, and its rows cover the input's; 4. output has the input's shape but for the last dimension, or is by head with the input's
    rows, and takes all panels of the weight; 5. if it is by head, its rows have room for whole panels, and there is neither activation nor
    residual; 6. residual (if any) has the output's shape; 7. output is neither the input nor the bias; it is the residual only if it does not hold the sums
    of a tile meanwhile (`storesSums`); 8. `k_unroll` divides K; 9. windows (if any) go with an output by head; they have T pixels, and their map as many as the
    input has rows.
  }];
  let arguments = (ins Kernel_AnyBuffer:$input, Kernel_PackedBuffer:$weight, Optional<Kernel_Buffer>:$rows, Optional<Kernel_Buffer>:$scale,
      Optional<Kernel_Buffer>:$sum, Optional<Kernel_Buffer>:$bias, Optional<Kernel_Buffer>:$residual,
      Kernel_Buffer:$output, Vit_ActivationKindAttr:$activation, UnitAttr:$residual_first, OptionalAttr<Vit_WindowsAttr>:$windows,
      OptionalAttr<Kernel_Schedule>:$schedule);
  let assemblyFormat = [{
    $input `,` $weight (`quantized` $rows^ `scale` $scale `sum` $sum)? (`bias` $bias^)? (`residual` $residual^)? `into` $output `activation` `` $activation (`residual_first` $residual_first^)?
    (`windows` $windows^)?
    (`schedule` $schedule^)? attr-dict
    `:` type(operands)
  }];
  let extraClassDeclaration = [{
    /// Whether the product is one of numbers of 8 bits.
    bool isQuantized() { return getWeight().getType().getElementType().isInteger(8); }
    /// Whether the weights are of bf16.
    bool isOfBf16() { return getWeight().getType().getElementType().isBF16(); }
    /// Whether the input is not of f32, but the words of a `kernel.round` or `kernel.quantize`.
    bool readsWords() { return !getInput().getType().getElementType().isF32(); }
    /// Steps of K in panels of the weight: elements, or as many as lie interleaved.
    int64_t getSteps() { return getWeight().getType().getDimSize(1); }
    /// Terms of a sum, whole steps.
    int64_t getDepth() { return getSteps() * (isQuantized() ? 4 : isOfBf16() ? 2 : 1); }
    /// Sequences whose tokens are the rows of the input, if the output is by head.
    int64_t getSequences() {
      return getWindows() ? getWindows()->getSequences() : getInput().getType().getDimSize(0) / getOutput().getType().getDimSize(2);
    }
    /// Whether the output is `PxHxTxd`.
    bool isByHead() { return getInput().getType().getRank() != getOutput().getType().getRank(); }
    /// Whether the sums of a tile are stored in the output before activation and residual are applied to them. While they are in
    /// registers there is no room for the constants of an activation (but ReLU's and ReLU6's): those get a loop over the tile, which is in the
    /// first cache, with the constants in registers.
    bool storesSums() {
      using ::vitc::vit::ActivationKind;
      return !::llvm::is_contained({ActivationKind::None, ActivationKind::Relu, ActivationKind::Relu6}, getActivation());
    }
  }];
  let hasVerifier = 1;
}

def Kernel_PatchEmbeddingOp : Kernel_ScheduledStepOp<"patch_embedding"> {
  let summary = "Patches to tokens, read straight from the image";
  let description = [{
    Image `CxHxW`, weight in panels with K = C*PH*PW in the order channel, row, column; addend `TxN` (rows padded); output `TxN`.
    The patches of one row of the grid are partitioned by `rows`; a task is one tile of `panels` panels times one row of the grid
    (and the first row of the grid copies the prefix rows of the addend). With weights of bf16 (interleave 2, PW even) the image is of f32, or the words of a `kernel.round`, `(C*H)x(W/2)`.

    1. image has rank 3, or is words, and `patch` two sizes that divide H and W; 2. weight is panels of depth C*PH*PW, of f32, or of bf16 with an even PW; 3. the schedule (if any) has rows,
    which cover the W/PW patches of a row, and panels; 4. output has rank 2, a row for each patch or more, and takes all panels of the weight; 5. addend has rank 2, the output's
    rows, and 16 columns for each panel; 6. output is not the addend.
  }];
  let arguments = (ins Kernel_AnyBuffer:$image, Kernel_PackedBuffer:$weight, Kernel_Buffer:$addend, Kernel_Buffer:$output,
      DenseI64ArrayAttr:$patch, OptionalAttr<Kernel_Schedule>:$schedule);
  let extraClassDeclaration = [{
    /// Whether the weights are of bf16.
    bool isOfBf16() { return getWeight().getType().getElementType().isBF16(); }
    /// Whether the image is not of f32, but the words of a `kernel.round`.
    bool readsWords() { return !getImage().getType().getElementType().isF32(); }
    /// Terms of a sum.
    int64_t getDepth() { return getWeight().getType().getDimSize(1) * (isOfBf16() ? 2 : 1); }
    /// Channels, rows and columns of the image.
    std::array<int64_t, 3> getImageShape() {
      ::llvm::ArrayRef<int64_t> shape = getImage().getType().getShape();
      if (!readsWords())
        return {shape[0], shape[1], shape[2]};
      int64_t channels = getDepth() / (getPatch()[0] * getPatch()[1]);
      return {channels, shape[0] / channels, 2 * shape[1]};
    }
  }];
  let assemblyFormat = [{
    $image `,` $weight `,` $addend `into` $output `patch` $patch (`schedule` $schedule^)? attr-dict `:` type(operands)
  }];
  let hasVerifier = 1;
}

def Kernel_LayerNormOp : Kernel_StepOp<"layer_norm", [AttrSizedOperandSegments]> {
  let summary = "Layer normalisation of rows";
  let description = [{
    Input and output `...xD`; a task is `rows_per_task` rows. Mean and variance in two passes; with `rms` no mean. The output may be the
    input.

    1. input has rank 1 or more, output its shape; 2. weight and bias are both present or both absent; 3. each has rank 1 with D elements;
    4. epsilon is finite and not negative; 5. `rows_per_task` is at least 1.
  }];
  let arguments = (ins Kernel_Buffer:$input, Optional<Kernel_Buffer>:$weight, Optional<Kernel_Buffer>:$bias, Kernel_Buffer:$output,
      F64Attr:$epsilon, Kernel_Positive:$rows_per_task, UnitAttr:$rms);
  let assemblyFormat = [{
    $input (`weight` $weight^)? (`bias` $bias^)? `into` $output `epsilon` $epsilon `rows_per_task` $rows_per_task attr-dict `:` type(operands)
  }];
  let hasVerifier = 1;
}

//===----------------------------------------------------------------------===//
// Steps of ops that have no schedule of their own
//===----------------------------------------------------------------------===//

def Kernel_MapOp : Kernel_StepOp<"map", [IsolatedFromAbove, SingleBlock]> {
  let summary = "A function of elements at every point of a loop nest: elementwise ops and movement";
  let description = [{
    At every point of `shape` the body gets one element of each input, and what it yields is written; `accesses` say which, inputs first.
    A task is a box of `tile` points, on vectors along the last dimension: where accesses have the stride 1 or (repeated) 0 there, as they are;
    where the only input has it in the dimension before, in squares that are transposed in registers; else element by element.

    1. `shape` has one size or more, which are positive, of at most 2^38 points, and `tile` as many, each from 1 to the shape's, the last one
    (and the one before, where squares are transposed) the shape's or a multiple of 128; 2. there is an
    access for every operand, with a stride for every dimension, and the last point is within the operand's memory; 3. no two points write
    the same element; 4. output is none of the inputs; 5. the body gets an element of each input and yields one of the output; its ops are
    `arith` ops on f32, `math.absf`, `math.exp`, `math.sqrt`, `kernel.activation`, and `kernel.cast`, which makes f32 of others; 6. `kind`
    consists of letters, digits and underscores.
  }];
  let arguments = (ins Variadic<Kernel_AnyBuffer>:$inputs, Kernel_AnyBuffer:$output, Kernel_Kind:$kind, DenseI64ArrayAttr:$shape,
      DenseI64ArrayAttr:$tile, Kernel_AccessArray:$accesses);
  let regions = (region SizedRegion<1>:$body);
  let extraClassDeclaration = [{
    /// The access of an operand.
    AccessAttr getAccess(unsigned operand) { return ::llvm::cast<AccessAttr>(getAccesses()[operand]); }
    /// Whether all operands have the stride 1 or (inputs) 0 in the last dimension.
    bool isContiguous();
    /// Whether not, but the output and, in the dimension before the last, the only input have the stride 1.
    bool isTransposed();
  }];
  let assemblyFormat = [{
    $kind `(` $inputs `)` `into` $output `shape` $shape `tile` $tile `accesses` $accesses attr-dict `:` type(operands) $body
  }];
  let hasVerifier = 1;
  let hasRegionVerifier = 1;
}

def Kernel_ActivationOp : Kernel_Op<"activation", [Pure]> {
  let summary = "An activation function of an element, in the body of kernel.map";
  let arguments = (ins F32:$input, Vit_ActivationKindAttr:$kind);
  let results = (outs F32:$result);
  let assemblyFormat = "`` $kind $input attr-dict";
}

def Kernel_CastOp : Kernel_Op<"cast", [Pure]> {
  let summary = "An element as another type, in the body of kernel.map: what vit.cast does";
  let arguments = (ins Kernel_Element:$input);
  let results = (outs Kernel_Element:$result);
  let assemblyFormat = "$input attr-dict `:` type($input) `to` type($result)";
}

def Kernel_YieldOp : Kernel_Op<"yield", [Pure, Terminator, HasParent<"MapOp">]> {
  let summary = "What a kernel.map writes at a point";
  let arguments = (ins Kernel_Element:$value);
  let assemblyFormat = "$value attr-dict `:` type($value)";
}

def Kernel_SoftmaxOp : Kernel_StepOp<"softmax"> {
  let summary = "Softmax of rows";
  let description = [{
    Input and output `...xD`; a task is `rows_per_task` rows: the maximum, exponentials and their sum, then times its reciprocal. The output may
    be the input.

    1. input has rank 1 or more, output its shape; 2. `rows_per_task` is at least 1.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$output, Kernel_Positive:$rows_per_task);
  let assemblyFormat = "$input `into` $output `rows_per_task` $rows_per_task attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Kernel_ReductionAttr : EnumAttr<Kernel_Dialect, Kernel_Reduction, "reduction">;

def Kernel_ReduceOp : Kernel_StepOp<"reduce"> {
  let summary = "Mean, maximum or Euclidean norm over one dimension";
  let description = [{
    The output has the input's shape with 1 in place of dimension `dim`; a maximum is NaN if an element is. A task is `rows_per_task` rows by
    `columns_per_task` columns of the output; no sum is split.

    1. `dim` is a dimension of the input, and the output is as said above; 2. it is not the input; 3. `rows_per_task` is at least 1, and
    `columns_per_task` is the output's columns or a multiple of 128.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$output, Kernel_ReductionAttr:$reduction, Kernel_NonNegative:$dim,
      Kernel_Positive:$rows_per_task, Kernel_Positive:$columns_per_task);
  let assemblyFormat = [{
    `` $reduction $input `dim` $dim `into` $output `rows_per_task` $rows_per_task `columns_per_task` $columns_per_task attr-dict `:` type(operands)
  }];
  let hasVerifier = 1;
}

def Kernel_GatherOp : Kernel_StepOp<"gather"> {
  let summary = "Elements of a dimension by their numbers";
  let description = [{
    As `vit.gather`: input `AxNxB` and K indices make `AxKxB`, where A, K and B may be several dimensions each. What is moved is a row of B's last
    dimension, or an element where there is no B; a task is `rows_per_task` of them. For an index beyond the dimension the first element is moved:
    that ends the run before, if `kernel.check_indices` has looked at the indices.

    1. `dim` is a dimension of the input, and the output is as said above; 2. indices are i32 or i64 and lie behind each other; 3. output is none of the other operands.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_AnyBuffer:$indices, Kernel_Buffer:$output, Kernel_NonNegative:$dim,
      Kernel_Positive:$rows_per_task);
  let assemblyFormat = [{
    $input `by` $indices `dim` $dim `into` $output `rows_per_task` $rows_per_task attr-dict `:` type(operands)
  }];
  let extraClassDeclaration = [{
    /// Whether elements are moved, not rows.
    bool movesElements() { return int64_t(getDim()) + 1 == getInput().getType().getRank(); }
  }];
  let hasVerifier = 1;
}

def Kernel_CheckIndicesOp : Kernel_StepOp<"check_indices"> {
  let summary = "Look for indices beyond the dimension that they count in, and end the run if there are some";
  let description = [{
    `found` gets the place of the first index that is not from -size to size - 1, and that index; or -1 and 0. The runtime looks there behind
    the step, and ends the run with a message. There is one task.

    1. indices are i32 or i64, lie behind each other, and are as many as the check's shape has elements; 2. `found` is a `kernel.buffer` of two i64.
  }];
  let arguments = (ins Kernel_AnyBuffer:$indices, Kernel_AnyBuffer:$found, Kernel_IndexCheck:$check);
  let assemblyFormat = "$indices `into` $found `check` $check attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

def Kernel_MatmulOp : Kernel_ScheduledStepOp<"matmul"> {
  let summary = "Product of two activations, the right one packed before";
  let description = [{
    Left operand `...xK`, whose rows are divided evenly among the `B` matrices of the right one, `BxPxKx16`: element `[b, p, k, c]` is row k and
    column 16 p + c. Output `...xN`, bias `N`. Sums in registers as with `kernel.linear`. A task is one tile of `panels` panels times one block of `tiles_per_task` row tiles of one matrix.

    1. left operand has rank 1 or more, and output its shape but for the last dimension; 2. the right one is panels of depth K for the output's
    columns; 3. the number of matrices divides that of rows; 4. bias (if any) has rank 1 with N elements; 5. output is none of the
    other operands; 6. the schedule (if any) has all five parts, and its rows cover those of one matrix.
  }];
  let arguments = (ins Kernel_Buffer:$lhs, Kernel_Buffer:$rhs, Optional<Kernel_Buffer>:$bias, Kernel_Buffer:$output,
      OptionalAttr<Kernel_Schedule>:$schedule);
  let assemblyFormat = [{
    $lhs `,` $rhs (`bias` $bias^)? `into` $output (`schedule` $schedule^)? attr-dict `:` type(operands)
  }];
  let extraClassDeclaration = [{
    /// Number of matrices of the right operand.
    int64_t getMatrixCount() { return getRhs().getType().getDimSize(0); }
  }];
  let hasVerifier = 1;
}

def Kernel_LaunchOp : Kernel_Op<"launch", [MemoryEffects<[MemRead<DefaultResource>, MemWrite<DefaultResource>]>,
    DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "One step: a kernel function for every task";
  let description = [{
    Created by `convert-kernel-to-vector`, consumed when the program table is written. The callee takes the task's number and the buffers,
    those of i1 and ui8 as bytes (i8). With `check` the run ends if the callee, a `kernel.check_indices`, has found something.

    1. the callee is a function of the module that takes an index and the buffers, and returns nothing; 2. there are at most 16 buffers, of
    which one may be scratch (tasks use a thread's scratch from its beginning); 3. `tasks` is at least 1; 4. `kind` consists of letters,
    digits and underscores, and `flops` is not negative; 5. with `check`, the last buffer is as the `found` of `kernel.check_indices`, and there is
    one task.
  }];
  let arguments = (ins FlatSymbolRefAttr:$callee, Variadic<Kernel_OperandBuffer>:$buffers, Kernel_Positive:$tasks, Kernel_Kind:$kind,
      Kernel_NonNegative:$flops, OptionalAttr<Kernel_IndexCheck>:$check);
  let assemblyFormat = [{
    $kind $callee `(` $buffers `)` `tasks` $tasks `flops` $flops (`check` $check^)? attr-dict `:` type($buffers)
  }];
  let hasVerifier = 1;
}

#endif // VITC_DIALECT_KERNEL_IR_KERNELOPS_TD
