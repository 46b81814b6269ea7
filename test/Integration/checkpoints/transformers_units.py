"""The cases of Hiera, whose tokens attend within mask units and are pooled."""

import torch

from transformers_library import Case
from transformers_shared import labels

SMALL = {"embed_dim": 8, "depths": [1, 2, 2], "num_heads": [1, 2, 4], "image_size": [32, 32], "masked_unit_size": [4, 4]}
SMALL |= {"num_query_pool": 2, "masked_unit_attention": [True, True, False], "mlp_ratio": 2.3}
HIERA = [
    Case(
        "hiera_classifier",
        "HieraForImageClassification",
        SMALL | {"hidden_act": "gelu_new", "layer_norm_eps": 1e-2, "num_channels": 2} | labels(5),
        "tokens become fewer twice, the second time still within units though the stage attends to all; tanh GELU; f16",
        resized=[(48, 32)],
        dtype=torch.float16,
        states=True,
        mistakes={"masked_unit_size": [[8, 8]], "num_heads": [[2, 2, 4]], "masked_unit_attention": [[True, False, False]]}
        | {"num_query_pool": [1], "mlp_ratio": [2.0], "embed_dim_multiplier": [1.0], "query_stride": [[1, 1]], "patch_padding": [[2, 2]]},
    ),
    Case(
        "hiera_bare",
        "HieraModel",
        SMALL
        | {"depths": [1, 1, 1], "embed_dim_multiplier": 1.5, "num_heads": [2, 3, 2], "image_size": [32, 48], "masked_unit_size": [8, 4]}
        | {"num_query_pool": 1, "masked_unit_attention": [True, False, True]},
        "pictures and units that are not square; a stage with more features and no fewer tokens, and units of 2; f16",
        dtype=torch.float16,
        states=True,
        mistakes={"masked_unit_attention": [[False, False, True]], "masked_unit_size": [[4, 4]]},
    ),
    Case(
        "hiera_backbone",
        "HieraBackbone",
        SMALL
        | {"depths": [1, 1, 1], "image_size": [32, 24], "patch_size": [5, 3], "patch_stride": [4, 2], "patch_padding": [2, 1]}
        | {"query_stride": [2, 1], "out_features": ["stem", "stage2"], "layer_norm_eps": 1e-3},
        "patches and pooling that are not square; the library takes rows of patches for unrolled tokens here; the epsilon of the norms of maps "
        "is another; a stage that nothing needs; f16",
        dtype=torch.float16,
        remove=("out_indices",),
        unused=("encoder.stages.2.",),
        mistakes={"out_indices": [[1]], "patch_stride": [[2, 4]], "patch_size": [[3, 5]]},
    ),
    Case(
        "hiera_defaults",
        "HieraModel",
        {"embed_dim": 6, "depths": [1, 1, 1, 1], "image_size": [64, 32]},
        "keys left out: patches of 7 x 7 every 4 pixels, four times the features in MLPs and twice in each stage, 1 to 8 heads, three poolings of 2 x 2, "
        "units of 8 x 8 in the first two stages, layer_norm_eps 1e-6, hidden_act gelu; tokens of small variance; f16",
        dtype=torch.float16,
        embedding_scale=0.01,
        remove=("patch_size", "patch_stride", "patch_padding", "mlp_ratio", "num_heads", "embed_dim_multiplier", "num_query_pool")
        + ("query_stride", "masked_unit_size", "masked_unit_attention", "num_channels", "hidden_act", "layer_norm_eps")
        + ("out_features", "out_indices"),
        mistakes={"num_heads": [[1, 2, 4, 4]], "masked_unit_attention": [[True, False, False, False]], "mlp_ratio": [2.0]}
        | {"patch_size": [[5, 5]], "patch_padding": [[2, 2]], "query_stride": [[1, 2]], "num_query_pool": [2]},
    ),
]
