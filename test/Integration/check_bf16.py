"""Linear layers and attention with numbers of bf16, each alone: against f32 with rounded weights, and the evaluator.

    check_bf16.py [CPU]

CPU is one that multiplies bf16, if this machine runs its code. Works in the current directory.
"""

import json
import pathlib
import re
import subprocess
import sys

import numpy as np

# Rows, K and N: an odd number of pairs, panels that N does not fill, few rows and tiles of several sizes, blocks of
# sums.
SHAPES = [(37, 32, 16), (1, 34, 17), (6, 70, 1), (13, 96, 100), (37, 770, 48), (2, 3072, 40)]
# Pictures, patches and their features: few and many in a row, patches that are no squares.
EMBEDDINGS = [((3, 32, 48), [8, 8], 40), ((2, 12, 40), [4, 8], 17), ((2, 28, 28), [14, 14], 16)]
# Tokens, heads and their features: an odd number of tokens, one token, more than a panel, features that fill no panel.
ATTENTIONS = [(37, 2, 16), (1, 1, 8), (50, 3, 20), (33, 2, 40), (7, 1, 50)]
COUNT = len(SHAPES) + len(EMBEDDINGS)


def run(*command):
    subprocess.run(command, check=True)


def rounded(x):
    """To the nearest number of bf16, to even in the middle."""
    bits = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def save_weights(path, tensors):
    """A safetensors file of f32."""
    header, blobs, offset = {}, [], 0
    for name, tensor in tensors.items():
        blob = np.ascontiguousarray(tensor, np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [offset, offset + len(blob)]}
        blobs.append(blob)
        offset += len(blob)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(len(text).to_bytes(8, "little") + text + b"".join(blobs))


def make_models(generator):
    """linear.json and rounded.json, which differ in their weights; attention.json; arrays x0.npy, …"""
    inputs, nodes, outputs, weights = [], [], [], {}
    for i, (rows, depth, columns) in enumerate(SHAPES):
        inputs.append({"name": f"x{i}", "shape": [rows, depth]})
        nodes.append({"name": f"y{i}", "op": "linear", "inputs": [f"x{i}"], "out_features": columns, "parameters": f"y{i}"})
        # What is returned as it is would stay f32.
        nodes.append({"name": f"z{i}", "op": "concat", "dim": 0, "inputs": [f"y{i}", f"y{i}"]})
        outputs.append({"name": f"z{i}"})
        weights[f"y{i}.weight"] = generator.standard_normal((columns, depth)).astype(np.float32) / np.sqrt(depth)
        weights[f"y{i}.bias"] = generator.standard_normal(columns).astype(np.float32)
        np.save(f"x{i}.npy", generator.standard_normal((1, rows, depth)).astype(np.float32))
    for i, (shape, patch, width) in enumerate(EMBEDDINGS):
        x = f"x{len(SHAPES) + i}"
        inputs.append({"name": x, "shape": list(shape)})
        nodes.append({"name": f"p{i}", "op": "patch_embedding", "inputs": [x], "width": width, "patch_size": patch,
                      "parameters": f"p{i}"})
        nodes.append({"name": f"z{len(SHAPES) + i}", "op": "concat", "dim": 0, "inputs": [f"p{i}", f"p{i}"]})
        outputs.append({"name": f"z{len(SHAPES) + i}"})
        depth = shape[0] * patch[0] * patch[1]
        weights[f"p{i}.weight"] = generator.standard_normal((width, shape[0], *patch)).astype(np.float32) / np.sqrt(depth)
        weights[f"p{i}.bias"] = generator.standard_normal(width).astype(np.float32)
        np.save(f"{x}.npy", generator.standard_normal((1, *shape)).astype(np.float32))
    # In the middle between two numbers, below and above; beyond the largest; numbers that are not normal.
    weights["y0.weight"][0, :6] = [1.00390625, 1.01171875, -1.00390625, 1e-40, 3e-39, 1.0039064]
    for name, own in (("linear", weights), ("rounded", weights | {k: rounded(v) for k, v in weights.items() if "weight" in k})):
        model = {"version": 1, "name": name, "inputs": inputs, "nodes": nodes, "outputs": outputs}
        with open(f"{name}.json", "w") as file:
            json.dump(model | {"weights": f"{name}.safetensors"}, file)
        save_weights(f"{name}.safetensors", own)

    inputs, nodes, outputs = [], [], []
    for i, (tokens, heads, features) in enumerate(ATTENTIONS):
        width = heads * features
        inputs.append({"name": f"x{i}", "shape": [tokens, width]})
        nodes.append({"name": f"y{i}", "op": "attention", "inputs": [f"x{i}"], "heads": heads, "parameters": {"qkv": f"y{i}.qkv", "output": f"y{i}.output"}})
        outputs.append({"name": f"y{i}"})
        np.save(f"a{i}.npy", 2 * generator.standard_normal((1, tokens, width)).astype(np.float32))
    with open("attention.json", "w") as file:
        json.dump({"version": 1, "name": "attention", "inputs": inputs, "nodes": nodes, "outputs": outputs}, file)


def compute(model, stem, output, count):
    arguments = []
    for i in range(count):
        arguments += ["--input", f"x{i}={stem}{i}.npy"]
    run("vitc-run", model, *arguments, "--output-dir", f"{model}.d")
    return [np.load(f"{model}.d/{output}{i}.npy")[0] for i in range(count)]


def evaluate(model, stem, count, *options):
    """In double precision."""
    arguments = []
    for i in range(count):
        arguments += ["--input", f"{stem}{i}.npy", "--output", f"reference{i}.npy"]
    run("vitc-evaluate", model, "--fuse", *options, *arguments)
    return [np.load(f"reference{i}.npy")[0] for i in range(count)]


