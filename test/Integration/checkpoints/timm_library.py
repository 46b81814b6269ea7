"""Writes checkpoints with timm, as it uploads them, and computes what it makes of them in double precision."""

import contextlib
import json
from dataclasses import dataclass, field

import timm
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import common
import timm_overrides
from common import difference, picture, rounded, square

timm_overrides.install()

# What is added to all keys adds the same to all scores of a query: the softmax takes it out again.
WITHOUT_EFFECT = ("k_proj.bias", "k_proj.A.bias", "k_norm.bias")


@dataclass
class Case:
    """A checkpoint. `architecture` implies a lot that config.json does not say; `arguments` is model_args in it."""

    name: str
    architecture: str
    arguments: dict
    purpose: str
    resized: list = field(default_factory=list)  # sizes to resample positions to; all outputs for the first one
    dtype: torch.dtype = torch.float32
    embedding_scale: float = 1.0
    labels: dict = field(default_factory=dict)  # label_names and label_descriptions
    rename: callable = None  # a tensor's name in the file
    original: callable = None  # tensors by timm's names -> as those who published the weights have them
    add: dict = field(default_factory=dict)  # tensors that files out there have and the model does not use
    unused: tuple = ()
    states: bool = False
    flat_config: bool = False  # keys of pretrained_cfg at the root, no model_args: as older files
    edit: callable = None  # changes the object in config.json
    values: dict = field(default_factory=dict)  # key of model_args -> other values that must not go unnoticed
    pictures: list = field(default_factory=list)  # changes of pretrained_cfg (None: without the key) to prepare pictures
    single_precision: str = None
    size: tuple = None  # of pictures, for convolutional models, which take any: input_size


def size_of(case):
    return case.size or square(case.arguments["img_size"])


# Arguments that are classes: config.json has their names, which timm itself takes in code only.
CLASSES = {
    "mlp_layer": [timm.layers],
    "act_layer": [nn],
    "norm_layer": [timm.layers],
    "block_fn": [timm.models.vision_transformer],
    "block": [timm.models.resnet],
    "aa_layer": [nn, timm.layers],
}


def with_classes(arguments):
    if "block_args" in arguments and isinstance(arguments["block_args"], list):
        return {}  # a mobile network's: timm_overrides.py
    found = {}
    for key, modules in CLASSES.items():
        names = arguments.get(key)
        classes = [class_of(name, modules) for name in (names if isinstance(names, list) else [names])]
        if all(classes):
            found[key] = classes if isinstance(names, list) else classes[0]
    return found


def class_of(name, modules):
    return next((getattr(module, name) for module in modules if isinstance(name, str) and hasattr(module, name)), None)


def load(directory, **more):
    config = json.loads((directory / "config.json").read_text())
    more = with_classes(config.get("model_args") or {}) | more
    model = timm.create_model(f"local-dir:{directory}", pretrained=True, **more)
    return model.double().eval()


def arguments_of(case, size):
    return {"pixel_values": picture(case.name, case.arguments.get("in_chans", 3), size)}


def compute(case, model, size):
    """By the names that other families' outputs have; timm returns one tensor."""
    pixels = torch.from_numpy(arguments_of(case, size)["pixel_values"]).double()
    with torch.no_grad():
        result = model(pixels).numpy()
    if model.num_classes:
        return {"logits": result}
    return {"last_hidden_state" if result.ndim > 2 else "pooler_output": result}


def run(case, directory, size, resize=False):
    more = {"img_size": size} if resize and not case.arguments.get("dynamic_img_size") else {}
    return compute(case, load(directory, **more), size)


def states(case, directory, size):
    """What forward_features returns, and the tokens behind each block with the prefix in front, or maps."""
    model = load(directory)
    pixels = torch.from_numpy(arguments_of(case, size)["pixel_values"]).double()
    if not hasattr(model, "blocks"):
        with torch.no_grad():
            _, maps = model.forward_intermediates(pixels)
            arrays = {f"hidden_states.{index}": value.numpy() for index, value in enumerate(maps)}
            return arrays | {"last_hidden_state": model.forward_features(pixels).numpy()}
    arrays = {}
    hooks = []
    for index, block in enumerate(model.blocks):
        hooks.append(block.register_forward_hook(keep(arrays, f"hidden_states.{index + 1}")))
    with torch.no_grad():
        arrays["last_hidden_state"] = model.forward_features(pixels).numpy()
    return arrays


def keep(arrays, name):
    def hook(module, inputs, output):
        arrays[name] = output.numpy()

    return hook


def positions(case, directory, size):
    """What depends on a picture's size, as the library makes it when a checkpoint is loaded for another one."""
    model = load(directory, img_size=size)
    moved = {}
    for name, parameter in model.named_parameters():
        if name == "pos_embed":
            moved["position_embeddings"] = parameter.detach().numpy()
        elif name.endswith("relative_position_bias_table"):
            moved.setdefault("relative_position_bias_table", parameter.detach().numpy())
    if getattr(model, "rope", None) is not None:
        # Sines, then cosines.
        moved["rope"] = model.rope.get_embed(model.patch_embed.grid_size).numpy()
    return moved


