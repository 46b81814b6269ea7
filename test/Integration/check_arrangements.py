#!/usr/bin/env python3
"""Models of every arrangement that the description language can say, compiled, against the double-precision evaluator.

    check_arrangements.py WORK_DIRECTORY [vitc's options...]

Sizes are odd on purpose: heads of 12 and 20 features, widths that fill no vector, one token, grids that are not square.
Weights and inputs are made up; every model runs on a batch of three, computed two at a time.
"""

import json
import shutil
import sys

import numpy as np

from steps import expect_close, fresh, run
from random_weights import random_input

SEED = 5
# Of the largest value; float32 rounds each operation to 6e-8.
TOLERANCE = 1e-5


def block(name, **changes):
    """An encoder block with separate projections; `changes` replace attributes, None removes a parameter."""
    roles = ("norm1", "query", "key", "value", "output", "norm2", "fc1", "fc2")
    parameters = {role: f"{name}.{role}" for role in roles}
    parameters.update(changes.pop("parameters", {}))
    parameters = {role: value for role, value in parameters.items() if value}
    return {"name": name, "op": "encoder_block", "heads": 4, "hidden_size": 72, "epsilon": 1e-6, **changes,
            "parameters": parameters}


def image(height, width, channels=3):
    return {"name": "pixel_values", "channels": channels, "size": [height, width]}


def patches(width, size, **changes):
    return {"name": "patches", "op": "patch_embedding", "width": width, "patch_size": size, "parameters": "patches",
            **changes}


POSITIONS = {"name": "positions", "op": "position_embedding", "parameters": {"value": "positions"}}
HEAD = {"name": "logits", "op": "classifier", "classes": 7, "parameters": "head"}
TOKEN = {"name": "class_token", "op": "pooling", "kind": "token"}

