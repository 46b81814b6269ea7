"""The cases of transformers: what each checkpoint is and what it is there for."""

import torch

from transformers_convolutions import CONVOLUTIONS
from transformers_depth import DEPTH
from transformers_detr import DETECTION
from transformers_gates import GATES
from transformers_mobile import MOBILE
from transformers_poses import POSES
from transformers_pyramids import PYRAMIDS
from transformers_units import HIERA
from transformers_vitdet import VITDET
from transformers_windows import WINDOWS
from transformers_library import Case
from transformers_shared import DEFAULTS, ONE_LAYER, SIZES, SMALL, labels
from transformers_towers import CLIP, SIGLIP, SIGLIP2

# dinov2 says mlp_ratio.
DINO = {key: value for key, value in SMALL.items() if key != "intermediate_size"}
DINO |= {"mlp_ratio": 2, "patch_size": 5, "image_size": 20}
DINO_SIZES = [(30, 15), (35, 35), (10, 10), (10, 40)]


def old_vit(config):
    config |= {"torch_dtype": config.pop("dtype"), "transformers_version": "4.13.0.dev0", "_name_or_path": "a/b"}


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
        "keys left out: layer_norm_eps is 1e-12, hidden_act gelu, two labels; keys of transformers 4; several files of "
        "tensors with an index",
        shard="20KB",
        edit=old_vit,
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
        SMALL | {"num_attention_heads": 3, "head_dim": 10, "num_channels": 1},
        "no pooler in the file: the library makes random weights up, so pooler_output means nothing and is not here; "
        "head_dim: three heads of 10 at a width of 24",
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
        mistakes={"head_dim": [10], "pooler_act": ["sigmoid"], "pooler_output_size": [20]},
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
        DINO | {"image_size": [20, 45]},
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
    Case(
        "dinov2_with_registers_new_names",
        "Dinov2WithRegistersForImageClassification",
        DINO | {"num_hidden_layers": 1, "num_register_tokens": 2, "hidden_act": "gelu_new"} | labels(3),
        "tensor names of transformers 5; f16",
        new_names=True,
        unused=("mask_token",),
        dtype=torch.float16,
    ),
]

# Older files hold what follows from the size.
INDEX = torch.zeros(17, 17, dtype=torch.int64)
BEIT = [
    Case(
        "beit_classifier",
        "BeitForImageClassification",
        SMALL | {"use_relative_position_bias": True, "hidden_act": "gelu_new", "layer_norm_eps": 1e-3} | labels(5),
        "a table of relative positions for each layer; the mean of the patches, then a layer norm; no bias in keys; "
        "integer relative_position_index",
        add={
            f"beit.encoder.layer.{layer}.attention.attention.relative_position_bias.relative_position_index": INDEX + 0
            for layer in (0, 1)
        },
        unused=("relative_position_index",),
        states=True,
        resized=SIZES,
    ),
    Case(
        "beit_bare",
        "BeitModel",
        SMALL | {"use_shared_relative_position_bias": True, "use_mask_token": True, "num_channels": 1},
        "one table of relative positions for all layers; last_hidden_state has no layer norm, pooler_output has one; "
        "keys left out: layer_norm_eps is 1e-12, use_mean_pooling true",
        remove=("layer_norm_eps", "hidden_act", "use_mean_pooling"),
        embedding_scale=0.01,
        unused=("mask_token",),
        resized=SIZES[:1],
    ),
    Case(
        "beit_token",
        "BeitForImageClassification",
        SMALL
        | {"use_mean_pooling": False, "use_absolute_position_embeddings": True, "layer_scale_init_value": 0.0}
        | {"num_attention_heads": 3}
        | labels(3),
        "use_mean_pooling false: layer norm, then the class token; absolute positions; no layer scale; bf16",
        dtype=torch.bfloat16,
        resized=SIZES[:2],
    ),
    Case(
        "beit_classifier_new_names",
        "BeitForImageClassification",
        ONE_LAYER | {"use_relative_position_bias": True, "hidden_act": "relu"} | labels(3),
        "tensor names of transformers 5 with a prefix: a table of relative positions of the layer's own",
        new_names=True,
    ),
    Case(
        "beit_both_biases",
        "BeitModel",
        SMALL | {"use_relative_position_bias": True, "use_shared_relative_position_bias": True},
        "tables of relative positions for all layers and for each are added; tensor names of transformers 5; f16",
        new_names=True,
        dtype=torch.float16,
    ),
    Case(
        "beit_not_square",
        "BeitModel",
        SMALL | {"use_relative_position_bias": True, "image_size": [12, 30]},
        "2 x 5 patches: the table of 3 x 9 is taken for one of 9 x 3 and resampled to 3 x 9, even at the native size",
    ),
    Case(
        "beit_no_pooler",
        "BeitModel",
        SMALL | {"use_relative_position_bias": True, "use_mean_pooling": False},
        "a final layer norm; pooler_output is the class token",
    ),
]

