"""The cases of transformers' convolutional networks."""

import torch

from transformers_library import Case
from transformers_shared import labels

# A counter of training.
COUNTER = ("num_batches_tracked",)
RESNET_SMALL = {"embedding_size": 8, "hidden_sizes": [8, 12, 20], "depths": [1, 2, 1]}
RESNET_MISTAKES = {"hidden_sizes": [[8, 16, 20]], "depths": [[1, 1, 1]]}
BIT_SMALL = {"embedding_size": 8, "hidden_sizes": [16, 24, 32], "depths": [1, 2, 1], "num_groups": 4}
BIT_MISTAKES = {"num_groups": [2], "global_padding": ["same", "valid"], "embedding_dynamic_padding": [True]}
BIT = [
    Case(
        "bit_classifier",
        "BitForImageClassification",
        BIT_SMALL | {"hidden_act": "gelu", "num_channels": 2} | labels(5),
        "norms and activations in front of layers; zeros in front of the stem's maximum; two channels; an odd size; f16",
        size=(45, 52),
        dtype=torch.float16,
        states=True,
        mistakes=BIT_MISTAKES | {"layer_type": ["bottleneck"], "output_stride": [8], "width_factor": [2]},
    ),
    Case(
        "bit_bottleneck",
        "BitModel",
        BIT_SMALL | {"layer_type": "bottleneck", "global_padding": "same", "embedding_dynamic_padding": True, "hidden_act": "silu"}
        | {"output_stride": 4, "width_factor": 2, "hidden_sizes": [8, 12, 16], "depths": [1, 1, 2]},
        "norms behind layers; padded as TensorFlow does, with zeros that count for the maximum; dilation of 2 and 4 instead of strides; twice "
        "as many channels; f16",
        size=(33, 40),
        dtype=torch.float16,
        mistakes=BIT_MISTAKES | {"embedding_dynamic_padding": [False], "global_padding": ["valid"], "output_stride": [8]},
    ),
    Case(
        "bit_backbone",
        "BitBackbone",
        BIT_SMALL | {"out_features": ["stem", "stage2"], "embedding_dynamic_padding": True},
        "maps without norms of the stem and a stage; more zeros behind the stem, which count for the maximum; a stage that nothing "
        "needs; f16",
        size=(64, 66),
        dtype=torch.float16,
        unused=("bit.norm.", "stages.2."),
        remove=("out_indices",),
        mistakes={"out_indices": [[1]], "embedding_dynamic_padding": [False]},
    ),
    Case(
        "bit_defaults",
        "BitModel",
        {"embedding_size": 32, "hidden_sizes": [128], "depths": [1]},
        "keys left out: norms in front of layers, of 32 groups, hidden_act is relu; f16",
        size=(24, 24),
        dtype=torch.float16,
        remove=("layer_type", "hidden_act", "num_groups", "global_padding", "embedding_dynamic_padding", "output_stride", "width_factor")
        + ("num_channels", "out_features", "out_indices"),
    ),
]
RESNET = [
    Case(
        "resnet_basic",
        "ResNetForImageClassification",
        RESNET_SMALL
        | {"layer_type": "basic", "hidden_act": "gelu", "downsample_in_first_stage": True, "num_channels": 2}
        | labels(5),
        "layers of two convolutions; the activation within is ReLU whatever hidden_act says; two channels; an odd size",
        size=(45, 52),
        states=True,
        unused=COUNTER,
        mistakes=RESNET_MISTAKES | {"embedding_size": [16]},
    ),
    Case(
        "resnet_bottleneck",
        "ResNetModel",
        RESNET_SMALL | {"hidden_sizes": [16, 24, 40], "downsample_in_bottleneck": True, "hidden_act": "silu"},
        "layers of three convolutions, the first of which has the stride; maps as outputs; f16",
        size=(40, 33),
        states=True,
        dtype=torch.float16,
        unused=COUNTER,
    ),
    Case(
        "resnet_defaults",
        "ResNetForImageClassification",
        {"embedding_size": 8, "hidden_sizes": [16, 32], "depths": [2, 1]} | labels(3),
        "keys left out: layer_type is bottleneck, its second convolution has the stride, hidden_act is relu",
        size=(40, 40),
        unused=COUNTER,
        remove=("layer_type", "hidden_act", "downsample_in_first_stage", "downsample_in_bottleneck"),
    ),
    Case(
        "resnet_backbone",
        "ResNetBackbone",
        RESNET_SMALL | {"layer_type": "basic", "out_features": ["stem", "stage2"]},
        "maps of two stages; out_indices left out",
        size=(40, 33),
        states=True,
        unused=(*COUNTER, "encoder.stages.2."),
        remove=("out_indices",),
        mistakes={"out_indices": [[1]]},
    ),
]

MOBILENET_SMALL = {"depth_multiplier": 0.1, "depth_divisible_by": 4, "min_depth": 4, "expand_ratio": 2.0}
MOBILENET = [
    Case(
        "mobilenet_v2_classifier",
        "MobileNetV2ForImageClassification",
        MOBILENET_SMALL
        | {"image_size": [41, 50], "output_stride": 8, "layer_norm_eps": 0.1, "first_layer_is_expansion": False}
        | {"finegrained_output": False, "num_channels": 2, "hidden_act": "hardswish"}
        | labels(4),
        "padding as TensorFlow's, at odd sizes; windows that grow instead of maps becoming smaller; a stem with an "
        "expansion of its own",
        states=True,
        unused=COUNTER,
        mistakes={"output_stride": [16], "hidden_act": ["relu6"], "layer_norm_eps": [1e-3]},
    ),
    Case(
        "mobilenet_v2_bare",
        "MobileNetV2Model",
        {"depth_multiplier": 0.2, "depth_divisible_by": 4, "min_depth": 12, "expand_ratio": 2.5}
        | {"image_size": 64, "tf_padding": False, "finegrained_output": False},
        "padding on both sides; keys left out: layer_norm_eps is 0.001, hidden_act relu6",
        remove=("layer_norm_eps", "hidden_act", "output_stride", "first_layer_is_expansion"),
        unused=COUNTER,
        mistakes={"hidden_act": ["relu"]},
        magnified=1.5e-5,
    ),
    Case(
        "mobilenet_v2_finegrained",
        "MobileNetV2Model",
        {"depth_multiplier": 0.1, "depth_divisible_by": 6, "min_depth": 12, "expand_ratio": 2.0, "image_size": 48},
        "1280 features behind narrow layers; bf16",
        dtype=torch.bfloat16,
        unused=COUNTER,
        magnified=1.2e-5,
    ),
    Case(
        "mobilenet_v2_segmentation",
        "MobileNetV2ForSemanticSegmentation",
        MOBILENET_SMALL | {"image_size": [41, 50], "output_stride": 16, "num_channels": 1} | labels(4),
        "logits of each pixel, of which half of the features is the mean of all; norms of the head with another epsilon than "
        "the encoder's; f16",
        dtype=torch.float16,
        # Behind the features that the head takes.
        unused=(*COUNTER, "mobilenet_v2.conv_1x1."),
        mistakes={"output_stride": [8], "layer_norm_eps": [1e-5]},
    ),
]

CONVOLUTIONS = RESNET + MOBILENET + BIT
