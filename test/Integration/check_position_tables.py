#!/usr/bin/env python3
"""Tables of positions for other sizes: the ops on weights, as the reference evaluates them, must give what the families'
libraries make of the tables of their checkpoints (checkpoints/NAME/expected_HxW).

    check_position_tables.py WORK_DIRECTORY

What the libraries compute in f64 agrees to double precision, what they compute in f32 to single precision.
"""

import json
import math
import pathlib
import struct
import sys

import numpy as np

from check_checkpoint import model_of, parameters_of
from steps import expect_close, fresh, run

CHECKPOINTS = pathlib.Path(__file__).parent / "checkpoints"
# How a family resamples learned positions, by the beginning of a checkpoint's name.
KINDS = {
    "beit": "bicubic",
    "clip": "bicubic",
    "deit": "bicubic",
    "dinov2_with_registers": "bicubic_antialias",
    "dinov2": "bicubic",
    "ijepa": "bicubic",
    "jax": "bilinear_corners",
    "siglip2": "bilinear_antialias",
    "siglip": "bicubic",
    "swin": "bicubic",
    "timm_flexivit": "bilinear",
    "timm_author_radio": "bilinear_corners",
    "timm_radio": "bilinear_corners",
    "timm": "bicubic_antialias",
    "vit": "bicubic",
    "yolos": "bicubic",
}
DOUBLE, SINGLE, HALF = 1e-13, 1e-6, 5e-4


