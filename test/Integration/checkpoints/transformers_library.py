"""Writes checkpoints with Hugging Face's transformers, and computes what it makes of them in double precision."""

import inspect
import json
from dataclasses import dataclass, field

import torch
import transformers
from safetensors.torch import load_file, save_file

import common
from common import difference, picture, rounded, square
from random_weights import random_tensor

transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()

# Keys that say nothing about the computation, or that every saved configuration has.
BOOKKEEPING = {"architectures", "dtype", "id2label", "label2id", "model_type", "transformers_version", "text_config"}
# A key's bias adds the same to all scores of a query: the softmax takes it out again. What PoolFormer's average keeps of a
# bias, it subtracts.
WITHOUT_EFFECT = ("key.bias", "k_proj.bias", "before_norm.bias", "kcontent_proj.bias", "kpos_proj.bias", "k_content_proj.bias", "k_pos_proj.bias")
# Outputs whose first dimension is not the batch's.
BATCH_SECOND = ("reference_points", "intermediate_hidden_states")
# States of models with an encoder and a decoder.
STATES = ("encoder_hidden_states", "decoder_hidden_states", "encoder_attentions", "decoder_attentions", "cross_attentions")
# Models of a picture's and a text's tower.
WHOLE = ("CLIPModel", "SiglipModel", "Siglip2Model")


@dataclass
class Case:
    """A checkpoint. `architecture` is the class that writes and reads it."""

    name: str
    architecture: str
    config: dict
    purpose: str
    size: tuple = None  # of the picture; default: image_size
    resized: list = field(default_factory=list)  # sizes to resample positions to; all outputs for the first one
    dtype: torch.dtype = torch.float32
    embedding_scale: float = 1.0
    arguments: dict = field(default_factory=dict)  # of the constructor
    new_names: bool = False  # names of transformers 5 in the file
    shard: str = None  # size of a shard
    made_up: bool = False  # no file of weights, which would be too large: they are those of `--random-weights=1`
    remove: tuple = ()  # keys to take out of config.json
    edit: callable = None  # changes the object in config.json
    rename: callable = None  # a tensor's name in the file
    add: dict = field(default_factory=dict)  # tensors that files out there have and the model does not use
    unused: tuple = ()  # parts of names of tensors that no output needs
    readers: dict = field(default_factory=dict)  # class -> outputs to take from it, instead of the writer's
    states: bool = False  # hidden states and attention maps too
    mistakes: dict = field(default_factory=dict)  # key -> further wrong values that must be noticed
    inputs: callable = None  # case, size -> the arguments of forward
    reading: dict = field(default_factory=dict)  # keys of config.json to change on reading
    missing: tuple = ()  # parts of names of tensors that are not in the file, for which the library makes values up
    single_precision: str = None  # what the library computes in single precision whatever the model's type is
    magnified: float = None  # how far the library in single precision is from itself in double, where that is more than 1e-5
    single_precision_resized: str = None  # the same when positions are resampled


def vision(config):
    return config.get("vision_config", config)


def size_of(case):
    return square(case.size or vision(case.config)["image_size"])


def readers_of(case):
    return case.readers or {case.architecture: None}


def load(case, directory, architecture, attention="sdpa"):
    """The model in double precision. The eager attention of several families rounds its softmax to single precision, so
    outputs come from the other one."""
    kind = getattr(transformers, architecture)
    # DETR's and DPT's do not round, and the other one refuses their ResNet and BiT.
    if not kind._supports_sdpa or "Detr" in architecture or case.config.get("is_hybrid"):
        attention = "eager"
    model, loading = kind.from_pretrained(
        directory, dtype=torch.float64, attn_implementation=attention, output_loading_info=True, **case.reading
    )
    missing = [name for name in loading["missing_keys"] if not any(part in name for part in case.missing)]
    if missing or loading["mismatched_keys"]:
        raise ValueError(f"{case.name}: missing: {missing}, of other shapes: {loading['mismatched_keys']}")
    return model.eval()


def channels_of(case):
    config = vision(case.config)
    return config.get("num_channels") or config.get("backbone_config", {}).get("num_channels", 3)


def arguments_of(case, size):
    if case.inputs:
        return case.inputs(case, size)
    return {"pixel_values": picture(case.name, channels_of(case), size)}


def forward(model, arguments, resize=False, **more):
    tensors = {name: torch.from_numpy(value) for name, value in arguments.items()}
    tensors = {name: value.double() if value.is_floating_point() else value for name, value in tensors.items()}
    tensors.pop("picture", None)
    parameters = inspect.signature(inspect.unwrap(type(model).forward)).parameters
    if resize and "interpolate_pos_encoding" in parameters:
        more["interpolate_pos_encoding"] = True
    if "noise" in parameters and "MAE" in type(model).__name__:
        # The order of its values is that of the tokens: not shuffled.
        patches = tensors["pixel_values"].shape[-1] * tensors["pixel_values"].shape[-2] // model.config.patch_size**2
        more["noise"] = torch.arange(patches)[None].expand(common.BATCH, -1)
    if "input_ids" in parameters:
        more["input_ids"] = torch.tensor([[3, 1, 4, 2]])
    with torch.no_grad():
        return model(**tensors, **more)


