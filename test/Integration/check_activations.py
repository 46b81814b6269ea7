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

ROWS = 4201
erfc = np.vectorize(math.erfc)


def sigmoid(x):
    # exp's argument never overflows.
    return np.where(x < 0, np.exp(np.minimum(x, 0)), 1) / (1 + np.exp(-np.abs(x)))


# The function; the largest error allowed, absolute and relative to |x| where the function grows with x; and the largest
# error relative to the result, down to 3e-10: a tail that is lost in the rounding of 1 is magnified by the next norm.
# GELU's tail is fitted to 2e-5 of itself, on targets with a table to 1e-4.
ACTIVATIONS = {
    "gelu": (lambda x: 0.5 * x * erfc(-x / math.sqrt(2)), 1e-7, 1e-4),
    "gelu_tanh": (lambda x: x * sigmoid(2 * math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)), 3e-7, 1e-5),
    "quick_gelu": (lambda x: x * sigmoid(1.702 * x), 3e-7, 1e-5),
    "silu": (lambda x: x * sigmoid(x), 3e-7, 1e-5),
    "relu": (lambda x: np.maximum(x, 0), 0, 0),
    "tanh": (np.tanh, 3e-7, 1e-6),
    "sigmoid": (sigmoid, 3e-7, 1e-5),
    "softplus": (lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))), 3e-7, 1e-6),
}


def write_weights(path):
    header = json.dumps({"one": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}}).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", 1))


def main():
    work, *options = sys.argv[1:]
    work = fresh(work)
    write_weights(work / "model.safetensors")
    # Dense around zero, where functions bend, next to zero, and far out, where they must not overflow.
    x = np.concatenate([np.linspace(-30, 30, 2001), np.linspace(-8, 8, 2000), np.linspace(-1e-3, 1e-3, 200)]).astype(np.float32).reshape(1, ROWS, 1)
    for name, (function, tolerance, relative) in ACTIVATIONS.items():
        (work / "model.json").write_text(json.dumps({
            "version": 1, "name": name, "weights": "model.safetensors",
            "inputs": [{"name": "x", "shape": [ROWS, 1]}],
            "nodes": [{"name": "linear", "op": "linear", "out_features": 1, "parameters": {"weight": "one"}},
                      {"name": "y", "op": "activation", "kind": name}],
            "outputs": [{"name": "y"}]}))
        run("vitc", work / "model.json", "-o", work / "model.so", *options)
        exact = function(x.astype(np.float64))
        difference = np.abs(forward(work / "model.so", x, work) - exact)
        error = (difference / np.maximum(1, np.abs(x))).max()
        of_result = (np.maximum(difference - 3e-10, 0) / np.maximum(np.abs(exact), 1e-30)).max()
        print(f"{name}: largest error {error:.3g}, {of_result:.3g} of the result")
        if not error <= tolerance:
            raise SystemExit(f"{name}: the error {error:.3g} is above {tolerance:g}")
        if not of_result <= relative:
            raise SystemExit(f"{name}: the error relative to the result {of_result:.3g} is above {relative:g}")


if __name__ == "__main__":
    main()
