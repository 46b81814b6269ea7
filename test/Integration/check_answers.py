#!/usr/bin/env python3
"""Masks, boxes and depths of pictures, against those of the library's processors (answers/, by make_answers.py).

    check_answers.py WORK_DIRECTORY
"""

import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np

from steps import expect_close, fresh, run

HERE = pathlib.Path(__file__).parent
THRESHOLD = 0.3
# Of the pixels: where two classes are as likely as f32 can tell.
TIES = 2e-3


def printed(*command):
    return json.loads(subprocess.run([str(word) for word in command], check=True, stdout=subprocess.PIPE).stdout)


def check_segments(name, model, picture, expected, work):
    run("vitc-run", model, picture, "--save", work / "mask.npy")
    classes = np.load(work / "mask.npy")
    differing = (classes != expected).mean() if classes.shape == expected.shape else 1
    print(f"{name}: {differing:.3%} of the pixels differ")
    if differing > TIES:
        raise SystemExit(f"{name}: other classes than the library's")
    segments = printed("vitc-run", model, picture, "--json")["segments"]
    pixels = {segment["index"]: segment["pixels"] for segment in segments}
    if pixels != {int(index): int(count) for index, count in zip(*np.unique(classes, return_counts=True))}:
        raise SystemExit(f"{name}: the areas printed are not those of the mask")
    if any(segment["label"] != f"thing {segment['index']}" for segment in segments):
        raise SystemExit(f"{name}: other labels")


def check_boxes(name, model, picture, expected, work):
    del work
    boxes = printed("vitc-run", model, picture, "--json", "--threshold", THRESHOLD)["boxes"]
    actual = np.array([[box["index"], box["score"], *box["box"]] for box in boxes])
    expect_close(name, actual, expected, 1e-5)
    expect_close(f"{name}, scores", actual[:, 1], expected[:, 1], 1e-5)
    default = printed("vitc-run", model, picture, "--json")["boxes"]
    if len(default) != (expected[:, 1] > 0.5).sum():
        raise SystemExit(f"{name}: the default threshold is not 0.5")


def check_depth(name, model, picture, expected, work):
    run("vitc-run", model, picture, "--save", work / "depth.npy")
    # Of a whole model, or of one convolution.
    expect_close(name, np.load(work / "depth.npy"), expected, 1e-5 if name.startswith("depth_anything/") else 2e-6)


def main():
    work = fresh(sys.argv[1])
    goldens = np.load(HERE / "answers/goldens.npz")
    checks = dict.fromkeys(("mobilevit", "upernet", "beit"), check_segments)
    checks |= {name: check_boxes for name in ("yolos", "detr", "conditional_detr")}
    checks |= {name: check_depth for name in ("depth_bicubic", "depth_bilinear", "depth_anything")}
    for model, check in checks.items():
        source = HERE / "answers" / model
        run("vitc", source if source.is_dir() else f"{source}.json", "-o", work / "model.so")
        for key in [key for key in goldens if key.startswith(f"{model}/")]:
            check(key, work / "model.so", HERE / "pictures" / key.split("/")[1], goldens[key], work)
    shutil.rmtree(work)


main()
