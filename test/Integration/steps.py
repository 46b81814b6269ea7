"""What the scripts of this directory share: running the tools and comparing arrays. Needs numpy only."""

import pathlib
import shlex
import shutil
import subprocess
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"
sys.path.insert(0, str(ROOT / "tools/dev"))


def run(*command):
    """Runs a command and prints it first, so that it can be repeated by hand. Its failure is the test's."""
    command = [str(word) for word in command]
    print("$", shlex.join(command), flush=True)
    status = subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    if status:
        raise SystemExit(f"{command[0]} ended with status {status}")


def fresh(directory):
    """An empty directory of that name."""
    directory = pathlib.Path(directory)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


def forward(model, inputs, work, *options):
    """The first output of a compiled model for an array of inputs."""
    np.save(work / "input.npy", inputs)
    run("vitc-run", model, "--input", work / "input.npy", "--output", work / "output.npy", *options)
    return np.load(work / "output.npy")


def expect_close(name, actual, expected, tolerance):
    """Fails when any element differs by more than `tolerance` times the largest expected magnitude."""
    if actual.shape != expected.shape:
        raise SystemExit(f"{name}: shape {actual.shape}, expected {expected.shape}")
    largest = np.abs(expected).max()
    # NaN differs from everything: the comparison is written so that it fails.
    difference = np.abs(actual.astype(np.float64) - expected).max()
    print(f"{name}: largest difference {difference:.3g}, {difference / largest:.3g} of the largest value {largest:.4g}")
    if not difference <= tolerance * largest:
        raise SystemExit(f"{name}: the results differ by more than {tolerance:g} of the largest value")


def expect_identical(what, actual, expected):
    """Fails unless all bits are the same."""
    if actual.shape != expected.shape or actual.tobytes() != expected.tobytes():
        raise SystemExit(f"{what}: the bits differ")
    print(f"{what}: identical bits")
