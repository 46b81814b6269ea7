#!/usr/bin/env python3
"""Runs a compiled model on a test set with known results.

    check_accuracy.py mnist DATA_DIRECTORY MODEL.so WORK_DIRECTORY
    check_accuracy.py cifar10 DATA_DIRECTORY MODEL.so WORK_DIRECTORY
    check_accuracy.py cifar10-bf16|cifar10-int8 DATA_DIRECTORY MODEL.so WORK_DIRECTORY
    check_accuracy.py cifar10-pictures DATA_DIRECTORY MODEL.so WORK_DIRECTORY LOGITS.npz RIGHT
"""

import gzip
import pathlib
import sys

import numpy as np

from steps import expect_close, forward, fresh, run


def expect_accuracy(predictions, labels, right):
    count = int((predictions == labels).sum())
    print(f"{count} of {len(labels)} right")
    if count != right:
        raise SystemExit(f"{count} of {len(labels)} pictures are classified right, expected {right}")


def check_mnist(data, model, work):
    """All 10,000 test pictures: the published weights get 9,721 right in numpy's float32."""
    with gzip.open(data / "t10k-images-idx3-ubyte.gz") as file:
        pictures = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    with gzip.open(data / "t10k-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    inputs = ((pictures / 255 - 0.1307) / 0.3081).astype(np.float32)
    expect_accuracy(forward(model, inputs, work).argmax(1), labels, 9721)


def check_cifar10(data, model, work):
    """2,000 test pictures with their logits in double precision: every prediction must be the same."""
    with np.load(data / "cifar10-test.npz") as file:
        pictures, labels, expected = file["images"], file["labels"], file["logits"]
    inputs = ((pictures.transpose(0, 3, 1, 2) / 255 - 0.5) / 0.5).astype(np.float32)
    logits = forward(model, np.ascontiguousarray(inputs), work)
    expect_close("logits", logits, expected, 1e-5)
    wrong = np.flatnonzero(logits.argmax(1) != expected.argmax(1))
    if wrong.size:
        raise SystemExit(f"{wrong.size} predictions differ from the reference, picture {wrong[0]} first")
    expect_accuracy(logits.argmax(1), labels, 1571)


def check_cifar10_rounded(data, model, work, most, least):
    """The same of a model that computes with fewer bits: the root mean square error is at most a share `most` of the
    largest logit, and at least a share `least` of the predictions are the same."""
    with np.load(data / "cifar10-test.npz") as file:
        pictures, expected = file["images"], file["logits"]
    inputs = ((pictures.transpose(0, 3, 1, 2) / 255 - 0.5) / 0.5).astype(np.float32)
    logits = forward(model, np.ascontiguousarray(inputs), work)
    error = np.sqrt(((logits - expected) ** 2).mean()) / np.abs(expected).max()
    same = (logits.argmax(1) == expected.argmax(1)).mean()
    print(f"root mean square error {error:.2%} of the largest logit, {same:.2%} of the predictions are the same")
    if error > most or same < least:
        raise SystemExit(f"expected at most {most:.2%} and at least {least:.2%}")


def check_cifar10_int8(data, model, work):
    """PyTorch's f32 with weights and activations so rounded has an error of 0.49 % too. So near each other are the two
    best classes of one picture in a hundred."""
    check_cifar10_rounded(data, model, work, 0.005, 0.99)


def check_cifar10_bf16(data, model, work):
    """Numbers of 8 digits are off by up to 2^-9: by 0.10 %, root mean square (vitc, Zen 5)."""
    check_cifar10_rounded(data, model, work, 0.0015, 0.995)


def check_cifar10_pictures(data, model, work, logits, right):
    """The same pictures as files, which the model's preprocessing resizes. LOGITS.npz are the library's in double
    precision: every prediction must be the same, and RIGHT of them be right."""
    with np.load(data / "cifar10-test.npz") as file:
        pictures, labels = file["images"], file["labels"]
    with np.load(logits) as file:
        expected = file["logits"]
    for index, picture in enumerate(pictures):
        (work / f"{index:04}.ppm").write_bytes(b"P6 32 32 255\n" + picture.tobytes())
    output = work / "logits.npy"
    run("vitc-run", model, work, "--output", output)
    actual = np.load(output)
    expect_close("logits", actual, expected, 1e-5)
    wrong = np.flatnonzero(actual.argmax(1) != expected.argmax(1))
    if wrong.size:
        raise SystemExit(f"{wrong.size} predictions differ from the reference, picture {wrong[0]} first")
    expect_accuracy(actual.argmax(1), labels, int(right))


def main():
    kind, data, model, work, *more = sys.argv[1:]
    kinds = {"mnist": check_mnist, "cifar10": check_cifar10, "cifar10-int8": check_cifar10_int8, "cifar10-bf16": check_cifar10_bf16, "cifar10-pictures": check_cifar10_pictures}
    kinds[kind](pathlib.Path(data), model, fresh(work), *more)


if __name__ == "__main__":
    main()
