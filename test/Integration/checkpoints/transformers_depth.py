"""The cases of transformers' models of depth: Depth Anything and DPT, and of DINOv2 as the backbone that they stand on."""

import torch

from transformers_library import Case
from transformers_shared import labels

TINY = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "mlp_ratio": 2, "image_size": 24, "patch_size": 6}
# For pictures of another size than image_size.
POSITIONS = "resampled positions"
BACKBONES = [
    Case(
        "dinov2_backbone",
        "Dinov2Backbone",
        TINY | {"out_indices": [0, 1, -1], "apply_layernorm": False},
        "maps of the patches before the first layer and behind two, without a norm; f16",
        size=(18, 30),
        single_precision=POSITIONS,
        dtype=torch.float16,
        states=True,
        remove=("out_features",),
        unused=("mask_token", "layernorm."),
        mistakes={"reshape_hidden_states": [False], "out_features": [["stage1"]]},
    ),
    Case(
        "dinov2_with_registers_backbone",
        "Dinov2WithRegistersBackbone",
        TINY | {"hidden_size": 8, "num_hidden_layers": 12, "out_features": ["stage1", "stage11"]}
        | {"num_register_tokens": 2, "reshape_hidden_states": False},
        "all tokens behind two layers, normed; a layer that nothing needs; f16",
        dtype=torch.float16,
        remove=("out_indices",),
        unused=("mask_token", "encoder.layer.11."),
        mistakes={"apply_layernorm": [False], "reshape_hidden_states": [True], "out_indices": [[1]]},
    ),
]

DINOV2 = {"model_type": "dinov2", "reshape_hidden_states": False} | TINY
UNUSED = ("mask_token", "layers.0.residual_layer1")
ANYTHING = {"patch_size": 6, "reassemble_hidden_size": 16, "neck_hidden_sizes": [4, 6, 8, 10], "fusion_hidden_size": 6}
DEPTH_ANYTHING = [
    Case(
        "depth_anything_relative",
        "DepthAnythingForDepthEstimation",
        ANYTHING
        | {"reassemble_hidden_size": 8, "head_hidden_size": 5, "backbone_config": DINOV2 | {"hidden_size": 8, "out_indices": [0, 1, 2, 3]}},
        "maps of 4, 2, 1 and half as many rows as patches, of which 3 are odd; positions are resampled; f16",
        size=(18, 30),
        single_precision=POSITIONS,
        dtype=torch.float16,
        unused=UNUSED,
        mistakes={"head_in_index": [2], "max_depth": [2], "reassemble_factors": [[4, 2, 1, 0.25]]}
        | {"depth_estimation_type": ["metric"], "patch_size": [5]},
    ),
    Case(
        "depth_anything_metric",
        "DepthAnythingForDepthEstimation",
        ANYTHING
        | {"neck_hidden_sizes": [4, 6, 8], "reassemble_factors": [3, 1, 0.3], "fusion_hidden_size": 7, "head_hidden_size": 8, "head_in_index": 1}
        | {"depth_estimation_type": "metric", "max_depth": 20}
        | {"backbone_config": DINOV2 | {"hidden_size": 8, "out_features": ["stage1", "stage2", "stage3"], "apply_layernorm": False}}
        | {"reassemble_hidden_size": 8},
        "metres up to 20; factors of 3 and 0.3, of which the stride is 3; the head on a map that is not the last; f16",
        size=(24, 30),
        single_precision=POSITIONS,
        dtype=torch.float16,
        states=True,
        unused=(*UNUSED, "layernorm.", "fusion_stage.layers.2.", "neck.convs.0.", "reassemble_stage.layers.0."),
        mistakes={"head_in_index": [-1, 0], "depth_estimation_type": ["relative"]},
    ),
]

DEPTH = BACKBONES + DEPTH_ANYTHING