def check_expanded():
    """Where the CPU has no such products: the bits of f32 with weights that were rounded before."""
    for cpu in ("x86-64", "x86-64-v2", "x86-64-v3"):
        run("vitc", "linear.json", "--precision=bf16", f"--target-cpu={cpu}", "-o", f"bf16-{cpu}.so")
        run("vitc", "rounded.json", f"--target-cpu={cpu}", "-o", f"f32-{cpu}.so")
        pairs = zip(compute(f"bf16-{cpu}.so", "x", "z", COUNT), compute(f"f32-{cpu}.so", "x", "z", COUNT))
        for i, (own, other) in enumerate(pairs):
            assert np.array_equal(own, other), f"{cpu}: y{i} differs from f32 with these weights"
    # Attention stays as it is, and what is said of it is said of nothing else.
    for model, stem, output, count in (("attention.json", "a", "y", len(ATTENTIONS)), ("linear.json", "x", "z", COUNT)):
        weights = ["--random-weights"] if model == "attention.json" else []
        run("vitc", model, *weights, "--attention=bf16", "--target-cpu=x86-64-v3", "-o", "same.so")
        run("vitc", model, *weights, "--target-cpu=x86-64-v3", "-o", "f32.so")
        for own, other in zip(*(compute(file, stem, output, count) for file in ("same.so", "f32.so"))):
            assert np.array_equal(own, other)


def check_larger_rests(cpu, *options):
    """Schedules by hand whose last tiles are the larger ones: the same bits."""
    run("vitc", "attention.json", "--random-weights", *options, f"--target-cpu={cpu}", "-o", "own.so")
    run("vitc", "attention.json", "--random-weights", *options, f"--target-cpu={cpu}", "--emit=kernel", "-o", "own.mlir")
    text, edits = pathlib.Path("own.mlir").read_text(), 0

    def turn(line):
        nonlocal edits
        count, rows, rest, rest_rows = map(int, re.search(r"rows <(\d+) x (\d+) \+ (\d+) x (\d+)>", line).groups())
        total = count * rows + rest * rest_rows
        if total == 1 or rows == 1:
            return line
        tiles = (total - 1) // rows
        first = total - tiles * rows
        if tiles == 0:
            first, tiles, rows = 1, 1, total - 1
        edits += rows > first
        return re.sub(r"rows <[^>]*>", f"rows <1 x {first} + {tiles} x {rows}>", line)

    lines = [turn(line) if "kernel.attention " in line else line for line in text.splitlines()]
    pathlib.Path("turned.mlir").write_text("\n".join(lines) + "\n")
    assert edits >= 3, "schedules to turn"
    run("vitc", "turned.mlir", "--model=attention.json", "--random-weights", "-o", "turned.so")
    for own, other in zip(*(compute(file, "a", "y", len(ATTENTIONS)) for file in ("own.so", "turned.so"))):
        assert np.array_equal(own, other)


def check_multiplied(cpu):
    """Sums of exact products of rounded numbers, in some order."""
    run("vitc", "linear.json", "--precision=bf16", f"--target-cpu={cpu}", "-o", "linear.so")
    references = evaluate("linear.json", "x", COUNT, "--precision=bf16")
    exact = evaluate("linear.json", "x", COUNT)
    for i, own in enumerate(compute("linear.so", "x", "z", COUNT)):
        largest = np.abs(references[i]).max()
        error = np.abs(own - references[i]).max()
        # As f32 is tested.
        assert error <= 1e-5 * largest, f"y{i}: {error / largest}"
        # A test that rounding is there: about 2^-9 of each of the two.
        assert 1e-4 * largest < np.abs(own - exact[i]).max() < 3e-2 * largest, f"y{i} is not rounded"

    run("vitc", "attention.json", "--random-weights", "--attention=bf16", f"--target-cpu={cpu}", "-o", "attention.so")
    run("vitc", "attention.json", "--random-weights", f"--target-cpu={cpu}", "-o", "f32.so")
    # The evaluator has bf16 for linear layers too: with these left out, its attention alone.
    references = evaluate("attention.json", "a", len(ATTENTIONS), "--attention=bf16", "--random-weights=0")
    results = compute("attention.so", "a", "y", len(ATTENTIONS))
    exact = compute("f32.so", "a", "y", len(ATTENTIONS))
    off = count = 0
    for i, own in enumerate(results):
        largest = np.abs(references[i]).max()
        error = np.abs(own - references[i])
        # In the middle between two numbers f32 may take the other one: 2^-8 of one of many terms.
        assert error.max() <= 4e-3 * largest, f"y{i}: {error.max() / largest}"
        off += (error > 1e-5 * largest).sum()
        count += error.size
        assert ATTENTIONS[i][0] == 1 or 1e-4 * largest < np.abs(own - exact[i]).max() < 3e-2 * largest, f"y{i}"
    print(f"attention: {off} of {count} numbers are off by more than 1e-5")
    assert off <= 0.1 * count

    # A row with NaN or infinity does not reach the others.
    x = np.load("x0.npy")
    x[0, 7, 3], x[0, 9, 0] = np.nan, np.inf
    np.save("x0.npy", x)
    plain = [row for row in range(SHAPES[0][0]) if row not in (7, 9)]
    before = np.load("linear.so.d/z0.npy")[0]
    after = compute("linear.so", "x", "z", COUNT)[0]
    assert np.isnan(after[7]).all() and not np.isfinite(after[9]).any()
    assert np.array_equal(before[plain], after[plain])


def main():
    make_models(np.random.default_rng(5))
    check_expanded()
    check_larger_rests("x86-64-v3")
    if len(sys.argv) > 1:
        check_multiplied(sys.argv[1])
        check_larger_rests(sys.argv[1], "--attention=bf16")


main()
