"""The cases of transformers' convolutional networks with gates and layer norms: ConvNeXt, RegNet, EfficientNet."""

import torch

from transformers_library import Case
from transformers_shared import labels

# A counter of training.
COUNTER = ("num_batches_tracked",)

CONVNEXT_SMALL = {"hidden_sizes": [8, 12, 20], "depths": [1, 2, 1], "num_stages": 3}
CONVNEXT = [
    Case(
        "convnext_classifier",
        "ConvNextForImageClassification",
        CONVNEXT_SMALL | {"image_size": [38, 50], "hidden_act": "gelu_new", "num_channels": 2, "layer_norm_eps": 0.1} | labels(5),
        "the epsilon of the configuration is that of the pooled features alone; a picture that fills no whole patches",
        states=True,
        mistakes={"patch_size": [2], "hidden_sizes": [[8, 16, 20]], "depths": [[1, 1, 1]], "num_stages": [2]},
    ),
    Case(
        "convnext_bare",
        "ConvNextModel",
        {"hidden_sizes": [8, 8, 16], "depths": [1, 1, 1], "num_stages": 3, "image_size": 40, "patch_size": 2}
        | {"layer_scale_init_value": 0.0},
        "no layer scale; two stages of one width; f16",
        dtype=torch.float16,
    ),
    Case(
        "convnext_defaults",
        "ConvNextModel",
        {"hidden_sizes": [4, 6, 8, 16], "depths": [1, 1, 1, 1], "image_size": 64},
        "keys left out: patches of 4, four stages, layer_norm_eps is 1e-12, hidden_act gelu",
        remove=("patch_size", "num_stages", "layer_norm_eps", "hidden_act", "layer_scale_init_value"),
        mistakes={"hidden_act": ["relu"]},
    ),
]


def convnext_backbone(name, architecture):
    return Case(
        name,
        architecture,
        CONVNEXT_SMALL | {"image_size": 40, "out_indices": [0, 2]},
        "maps of two stages, each behind a norm; out_features left out",
        states=True,
        unused=("encoder.stages.2.",),
        remove=("out_features",),
        mistakes={"out_features": [["stage1"]]},
    )


CONVNEXT_BACKBONE = convnext_backbone("convnext_backbone", "ConvNextBackbone")
CONVNEXTV2 = [
    Case(
        "convnextv2_classifier",
        "ConvNextV2ForImageClassification",
        CONVNEXT_SMALL | {"image_size": [38, 50], "hidden_act": "gelu_new", "num_channels": 2, "layer_norm_eps": 0.1} | labels(5),
        "norms of the responses of whole maps",
        states=True,
        mistakes={"patch_size": [2], "hidden_sizes": [[8, 16, 20]], "depths": [[1, 1, 1]], "num_stages": [2]},
    ),
    Case(
        "convnextv2_bare",
        "ConvNextV2Model",
        {"hidden_sizes": [4, 6, 8, 16], "depths": [1, 1, 1, 1], "image_size": 64},
        "keys left out: patches of 4, four stages, layer_norm_eps is 1e-12, hidden_act gelu; bf16",
        dtype=torch.bfloat16,
        remove=("patch_size", "num_stages", "layer_norm_eps", "hidden_act"),
        mistakes={"hidden_act": ["relu"]},
    ),
]

CONVNEXTV2_BACKBONE = convnext_backbone("convnextv2_backbone", "ConvNextV2Backbone")
MOBILENET_V1 = [
    Case(
        "mobilenet_v1_classifier",
        "MobileNetV1ForImageClassification",
        {"depth_multiplier": 0.07, "min_depth": 6, "image_size": [25, 30], "layer_norm_eps": 0.1, "num_channels": 2}
        | {"hidden_act": "hardswish"}
        | labels(4),
        "padding as TensorFlow's, at odd sizes",
        states=True,
        unused=COUNTER,
        mistakes={"hidden_act": ["relu6"], "layer_norm_eps": [1e-3], "min_depth": [8], "depth_multiplier": [0.09]},
    ),
    Case(
        "mobilenet_v1_bare",
        "MobileNetV1Model",
        {"depth_multiplier": 0.06, "image_size": 48, "tf_padding": False},
        "padding on both sides; keys left out: layer_norm_eps is 0.001, hidden_act relu6, min_depth 8",
        remove=("layer_norm_eps", "hidden_act", "min_depth"),
        unused=COUNTER,
        mistakes={"hidden_act": ["relu"]},
    ),
]

