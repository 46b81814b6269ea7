#!/usr/bin/env python3
"""Inputs and outputs that are f32, i32, i64, u8 or bool, against NumPy.

    check_dtypes.py WORK_DIRECTORY

Integers are moved exactly, whatever their size; conversions give NumPy's numbers, and stated ones where NumPy's depend
on the machine. A picture model whose input is bytes computes what the one whose input is f32 does.
"""

import json
import subprocess
import sys

import numpy as np

from steps import MODELS, expect_identical, fresh, run

IMAGES, SHAPE = 3, (5, 7)
NAMES = {"f32": np.float32, "i32": np.int32, "i64": np.int64, "u8": np.uint8, "bool": np.bool_}


def made_up():
    """An input of each dtype, with the ends of their ranges."""
    random = np.random.default_rng(1)
    shape = (IMAGES, *SHAPE)
    inputs = {
        "f32": (random.normal(size=shape) * 200).astype(np.float32),
        "i32": random.integers(-(2**31), 2**31, shape).astype(np.int32),
        "i64": random.integers(-(2**63), 2**63 - 1, shape),
        "u8": random.integers(0, 256, shape).astype(np.uint8),
        "bool": random.random(shape) < 0.5,
    }
    inputs["f32"][0, 0] = [np.nan, np.inf, -np.inf, 3e9, -3e9, 1e20, -1e20]
    inputs["f32"][0, 1] = [2147483520, 2147483648, -2147483648, 255.9, 256, -0.9, 0]
    inputs["f32"][0, 2] = [9.2e18, 9.3e18, -9.2233720368547758e18, -9.3e18, -0.0, 1e-45, 254.999]
    inputs["i64"][0, 0] = [0, 1, -1, 2**63 - 1, -(2**63), 2**32, 2**53 + 1]
    inputs["i32"][0, 0] = [0, 1, -1, 2**31 - 1, -(2**31), 2**24 + 1, 256]
    return inputs


def converted(numbers, dtype):
    """What `cast` makes of numbers: real ones are cut off to whole numbers within the type's range."""
    if dtype in ("f32", "bool") or numbers.dtype.kind != "f":
        return numbers.astype(NAMES[dtype])
    ends = np.iinfo(NAMES[dtype])
    whole = [0 if np.isnan(x) else int(np.clip(np.trunc(np.float64(x)), -1e300, 1e300)) for x in numbers.ravel()]
    return np.array([min(max(x, int(ends.min)), int(ends.max)) for x in whole], NAMES[dtype]).reshape(numbers.shape)


def description():
    nodes, outputs = [], []

    def node(name, op, inputs, **attributes):
        nodes.append({"name": name, "op": op, "inputs": inputs, **attributes})
        outputs.append({"name": name})

    for source in NAMES:
        for dtype in NAMES:
            node(f"{source}_as_{dtype}", "cast", [f"x_{source}"], dtype=dtype)
        node(f"{source}_transposed", "transpose", [f"x_{source}"], permutation=[1, 0])
        node(f"{source}_columns", "slice", [f"x_{source}"], dim=1, offset=2, size=3)
        node(f"{source}_twice", "concat", [f"x_{source}", f"{source}_as_{source}"], dim=0)
        node(f"{source}_flat", "reshape", [f"{source}_transposed"], shape=[35])
        outputs.append({"name": f"{source}_same", "from": f"x_{source}"})
    # Arithmetic is in f32.
    node("sum", "add", ["x_u8", "x_bool"])
    node("scaled", "mul", ["sum", "x_i32"])
    outputs.append({"name": "whole", "from": "sum", "dtype": "i64"})
    inputs = [{"name": f"x_{dtype}", "shape": list(SHAPE), "dtype": dtype} for dtype in NAMES]
    return {"version": 1, "name": "dtypes", "inputs": inputs, "nodes": nodes, "outputs": outputs}


def expected(inputs):
    result = {}
    for source, x in inputs.items():
        for dtype in NAMES:
            result[f"{source}_as_{dtype}"] = converted(x, dtype)
        result[f"{source}_transposed"] = x.transpose(0, 2, 1)
        result[f"{source}_columns"] = x[:, :, 2:5]
        result[f"{source}_twice"] = np.concatenate([x, x], 1)
        result[f"{source}_flat"] = x.transpose(0, 2, 1).reshape(IMAGES, 35)
        result[f"{source}_same"] = x
    result["sum"] = inputs["u8"].astype(np.float32) + inputs["bool"]
    result["scaled"] = result["sum"] * inputs["i32"].astype(np.float32)
    result["whole"] = result["sum"].astype(np.int64)
    return result


