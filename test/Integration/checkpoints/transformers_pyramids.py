"""The cases of transformers' networks of stages with other mixers than convolutions: PoolFormer, PVT v2, LeViT,
SegFormer."""

import torch

from transformers_library import Case
from transformers_shared import labels

POOLFORMER_SMALL = {"num_encoder_blocks": 2, "depths": [1, 2], "hidden_sizes": [8, 12], "patch_sizes": [5, 3]}
POOLFORMER_SMALL |= {"strides": [3, 2], "padding": [2, 1], "mlp_ratio": 2.3, "pool_size": 5}
POOLFORMER = [
    Case(
        "poolformer_classifier",
        "PoolFormerForImageClassification",
        POOLFORMER_SMALL | {"hidden_act": "gelu_new", "num_channels": 2} | labels(5),
        "averages whose windows reach over the edges; a norm over whole maps before the classifier",
        size=(38, 29),
        states=True,
        mistakes={"pool_size": [3], "strides": [[3, 1]], "padding": [[1, 1]], "use_layer_scale": [False]},
    ),
    Case(
        "poolformer_bare",
        "PoolFormerModel",
        POOLFORMER_SMALL | {"use_layer_scale": False},
        "no layer scale; f16",
        size=(32, 32),
        dtype=torch.float16,
    ),
    Case(
        "poolformer_defaults",
        "PoolFormerModel",
        {"depths": [1, 1, 1, 1], "hidden_sizes": [4, 6, 8, 12]},
        "keys left out: windows of 3, four stages, mlp_ratio is 4, hidden_act gelu",
        size=(64, 64),
        remove=("pool_size", "num_encoder_blocks", "mlp_ratio", "hidden_act", "patch_sizes", "strides", "padding"),
        mistakes={"hidden_act": ["relu"], "patch_sizes": [[7, 3, 3, 1]], "num_encoder_blocks": [3]},
    ),
]

PVT_SMALL = {"num_encoder_blocks": 2, "depths": [1, 2], "hidden_sizes": [8, 12], "patch_sizes": [7, 3]}
PVT_SMALL |= {"strides": [4, 2], "num_attention_heads": [1, 3], "sr_ratios": [3, 1], "mlp_ratios": [2, 3]}
PVT_MISTAKES = {"num_attention_heads": [[2, 3]], "strides": [[4, 1]], "layer_norm_eps": [1e-6]}
PVT = [
    Case(
        "pvt_v2_classifier",
        "PvtV2ForImageClassification",
        PVT_SMALL
        | {"image_size": [38, 50], "hidden_act": "gelu_new", "num_channels": 2, "layer_norm_eps": 0.1, "qkv_bias": False}
        | labels(5),
        "keys and values of reduced maps, which leave out rows at the bottom; no biases of queries, keys and values",
        states=True,
        mistakes=PVT_MISTAKES,
    ),
    Case(
        "pvt_v2_linear",
        "PvtV2Model",
        PVT_SMALL | {"linear_attention": True, "image_size": [40, 44], "sr_ratios": [1, 1]},
        "averages of 7 x 7 windows of larger and smaller maps; their GELU is the exact one; bf16",
        dtype=torch.bfloat16,
        mistakes={"hidden_act": ["relu"]},
    ),
    Case(
        "pvt_v2_backbone",
        "PvtV2Backbone",
        {"depths": [1, 1, 1, 1], "hidden_sizes": [4, 6, 10, 16], "image_size": 64, "out_features": ["stage1", "stage3"]},
        "maps of two stages; keys left out: patches of 7 and 3, 1, 2, 5 and 8 heads, layer_norm_eps is 1e-6, hidden_act "
        "gelu",
        states=True,
        remove=("out_indices", "num_encoder_blocks", "sr_ratios", "patch_sizes", "strides", "num_attention_heads")
        + ("mlp_ratios", "layer_norm_eps", "hidden_act", "qkv_bias", "linear_attention"),
        unused=("encoder.layers.3.",),
        mistakes={"out_indices": [[1]], "hidden_act": ["relu"], "patch_sizes": [[7, 1, 3, 3]]},
    ),
]

