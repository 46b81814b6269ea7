#!/usr/bin/env python3
"""Ops of the language against PyTorch: small descriptions of version 2, those on maps in version 1 too.

    check_language.py WORK_DIRECTORY [vitc's options...]

language/cases.json has descriptions, arrays, and what PyTorch makes of them in f64 (language/make_language.py).
"""

import json
import pathlib
import struct
import sys

import numpy as np

from steps import expect_close, fresh, run

DTYPES = {"f32": np.float64, "i32": np.int32, "i64": np.int64}
# Of the largest element: a few roundings of f32; products of up to a hundred terms add no more.
TOLERANCE = 2e-6


def array(entry):
    return np.array(entry["values"], DTYPES[entry["dtype"]]).reshape(entry["shape"])


def write_weights(path, weights):
    header, data = {}, b""
    for name, value in weights.items():
        stored = value.astype(np.float32).tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape), "data_offsets": [len(data), len(data) + len(stored)]}
        data += stored
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def check(case, version, work, options):
    inputs = {name: array(entry) for name, entry in case["inputs"].items()}
    expected = array(case["expected"])
    if version == 1:
        inputs = {name: value.transpose(1, 2, 0) for name, value in inputs.items()}
        expected = expected.transpose(1, 2, 0)
    description = {
        "version": version, "name": case["name"],
        "inputs": [{"name": name, "shape": list(value.shape), **({} if value.dtype == np.float64 else {"dtype": str(value.dtype).replace("int", "i")})}
                   for name, value in inputs.items()],
        "nodes": case["nodes"], "outputs": [{"name": "y"}]}
    if case["weights"]:
        description["weights"] = "model.safetensors"
        write_weights(work / "model.safetensors", {name: array(entry) for name, entry in case["weights"].items()})
    (work / "model.json").write_text(json.dumps(description))
    words = ["vitc", work / "model.json", "-o", work / "model.so", *options]
    run(*words, *([] if case["weights"] else ["--random-weights"]))
    # The same bits for each of two, and for any number of threads.
    arguments = []
    for name, value in inputs.items():
        stored = value.astype(np.float32) if value.dtype == np.float64 else value
        np.save(work / f"{name}.npy", np.stack([stored, stored]))
        arguments += ["--input", f"{name}={work / name}.npy"]
    run("vitc-run", work / "model.so", *arguments, "--output", work / "y.npy", "--threads", "2")
    actual = np.load(work / "y.npy")
    if actual[0].tobytes() != actual[1].tobytes():
        raise SystemExit(f"{case['name']}: two images have different results")
    if case["of_itself"]:
        scale = np.maximum(np.abs(expected), 1e-37)
        actual, expected = actual / scale, expected / scale
    expect_close(f"{case['name']}, version {version}", actual[0], expected, TOLERANCE)


def main():
    work, *options = sys.argv[1:]
    work = fresh(work)
    for case in json.loads((pathlib.Path(__file__).parent / "language/cases.json").read_text()):
        for version in (1, 2) if case["on_maps"] else (2,):
            check(case, version, work, options)


main()
