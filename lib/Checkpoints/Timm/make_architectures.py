#!/usr/bin/env python3
"""Writes Architectures.inc: what timm's names of architectures stand for, read from its own registry.

Run it by hand for a new version of timm (1.0.31 now); its output is part of the sources. config.json says little more
than an architecture's name: epsilon, activation, layer scale, registers and so on are arguments in timm's code. Each
function that makes a model is called here with the model's class replaced by one that only notes its arguments.
"""

import functools
import importlib
import json
import pathlib
import warnings

import timm
from timm.models import model_entrypoint, vision_transformer

MODULES = ("vision_transformer", "deit", "beit", "eva", "resnet", "convnext")
# What does not belong to the model itself.
LOADING = {"pretrained_filter_fn", "feature_cfg", "pretrained_strict", "pretrained_cfg", "pretrained_cfg_overlay"}
LOADING |= {"cache_dir", "img_size_multiple"}
# Used while training only.
TRAINING = {"rope_rescale_coords", "rope_shift_coords", "rope_jitter_coords"}
NORMS = {"LayerNorm": 1e-6, "RmsNorm": 1e-6}
ACTIVATIONS = {"SiLU": "silu", "GELU": "gelu", "GELUTanh": "gelu_tanh", "QuickGELU": "quick_gelu"}


# Modules of convolutional models.
MAPS = ("resnet", "convnext")


class Unsupported(Exception):
    pass


def as_data(key, value):
    """An argument as JSON. Classes become their names; norms a pair of name and epsilon."""
    if isinstance(value, functools.partial):
        name, keywords = value.func.__name__, dict(value.keywords)
        if name in NORMS and set(keywords) == {"eps"}:
            return [name, keywords["eps"]]
        if name == "GluMlp" and keywords.pop("gate_last", True) is False:
            # Blocks give the activation themselves, so that the partial's own counts for nothing.
            keywords.pop("act_layer", None)
            if not keywords:
                return "SwiGLUPacked"
        raise Unsupported(f"{key} is {value}")
    if isinstance(value, type):
        name = value.__name__
        if name in NORMS:
            return [name, NORMS[name]]
        return ACTIVATIONS.get(name, name)
    if key.endswith("norm_layer") and isinstance(value, str):
        return {"rmsnorm": ["RmsNorm", 1e-6], "layernorm": ["LayerNorm", 1e-6]}[value]
    if isinstance(value, tuple):
        return list(value)
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise Unsupported(f"{key} is {value}")


def as_map_data(value):
    """An argument of a convolutional model. Classes become their names, or a pair of name and arguments."""
    if isinstance(value, functools.partial):
        keywords = {key: as_map_data(inner) for key, inner in value.keywords.items()}
        return [value.func.__name__, keywords] if keywords else value.func.__name__
    if isinstance(value, type):
        return ACTIVATIONS.get(value.__name__, value.__name__)
    if isinstance(value, (list, tuple)):
        return [as_map_data(inner) for inner in value]
    if isinstance(value, dict):
        return {key: as_map_data(inner) for key, inner in value.items()}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise Unsupported(str(value))


def arguments_of(name, calls, has_maps):
    calls.clear()
    model_entrypoint(name)(pretrained=False)
    kind, variant, arguments = calls[0]
    data = {key: value for key, value in arguments.items() if key not in LOADING | TRAINING}
    data = {key: as_map_data(value) if has_maps else as_data(key, value) for key, value in sorted(data.items())}
    # What timm decides by parts of the name.
    if kind == "VisionTransformer" and "flexi" in variant:
        data["resampling"] = "bilinear"
    if kind == "VisionTransformer" and "radio" in variant:
        corners = any(part in variant for part in vision_transformer._RADIO_ALIGN_CORNERS)
        data["resampling"] = "bilinear_corners" if corners else "bilinear"
    if kind == "VisionTransformer" and "siglip" in variant:
        data["may_have_attn_pool"] = True
    if name in DEIT:
        data["may_have_gamma"] = True
    return kind, data


DEIT = set()


def main():
    warnings.simplefilter("ignore")
    calls = []

    class Nothing:
        def __getattr__(self, name):
            return None

    def note(kind, variant, pretrained, **arguments):
        calls.append((kind.__name__, variant, arguments))
        return Nothing()

    names = []
    maps = set()
    for module_name in MODULES:
        module = importlib.import_module(f"timm.models.{module_name}")
        module.build_model_with_cfg = note
        # Names of earlier versions are in the registry, too.
        found = sorted(timm.models._registry._module_to_models[module_name])
        names += found
        if module_name in MAPS:
            maps.update(found)
        if module_name == "deit":
            DEIT.update(found)
    lines = [
        f"// Made by make_architectures.py from timm {timm.__version__}: name, class, arguments (JSON).",
        "// clang-format off",
    ]
    for name in sorted(names):
        kind, data = arguments_of(name, calls, name in maps)
        lines.append(f'{{"{name}", "{kind}", R"({json.dumps(data)})"}},')
    path = pathlib.Path(__file__).with_name("Architectures.inc")
    path.write_text("\n".join(lines) + "\n")
    others = sorted(set(timm.list_models()) - set(names))
    text = f"// Made by make_architectures.py from timm {timm.__version__}: names of all other architectures.\n"
    text += "// clang-format off\n"
    for start in range(0, len(others), 8):
        text += "".join(f'"{name}",' for name in others[start : start + 8]) + "\n"
    path.with_name("OtherArchitectures.inc").write_text(text)
    print(f"{path}: {len(names)} architectures, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
