"""Google's Vision Transformers of JAX in double precision, written anew with numpy in Flax's own layout, and checkpoints as
numpy.savez writes them. No kernel is transposed here: products are einsum's, as in Flax.

Compared once with the same modules of flax 0.12.8 on jax 0.10.2 in double precision: all outputs agree to 1e-14.
"""

import json
import zipfile
from dataclasses import dataclass, field

import ml_dtypes
import numpy as np
import scipy.ndimage
import scipy.special

import common
from common import UselessCase, difference, picture, random_array, square

# What is added to all keys adds the same to all scores of a query: the softmax takes it out again.
WITHOUT_EFFECT = ("/key/bias",)
FILE = "params.npz"


@dataclass
class Case:
    """A checkpoint. `config` is what --config gets: vit_jax's, big_vision's or transformers'."""

    name: str
    config: dict
    purpose: str
    size: object  # of the picture
    channels: int = 3
    classes: int = 5
    prefix: str = ""
    linen: bool = False  # modules are counted for each kind
    outside: bool = False  # positions are outside of Transformer, for patches only
    stacked: bool = False  # all layers in one array
    dtype: object = np.float32
    compressed: bool = False
    fortran: bool = False
    embedding_scale: float = 1.0
    more: dict = field(default_factory=dict)  # arrays beside the model: name to shape
    other_values: dict = field(default_factory=dict)  # of keys of the configuration, by their path
    unused: tuple = ()
    resized: list = field(default_factory=list)
    states: bool = False
    representation: int = 0  # for a configuration that does not say it


# Width, layers, features of the MLP, heads.
VARIANTS = {"mu": (32, 1, 128, 2), "Ti": (192, 12, 768, 3)}


