"""Writes checkpoints with timm, as it uploads them, and computes what it makes of them in double precision."""

import json
from dataclasses import dataclass, field

import timm
import torch
from safetensors.torch import load_file, save_file
from torch import nn

import common
from common import difference, picture, square

# What is added to all keys adds the same to all scores of a query: the softmax takes it out again.
WITHOUT_EFFECT = ("k_proj.bias", "k_norm.bias")


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
    unused: tuple = ()
    states: bool = False
    flat_config: bool = False  # keys of pretrained_cfg at the root, no model_args: as older files
    single_precision: str = None


def size_of(case):
    return square(case.arguments["img_size"])


def load(directory, **more):
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
    return {"last_hidden_state" if result.ndim == 3 else "pooler_output": result}


def run(case, directory, size, resize=False):
    more = {"img_size": size} if resize and not case.arguments.get("dynamic_img_size") else {}
    return compute(case, load(directory, **more), size)


def states(case, directory, size):
    """What forward_features returns, and the tokens behind each block with the prefix in front."""
    model = load(directory)
    pixels = torch.from_numpy(arguments_of(case, size)["pixel_values"]).double()
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
    model = timm.create_model(case.architecture, **case.arguments)
    common.fill(case.name, model, case.embedding_scale)
    timm.models.save_for_hf(model, directory, case.labels, safe_serialization=True)
    path = directory / "model.safetensors"
    tensors = {name: value.to(case.dtype) for name, value in load_file(path).items()}
    if case.rename:
        tensors = {case.rename(name): value for name, value in tensors.items()}
    save_file(tensors, path, {"format": "pt"})
    path = directory / "config.json"
    config = json.loads(path.read_text())
    if case.flat_config:
        del config["model_args"], config["global_pool"], config["num_features"]
        config |= config.pop("pretrained_cfg")
        config |= {"fixed_input_size": True, "input_size": [config["input_size"][0], *size_of(case)]}
    common.write_json(path, config)


def entry_of(case, directory):
    config = json.loads((directory / "config.json").read_text())
    return {
        "model_type": "timm",
        "architecture": case.architecture,
        "library": f"timm {timm.__version__}",
        "model_args": config.get("model_args", {}),
    }


def without_keys(case, directory, outputs, size):
    """What becomes of the outputs without a key of model_args: the architecture's own value counts then."""
    path = directory / "config.json"
    text = path.read_text()
    found = {}
    for key in json.loads(text).get("model_args", {}):
        config = json.loads(text)
        del config["model_args"][key]
        path.write_text(json.dumps(config))
        try:
            found[key] = float(f"{difference(outputs, run(case, directory, size)):.2g}")
        except Exception:
            found[key] = "does not load or run"
    path.write_text(text)
    return found


def with_mistakes(case, directory, outputs, size):
    """Other epsilons and activations than those that the architecture implies."""
    found = {}
    epsilons = {module.eps for module in load(directory).modules() if hasattr(module, "eps")}
    if case.embedding_scale < 1:
        for other in (1e-5, 1e-6, 1e-12):
            if other in epsilons:
                continue
            model = load(directory)
            for module in model.modules():
                if hasattr(module, "eps"):
                    module.eps = other
            found[f"epsilon={other}"] = float(f"{difference(outputs, compute(case, model, size)):.2g}")
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
            found[f"activation={mistake}"] = float(f"{changed:.2g}")
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
