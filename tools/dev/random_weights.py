#!/usr/bin/env python3
"""The weights of `vitc --random-weights=SEED`, bit for bit, as a Hugging Face checkpoint.

    tools/dev/random_weights.py models/NAME.json DIRECTORY [--seed SEED]

writes DIRECTORY/config.json and DIRECTORY/model.safetensors, so that other software runs the same model. Works for the
descriptions of ViT and DeiT in models/, whose tensors have the names of Hugging Face's library. Needs numpy only.

The formula is that of include/vitc/Weights/RandomWeights.h.
"""

import argparse
import json
import math
import pathlib
import struct

import numpy as np

# Elements to compute at once: large enough for numpy to be quick, small enough for the caches.
BLOCK = 1 << 18


def uniform(name, size, seed, center, half_range):
    """`size` float32 values in [center - half_range, center + half_range) for a tensor called `name`."""
    start = 0xCBF29CE484222325
    for byte in name.encode():
        start = ((start ^ byte) * 0x100000001B3) % 2**64
    start = np.uint64((start + seed) % 2**64)
    values = np.empty(size, np.float32)
    for first in range(0, size, BLOCK):
        z = np.arange(first, min(first + BLOCK, size), dtype=np.uint64)
        z *= np.uint64(0x9E3779B97F4A7C15)
        z += start
        z ^= z >> np.uint64(30)
        z *= np.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> np.uint64(27)
        z *= np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
        unit = (z >> np.uint64(40)).astype(np.float64) / 2**23 - 1
        values[first : first + BLOCK] = center + half_range * unit
    return values


def random_tensor(name, shape, seed):
    """A weight tensor of a bundled model. Its role follows from its name, and a norm's weight from its rank."""
    size = math.prod(shape)
    kind = name.rpartition(".")[2]
    if kind == "weight" and len(shape) == 1:
        center, half_range = 1, 0.2
    elif kind == "weight":
        center, half_range = 0, math.sqrt(3 / (size // shape[0]))
    elif kind in ("bias", "running_mean"):
        center, half_range = 0, 0.1
    elif kind == "running_var":
        center, half_range = 1, 0.5
    elif kind in ("cls_token", "distillation_token", "position_embeddings", "window_bias", "slopes", "distances", "relative_position_bias_table"):
        center, half_range = 0, 0.5
    else:
        raise ValueError(f"{name}: a tensor of unknown role")
    return uniform(name, size, seed, center, half_range).reshape(shape)


def random_input(shape, seed):
    """Made-up pixels: uniform in [-1, 1), as if normalised."""
    return uniform("pixel_values", math.prod(shape), seed, 0, 1).reshape(shape)


def read_description(path):
    """The sizes of a description of a ViT or DeiT, by the names of Hugging Face's configuration, and its tensors."""
    description = json.loads(pathlib.Path(path).read_text())
    patches, tokens, positions, layers, norm, *_ = description["nodes"]
    block = layers["nodes"][0]
    heads = [node for node in description["nodes"] if node.get("op") == "classifier"]
    picture = description["inputs"][0]
    prefix = norm["parameters"].split(".")[0]
    family = "deit" if prefix == "deit" else "vit"
    config = {
        "model_type": family,
        "architectures": [
            "DeiTForImageClassificationWithTeacher" if family == "deit" else "ViTForImageClassification"
        ],
        "hidden_size": patches["width"],
        "num_hidden_layers": layers["repeat"],
        "num_attention_heads": block["heads"],
        "intermediate_size": block["hidden_size"],
        "layer_norm_eps": block["epsilon"],
        "hidden_act": "gelu",
        "image_size": picture["size"],
        "patch_size": patches["patch_size"],
        "num_channels": picture["channels"],
        "qkv_bias": True,
        "id2label": {str(i): f"LABEL_{i}" for i in range(heads[0]["classes"])},
        "label2id": {f"LABEL_{i}": i for i in range(heads[0]["classes"])},
    }

    width, hidden = config["hidden_size"], config["intermediate_size"]
    patch = config["patch_size"]
    side = config["image_size"] // patch
    prefix_tokens = list(tokens["parameters"].values())
    shapes = {}

    def linear(module, outputs, inputs):
        shapes[f"{module}.weight"] = (outputs, inputs)
        shapes[f"{module}.bias"] = (outputs,)

    def layer_norm(module):
        shapes[f"{module}.weight"] = shapes[f"{module}.bias"] = (width,)

    for token in prefix_tokens:
        shapes[token] = (1, 1, width)
    shapes[positions["parameters"]["value"]] = (1, side * side + len(prefix_tokens), width)
    linear(patches["parameters"], width, config["num_channels"])
    shapes[patches["parameters"] + ".weight"] = (width, config["num_channels"], patch, patch)
    for i in range(layers["repeat"]):
        names = {role: name.replace("{i}", str(i)) for role, name in block["parameters"].items()}
        layer_norm(names["norm1"])
        layer_norm(names["norm2"])
        for role in ("query", "key", "value", "output"):
            linear(names[role], width, width)
        linear(names["fc1"], hidden, width)
        linear(names["fc2"], width, hidden)
    layer_norm(norm["parameters"])
    for head in heads:
        linear(head["parameters"], head["classes"], width)
    return config, shapes


def write_checkpoint(description, directory, seed):
    """Writes the checkpoint; a tensor at a time, so that no more than that is in memory."""
    config, shapes = read_description(description)
    directory = pathlib.Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    header, offset = {"__metadata__": {"format": "pt"}}, 0
    for name, shape in shapes.items():
        end = offset + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [offset, end]}
        offset = end
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(directory / "model.safetensors", "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes.items():
            random_tensor(name, shape, seed).tofile(file)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("description")
    parser.add_argument("directory")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    write_checkpoint(arguments.description, arguments.directory, arguments.seed)


if __name__ == "__main__":
    main()
