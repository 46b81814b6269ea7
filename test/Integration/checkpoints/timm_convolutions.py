"""The cases of timm's convolutional networks."""

import re

import torch

from timm_cases import PICTURES
from timm_library import Case

# Maps whose last rows and columns fill no window of two.
SIZE = (29, 35)
MAPS = {"size": SIZE, "unused": ("num_batches_tracked",), "dtype": torch.float16}
# Features of small variance tell one epsilon from another.
TINY = {"embedding_scale": 0.005}

NARROW = {"layers": [1, 1, 1, 1], "num_classes": 5}
BOTTLENECKS = NARROW | {"channels": [4, 4, 4, 6]}
# Other values of arguments, of which none may be ignored.
RESNET_VALUES = {
    "in_chans": [1],
    "num_classes": [4],
    "layers": [[1, 1, 1, 2]],
    "channels": [[8, 8, 8, 12]],
    "block": ["Bottleneck", "Block"],
    "cardinality": [2],
    "base_width": [32],
    "stem_type": ["deep", "deep_tiered"],
    "replace_stem_pool": [True],
    "block_reduce_first": [2],
    "down_kernel_size": [3],
    "avg_down": [True],
    "act_layer": ["silu", "gelu", "leaky_relu", "mish"],
    "norm_layer": ["groupnorm", "frozenbatchnorm2d"],
    "aa_layer": ["AvgPool2d", "BlurPool2d", "LPPool2d"],
    "output_stride": [8, 16, 64],
    "block_args": [{"attn_layer": "se"}, {"attn_layer": "eca"}, {"attn_layer": "cbam"}],
    "global_pool": ["max", "avgmax", "catavgmax", "prr"],
}

RESNET = [
    Case(
        "timm_maps_resnet",
        "resnet18",
        NARROW | {"layers": [1, 2, 1, 1], "channels": [4, 4, 8, 8], "in_chans": 2},
        "basic blocks, a shortcut of one pixel where sizes differ, maximum behind the stem",
        states=True,
        values=RESNET_VALUES,
        **MAPS,
    ),
    Case(
        "timm_maps_resnet_bottleneck",
        "resnet50",
        BOTTLENECKS | {"layers": [2, 1, 1, 1], "num_classes": 0},
        "bottlenecks with the stride in the middle; pooled features; how pictures are prepared; epsilon is 1e-5",
        pictures=PICTURES,
        **MAPS | {"size": (32, 32)},
        **TINY,
    ),
    Case(
        "timm_maps_resnet_deep",
        "resnet50d",
        BOTTLENECKS
        | {"stem_width": 4, "act_layer": "silu", "block": ["Bottleneck", "BasicBlock", "Bottleneck", "Bottleneck"]},
        "three layers before the maximum, means in shortcuts of what is left at the edges, too; both kinds of blocks",
        values={"stem_width": [8], "stem_type": ["", "deep_tiered"], "block": ["Bottleneck"]}
        | {"act_layer": ["relu", "leaky_relu"], "aa_layer": RESNET_VALUES["aa_layer"]},
        states=True,
        **MAPS,
    ),
    Case(
        "timm_maps_resnext",
        "resnext50_32x4d",
        BOTTLENECKS | {"cardinality": 4, "base_width": 32, "global_pool": "max", "channels": [6, 4, 4, 6]},
        "groups of a width that is cut: 6 channels become 3 for each of 4 groups; the maximum",
        values={"cardinality": [2], "base_width": [48]},
        **MAPS,
    ),
    Case(
        "timm_maps_seresnext",
        "seresnext26t_32x4d",
        BOTTLENECKS | {"channels": [16, 16, 16, 18], "cardinality": 2, "base_width": 16, "stem_width": 10}
        | {"global_pool": "avgmax"},
        "a tiered stem of 6, 10 and 20 channels; gates of 8 features (72 / 16, in eights); mean and maximum",
        **MAPS,
    ),
    Case(
        "timm_maps_resnetrs",
        "resnetrs50",
        BOTTLENECKS | {"stem_width": 6, "channels": [4, 4, 4, 8], "global_pool": "catavgmax"},
        "a convolution for the maximum, gates of a quarter of the features; mean beside maximum",
        **MAPS,
    ),
    Case(
        "timm_maps_ecaresnet",
        "ecaresnet26t",
        BOTTLENECKS | {"stem_width": 4, "channels": [4, 4, 8, 32], "cardinality": 4, "base_width": 16},
        "gates from three or five neighbouring channels",
        **MAPS,
    ),
    Case(
        "timm_maps_resnetaa",
        "resnetaa50d",
        BOTTLENECKS | {"stem_width": 6},
        "means of two by two pixels before each stride, and instead of the maximum",
        **MAPS | {"size": (32, 64)},
    ),
    Case(
        "timm_maps_resnetblur",
        "resnetblur50d",
        BOTTLENECKS | {"stem_width": 4},
        "blurred before each stride, pixels reflected at the edges",
        states=True,
        **MAPS,
    ),
    Case(
        "timm_maps_senet",
        "senet154",
        BOTTLENECKS | {"stem_width": 6, "cardinality": 2, "base_width": 32, "channels": [8, 8, 8, 8]},
        "the first layer of a block with half the features, shortcuts of 3 x 3 pixels",
        values={"block_reduce_first": [1], "down_kernel_size": [1]},
        **MAPS,
    ),
    Case(
        "timm_maps_resnet_dilated",
        "resnetblur50d",
        BOTTLENECKS
        | {"stem_width": 6, "layers": [1, 1, 2, 1], "output_stride": 8, "num_classes": 0, "global_pool": ""}
        | {"replace_stem_pool": True},
        "from a stride of 8 on windows grow; smoothed without a stride; a map without pooling",
        values={"output_stride": [16]},
        **MAPS,
    ),
    Case(
        "timm_maps_resnet_group_norm",
        "resnet50_gn",
        BOTTLENECKS | {"channels": [8, 8, 8, 16], "cardinality": 8, "base_width": 32},
        "group norms of 32 groups of one channel or two; epsilon is 1e-5",
        **MAPS | {"size": (44, 48)},
        **TINY,
    ),
]

