#!/usr/bin/env python3
"""Writes Architectures.inc: what timm's names of architectures stand for, read from its own registry.

Run it by hand for a new version of timm (1.0.31 now); its output is part of the sources. config.json says little more
than an architecture's name: epsilon, activation, layer scale, registers and so on are arguments in timm's code. Each
function that makes a model is called here with the model's class replaced by one that only notes its arguments.
"""

import functools
import importlib
import itertools
import json
import pathlib
import types
import warnings

import timm
from timm.models import _efficientnet_builder, model_entrypoint, vision_transformer

# What does not belong to the model itself.
LOADING = {"pretrained_filter_fn", "feature_cfg", "pretrained_strict", "pretrained_cfg", "pretrained_cfg_overlay"}
LOADING |= {"cache_dir", "img_size_multiple", "kwargs_filter"}
# Used while training only.
TRAINING = {"rope_rescale_coords", "rope_shift_coords", "rope_jitter_coords"}
NORMS = {"LayerNorm": 1e-6, "RmsNorm": 1e-6}
ACTIVATIONS = {"SiLU": "silu", "GELU": "gelu", "GELUTanh": "gelu_tanh", "QuickGELU": "quick_gelu"}
ACTIVATIONS |= {"ReLU": "relu", "ReLU6": "relu6", "Hardswish": "hard_swish"}
# What activations are called in strings of blocks.
BLOCK_ACTIVATIONS = {"relu": "re", "relu6": "r6", "hard_swish": "hs", "silu": "sw"}

# Modules of convolutional models.
MAPS = ("resnet", "convnext", "efficientnet", "mobilenetv3", "hardcorenas", "swin_transformer")
MODULES = ("vision_transformer", "vision_transformer_hybrid", "deit", "beit", "eva") + MAPS


class Unsupported(Exception):
    pass


class Backbone:
    """What makes a map for a hybrid: a class and its arguments, not a model."""

    def __init__(self, kind, arguments):
        self.kind, self.arguments = kind, arguments


# Of backbones: what their maps do not depend on, and what the hybrid says itself.
BACKBONE = {"num_classes", "global_pool", "in_chans", "features_only", "device", "dtype"}


def note_backbones(calls):
    """Lets the module of hybrids note what it makes backbones with."""
    module = importlib.import_module("timm.models.vision_transformer_hybrid")

    def resnet_v2(**arguments):
        return Backbone("ResNetV2", arguments)

    def stem(in_chans, **arguments):
        return Backbone("ResNetV2", {"layers": []} | arguments)

    def resnet(name):
        def make(out_indices, **arguments):
            _, data = arguments_of(name, calls, True)
            return Backbone("ResNet", data | {"out_indices": out_indices})

        return make

    module.ResNetV2, module.create_resnetv2_stem = resnet_v2, stem
    module.ConvStem = lambda **arguments: Backbone("ConvStem", {})
    for name in ("resnet26d", "resnet50d"):
        setattr(module, name, resnet(name))


def as_data(key, value):
    """An argument as JSON. Classes become their names; norms a pair of name and epsilon."""
    if isinstance(value, Backbone):
        arguments = {name: as_map_data(inner) for name, inner in value.arguments.items() if name not in BACKBONE}
        return [value.kind, arguments]
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


def as_text(number):
    return ".".join(map(str, number)) if isinstance(number, list) else str(number).removesuffix(".0")


def block_text(block, repeats, round_channels):
    """A block as timm's architectures have it, but with the channels that it gets in the end."""
    kind = block["block_type"]
    kernel = {"er": "exp_kernel_size", "cn": "kernel_size", "uir": "dw_kernel_size_mid"}.get(kind, "dw_kernel_size")
    # Lists of kernels and whatever else these strings do not say is for the reader to refuse.
    numbers = {"r": repeats, "k": block[kernel], "s": block["stride"], "e": block.get("exp_ratio")}
    numbers |= {"c": round_channels(block["out_chs"]), "se": block.get("se_ratio") or None, "gs": block.get("group_size")}
    numbers |= {"fc": round_channels(block["force_in_chs"]) if block.get("force_in_chs") else None}
    numbers |= {"cc": block.get("num_experts"), "d": block.get("s2d") or block.get("key_dim")}
    if kind == "uir":
        numbers |= {"a": block["dw_kernel_size_start"], "p": block["dw_kernel_size_end"]}
    else:
        start = block.get("exp_kernel_size", 1) if kind == "ir" else 1
        end = block.get("pw_kernel_size", 1)
        numbers |= {"a": start if start != 1 else None, "p": end if end != 1 else None}
    text = kind + "".join(f"_{key}{as_text(number)}" for key, number in numbers.items() if number is not None)
    if block["act_layer"] is not None:
        text += "_n" + BLOCK_ACTIVATIONS[ACTIVATIONS[block["act_layer"].__name__]]
    if kind == "cn":
        return text + ("_skip" if block["skip"] else "")
    return text + ("_noskip" if block.get("noskip") and kind != "dsa" else "")


def with_block_texts(kind, arguments):
    """The arguments of a mobile network; numbers of channels are rounded already."""
    arguments = dict(arguments)
    round_channels = arguments.pop("round_chs_fn", _efficientnet_builder.round_channels)
    stages = []
    for stage in arguments["block_args"]:
        runs = [(block, len(list(same))) for block, same in itertools.groupby(stage)]
        stages.append([block_text(block, repeats, round_channels) for block, repeats in runs])
    arguments["block_args"] = stages
    if not arguments.pop("fix_stem", False):
        arguments["stem_size"] = round_channels(arguments.get("stem_size", 16 if kind == "MobileNetV3" else 32))
    if not arguments.get("features_only"):
        arguments.pop("features_only", None)
    return arguments


def as_map_data(value):
    """An argument of a convolutional model. Classes become their names, or a pair of name and arguments."""
    if isinstance(value, functools.partial):
        keywords = {key: as_map_data(inner) for key, inner in value.keywords.items()}
        return [value.func.__name__, keywords] if keywords else value.func.__name__
    if isinstance(value, (type, types.FunctionType)):
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
    kind, variant, arguments = calls[-1]
    if "embed_layer" in arguments and getattr(arguments["embed_layer"].func, "__name__", "") == "HybridEmbed":
        arguments = dict(arguments)
        arguments |= arguments.pop("embed_layer").keywords
    if kind in ("EfficientNet", "MobileNetV3"):
        arguments = with_block_texts(kind, arguments)
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

    note_backbones(calls)
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
