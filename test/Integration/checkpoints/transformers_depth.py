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

VIT = {"hidden_size": 8, "num_attention_heads": 2, "intermediate_size": 12, "image_size": 24, "patch_size": 6}
NECK = {"backbone_out_indices": [0, 1, 2, 3], "neck_hidden_sizes": [4, 6, 8, 10], "fusion_hidden_size": 6}
# Of the encoder alone; the first map has nothing added to it.
UNUSED_VIT = ("layers.0.residual_layer1", "dpt.layernorm.", "num_batches_tracked")
# Of 12, of which the first four are enough.
LATER_LAYERS = tuple(f"encoder.layer.{index}." for index in range(4, 12))
BIT = {"model_type": "bit", "embedding_size": 8, "hidden_sizes": [16, 16, 24, 32], "depths": [1, 1, 1], "num_groups": 4, "num_channels": 2}
BIT |= {"layer_type": "bottleneck", "global_padding": "same", "embedding_dynamic_padding": True}
BIT |= {"out_features": ["stage1", "stage2", "stage3"]}
DPT = [
    Case(
        "dpt_depth",
        "DPTForDepthEstimation",
        VIT
        | {"backbone_out_indices": [0, 1, 3], "neck_hidden_sizes": [4, 6, 8], "reassemble_factors": [2, 1, 0.5], "fusion_hidden_size": 6}
        | {"qkv_bias": False, "hidden_act": "gelu_new", "layer_norm_eps": 1e-3, "num_channels": 1},
        "the class token is projected with each patch; positions are resampled from 4 x 4 to 5 x 5; maps of 3 rows double to 6, where 5 "
        "are to be added; f16",
        size=(30, 30),
        dtype=torch.float16,
        unused=UNUSED_VIT + LATER_LAYERS,
        mistakes={"readout_type": ["add", "ignore"], "head_in_index": [1], "reassemble_factors": [[2, 1, 0.3]]}
        | {"backbone_out_indices": [[0, 1, 2]], "num_hidden_layers": [3], "use_bias_in_fusion_residual": [False]},
    ),
    Case(
        "dpt_token_sum",
        "DPTForDepthEstimation",
        VIT
        | {"reassemble_factors": [2, 1, 1], "neck_hidden_sizes": [4, 6, 8]}
        | {"backbone_out_indices": [3, 0, 1], "fusion_hidden_size": 5, "readout_type": "add", "head_in_index": -2}
        | {"use_batch_norm_in_fusion_residual": True},
        "the class token is added to each patch; layers in any order; batch norms and no biases; f16",
        dtype=torch.float16,
        unused=(*UNUSED_VIT, "fusion_stage.layers.2.", "neck.convs.0.", "reassemble_stage.layers.0.", *LATER_LAYERS),
    ),
    Case(
        "dpt_on_dinov2",
        "DPTForDepthEstimation",
        {"use_batch_norm_in_fusion_residual": True, "use_bias_in_fusion_residual": True}
        | {"neck_hidden_sizes": [4, 6, 8, 10], "fusion_hidden_size": 6, "backbone_config": DINOV2 | {"hidden_size": 8, "out_indices": [0, 1, 2, 3]}},
        "DINOv2; a key left out: the class token is projected with each patch; batch norms behind biases; f16",
        size=(12, 18),
        single_precision=POSITIONS,
        dtype=torch.float16,
        states=True,
        remove=("readout_type", "hidden_act"),
        unused=(*UNUSED, "num_batches_tracked"),
    ),
    Case(
        "dpt_hybrid",
        "DPTForDepthEstimation",
        VIT
        | {"is_hybrid": True, "backbone_config": BIT, "backbone_featmap_shape": [1, 24, 2, 2], "image_size": 32, "patch_size": 16}
        | {"backbone_out_indices": [0, 1, 0, 2], "num_hidden_layers": 3, "neck_hidden_sizes": [16, 16, 8, 10], "fusion_hidden_size": 6}
        | {"reassemble_factors": [1, 1, 1, 0.5], "num_channels": 2},
        "a BiT in front of the layers, whose first two maps the neck takes; two channels; f16",
        dtype=torch.float16,
        unused=UNUSED_VIT,
        remove=("neck_ignore_stages",),
        mistakes={"backbone_out_indices": [[0, 1, 1, 2]], "neck_ignore_stages": [[0]], "is_hybrid": [False], "image_size": [48]},
    ),
    Case(
        "dpt_segmentation",
        "DPTForSemanticSegmentation",
        VIT | NECK | {"image_size": 12, "fusion_hidden_size": 5, "use_auxiliary_head": False, "readout_type": "ignore"} | labels(3),
        "classes of pixels; the class token has no part in them; keys left out: layer_norm_eps is 1e-12, hidden_act gelu; f16",
        dtype=torch.float16,
        unused=UNUSED_VIT + LATER_LAYERS,
        remove=("layer_norm_eps", "hidden_act", "qkv_bias", "reassemble_factors"),
        embedding_scale=0.01,
    ),
]

DEPTH = BACKBONES + DEPTH_ANYTHING + DPT
