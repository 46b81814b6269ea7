"""The cases of transformers' models with decomposed relative positions: the vision encoder of SAM, ViTDet, and ViTMatte on it."""

import torch

from transformers_library import Case

SAM_SMALL = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 3, "image_size": 40, "patch_size": 8}
SAM_SMALL |= {"window_size": 2, "global_attn_indexes": [1], "output_channels": 6, "mlp_ratio": 2.3}
SAM_MISTAKES = {"window_size": [3], "num_attention_heads": [2], "global_attn_indexes": [[0]]}
# What stands behind the encoder.
SAM_DECODER = {"hidden_size": 8, "num_attention_heads": 2, "num_hidden_layers": 1, "mlp_dim": 8}
SAM_DECODER |= {"iou_head_hidden_dim": 8, "iou_head_depth": 2}
SAM_PROMPT = {"hidden_size": 8, "image_size": 40, "patch_size": 8, "mask_input_channels": 4}
BESIDE = ("prompt_encoder.", "mask_decoder.", "shared_image_embedding.")
SAM = [
    Case(
        "sam_vision",
        "SamVisionModel",
        SAM_SMALL | {"hidden_act": "gelu_new", "layer_norm_eps": 1e-2, "num_channels": 2},
        "windows of 2 x 2 that reach beyond a map of 5 x 5, where there are zeros that are attended to; a layer without windows; the "
        "neck's epsilon is another",
        states=True,
        mistakes=SAM_MISTAKES | {"layer_norm_eps": [1e-3]},
    ),
    Case(
        "sam_whole",
        "SamModel",
        {
            "vision_config": SAM_SMALL | {"output_channels": 8, "qkv_bias": False, "mlp_dim": 20},
            "prompt_encoder_config": SAM_PROMPT,
            "mask_decoder_config": SAM_DECODER,
        },
        "the encoder of a whole model; an MLP of its own size; projections without biases, so that what is padded is zero; f16",
        dtype=torch.float16,
        readers={"SamVisionModel": ["last_hidden_state"]},
        unused=BESIDE,
        mistakes=SAM_MISTAKES,
    ),
    Case(
        "sam_vision_bare",
        "SamVisionModel",
        SAM_SMALL | {"use_abs_pos": False, "use_rel_pos": False, "window_size": 3, "global_attn_indexes": []},
        "no positions of any kind but those of windows; no layer without windows; bf16",
        dtype=torch.bfloat16,
        mistakes={"window_size": [2], "use_rel_pos": [True]},
    ),
    Case(
        "sam_vision_defaults",
        "SamVisionModel",
        {"hidden_size": 12, "num_hidden_layers": 4, "num_attention_heads": 3, "image_size": 32, "output_channels": 4},
        "keys left out: patches of 16, windows of 14 in all layers but the third, mlp_ratio is 4, layer_norm_eps 1e-6, hidden_act gelu; "
        "tokens of small variance; f16",
        dtype=torch.float16,
        embedding_scale=0.01,
        remove=("patch_size", "window_size", "global_attn_indexes", "mlp_ratio", "mlp_dim", "layer_norm_eps", "hidden_act")
        + ("use_abs_pos", "use_rel_pos", "qkv_bias", "num_channels"),
        mistakes={"patch_size": [15], "window_size": [7], "global_attn_indexes": [[3]], "hidden_act": ["relu"], "mlp_ratio": [2.0]},
    ),
]
VITDET_SMALL = {"hidden_size": 16, "num_hidden_layers": 3, "num_attention_heads": 2, "mlp_ratio": 2, "image_size": 32, "patch_size": 8}
VITDET_SMALL |= {"pretrain_image_size": 24, "window_size": 3, "window_block_indices": [0, 2], "residual_block_indices": [1]}
VITDET_SMALL |= {"use_relative_position_embeddings": True}
VITDET_FAMILY = [
    Case(
        "vitdet_bare",
        "VitDetModel",
        VITDET_SMALL | {"hidden_act": "gelu_new", "layer_norm_eps": 1e-2, "num_channels": 2, "qkv_bias": False},
        "positions of 3 x 3 patches for 5 x 3 of a picture that they do not divide, also of a layer without windows; windows of 3 x 3 that reach "
        "beyond the map; a residual block, whose epsilon is another; f16",
        size=(44, 24),
        dtype=torch.float16,
        states=True,
        mistakes={"window_size": [4], "num_attention_heads": [4], "residual_block_indices": [[0]], "window_block_indices": [[0, 1]]}
        | {"pretrain_image_size": [32], "use_relative_position_embeddings": [False], "image_size": [40]},
    ),
    Case(
        "vitdet_backbone",
        "VitDetBackbone",
        VITDET_SMALL | {"out_indices": [0, 2], "window_block_indices": [0, -1, 7]},
        "maps before the first layer and behind two; numbers of layers that there are none of; a layer that nothing "
        "needs; f16",
        dtype=torch.float16,
        remove=("out_features",),
        unused=("encoder.layer.2.",),
        mistakes={"out_features": [["stage1"]], "use_absolute_position_embeddings": [False]},
    ),
    Case(
        "vitdet_defaults",
        "VitDetModel",
        {"hidden_size": 12, "num_hidden_layers": 2, "image_size": 32, "pretrain_image_size": 48},
        "keys left out: patches of 16, 12 heads, no windows, no relative positions, no residual blocks, layer_norm_eps 1e-6, hidden_act gelu; tokens of "
        "small variance; f16",
        dtype=torch.float16,
        embedding_scale=0.01,
        remove=("patch_size", "num_attention_heads", "mlp_ratio", "layer_norm_eps", "hidden_act", "num_channels", "qkv_bias", "window_size")
        + ("window_block_indices", "residual_block_indices", "use_absolute_position_embeddings", "use_relative_position_embeddings")
        + ("out_features", "out_indices"),
        mistakes={"num_attention_heads": [6], "patch_size": [15], "mlp_ratio": [2], "qkv_bias": [False], "pretrain_image_size": [32]},
    ),
]
MATTE_BACKBONE = {"model_type": "vitdet", "num_channels": 4} | VITDET_SMALL | {"out_features": ["stage3"]}
VITMATTE = [
    Case(
        "vitmatte",
        "VitMatteForImageMatting",
        {"backbone_config": MATTE_BACKBONE, "hidden_size": 16, "convstream_hidden_sizes": [5, 6], "fusion_hidden_sizes": [8, 7, 6]}
        | {"batch_norm_eps": 0.02},
        "four channels, pictures that are not square, maps of three sizes; the epsilon of the head's batch norm is another; f16",
        size=(32, 24),
        dtype=torch.float16,
        unused=("num_batches_tracked",),
        mistakes={"batch_norm_eps": [1e-5]},
    ),
]
VITDET = SAM + VITDET_FAMILY + VITMATTE
