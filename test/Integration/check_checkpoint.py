#!/usr/bin/env python3
"""Compiles checkpoints of checkpoints/cases.json, runs them on the case's inputs, and compares every output with what the
family's own library computed in double precision.

    check_checkpoint.py WORK_DIRECTORY CASE... [--states] [--resized] [-- vitc's options...]

CASE is a name or a pattern ("dinov2_*"). Without --outputs among the options the outputs must be exactly those that the
library returns. --states compiles for the hidden states and attention maps, --resized for a picture of another size
too, where a case has goldens of them. Each description (--emit=json) must compile to the same bytes. WORK_DIRECTORY is
emptied before and removed after success. One line for each output: its largest difference, relative to its largest
value.
"""

import fnmatch
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np

from steps import fresh

CHECKPOINTS = pathlib.Path(__file__).parent / "checkpoints"


def run(*command):
    """As steps.run, but silent unless it fails: there are four commands for each case."""
    command = [str(word) for word in command]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stderr}{' '.join(command)}: status {done.returncode}")


def read_cases():
    return {case["name"]: case for case in json.loads((CHECKPOINTS / "cases.json").read_text())}


def choose(patterns):
    """The cases that any pattern matches, in their order; a pattern that matches none is a mistake."""
    cases = read_cases()
    for pattern in patterns:
        if not fnmatch.filter(cases, pattern):
            raise SystemExit(f"no case is called {pattern}")
    return [case for name, case in cases.items() if any(fnmatch.fnmatch(name, pattern) for pattern in patterns)]


def input_of(directory):
    # SigLIP 2's own input is patches; models take the picture that they were cut from.
    picture = directory / "picture.npy"
    return picture if picture.exists() else directory / "pixel_values.npy"


def inputs_of(directory):
    """Files of all inputs, the first one's first; others may be left out."""
    mask = directory / "pixel_mask.npy"
    return [input_of(directory), *([mask] if mask.exists() else [])]


def parameters_of(directory):
    """JAX's parameters in one file, or nothing: other checkpoints are directories."""
    file = directory / "params.npz"
    return file if file.exists() else None


def has_weights(directory):
    return any(directory.glob("*.safetensors")) or parameters_of(directory) is not None


def weights_option(directory):
    """The weights of a checkpoint for its description; without a file they are made up."""
    return f"--weights={parameters_of(directory) or directory}" if has_weights(directory) else "--random-weights=1"


def model_of(directory):
    """How a command names a checkpoint."""
    parameters = parameters_of(directory)
    if not has_weights(directory):
        return [directory, weights_option(directory)]
    return [parameters, f"--config={directory / 'config.json'}"] if parameters else [directory]


def resize_option(directory, pixels):
    """--image-size, if the picture has not the size that the checkpoint says it is for, or another is recommended."""
    config = json.loads((directory / "config.json").read_text())
    actual = list(np.load(pixels).shape[-2:])
    if parameters_of(directory) and "image_size" not in config:
        # The size follows from the parameters, and is the input's.
        native = input_of(directory)
        size = list(np.load(native).shape[-2:]) if native.exists() else actual
    elif "architecture" in config:
        pretrained = config.get("pretrained_cfg", config)
        fixed = pretrained.get("input_size", [3, 224, 224])[-2:]
        # Of convolutional models, which take any size, it says how large the last map is.
        has_size = pretrained.get("fixed_input_size") or pretrained.get("pool_size")
        size = config.get("model_args", {}).get("img_size", fixed) if has_size else None
    else:
        size = config.get("vision_config", config).get("image_size")
    size = size if isinstance(size, list) else [size, size]
    return [f"--image-size={actual[0]}x{actual[1]}"] if actual != size else []


def output_name(golden):
    """hidden_states.3 is what the output hidden_state_3 is compared with."""
    kind, dot, index = golden.partition(".")
    return f"{kind.removesuffix('s')}_{index}" if dot else golden


def error_of(actual, expected):
    """The largest difference, relative to the largest expected magnitude; infinite when something is not finite."""
    if actual.shape != expected.shape:
        raise SystemExit(f"shape {actual.shape}, expected {expected.shape}")
    difference = np.abs(actual.astype(np.float64) - expected).max()
    return difference / np.abs(expected).max() if np.isfinite(difference) else np.inf


def check(case, work, what, options):
    """Compares all outputs of a kind; returns the largest error."""
    directory = CHECKPOINTS / case["name"]
    # Single precision against double: each operation rounds to 6e-8 and a few hundred are in a row. cases.json says
    # where a library itself is less exact.
    tolerance = case["tolerance"]["single"]
    goldens, pixels, names = directory / "expected", input_of(directory), case["outputs"]
    if what == "states":
        names = case["states"]
    elif what == "resized":
        height, width = case["resized"][0]["size"]
        goldens = directory / f"expected_{height}x{width}"
        pixels, names = input_of(goldens), case["resized"][0]["outputs"]
    expected = {output_name(name): name for name in names}
    options = [*resize_option(directory, pixels), *options]
    if what == "states":
        options.append("--outputs=" + ",".join(expected))
    work = fresh(work / case["name"])
    run("vitc", *model_of(directory), "-o", work / "model.so", *options)
    run("vitc", *model_of(directory), "--emit=json", "-o", work / "model.json", *options)
    run("vitc", work / "model.json", weights_option(directory), "-o", work / "again.so", *options)
    if (work / "model.so").read_bytes() != (work / "again.so").read_bytes():
        raise SystemExit(f"{case['name']}: the description compiles to other bytes than the checkpoint")
    inputs = ["--input", pixels]
    if what != "resized" and len(inputs_of(directory)) > 1:
        inputs = [word for file in inputs_of(directory) for word in ("--input", f"{file.stem}={file}")]
    run("vitc-run", work / "model.so", *inputs, "--output-dir", work / "outputs")
    actual = {path.stem for path in (work / "outputs").iterdir()}
    if actual != set(expected) and (what == "states" or not any(option.startswith("--outputs") for option in options)):
        raise SystemExit(f"{case['name']}: outputs {sorted(actual)}, expected {sorted(expected)}")
    worst = 0
    for name in sorted(actual):
        error = error_of(np.load(work / "outputs" / f"{name}.npy"), np.load(goldens / f"{expected[name]}.npy"))
        print(f"{case['name']} {what} {name}: {error:.2g}", flush=True)
        if not error <= tolerance:
            raise SystemExit(f"{case['name']} {name}: differs by more than {tolerance:g} of the largest value")
        worst = max(worst, error)
    return worst


def main():
    arguments = sys.argv[1:]
    options = []
    if "--" in arguments:
        options = arguments[arguments.index("--") + 1 :]
        arguments = arguments[: arguments.index("--")]
    more = [kind for kind in ("states", "resized") if f"--{kind}" in arguments]
    work, *patterns = [argument for argument in arguments if argument.removeprefix("--") not in more]
    if not patterns:
        raise SystemExit("no case is named")
    work = fresh(work)
    cases = choose(patterns)
    worst = count = 0
    for case in cases:
        for kind in ["outputs", *(kind for kind in more if kind in case)]:
            worst = max(worst, check(case, work, kind, options))
            count += 1
    print(f"{len(cases)} cases, {count} models, largest relative difference {worst:.2g}")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
