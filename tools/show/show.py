"""What the commands of this directory share: running a model on a picture, grids of patches, writing PNG files.

Needs Python's standard library and numpy only.
"""

import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

import numpy as np


def fail(message):
    sys.exit(f"error: {message}")


def run(model, picture, vitc_run):
    """Runs a model on a picture. Returns its outputs by name, without the batch dimension, and the picture as the model
    saw it: height x width x 3, 0 to 255."""
    with tempfile.TemporaryDirectory() as directory:
        for command in ([vitc_run, model, "--info", "--json"], [vitc_run, model, picture, "--save-inputs", "--output-dir", directory]):
            try:
                result = subprocess.run([*map(str, command)], stdout=subprocess.PIPE, text=True)
            except OSError as error:
                fail(f"{vitc_run}: {error.strerror}")
            if result.returncode:
                sys.exit(result.returncode)  # vitc-run has said what is wrong
            if command[2] == "--info":
                info = json.loads(result.stdout)
        arrays = {file.stem: np.load(file)[0] for file in pathlib.Path(directory).glob("*.npy")}
    pixels = arrays.pop(info["inputs"][0]["name"])
    for step in reversed(info["preprocessing"]["steps"]):
        if step["step"] == "normalize":
            pixels = pixels * np.reshape(step["std"], (-1, 1, 1)) + np.reshape(step["mean"], (-1, 1, 1))
        elif step["step"] == "rescale":
            pixels = pixels / step["factor"]
    pixels = np.broadcast_to(pixels, (3, *pixels.shape[1:]))
    return arrays, pixels.transpose(1, 2, 0).clip(0, 255)


def pick(arrays, name, model):
    if name not in arrays:
        fail(f"{model}: there is no output '{name}', expected one of {', '.join(sorted(arrays))} (vitc --outputs=…)")
    return arrays[name]


BEHIND = "how many tokens stand behind those of the patches, as YOLOS's detection tokens (default: 0)"


def grid_of(tokens, height, width):
    """Tokens in front of the patches, and the grid of square patches in `height` x `width` pixels: the one with the
    fewest other tokens."""
    for prefix in range(tokens):
        rows = round(((tokens - prefix) * height / width) ** 0.5)
        if rows and rows * width % height == 0 and rows * (rows * width // height) == tokens - prefix:
            if height % rows == 0:
                return prefix, rows, rows * width // height
    fail(f"{tokens} tokens are no grid of square patches of {height} x {width} pixels")


def enlarge(values, height, width):
    """A map of rows x columns (x channels) at the size of the picture, bilinear between the middles of patches."""
    for axis, size in ((0, height), (1, width)):
        count = values.shape[axis]
        position = np.clip((np.arange(size) + 0.5) * count / size - 0.5, 0, count - 1)
        low = np.minimum(position.astype(int), max(count - 2, 0))
        weight = (position - low).reshape([-1 if a == axis else 1 for a in range(values.ndim)])
        high = np.minimum(low + 1, count - 1)
        values = values.take(low, axis) * (1 - weight) + values.take(high, axis) * weight
    return values


def write_png(path, pixels):
    """Writes height x width x 3 numbers from 0 to 255."""
    pixels = np.asarray(pixels).round().clip(0, 255).astype(np.uint8)
    height, width, _ = pixels.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, -1)], axis=1)

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    try:
        pathlib.Path(path).write_bytes(
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes()))
            + chunk(b"IEND", b""))
    except OSError as error:
        fail(f"{path}: {error.strerror}")