# Windows that do not overlap leave rows and columns out.
PATCHES = MAPS | {"size": (36, 69)}
STAGES = {"depths": [1, 1, 2, 1], "dims": [6, 8, 12, 16], "num_classes": 5}
CONVNEXT_VALUES = {
    "in_chans": [1],
    "num_classes": [4],
    "depths": [[1, 1, 1, 1]],
    "dims": [[8, 8, 12, 16]],
    "kernel_sizes": [5, [7, 5, 7, 3]],
    "stem_type": ["overlap", "overlap_tiered", "overlap_act"],
    "patch_size": [2],
    "head_norm_first": [True],
    "head_hidden_size": [8],
    "conv_mlp": [True],
    "conv_bias": [False],
    "use_grn": [True],
    "act_layer": ["relu", "gelu_tanh", "silu", "mish"],
    "norm_layer": ["rmsnorm", "simplenorm", "batchnorm2d"],
    "norm_eps": [0.1],
    "output_stride": [8, 16, 64],
    "global_pool": ["max", "avgmax", "catavgmax"],
}


def authors_names(tensors):
    """As ConvNeXt's authors have them: downsampling in a list of its own, MLPs of matrices."""
    found = {}
    for name, value in tensors.items():
        name = re.sub(r"^stages\.(\d)\.downsample\.", r"downsample_layers.\1.", name.replace(".blocks.", "."))
        name = re.sub(r"^stem\.", "downsample_layers.0.", name).replace("conv_dw", "dwconv")
        name = name.replace("mlp.fc", "pwconv").replace("head.fc.", "head.").replace("head.norm.", "norm.")
        name = name.replace("mlp.grn.bias", "grn.beta").replace("mlp.grn.weight", "grn.gamma")
        if ".grn." in name:
            value = value.reshape(1, 1, 1, -1)
        found[name] = value.flatten(1) if "pwconv" in name and name.endswith("weight") else value
    return found


