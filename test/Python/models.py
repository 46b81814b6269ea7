"""Models that the tests of the Python package share, each compiled once into the directory that the test runs in."""

import json
import os
import pathlib
import subprocess

TESTS = pathlib.Path(__file__).resolve().parents[1]
MODELS = TESTS.parent / "models"
ANSWERS = TESTS / "Integration" / "answers"
PICTURES = TESTS / "Integration" / "pictures"
CAT = str(MODELS / "cifar10-vit" / "cat.png")
CIFAR = str(MODELS / "cifar10-vit")
WIDE = str(PICTURES / "wide.jpg")
TURNED = str(PICTURES / "turned.jpg")
# Of several sizes and kinds: orientation, grey, alpha.
ALL_PICTURES = [str(PICTURES / name) for name in ("wide.jpg", "turned.jpg", "tall.png", "gray.png", "alpha.png")]

# Two inputs, one of which may be left out.
MASKED = {
    "version": 2,
    "name": "masked",
    "inputs": [
        {"name": "x", "shape": [2, 3]},
        {"name": "m", "shape": [2, 3], "dtype": "i64", "default": 1},
    ],
    "nodes": [{"name": "y", "op": "mul", "inputs": ["x", "m"]}],
    "outputs": [{"name": "y"}],
}


def compiled(source, name, *options):
    """The path of a model, compiled by the command line."""
    path = os.path.abspath(name + ".so")
    if not os.path.exists(path):
        subprocess.run(["vitc", str(source), "-o", path, *options], check=True)
    return path


def masked():
    pathlib.Path("masked.json").write_text(json.dumps(MASKED))
    return compiled("masked.json", "masked", "--random-weights")


def vitc_run(*arguments):
    """Lines of JSON that vitc-run prints."""
    ran = subprocess.run(["vitc-run", *arguments, "--json"], check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in ran.stdout.splitlines()]