REGNET_SMALL = {"embedding_size": 12, "hidden_sizes": [8, 16, 24], "depths": [1, 2, 1], "groups_width": 4}
REGNET_MISTAKES = {"hidden_sizes": [[8, 12, 24]], "depths": [[1, 1, 1]], "groups_width": [8], "embedding_size": [16]}
REGNET = [
    Case(
        "regnet_y",
        "RegNetForImageClassification",
        REGNET_SMALL | {"hidden_act": "gelu", "downsample_in_first_stage": False, "num_channels": 2} | labels(5),
        "gates, whose activation is ReLU whatever hidden_act says, with a width from the layer's input; an odd size",
        size=(29, 36),
        states=True,
        unused=COUNTER,
        mistakes=REGNET_MISTAKES,
    ),
    Case(
        "regnet_x",
        "RegNetModel",
        REGNET_SMALL | {"layer_type": "x", "hidden_act": "silu", "groups_width": 5},
        "no gates; groups that are wider than groups_width; maps as outputs; f16",
        size=(40, 33),
        states=True,
        dtype=torch.float16,
        unused=COUNTER,
    ),
    Case(
        "regnet_defaults",
        "RegNetForImageClassification",
        {"hidden_sizes": [64, 64], "depths": [1, 1], "embedding_size": 10} | labels(3),
        "keys left out: layer_type is y, groups of 64, hidden_act relu; gates of 2 channels: 10 / 4 rounded to even",
        size=(20, 20),
        dtype=torch.bfloat16,
        unused=COUNTER,
        remove=("layer_type", "hidden_act", "downsample_in_first_stage", "groups_width"),
    ),
]

EFFICIENTNET_SMALL = {
    "width_coefficient": 0.13,
    "depth_coefficient": 1.2,
    "depth_divisor": 4,
    "in_channels": [32, 64, 96],
    "out_channels": [64, 96, 128],
    "kernel_sizes": [3, 5, 3],
    "strides": [1, 2, 2],
    "num_block_repeats": [1, 2, 1],
    "expand_ratios": [1, 3, 2],
    "hidden_dim": 168,
}
EFFICIENTNET_MISTAKES = {
    "expand_ratios": [[1, 2, 2]],
    "strides": [[1, 2, 1]],
    "kernel_sizes": [[3, 3, 3]],
    "in_channels": [[32, 64, 110]],
    "depth_divisor": [8],
}
EFFICIENTNET = [
    Case(
        "efficientnet_classifier",
        "EfficientNetForImageClassification",
        EFFICIENTNET_SMALL
        | {"image_size": [37, 50], "depthwise_padding": [2], "batch_norm_eps": 0.1, "num_channels": 2}
        | {"hidden_act": "hardswish", "squeeze_expansion_ratio": 0.4}
        | labels(4),
        "padding on two sides or on four, at odd sizes; widths and depths that are rounded",
        states=True,
        unused=COUNTER,
        mistakes=EFFICIENTNET_MISTAKES | {"depthwise_padding": [[]], "batch_norm_eps": [1e-3], "pooling_type": ["max"]},
    ),
    Case(
        "efficientnet_bare",
        "EfficientNetModel",
        EFFICIENTNET_SMALL | {"image_size": 48, "pooling_type": "max", "depth_coefficient": 0.5},
        "the maximum of the pixels; keys left out: batch_norm_eps is 0.001, hidden_act swish; bf16",
        remove=("batch_norm_eps", "hidden_act", "squeeze_expansion_ratio", "depthwise_padding"),
        dtype=torch.bfloat16,
        unused=COUNTER,
        mistakes={"hidden_act": ["relu"], "pooling_type": ["mean"]},
    ),
]

GATES = CONVNEXT + [CONVNEXT_BACKBONE] + CONVNEXTV2 + [CONVNEXTV2_BACKBONE] + MOBILENET_V1 + REGNET + EFFICIENTNET
