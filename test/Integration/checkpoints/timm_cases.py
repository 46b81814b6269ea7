"""The cases of timm: what each checkpoint is and what it is there for."""

import torch

from timm_library import Case

SMALL = {
    "img_size": 24,
    "patch_size": 6,
    "embed_dim": 24,
    "depth": 2,
    "num_heads": 2,
    "mlp_ratio": 1.5,
    "num_classes": 5,
}
# Positions for these: whole outputs for the first, which is not square; larger; smaller; as many patches as the native
# square, in another shape.
SIZES = [(36, 18), (42, 42), (12, 12), (12, 48)]
# For what needs neither layers after layers nor many patches.
ONE_LAYER = SMALL | {"img_size": 18, "depth": 1}
# Other values of arguments, of which none may be ignored; the library's outputs change, or it refuses the weights.
SHAPE_VALUES = {
    "img_size": [[36, 18]],
    "patch_size": [4],
    "in_chans": [1],
    "embed_dim": [36],
    "depth": [1, 3],
    "num_heads": [3],
    "mlp_ratio": [2],
    "num_classes": [4],
}
VIT_VALUES = SHAPE_VALUES | {
    "class_token": [False],
    "reg_tokens": [1],
    "pos_embed": ["none"],
    "no_embed_class": [True],
    "pre_norm": [True],
    "norm_layer": ["rmsnorm"],
    "embed_norm_layer": ["layernorm"],
    "act_layer": ["relu", "gelu_tanh", "quick_gelu", "silu", "swish", "sigmoid", "tanh", "identity", "mish"],
    "qkv_bias": [False],
    "qk_norm": [True],
    "scale_attn_norm": [True],
    "scale_mlp_norm": [True],
    "proj_bias": [False],
    "attn_layer": ["diff"],
    "init_values": [0.1],
    "global_pool": ["", "avg", "max", "avgmax", "map", "prr"],
    "final_norm": [False],
    "fc_norm": [True],
}
EVA_VALUES = SHAPE_VALUES | {
    "class_token": [False],
    "num_reg_tokens": [1],
    "no_embed_class": [True],
    "use_abs_pos_emb": [False],
    "use_pre_transformer_norm": [True],
    "norm_layer": ["rmsnorm"],
    "qkv_bias": [False],
    "qkv_fused": [False],
    "qk_norm": [True],
    "scale_attn_inner": [True],
    "scale_mlp": [True],
    "use_post_norm": [True],
    "attn_type": ["rope"],
    "num_kv_heads": [1],
    "init_values": [0.1],
    "swiglu_mlp": [False],
    "swiglu_align_to": [8],
    "use_rot_pos_emb": [False],
    "rope_type": ["mixed", "dinov3"],
    "rope_grid_offset": [0.5],
    "rope_grid_indexing": ["xy"],
    "rope_temperature": [50.0],
    "rope_rotate_half": [True],
    "ref_feat_shape": [[4, 4]],
    "global_pool": ["", "token", "max", "avgmax", "map", "prr"],
    "use_fc_norm": [False],
    "use_post_transformer_norm": [True],
}
BEIT_VALUES = SHAPE_VALUES | {
    "norm_layer": ["rmsnorm"],
    "use_abs_pos_emb": [True],
    "qkv_bias": [False],
    "init_values": [0.0],
    "swiglu_mlp": [True],
    "scale_mlp": [True],
    "use_rel_pos_bias": [False],
    "use_shared_rel_pos_bias": [True],
    "global_pool": ["", "token"],
    "use_fc_norm": [False],
}
# How pictures are prepared, and what becomes of it with other values, or without a key (None).
PICTURES = [
    {},
    *({key: None} for key in ("crop_pct", "crop_mode", "interpolation", "mean", "std")),
    *({"crop_pct": value} for value in (0.5, 0.7, 1.0, 0)),
    *({"interpolation": value} for value in ("nearest", "bilinear", "bicubic", "box", "hamming", "lanczos", "")),
    {"crop_mode": "squash", "crop_pct": 0.7},
    {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]},
]
# Tokens of small variance tell one epsilon from another.
TINY = {"embedding_scale": 0.01}