def write(case, directory):
    model = timm.create_model(case.architecture, **(case.arguments | with_classes(case.arguments)))
    common.fill(case.name, model, case.embedding_scale)
    if any(hasattr(module, "running_mean") for module in model.modules()):
        pixels = common.random_array("statistics", "pixels", (48, case.arguments.get("in_chans", 3), *size_of(case)))
        common.fill_statistics(case.name, model, lambda: model(torch.from_numpy(pixels)))
    names = {key: case.arguments[key] for key in with_classes(case.arguments)}
    timm.models.save_for_hf(model, directory, case.labels | {"model_args": names}, safe_serialization=True)
    path = directory / "model.safetensors"
    tensors = load_file(path)
    tensors = {name: value.to(case.dtype if value.is_floating_point() else value.dtype) for name, value in tensors.items()}
    if case.rename:
        tensors = {case.rename(name): value for name, value in tensors.items()}
    if case.original:
        tensors = {name: value.contiguous() for name, value in case.original(tensors).items()}
    save_file(tensors | case.add, path, {"format": "pt"})
    path = directory / "config.json"
    config = json.loads(path.read_text())
    if case.flat_config:
        del config["model_args"], config["global_pool"], config["num_features"]
        config |= config.pop("pretrained_cfg")
        config |= {"fixed_input_size": True, "input_size": [config["input_size"][0], *size_of(case)]}
    if case.size:
        config["pretrained_cfg"]["input_size"] = [case.arguments.get("in_chans", 3), *case.size]
    if case.edit:
        case.edit(config)
    common.write_json(path, config)


def entry_of(case, directory):
    config = json.loads((directory / "config.json").read_text())
    entry = {
        "model_type": "timm",
        "class": type(load(directory)).__name__,
        "architecture": case.architecture,
        "library": f"timm {timm.__version__}",
        "model_args": config.get("model_args", {}),
    }
    if case.labels:
        info = timm.data.CustomDatasetInfo(**case.labels)
        entry["labels"] = [info.index_to_description(index) for index in range(info.num_classes())]
    if case.pictures:
        entry["pictures"] = [{"changes": changes, "steps": steps(directory, changes)} for changes in case.pictures]
    return entry


def steps(directory, changes):
    """timm's transform for evaluation."""
    with changed(directory, *changes.items()):
        data = timm.data.resolve_model_data_config(load(directory))
    transform = timm.data.create_transform(**data, is_training=False)
    found = []
    for step in transform.transforms:
        kind = type(step).__name__
        if kind == "Normalize":
            found.append([kind, list(data["mean"]), list(data["std"])])
        elif kind != "MaybeToTensor":
            found.append([kind, step.size, *([step.interpolation.value] if kind == "Resize" else [])])
    return found


@contextlib.contextmanager
def changed(directory, *changes):
    """config.json with other values of pretrained_cfg, or, for pointers, of what they lead to; None: without the key."""
    path = directory / "config.json"
    text = path.read_text()
    config = json.loads(text)
    for key, value in changes:
        *sections, last = key.split("/")[1:] if "/" in key else ["pretrained_cfg", key]
        place = config
        for section in sections:
            place = place.get(section, place)
        if value is None:
            del place[last]
        else:
            place[last] = value
    path.write_text(json.dumps(config))
    try:
        yield
    finally:
        path.write_text(text)


def effect(case, directory, outputs, size, pointer, value=None):
    """What becomes of the outputs."""
    with changed(directory, (pointer, value)):
        try:
            return rounded(difference(outputs, run(case, directory, size)))
        except Exception:
            return "does not load or run"


def without_keys(case, directory, outputs, size):
    """What becomes of the outputs without a key of model_args: the architecture's own value counts then. Keys elsewhere
    are there as pointers."""
    config = json.loads((directory / "config.json").read_text())
    found = {
        key: effect(case, directory, outputs, size, f"/model_args/{key}") for key in config.get("model_args", {})
    }
    pretrained = "/pretrained_cfg" if "pretrained_cfg" in config else ""
    for key in ("num_classes", "input_size", "fixed_input_size"):
        for section in dict.fromkeys(["", pretrained]):
            place = config[section[1:]] if section else config
            if key in place:
                found[f"{section}/{key}"] = effect(case, directory, outputs, size, f"{section}/{key}")
    return found


def with_mistakes(case, directory, outputs, size):
    """Other arguments; other epsilons and activations than those that the architecture implies."""
    found = {}
    for key, values in case.values.items():
        for value in values:
            found[f"{key}={json.dumps(value)}"] = effect(case, directory, outputs, size, f"/model_args/{key}", value)
    epsilons = {module.eps for module in load(directory).modules() if hasattr(module, "eps")}
    if case.embedding_scale < 1:
        for other in (1e-3, 1e-5, 1e-6, 1e-12) if case.size else (1e-5, 1e-6, 1e-12):
            if other in epsilons:
                continue
            model = load(directory)
            for module in model.modules():
                if hasattr(module, "eps"):
                    module.eps = other
            found[f"epsilon={other}"] = rounded(difference(outputs, compute(case, model, size)))
    for mistake in (nn.GELU(), nn.GELU("tanh")):
        model = load(directory)
        replaced = 0
        for module in model.modules():
            for name, child in module.named_children():
                if name == "act" and "gelu" in repr(child).lower() and repr(child) != repr(mistake):
                    setattr(module, name, mistake)
                    replaced += 1
        changed = difference(outputs, compute(case, model, size))
        if replaced and changed:
            found[f"activation={mistake}"] = rounded(changed)
    return found


def tolerance(case):
    reasons = ["the library computes everything in double precision"]
    if case.single_precision:
        reasons = [f"the library computes {case.single_precision} in single precision"]
    elif case.resized:
        reasons.append("positions are resampled in single precision (double: 1e-6 for other sizes)")
    if case.dtype != torch.float32:
        reasons.append(f"weights are {str(case.dtype).removeprefix('torch.')}, widened exactly")
    return {"double": 1e-6 if case.single_precision else 1e-12, "single": 1e-5, "reason": "; ".join(reasons)}
