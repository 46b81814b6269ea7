"""The cases of transformers' networks with attention within windows: Swin and Swin V2, and of UPerNet on
such and other backbones."""

import torch

from transformers_library import Case
from transformers_shared import labels

SWIN_SMALL = {"embed_dim": 8, "depths": [2, 2], "num_heads": [2, 4], "window_size": 4, "patch_size": 2, "mlp_ratio": 2.3}
SWIN_MISTAKES = {"num_heads": [[2, 2]], "depths": [[2, 1]]}
UNUSED_NORM = ("layernorm.weight", "layernorm.bias")
SWIN = [
    Case(
        "swin_classifier",
        "SwinForImageClassification",
        SWIN_SMALL
        | {"image_size": [16, 20], "window_size": 3, "hidden_act": "gelu_new", "num_channels": 2, "layer_norm_eps": 0.1, "qkv_bias": False}
        | labels(5),
        "windows that reach beyond maps of 8 x 10 and 4 x 5, shifted in every second block; the norms of patches and of smaller "
        "maps have another epsilon",
        states=True,
        mistakes=SWIN_MISTAKES | {"window_size": [2], "layer_norm_eps": [1e-3]},
    ),
    Case(
        "swin_bare",
        "SwinModel",
        SWIN_SMALL | {"image_size": [29, 34], "window_size": 3, "depths": [2, 2, 1], "num_heads": [2, 2, 4], "embed_dim": 4},
        "pictures that patches do not fill, maps of 15 x 17, 8 x 9 and 4 x 5; f16",
        dtype=torch.float16,
        mistakes=SWIN_MISTAKES | {"patch_size": [3]},
    ),
    Case(
        "swin_positions",
        "SwinModel",
        SWIN_SMALL | {"image_size": 16, "use_absolute_embeddings": True},
        "positions of patches, resampled for other pictures; one window of the whole map is not shifted; bf16",
        dtype=torch.bfloat16,
        resized=[(24, 32)],
    ),
    Case(
        "swin_new_names",
        "SwinForImageClassification",
        SWIN_SMALL | {"image_size": 24, "depths": [2], "num_heads": [2]} | labels(3),
        "names of transformers 5; another size than image_size",
        size=(20, 36),
        new_names=True,
    ),
    Case(
        "swin_backbone",
        "SwinBackbone",
        SWIN_SMALL | {"image_size": 12, "window_size": 4, "depths": [1, 2, 2], "num_heads": [2, 2, 4], "embed_dim": 4}
        | {"out_features": ["stem", "stage1", "stage3"]},
        "maps of the stem and of two stages, each with a norm; maps of 3 x 3 and 2 x 2 in shifted windows of 4 x 4",
        states=True,
        remove=("out_indices",),
        unused=UNUSED_NORM,
        mistakes={"out_indices": [[1]]},
    ),
    Case(
        "swin_defaults",
        "SwinModel",
        {"embed_dim": 12, "depths": [2, 1], "num_heads": [3, 6], "image_size": 56},
        "keys left out: patches of 4, windows of 7, mlp_ratio is 4, layer_norm_eps 1e-5, hidden_act gelu; tokens of small "
        "variance; f16",
        dtype=torch.float16,
        remove=("patch_size", "window_size", "mlp_ratio", "qkv_bias", "hidden_act", "layer_norm_eps")
        + ("use_absolute_embeddings", "num_channels", "out_features", "out_indices", "stage_names"),
        mistakes={"hidden_act": ["relu"], "window_size": [14], "layer_norm_eps": [1e-2], "mlp_ratio": [2.0]},
    ),
]