def run(case, directory, size, resize=False):
    outputs = {}
    for architecture, names in readers_of(case).items():
        model = load(case, directory, architecture)
        result = forward(model, arguments_of(case, size), resize)
        if architecture == "CLIPModel":
            pixels = torch.from_numpy(arguments_of(case, size)["pixel_values"]).double()
            with torch.no_grad():
                outputs["image_embeds"] = model.get_image_features(pixels).pooler_output.numpy()
        for name in names or [name for name, value in result.items() if torch.is_tensor(value)]:
            value = result[name].numpy()
            if name in BATCH_SECOND:
                value = value.swapaxes(0, 1)
            # Whole models normalise what they compare.
            outputs[name + ("_normalized" if architecture in WHOLE else "")] = value
        if "feature_maps" in result:
            maps = zip(model.out_features, result.feature_maps)
            outputs |= {f"feature_maps.{stage}": value.numpy() for stage, value in maps}
    return outputs


def states(case, directory, size):
    """The hidden states between layers, and the attention maps, which only the eager attention returns."""
    architecture = next(iter(readers_of(case)))
    arrays = {}
    if "Detr" in architecture:
        model = load(case, directory, architecture, "eager")
        result = forward(model, arguments_of(case, size), output_hidden_states=True, output_attentions=True)
        found = {f"{kind}.{index}": value.numpy() for kind in STATES for index, value in enumerate(result[kind])}
        # The queries that are zeros tell nothing.
        found.pop("decoder_hidden_states.0")
        return found
    result = forward(load(case, directory, architecture), arguments_of(case, size), output_hidden_states=True)
    for index, value in enumerate(result.hidden_states):
        arrays[f"hidden_states.{index}"] = value.numpy()
    for index, value in enumerate(getattr(result, "reshaped_hidden_states", None) or ()):
        arrays[f"reshaped_hidden_states.{index}"] = value.numpy()
    if hasattr(result, "attentions"):
        result = forward(load(case, directory, architecture, "eager"), arguments_of(case, size), output_attentions=True)
        # None of networks without attention; of those with stages, a tuple for each.
        found = [value if torch.is_tensor(value) else [*value] for value in result.attentions or ()]
        maps = [value for item in found for value in (item if isinstance(item, list) else [item])]
        if "Swin" in architecture or "VitDet" in architecture:
            # The windows of all pictures are one dimension.
            maps = [value.unflatten(0, (common.BATCH, -1)) for value in maps]
        if "Hiera" in architecture:
            # Heads come before units.
            maps = [value.transpose(1, 2) for value in maps]
        if "Sam" in architecture:
            # Pictures, windows and heads are one dimension.
            maps = [value.unflatten(0, (common.BATCH, -1, case.config["num_attention_heads"])) for value in maps]
        for index, value in enumerate(maps):
            arrays[f"attentions.{index}"] = value.numpy()
    return arrays