# A counter of training.
COUNTER = ("num_batches_tracked",)
LEVIT_SMALL = {"hidden_sizes": [16, 24, 32], "num_attention_heads": [2, 3, 2], "depths": [1, 2, 1], "key_dim": [4, 5, 6]}
LEVIT_SMALL |= {"mlp_ratio": [2, 3, 1], "attention_ratio": [2, 1, 3]}
LEVIT_MISTAKES = {"num_attention_heads": [[2, 2, 2]], "key_dim": [[4, 4, 6]], "patch_size": [24], "padding": [0]}
LEVIT = [
    Case(
        "levit_teacher",
        "LevitForImageClassificationWithTeacher",
        LEVIT_SMALL
        | {"image_size": 96, "num_channels": 1, "hidden_sizes": [16, 24], "depths": [1, 2]}
        | {"down_ops": [["Subsample", 4, 4, 4, 2, 2]]}
        | labels(5),
        "two classifiers, each behind a norm of its own; attention whose queries are every second row and column of 6 x 6 "
        "tokens",
        states=True,
        unused=COUNTER,
        mistakes=LEVIT_MISTAKES,
    ),
    Case(
        "levit_bare",
        "LevitModel",
        LEVIT_SMALL
        | {"image_size": 112, "kernel_size": 5, "padding": 2, "mlp_ratio": [0, 2, 2], "num_channels": 1}
        | {"down_ops": [["Subsample", 4, 2, 3, 0, 3], ["Subsample", 5, 3, 1, 1, 2]]},
        "down_ops of the file: every third row and column of 7 x 7, no MLP behind them; f16",
        dtype=torch.float16,
        unused=COUNTER,
        mistakes={"down_ops": [[["Subsample", 4, 2, 3, 0, 2], ["Subsample", 5, 3, 1, 1, 2]]], "stride": [3]},
    ),
    Case(
        "levit_defaults",
        "LevitForImageClassification",
        {"hidden_sizes": [16, 32, 48], "num_attention_heads": [1, 2, 3], "depths": [1, 1, 1], "image_size": 64} | labels(3),
        "keys left out: keys of 16, ratios of 2, down_ops that follow from the widths; bf16",
        dtype=torch.bfloat16,
        remove=("kernel_size", "stride", "padding", "patch_size", "key_dim", "mlp_ratio", "attention_ratio", "down_ops"),
        # Of the only token.
        unused=(*COUNTER, "stages.2.layers.0.module.attention_biases"),
        mistakes={"attention_ratio": [[2, 2, 1]], "kernel_size": [5]},
    ),
]

SEGFORMER_SMALL = {"num_encoder_blocks": 2, "depths": [1, 2], "hidden_sizes": [8, 12], "patch_sizes": [7, 3]}
SEGFORMER_SMALL |= {"strides": [4, 2], "num_attention_heads": [1, 3], "sr_ratios": [3, 1], "mlp_ratios": [2, 3]}
SEGFORMER_MISTAKES = {"num_attention_heads": [[2, 3]], "strides": [[4, 1]], "sr_ratios": [[2, 1]]}
SEGFORMER = [
    Case(
        "segformer_segmentation",
        "SegformerForSemanticSegmentation",
        SEGFORMER_SMALL | {"hidden_act": "gelu_new", "num_channels": 2, "decoder_hidden_size": 10} | labels(5),
        "a map of every stage, enlarged to the first; keys and values of a map that leaves out rows at the bottom",
        size=(26, 37),
        states=True,
        unused=COUNTER,
        mistakes=SEGFORMER_MISTAKES,
    ),
    Case(
        "segformer_classifier",
        "SegformerForImageClassification",
        SEGFORMER_SMALL | {"reshape_last_stage": False} | labels(5),
        "the last stage as tokens; f16",
        size=(16, 24),
        dtype=torch.float16,
        states=True,
    ),
    Case(
        "segformer_bare",
        "SegformerModel",
        {"depths": [1, 1, 1, 1], "hidden_sizes": [4, 6, 10, 16], "num_channels": 3},
        "keys left out: patches of 7 and 3, 1, 2, 5 and 8 heads, reductions by 8, 4 and 2, mlp_ratios 4, hidden_act gelu; the "
        "last stage is a map",
        size=(32, 64),
        remove=("num_encoder_blocks", "sr_ratios", "patch_sizes", "strides", "num_attention_heads", "mlp_ratios", "hidden_act")
        + ("reshape_last_stage", "num_channels"),
        mistakes={"hidden_act": ["relu"], "patch_sizes": [[7, 1, 3, 3]], "mlp_ratios": [[4, 4, 4, 2]]},
    ),
    Case(
        "segformer_decoder",
        "SegformerForSemanticSegmentation",
        {"num_encoder_blocks": 1, "depths": [1], "hidden_sizes": [4], "sr_ratios": [1], "mlp_ratios": [2]} | labels(2),
        "keys left out: 256 features in the decoder; f16",
        size=(16, 16),
        dtype=torch.float16,
        remove=("decoder_hidden_size",),
        unused=COUNTER,
        mistakes={"decoder_hidden_size": [128]},
    ),
]

PYRAMIDS = POOLFORMER + PVT + LEVIT + SEGFORMER
