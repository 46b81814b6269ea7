"""Arguments of mobile networks and of hybrids that timm takes in code only: its functions for architectures give them
themselves, so that config.json could not have them. Small checkpoints need other blocks than the architectures have."""

import functools

import timm
from timm.layers import norm_act
from timm.models import _efficientnet_blocks, _efficientnet_builder, efficientnet, mobilenetv3
from timm.models import vision_transformer_hybrid as hybrid

KEYS = ("block_args", "num_features", "stem_size", "se_layer", "norm_layer", "head_bias", "head_norm", "se_from_exp")
KEYS += ("layer_scale_init_value", "stem_kernel_size")
MODULES = {efficientnet.__name__: KEYS, mobilenetv3.__name__: KEYS, hybrid.__name__: ("backbone",)}


def called(value):
    """A class that config.json names, perhaps with some of its arguments: [name, {argument: value}]."""
    name, arguments = value if isinstance(value, list) else (value, {})
    found = next(
        getattr(module, name)
        for module in (_efficientnet_blocks, _efficientnet_builder, norm_act, timm.layers, timm.layers.norm_act.nn)
        if hasattr(module, name)
    )
    arguments = {key: called(inner) if key == "rd_round_fn" else inner for key, inner in arguments.items()}
    return functools.partial(found, **arguments) if arguments else found


def overridden(arguments, given):
    """What a model is made with. Channels of `block_args` are not rounded any more."""
    arguments = dict(arguments)
    if "block_args" in given:
        arguments["block_args"] = timm.models._efficientnet_builder.decode_arch_def(given["block_args"])
        rounded = arguments.get("round_chs_fn", _efficientnet_builder.round_channels)
        if not arguments.get("fix_stem"):
            arguments["stem_size"] = rounded(arguments.get("stem_size", 32))
        arguments |= {"round_chs_fn": lambda channels: channels, "fix_stem": True}
    if "stem_size" in given:
        arguments["fix_stem"] = True
    for key, value in given.items():
        if key != "block_args":
            arguments[key] = called(value) if key in ("se_layer", "norm_layer") else value
    return arguments


def install():
    """Lets timm's own functions be given these arguments."""
    given = {}
    for module, name in ((efficientnet, "_create_effnet"), (mobilenetv3, "_create_mnv3")):
        create = getattr(module, name)

        def patched(variant, pretrained=False, create=create, **arguments):
            return create(variant, pretrained, **overridden(arguments, given))

        setattr(module, name, patched)

    install_backbones(given)
    entrypoint = timm.models._factory.model_entrypoint

    def entrypoint_of(name, *rest, **more):
        found = entrypoint(name, *rest, **more)
        keys = MODULES.get(found.__module__, ())
        if not keys:
            return found

        def make(**arguments):
            given.clear()
            for key in keys:
                if key in arguments:
                    given[key] = arguments.pop(key)
            return found(**arguments)

        return make

    timm.models._factory.model_entrypoint = entrypoint_of


def install_backbones(given):
    """The same for what hybrids have in front: [class, arguments]."""
    resnet_v2 = hybrid._resnetv2

    def narrow_resnet_v2(layers, **arguments):
        if "backbone" not in given:
            return resnet_v2(layers, **arguments)
        more = dict(given["backbone"][1])
        more["conv_layer"] = called(more["conv_layer"])
        channels = arguments.get("in_chans", 3)
        if more["layers"]:
            return hybrid.ResNetV2(num_classes=0, global_pool="", in_chans=channels, **more)
        del more["layers"]
        return hybrid.create_resnetv2_stem(channels, more.pop("stem_chs", 64), **more)

    hybrid._resnetv2 = narrow_resnet_v2
    for name in ("resnet26d", "resnet50d"):
        resnet = getattr(hybrid, name)

        def narrow_resnet(resnet=resnet, **arguments):
            # Its weights are in the hybrid's file.
            arguments["pretrained"] = False
            return resnet(**arguments | {key: called_or_same(value) for key, value in given.get("backbone", [0, {}])[1].items()})

        setattr(hybrid, name, narrow_resnet)


def called_or_same(value):
    """A block's class by its name, anything else as it is."""
    return getattr(timm.models.resnet, value) if isinstance(value, str) and hasattr(timm.models.resnet, value) else value
