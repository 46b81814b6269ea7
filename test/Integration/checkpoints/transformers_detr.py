"""The cases of DETR and Conditional DETR, on backbones of transformers and of timm."""

import numpy as np
import torch

from common import BATCH, picture
from transformers_library import Case
from transformers_shared import labels

RESNET = {"model_type": "resnet", "embedding_size": 6, "hidden_sizes": [6, 10], "depths": [1, 1], "layer_type": "basic", "out_features": ["stage2"]}
SMALL = {"d_model": 16, "num_queries": 5, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 4}
SMALL |= {"encoder_ffn_dim": 20, "decoder_ffn_dim": 24}
# What queries attend to among each other is the same everywhere in the first layer, where they are zeros.
FIRST = tuple(f"decoder.layers.0.self_attn.{name}" for name in ("q_proj", "k_proj", "v_proj.weight"))
FIRST += tuple(f"decoder.layers.0.sa_{name}" for name in ("qcontent", "qpos", "kcontent", "kpos", "v_proj.weight"))
FIRST += tuple(f"decoder.layers.0.self_attn.{name}" for name in ("q_content", "q_pos", "k_content", "k_pos"))
FIRST += ("num_batches_tracked",)


def masked(case, size):
    """Pictures that do not fill their part of the batch."""
    mask = np.zeros((BATCH, *size), np.int64)
    mask[0, : size[0] * 3 // 4, :] = 1
    mask[1, :, : size[1] * 5 // 8] = 1
    return {"pixel_values": picture(case.name, 3, size), "pixel_mask": mask}


DETR = [
    Case(
        "detr_detection",
        "DetrForObjectDetection",
        SMALL | {"backbone_config": RESNET} | labels(4),
        "transformers' ResNet; rows and columns as sines; zeros for queries; logits have one class more",
        size=(40, 56),
        states=True,
        unused=FIRST,
        mistakes={"activation_function": ["gelu"], "auxiliary_loss": [True], "num_queries": [4]}
        | {"position_embedding_type": ["learned"], "encoder_attention_heads": [4], "encoder_ffn_dim": [24]},
    ),
    Case(
        "detr_detection_masked",
        "DetrForObjectDetection",
        SMALL
        | {"backbone_config": RESNET | {"layer_type": "bottleneck", "hidden_sizes": [8, 12], "out_features": ["stage1", "stage2"]}}
        | {"activation_function": "gelu", "encoder_layers": 1, "num_queries": 3}
        | labels(2),
        "pixel_mask: padding is no key, and positions do not count it; the last of two maps; tensor names of transformers 5; bf16",
        size=(40, 64),
        inputs=masked,
        dtype=torch.bfloat16,
        new_names=True,
        unused=FIRST,
    ),
    Case(
        "detr_detection_timm",
        "DetrForObjectDetection",
        SMALL
        | {"encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 4}
        | {"backbone_config": {"model_type": "timm_backbone", "backbone": "test_resnet", "out_indices": [1, 2]}}
        | labels(3),
        "a ResNet of timm, up to its second stage, with timm's names; f16",
        size=(32, 48),
        dtype=torch.float16,
        unused=FIRST,
    ),
    Case(
        "detr_bare",
        "DetrModel",
        SMALL
        | {"backbone_config": RESNET | {"out_features": ["stage1"]}, "position_embedding_type": "learned", "auxiliary_loss": True}
        | {"encoder_attention_heads": 4},
        "learned rows and columns; a norm behind each layer of the decoder, all of which are returned; a stage of the backbone that "
        "nothing needs; f16",
        size=(20, 28),
        dtype=torch.float16,
        unused=(*FIRST, "encoder.stages.1."),
    ),
]

# The library computes frequencies of the queries' points in single precision.
SINES = {"single_precision": "frequencies of sines"}
CONDITIONAL = [
    Case(
        "conditional_detr_detection",
        "ConditionalDetrForObjectDetection",
        SMALL | {"backbone_config": RESNET} | labels(4),
        "attention to contents and to positions around a point of each query; boxes are relative to it; no class for nothing",
        size=(40, 56),
        states=True,
        unused=FIRST,
        mistakes={"activation_function": ["gelu"], "auxiliary_loss": [True], "num_queries": [4]}
        | {"position_embedding_type": ["learned"], "decoder_attention_heads": [2], "decoder_ffn_dim": [20]},
        **SINES,
    ),
    Case(
        "conditional_detr_detection_masked",
        "ConditionalDetrForObjectDetection",
        SMALL | {"backbone_config": RESNET, "encoder_layers": 1, "activation_function": "silu", "encoder_attention_heads": 4} | labels(1),
        "pixel_mask; one class; tensor names of transformers 5; bf16",
        size=(40, 64),
        inputs=masked,
        dtype=torch.bfloat16,
        new_names=True,
        unused=FIRST,
        **SINES,
    ),
    Case(
        "conditional_detr_bare",
        "ConditionalDetrModel",
        SMALL | {"backbone_config": RESNET, "position_embedding_type": "learned", "auxiliary_loss": True},
        "learned rows and columns; a norm behind each layer of the decoder; f16",
        size=(40, 56),
        dtype=torch.float16,
        unused=FIRST,
        **SINES,
    ),
]

DETECTION = DETR + CONDITIONAL
