#!/usr/bin/env python3
"""vitc-run with pictures and --output-dir, against the same model on the numbers that it wrote.

    check_picture_outputs.py WORK_DIRECTORY MODEL_DIRECTORY PICTURE
"""

import sys

import numpy as np

from steps import expect_identical, forward, fresh, run


def main():
    work, model, picture = sys.argv[1:]
    work = fresh(work)
    run("vitc", model, "-o", work / "model.so")
    run("vitc-run", work / "model.so", picture, picture, picture, "--threads", "2", "--save-inputs", "--output-dir", work / "out")
    arrays = {file.stem: np.load(file) for file in (work / "out").glob("*.npy")}
    assert sorted(arrays) == ["logits", "pixel_values"], sorted(arrays)
    assert arrays["pixel_values"].shape == (3, 3, 32, 32) and arrays["logits"].shape == (3, 10)
    expect_identical("logits", arrays["logits"], forward(work / "model.so", arrays["pixel_values"], work))


if __name__ == "__main__":
    main()
