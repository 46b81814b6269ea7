"""What both libraries' cases share: made-up weights and pictures, files, checks that goldens are worth something."""

import json
import pathlib
import re
import shutil
import sys
import tempfile

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import nn

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools/dev"))
from random_weights import uniform  # noqa: E402

BATCH = 2
# An output that changes by less than this, relative to its largest value, counts as unchanged.
EFFECT = 1e-4
# A mistake (another activation, another epsilon) that changes the outputs by less could go unnoticed.
NOTICEABLE = 2e-5


# Outputs that depend on no picture.
OF_WEIGHTS = ("reference_points",)


class UselessCase(Exception):
    """A golden that wrong code would pass."""


def random_array(case, name, shape, center=0.0, half_range=1.0):
    """Uniform values that depend on nothing but the names: no library's generator is involved."""
    size = int(np.prod(shape, dtype=np.int64))
    return uniform(f"{case}/{name}", size, 0, center, half_range).reshape(shape)


def picture(case, channels, size):
    """A batch of pixels in [-1, 1), as if normalised."""
    return random_array(case, f"pixel_values {size[0]}x{size[1]}", (BATCH, channels, *size))


ATTENTION = ("q_proj", "k_proj", "query", "key", "qkv", "in_proj_weight", "attn_pool.q", "attn_pool.kv")
HIDDEN = ("fc1", "up_proj", "gate_proj", "fc1_g", "fc1_x", "weights_in")
POOLED = ("aspp.convs.4.conv_1x1", "segmentation_head.conv_pool")
EMBEDDING = ("patch_embed", "pos", "token", "class_embedding", "embeddings.projection")
# Of convolutional networks the first layer.
STEMS = ("conv1.", "conv_stem.", "stem.")


def distribution(module, path, parameter):
    """Centre and half the range of a parameter's values: attention scores of order 1, activations far into both tails,
    nothing that is 0 or 1 as after initialisation."""
    kind = path.rpartition(".")[2]
    if "reduce_1x1.normalization.weight" in path:
        # Blocks that add little: else sixteen of them magnify the last bit of the first.
        return 0.4, 0.2
    if "attention_biases" in path:
        # LeViT's tokens: else all attend to about the same, and become alike.
        return 0, 3
    if "attention.0.bias" in path:
        # Before a ReLU, of few features: some of them are positive.
        return 0.8, 0.4
    if "norm" in type(module).__name__.lower():
        return (1, 0.5) if kind == "weight" else (0, 0.4)
    if parameter.ndim > 1 and isinstance(module, (nn.Linear, nn.Conv2d, nn.MultiheadAttention)):
        gain = 1.6 if any(name in path for name in ATTENTION + HIDDEN) else 1.2
        return 0, gain * (3 / (parameter.numel() / parameter.shape[0])) ** 0.5
    if "lambda" in kind or "gamma" in kind:
        return 0.5, 0.8
    if "relative_position_bias_table" in kind:
        return 0, 2
    if kind == "logit_scale" and "attention" in path:
        # Of Swin V2's heads. Some are beyond the limit, log(100): in the last block, since they magnify rounding.
        return (4.6, 0.4) if "layers.1.blocks.1" in path else (1.8, 0.6)
    if kind in ("logit_scale", "logit_bias"):
        return 1, 0.5
    return (0, 0.5) if "bias" in kind else (0, 1)


def fill(case, model, embedding_scale=1.0):
    """Gives every parameter made-up values. A small `embedding_scale` makes tokens whose variance is near epsilon."""
    with torch.no_grad():
        for prefix, module in model.named_modules():
            for kind, parameter in module.named_parameters(recurse=False):
                path = f"{prefix}.{kind}" if prefix else kind
                center, half_range = distribution(module, path, parameter)
                values = torch.from_numpy(random_array(case, path, parameter.shape, center, half_range))
                is_embedding = any(name in path for name in EMBEDDING) or path.startswith(STEMS)
                is_embedding &= kind not in ("rel_pos_h", "rel_pos_w")
                is_embedding &= "norm" not in type(module).__name__.lower() and "norm" not in path
                parameter.copy_(values * embedding_scale if is_embedding else values)


def is_frozen_norm(module):
    """DETR's batch norms, whose weights and statistics are buffers."""
    return "FrozenBatchNorm" in type(module).__name__


