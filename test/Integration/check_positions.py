#!/usr/bin/env python3
"""Models with relative and rotary positions, and models for pictures of another size, against what the families' libraries
compute in double precision (checkpoints/). Both the reference and compiled models.

    check_positions.py WORK_DIRECTORY [vitc's options...]
"""

import json
import pathlib
import shutil
import sys

import numpy as np

from steps import expect_close, fresh, run

CHECKPOINTS = pathlib.Path(__file__).parent / "checkpoints"
COMPILED = 1e-5


def module(name, has_bias=True):
    return name if has_bias else {"weight": f"{name}.weight"}


def beit(config, newer_names):
    """BEiT's encoder: relative positions of each layer, and of all layers if there are any."""
    layer = "layers.{i}." if newer_names else "encoder.layer.{i}."
    attention = layer + "attention." if newer_names else layer + "attention.attention."
    names = ["q_proj", "k_proj", "v_proj"] if newer_names else ["query", "key", "value"]
    table = "relative_position_bias.relative_position_bias_table"
    parameters = {
        "norm1": layer + "layernorm_before",
        "query": attention + names[0],
        "key": module(attention + names[1], has_bias=False),
        "value": attention + names[2],
        "output": attention + "o_proj" if newer_names else layer + "attention.output.dense",
        "layer_scale1": layer + "lambda_1",
        "norm2": layer + "layernorm_after",
        "fc1": layer + ("mlp.fc1" if newer_names else "intermediate.dense"),
        "fc2": layer + ("mlp.fc2" if newer_names else "output.dense"),
        "layer_scale2": layer + "lambda_2",
        "relative_positions": (layer if newer_names else attention) + table,
    }
    if config["use_shared_relative_position_bias"]:
        parameters["shared_relative_positions"] = "shared_position_bias.relative_position_bias_table"
    size = config["image_size"] if isinstance(config["image_size"], list) else [config["image_size"]] * 2
    grid = [side // config["patch_size"] for side in size]
    block = {
        "name": "block.{i}",
        "op": "encoder_block",
        "heads": config["num_attention_heads"],
        "hidden_size": config["intermediate_size"],
        "epsilon": config["layer_norm_eps"],
        # The library takes the table's two dimensions for each other.
        "relative_table": [2 * grid[1] - 1, 2 * grid[0] - 1],
        "relative_resample": "bilinear",
        "parameters": parameters,
    }
    tail = [
        {"name": "mean", "op": "pooling", "kind": "mean", "index": 1},
        {"name": "pooler", "op": "layer_norm", "epsilon": config["layer_norm_eps"], "parameters": "pooler.layernorm"},
    ]
    nodes = embeddings(config, "embeddings.patch_embeddings.projection", 0)
    nodes.append({"repeat": config["num_hidden_layers"], "nodes": [block]})
    outputs = [{"name": "last_hidden_state", "from": f"block.{config['num_hidden_layers'] - 1}"}]
    return size, nodes + tail, outputs + [{"name": "pooler_output", "from": "pooler"}]


def dinov3(config):
    layer = "layer.{i}."
    block = {
        "name": "block.{i}",
        "op": "encoder_block",
        "heads": config["num_attention_heads"],
        "hidden_size": config["intermediate_size"],
        "activation": {"gelu_new": "gelu_tanh"}[config["hidden_act"]],
        "epsilon": config["layer_norm_eps"],
        "rotary": "halves",
        "rotary_theta": config["rope_theta"],
        "rotary_coordinates": "centred",
        "parameters": {
            "norm1": layer + "norm1",
            "query": layer + "attention.q_proj",
            "key": module(layer + "attention.k_proj", has_bias=False),
            "value": layer + "attention.v_proj",
            "output": layer + "attention.o_proj",
            "layer_scale1": layer + "layer_scale1.lambda1",
            "norm2": layer + "norm2",
            "fc1": layer + "mlp.up_proj",
            "fc2": layer + "mlp.down_proj",
            "layer_scale2": layer + "layer_scale2.lambda1",
        },
    }
    nodes = embeddings(config, "embeddings.patch_embeddings", config["num_register_tokens"])
    nodes.append({"repeat": config["num_hidden_layers"], "nodes": [block]})
    nodes.append({"name": "norm", "op": "layer_norm", "epsilon": config["layer_norm_eps"], "parameters": "norm"})
    nodes.append({"name": "class_token", "op": "pooling", "kind": "token"})
    outputs = [{"name": "last_hidden_state", "from": "norm"}, {"name": "pooler_output", "from": "class_token"}]
    return [config["image_size"]] * 2, nodes, outputs


def embeddings(config, patches, registers):
    width = config["hidden_size"]
    tokens = {"class_token": "embeddings.cls_token"}
    if registers:
        tokens["register_tokens"] = "embeddings.register_tokens"
    prefix = {"name": "tokens", "op": "prefix_tokens", "registers": registers, "parameters": tokens}
    patch = {"name": "patches", "op": "patch_embedding", "width": width, "patch_size": config["patch_size"]}
    return [{**patch, "parameters": patches}, prefix]


def describe(work, name, size, nodes, outputs):
    """A directory with a description and the checkpoint's weights."""
    directory = fresh(work / name)
    shutil.copy(CHECKPOINTS / name / "model.safetensors", directory)
    description = {
        "version": 1,
        "name": name,
        "weights": "model.safetensors",
        "inputs": [{"name": "pixel_values", "size": size}],
        "nodes": nodes,
        "outputs": outputs,
        "ignored_tensors": ["*mask_token"],
    }
    (directory / "model.json").write_text(json.dumps(description, indent=2))
    return directory / "model.json"


def check(work, model, checkpoint, size, reference, *options):
    """All outputs, for the checkpoint's own size or another one. `reference`: how near the reference comes."""
    directory = CHECKPOINTS / checkpoint
    goldens = directory / ("expected" if size is None else f"expected_{size}")
    pixels = (directory if size is None else goldens) / "pixel_values.npy"
    resize = [] if size is None else [f"--image-size={size}"]
    emitted = work / "emitted.json"
    run("vitc", model, *resize, "--emit=json", "-o", emitted)
    names = [output["name"] for output in json.loads(emitted.read_text())["outputs"]]
    outputs = fresh(work / "outputs")
    command = ["vitc-evaluate", model, *resize, "--input", pixels]
    run(*command, *(f"--output={outputs}/{name}.npy" for name in names))
    for name in names:
        what = f"{checkpoint} {size or ''} {name}, reference"
        expect_close(what, np.load(outputs / f"{name}.npy"), np.load(goldens / f"{name}.npy"), reference)
    run("vitc", model, *resize, "-o", work / "model.so", *options)
    outputs = fresh(work / "outputs")
    run("vitc-run", work / "model.so", "--input", pixels, "--output-dir", outputs)
    for name in names:
        what = f"{checkpoint} {size or ''} {name}, compiled"
        expect_close(what, np.load(outputs / f"{name}.npy"), np.load(goldens / f"{name}.npy"), COMPILED)


def main():
    work = fresh(sys.argv[1])
    options = sys.argv[2:]

    def config(name):
        return json.loads((CHECKPOINTS / name / "config.json").read_text())

    name = "beit_both_biases"
    check(work, describe(work, name, *beit(config(name), newer_names=True)), name, None, 1e-12, *options)
    name = "beit_not_square"
    check(work, describe(work, name, *beit(config(name), newer_names=False)), name, None, 1e-12, *options)
    name = "dinov3_vit"
    model = describe(work, name, *dinov3(config(name)))
    # The library computes angles in f32.
    check(work, model, name, None, 1e-6, *options)
    check(work, model, name, "36x18", 1e-6, *options)
    for name in ("vit_classifier", "vit_bare_no_pooler", "deit_classifier", "deit_distilled"):
        check(work, CHECKPOINTS / name, name, "36x18", 1e-12, *options)


if __name__ == "__main__":
    main()
