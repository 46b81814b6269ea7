#!/usr/bin/env python3
"""Several image sizes in one file: entry points over one copy of the weights.

    check_image_sizes.py WORK_DIRECTORY

Each computes the bits of a file made for its size alone; the file grows by positions and code only. Arrays and pictures
find the entry point that they fit.
"""

import json
import subprocess
import sys

import numpy as np

from steps import MODELS, expect_identical, fresh, run

SIZES = ["32x32", "48x64", "64x32"]


def manifest_of(path):
    return json.loads(subprocess.run(["vitc-run", path, "--info", "--json"], capture_output=True, check=True).stdout)


def main():
    work = fresh(sys.argv[1])
    model = MODELS / "cifar10-vit"
    run("vitc", model, "--image-size=32,48x64,64x32", "-o", work / "all.so")
    manifest = manifest_of(work / "all.so")
    names = [entry["name"] for entry in manifest["entry_points"]]
    if names != SIZES or manifest["inputs"][0]["shape"] != [3, 32, 32] or manifest["name"] != "cifar10-vit":
        raise SystemExit(f"entry points {names}, inputs {manifest['inputs']}, name {manifest['name']}")

    tokens = []
    for size in SIZES:
        height, width = map(int, size.split("x"))
        run("vitc", model, f"--image-size={size}", "-o", work / "one.so")
        x = np.random.default_rng(height + width).normal(size=(2, 3, height, width)).astype(np.float32)
        np.save(work / "x.npy", x)
        run("vitc-run", work / "one.so", "--input", work / "x.npy", "--output", work / "one.npy")
        # By its shape, and by its name.
        for option in ([], ["--entry", size]):
            run("vitc-run", work / "all.so", *option, "--input", work / "x.npy", "--output", work / "all.npy")
            expect_identical(f"{size} {option}", np.load(work / "all.npy"), np.load(work / "one.npy"))
        tokens.append(height * width // 16 + 1)
    # Of the other sizes, what is added to each of their tokens, in f32.
    weights, one = manifest["weights"]["bytes"], manifest_of(work / "one.so")["weights"]["bytes"]
    if weights - one != (tokens[0] + tokens[1]) * 128 * 4:
        raise SystemExit(f"{weights} bytes of weights, the last size alone has {one}")
    grown = (work / "all.so").stat().st_size - (work / "one.so").stat().st_size
    print(f"{weights} bytes of weights, {weights - one} more than one size; the file grew by {grown}")

    # A picture goes to the first entry point, whatever its size is: the model resizes it. Or to the one that is named.
    for option in ([], ["--entry", "64x32"]):
        run("vitc-run", work / "all.so", model / "cat.png", *option, "--save-inputs", "--output-dir", work / "pictures")
        seen = np.load(work / "pictures" / "pixel_values.npy").shape[1:]
        if seen != ((3, 64, 32) if option else (3, 32, 32)):
            raise SystemExit(f"the picture became {seen} with {option}")


if __name__ == "__main__":
    main()
