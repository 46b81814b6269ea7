#!/usr/bin/env python3
"""Every activation function in compiled code over its whole range, against NumPy in double precision.

    check_activations.py WORK_DIRECTORY [vitc's options...]

A linear layer of one feature with weight 1 hands numbers from -30 to 30 to the activation in its epilogue.
"""

import json
import math
import struct
import sys

import numpy as np

from steps import forward, fresh, run

ROWS = 4001
erf = np.vectorize(math.erf)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# The function, and the largest error allowed: absolute, and relative to |x| where the function grows with x.
ACTIVATIONS = {
    "gelu": (lambda x: 0.5 * x * (1 + erf(x / math.sqrt(2))), 3e-7),
    "gelu_tanh": (lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), 3e-7),
    "quick_gelu": (lambda x: x * sigmoid(1.702 * x), 3e-7),
    "silu": (lambda x: x * sigmoid(x), 3e-7),
    "relu": (lambda x: np.maximum(x, 0), 0),
    "tanh": (np.tanh, 3e-7),
    "sigmoid": (sigmoid, 3e-7),
}


def write_weights(path):
    header = json.dumps({"one": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", 1))


def main():
    work, *options = sys.argv[1:]
    work = fresh(work)
    write_weights(work / "model.safetensors")
    # Dense around zero, where functions bend, and far out, where they must not overflow.
    x = np.concatenate([np.linspace(-30, 30, 2001), np.linspace(-6, 6, 2000)]).astype(np.float32).reshape(1, ROWS, 1)
    for name, (function, tolerance) in ACTIVATIONS.items():
        (work / "model.json").write_text(json.dumps({
            "version": 1, "name": name, "weights": "model.safetensors",
            "inputs": [{"name": "x", "shape": [ROWS, 1]}],
            "nodes": [{"name": "linear", "op": "linear", "out_features": 1, "parameters": {"weight": "one"}},
                      {"name": "y", "op": "activation", "kind": name}],
            "outputs": [{"name": "y"}]}))
        run("vitc", work / "model.json", "-o", work / "model.so", *options)
        exact = function(x.astype(np.float64))
        error = (np.abs(forward(work / "model.so", x, work) - exact) / np.maximum(1, np.abs(x))).max()
        print(f"{name}: largest error {error:.3g}")
        if not error <= tolerance:
            raise SystemExit(f"{name}: the error {error:.3g} is above {tolerance:g}")


if __name__ == "__main__":
    main()
