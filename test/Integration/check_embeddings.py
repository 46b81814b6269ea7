#!/usr/bin/env python3
"""Embeddings for retrieval on demand: image_embeds_normalized is the vector that the library returns, divided by its length.

    check_embeddings.py WORK_DIRECTORY CASE=OUTPUT...

OUTPUT of the case's checkpoint, which its goldens are for, is the vector.
"""

import sys

import numpy as np

from check_checkpoint import CHECKPOINTS, input_of, resize_option
from steps import expect_close, fresh, run


def main():
    work, *cases = sys.argv[1:]
    for case, name in (word.split("=") for word in cases):
        directory, out = CHECKPOINTS / case, fresh(work)
        pixels = input_of(directory)
        options = [*resize_option(directory, pixels), f"--outputs={name},image_embeds_normalized"]
        run("vitc", directory, "-o", out / "model.so", *options)
        run("vitc-run", out / "model.so", "--input", pixels, "--output-dir", out / "outputs")
        golden = np.load(directory / "expected" / f"{name}.npy")
        normalized = golden / np.linalg.norm(golden, axis=1, keepdims=True)
        expect_close(case, np.load(out / "outputs/image_embeds_normalized.npy"), normalized, 1e-5)


if __name__ == "__main__":
    main()