VIT = [
    Case(
        "timm_vit",
        "vit_tiny_patch16_224",
        SMALL | {"in_chans": 2},
        "class token, fused queries, keys and values; label names and descriptions",
        labels={
            "label_names": [f"n0{index}" for index in range(5)],
            "label_descriptions": {f"n0{index}": f"description {index}" for index in range(5)},
        },
        resized=SIZES,
        states=True,
        values=VIT_VALUES,
    ),
    Case(
        "timm_vit_epsilon",
        "vit_small_patch32_384",
        SMALL | {"num_classes": 2},
        "epsilon is 1e-6, which config.json does not say",
        **TINY,
    ),
    Case(
        "timm_vit_not_square",
        "vit_base_patch16_224",
        SMALL | {"img_size": (24, 40), "patch_size": (4, 8), "num_heads": 3, "act_layer": "quick_gelu"},
        "images and patches that are not square; quick GELU; f16",
        dtype=torch.float16,
        resized=[(32, 24)],
    ),
    Case(
        "timm_vit_average",
        "vit_base_patch32_224",
        SMALL | {"global_pool": "avg", "act_layer": "gelu_tanh"},
        "the mean of the patches without the class token, then fc_norm, which stands for norm; how pictures are prepared",
        pictures=PICTURES,
    ),
    Case(
        "timm_vit_average_norm",
        "vit_base_patch32_224",
        SMALL | {"global_pool": "avg", "fc_norm": False, "act_layer": "relu"},
        "fc_norm false: all tokens are normalised before the mean; bf16",
        dtype=torch.bfloat16,
    ),
    Case(
        "timm_vit_token_fc_norm",
        "vit_tiny_patch16_224",
        SMALL | {"global_pool": "token", "fc_norm": True, "act_layer": "silu"},
        "fc_norm with the class token",
    ),
    Case(
        "timm_vit_average_maximum",
        "vit_tiny_patch16_224",
        SMALL | {"global_pool": "avgmax"},
        "half the sum of the patches' mean and maximum",
    ),
    Case("timm_vit_maximum", "vit_tiny_patch16_224", SMALL | {"global_pool": "max"}, "the patches' maximum"),
    Case(
        "timm_vit_include_prefix",
        "vit_tiny_patch16_224",
        SMALL | {"global_pool": "avg", "pool_include_prefix": True, "reg_tokens": 2},
        "the mean of all tokens; registers after the class token, with positions",
    ),
    Case(
        "timm_vit_no_head",
        "vit_tiny_patch16_224",
        SMALL | {"num_classes": 0},
        "num_classes 0: the pooled token is the result",
    ),
    Case(
        "timm_vit_no_pooling",
        "vit_tiny_patch16_224",
        SMALL | {"num_classes": 0, "global_pool": ""},
        "num_classes 0 and no pooling: all tokens are the result",
    ),
    Case(
        "timm_vit_no_positions",
        "vit_tiny_patch16_224",
        SMALL | {"pos_embed": "none", "reg_tokens": 1},
        "no position embedding",
    ),
    Case(
        "timm_vit_no_final_norm",
        "vit_tiny_patch16_224",
        SMALL | {"final_norm": False},
        "final_norm false: neither norm nor fc_norm",
    ),
    Case(
        "timm_vit_options",
        "vit_tiny_patch16_224",
        SMALL
        | {"qk_norm": True, "qkv_bias": False, "init_values": 0.1, "proj_bias": False}
        | {"pre_norm": True, "no_embed_class": True},
        "query and key norms (epsilon 1e-6), no bias in qkv, proj, fc1, fc2 and the patches, layer scale, norm_pre; "
        "positions for patches only",
        **TINY,
    ),
    Case(
        "timm_vit_scale_norms",
        "vit_tiny_patch16_224",
        SMALL | {"scale_attn_norm": True, "scale_mlp_norm": True},
        "norms before the projections of attention and MLP: attn.norm, mlp.norm",
    ),
    Case(
        "timm_vit_dynamic",
        "vit_tiny_patch16_224",
        SMALL | {"dynamic_img_size": True, "class_token": False, "global_pool": "avg"},
        "dynamic_img_size, no class token",
        resized=SIZES,
    ),
    Case(
        "timm_vit_registers",
        "vit_wee_patch16_reg1_gap_256",
        SMALL | {"mlp_ratio": 2.6},
        "by its name: a register, no class token, layer scale, positions for patches only, mean; "
        "an MLP of 62 = int(62.4)",
    ),
    Case(
        "timm_vit_gap",
        "vit_medium_patch16_gap_240",
        SMALL,
        "by its name: no class token, mean after norm, no bias in qkv, layer scale",
    ),
    Case("timm_vit_miil", "vit_base_patch16_224_miil", SMALL, "by its name: no bias in qkv; mean 0, std 1, bilinear"),
    Case(
        "timm_vit_post_norm",
        "vit_base_patch16_rpn_224",
        SMALL,
        "by its name: norms at the ends of the branches, init_values are their initial weights, no class token, mean, "
        "no bias in qkv",
    ),
    Case(
        "timm_vit_parallel_things",
        "vit_small_patch16_18x2_224",
        SMALL,
        "by its name: two attentions, then two MLPs, side by side, with layer scale",
    ),
    Case(
        "timm_vit_parallel_scaling",
        "vit_base_patch16_xp_224",
        SMALL,
        "by its name: attention and MLP side by side behind one norm and one projection, RMS norms, query and key "
        "norms",
        **TINY,
    ),
    Case(
        "timm_vit_parallel_scaling_bias",
        "vit_pwee_patch16_reg1_gap_256",
        ONE_LAYER,
        "by its name: as before with layer norms, a bias in the projection, layer scale, a register",
    ),
    Case(
        "timm_vit_named_norms",
        "vit_tiny_patch16_224",
        ONE_LAYER | {"norm_layer": "rmsnorm", "embed_norm_layer": "layer_norm"},
        "norms by names in config.json: RMS norms, a layer norm behind the patches",
        **TINY,
    ),
    Case(
        "timm_vit_rest",
        "vit_tiny_patch16_224",
        ONE_LAYER | {"img_size": (20, 15), "num_classes": 0, "global_pool": "avg", "class_token": False},
        "2 rows and 3 columns of pixels that fill no patch are left out; norms and mean without classifier",
        values={"dynamic_img_size": [True], "dynamic_img_pad": [True]},
    ),
    Case(
        "timm_radio",
        "vit_base_patch16_radio_v3",
        ONE_LAYER | {"num_classes": 0},
        "by its name: seven registers, positions for patches only, no final norm; positions are resampled bilinearly, "
        "corners on corners",
        resized=[(36, 24)],
    ),
    Case(
        "timm_vit_intern",
        "vit_intern300m_patch14_448",
        SMALL,
        "by its name: no final norm, layer scale, dynamic_img_size",
    ),
]

