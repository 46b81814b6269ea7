"""The cases of JAX: what each checkpoint is and what it is there for."""

import ml_dtypes
import numpy as np

from jax_library import Case


def vit_jax(**more):
    """As configs/models.py of vit_jax has them, with small sizes."""
    transformer = {"mlp_dim": 36, "num_heads": 2, "num_layers": 2, "attention_dropout_rate": 0.0, "dropout_rate": 0.1}
    return {
        "model_name": "ViT-small_6",
        "patches": {"size": [6, 6]},
        "hidden_size": 24,
        "transformer": transformer,
        "classifier": "token",
        "representation_size": None,
    } | more


SMALL = {"patch_size": [6, 6], "width": 24, "depth": 2, "num_heads": 2, "mlp_dim": 36}
SIZES = [(36, 18), (42, 42), (12, 12), (48, 12)]
# Tokens of small variance tell one epsilon from another.
TINY = {"embedding_scale": 0.01}
OTHERS = {
    "classifier": ["gap", "token_unpooled", "unpooled"],
    "representation_size": [24],
    "hidden_size": [48],
    "/patches/size": [[4, 9]],
    "/transformer/num_heads": [3],
    "/transformer/num_layers": [1, 3],
    "/transformer/mlp_dim": [48],
    "/transformer/add_position_embedding": [False],
    "num_classes": [4],
}

CASES = [
    Case(
        "jax_vit",
        vit_jax(),
        "ViT as first published: opt/target/, modules counted through all kinds; state of training beside it",
        24,
        prefix="opt/target/",
        more={"opt/state/step": (), "opt/state/param_states/cls/momentum": (3, 1)},
        unused=("opt/state/",),
        other_values=OTHERS,
        resized=SIZES,
        states=True,
    ),
    Case(
        "jax_vit_pre_logits",
        vit_jax(representation_size=20, num_classes=7, transformer={"mlp_dim": 36, "num_heads": 3, "num_layers": 1}),
        "tanh behind a layer in front of the head; epsilon is 1e-6; compressed",
        24,
        classes=7,
        compressed=True,
        other_values={"representation_size": [None, 24], "num_classes": [5]},
        **TINY,
    ),
    Case(
        "jax_vit_gap",
        vit_jax(classifier="gap", image_size=[16, 40], patches={"size": [4, 10]}),
        "no class token, the mean of all; pictures and patches that are not square; f16",
        (16, 40),
        dtype=np.float16,
        other_values={"image_size": [[40, 16], 20], "classifier": ["token", "unpooled"], "/patches/size": [[10, 4]]},
        resized=[(24, 20)],
    ),
    Case(
        "jax_vit_gray",
        vit_jax(num_classes=0, representation_size=20),
        "one channel, no head: what is in front of it",
        24,
        channels=1,
        classes=0,
        linen=True,
    ),
    Case(
        "jax_vit_unpooled",
        vit_jax(classifier="token_unpooled", transformer={"mlp_dim": 36, "num_heads": 2, "num_layers": 1}),
        "scores for every token; big-endian, in Fortran order",
        (24, 24),
        dtype=np.dtype(">f4"),
        fortran=True,
        other_values={"classifier": ["token", "gap"]},
    ),
    Case(
        "jax_vit_transformers",
        {
            "architectures": ["ViTForImageClassification"],
            "model_type": "vit",
            "hidden_size": 24,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 36,
            "hidden_act": "gelu",
            "image_size": [24, 36],
            "patch_size": 6,
            "num_channels": 2,
            "pooler_output_size": 24,
            "id2label": {str(index): f"label {index}" for index in range(5)},
        },
        "sizes and labels from a config.json of transformers; the epsilon that it does not give is 1e-6",
        (24, 36),
        channels=2,
        representation=24,
        linen=True,
        other_values={
            "num_attention_heads": [3],
            "num_hidden_layers": [1],
            "image_size": [24],
            "patch_size": [12],
            "num_channels": [3],
            "intermediate_size": [48],
            "layer_norm_eps": [1e-3],
            "pooler_output_size": [20],
        },
        **TINY,
    ),
    Case(
        "jax_big_vision_gap",
        SMALL | {"rep_size": True, "posemb": "sincos2d", "pool_type": "gap", "image_size": [18, 30], "head_zeroinit": False},
        "params/, positions of sines; a layer in front of the head that is as wide as the tokens",
        (18, 30),
        prefix="params/",
        linen=True,
        outside=True,
        other_values={
            "rep_size": [False, 20],
            "posemb": ["learn"],
            "pool_type": ["tok", "map", "0", "none"],
            "mlp_dim": [None],
        },
        resized=[(24, 12)],
    ),
    Case(
        "jax_big_vision_token",
        SMALL | {"pool_type": "tok", "num_classes": 5},
        "positions without one for the class token; arrays that the optimizer keeps beside; bf16",
        24,
        prefix="params/",
        linen=True,
        outside=True,
        dtype=ml_dtypes.bfloat16,
        more={"opt/0/count": (2,)},
        unused=("opt/",),
        other_values={"pool_type": ["gap", "0"], "num_classes": [4], "num_heads": [3], "depth": [1]},
        resized=SIZES,
    ),
    Case(
        "jax_big_vision_map",
        {"variant": "mu/8", "depth": 2, "pool_type": "map", "scan": True},
        "a picture's tower beside that of texts (params/img/): attention pooling, layers stacked in one array",
        24,
        prefix="params/img/",
        classes=0,
        linen=True,
        outside=True,
        stacked=True,
        more={"params/t": (1,), "params/b": (1,), "params/txt/head/kernel": (4, 2)},
        unused=("params/t", "params/b"),
        other_values={"pool_type": ["gap", "0"], "variant": ["Ti/8"], "num_heads": [4]},
        states=True,
    ),
    Case(
        "jax_big_vision_tower_head",
        SMALL | {"pool_type": "0", "dtype_mm": "bfloat16"},
        "a tower with a projection; the first patch stands for all; compressed bf16",
        24,
        prefix="params/img/",
        classes=6,
        linen=True,
        outside=True,
        compressed=True,
        dtype=ml_dtypes.bfloat16,
    ),
]