def fill_frozen(case, model, forward):
    """Gives frozen batch norms weights, and statistics as fill_statistics does, each when its features come."""

    def fill_one(module, inputs, prefix):
        for kind in ("weight", "bias"):
            center, half_range = distribution(module, f"{prefix}.{kind}", getattr(module, kind))
            values = random_array(case, f"{prefix}.{kind}", module.weight.shape, center, half_range)
            getattr(module, kind).copy_(torch.from_numpy(values))
        moved = [torch.from_numpy(random_array(case, f"{prefix}.{kind}", module.weight.shape)) for kind in ("mean", "var")]
        variance = inputs[0].var(dim=(0, 2, 3))
        module.running_mean.copy_(inputs[0].mean(dim=(0, 2, 3)) + 0.4 * variance.sqrt() * moved[0])
        module.running_var.copy_(variance * (1 + 0.5 * moved[1]))

    hooks = [
        module.register_forward_pre_hook(lambda module, inputs, prefix=prefix: fill_one(module, inputs, prefix))
        for prefix, module in model.named_modules()
        if is_frozen_norm(module)
    ]
    if hooks:
        with torch.no_grad():
            model.eval()
            forward()
    for hook in hooks:
        hook.remove()


def fill_statistics(case, model, forward):
    """Gives batch norms means and variances near those of the features that `forward` makes of pictures: of deep networks
    whose norms do not normalise, the outputs hardly depend on what is far from them."""
    fill_frozen(case, model, forward)
    norms = {prefix: module for prefix, module in model.named_modules() if hasattr(module, "running_mean")}
    norms = {prefix: module for prefix, module in norms.items() if not is_frozen_norm(module)}
    if not norms:
        return
    # LeViT's attention leaves little of what differs between tokens, and all of a shift: later norms would magnify it.
    shift = 0.04 if any("attention_biases" in name for name, _ in model.named_parameters()) else 0.4
    for module in norms.values():
        module.momentum = 1.0
    with torch.no_grad():
        model.train()
        forward()
        model.eval()
        for prefix, module in norms.items():
            if any(name in prefix for name in POOLED):
                # Means of whole maps hardly differ between pictures: the norm would magnify all errors.
                module.running_var += 0.25
            moved = [random_array(case, f"{prefix}.{kind}", module.running_var.shape) for kind in ("mean", "var")]
            module.running_mean += shift * module.running_var.sqrt() * torch.from_numpy(moved[0])
            module.running_var *= 1 + 0.5 * torch.from_numpy(moved[1])


def difference(outputs, others):
    """The largest change of any output, relative to the output's largest value. Another shape is infinitely far."""
    worst = 0.0
    for name, value in outputs.items():
        other = others.get(name)
        if other is None or other.shape != value.shape or not np.isfinite(other).all():
            return float("inf")
        worst = max(worst, float(np.abs(other - value).max() / np.abs(value).max()))
    return worst


def rounded(change):
    """A change for the table of cases, in two digits; JSON has no infinity."""
    return float(f"{change:.2g}") if np.isfinite(change) else "another shape"


def load_tensors(path):
    return load_file(path)


def save_tensors(case, path, tensors):
    save_file({name: torch.as_tensor(value) for name, value in tensors.items()}, path, {"format": "pt"})


def effects(case, directory, outputs, library, run):
    """How much the outputs change with each tensor of the weights; `run` answers with a directory's outputs."""
    load, save = getattr(library, "load_tensors", load_tensors), getattr(library, "save_tensors", save_tensors)
    found = {}
    shards = {path: load(path) for path in sorted([*directory.glob("*.safetensors"), *directory.glob("*.npz")])}
    for path, tensors in shards.items():
        for name, tensor in tensors.items():
            values = torch.as_tensor(tensor)
            if not values.is_floating_point() or not values.numel():
                found[name] = 0.0
                continue
            noise = random_array("noise", name, values.shape)
            step = 0.2 * values.double().abs().mean() * torch.from_numpy(noise)
            save(case, path, {**tensors, name: (values.double() + step).to(values.dtype)})
            found[name] = difference(outputs, run(directory))
        save(case, path, tensors)
    return found