TEST_VIT = [
    Case("timm_test_vit", "test_vit", SMALL | {"num_heads": 3}, "by its name: dynamic_img_size"),
    Case(
        "timm_test_vit_by_name",
        "test_vit",
        {"img_size": 64, "num_classes": 4},
        "all sizes by the architecture's name (64 wide, 6 layers, 2 heads, MLP of 192, patches of 16), no model_args; "
        "an older file: what pretrained_cfg holds at the root; f16",
        flat_config=True,
        dtype=torch.float16,
    ),
    Case(
        "timm_test_vit2",
        "test_vit2",
        SMALL | {"num_heads": 4},
        "by its name: no class token, a register with a position, mean with fc_norm, layer scale",
    ),
    Case(
        "timm_test_vit3",
        "test_vit3",
        SMALL,
        "by its name: attention pooling of all tokens, a register among them (pool_include_prefix), layer scale",
    ),
    Case("timm_test_vit4", "test_vit4", SMALL, "by its name: RMS norms, a register with a position", **TINY),
]

SIGLIP = [
    Case(
        "timm_siglip",
        "vit_base_patch16_siglip_224",
        SMALL | {"num_classes": 0},
        "by its name: no class token, attention pooling; erf GELU, where transformers has tanh",
        resized=SIZES,
    ),
    Case(
        "timm_siglip_tanh",
        "vit_base_patch32_siglip_256",
        SMALL | {"num_heads": 3},
        "by its name: as before, with tanh GELU; a classifier",
        **TINY,
    ),
    Case(
        "timm_siglip_gap",
        "vit_base_patch16_siglip_gap_224",
        SMALL,
        "by its name: no class token, mean after norm",
    ),
    Case(
        "timm_siglip_gap_pool",
        "vit_base_patch16_siglip_gap_224",
        ONE_LAYER | {"act_layer": "relu"},
        "as before; the file still has the attention pooling that the name's gap leaves out",
        add={f"attn_pool.{name}": torch.ones(24) for name in ("latent", "q.weight", "mlp.fc2.bias")},
        unused=("attn_pool",),
    ),
    Case(
        "timm_so150m_map",
        "vit_so150m_patch16_reg4_map_256",
        SMALL | {"mlp_ratio": 2.572},
        "by its name: attention pooling of the patches, four registers with positions left out; "
        "an MLP of 61 = int(61.73)",
    ),
]

CLIP = [
    Case(
        "timm_clip",
        "vit_base_patch16_clip_224",
        SMALL,
        "by its name: norm_pre, no bias in the patches, epsilon is 1e-5; erf GELU",
        resized=SIZES[:1],
        **TINY,
    ),
    Case(
        "timm_clip_quick_gelu",
        "vit_base_patch32_clip_quickgelu_224",
        SMALL,
        "by its name: as before, with quick GELU; f16",
        dtype=torch.float16,
    ),
]

