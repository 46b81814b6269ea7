"""The cases of transformers: what each checkpoint is and what it is there for."""

import torch

from transformers_library import Case

SMALL = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 40,
    "image_size": 32,
    "patch_size": 8,
}
# Position embeddings for these: whole outputs for the first, which is not square; larger; smaller; as many patches as
# the native square, in another shape.
SIZES = [(48, 24), (56, 56), (16, 16), (16, 64)]
# dinov2 says mlp_ratio.
DINO = {key: value for key, value in SMALL.items() if key != "intermediate_size"}
DINO |= {"mlp_ratio": 2, "patch_size": 7, "image_size": 28}
DINO_SIZES = [(42, 21), (49, 49), (14, 14), (14, 56)]
# The defaults of these matter: tokens of small variance tell one epsilon from another.
DEFAULTS = {"remove": ("layer_norm_eps", "hidden_act"), "embedding_scale": 0.01}


def labels(count):
    names = [f"label {index}" for index in range(count)]
    return {"id2label": dict(enumerate(names)), "label2id": {name: index for index, name in enumerate(names)}}


def behind(prefix, *others):
    """Names with a prefix, but for those that start with one of the others."""
    return lambda name: name if name.startswith(others) and others else prefix + name


def tower(config, **text):
    """A whole model: a picture's tower and a text's."""
    small = {"hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 8}
    more = {"vocab_size": 8, "max_position_embeddings": 6, "bos_token_id": 0, "eos_token_id": 2, "pad_token_id": 1}
    return {"vision_config": config, "text_config": small | more | text}


VIT = [
    Case(
        "vit_classifier",
        "ViTForImageClassification",
        SMALL | {"hidden_act": "gelu_new", "layer_norm_eps": 1e-3, "qkv_bias": False, "num_channels": 2} | labels(5),
        "tanh GELU, no bias in queries, keys and values, two channels",
        resized=SIZES,
        states=True,
    ),
    Case(
        "vit_classifier_defaults",
        "ViTForImageClassification",
        SMALL | labels(2),
        "keys left out: layer_norm_eps is 1e-12, hidden_act gelu, two labels; several files of tensors with an index",
        shard="20KB",
        **DEFAULTS,
    ),
    Case(
        "vit_classifier_new_names",
        "ViTForImageClassification",
        SMALL | {"hidden_act": "quick_gelu", "num_hidden_layers": 3} | labels(4),
        "tensor names of transformers 5; f16",
        new_names=True,
        dtype=torch.float16,
    ),
    Case(
        "vit_classifier_extra_tensors",
        "ViTForImageClassification",
        SMALL | {"hidden_act": "relu", "layer_norm_eps": 1e-2} | labels(3),
        "a mask token and a pooler in the file that a classifier has no use for; bf16",
        add={
            "vit.embeddings.mask_token": torch.ones(1, 1, 24, dtype=torch.bfloat16),
            "vit.pooler.dense.weight": torch.ones(24, 24, dtype=torch.bfloat16),
            "vit.pooler.dense.bias": torch.ones(24, dtype=torch.bfloat16),
        },
        unused=("mask_token", "pooler"),
        dtype=torch.bfloat16,
    ),
    Case(
        "vit_bare",
        "ViTModel",
        SMALL
        | {"image_size": [24, 40], "patch_size": [4, 8], "num_attention_heads": 3}
        | {"pooler_output_size": 20, "pooler_act": "sigmoid"},
        "images and patches that are not square; a pooler of another width and activation",
    ),
    Case(
        "vit_bare_no_pooler",
        "ViTModel",
        SMALL | {"num_attention_heads": 1, "num_channels": 1},
        "no pooler in the file: the library makes random weights up, so pooler_output means nothing and is not here",
        arguments={"add_pooling_layer": False},
        missing=("pooler",),
        readers={"ViTModel": ["last_hidden_state"]},
        resized=SIZES[:1],
    ),
]

DEIT = [
    Case(
        "deit_classifier",
        "DeiTForImageClassification",
        SMALL | {"layer_norm_eps": 1e-2, "num_channels": 1} | labels(4),
        "the distillation token stays in the sequence, the class token alone is classified",
        resized=SIZES,
    ),
    Case(
        "deit_distilled",
        "DeiTForImageClassificationWithTeacher",
        SMALL | {"hidden_act": "gelu_fast", "num_hidden_layers": 3} | labels(5),
        "two classifiers, logits are their mean; bf16",
        dtype=torch.bfloat16,
        resized=SIZES[:1],
    ),
    Case(
        "deit_bare",
        "DeiTModel",
        SMALL | {"qkv_bias": False},
        "a pooler; keys left out: layer_norm_eps is 1e-12",
        **DEFAULTS,
    ),
    Case(
        "deit_distilled_new_names",
        "DeiTForImageClassificationWithTeacher",
        SMALL | {"hidden_act": "silu"} | labels(3),
        "tensor names of transformers 5; f16",
        new_names=True,
        dtype=torch.float16,
    ),
]

DINOV2_RESIZED = {
    "resized": DINO_SIZES,
    "single_precision_resized": "positions are resampled",
}
DINOV2 = [
    Case(
        "dinov2_bare",
        "Dinov2Model",
        DINO | {"hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-3, "layerscale_value": 0.5},
        "layer scale, final layer norm before pooler_output; mask token of two dimensions",
        unused=("mask_token",),
        states=True,
        **DINOV2_RESIZED,
    ),
    Case(
        "dinov2_defaults",
        "Dinov2Model",
        DINO | {"use_mask_token": False, "num_channels": 1, "mlp_ratio": 4},
        "keys left out: layer_norm_eps is 1e-6, mlp_ratio 4, qkv_bias true; no mask token",
        remove=("layer_norm_eps", "hidden_act", "mlp_ratio", "qkv_bias"),
        embedding_scale=0.01,
    ),
    Case(
        "dinov2_classifier",
        "Dinov2ForImageClassification",
        DINO | {"num_attention_heads": 3, "qkv_bias": False} | labels(5),
        "classifies the class token beside the mean of the patches; heads of 8, no bias in queries, keys, values",
        unused=("mask_token",),
        **DINOV2_RESIZED,
    ),
    Case(
        "dinov2_swiglu",
        "Dinov2Model",
        DINO | {"use_swiglu_ffn": True, "hidden_size": 20, "mlp_ratio": 3, "hidden_act": "relu"},
        "gated MLP of 40 = (60 * 2 / 3 rounded up to a multiple of 8) features, SiLU whatever hidden_act says; heads "
        "of 10",
        unused=("mask_token",),
    ),
    Case(
        "dinov2_swiglu_new_names",
        "Dinov2ForImageClassification",
        DINO | {"use_swiglu_ffn": True, "mlp_ratio": 2} | labels(3),
        "tensor names of transformers 5: gate, up and down projections apart; 32 features: 24 * 2 * 2 / 3; f16",
        new_names=True,
        unused=("mask_token",),
        dtype=torch.float16,
    ),
    Case(
        "dinov2_not_square",
        "Dinov2Model",
        DINO | {"image_size": [28, 63]},
        "an image_size of 4 x 9 patches: its 36 positions are taken for a grid of 6 x 6 and resampled, even at the "
        "native size",
        unused=("mask_token",),
        single_precision="resampled positions",
    ),
]

REGISTERS = [
    Case(
        "dinov2_with_registers_bare",
        "Dinov2WithRegistersModel",
        DINO | {"num_register_tokens": 3, "hidden_act": "gelu_pytorch_tanh", "layer_norm_eps": 1e-3},
        "registers come after the class token and have no positions; positions are resampled with antialiasing",
        unused=("mask_token",),
        states=True,
        **DINOV2_RESIZED,
    ),
    Case(
        "dinov2_with_registers_classifier",
        "Dinov2WithRegistersForImageClassification",
        DINO | {"num_channels": 1} | labels(5),
        "keys left out: four registers, which the mean of the patches leaves out, layer_norm_eps is 1e-6; bf16",
        remove=("layer_norm_eps", "hidden_act", "num_register_tokens"),
        embedding_scale=0.01,
        unused=("mask_token",),
        dtype=torch.bfloat16,
    ),
    Case(
        "dinov2_with_registers_swiglu",
        "Dinov2WithRegistersModel",
        DINO | {"use_swiglu_ffn": True, "num_register_tokens": 1, "qkv_bias": False},
        "gated MLP, fused rows: the gate is the first half",
        unused=("mask_token",),
    ),
]

CLIP_SMALL = SMALL | {"projection_dim": 20}
CLIP = [
    Case(
        "clip_vision",
        "CLIPVisionModel",
        CLIP_SMALL | {"hidden_act": "gelu", "layer_norm_eps": 1e-3},
        "names without vision_model., erf GELU; last_hidden_state has no final layer norm, pooler_output has",
        states=True,
        resized=SIZES,
    ),
    Case(
        "clip_vision_prefix",
        "CLIPVisionModel",
        CLIP_SMALL | {"num_channels": 1, "num_attention_heads": 3},
        "names with vision_model., integer position_ids; keys left out: quick GELU, layer_norm_eps is 1e-5; f16",
        rename=behind("vision_model."),
        add={"vision_model.embeddings.position_ids": torch.arange(17)[None]},
        unused=("position_ids",),
        dtype=torch.float16,
        **DEFAULTS,
    ),
    Case(
        "clip_vision_projection",
        "CLIPVisionModelWithProjection",
        CLIP_SMALL | {"num_hidden_layers": 3},
        "image_embeds: the projected pooler_output, not normalised",
        resized=SIZES[:1],
    ),
    Case(
        "clip_whole",
        "CLIPModel",
        tower(SMALL | {"hidden_act": "gelu"}) | {"projection_dim": 20},
        "a text tower beside it; projection_dim is the outer one (that of vision_config would be 512 by default); "
        "image_embeds_normalized is what the whole model compares",
        remove=("vision_config.projection_dim", "text_config.projection_dim"),
        readers={"CLIPVisionModel": ["last_hidden_state", "pooler_output"], "CLIPModel": ["image_embeds"]},
        unused=("text_", "logit_scale"),
    ),
    Case(
        "clip_classifier",
        "CLIPForImageClassification",
        tower(CLIP_SMALL | {"hidden_size": 36, "num_attention_heads": 3}) | labels(4),
        "classifies the mean of the patches without the final layer norm; heads of 12",
        unused=("post_layernorm",),
    ),
]

SIGLIP = [
    Case(
        "siglip_vision",
        "SiglipVisionModel",
        SMALL | {"layer_norm_eps": 1e-3, "hidden_act": "gelu", "num_attention_heads": 3},
        "no class token; pooler_output by a learned query; names without vision_model.",
        states=True,
        resized=SIZES,
    ),
    Case(
        "siglip_vision_prefix",
        "SiglipVisionModel",
        SMALL | {"num_channels": 1},
        "names with vision_model., integer position_ids; keys left out: tanh GELU, layer_norm_eps is 1e-6; bf16",
        rename=behind("vision_model."),
        add={"vision_model.embeddings.position_ids": torch.arange(16)[None]},
        unused=("position_ids",),
        dtype=torch.bfloat16,
        **DEFAULTS,
    ),
    Case(
        "siglip_vision_no_head",
        "SiglipVisionModel",
        SMALL | {"vision_use_head": False, "hidden_act": "gelu_pytorch_tanh"},
        "no pooling: last_hidden_state alone",
    ),
    Case(
        "siglip_whole",
        "SiglipModel",
        tower(SMALL | {"num_hidden_layers": 3}, hidden_size=24, num_attention_heads=2),
        "a text tower beside it; image_embeds_normalized is what the whole model compares: pooler_output over its "
        "length",
        readers={"SiglipVisionModel": ["last_hidden_state", "pooler_output"], "SiglipModel": ["image_embeds"]},
        unused=("text_", "logit_scale", "logit_bias"),
    ),
    Case(
        "siglip_classifier",
        "SiglipForImageClassification",
        tower(SMALL | {"hidden_size": 36, "num_attention_heads": 3}) | labels(4),
        "classifies the mean of all tokens after the final layer norm; the pooling head is in the file and not used",
        unused=("vision_model.head.",),
    ),
]

CASES = VIT + DEIT + DINOV2 + REGISTERS + CLIP + SIGLIP
