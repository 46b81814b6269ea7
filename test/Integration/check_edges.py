#!/usr/bin/env python3
"""Numbers at the edges, compiled: layer norm of rows whose mean is far above their deviation, NaN through ReLU,
attention of rows that a mask hides in part or wholly, and of a token that is NaN.

    check_edges.py WORK_DIRECTORY [vitc's options...]
"""

import json
import struct
import sys

import numpy as np

from steps import expect_close, forward, fresh, run

ROWS, COLUMNS = 9, 45
EPSILON = 1e-6


def compile_model(work, nodes, shape, options):
    header = json.dumps({"one": {"dtype": "F32", "shape": [1, 1], "data_offsets": [0, 4]}}).encode()
    (work / "model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", 1))
    description = {"version": 1, "name": "edges", "inputs": [{"name": "x", "shape": shape}], "nodes": nodes,
                   "weights": "model.safetensors", "ignored_tensors": ["*"], "outputs": [{"name": "y"}]}
    (work / "model.json").write_text(json.dumps(description))
    run("vitc", work / "model.json", "-o", work / "model.so", *options)


def check_attention(work, fused, options):
    """Minus infinity in a mask, as the evaluator has it: fused, or with an op between scores and softmax that is not."""
    tokens, width = 21, 32
    nodes = [{"name": "y", "op": "attention", "heads": 2, "bias_input": True, "inputs": ["x", "x", "x", "mask"],
              "parameters": {part: part for part in ("query", "key", "value", "output")}}]
    if not fused:
        nodes = [{"name": "p", "op": "softmax", "inputs": ["mask"]}, {"name": "y", "op": "matmul", "inputs": ["p", "x"]}]
    description = {"version": 1, "name": "masked", "nodes": nodes, "outputs": [{"name": "y"}],
                   "inputs": [{"name": "x", "shape": [tokens, width]}, {"name": "mask", "shape": [tokens, tokens]}]}
    (work / "model.json").write_text(json.dumps(description))
    run("vitc", work / "model.json", "--random-weights=3", "-o", work / "model.so", *options)
    generator = np.random.default_rng(1)
    mask = generator.standard_normal((1, tokens, tokens)).astype(np.float32)
    mask[0, 0] = -np.inf
    mask[0, 1, ::2] = -np.inf
    mask[0, 2, 1:] = -np.inf
    mask[0, 3, :-1] = -np.inf
    mask[0, -1] = -np.inf
    x = generator.standard_normal((1, tokens, width)).astype(np.float32)
    for poisoned in (False, True):
        if poisoned:
            mask[0, 5, 7] = np.nan
        np.save(work / "x.npy", x)
        np.save(work / "mask.npy", mask)
        run("vitc-run", work / "model.so", "--input", f"x={work}/x.npy", "--input", f"mask={work}/mask.npy",
            "--output", work / "y.npy")
        run("vitc-evaluate", work / "model.json", "--random-weights=3", f"--input={work}/x.npy",
            f"--input={work}/mask.npy", f"--output={work}/expected.npy")
        actual, expected = np.load(work / "y.npy")[0], np.load(work / "expected.npy")[0]
        hidden = [0, 5, tokens - 1] if poisoned else [0, tokens - 1]
        assert np.isnan(expected[hidden]).all() and np.isnan(actual[hidden]).all()
        others = [row for row in range(tokens) if row not in hidden]
        expect_close(f"masked attention, fused: {fused}", actual[others], expected[others], 1e-6)


def main():
    work, *options = sys.argv[1:]
    work = fresh(work)

    compile_model(work, [{"name": "y", "op": "layer_norm", "epsilon": EPSILON}], [ROWS, COLUMNS], options)
    noise = np.random.default_rng(0).standard_normal((1, ROWS, COLUMNS))
    x = (noise + np.array([0, 1e1, -1e2, 1e3, 1e4, -1e4, 3e4, 3.3, 0.1])[:, None]).astype(np.float32)
    exact = x.astype(np.float64)
    exact = (exact - exact.mean(-1, keepdims=True)) / np.sqrt(exact.var(-1, keepdims=True) + EPSILON)
    # float32 rounds x - mean, the sums and the quotient: a few units in the last place of values up to 4.
    expect_close("layer_norm", forward(work / "model.so", x, work), exact, 1e-6)

    check_attention(work, True, options)
    check_attention(work, False, options)

    x = np.array([np.nan, -1, 0, 2, -np.inf, np.inf, -0.5], np.float32).reshape(1, -1, 1)
    nodes = [{"name": "linear", "op": "linear", "out_features": 1, "parameters": {"weight": "one"}},
             {"name": "y", "op": "activation", "kind": "relu"}]
    compile_model(work, nodes, [x.shape[1], 1], options)
    np.testing.assert_array_equal(forward(work / "model.so", x, work), np.where(x < 0, 0, x))


if __name__ == "__main__":
    main()