DINO = [
    Case(
        "timm_dinov2",
        "vit_small_patch14_dinov2",
        SMALL | {"img_size": 20, "patch_size": 5, "num_classes": 0},
        "by its name: layer scale",
        resized=[(30, 15), (35, 35)],
    ),
    Case(
        "timm_dinov2_registers",
        "vit_small_patch14_reg4_dinov2",
        SMALL | {"img_size": 20, "patch_size": 5, "num_classes": 0},
        "by its name: layer scale, four registers, positions for patches only",
        resized=[(30, 15)],
    ),
    Case(
        "timm_dinov2_giant",
        "vit_giant_patch14_dinov2",
        SMALL | {"img_size": 20, "patch_size": 5, "mlp_ratio": 2.66667 * 2},
        "by its name: SwiGLU, gate first in fc1: 128 rows, 64 columns in fc2",
    ),
    Case(
        "timm_aimv2",
        "aimv2_large_patch14_224",
        SMALL | {"img_size": 20, "patch_size": 5, "mlp_ratio": 2.75},
        "by its name: RMS norms (epsilon 1e-5), one behind the patches, SwiGLU in two layers (fc1_g is the gate), "
        "no biases, no class token",
        **TINY,
    ),
]

DEIT = [
    Case(
        "timm_deit",
        "deit_tiny_patch16_224",
        SMALL,
        "as a ViT",
    ),
    Case(
        "timm_deit_distilled",
        "deit_tiny_distilled_patch16_224",
        SMALL,
        "the mean of head and head_dist; positions for the class and distillation tokens, then patches",
        resized=SIZES[:2],
    ),
    Case(
        "timm_deit_distilled_no_head",
        "deit_tiny_distilled_patch16_224",
        ONE_LAYER | {"num_classes": 0},
        "num_classes 0: the mean of the class and the distillation token",
    ),
    Case(
        "timm_deit3",
        "deit3_small_patch16_224",
        SMALL,
        "by its name: layer scale, positions for patches only; names of layer scale as in ViT: ls1.gamma",
        resized=SIZES[:1],
    ),
    Case(
        "timm_deit3_gamma",
        "deit3_small_patch16_224",
        SMALL,
        "names of layer scale as in the original: gamma_1",
        rename=lambda name: name.replace("ls1.gamma", "gamma_1").replace("ls2.gamma", "gamma_2"),
    ),
    Case(
        "timm_flexivit",
        "flexivit_small",
        SMALL,
        "by its name: positions for patches only; resampled bilinearly without antialiasing for other sizes",
        resized=SIZES,
    ),
]

