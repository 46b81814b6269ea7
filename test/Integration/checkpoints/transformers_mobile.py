"""The cases of both versions of MobileViT of transformers."""

import torch

from transformers_library import Case
from transformers_shared import labels

# A counter of training.
COUNTER = ("num_batches_tracked",)
MOBILEVIT_SMALL = {"neck_hidden_sizes": [4, 4, 6, 8, 10, 8, 16], "hidden_sizes": [8, 12, 16], "num_attention_heads": 2}
MOBILEVIT_SMALL |= {"mlp_ratio": 1.3, "expand_ratio": 2.3}
MOBILEVIT = [
    Case(
        "mobilevit_classifier",
        "MobileViTForImageClassification",
        MOBILEVIT_SMALL
        | {"image_size": [66, 52], "hidden_act": "gelu", "num_channels": 2, "qkv_bias": False, "layer_norm_eps": 0.1}
        | labels(5),
        "maps that no patches fill, which are resized to whole patches and back; f16",
        states=True,
        dtype=torch.float16,
        unused=COUNTER,
        mistakes={"expand_ratio": [2.0], "mlp_ratio": [1.4], "num_attention_heads": [4], "hidden_act": ["silu"]},
    ),
    Case(
        "mobilevit_bare",
        "MobileViTModel",
        MOBILEVIT_SMALL
        | {"image_size": 54, "num_channels": 1, "patch_size": 3, "conv_kernel_size": 5, "output_stride": 16},
        "patches of 3 x 3; windows that grow instead of the last map's becoming smaller; f16",
        size=(54, 48),
        dtype=torch.float16,
        unused=COUNTER,
        mistakes={"output_stride": [8], "patch_size": [2]},
    ),
    Case(
        "mobilevit_defaults",
        "MobileViTModel",
        {"neck_hidden_sizes": [4, 4, 6, 8, 8, 8, 12], "hidden_sizes": [4, 8, 12], "output_stride": 8, "image_size": 48},
        "keys left out: patches of 2 x 2, 4 heads, mlp_ratio is 2, expand_ratio 4, hidden_act silu; bf16",
        dtype=torch.bfloat16,
        remove=("patch_size", "num_attention_heads", "mlp_ratio", "expand_ratio", "hidden_act", "conv_kernel_size")
        + ("layer_norm_eps", "qkv_bias"),
        unused=COUNTER,
        mistakes={"hidden_act": ["relu"], "num_attention_heads": [2], "patch_size": [1]},
    ),
    Case(
        "mobilevit_segmentation",
        "MobileViTForSemanticSegmentation",
        MOBILEVIT_SMALL
        | {"image_size": [44, 38], "num_channels": 1, "output_stride": 8, "aspp_out_channels": 12, "atrous_rates": [1, 3, 2]}
        | labels(3),
        "logits of each pixel of a map that becomes smaller three times only; rates that reach over its edges; f16",
        states=True,
        dtype=torch.float16,
        unused=COUNTER,
        mistakes={"atrous_rates": [[1, 2, 3]], "output_stride": [16]},
    ),
    Case(
        "mobilevit_segmentation_defaults",
        "MobileViTForSemanticSegmentation",
        {"neck_hidden_sizes": [4, 4, 4, 4, 4, 4, 8], "hidden_sizes": [4, 4, 4], "expand_ratio": 1.0, "image_size": 64}
        | {"num_channels": 1, "output_stride": 8, "aspp_out_channels": 8}
        | labels(3),
        "keys left out: rates of 6, 12 and 18; f16",
        size=(24, 168),
        dtype=torch.float16,
        remove=("atrous_rates",),
        unused=COUNTER,
        mistakes={"atrous_rates": [[6, 12, 17]]},
    ),
]

MOBILEVITV2_SMALL = {"width_multiplier": 0.06, "base_attn_unit_dims": [128, 200, 220], "n_attn_blocks": [1, 2, 0]}
MOBILEVITV2_SMALL |= {"ffn_multiplier": 3, "num_channels": 1}
MOBILEVITV2 = [
    Case(
        "mobilevitv2_classifier",
        "MobileViTV2ForImageClassification",
        MOBILEVITV2_SMALL
        | {"image_size": [44, 52], "hidden_act": "gelu", "expand_ratio": 1.4, "layer_norm_eps": 0.1}
        | {"base_attn_unit_dims": [128, 200, 300]}
        | labels(5),
        "maps that patches do not fill: the rest is left out, and zeros take its place; f16",
        dtype=torch.float16,
        unused=COUNTER,
        mistakes={"hidden_act": ["silu"], "n_attn_blocks": [[1, 1, 0]]},
    ),
    Case(
        "mobilevitv2_bare",
        "MobileViTV2Model",
        MOBILEVITV2_SMALL | {"image_size": 56, "patch_size": 3, "conv_kernel_size": 5, "output_stride": 16},
        "patches of 3 x 3; windows that grow instead of the last map's becoming smaller; f16",
        size=(56, 72),
        dtype=torch.float16,
        unused=COUNTER,
        mistakes={"output_stride": [8], "patch_size": [2]},
    ),
    Case(
        "mobilevitv2_defaults",
        "MobileViTV2Model",
        {"width_multiplier": 0.05, "output_stride": 8, "image_size": 32, "num_channels": 1},
        "keys left out: patches of 2 x 2, 2, 4 and 3 blocks, expand_ratio is 2, hidden_act swish; f16",
        states=True,
        dtype=torch.float16,
        remove=("patch_size", "base_attn_unit_dims", "n_attn_blocks", "expand_ratio", "hidden_act", "conv_kernel_size")
        + ("layer_norm_eps", "ffn_multiplier"),
        unused=COUNTER,
        mistakes={"hidden_act": ["relu"], "patch_size": [1]},
    ),
    Case(
        "mobilevitv2_segmentation",
        "MobileViTV2ForSemanticSegmentation",
        MOBILEVITV2_SMALL
        | {"image_size": [40, 168], "output_stride": 8, "aspp_out_channels": 8, "n_attn_blocks": [1, 1, 1]}
        | labels(3),
        "logits of each pixel of a map that becomes smaller three times only; atrous_rates left out; f16",
        dtype=torch.float16,
        remove=("atrous_rates",),
        unused=COUNTER,
        mistakes={"atrous_rates": [[6, 12, 17]], "output_stride": [16]},
    ),
]

MOBILE = MOBILEVIT + MOBILEVITV2
