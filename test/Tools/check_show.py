#!/usr/bin/env python3
"""The PNG files of tools/show: the picture as the model saw it on the left, the drawing on the right.

    check_show.py FILE.png OUTPUTS PATCH

OUTPUTS is what vitc-run --output-dir wrote for the same picture. PATCH is the edge of the squares of one colour on the
right; 0: there are none.
"""

import pathlib
import struct
import sys
import zlib

import numpy as np


def read_png(path):
    data = pathlib.Path(path).read_bytes()
    width, height = struct.unpack(">II", data[16:24])
    start = data.index(b"IDAT")
    length = struct.unpack(">I", data[start - 4 : start])[0]
    rows = np.frombuffer(zlib.decompress(data[start + 4 : start + 4 + length]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any(), "rows are not filtered"
    return rows[:, 1:].reshape(height, width, 3)


def main():
    path, outputs, patch = sys.argv[1:]
    image, patch = read_png(path), int(patch)
    pixels = np.load(pathlib.Path(outputs) / "pixel_values.npy")[0]
    pixels = (pixels * np.reshape([0.2, 0.3, 0.4], (3, 1, 1)) + np.reshape([0.5, 0.4, 0.3], (3, 1, 1))) * 255
    height, width = pixels.shape[1:]
    assert image.shape == (height, 2 * width, 3), image.shape
    assert np.abs(image[:, :width] - pixels.transpose(1, 2, 0)).max() < 0.51, "the left half is the picture"
    drawing = image[:, width:].astype(int)
    assert len(np.unique(drawing.reshape(-1, 3), axis=0)) > 4, "the right half shows something"
    if patch:
        squares = drawing.reshape(height // patch, patch, width // patch, patch, 3)
        assert (squares == squares[:, :1, :, :1]).all(), "a patch has one colour"


if __name__ == "__main__":
    main()
