//===- Passes.td - passes from vit to vit -------------------*- tablegen -*-===//

#ifndef VITC_DIALECT_VIT_TRANSFORMS_PASSES_TD
#define VITC_DIALECT_VIT_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

/// A pass on functions that can say why it left a candidate alone.
class Vit_Pass<string flag> : Pass<flag, "::mlir::func::FuncOp"> {
  let dependentDialects = ["::vitc::vit::VitDialect"];
  let options = [
    Option<"emitRemarks", "emit-remarks", "bool", "false", "Emit a remark for every candidate that is refused">
  ];
}

def SinkTranspose : Pass<"vit-sink-transpose", "::mlir::func::FuncOp"> {
  let summary = "Move transpositions between channels first and channels last behind what works on either";
  let description = [{
    Ops on maps want channels last; a description whose maps have them first becomes these ops between transpositions. Those that
    swap the outer dimensions with the inner ones (`[2, 0, 1]`, say) move behind elementwise ops, slices, concatenations,
    paddings, reductions and such reshapes as split or join dimensions on either side, where they meet others and cancel out.

        %a = vit.transpose %map [2, 0, 1]                     %s = vit.activation relu %map
        %b = vit.activation relu %a                      ==>  %y = vit.conv2d %s, %w
        %y = vit.conv2d (vit.transpose %b [1, 2, 0]), %w

    Of several operands all are such, or weights, or have one dimension that is not 1. A transposition that leaves all dimensions
    but those of 1 in their order becomes a reshape, and two with a reshape between them become one.
  }];
  let dependentDialects = ["::vitc::vit::VitDialect"];
}

def HoistSlice : Vit_Pass<"vit-hoist-slice"> {
  let summary = "Compute only the rows that a slice leaves, and cut weights instead of results";
  let description = [{
    Moves a `vit.slice` above the op that makes its input where that op works row by row. So a classifier on the class token
    needs one row of the last block's queries, attention and MLP; keys and values keep all rows.

        %y = vit.linear %x, %w : (tensor<197x192xf32>, ...)        %r = vit.slice %x dim 0 [0, 1]
        %z = vit.slice %y dim 0 [0, 1]                        ==>  %z = vit.linear %r, %w : (tensor<1x192xf32>, ...)

    An op is moved only if all users of its result are slices of one dimension, so no work is done twice. Then either

    1. they need at most half of it: the op is made for the range from the first to the last element that is needed. (For
       more than that, the copies of rows that slices become cost what is saved.) Or
    2. they do not overlap, and the op is a linear layer sliced in its features, a reshape or a transposition: it is made
       once for each slice. So a joint projection to queries, keys and values becomes three with slices of its weight.
  }];
}

def FusePatchEmbedding : Vit_Pass<"vit-fuse-patch-embedding"> {
  let summary = "Fuse a convolution to patches with prefix tokens and positions";
  let description = [{
    Matches a `vit.conv2d` of a `CxHxW` image whose stride is its kernel, without padding, dilation and groups, the reshape of
    its result to tokens, and then, in any order, additions of weights and concatenations with weight rows in front. What
    is added at compile time becomes one weight, the addend.

        %c = vit.conv2d (vit.transpose %image [1, 2, 0]), %w, %b {stride = [16, 16]}
        %t = vit.reshape %c : ... -> tensor<196x192xf32>
        %p = vit.concat %class_token, %t dim 0
        %x = vit.add %p, %positions
      ==>
        %x = vit.fused_patch_embedding %image, %w, (positions + concat(class_token, broadcast(b)))
  }];
}

def FoldBatchNorm : Vit_Pass<"vit-fold-batch-norm"> {
  let summary = "Fold batch norms into the convolutions and linear layers before them";
  let description = [{
    With `s = weight / sqrt(variance + epsilon)`, the norm of a convolution that nothing else uses is

        conv(x, W, b) * s + (bias - mean * s)  =  conv(x, diag(s) W, (b - mean) * s + bias)

    and the new weights are computed once, at compile time. Where there is none before it (or its weights are computed at
    run time, or others read its result) the norm becomes a `vit.mul` and a `vit.add` of such weights.
  }];
}

def HoistProduct : Vit_Pass<"vit-hoist-product"> {
  let summary = "Compute products of pixels before their maps are enlarged";
  let description = [{
    A `vit.conv2d` of one pixel's window multiplies each pixel on its own, and `vit.resize2d` sums pixels by factors that are the same for all
    channels: which is first does not matter but for rounding, and the product of the smaller map is cheaper. That holds for a map alone; of a concatenation of channels each
    input has its own columns of the weight; the products of those that are not enlarged stay one, to which the others are added.

        %y = vit.conv2d (vit.concat %a, (vit.resize2d bilinear %b) dim 2), %w, %bias
      ==>
        %y = vit.add (vit.conv2d %a, %w[first columns], %bias), (vit.resize2d bilinear (vit.conv2d %b, %w[other columns]))

    A map of one pixel is the same everywhere when it is enlarged (the pooled branch of ASPP): its product is computed for one place, and is a bias of the
    others, so that no map is made of it.

        %y = vit.conv2d (vit.concat %a, (vit.resize2d bilinear %pooled) dim 2), %w, %bias
      ==>
        %y = vit.conv2d %a, %w[first columns], (vit.reshape (vit.conv2d %pooled, %w[other columns], %bias))

    The rounding: sums of K terms become those of their parts. SegFormer-B0's head at 512x512 (K = 1024, three of four maps enlarged): 8.6 GFLOP become 2.4,
    and its logits differ from those computed in the other order by 6e-7 of the largest.
  }];
}