ROPE = {"single_precision": "rotary embeddings"}
EVA = [
    Case(
        "timm_eva02",
        "eva02_tiny_patch14_224",
        SMALL | {"img_size": 20, "patch_size": 5},
        "by its name: rotary positions (interleaved) beside learned ones, for patches only, coordinates scaled to 16 x "
        "16; SwiGLU in one layer (gate first), mean with fc_norm, q_bias and v_bias beside qkv.weight",
        resized=[(30, 15), (35, 35)],
        states=True,
        values=EVA_VALUES,
        **ROPE,
    ),
    Case(
        "timm_eva02_base",
        "eva02_base_patch14_224",
        SMALL | {"img_size": 20, "patch_size": 5},
        "by its name: as before, with queries, keys and values apart and SwiGLU in two layers with a norm behind",
        **ROPE,
        **TINY,
    ),
    Case(
        "timm_eva02_clip",
        "eva02_base_patch16_clip_224",
        SMALL,
        "by its name: as before, with a norm before the attention's projection and the class token; f16",
        dtype=torch.float16,
        **ROPE,
    ),
    Case(
        "timm_eva",
        "eva_giant_patch14_224",
        SMALL | {"img_size": 20, "patch_size": 5, "mlp_ratio": 6144 / 1408},
        "by its name: no rotary positions, GELU; an MLP of 104 = int(104.7)",
        resized=[(30, 15)],
    ),
    Case(
        "timm_rope",
        "vit_medium_patch16_rope_reg1_gap_256",
        SMALL | {"img_size": (18, 30)},
        "by its name: rotary positions and no others, a register, no class token, layer scale gamma_1; not square",
        **ROPE,
    ),
    Case(
        "timm_rope_ape",
        "vit_small_patch16_rope_ape_224",
        ONE_LAYER,
        "by its name: rotary positions, columns first (xy), rope_temperature 100, beside learned ones for patches only; "
        "a bias in keys; the class token",
        **ROPE,
    ),
    Case(
        "timm_pe_core",
        "vit_pe_core_tiny_patch16_384",
        ONE_LAYER | {"attn_pool_num_heads": 3, "attn_pool_mlp_ratio": 2.0},
        "by its name: norm_pre and no bias in the patches, rotary positions from 1 on, columns first, coordinates scaled "
        "to 24 x 24; attention pooling with a number of heads and a width of its own, of all tokens",
        **ROPE,
        **TINY,
    ),
    Case(
        "timm_pe_spatial",
        "vit_pe_spatial_tiny_patch16_512",
        ONE_LAYER | {"img_size": (20, 18), "num_classes": 0, "global_pool": ""},
        "by its name: as before without pooling and without a norm at the end; all tokens are the result; rows of pixels "
        "that fill no patch are left out",
        values={"dynamic_img_size": [True], "dynamic_img_pad": [True]},
        **ROPE,
    ),
    Case(
        "timm_pe_lang",
        "vit_pe_lang_gigantic_patch14_448",
        ONE_LAYER | {"qk_norm": True, "scale_attn_inner": True, "ref_feat_shape": (5, 4)},
        "by its name: no class token, layer scale, rotary positions from 0 on; norms of queries and keys, and before "
        "the projection; coordinates scaled to a grid that is not square; bf16",
        dtype=torch.bfloat16,
        **ROPE,
    ),
    Case(
        "timm_eva02_post_norm",
        "eva02_enormous_patch14_clip_224",
        ONE_LAYER,
        "by its name: norms at the ends of the branches, the class token",
    ),
    Case(
        "timm_eva_average_maximum",
        "eva_giant_patch14_224",
        ONE_LAYER | {"global_pool": "avgmax", "num_reg_tokens": 2, "no_embed_class": True},
        "half the sum of the patches' mean and maximum behind the norm; registers without positions",
        values={"global_pool": ["max"], "use_fc_norm": [True]},
    ),
    Case(
        "timm_sapiens2",
        "vit_base_patch16_sapiens2",
        SMALL | {"patch_size": 8, "num_kv_heads": 2, "num_classes": 0},
        "by its name: RMS norms, also of queries and keys, layer scale for attention alone, SwiGLU in one layer, queries, "
        "keys and values apart with biases, eight registers; as many heads for keys as for queries",
        values={"attn_only_layer_scale": [False]},
        **ROPE,
        **TINY,
    ),
    Case(
        "timm_dinov3",
        "vit_small_patch16_dinov3",
        SMALL | {"num_classes": 0, "global_pool": "token"},
        "by its name: rotary positions as DINOv3's, halves rotated, four registers, layer scale, no bias in qkv, "
        "epsilon is 1e-5",
        resized=[(36, 18)],
        **ROPE,
        **TINY,
    ),
    Case(
        "timm_dinov3_plus",
        "vit_small_plus_patch16_dinov3_qkvb",
        SMALL | {"num_classes": 0},
        "by its name: as before, SwiGLU, q_bias and v_bias; by default the mean of the patches after norm; bf16",
        dtype=torch.bfloat16,
        **ROPE,
    ),
]

BEIT = [
    Case(
        "timm_beit",
        "beit_base_patch16_224",
        SMALL,
        "by its name: a table of relative positions for each layer, layer scale gamma_1, q_bias and v_bias beside "
        "qkv.weight, no learned positions, mean with fc_norm",
        resized=[(42, 42), (12, 12), (36, 18)],
        states=True,
        values=BEIT_VALUES,
    ),
    Case(
        "timm_beit_shared",
        "beit_base_patch16_224",
        SMALL
        | {"use_rel_pos_bias": False, "use_shared_rel_pos_bias": True, "use_abs_pos_emb": True, "global_pool": "token"}
        | {"qkv_bias": False, "init_values": 0.0},
        "one table for all layers, learned positions, the class token after norm, no layer scale",
        **TINY,
    ),
    Case(
        "timm_beit_not_square",
        "beit_base_patch16_224",
        SMALL | {"img_size": (12, 30), "num_heads": 3},
        "2 x 5 patches: the table is resampled on loading, even at the native size",
        single_precision="resampled tables",
    ),
    Case(
        "timm_beitv2",
        "beitv2_base_patch16_224",
        SMALL | {"swiglu_mlp": True, "scale_mlp": True},
        "SwiGLU in two layers with a norm behind; f16",
        dtype=torch.float16,
    ),
]

CASES = VIT + TEST_VIT + SIGLIP + CLIP + DINO + DEIT + EVA + BEIT