def check_conversions(work):
    (work / "model.json").write_text(json.dumps(description()), encoding="utf-8")
    inputs = made_up()
    given = []
    for name, numbers in inputs.items():
        np.save(work / f"{name}.npy", numbers)
        given += ["--input", f"x_{name}={work}/{name}.npy"]
    for target, options in (("x86-64-v2", ["--threads", "2"]), ("native", [])):
        run("vitc", work / "model.json", "--random-weights", "-o", work / "model.so", f"--target-cpu={target}",
            "--batch=2")
        run("vitc-run", work / "model.so", "--output-dir", work / "y", *options, *given)
        for name, numbers in expected(inputs).items():
            actual = np.load(work / "y" / f"{name}.npy")
            if actual.dtype != numbers.dtype or not np.array_equal(actual, numbers, equal_nan=numbers.dtype.kind == "f"):
                raise SystemExit(f"{target}: output '{name}' of {actual.dtype} is not NumPy's, of {numbers.dtype}")
    # The manifest says what is what.
    info = json.loads(subprocess.run(["vitc-run", work / "model.so", "--info", "--json"], capture_output=True,
                                     check=True).stdout)
    if [value["dtype"] for value in info["inputs"]] != list(NAMES):
        raise SystemExit(f"inputs {info['inputs']}")
    # A double-precision evaluation of what it can hold.
    small = {"i64": (2**40 + np.arange(IMAGES * 35)).reshape(IMAGES, *SHAPE)}
    np.save(work / "i64.npy", small["i64"])
    run("vitc-evaluate", work / "model.json", "--random-weights=0",
        *(f"--input={work}/{name}.npy" for name in NAMES), f"--outputs=i64_as_u8,i64_same,sum",
        *(f"--output={work}/{name}.npy" for name in "abc"))
    for file, numbers in (("a", converted(small["i64"], "u8")), ("b", small["i64"]), ("c", expected(inputs)["sum"])):
        if not np.array_equal(np.load(work / f"{file}.npy"), numbers):
            raise SystemExit(f"vitc-evaluate: result {file} is wrong")


def check_pictures(work):
    """The bundled model, with what normalises a picture inside: bytes go in."""
    text = subprocess.run(["vitc", MODELS / "cifar10-vit", "--emit=json", "-o", "-"], capture_output=True,
                          check=True).stdout
    model = json.loads(text)
    source = model["inputs"][0]
    steps = {step["step"]: step for step in source["preprocessing"]}
    source["preprocessing"] = [step for step in source["preprocessing"] if step["step"] not in ("rescale", "normalize")]
    source["dtype"] = "u8"
    if "normalize" not in steps or "rescale" not in steps:
        raise SystemExit("the bundled model has another preprocessing than this test knows")
    mean, std = steps["normalize"]["mean"][0], steps["normalize"]["std"][0]
    model["nodes"].insert(0, {"name": "unit", "op": "scale", "inputs": [source["name"]],
                              "factor": steps["rescale"]["factor"] / std})
    model["nodes"].insert(1, {"name": "minus_mean", "op": "parameter", "shape": [1, 1, 1],
                              "parameters": {"value": "minus_mean"}})
    model["nodes"].insert(2, {"name": "normalised", "op": "add", "inputs": ["unit", "minus_mean"]})
    model["weights"] = "model.safetensors"
    data = (MODELS / "cifar10-vit" / "model.safetensors").read_bytes()
    length = int.from_bytes(data[:8], "little")
    header, values = json.loads(data[8 : 8 + length]), data[8 + length :]
    header["minus_mean"] = {"dtype": "F32", "shape": [1, 1, 1], "data_offsets": [len(values), len(values) + 4]}
    head = json.dumps(header).encode()
    (work / "bytes").mkdir()
    (work / "bytes" / "model.safetensors").write_bytes(
        len(head).to_bytes(8, "little") + head + values + np.float32(-mean / std).tobytes())
    (work / "bytes" / "model.json").write_text(json.dumps(model), encoding="utf-8")
    run("vitc", work / "bytes" / "model.json", "-o", work / "bytes.so")
    run("vitc", MODELS / "cifar10-vit", "-o", work / "reals.so")
    picture = MODELS / "cifar10-vit" / "cat.png"
    for name in ("bytes", "reals"):
        run("vitc-run", work / f"{name}.so", picture, "--save-inputs", "--output-dir", work / name)
    pixels = np.load(work / "bytes" / f"{source['name']}.npy")
    if pixels.dtype != np.uint8:
        raise SystemExit(f"pictures became {pixels.dtype}")
    run("vitc-run", work / "bytes.so", "--input", work / "bytes" / f"{source['name']}.npy", "--output",
        work / "again.npy")
    logits = [np.load(work / name / "logits.npy") for name in ("bytes", "reals")]
    expect_identical("the bytes of a picture, as an array", np.load(work / "again.npy"), logits[0])
    error = np.abs(logits[0] - logits[1]).max() / np.abs(logits[1]).max()
    if not error < 1e-5:
        raise SystemExit(f"a picture as bytes: logits differ by {error:.2g} of the largest")


def main():
    work = fresh(sys.argv[1])
    check_conversions(work)
    check_pictures(work)


if __name__ == "__main__":
    main()