def FuseConvolution : Vit_Pass<"vit-fuse-convolution"> {
  let summary = "Fuse convolutions with residual and activation; those of one pixel become linear layers";
  let description = [{
    Every `vit.conv2d` whose window is one pixel, without padding and groups, becomes a `vit.linear` of the
    channels; of those pixels that its stride takes, in a map that a `vit.pool2d` of one pixel makes. Every other becomes a `vit.fused_conv2d`, which takes over what follows it and uses nothing else: the
    addition of a tensor of the same shape, then an activation.

        %y = vit.activation relu (vit.add (vit.conv2d %x, %w, %b), %shortcut)
      ==>
        %y = vit.fused_conv2d %x, %w bias %b residual %shortcut activation relu
  }];
}

def JoinLinear : Pass<"vit-join-linear", "::mlir::func::FuncOp"> {
  let summary = "Make one linear layer of two with nothing between them";
  let description = [{
    What is left of a projection and the next one when only the enlargement of a map stood between them (`vit-hoist-product`), perhaps with a
    reshape that leaves the features. Where one has fewer products than two:

        %y = vit.linear (vit.linear %x, %w1, %b1), %w2, %b2
      ==>
        %y = vit.linear %x, (vit.weight_matmul %w2, %w1), (vit.weight_matvec %w2, %b1) + %b2
  }];
  let dependentDialects = ["::vitc::vit::VitDialect"];
}

def FuseResize : Pass<"vit-fuse-resize", "::mlir::func::FuncOp"> {
  let summary = "Fuse what is added to a resized map, and an activation";
  let description = [{
    A `vit.resize2d` whose result only an addition of a map of its size, an activation, or one after the other uses becomes a
    `vit.fused_resize2d`. A linear layer that is added takes the map instead (`vit-fuse-mlp`).
  }];
  let dependentDialects = ["::vitc::vit::VitDialect"];
}

def FoldLayerNorm : Vit_Pass<"vit-fold-layer-norm"> {
  let summary = "Fold weight and bias of a layer norm into the linear layers that follow it";
  let description = [{
    If every user of a `vit.layer_norm`, through slices, reshapes and transpositions that keep its features, is a `vit.linear`:

        W (x * gamma + beta) + b  =  (W diag(gamma)) x + (b + W beta)

    so that the norm only normalises, and the new weights are computed once, at compile time.
  }];
}

def FuseAttention : Vit_Pass<"vit-fuse-attention"> {
  let summary = "Fuse projections by head, scores, softmax and weighted sum";
  let description = [{
    Matches, for query, key and value, a `vit.linear` with reshape and transposition to heads, the product of queries and
    keys with scales and additions of biases or masks, a `vit.softmax`, the product with the values, and the transposition
    and reshape back to tokens. Projections of one input become one `vit.fused_head_projection` (queries may come
    from fewer rows, or from other tokens); all scales are folded into the weight and bias of the queries; the rest becomes
    `vit.fused_attention`. Nothing is transposed in memory. A `vit.rotary` of queries and keys by head stays between the
    two, as one op for both; so does a `vit.layer_norm` of either, before it, and scales behind that become the attention's.

        %s = vit.softmax (vit.scale (vit.matmul %q, %k {transpose_rhs}) by 0.125)
        %c = vit.reshape (vit.transpose (vit.matmul %s, %v) [1, 0, 2])
      ==>
        %p = vit.fused_head_projection %x, (concat(0.125 Wq, Wk, Wv)), ... {num_heads = 3, parts = 3}
        %c = vit.fused_attention %p[0], %p[1], %p[2] scale 1.0
  }];
}

def FuseMlp : Vit_Pass<"vit-fuse-mlp"> {
  let summary = "Fuse linear layers with activation, layer scale and residual";
  let description = [{
    Every `vit.linear` becomes a `vit.fused_linear`, which takes over what follows it and uses nothing else: first scales by a
    number or by a weight vector (into weight and bias) or an activation, then the addition of a tensor of the same shape,
    then an activation if there was none before.
    Inputs of another rank than 2 are reshaped.

        %y = vit.add %x, (vit.mul (vit.linear %h, %w, %b), %layer_scale)
      ==>
        %y = vit.fused_linear %h, (layer_scale * w) bias (layer_scale * b) residual %x
  }];
}

def SetPrecision : Pass<"vit-set-precision", "::mlir::func::FuncOp"> {
  let summary = "Say which products are computed with numbers of fewer bits";
  let description = [{
    Gives the module's `vit.precision` (f32 without it) to every `vit.fused_linear` and `vit.fused_head_projection` that has such a form: whose weight
    is known at compile time, whose sums of products are of 32 to 65536 terms, whose result is not what the function returns, and whose node is not named
    by a pattern of `vit.keep_f32`; `vit.attention` to every `vit.fused_attention` whose heads have an even number of features; and to every `vit.fused_patch_embedding` with patches of an even number of columns, which is not what the
    function returns, bf16 if `vit.precision` is that, or if it is of 8 bits and `vit.attention` is bf16. Everything else stays f32.
  }];
  let dependentDialects = ["::vitc::vit::VitDialect"];
  let options = [
    Option<"emitRemarks", "emit-remarks", "bool", "false", "Emit a remark for every product that stays f32">
  ];
}

def VerifyFused : Pass<"vit-verify-fused", "::mlir::func::FuncOp"> {
  let summary = "Check that what a fused op covers is fused";
  let description = [{
    The contract of the phase `vit-fused`: a candidate of a fusion pass is fused, or carries `vit.not_fused` with the reason why
    not. Anything else is an error, since it would run slowly without anyone noticing.
  }];
}

#endif // VITC_DIALECT_VIT_TRANSFORMS_PASSES_TD
