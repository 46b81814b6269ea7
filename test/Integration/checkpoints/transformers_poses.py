"""The cases of transformers' models of keypoints: ViTPose, and the backbone that it stands on."""

import torch

from transformers_library import Case
from transformers_shared import labels

BACKBONE = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "image_size": [26, 19], "patch_size": [8, 6]}
BACKBONE |= {"mlp_ratio": 2}
KIND = {"model_type": "vitpose_backbone"}
POSES = [
    Case(
        "vitpose_backbone",
        "VitPoseBackbone",
        BACKBONE | {"out_indices": [0, 2, -1], "hidden_act": "gelu_new", "layer_norm_eps": 1e-2, "num_channels": 2, "qkv_bias": False},
        "patches that are not square, moved by a border of 2 pixels, of pictures that they do not divide; normed tokens before the first "
        "layer and behind two; f16",
        dtype=torch.float16,
        states=True,
        remove=("out_features",),
        mistakes={"out_features": [["stage1"]], "num_attention_heads": [4], "patch_size": [[8, 8]], "num_experts": [2], "mlp_ratio": [3]},
    ),
    Case(
        "vitpose_simple",
        "VitPoseForPoseEstimation",
        {"backbone_config": KIND | BACKBONE | {"out_features": ["stage2"]}, "scale_factor": 3} | labels(5),
        "the simple decoder: five heatmaps of three times the patches' rows; a layer that nothing needs; f16",
        size=(26, 19),
        dtype=torch.float16,
        unused=("encoder.layer.2.",),
        mistakes={"scale_factor": [4], "use_simple_decoder": [False]},
    ),
    Case(
        "vitpose_defaults",
        "VitPoseForPoseEstimation",
        {"backbone_config": KIND | {"hidden_size": 12, "num_hidden_layers": 1, "num_attention_heads": 3, "image_size": [32, 48], "out_indices": [1]}},
        "keys left out: the simple decoder, four times the patches' rows; f16",
        size=(32, 48),
        dtype=torch.float16,
        remove=("scale_factor", "use_simple_decoder"),
    ),
    Case(
        "vitpose_classic",
        "VitPoseForPoseEstimation",
        {"backbone_config": KIND | BACKBONE | {"image_size": [26, 25], "out_indices": [3]}, "use_simple_decoder": False} | labels(4),
        "the classic decoder: transposed convolutions, whose 256 channels no key changes",
        size=(26, 25),
        made_up=True,
        unused=("num_batches_tracked",),
    ),
    Case(
        "vitpose_backbone_defaults",
        "VitPoseBackbone",
        {"hidden_size": 12, "num_hidden_layers": 1, "image_size": [32, 48]},
        "keys left out: patches of 16, 12 heads, MLPs of four times the width, layer_norm_eps 1e-12, hidden_act gelu, the last stage; tokens of "
        "small variance; f16",
        dtype=torch.float16,
        embedding_scale=0.01,
        remove=("patch_size", "num_attention_heads", "mlp_ratio", "layer_norm_eps", "hidden_act", "num_channels", "qkv_bias")
        + ("num_experts", "part_features", "out_features", "out_indices"),
        mistakes={"num_attention_heads": [6], "patch_size": [[16, 12]], "mlp_ratio": [2], "hidden_act": ["relu"], "qkv_bias": [False]},
    ),
]
