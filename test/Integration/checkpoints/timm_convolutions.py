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

# Narrow networks with blocks of each kind that an architecture has.
MOBILE = {"num_classes": 5, "stem_size": 6, "num_features": 14}
MOBILE_VALUES = {
    "in_chans": [1],
    "num_classes": [4],
    "block_args": [[["ds_r1_k3_s1_c8"]], [["xy_r1_k3_s1_c8"]]],
    "num_features": [8],
    "stem_size": [8],
    "pad_type": ["", "valid"],
    "act_layer": ["relu", "relu6", "leaky_relu", "mish"],
    "norm_layer": ["GroupNormAct", ["BatchNorm2d", {"eps": 0.1}], "FilterResponseNormTlu2d"],
    "bn_eps": [0.1],
    "aa_layer": ["avg", "blur", "blurpc", "lpf"],
    "se_layer": [["SqueezeExcite", {"gate_layer": "hard_sigmoid"}], ["SqueezeExcite", {"force_act_layer": "relu"}]],
    "global_pool": ["max", "avgmax", "catavgmax"],
}
EFFICIENTNET_BLOCKS = [
    ["ds_r2_k3_s1_c6_se0.25"],
    ["ir_r2_k3_s2_e4_c8_se0.25"],
    ["ir_r2_k5_s2_e3_c10_se0.3"],
    ["ir_r1_k5_s1_e6_c10_se0.25_noskip"],
    ["ir_r1_k3_s2_e2_c12_se0.25"],
]
EDGE_BLOCKS = [
    ["cn_r2_k3_s1_c6_skip"],
    ["er_r2_k3_s2_e4_c8"],
    ["er_r1_k3_s2_e3_c10_se0.25", "ir_r1_k3_s1_e2_c10_se0.25"],
]
MOBILENET_BLOCKS = [
    ["ds_r1_k3_s2_c8_se0.25_nre"],
    ["ir_r1_k3_s2_e3_c8_nre", "ir_r1_k3_s1_e2.5_c8_nre"],
    ["ir_r2_k5_s2_e3_c10_se0.5"],
    ["cn_r1_k1_s1_c20"],
]
UNIVERSAL_BLOCKS = [
    ["cn_r1_k3_s2_c8"],
    ["uir_r1_k5_s2_e3_c10_a3_p0", "uir_r1_k0_s1_e2_c10_a3_p3", "uir_r1_k3_s1_e2_c10_a0_p0"],
    ["uir_r1_k0_s2_e2_c12_a5_p0", "uir_r1_k0_s1_e2_c12_a0_p5"],
]

MOBILENETS = [
    Case(
        "timm_maps_efficientnet",
        "efficientnet_b0",
        MOBILE | {"block_args": EFFICIENTNET_BLOCKS, "in_chans": 2},
        "depthwise blocks and inverted residuals with gates of a part of the block's input; epsilon is 1e-5",
        states=True,
        values=MOBILE_VALUES | {"pad_type": ["same", "valid"]},
        **MAPS,
    ),
    Case(
        "timm_maps_tf_efficientnet",
        "tf_efficientnet_b3",
        MOBILE | {"block_args": [*EFFICIENTNET_BLOCKS[:4], ["ir_r1_k4_s2_e3_c12_se0.6"]], "global_pool": "avgmax"},
        "by its name: padded as TensorFlow does, odd and even sizes; epsilon is 1e-3; how pictures are prepared",
        pictures=PICTURES,
        values={"pad_type": [""], "bn_eps": [1e-5]},
        **MAPS | {"size": (34, 34)},
        embedding_scale=0.05,
    ),
    Case(
        "timm_maps_tf_efficientnetv2",
        "tf_efficientnetv2_b2",
        MOBILE | {"block_args": EDGE_BLOCKS, "num_classes": 0},
        "convolutions with a sum, the first two layers of a block as one; pooled features",
        values={"block_args": [[["cn_r2_k3_s1_c6"], *EDGE_BLOCKS[1:]]]},
        **MAPS,
    ),
    Case(
        "timm_maps_efficientnetv2_dilated",
        "efficientnetv2_s",
        MOBILE | {"block_args": EDGE_BLOCKS, "num_classes": 0, "global_pool": "", "output_stride": 4},
        "from a stride of 4 on windows grow; a map without pooling",
        values={"output_stride": [8]},
        **MAPS,
    ),
    Case(
        "timm_maps_tf_efficientnet_dilated",
        "tf_efficientnet_b0",
        MOBILE | {"block_args": EFFICIENTNET_BLOCKS, "output_stride": 4, "stem_kernel_size": 4},
        "windows that grow, padded as TensorFlow does; an even one in the stem",
        values={"stem_kernel_size": [3]},
        **MAPS,
    ),
    Case(
        "timm_maps_efficientnet_edge",
        "efficientnet_es",
        MOBILE | {"block_args": [["er_r1_k3_s1_e2_c8_fc12_noskip"], ["ir_r2_k3_s2_e3_c10_se0.5"]]},
        "by its name: ReLU; an inner width that follows from another input than the block's",
        **MAPS,
    ),
    Case(
        "timm_maps_mobilenetv2",
        "mobilenetv2_140",
        MOBILE | {"block_args": [["ds_r1_k3_s1_c6"], ["ir_r2_k3_s2_e6_c8"]], "num_features": 0, "aa_layer": "blurpc"},
        "by its name: ReLU6, no gates; no last convolution; blurred before each stride, with zeros at the edges",
        values={"aa_layer": ["blur"]},
        **MAPS,
    ),
    Case(
        "timm_maps_efficientnet_group_norm",
        "test_efficientnet_gn",
        MOBILE | {"block_args": [["cn_r1_k3_s1_c8_gs4_skip"], ["ir_r1_k3_s2_e3_c16_se0.25_gs8"]], "aa_layer": "avg"}
        | {"stem_size": 8, "num_features": 16, "norm_layer": ["GroupNormAct", {"group_size": 4}]},
        "groups of four channels that are normalised together, and of four and eight in convolutions; means of pixels",
        values={"norm_layer": [["GroupNormAct", {"group_size": 8}]]},
        **MAPS | {"size": (28, 36)},
        **TINY,
    ),
    Case(
        "timm_maps_mobilenetv3",
        "mobilenetv3_large_100",
        MOBILE | {"block_args": MOBILENET_BLOCKS, "in_chans": 2},
        "hard swish, and ReLU in some blocks; gates of a part of the inner width, in eights, behind a hard sigmoid; a "
        "convolution behind the pooling",
        states=True,
        values=MOBILE_VALUES
        | {"act_layer": ["relu", "silu"], "pad_type": ["same"], "se_from_exp": [False], "head_bias": [False], "head_norm": [True]}
        | {"se_layer": [["SqueezeExcite", {"gate_layer": "sigmoid", "rd_round_fn": "round_channels"}], "SqueezeExcite"]},
        **MAPS,
    ),
    Case(
        "timm_maps_tf_mobilenetv3",
        "tf_mobilenetv3_small_100",
        MOBILE | {"block_args": MOBILENET_BLOCKS, "num_classes": 0, "global_pool": "catavgmax"},
        "padded as TensorFlow does; epsilon is 1e-3; features behind the last convolution",
        **MAPS,
        **TINY,
    ),
    Case(
        "timm_maps_fbnetv3",
        "fbnetv3_b",
        MOBILE | {"block_args": MOBILENET_BLOCKS, "num_classes": 0, "global_pool": ""},
        "by its name: gates of a part of the block's input, the block's activation in them, rounded up; a last "
        "convolution without a bias; a map without pooling",
        **MAPS,
    ),
    Case(
        "timm_maps_lcnet",
        "lcnet_050",
        MOBILE | {"block_args": [["dsa_r1_k3_s1_c8"], ["dsa_r2_k3_s2_c10"], ["dsa_r1_k5_s2_c12_se0.25"]]},
        "depthwise blocks with an activation behind and no sum; gates whose width is rounded to whole numbers",
        **MAPS,
    ),
    Case(
        "timm_maps_mobilenetv4",
        "mobilenetv4_conv_small",
        MOBILE | {"block_args": UNIVERSAL_BLOCKS, "layer_scale_init_value": 0.1, "aa_layer": "avg"},
        "depthwise layers before, within and behind a block, layer scale, a norm in the head; means of pixels",
        values={"head_norm": [False], "aa_layer": ["blurpc"]},
        **MAPS | {"size": (32, 64)},
    ),
]