def openclip_names(tensors):
    heads = {"head.pre_logits.fc.weight": "mlp.fc1.weight", "head.pre_logits.fc.bias": "mlp.fc1.bias"}
    heads |= {"head.fc.weight": "mlp.fc2.weight", "head.fc.bias": None}
    return {
        f"visual.head.{heads[name]}" if name in heads else f"visual.trunk.{name}": value
        for name, value in tensors.items()
        if heads.get(name, name)
    } | {"logit_scale": torch.ones(1), "transformer.resblocks.0.ln_1.weight": torch.ones(4)}


CONVNEXT = [
    Case(
        "timm_maps_convnext",
        "convnext_tiny",
        STAGES | {"in_chans": 2},
        "patches of 4 x 4, MLPs of matrices, layer scale, a norm behind the average",
        states=True,
        values=CONVNEXT_VALUES,
        **PATCHES,
    ),
    Case(
        "timm_maps_convnext_norm_first",
        "convnext_tiny_hnf",
        STAGES | {"global_pool": "catavgmax"},
        "by its name: the norm before pooling, MLPs of convolutions; epsilon is 1e-6",
        **PATCHES,
        **TINY,
    ),
    Case(
        "timm_maps_convnext_overlap",
        "convnext_pico_ols",
        STAGES | {"head_hidden_size": 10, "kernel_sizes": [5, 3, 7, 3], "dims": [14, 8, 12, 16], "conv_bias": False},
        "a stem of two convolutions with 8 channels between them, a hidden layer in the head, convolutions without bias",
        values={"head_hidden_size": [None]},
        **PATCHES,
    ),
    Case(
        "timm_maps_convnext_rms",
        "convnext_atto_rms",
        STAGES | {"num_classes": 0, "stem_type": "overlap_act", "norm_eps": 1e-3},
        "RMS norms, an activation within the stem; a large epsilon",
        values={"norm_eps": [None]},
        **PATCHES,
        embedding_scale=0.05,
    ),
    Case(
        "timm_maps_convnextv2",
        "convnextv2_tiny",
        STAGES | {"num_classes": 0, "act_layer": "gelu_tanh", "patch_size": 2, "dims": [6, 8, 8, 12]},
        "global response norms, no layer scale; half of the stem's stride in the first stage",
        values={"use_grn": [False], "ls_init_value": [1e-6]},
        **PATCHES,
    ),
    Case(
        "timm_maps_convnextv2_convolutions",
        "convnextv2_atto",
        STAGES | {"norm_eps": 1e-5},
        "by its name: MLPs of convolutions with global response norms",
        **PATCHES,
    ),
    Case(
        "timm_maps_convnext_dilated",
        "convnext_atto",
        STAGES | {"num_classes": 0, "output_stride": 8, "global_pool": "", "dims": [6, 8, 8, 8]},
        "from a stride of 8 on windows grow; a map without pooling, which the head's norm comes behind",
        values={"output_stride": [16]},
        **PATCHES,
    ),
    Case(
        "timm_maps_author_convnext",
        "convnext_tiny",
        STAGES,
        "the authors' names",
        original=authors_names,
        add={"norms.0.weight": torch.ones(4)},
        **PATCHES | {"unused": ("norms.",)},
    ),
    Case(
        "timm_maps_author_convnextv2",
        "convnextv2_atto",
        STAGES,
        "the authors' names; the MLPs' matrices become convolutions in timm",
        original=authors_names,
        **PATCHES,
    ),
    Case(
        "timm_maps_author_convnext_clip",
        "convnext_large_mlp",
        STAGES | {"head_hidden_size": 12},
        "OpenCLIP's names: a tower's two layers become the head, which has no bias",
        original=openclip_names,
        **PATCHES | {"unused": ("logit_scale", "transformer.")},
    ),
]

CASES = RESNET + CONVNEXT