def check_outputs(case, outputs):
    for name, value in outputs.items():
        if name in OF_WEIGHTS:
            continue
        if not np.isfinite(value).all():
            raise UselessCase(f"{case}: {name} is not finite")
        if value.std() < 0.01 or np.abs(value[0] - value[1]).max() < 0.01 * np.abs(value).max():
            raise UselessCase(f"{case}: {name} hardly varies")


def check_effects(case, found, unused, without_effect):
    """Sorts tensors into those that matter, those that cannot (a key's bias, say), and those that are not used."""
    idle = sorted(name for name, effect in found.items() if effect < EFFECT)
    known = [name for name in idle if any(part in name for part in without_effect)]
    expected = [name for name in idle if any(part in name for part in unused)]
    if rest := [name for name in idle if name not in known and name not in expected]:
        raise UselessCase(f"{case}: the outputs hardly depend on {rest}: {[found[name] for name in rest]}")
    return {
        "unused_tensors": expected,
        "tensors_without_effect": known,
        "least_effect": min(effect for effect in found.values() if effect >= EFFECT),
    }


def describe(arrays):
    largest = {name: float(f"{np.abs(value).max():.4g}") for name, value in arrays.items()}
    return {name: {"shape": list(value.shape), "largest": largest[name]} for name, value in arrays.items()}


def write_json(path, value):
    text = json.dumps(value, indent=2)
    # Lists of numbers on one line.
    pattern = r"\[[-\d.,\s]+\]"
    path.write_text(re.sub(pattern, lambda numbers: "[" + " ".join(numbers[0][1:-1].split()) + "]", text) + "\n")


def square(size):
    return (size, size) if isinstance(size, int) else tuple(size)


def make(case, root, library):
    """Makes a case's directory and answers with its entry in the table of cases."""
    with tempfile.TemporaryDirectory() as temporary:
        directory = pathlib.Path(temporary) / case.name
        library.write(case, directory)
        size = library.size_of(case)
        outputs = library.run(case, directory, size)
        check_outputs(case.name, outputs)
        arrays = {f"expected/{name}": value for name, value in outputs.items()} | library.arguments_of(case, size)
        entry = {"name": case.name, "purpose": case.purpose} | library.entry_of(case, directory)
        entry["inputs"] = {name: list(value.shape) for name, value in library.arguments_of(case, size).items()}
        entry["outputs"] = describe(outputs)
        if case.states:
            states = library.states(case, directory, size)
            arrays |= {f"expected/{name}": value for name, value in states.items()}
            entry["states"] = describe(states)
        if case.resized:
            entry["resized"] = [resize(case, directory, other, library, arrays) for other in case.resized]
        entry["without_key"] = library.without_keys(case, directory, outputs, size)
        entry["with_mistake"] = library.with_mistakes(case, directory, outputs, size)
        for mistake, change in entry["with_mistake"].items():
            if not isinstance(change, str) and change < NOTICEABLE:
                raise UselessCase(f"{case.name}: {mistake} changes the outputs by {change} only")
        found = effects(case, directory, outputs, library, lambda other: library.run(case, other, size))
        entry |= check_effects(case.name, found, case.unused, library.WITHOUT_EFFECT)
        entry["tolerance"] = library.tolerance(case)
        target = root / case.name
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(directory, target)
        if getattr(case, "made_up", False):
            (target / "model.safetensors").unlink()
        for path in target.iterdir():
            path.chmod(0o644)
        for path, value in arrays.items():
            file = target / f"{path}.npy"
            file.parent.mkdir(exist_ok=True)
            np.save(file, np.ascontiguousarray(value))
    return entry


def resize(case, directory, size, library, arrays):
    """Goldens for pictures of another size: positions, and for the first such size everything."""
    item = {"size": list(size)}
    moved = library.positions(case, directory, size)
    folder = f"expected_{size[0]}x{size[1]}"
    arrays |= {f"{folder}/{name}": value for name, value in moved.items()}
    item |= {name: list(value.shape) for name, value in moved.items()}
    if size == case.resized[0]:
        outputs = library.run(case, directory, size, resize=True)
        check_outputs(case.name, outputs)
        item["outputs"] = describe(outputs)
        arrays |= {f"{folder}/{name}": value for name, value in (outputs | library.arguments_of(case, size)).items()}
    return item
