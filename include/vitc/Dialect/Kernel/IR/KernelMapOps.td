//===- KernelMapOps.td - steps on maps -----------------------*- tablegen -*-===//
//
// Convolutions, pooling, resizing and windows of channels-last maps. Constraints are numbered as in KernelOps.td.
//
//===----------------------------------------------------------------------===//

#ifndef VITC_DIALECT_KERNEL_IR_KERNELMAPOPS_TD
#define VITC_DIALECT_KERNEL_IR_KERNELMAPOPS_TD

include "vitc/Dialect/Kernel/IR/KernelHeadOps.td"

def Kernel_Conv2dOp : Kernel_ScheduledStepOp<"conv2d", [AttrSizedOperandSegments]> {
  let summary = "Convolution of a channels-last map, on vectors of outputs";
  let description = [{
    As `vit.conv2d`, with filters `KHxKWxCxO'`: input `HxWx(C*groups)`, bias `O`, output `H'xW'xO`. A tile of at most `pixels` neighbours in a row of the
    output by 16 outputs of a group is summed in registers; then the residual is added, and the activation applied. A task is one row of the
    output.
    With `window` there is one group, and the filters are panels of depth KH*KW*C in the order row, column, channel: a task is one panel, which
    stays in cache, times `getRowsPerTask()` rows. With `channels_first` the input is `CxHxW`, as pictures are: its elements are read one by one,
    so that a few channels need not be brought together first.

    1. input and output have rank 3, the filters rank 4; 2. there are two strides and two dilations, at least 1, four paddings, at least 0, none
    above 2^38; 3. `groups` divides O, and C times `groups` is the input's channels; 4. O' is O padded to whole panels; 5. the output has the
    size that follows; 6. bias (if any) has rank 1 with O elements; 7. output is none of the other operands; 8. `pixels` (if there, set by `kernel-schedule`) is from 1 to 64;
    9. residual (if any) has the output's shape; 10. `window` (if any) is two sizes of at least 1, with one group and filters in as many panels
    as the output has; 11. with `channels_first` there is a window.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$filters, Optional<Kernel_Buffer>:$bias, Optional<Kernel_Buffer>:$residual,
      Kernel_Buffer:$output, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation, Kernel_Positive:$groups,
      Vit_ActivationKindAttr:$activation, OptionalAttr<DenseI64ArrayAttr>:$window, UnitAttr:$channels_first,
      OptionalAttr<Kernel_Int<1, 64>>:$pixels);
  let assemblyFormat = [{
    $input `,` $filters (`bias` $bias^)? (`residual` $residual^)? `into` $output `stride` $stride `padding` $padding `dilation` $dilation
    `groups` $groups `activation` `` $activation (`window` $window^)? (`channels_first` $channels_first^)? (`pixels` $pixels^)? attr-dict `:` type(operands)
  }];
  let extraClassDeclaration = [{
    /// Height or width of the filter, and its channels.
    int64_t getFilterSize(unsigned axis);
    int64_t getFilterChannels();
    /// Height or width of the input, and its channels.
    int64_t getInputSize(unsigned axis) { return getInput().getType().getDimSize(getChannelsFirst() ? axis + 1 : axis); }
    int64_t getInputChannels() { return getInput().getType().getDimSize(getChannelsFirst() ? 0 : 2); }
    /// Rows of the output in a task: all, unless the panels alone would be too few tasks.
    int64_t getRowsPerTask();
  }];
  let hasVerifier = 1;
}

def Kernel_WinogradConv2dOp : Kernel_ScheduledStepOp<"winograd_conv2d", [AttrSizedOperandSegments]> {
  let summary = "3x3 convolution of stride 1 by Winograd's minimal filtering";
  let description = [{
    As `kernel.conv2d` with a window of 3x3, strides, dilations and groups of 1, in tiles of m x m outputs (`tile`) that are made from n x n inputs, n = m + 2:
    filters are `vit.weight_winograd`'s in panels, of depth n*n*C in the order position, channel.
    The tiles of the output, row by row, are the rows of n*n products with them; `schedule` divides those. A task is one block of
    `tiles_per_task` register tiles times `panels_per_task` panels: it transforms its tiles' inputs into scratch, and then, `getPassPanels()` panels
    at a time, computes the products and transforms them back; then the residual is added, and the activation applied. The error is stated in
    `vitc/Dialect/Vit/IR/Winograd.h`.

    1. input and output have rank 3; 2. there are four paddings, from 0 to 2; 3. `tile` is 2 or 4; 4. the filters are panels of depth n*n*C, as many as the
    output has; 5. the output has the size that follows; 6. bias (if any) has rank 1 with O elements; 7. output is none of the other operands;
    8. residual (if any) has the output's shape; 9. the schedule (if any) has all five parts, its rows cover the tiles of the output, and `panels_per_task`
    is there, a multiple of `panels`; 10. scratch is there with it, T x n*n x S: T is at least the tiles of a block, and S is at least C, padded to
    whole panels, and the columns of a pass.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$filters, Optional<Kernel_Buffer>:$bias, Optional<Kernel_Buffer>:$residual,
      Kernel_Buffer:$output, Optional<Kernel_Buffer>:$scratch, DenseI64ArrayAttr:$padding, I64Attr:$tile, Vit_ActivationKindAttr:$activation,
      OptionalAttr<Kernel_Schedule>:$schedule, OptionalAttr<Kernel_Positive>:$panels_per_task);
  let assemblyFormat = [{
    $input `,` $filters (`bias` $bias^)? (`residual` $residual^)? `into` $output (`scratch` $scratch^)? `padding` $padding `tile` $tile
    `activation` `` $activation (`schedule` $schedule^)? (`panels_per_task` $panels_per_task^)? attr-dict `:` type(operands)
  }];
  let extraClassDeclaration = [{
    /// Tiles of the output along an axis.
    int64_t getTileCount(unsigned axis);
    /// Panels whose products are in scratch at once: while they are made, a task's inputs are read from the first cache.
    int64_t getPassPanels();
    /// Most tiles in a block of `tiles_per_task` register tiles.
    int64_t getBlockTiles();
  }];
  let hasVerifier = 1;
}

def Kernel_Pool2dOp : Kernel_StepOp<"pool2d"> {
  let summary = "Maximum or average of the windows of a channels-last map, on vectors of channels";
  let description = [{
    As `vit.pool2d`. A task is one row of the output.

    1. input and output have rank 3 and the same channels; 2. there are two sizes, strides and dilations, at least 1, and four paddings, at
    least 0, none above 2^38; 3. every window of the output begins before the end of the input and reaches beyond its
    beginning; 4. output is not the input.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$output, Vit_PoolKindAttr:$pool, DenseI64ArrayAttr:$window,
      DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$padding, DenseI64ArrayAttr:$dilation, UnitAttr:$count_include_pad);
  let extraClassDeclaration = [{
    /// Height or width of the input.
    int64_t getInputSize(unsigned axis) { return getInput().getType().getDimSize(axis); }
  }];
  let assemblyFormat = [{
    $pool $input `into` $output `window` $window `stride` $stride `padding` $padding `dilation` $dilation attr-dict `:` type(operands)
  }];
  let hasVerifier = 1;
}

def Kernel_Resize2dOp : Kernel_StepOp<"resize2d"> {
  let summary = "A channels-last map at another size, on vectors of channels";
  let description = [{
    As `vit.resize2d`: `rows` is `H'x(1 + K)`, for every row of the output the first of K of the input and their factors, `columns` `W'x(1 + L)` alike
    (`vit.weight_resample_taps`). Sums over L columns are multiplied by the row's factor, and added up over K rows; then the residual is added, and the
    activation applied. A task is one row of the output.

    1. input and output have rank 3 and the same channels; 2. `rows` and `columns` have rank 2, a row for each of the output's rows and columns, and factors
    for one to as many as the input has; 3. output is none of the other operands; 4. residual (if any) has the output's shape.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$rows, Kernel_Buffer:$columns, Optional<Kernel_Buffer>:$residual,
      Kernel_Buffer:$output, DefaultValuedAttr<Vit_ActivationKindAttr, "::vitc::vit::ActivationKind::None">:$activation);
  let assemblyFormat = [{
    $input `rows` $rows `columns` $columns (`residual` $residual^)? `into` $output (`activation` `` $activation^)? attr-dict `:` type(operands)
  }];
  let hasVerifier = 1;
}

def Kernel_WindowsOp : Kernel_StepOp<"windows"> {
  let summary = "A channels-last map as windows, or windows as a map";
  let description = [{
    As `vit.window_partition`, input `HxWxC` and output `SxTxC`, or with `merges` as `vit.window_merge`, input `SxTxC` and output `HxWxC`. A task is one row of the
    map's pixels, or one window.

    1. input and output have rank 3, the same channels, and the map's or the windows' size; 2. output is not the input.
  }];
  let arguments = (ins Kernel_Buffer:$input, Kernel_Buffer:$output, Vit_WindowsAttr:$windows, UnitAttr:$merges);
  let assemblyFormat = "$input `into` $output $windows (`merges` $merges^)? attr-dict `:` type(operands)";
  let hasVerifier = 1;
}

#endif // VITC_DIALECT_KERNEL_IR_KERNELMAPOPS_TD