def tensors(directory):
    """Names and shapes of the checkpoint's tensors."""
    if parameters_of(directory):
        with np.load(parameters_of(directory)) as archive:
            return {name: list(archive[name].shape) for name in archive.files}
    with open(directory / "model.safetensors", "rb") as file:
        (size,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
    return {name: info["shape"] for name, info in header.items() if name != "__metadata__"}


def numbers(values):
    return "[" + ", ".join(repr(value) for value in values) + "]"


class Checkpoint:
    def __init__(self, directory):
        self.directory = directory
        self.tensors = tensors(directory)
        config = json.loads((directory / "config.json").read_text())
        vision = config.get("vision_config", config)
        arguments = config.get("model_args", {})
        patch = arguments.get("patch_size", vision.get("patch_size", vision.get("patches", {}).get("size")))
        self.patch = patch if isinstance(patch, list) else [patch, patch]
        size = arguments.get("img_size", vision.get("image_size"))
        if size is None and parameters_of(directory):
            size = list(np.load(directory / "pixel_values.npy").shape[-2:])
        self.size = size if isinstance(size, list) else [size, size]
        self.heads = vision.get("num_attention_heads", arguments.get("num_heads"))
        self.theta = float(vision.get("rope_theta", 100))

    def grid(self, size):
        return [side // step for side, step in zip(size, self.patch)]

    def find(self, *endings):
        return next(name for name in self.tensors if name.endswith(endings))


class Table:
    """What an op makes of a tensor of a checkpoint."""

    def __init__(self, work, checkpoint):
        self.work, self.checkpoint = work, checkpoint
        self.lines, self.shape = [], []

    def weight(self, name, *shape):
        given = "x".join(map(str, self.checkpoint.tensors[name]))
        self.lines.append(f'%w = vit.weight "{name}" : tensor<{given}xf32>')
        self.value, self.shape = "%w", self.checkpoint.tensors[name]
        return self.apply("weight_reshape {value}", shape)

    def apply(self, op, shape):
        before, after = ("tensor<" + "x".join(map(str, s)) + "xf32>" for s in (self.shape, shape))
        signature = f"({before}) -> {after}" if "{value}" in op else after
        name = f"%{len(self.lines)}"
        text = op.replace("{value}", getattr(self, "value", ""))
        self.lines.append(f"{name} = vit.{text} : {signature}")
        self.value, self.shape = name, list(shape)
        return self

    def evaluate(self):
        type_name = "tensor<" + "x".join(map(str, self.shape)) + "xf32>"
        body = "\n  ".join([*self.lines, f"return {self.value} : {type_name}"])
        (self.work / "table.mlir").write_text(f"func.func @f() -> {type_name} {{\n  {body}\n}}\n")
        weights = ["--weights", self.checkpoint.directory / "model.safetensors"]
        if parameters_of(self.checkpoint.directory):
            parameters, config = model_of(self.checkpoint.directory)
            weights = ["--model", parameters, config]
        run("vitc-evaluate", self.work / "table.mlir", *weights, "--output", self.work / "table.npy")
        return np.load(self.work / "table.npy")


def learned(work, checkpoint, expected, to, name):
    shape = checkpoint.tensors[name]
    rows, width = math.prod(shape[:-1]), shape[-1]
    trailing = 5 if "yolos" in str(checkpoint.directory) else 0
    source = checkpoint.grid(checkpoint.size) if checkpoint.size[0] else [math.isqrt(rows)] * 2
    leading = rows - source[0] * source[1] - trailing
    family = checkpoint.directory.name
    kind = next(kind for prefix, kind in KINDS.items() if family.startswith(prefix))
    table = Table(work, checkpoint).weight(name, rows, width)
    if family == "timm_author_radio":
        source, edge = [math.isqrt(rows)] * 2, max(to)
        table.apply(f"weight_resample {kind} {{value}} from {source} to {[edge, edge]}", [edge * edge, width])
        table.apply("weight_reshape {value}", [edge, edge, width])
        table.apply(f"weight_slice {{value}} dim 0 [0, {to[0]}]", [to[0], edge, width])
        table.apply(f"weight_slice {{value}} dim 1 [0, {to[1]}]", [*to, width])
        return table.apply("weight_reshape {value}", [to[0] * to[1], width]).evaluate(), expected.reshape(-1, width)
    table.apply(
        f"weight_resample {kind} {{value}} from {source} to {to} {{leading = {leading} : i64, trailing = {trailing} : i64}}",
        [leading + to[0] * to[1] + trailing, width],
    )
    actual, expected = table.evaluate(), expected.reshape(-1, width)
    # The class token has a position in the authors' file, which timm adds to the token.
    if family == "timm_author_dinov2_registers":
        actual = actual[leading:]
    return actual, expected


def middle(work, checkpoint, expected, to):
    """Positions that YOLOS adds again, one table for each layer but the last."""
    name = checkpoint.find("mid_position_embeddings")
    layers, _, rows, width = checkpoint.tensors[name]
    whole, trailing = checkpoint.grid(checkpoint.size), 5
    table = Table(work, checkpoint).weight(name, layers, rows, width)
    table.apply("weight_slice {value} dim 0 [1, 1]", [1, rows, width]).apply("weight_reshape {value}", [rows, width])
    table.apply(
        f"weight_resample bicubic {{value}} from {whole} to {to} {{leading = 1 : i64, trailing = {trailing} : i64}}",
        [1 + to[0] * to[1] + trailing, width],
    )
    return table.evaluate(), expected.reshape(layers, -1, width)[1]


def relative(work, checkpoint, expected, to, is_table):
    name = checkpoint.find("relative_position_bias_table")
    rows, heads = checkpoint.tensors[name]
    source = [2 * side - 1 for side in checkpoint.grid(checkpoint.size)]
    target = [2 * side - 1 for side in to]
    # transformers takes the table's two dimensions for each other.
    kind = "geometric" if is_table else "bilinear"
    start = source if is_table else source[::-1]
    table = Table(work, checkpoint).weight(name, rows, heads)
    table.apply(
        f"weight_resample {kind} {{value}} from {start} to {target} {{trailing = 3 : i64}}",
        [target[0] * target[1] + 3, heads],
    )
    if not is_table:
        tokens = to[0] * to[1] + 1
        window = f"weight_relative_position_bias {{value}} window {to} {{class_token}}"
        table.apply(window, [heads, tokens, tokens])
    return table.evaluate(), expected.reshape(table.shape)


def rotary(work, checkpoint, to):
    """Cosines and sines; as the libraries have them, an angle for each of both features."""
    family = checkpoint.directory.name
    if family == "timm_eva02":
        origin, step, theta = [0.0, 0.0], [16 / side for side in to], 1e4
    else:
        step, theta = [4 * math.pi / side for side in to], checkpoint.theta
        origin = [(0.5 - side / 2) * unit for side, unit in zip(to, step)]
    shape = [2, to[0] * to[1], 6]
    op = f"weight_sinusoids grid {to} origin {numbers(origin)} step {numbers(step)} theta {theta!r}"
    cosines, sines = Table(work, checkpoint).apply(op, shape).evaluate()
    if family == "timm_eva02":
        return np.repeat(cosines, 2, -1), np.repeat(sines, 2, -1)
    return np.tile(cosines, 2), np.tile(sines, 2)


def main():
    work = fresh(sys.argv[1])
    checked = 0
    for path in sorted(CHECKPOINTS.glob("*/expected_*/*.npy")):
        checkpoint = Checkpoint(path.parent.parent)
        # The grid of a hybrid is what its network leaves; check_checkpoint.py sees what that computes.
        if checkpoint.patch[0] is None:
            continue
        to = checkpoint.grid([int(side) for side in path.parent.name.removeprefix("expected_").split("x")])
        expected = np.load(path)
        family = checkpoint.directory.name
        # What the libraries do in f32 whatever the model's type is.
        tolerance = SINGLE if family.startswith(("timm", "siglip2", "dinov")) else DOUBLE
        if family == "timm_vit_not_square":
            tolerance = HALF  # timm rounds what it resamples to the file's type
        if path.stem == "position_embeddings":
            name = checkpoint.find("pos_embed", "pos_embedding", ".position_embeddings", ".position_embedding.weight")
            if family == "vit_mae_pretraining":
                name = "vit.embeddings.position_embeddings"
            actual, expected = learned(work, checkpoint, expected, to, name)
        elif path.stem == "mid_position_embeddings":
            actual, expected = middle(work, checkpoint, expected, to)
        elif path.stem in ("relative_position_bias", "relative_position_bias_table"):
            actual, expected = relative(work, checkpoint, expected, to, path.stem.endswith("table"))
        elif path.stem in ("rope_cos", "rope_sin", "rope"):
            cosines, sines = rotary(work, checkpoint, to)
            both = np.concatenate([sines, cosines], -1)
            actual = {"rope_cos": cosines, "rope_sin": sines, "rope": both}[path.stem]
        else:
            continue
        expect_close(str(path.relative_to(CHECKPOINTS)), actual, expected, tolerance)
        checked += 1
    if checked < 100:
        raise SystemExit(f"only {checked} tables were found")
    print(f"{checked} tables")


if __name__ == "__main__":
    main()
