"""What the cases of transformers share."""

SMALL = {
    "hidden_size": 24,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 40,
    "image_size": 24,
    "patch_size": 6,
}
# For what needs neither layers after layers nor many patches.
ONE_LAYER = SMALL | {"image_size": 18, "num_hidden_layers": 1}
# Position embeddings for these: whole outputs for the first, which is not square; larger; smaller; as many patches as
# the native square, in another shape.
SIZES = [(36, 18), (42, 42), (12, 12), (12, 48)]
# The defaults of these matter: tokens of small variance tell one epsilon from another.
DEFAULTS = {"remove": ("layer_norm_eps", "hidden_act"), "embedding_scale": 0.01}


def labels(count):
    names = [f"label {index}" for index in range(count)]
    return {"id2label": dict(enumerate(names)), "label2id": {name: index for index, name in enumerate(names)}}


def behind(prefix, *others):
    """Names with a prefix, but for those that start with one of the others."""
    return lambda name: name if name.startswith(others) and others else prefix + name