def settings_of(case, config):
    """The same whichever configuration it is; raises when a key is missing."""
    if "model_type" in config:
        return {
            "width": config.get("hidden_size", 768),
            "layers": config.get("num_hidden_layers", 12),
            "heads": config.get("num_attention_heads", 12),
            "hidden": config.get("intermediate_size", 3072),
            "patch": square(config.get("patch_size", 16)),
            "channels": config.get("num_channels", 3),
            "size": square(config.get("image_size", 224)),
            "pool": "tok",
            "representation": config.get("pooler_output_size", case.representation),
            "positions": "learn",
            "classes": len(config["id2label"]) if "id2label" in config else config.get("num_labels", 2),
            "epsilon": config.get("layer_norm_eps", 1e-6),
        }
    common_part = {"channels": case.channels, "epsilon": 1e-6, "classes": config.get("num_classes", case.classes)}
    common_part["size"] = square(config.get("image_size", case.size))

    def checked(s):
        grid = {edge // patch for edge, patch in zip(s["size"], s["patch"])}
        if "image_size" not in config and (len(grid) > 1 or s["positions"] != "learn"):
            raise ValueError("the picture's size is not given, and there is no square of positions")
        return s

    if "patches" in config:
        transformer = config["transformer"]
        pools = {"token": "tok", "gap": "gap", "unpooled": "none", "token_unpooled": "tok_none"}
        return checked(common_part | {
            "width": config["hidden_size"],
            "layers": transformer["num_layers"],
            "heads": transformer["num_heads"],
            "hidden": transformer["mlp_dim"],
            "patch": square(config["patches"]["size"]),
            "pool": pools[config.get("classifier", "token")],
            "representation": config.get("representation_size") or 0,
            "positions": "learn" if transformer.get("add_position_embedding", True) else "none",
        })
    width, layers, hidden, heads = VARIANTS.get(config.get("variant", "").split("/")[0], (768, 12, None, 12))
    patch = int(config["variant"].split("/")[1]) if "/" in config.get("variant", "") else 16
    width = config.get("width", width)
    representation = config.get("rep_size", False)
    return checked(common_part | {
        "width": width,
        "layers": config.get("depth", layers),
        "heads": config.get("num_heads", heads),
        "hidden": config.get("mlp_dim") or hidden or 4 * width,
        "patch": square(config.get("patch_size", patch)),
        "pool": config.get("pool_type", "gap"),
        "representation": width if representation is True else int(representation),
        "positions": config.get("posemb", "learn"),
    })


def module_names(case):
    """Of a layer's parts."""
    if case.linen:
        return "MultiHeadDotProductAttention_0", "LayerNorm_1", "MlpBlock_0"
    return "MultiHeadDotProductAttention_1", "LayerNorm_2", "MlpBlock_3"


def shapes_of(case, s):
    """Name and shape of every array of the model, one for each layer."""
    width, hidden, heads = s["width"], s["hidden"], s["heads"]
    head = width // heads
    if head * heads != width:
        raise ValueError("heads do not divide the width")
    grid = [edge // patch for edge, patch in zip(s["size"], s["patch"])]
    has_class = s["pool"].startswith("tok")
    shapes = {}

    def dense(name, *shape, bias):
        shapes[f"{name}/kernel"], shapes[f"{name}/bias"] = shape, bias

    def norm(name):
        shapes[f"{name}/scale"], shapes[f"{name}/bias"] = (width,), (width,)

    def attention(name):
        for part in ("query", "key", "value"):
            dense(f"{name}/{part}", width, heads, head, bias=(heads, head))
        dense(f"{name}/out", heads, head, width, bias=(width,))

    def mlp(name):
        dense(f"{name}/Dense_0", width, hidden, bias=(hidden,))
        dense(f"{name}/Dense_1", hidden, width, bias=(width,))

    dense("embedding", *s["patch"], s["channels"], width, bias=(width,))
    if has_class:
        shapes["cls"] = (1, 1, width)
    if s["positions"] == "learn" and case.outside:
        shapes["pos_embedding"] = (1, grid[0] * grid[1], width)
    elif s["positions"] == "learn":
        shapes["Transformer/posembed_input/pos_embedding"] = (1, grid[0] * grid[1] + has_class, width)
    names = module_names(case)
    for layer in range(s["layers"]):
        block = f"Transformer/encoderblock_{layer}/"
        norm(block + "LayerNorm_0")
        attention(block + names[0])
        norm(block + names[1])
        mlp(block + names[2])
    norm("Transformer/encoder_norm")
    if s["pool"] == "map":
        shapes["MAPHead_0/probe"] = (1, 1, width)
        attention("MAPHead_0/MultiHeadDotProductAttention_0")
        norm("MAPHead_0/LayerNorm_0")
        mlp("MAPHead_0/MlpBlock_0")
    features = s["representation"] or width
    if s["representation"]:
        dense("pre_logits", width, features, bias=(features,))
    if s["classes"]:
        dense("head", features, s["classes"], bias=(s["classes"],))
    return shapes


def values_of(case, name, shape):
    """Attention scores of order 1, activations far into both tails, nothing that is 0 or 1 as after initialisation."""
    center, half_range = 0, 1
    if name.endswith("/scale"):
        center, half_range = 1, 0.5
    elif name.endswith("/bias"):
        half_range = 0.4
    elif name.endswith("/kernel"):
        inputs = np.prod(shape[:-1]) if "/out/" in name or len(shape) == 4 else shape[0]
        gain = 1.6 if any(part in name for part in ("query", "key", "Dense_0")) else 1.2
        half_range = gain * (3 / inputs) ** 0.5
    values = random_array(case.name, name, shape, center, half_range)
    is_embedding = name.startswith(("embedding", "cls", "pos_embedding", "Transformer/posembed_input"))
    return values * case.embedding_scale if is_embedding else values


def layer_norm(x, scale, bias, epsilon):
    centred = x - x.mean(-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(-1, keepdims=True) + epsilon) * scale + bias


def gelu_tanh(x):
    return 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))


def gelu_erf(x):
    return 0.5 * x * (1 + scipy.special.erf(x / np.sqrt(2)))


