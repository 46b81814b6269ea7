#!/usr/bin/env python3
"""Compiles a bundled description with random weights, runs it on a made-up picture, and compares every output with what
Hugging Face's library computed in double precision (goldens/, by make_goldens.py).

    check_golden.py WORK_DIRECTORY NAME [vitc's options...]

WORK_DIRECTORY is emptied before and removed after success: models are as large as their weights.
"""

import pathlib
import shutil
import sys

import numpy as np

from steps import MODELS, expect_close, fresh, run
from random_weights import random_input

# As in make_goldens.py.
SEED = 1
# Of the largest golden value; float32 rounds each operation to 6e-8.
TOLERANCE = 1e-5
# The library computes the frequencies of DETR's positions in f32 even where all else is double precision. That alone moves
# these logits by 3.1e-4: so far are they from the evaluator's, which has them exactly. Twice that.
TOLERANCES = {"detr_resnet_50_640": 6.3e-4}


def main():
    work, name, *options = sys.argv[1:]
    work = fresh(work)
    side, tolerance = int(name.rsplit("_", 1)[1]), TOLERANCES.get(name, TOLERANCE)
    np.save(work / "input.npy", random_input((1, 3, side, side), SEED))
    run("vitc", MODELS / f"{name}.json", f"--random-weights={SEED}", "-o", work / "model.so", *options)
    run("vitc-run", work / "model.so", "--input", work / "input.npy", "--output-dir", work / "outputs")
    with np.load(pathlib.Path(__file__).parent / "goldens" / f"{name}.npz") as goldens:
        names = set()
        for key, expected in goldens.items():
            # NAME/STEP: every so many rows and columns of a map.
            name, _, step = key.partition("/")
            names.add(name)
            actual = np.load(work / "outputs" / f"{name}.npy")
            if step:
                actual = actual[..., :: int(step), :: int(step)]
            expect_close(name, actual, expected, tolerance)
        actual_names = {path.stem for path in (work / "outputs").iterdir()}
        if actual_names != names:
            raise SystemExit(f"outputs {sorted(actual_names)}, expected {sorted(names)}")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