ARRANGEMENTS = {
    # Registers, layer scale, mean over the patches, one channel, heads of 12 features, a grid of 3 x 10.
    "registers": ([image(24, 40, 1)], [
        patches(60, [8, 4]),
        {"name": "tokens", "op": "prefix_tokens", "registers": 3,
         "parameters": {"class_token": "cls", "register_tokens": "registers"}},
        POSITIONS,
        block("block", heads=5, activation="gelu_tanh",
              parameters={"layer_scale1": "scale1", "layer_scale2": "scale2"}),
        {"name": "norm", "op": "layer_norm", "epsilon": 1e-6, "parameters": "norm"},
        {"name": "mean", "op": "pooling", "kind": "mean", "index": 4}, HEAD]),
    # Post-norm, one projection for queries, keys and values, ReLU, patch vectors as (row, column, channel).
    "post_norm": ([image(12, 20)], [
        patches(48, 4, weight_layout="channels_last"),
        {"name": "tokens", "op": "prefix_tokens", "parameters": {"class_token": "cls"}}, POSITIONS,
        *(block(f"block{i}", heads=3, norm="post", activation="relu",
                parameters={"query": None, "key": None, "value": None, "qkv": f"block{i}.qkv"}) for i in range(2)),
        TOKEN, HEAD]),
    # Norms of queries and keys, a gate of its own, biases missing.
    "qk_norm": ([{"name": "x", "shape": [19, 40]}], [
        block("block0", activation="silu", gate="separate",
              parameters={"query": {"weight": "q"}, "query_norm": "qn", "key_norm": "kn", "gate": "gate"}),
        block("block1", activation="gelu", gate="first_half", head_dim=20, scale=0.3, norm="residual_post"),
        {"name": "y", "op": "layer_norm", "epsilon": 1e-5}]),
    # Encoder and decoder: cross-attention with a mask, then a decoder block; two outputs.
    "decoder": ([{"name": "source", "shape": [33, 32]}, {"name": "target", "shape": [9, 32]},
                 {"name": "mask", "shape": [1, 9, 33]}], [
        {**block("encoder"), "inputs": ["source"]},
        {"name": "cross", "op": "attention", "heads": 2, "bias_input": True, "inputs": ["target", "encoder", "mask"],
         "parameters": {"query": "cross.q", "key": "cross.k", "value": "cross.v", "output": "cross.o"}},
        {"name": "added", "op": "add", "inputs": ["target", "cross"]},
        {"name": "y", "op": "decoder_block", "inputs": ["added", "encoder"],
         "heads": 4, "hidden_size": 50, "epsilon": 1e-5,
         "parameters": {role: f"decoder.{role}" for role in (
             "norm1", "self_query", "self_key", "self_value", "self_output", "norm2", "cross_query", "cross_key",
             "cross_value", "cross_output", "norm3", "fc1", "fc2")}}]),
    # Rotations in both layouts: heads of 12 and 20 features, patches behind a class token and a register, 3 x 5 of them;
    # fixed positions.
    "rotary": ([image(12, 20)], [
        patches(60, 4),
        {"name": "tokens", "op": "prefix_tokens", "registers": 1,
         "parameters": {"class_token": "cls", "register_tokens": "register"}},
        {"name": "positions", "op": "position_embedding", "kind": "sincos_2d"},
        block("block0", heads=5, rotary="halves", rotary_theta=100.0, rotary_coordinates="centred"),
        block("block1", heads=3, rotary="interleaved", rotary_grid=16, rotary_offset=0.5, rotary_axes="xy"),
        block("block2", heads=15, head_dim=32, rotary="halves"),
        TOKEN, HEAD]),
    # Learned positions, resampled, detection tokens behind the patches; tables of relative positions, resampled too.
    "resampled": ([image(12, 20), {"name": "detections", "shape": [2, 20]}], [
        {**patches(20, 4), "inputs": ["pixel_values"]},
        {"name": "tokens", "op": "prefix_tokens", "parameters": {"class_token": "cls"}},
        block("block0", heads=4, relative_table=[7, 7], relative_resample="geometric",
              parameters={"relative_positions": "table", "shared_relative_positions": "shared"}),
        {"name": "all", "op": "concat", "dim": 0, "inputs": ["block0", "detections"]},
        {**POSITIONS, "resample": "bicubic_offset", "source_grid": 4, "trailing": 2},
        {"name": "numbers", "op": "position_embedding", "kind": "sinusoidal"},
        block("y", heads=5)]),
    # Sequences that attend to themselves each, with tables and masks, and one that asks another.
    "sequences": ([{"name": "x", "shape": [6, 13, 40]}, {"name": "mask", "shape": [6, 1, 13, 13]},
                   {"name": "memory", "shape": [6, 5, 40]}], [
        {**block("block0", heads=2, activation="gelu", bias_input=True), "inputs": ["x", "mask"]},
        block("block1", heads=5, activation="silu", parameters={"query": None, "key": None, "value": None, "qkv": "qkv"}),
        {"name": "cross", "op": "attention", "heads": 2, "inputs": ["block1", "memory"],
         "parameters": {"query": "cross.q", "key": "cross.k", "value": "cross.v", "output": "cross.o"}},
        {"name": "sum", "op": "add", "inputs": ["block1", "cross"]},
        block("y", heads=4, norm="post")]),
    # One token.
    "one_token": ([{"name": "x", "shape": [1, 24]}], [block("y", heads=2)]),
    # A convolutional stem with padding, groups and a stride that is not its kernel; quick GELU.
    "stem": ([image(17, 15)], [
        {"name": "rows", "op": "transpose", "permutation": [1, 2, 0]},
        {"name": "conv0", "op": "conv2d", "out_channels": 8, "kernel_size": 3, "stride": 2, "padding": [1, 1, 1, 1],
         "parameters": "conv0"},
        {"name": "act", "op": "activation", "kind": "silu"},
        {"name": "conv1", "op": "conv2d", "out_channels": 24, "kernel_size": [3, 1], "stride": [2, 1], "groups": 4,
         "dilation": [2, 1], "parameters": {"weight": "conv1.weight"}},
        {"name": "tokens", "op": "reshape", "shape": [-1, 24]},
        block("block", heads=2, activation="quick_gelu"), {"name": "mean", "op": "pooling", "kind": "mean"}, HEAD]),
    # 3x3 convolutions by minimal filtering: tiles that reach over every edge, no whole vectors of channels, with and
    # without padding, several tasks for a few tiles, and a residual.
    "minimal_filtering": ([{"name": "x", "shape": [23, 18, 20]}], [
        {"name": "conv0", "op": "conv2d", "out_channels": 40, "kernel_size": 3, "padding": [1, 1, 1, 1],
         "parameters": "conv0"},
        {"name": "act0", "op": "activation", "kind": "silu"},
        {"name": "conv1", "op": "conv2d", "out_channels": 70, "kernel_size": 3, "parameters": {"weight": "conv1.weight"}},
        {"name": "conv2", "op": "conv2d", "out_channels": 70, "kernel_size": 3, "padding": [1, 1, 1, 1],
         "parameters": "conv2"},
        {"name": "sum", "op": "add", "inputs": ["conv2", "conv1"]},
        {"name": "act1", "op": "activation", "kind": "relu"},
        {"name": "conv3", "op": "conv2d", "out_channels": 130, "kernel_size": 3, "padding": [0, 2, 2, 1],
         "parameters": "conv3"},
        {"name": "pooled", "op": "pool2d", "kind": "max", "window": 4, "stride": 4},
        {"name": "conv4", "op": "conv2d", "out_channels": 33, "kernel_size": 3, "padding": [2, 1, 1, 2],
         "parameters": "conv4"}]),
    # A map at other sizes, by few and by many neighbours.
    "sizes": ([{"name": "x", "shape": [7, 10, 20]}], [
        {"name": "larger", "op": "resize2d", "kind": "bilinear", "size": [23, 31]},
        {"name": "smaller", "op": "resize2d", "kind": "bicubic_antialias", "size": [6, 5]},
        {"name": "row", "op": "resize2d", "kind": "nearest", "size": [1, 40]},
        {"name": "corners", "op": "resize2d", "kind": "bicubic_corners", "size": [9, 33]}]),
}
SEVERAL_OUTPUTS = {"decoder": ["encoder", "y"], "post_norm": ["block0", "logits"]}


def main():
    work, *options = sys.argv[1:]
    work = fresh(work)
    for name, (inputs, nodes) in ARRANGEMENTS.items():
        outputs = SEVERAL_OUTPUTS.get(name, [nodes[-1]["name"]])
        (work / "model.json").write_text(json.dumps({
            "version": 1, "name": name, "inputs": inputs, "nodes": nodes,
            "outputs": [{"name": output, "from": output} for output in outputs]}))
        given = []
        for number, value in enumerate(inputs):
            shape = value.get("shape") or [value["channels"], *value["size"]]
            file = work / f"{value['name']}.npy"
            np.save(file, random_input((3, *shape), SEED + number))
            given.append((value["name"], file))
        run("vitc", work / "model.json", f"--random-weights={SEED}", "--batch=2", "-o", work / "model.so", *options)
        run("vitc-run", work / "model.so", "--output-dir", work / "y",
            *(word for key, file in given for word in ("--input", f"{key}={file}")))
        run("vitc-evaluate", work / "model.json", f"--random-weights={SEED}", *(f"--input={file}" for _, file in given),
            *(f"--output={work}/{output}.f64.npy" for output in outputs))
        for output in outputs:
            expect_close(f"{name}: {output}", np.load(work / "y" / f"{output}.npy"),
                         np.load(work / f"{output}.f64.npy"), TOLERANCE)
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
