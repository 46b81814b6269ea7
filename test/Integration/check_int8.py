"""Linear layers with numbers of 8 bits, each alone: against the evaluator, between CPUs, and where rows are special.

    check_int8.py

Works in the current directory.
"""

import json
import subprocess

import numpy as np

# Rows, K and N: fours that K does not fill, panels that N does not, few rows and tiles of several sizes.
SHAPES = [(37, 32, 16), (1, 33, 17), (6, 70, 1), (13, 96, 100), (37, 771, 48), (2, 3072, 40)]


def run(*command):
    subprocess.run(command, check=True)


def write_model(name):
    inputs, nodes, outputs = [], [], []
    for i, (rows, depth, columns) in enumerate(SHAPES):
        inputs.append({"name": f"x{i}", "shape": [rows, depth]})
        nodes.append({"name": f"y{i}", "op": "linear", "inputs": [f"x{i}"], "out_features": columns, "parameters": f"y{i}"})
        # What is returned as it is would stay f32.
        nodes.append({"name": f"z{i}", "op": "concat", "dim": 0, "inputs": [f"y{i}", f"y{i}"]})
        outputs.append({"name": f"z{i}"})
    model = {"version": 1, "name": name, "inputs": inputs, "nodes": nodes, "outputs": outputs}
    with open(f"{name}.json", "w") as file:
        json.dump(model, file)


def compute(model):
    arguments = []
    for i in range(len(SHAPES)):
        arguments += ["--input", f"x{i}=x{i}.npy"]
    run("vitc-run", model, *arguments, "--output-dir", f"{model}.d")
    return [np.load(f"{model}.d/z{i}.npy")[0, :rows] for i, (rows, _, _) in enumerate(SHAPES)]


def main():
    generator = np.random.default_rng(5)
    inputs = []
    for i, (rows, depth, _) in enumerate(SHAPES):
        x = generator.standard_normal((1, rows, depth)).astype(np.float32) * 3 + generator.standard_normal((1, rows, 1))
        x = x.astype(np.float32)
        if rows > 10:
            x[0, 1] = 0.75  # a constant row is exact
            x[0, 2] = 0
            x[0, 3, 5] = 1e30  # one huge value
            x[0, 4] *= 1e-42  # steps that are no normal numbers
            x[0, 5] = np.abs(x[0, 5])  # all of one sign
            x[0, 6, :2] = [2e38, -1.7e38]  # what a row spans is more than f32 has
        inputs.append(x)
        np.save(f"x{i}.npy", x)
    write_model("int8")
    command = ["vitc", "int8.json", "--random-weights", "--precision=int8"]
    results = {}
    for cpu in ("x86-64", "x86-64-v2", "x86-64-v3"):
        run(*command, f"--target-cpu={cpu}", "-o", f"{cpu}.so")
        results[cpu] = compute(f"{cpu}.so")
    # What is done to whole numbers is exact, and all else is done in one order: the same bits.
    for cpu, result in results.items():
        for i, (own, other) in enumerate(zip(result, results["x86-64"])):
            assert np.array_equal(own, other, equal_nan=True), f"{cpu}: y{i} differs from x86-64's"

    arguments = []
    for i in range(len(SHAPES)):
        arguments += ["--input", f"x{i}.npy", "--output", f"reference{i}.npy"]
    # In the order of the function's arguments and results.
    run("vitc-evaluate", "int8.json", "--fuse", "--precision=int8_pairs", "--random-weights=0", *arguments)
    run("vitc", "int8.json", "--random-weights", "-o", "f32.so")
    exact = compute("f32.so")
    rows_off = rows_all = 0
    for i, (rows, depth, _) in enumerate(SHAPES):
        own, reference = results["x86-64"][i].copy(), np.load(f"reference{i}.npy")[0, :rows]
        largest = np.abs(reference).max(axis=-1)
        if rows > 10:
            # Its two sums, the steps' and the smallest value's, may each be more than f32 has: infinite or NaN then. What is
            # finite is right.
            own[6] = np.where(np.isfinite(own[6]), own[6], reference[6])
            assert not np.array_equal(own[6], reference[6]), "numbers to look at"
        error = np.abs(own - reference).max(axis=-1)
        # In the middle between two numbers f32 may take the other one: one step of one activation, times one weight.
        steps = (inputs[i].max(axis=-1)[0].astype(np.float64) - inputs[i].min(axis=-1)[0]) / 255
        far = error > 1e-5 * largest
        assert (error <= 1e-5 * largest + steps).all(), f"y{i}: {error}"
        rows_off += far.sum()
        rows_all += rows
        # The weights have at most 127 steps, and of Gaussian ones 4 deviations: both errors are a few per mille.
        plain = [row for row in range(rows) if rows <= 10 or row > 6]
        difference = np.abs(own[plain] - exact[i][plain]).max() / np.abs(exact[i][plain]).max()
        assert 0 < difference < 0.03, f"y{i}: {difference}"
    assert rows_off <= 0.1 * rows_all, f"{rows_off} of {rows_all} rows took another number"

    # A row with NaN or infinity is NaN throughout, and no other.
    inputs[0][0, 7, 3] = np.nan
    inputs[0][0, 9, 0] = np.inf
    np.save("x0.npy", inputs[0])
    special = compute("x86-64-v3.so")[0]
    odd = np.isnan(special).all(axis=-1)
    assert odd[7] and odd[9] and odd.sum() == 2, odd
    kept = [row for row in range(SHAPES[0][0]) if row not in (7, 9)]
    assert np.array_equal(special[kept], results["x86-64-v3"][0][kept], equal_nan=True)


main()