def positions(case, directory, size):
    """What depends on a picture's size, as the library makes it for another one."""
    model = load(case, directory, next(iter(readers_of(case))))
    patch = square(vision(case.config).get("patch_size", 16))
    grid = (size[0] // patch[0], size[1] // patch[1])
    found = {}
    for module in model.modules():
        kind = type(module).__name__
        if getattr(module, "position_embeddings", None) is not None and "Yolos" in kind:
            found["position_embeddings"] = module.interpolation(module.position_embeddings, size)
        elif kind == "InterpolateMidPositionEmbeddings":
            found["mid_position_embeddings"] = module(size)
        elif "RelativePositionBias" in kind and "Swin" not in kind:
            found.setdefault("relative_position_bias", module(grid, dim_size=grid[0] * grid[1] + 1))
        elif "RopePositionEmbedding" in kind:
            found["rope_cos"], found["rope_sin"] = module(torch.empty(1, 3, *size, dtype=torch.float64))
        elif hasattr(module, "resize_positional_embeddings"):
            table = module.position_embedding.weight.unflatten(0, 2 * (module.position_embedding_size,))
            count = grid[0] * grid[1]
            found["position_embeddings"] = module.resize_positional_embeddings(table, torch.tensor([grid]), count)
        elif hasattr(module, "interpolate_pos_encoding") and "Hiera" not in kind:
            [*own] = [value for name, value in module.named_parameters() if "position_embedding" in name]
            if own:
                native = square(vision(case.config)["image_size"])
                prefix = own[0].shape[-2] - (native[0] // patch[0]) * (native[1] // patch[1])
                tokens = torch.empty(1, prefix + grid[0] * grid[1], own[0].shape[-1], dtype=torch.float64)
                found["position_embeddings"] = module.interpolate_pos_encoding(tokens, *size)
    return {name: value.detach().numpy() for name, value in found.items()}


def write(case, directory):
    """The checkpoint itself."""
    architecture = getattr(transformers, case.architecture)
    config = architecture.config_class(**case.config)
    model = architecture(config, **case.arguments)
    common.fill(case.name, model, case.embedding_scale)
    channels = channels_of(case)
    # Of many pictures: of few, some channel hardly varies, and its norm would magnify all errors.
    pixels = torch.from_numpy(common.random_array("statistics", "pixels", (48, channels, *size_of(case))))
    common.fill_statistics(case.name, model, lambda: model(pixel_values=pixels))
    more = {"save_original_format": False} if case.new_names else {}
    if case.shard:
        more["max_shard_size"] = case.shard
    model.to(case.dtype).save_pretrained(directory, **more)
    for path in directory.glob("generation_config.json"):
        path.unlink()
    if case.made_up:
        path = directory / "model.safetensors"
        tensors = load_file(path)
        for name, tensor in tensors.items():
            if tensor.is_floating_point():
                tensors[name] = torch.from_numpy(random_tensor(name, tuple(tensor.shape), 1))
        save_file(tensors, path, {"format": "pt"})
    if case.rename or case.add:
        path = directory / "model.safetensors"
        tensors = {case.rename(name) if case.rename else name: value for name, value in load_file(path).items()}
        save_file(tensors | case.add, path, {"format": "pt"})
    path = directory / "config.json"
    saved = json.loads(path.read_text())
    for key in ("transformers_version", *case.remove):
        remove_key(saved, key)
    if case.edit:
        case.edit(saved)
    common.write_json(path, saved)


def remove_key(config, key):
    *sections, last = key.split(".")
    for section in sections:
        config = config[section]
    config.pop(last, None)


def non_default(case, directory):
    """The keys of config.json, by their values, whose values are not the class's defaults."""
    saved = vision(json.loads((directory / "config.json").read_text()))
    kind = getattr(transformers, case.architecture).config_class
    if "vision_config" in case.config:
        kind = kind.sub_configs["vision_config"]
    default = kind().to_dict()
    return {key: value for key, value in saved.items() if key not in BOOKKEEPING and default.get(key) != value}


def with_key(case, directory, outputs, size, key, value=None):
    """What becomes of the outputs with another value of a key, or without it."""
    path = directory / "config.json"
    text = path.read_text()
    config = json.loads(text)
    # A pointer leads to a key beside the picture's section.
    place, key = (config, key[1:]) if key.startswith("/") else (vision(config), key)
    if value is None:
        del place[key]
    else:
        place[key] = value
    path.write_text(json.dumps(config))
    try:
        return rounded(difference(outputs, run(case, directory, size)))
    except Exception:
        return "does not load or run"
    finally:
        path.write_text(text)


def mistakes_of(case, directory):
    """Values near the right ones that a wrong reader might use."""
    config = getattr(transformers, case.architecture).config_class.from_pretrained(directory)
    config = getattr(config, "vision_config", config)
    found = {}
    act = getattr(config, "hidden_act", None)
    others = {"relu": ["gelu"], "gelu": ["gelu_pytorch_tanh"], "gelu_pytorch_tanh": ["gelu"], "quick_gelu": ["gelu"]}
    if act and not getattr(config, "use_swiglu_ffn", False):
        found["hidden_act"] = others.get(act, ["gelu"])
    epsilon = getattr(config, "layer_norm_eps", 0)
    if case.embedding_scale < 1 or epsilon > 1e-4:
        found["layer_norm_eps"] = [other for other in (1e-5, 1e-6, 1e-12) if other != epsilon]
    for key, values in case.mistakes.items():
        found.setdefault(key, []).extend(value for value in values if value not in found[key])
    return found


def entry_of(case, directory):
    """What the table of cases says beyond what all libraries' cases have."""
    entry = {
        "model_type": json.loads((directory / "config.json").read_text())["model_type"],
        "architecture": case.architecture,
        "library": f"transformers {transformers.__version__}",
        "non_default_config": non_default(case, directory),
    }
    if case.readers:
        entry["outputs_from"] = case.readers
    return entry


def without_keys(case, directory, outputs, size):
    return {key: with_key(case, directory, outputs, size, key) for key in non_default(case, directory)}


def with_mistakes(case, directory, outputs, size):
    found = {}
    for key, values in mistakes_of(case, directory).items():
        for value in values:
            text = value if isinstance(value, str) else json.dumps(value)
            found[f"{key}={text}"] = with_key(case, directory, outputs, size, key, value)
    return found


def tolerance(case):
    """How near to the goldens a computation in double and in single precision can be, relative to the largest value."""
    reasons = ["the library computes everything in double precision"]
    if case.single_precision:
        reasons = [f"the library computes {case.single_precision} in single precision"]
    elif case.single_precision_resized:
        reasons.append(f"{case.single_precision_resized} in single precision (double: 1e-6 for other sizes)")
    if case.states:
        reasons.append("attention maps come from another implementation, and may have a softmax in single precision")
    if case.dtype != torch.float32:
        reasons.append(f"weights are {str(case.dtype).removeprefix('torch.')}, widened exactly")
    if case.magnified:
        reasons.append(f"random layers magnify rounding: the library in single precision differs by {case.magnified}")
    single = 2 * case.magnified if case.magnified else 1e-5
    return {"double": 1e-6 if case.single_precision else 1e-12, "single": single, "reason": "; ".join(reasons)}