# Hybrids: Vision Transformers on the maps of other networks.
TOKENS = {"img_size": 40, "embed_dim": 24, "depth": 1, "num_heads": 2, "mlp_ratio": 1.5, "num_classes": 5}
STANDARDIZED = {"preact": False, "stem_type": "same", "stem_chs": 32, "conv_layer": ["StdConv2dSame", {"eps": 1e-8}]}


def standardized(*layers, **more):
    return ["ResNetV2", {"layers": list(layers), "channels": [128] * len(layers)} | STANDARDIZED | more]


NARROW_RESNET = {"avg_down": True, "block": "Bottleneck", "stem_type": "deep", "layers": [1, 1, 1, 1], "stem_width": 6}
NARROW_RESNET |= {"channels": [4, 4, 6, 8]}
HYBRIDS = [
    Case(
        "timm_vit_hybrid",
        "vit_small_r26_s32_224",
        TOKENS | {"img_size": 24, "backbone": standardized(1)},
        "a map of standardised filters, padded as TensorFlow does, and group norms; each of its pixels is a token",
        resized=[(32, 19)],
        values={
            "backbone": [standardized(2), standardized(1, conv_layer=["StdConv2dSame", {"eps": 1e-3}])],
            "img_size": [(32, 24)],
            "patch_size": [2],
        },
    ),
    Case(
        "timm_vit_hybrid_epsilon",
        "vit_base_r50_s16_224",
        TOKENS | {"img_size": 29, "backbone": standardized(1, 1), "num_classes": 0},
        "filters of small variance: the epsilon is 1e-8; two stages, odd maps",
        dtype=torch.float16,
        values={"backbone": [standardized(1, 1, conv_layer=["StdConv2dSame", {"eps": 1e-6}])]},
        embedding_scale=0.002,
    ),
    Case(
        "timm_vit_hybrid_stem",
        "vit_tiny_r_s16_p8_224",
        TOKENS | {"img_size": 32, "patch_size": 4, "in_chans": 2}
        | {"backbone": ["ResNetV2", {"layers": []} | STANDARDIZED]},
        "a stem alone, whose map is cut into patches of several pixels",
    ),
    Case(
        "timm_vit_hybrid_resnet",
        "vit_small_resnet26d_224",
        TOKENS | {"backbone": ["ResNet", NARROW_RESNET | {"out_indices": [4]}], "img_size": 33},
        "tokens of a ResNet's last map",
        unused=("num_batches_tracked",),
        resized=[(33, 70)],
    ),
    Case(
        "timm_vit_hybrid_resnet_stage",
        "vit_small_resnet50d_s16_224",
        TOKENS | {"backbone": ["ResNet", NARROW_RESNET | {"out_indices": [3]}], "img_size": 35},
        "tokens of the map of the last stage but one",
        unused=("num_batches_tracked",),
        dtype=torch.float16,
    ),
]

CASES = RESNET + CONVNEXT + MOBILENETS + HYBRIDS
