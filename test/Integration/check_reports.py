#!/usr/bin/env python3
"""Compiles the small checkpoints of reports/ and compares their outputs with what the libraries computed in double precision.

    check_reports.py WORK_DIRECTORY

Each directory has `checkpoint/`, `x.npy`, `expect/OUTPUT.npy` and `case.json`, as README.md there says. The outputs must
be exactly those that are expected, and the description (--emit=json) must compile to the same bytes.
"""

import json
import pathlib
import subprocess
import sys

import numpy as np

from steps import fresh

REPORTS = pathlib.Path(__file__).parent / "reports"


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: {done.stderr}")
    return done.stderr


def main():
    work = fresh(pathlib.Path(sys.argv[1]))
    cases = sorted(path.parent for path in REPORTS.glob("*/case.json"))
    if not cases:
        raise SystemExit("nothing to check")
    for directory in cases:
        case = json.loads((directory / "case.json").read_text())
        place = fresh(work / directory.name)
        said = run("vitc", directory / "checkpoint", *case["args"], "-o", place / "model.so")
        if ("warning: " in said) != case.get("warns", False):
            raise SystemExit(f"{directory.name}: {said}")
        run("vitc", directory / "checkpoint", *case["args"], "--emit=json", "-o", place / "model.json")
        run("vitc", place / "model.json", f"--weights={directory / 'checkpoint'}", "-o", place / "again.so")
        if (place / "model.so").read_bytes() != (place / "again.so").read_bytes():
            raise SystemExit(f"{directory.name}: the description compiles to other bytes than the checkpoint")
        labels = json.loads((place / "model.json").read_text()).get("labels", [])
        for index, label in case.get("labels", {}).items():
            if labels[int(index)] != label:
                raise SystemExit(f"{directory.name}: class {index} is called {labels[int(index)]}, expected {label}")
        run("vitc-run", place / "model.so", "--info")
        run("vitc-run", place / "model.so", "--input", directory / "x.npy", "--output-dir", place / "outputs")
        names = {path.stem for path in (directory / "expect").iterdir()}
        if {path.stem for path in (place / "outputs").iterdir()} != names:
            raise SystemExit(f"{directory.name}: outputs are not {sorted(names)}")
        for name in sorted(names):
            expected = np.load(directory / "expect" / f"{name}.npy").astype(np.float64)
            error = np.abs(np.load(place / "outputs" / f"{name}.npy") - expected).max() / np.abs(expected).max()
            print(f"{directory.name} {name}: {error:.2g}", flush=True)
            if not error <= case["tolerance"][name]:
                raise SystemExit(f"{directory.name} {name}: differs by {error:g}")


if __name__ == "__main__":
    main()