class Run:
    """One pass of a batch. Every array that is asked for counts as used."""

    def __init__(self, case, params, settings, gelu=gelu_tanh):
        self.case, self.params, self.s, self.gelu = case, params, settings, gelu
        self.used, self.states = set(), {}

    def take(self, name):
        self.used.add(name)
        return self.params[name]

    def dense(self, x, name):
        return np.einsum("...i,io->...o", x, self.take(f"{name}/kernel")) + self.take(f"{name}/bias")

    def norm(self, x, name):
        return layer_norm(x, self.take(f"{name}/scale"), self.take(f"{name}/bias"), self.s["epsilon"])

    def attention(self, x, others, name, state=None):
        def project(y, part):
            kernel = self.take(f"{name}/{part}/kernel")
            if kernel.shape[1] != self.s["heads"]:
                raise ValueError("another number of heads")
            return np.einsum("btd,dhk->bthk", y, kernel) + self.take(f"{name}/{part}/bias")

        query, key, value = project(x, "query"), project(others, "key"), project(others, "value")
        scores = np.einsum("bqhk,bthk->bhqt", query / np.sqrt(query.shape[-1]), key)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        scores /= scores.sum(-1, keepdims=True)
        if state:
            self.states[state] = scores
        mixed = np.einsum("bhqt,bthk->bqhk", scores, value)
        return np.einsum("bqhk,hkd->bqd", mixed, self.take(f"{name}/out/kernel")) + self.take(f"{name}/out/bias")

    def mlp(self, x, name):
        return self.dense(self.gelu(self.dense(x, f"{name}/Dense_0")), f"{name}/Dense_1")

    def positions(self, grid):
        width = self.s["width"]
        if self.s["positions"] == "sincos2d":
            y, x = np.mgrid[: grid[0], : grid[1]]
            omega = 1 / 10000 ** (np.arange(width // 4) / (width // 4 - 1))
            y, x = (np.einsum("m,d->md", axis.flatten(), omega) for axis in (y, x))
            return np.concatenate([np.sin(x), np.cos(x), np.sin(y), np.cos(y)], axis=1)[None]
        name = "pos_embedding" if self.case.outside else "Transformer/posembed_input/pos_embedding"
        return resample(self.take(name), self.s, grid)

    def __call__(self, pixels):
        s = self.s
        batch, channels = pixels.shape[:2]
        height, width = s["patch"]
        grid = pixels.shape[2] // height, pixels.shape[3] // width
        cells = pixels[:, :, : grid[0] * height, : grid[1] * width]
        cells = cells.reshape(batch, channels, grid[0], height, grid[1], width)
        x = np.einsum("bcyixj,ijcd->byxd", cells, self.take("embedding/kernel")) + self.take("embedding/bias")
        x = x.reshape(batch, grid[0] * grid[1], -1)
        before = self.case.outside or s["positions"] == "sincos2d"
        if s["positions"] != "none" and before:
            x = x + self.positions(grid)
        if s["pool"].startswith("tok"):
            x = np.concatenate([np.tile(self.take("cls"), (batch, 1, 1)), x], 1)
        if s["positions"] != "none" and not before:
            x = x + self.positions(grid)
        names = module_names(self.case)
        self.states["hidden_states.0"] = x
        for layer in range(s["layers"]):
            block = f"Transformer/encoderblock_{layer}/"
            y = self.norm(x, block + "LayerNorm_0")
            x = x + self.attention(y, y, block + names[0], f"attentions.{layer}")
            x = x + self.mlp(self.norm(x, block + names[1]), block + names[2])
            self.states[f"hidden_states.{layer + 1}"] = x
        x = self.states["last_hidden_state"] = self.norm(x, "Transformer/encoder_norm")
        output = "pooler_output"
        if s["pool"] in ("tok", "0"):
            x = x[:, 0]
        elif s["pool"] == "gap":
            x = x.mean(1)
        elif s["pool"] == "map":
            probe = np.tile(self.take("MAPHead_0/probe"), (batch, 1, 1))
            x = self.attention(probe, x, "MAPHead_0/MultiHeadDotProductAttention_0")
            x = (x + self.mlp(self.norm(x, "MAPHead_0/LayerNorm_0"), "MAPHead_0/MlpBlock_0"))[:, 0]
        else:
            output = "last_hidden_state"
        self.states[output] = x
        if s["representation"]:
            x = np.tanh(self.dense(x, "pre_logits"))
            output = "pre_logits"
            self.states[output] = x
        is_tower = self.case.prefix == "params/img/"
        if s["classes"]:
            x = self.dense(x, "head")
            output = "image_embeds" if is_tower else "logits"
        outputs = {output: x}
        if is_tower:
            outputs["image_embeds_normalized"] = x / np.linalg.norm(x, axis=1, keepdims=True)
        return outputs


def resample(table, s, grid):
    """interpolate_posembed of vit_jax's checkpoint.py, for grids that need be no squares."""
    old = [edge // patch for edge, patch in zip(s["size"], s["patch"])]
    if tuple(old) == tuple(grid):
        return table
    leading = table.shape[1] - old[0] * old[1]
    cells = table[0, leading:].reshape(*old, -1)
    cells = scipy.ndimage.zoom(cells, (grid[0] / old[0], grid[1] / old[1], 1), order=1)
    return np.concatenate([table[:, :leading], cells.reshape(1, grid[0] * grid[1], -1)], 1)


def load_tensors(path):
    """Arrays in double precision; bfloat16 has no name in the format."""
    with np.load(path) as archive:
        arrays = {name: archive[name] for name in archive.files}
    return {name: (a.view(ml_dtypes.bfloat16) if a.dtype.kind == "V" else a).astype(np.float64) for name, a in arrays.items()}


def save_tensors(case, path, tensors):
    """With the same time in every member, so that the same arrays give the same bytes."""
    method = zipfile.ZIP_DEFLATED if case.compressed else zipfile.ZIP_STORED
    with zipfile.ZipFile(path, "w") as archive:
        for name, value in tensors.items():
            value = np.asarray(value).astype(case.dtype)
            info = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            info.compress_type = method
            with archive.open(info, "w", force_zip64=True) as member:
                order = np.asfortranarray if case.fortran else np.ascontiguousarray
                np.lib.format.write_array(member, order(value), allow_pickle=False)


def model_of(case, tensors):
    """The parameters of the model, each layer's by its own name."""
    params = {}
    for name, value in tensors.items():
        if not name.startswith(case.prefix):
            continue
        name = name.removeprefix(case.prefix)
        if "/encoderblock/" in name:
            for layer, part in enumerate(value):
                params[name.replace("/encoderblock/", f"/encoderblock_{layer}/")] = part
        else:
            params[name] = value
    return params


def size_of(case):
    return square(case.size)


def arguments_of(case, size):
    return {"pixel_values": picture(case.name, case.channels, size)}


def start(case, directory, config=None, gelu=gelu_tanh, **more):
    config = config or json.loads((directory / "config.json").read_text())
    settings = settings_of(case, config) | more
    params = model_of(case, load_tensors(directory / FILE))
    for name, shape in shapes_of(case, settings).items():
        if params[name].shape != shape:
            raise ValueError(f"{name}: {params[name].shape}, expected {shape}")
    return Run(case, params, settings, gelu)


def compute(case, run, size):
    outputs = run(arguments_of(case, size)["pixel_values"].astype(np.float64))
    if set(run.params) - run.used:
        raise ValueError(f"not used: {set(run.params) - run.used}")
    return outputs


def run(case, directory, size, resize=False):
    return compute(case, start(case, directory), size)


def states(case, directory, size):
    pass_ = start(case, directory)
    outputs = compute(case, pass_, size)
    return {name: value for name, value in pass_.states.items() if name not in outputs}


def positions(case, directory, size):
    pass_ = start(case, directory)
    if pass_.s["positions"] != "learn":
        return {}
    return {"position_embeddings": pass_.positions([edge // patch for edge, patch in zip(size, pass_.s["patch"])])}


def write(case, directory):
    directory.mkdir()
    common.write_json(directory / "config.json", case.config)
    tensors = {}
    for name, shape in shapes_of(case, settings_of(case, case.config)).items():
        tensors[name] = values_of(case, name, shape)
    if case.stacked:
        first = [name for name in tensors if "/encoderblock_0/" in name]
        for name in first:
            layers = [part for part in (name.replace("_0/", f"_{n}/", 1) for n in range(99)) if part in tensors]
            tensors[name.replace("_0/", "/", 1)] = np.stack([tensors.pop(part) for part in layers])
    tensors = {case.prefix + name: value for name, value in tensors.items()}
    tensors |= {name: random_array(case.name, name, shape) for name, shape in case.more.items()}
    save_tensors(case, directory / FILE, tensors)


def entry_of(case, directory):
    return {"model_type": "jax", "architecture": "ViT", "library": "none: numpy, as in jax_library.py"}


def change_of(case, directory, outputs, size, config):
    try:
        return common.rounded(difference(outputs, compute(case, start(case, directory, config), size)))
    except Exception:
        return "does not load or run"


def keys_of(config):
    """Keys, and JSON pointers to those of objects within."""
    for key, value in config.items():
        yield key
        if isinstance(value, dict) and key != "id2label":
            yield from (f"/{key}/{inner}" for inner in value)


def changed(config, path, *value):
    """A copy with another value of a key, or without it."""
    config = json.loads(json.dumps(config))
    *outer, key = path.removeprefix("/").split("/")
    place = config
    for name in outer:
        place = place[name]
    if value:
        place[key] = value[0]
    else:
        del place[key]
    return config


def without_keys(case, directory, outputs, size):
    return {path: change_of(case, directory, outputs, size, changed(case.config, path)) for path in keys_of(case.config)}


def with_mistakes(case, directory, outputs, size):
    """Another GELU must be noticed, another epsilon where tokens are small; other values of keys as the case says."""
    other = difference(outputs, compute(case, start(case, directory, gelu=gelu_erf), size))
    if other < common.NOTICEABLE:
        raise UselessCase(f"{case.name}: the exact GELU changes the outputs by {other} only")
    if case.embedding_scale < 1:
        for epsilon in (1e-5, 1e-12):
            other = difference(outputs, compute(case, start(case, directory, epsilon=epsilon), size))
            if other < common.NOTICEABLE:
                raise UselessCase(f"{case.name}: the epsilon {epsilon} changes the outputs by {other} only")
    return {
        f"{path}={json.dumps(value)}": change_of(case, directory, outputs, size, changed(case.config, path, value))
        for path, values in case.other_values.items()
        for value in values
    }


def tolerance(case):
    reason = "everything is computed in double precision"
    if case.dtype != np.float32:
        reason += f"; weights are {np.dtype(case.dtype).name}, widened exactly"
    return {"double": 1e-12, "single": 1e-5, "reason": reason}