BEIT_SEGMENTED = {"hidden_size": 8, "num_hidden_layers": 5, "num_attention_heads": 2, "intermediate_size": 12, "patch_size": 6}
BEIT_SEGMENTED |= {"auxiliary_channels": 4}
BEIT += [
    Case(
        "beit_segmentation",
        "BeitForSemanticSegmentation",
        BEIT_SEGMENTED | {"image_size": 24, "use_relative_position_bias": True, "pool_scales": [1, 3]} | labels(5)
        | {"out_features": ["stage1", "stage2", "stage4", "stage5"]},
        "tokens of four layers, of which number 1 is the patches, as maps 4, 2, 1 and half as large as the grid; averages of parts "
        "of the smallest; an auxiliary head that is for training",
        remove=("out_indices",),
        unused=("auxiliary_head.", "num_batches_tracked", "encoder.layer.4."),
        mistakes={"out_features": [["stage1", "stage2", "stage3", "stage5"]], "pool_scales": [[1, 2]]},
    ),
    Case(
        "beit_segmentation_new_names",
        "BeitForSemanticSegmentation",
        BEIT_SEGMENTED
        | {"image_size": 18, "use_absolute_position_embeddings": True, "use_shared_relative_position_bias": True}
        | {"use_mean_pooling": False, "use_auxiliary_head": False, "out_indices": [2, 3, 4, 5], "layer_scale_init_value": 0.0}
        | labels(3),
        "names of transformers 5; a grid of 3 x 3, of which the last row and column have no half; averages of more parts than there are pixels; the "
        "norm behind the last layer is not reached; f16",
        new_names=True,
        dtype=torch.float16,
        remove=("out_features", "pool_scales"),
        unused=("beit.layernorm.", "num_batches_tracked", "beit.layers.4."),
        mistakes={"out_indices": [[1, 3, 4, 5]]},
    ),
]
DATA2VEC = [
    Case(
        "data2vec_vision_classifier",
        "Data2VecVisionForImageClassification",
        SMALL | {"use_relative_position_bias": True, "hidden_act": "gelu_new", "layer_norm_eps": 1e-3} | labels(4),
        "as BEiT; prefix data2vec_vision., model_type data2vec-vision",
        resized=SIZES[:2],
        mistakes={"num_channels": [1], "layer_scale_init_value": [0.0], "use_mean_pooling": [False]}
        | {"use_absolute_position_embeddings": [True]},
    ),
    Case(
        "data2vec_vision_bare",
        "Data2VecVisionModel",
        SMALL | {"use_relative_position_bias": True, "use_shared_relative_position_bias": True},
        "both kinds of tables; no pooler: last_hidden_state alone, without a layer norm; f16",
        dtype=torch.float16,
    ),
]

MSN = [
    Case(
        "vit_msn_classifier",
        "ViTMSNForImageClassification",
        SMALL | labels(4),
        "as saved today: encoder.layer. without the prefix vit. that the other tensors have; keys left out: "
        "layer_norm_eps is 1e-6",
        **DEFAULTS,
    ),
    Case(
        "vit_msn_classifier_prefix",
        "ViTMSNForImageClassification",
        SMALL | {"qkv_bias": False} | labels(3),
        "vit. in front of all names but the classifier's",
        rename=lambda name: name if name.startswith(("vit.", "classifier.")) else f"vit.{name}",
        resized=SIZES[:1],
    ),
    Case(
        "vit_msn_new_names",
        "ViTMSNForImageClassification",
        ONE_LAYER | {"hidden_act": "quick_gelu"} | labels(3),
        "tensor names of transformers 5, all with a prefix; bf16",
        new_names=True,
        dtype=torch.bfloat16,
    ),
    Case(
        "vit_msn_bare",
        "ViTMSNModel",
        SMALL | {"layer_norm_eps": 1e-3},
        "no pooler: last_hidden_state alone",
        mistakes={"head_dim": [10], "num_channels": [1]},
    ),
]

MAE_DECODER = {
    "decoder_num_attention_heads": 1,
    "decoder_hidden_size": 8,
    "decoder_num_hidden_layers": 1,
    "decoder_intermediate_size": 8,
}
MAE = [
    Case(
        "vit_mae_pretraining",
        "ViTMAEForPreTraining",
        SMALL | MAE_DECODER,
        "the encoder of a model with a decoder; mask_ratio 0.75 in config.json, outputs are for 0 and tokens in order; "
        "keys left out: layer_norm_eps is 1e-12",
        readers={"ViTMAEModel": ["last_hidden_state"]},
        reading={"mask_ratio": 0.0},
        rename=lambda name: name.replace("decoder_encoder.layer.", "decoder_layers."),
        unused=("decoder.",),
        resized=SIZES[:1],
        **DEFAULTS,
    ),
    Case(
        "vit_mae_new_names",
        "ViTMAEForPreTraining",
        ONE_LAYER | MAE_DECODER | {"hidden_act": "relu", "qkv_bias": False},
        "tensor names of transformers 5, also of the decoder that is left out",
        new_names=True,
        readers={"ViTMAEModel": ["last_hidden_state"]},
        reading={"mask_ratio": 0.0},
        unused=("decoder.",),
    ),
    Case(
        "vit_mae_bare",
        "ViTMAEModel",
        SMALL | {"hidden_act": "gelu_new", "mask_ratio": 0.0, "layer_norm_eps": 1e-3},
        "no prefix; mask_ratio 0, outputs are for tokens in order (by default the library shuffles them)",
        readers={"ViTMAEModel": ["last_hidden_state"]},
        resized=SIZES,
        mistakes={"head_dim": [10], "num_channels": [1], "qkv_bias": [False]},
    ),
]

