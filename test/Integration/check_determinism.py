#!/usr/bin/env python3
"""The result for a picture has the same bits for any number of threads and at any place of any batch.

    check_determinism.py MODEL.so CHANNELS SIDE WORK_DIRECTORY
"""

import sys

import numpy as np

from steps import expect_identical, forward, fresh
from random_weights import random_input

PICTURES = 7


def main():
    model, channels, side, work = sys.argv[1:]
    work = fresh(work)
    pictures = random_input((PICTURES, int(channels), int(side), int(side)), seed=2)
    expected = forward(model, pictures, work, "--threads", 1)
    if np.unique(expected, axis=0).shape[0] != PICTURES:
        raise SystemExit("different pictures have equal results: the comparison would show nothing")
    for threads in (2, 3, 4):
        expect_identical(f"{threads} threads", forward(model, pictures, work, "--threads", threads), expected)
    expect_identical("reversed batch", forward(model, pictures[::-1].copy(), work), expected[::-1])
    for index in (0, PICTURES - 1):
        alone = forward(model, pictures[index : index + 1], work)
        expect_identical(f"picture {index} alone", alone, expected[index : index + 1])
    expect_identical("a batch of 3", forward(model, pictures[2:5], work), expected[2:5])


if __name__ == "__main__":
    main()
