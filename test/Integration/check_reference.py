#!/usr/bin/env python3
"""Tests the reference: vitc-evaluate must agree with Hugging Face's library in double precision to double precision.

    check_reference.py WORK_DIRECTORY NAME [vitc-evaluate's options...]
"""

import json
import pathlib
import sys

import numpy as np

from steps import MODELS, expect_close, fresh, run
from random_weights import random_input

# As in make_goldens.py.
SEED = 1


def main():
    work, name, *options = sys.argv[1:]
    work = fresh(work)
    description = MODELS / f"{name}.json"
    side = int(name.rsplit("_", 1)[1])
    np.save(work / "input.npy", random_input((1, 3, side, side), SEED))
    outputs = [output["name"] for output in json.loads(description.read_text())["outputs"]]
    command = ["vitc-evaluate", description, f"--random-weights={SEED}", f"--input={work}/input.npy", *options]
    run(*command, *(f"--output={work}/{output}.npy" for output in outputs))
    with np.load(pathlib.Path(__file__).parent / "goldens" / f"{name}.npz") as goldens:
        for output in outputs:
            expect_close(output, np.load(work / f"{output}.npy"), goldens[output], 1e-12)


if __name__ == "__main__":
    main()