# Of the network that makes biases of them.
COORDINATES = "the coordinates of relative positions"
SWIN_V2 = [
    Case(
        "swinv2_classifier",
        "Swinv2ForImageClassification",
        SWIN_SMALL
        | {"image_size": [16, 20], "window_size": 3, "hidden_act": "gelu_new", "num_channels": 2, "layer_norm_eps": 0.1, "qkv_bias": False}
        | {"pretrained_window_sizes": [3, 2]}
        | labels(5),
        "attention by cosines, positions from a network that was trained with smaller windows; a padded map whose keys there "
        "have length 0",
        states=True,
        dtype=torch.float16,
        magnified=3.1e-5,
        mistakes=SWIN_MISTAKES | {"pretrained_window_sizes": [[4, 2], [0, 0]], "layer_norm_eps": [1e-3]},
        single_precision=COORDINATES,
    ),
    Case(
        "swinv2_bare",
        "Swinv2Model",
        SWIN_SMALL | {"image_size": 16, "window_size": 7, "depths": [2, 1]},
        "windows become as small as the maps, whose shift goes then; f16",
        dtype=torch.float16,
        single_precision=COORDINATES,
    ),
    Case(
        "swinv2_larger",
        "Swinv2Model",
        SWIN_SMALL | {"image_size": 16, "window_size": 3},
        "windows are those for pictures of image_size; the actual ones are not that large in rows, and larger in columns; bf16",
        size=(13, 31),
        dtype=torch.bfloat16,
        single_precision=COORDINATES,
    ),
    Case(
        "swinv2_backbone",
        "Swinv2Backbone",
        SWIN_SMALL | {"image_size": 12, "window_size": 4, "depths": [1, 2], "num_heads": [2, 2], "embed_dim": 4}
        | {"out_features": ["stem", "stage2"]},
        "maps of the stem and of a stage, without a norm; f16",
        states=True,
        dtype=torch.float16,
        remove=("out_indices",),
        mistakes={"out_indices": [[1]]},
        single_precision=COORDINATES,
    ),
    Case(
        "swinv2_defaults",
        "Swinv2Model",
        {"embed_dim": 12, "depths": [2, 1], "num_heads": [3, 6], "image_size": 56, "pretrained_window_sizes": [0, 0]},
        "keys left out: patches of 4, windows of 7, mlp_ratio is 4, layer_norm_eps 1e-5, hidden_act gelu; f16",
        dtype=torch.float16,
        remove=("patch_size", "window_size", "mlp_ratio", "qkv_bias", "hidden_act", "layer_norm_eps")
        + ("use_absolute_embeddings", "num_channels", "out_features", "out_indices", "stage_names", "pretrained_window_sizes"),
        mistakes={"hidden_act": ["relu"], "window_size": [14], "layer_norm_eps": [1e-2], "mlp_ratio": [2.0]},
        single_precision=COORDINATES,
    ),
]

UNUSED_HEAD = ("auxiliary_head.", "num_batches_tracked", *UNUSED_NORM)
UPERNET = [
    Case(
        "upernet_swin",
        "UperNetForSemanticSegmentation",
        {"hidden_size": 6, "pool_scales": [1, 2, 4], "auxiliary_channels": 4}
        | {"backbone_config": {"model_type": "swin", "image_size": 24, "out_features": ["stage1", "stage2", "stage3"]}
           | SWIN_SMALL | {"depths": [1, 2, 1], "num_heads": [2, 2, 4], "embed_dim": 4}}
        | labels(3),
        "maps of three stages of Swin; averages of more windows than a map of 3 x 4 has pixels; f16",
        size=(21, 30),
        dtype=torch.float16,
        unused=UNUSED_HEAD,
        mistakes={"pool_scales": [[1, 2, 3]]},
    ),
    Case(
        "upernet_convnext",
        "UperNetForSemanticSegmentation",
        {"use_auxiliary_head": False, "hidden_size": 8}
        | {"backbone_config": {"model_type": "convnext", "hidden_sizes": [4, 6], "depths": [1, 1], "num_stages": 2}
           | {"out_features": ["stage1", "stage2"], "image_size": 32, "patch_size": 2}}
        | labels(3),
        "ConvNeXt; a key left out: averages of 1, 2, 3 and 6 windows in each direction; f16",
        size=(32, 24),
        dtype=torch.float16,
        remove=("pool_scales",),
        unused=(*UNUSED_HEAD, "num_batches_tracked"),
        mistakes={"pool_scales": [[1, 2, 3, 5]]},
    ),
]

WINDOWS = SWIN + SWIN_V2 + UPERNET
