"""The cases of timm's Swin Transformer."""

import re

import torch

from timm_library import Case

TINY = "swin_tiny_patch4_window7_224"
SMALL = {"embed_dim": 8, "depths": [2, 2], "num_heads": [1, 2], "num_classes": 5, "mlp_ratio": 2.0}
# Other values of arguments, of which none may be ignored.
VALUES = {
    "in_chans": [1],
    "num_classes": [4],
    "patch_size": [2],
    "embed_dim": [16],
    "depths": [[2, 1]],
    "num_heads": [[2, 2]],
    "head_dim": [4],
    "window_size": [4],
    "qkv_bias": [False],
    "mlp_ratio": [3.0],
    "global_pool": ["max", "avgmax", "catavgmax"],
    "norm_layer": ["GroupNorm1"],
}


def as_authors(tensors):
    """Maps become smaller at the end of a stage; the classifier is called head; buffers are in the file."""
    moved = {}
    for name, tensor in tensors.items():
        name = re.sub(r"layers\.(\d+)\.downsample", lambda found: f"layers.{int(found[1]) - 1}.downsample", name)
        moved[name.replace("head.fc.", "head.")] = tensor
    moved["layers.0.blocks.1.attn_mask"] = torch.zeros(4, 16, 16)
    moved["layers.0.blocks.0.attn.relative_position_index"] = torch.zeros(16, 16, dtype=torch.int64)
    return moved


SWIN = [
    Case(
        "timm_swin",
        TINY,
        SMALL | {"img_size": [40, 28], "window_size": [3, 3], "in_chans": 2},
        "maps of 10 x 7 and, with a row of zeros more, of 5 x 4, of which windows of 3 x 3 reach beyond what was shifted before; f16",
        dtype=torch.float16,
        values=VALUES,
        states=True,
    ),
    Case(
        "timm_swin_fits",
        TINY,
        SMALL | {"img_size": [32, 32], "window_size": [4, 4], "head_dim": 6, "qkv_bias": False},
        "windows that fit, of which nothing is shifted in the last stage; wider heads; for another size, shifted in one direction; f16",
        dtype=torch.float16,
        resized=[(48, 32)],
        values={"head_dim": [4], "qkv_bias": [True], "always_partition": [True], "img_size": [[64, 64]]},
    ),
    Case(
        "timm_swin_parts",
        TINY,
        SMALL | {"img_size": [40, 40], "depths": [2, 2, 2], "num_heads": [1, 2, 2], "window_size": [4, 3, 4], "always_partition": True}
        | {"num_classes": 0},
        "windows that are larger than maps, and shifted; another window in each stage; pooled features; epsilon is 1e-5; f16",
        dtype=torch.float16,
        embedding_scale=0.03,
        values={"always_partition": [False], "window_size": [4], "num_heads": [[1, 2, 4]]},
    ),
    Case(
        "timm_swin_map",
        TINY,
        SMALL | {"img_size": [24, 16], "depths": [1], "num_heads": [2], "window_size": 2, "num_classes": 0, "global_pool": ""},
        "no pooling: a map with its channels last; one stage; bf16",
        dtype=torch.bfloat16,
    ),
    Case(
        "timm_swin_author",
        TINY,
        SMALL | {"img_size": [32, 32], "depths": [2, 1, 1], "num_heads": [1, 2, 4], "window_size": [4, 4, 2]},
        "names of the authors, whose stages end with a smaller map, and their buffers; f16",
        dtype=torch.float16,
        original=as_authors,
        unused=("relative_position_index", "attn_mask"),
    ),
]
