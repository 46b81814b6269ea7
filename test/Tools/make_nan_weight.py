"""make_nan_weight.py DIRECTORY: a model of one hidden layer with a weight that is not a number."""

import json
import pathlib
import struct
import sys

import numpy as np


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(exist_ok=True)
    weight = np.ones((8, 32), "<f4")
    weight[5, 7] = np.nan
    header = {"w": {"dtype": "F32", "shape": list(weight.shape), "data_offsets": [0, weight.nbytes]}}
    text = json.dumps(header).encode()
    (folder / "weights.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + weight.tobytes())
    model = {
        "version": 1,
        "name": "nan",
        "weights": "weights.safetensors",
        "inputs": [{"name": "x", "shape": [4, 32]}],
        "nodes": [
            {"name": "hidden", "op": "linear", "out_features": 8, "parameters": {"weight": "w"}},
            {"name": "y", "op": "softmax"},
        ],
        "outputs": [{"name": "y"}],
    }
    (folder / "model.json").write_text(json.dumps(model))


main()
