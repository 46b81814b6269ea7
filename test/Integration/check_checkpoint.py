#!/usr/bin/env python3
"""Compiles checkpoints of checkpoints/cases.json, runs them on the case's inputs, and compares every output with what the
family's own library computed in double precision.

    check_checkpoint.py WORK_DIRECTORY CASE... [--states] [-- vitc's options...]

CASE is a name or a pattern ("dinov2_*"). Without --outputs among the options the outputs must be exactly those that the
library returns. --states asks for the hidden states and attention maps that the case has goldens of, instead. Each
case's description (--emit=json) must compile to the same bytes. WORK_DIRECTORY is emptied before and removed after
success. One line for each output: its largest difference, relative to its largest value.
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


def output_name(golden):
    """hidden_states.3 is what the output hidden_state_3 is compared with."""
    for ours, theirs in (("hidden_state_", "hidden_states."), ("attention_", "attentions.")):
        if golden.startswith(theirs):
            return ours + golden.removeprefix(theirs)
    return golden


def error_of(actual, expected):
    """The largest difference, relative to the largest expected magnitude; infinite when something is not finite."""
    if actual.shape != expected.shape:
        raise SystemExit(f"shape {actual.shape}, expected {expected.shape}")
    difference = np.abs(actual.astype(np.float64) - expected).max()
    return difference / np.abs(expected).max() if np.isfinite(difference) else np.inf


def check(case, work, states, options):
    directory = CHECKPOINTS / case["name"]
    # Single precision against double: each operation rounds to 6e-8 and a few hundred are in a row. cases.json says
    # where a library itself is less exact.
    tolerance = case["tolerance"]["single"]
    expected = {output_name(name): name for name in (case["states"] if states else case["outputs"])}
    if states:
        options = [*options, "--outputs=" + ",".join(expected)]
    work = fresh(work / case["name"])
    run("vitc", directory, "-o", work / "model.so", *options)
    run("vitc", directory, "--emit=json", "-o", work / "model.json", *options)
    run("vitc", work / "model.json", f"--weights={directory}", "-o", work / "again.so", *options)
    if (work / "model.so").read_bytes() != (work / "again.so").read_bytes():
        raise SystemExit(f"{case['name']}: the description compiles to other bytes than the checkpoint")
    run("vitc-run", work / "model.so", "--input", input_of(directory), "--output-dir", work / "outputs")
    actual = {path.stem for path in (work / "outputs").iterdir()}
    if actual != set(expected) and (states or not any(option.startswith("--outputs") for option in options)):
        raise SystemExit(f"{case['name']}: outputs {sorted(actual)}, expected {sorted(expected)}")
    worst = 0
    for name in sorted(actual):
        error = error_of(np.load(work / "outputs" / f"{name}.npy"), np.load(directory / f"expected/{expected[name]}.npy"))
        print(f"{case['name']} {name}: {error:.2g}", flush=True)
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
    states = "--states" in arguments
    work, *patterns = [argument for argument in arguments if argument != "--states"]
    if not patterns:
        raise SystemExit("no case is named")
    work = fresh(work)
    cases = choose(patterns)
    if states:
        cases = [case for case in cases if "states" in case]
    worst = max(check(case, work, states, options) for case in cases)
    print(f"{len(cases)} cases, largest relative difference {worst:.2g}")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