IJEPA = [
    Case(
        "ijepa_bare",
        "IJepaModel",
        SMALL | {"hidden_act": "gelu_new", "layer_norm_eps": 1e-3, "num_channels": 1},
        "no class token, no pooler",
        resized=SIZES,
        states=True,
        mistakes={"head_dim": [10]},
    ),
    Case(
        "ijepa_classifier",
        "IJepaForImageClassification",
        SMALL | labels(5),
        "classifies the mean of all tokens; keys left out: layer_norm_eps is 1e-12; bf16",
        dtype=torch.bfloat16,
        **DEFAULTS,
    ),
    Case(
        "ijepa_not_square",
        "IJepaModel",
        SMALL | {"image_size": [24, 40], "patch_size": [4, 8], "qkv_bias": False, "num_hidden_layers": 3},
        "images and patches that are not square; tensor names of transformers 5",
        new_names=True,
    ),
]

YOLOS_SMALL = SMALL | {"image_size": [24, 36], "num_detection_tokens": 5}
YOLOS = [
    Case(
        "yolos_detection",
        "YolosForObjectDetection",
        YOLOS_SMALL | {"num_hidden_layers": 3, "layer_norm_eps": 1e-3} | labels(4),
        "detection tokens behind the patches; positions added again between layers; logits have one class more; boxes "
        "are sigmoids; MLPs of three layers with ReLU",
        resized=[(36, 18), (48, 54), (12, 24)],
        states=True,
        mistakes={"num_channels": [1]},
    ),
    Case(
        "yolos_detection_no_mid",
        "YolosForObjectDetection",
        YOLOS_SMALL | {"use_mid_position_embeddings": False, "qkv_bias": False} | labels(3),
        "positions at the start only; keys left out: layer_norm_eps is 1e-12; f16",
        dtype=torch.float16,
        **DEFAULTS,
    ),
    Case(
        "yolos_detection_new_names",
        "YolosForObjectDetection",
        SMALL | {"image_size": [18, 24], "num_detection_tokens": 2, "hidden_act": "relu"} | labels(2),
        "tensor names of transformers 5: encoder.interpolation.mid_position_embeddings; bf16",
        new_names=True,
        dtype=torch.bfloat16,
    ),
    Case("yolos_bare", "YolosModel", YOLOS_SMALL | {"hidden_act": "gelu_new"}, "a pooler on the class token"),
]

DINOV3_SMALL = SMALL | {"layer_norm_eps": 1e-3, "rope_theta": 50.0}
ROPE = {"single_precision": "rotary embeddings"}
DINOV3 = [
    Case(
        "dinov3_vit",
        "DINOv3ViTModel",
        DINOV3_SMALL | {"num_register_tokens": 3, "hidden_act": "gelu_new"},
        "rotary positions for patches only, heads of 12; keys have no bias; patch_embeddings without .projection",
        unused=("mask_token",),
        resized=SIZES,
        states=True,
        **ROPE,
        mistakes={"num_channels": [1]},
    ),
    Case(
        "dinov3_vit_gated",
        "DINOv3ViTModel",
        DINOV3_SMALL
        | {"use_gated_mlp": True, "hidden_act": "silu", "num_register_tokens": 4, "query_bias": False}
        | {"value_bias": False, "layerscale_value": 0.5},
        "gated MLP: gate_proj, up_proj, down_proj; no bias in queries, keys and values; bf16",
        unused=("mask_token",),
        dtype=torch.bfloat16,
        **ROPE,
    ),
    Case(
        "dinov3_vit_biases",
        "DINOv3ViTModel",
        DINOV3_SMALL | {"key_bias": True, "mlp_bias": False, "proj_bias": False, "num_register_tokens": 1},
        "a bias in keys, none in the output projection and in the MLP; an image that is not square; tensor names of "
        "transformers 5",
        new_names=True,
        size=(18, 36),
        unused=("mask_token",),
        **ROPE,
    ),
    Case(
        "dinov3_vit_defaults",
        "DINOv3ViTModel",
        SMALL,
        "keys left out: no registers (their tensor has no elements), rope_theta 100, layer_norm_eps 1e-5",
        remove=("layer_norm_eps", "hidden_act", "rope_theta", "num_register_tokens", "key_bias", "query_bias"),
        embedding_scale=0.01,
        unused=("mask_token", "register_tokens"),
        **ROPE,
    ),
]

CASES = VIT + DEIT + DINOV2 + REGISTERS + CLIP + SIGLIP + BEIT + DATA2VEC + MSN + MAE + IJEPA + YOLOS + DINOV3 + SIGLIP2
CASES += CONVOLUTIONS + GATES + PYRAMIDS + MOBILE + WINDOWS + DEPTH + DETECTION + VITDET + POSES + HIERA
