#!/usr/bin/env python3
"""Compiles checkpoints of pictures/cases.json and compares what vitc-run makes of pictures with what the libraries' own
preprocessing made of them.

    check_pictures.py WORK_DIRECTORY CASE...

CASE is a name or a pattern ("timm_*"). WORK_DIRECTORY is emptied before and removed after success. One line for each
case: its largest difference from the library's pixel values.
"""

import fnmatch
import json
import pathlib
import shutil
import subprocess
import sys

import numpy as np

from steps import fresh

PICTURES = pathlib.Path(__file__).parent / "pictures"
ALL = ["wide.jpg", "tall.png", "tiny.png", "gray.png", "alpha.png", "turned.jpg", "one.png"]


def run(*command):
    """Silent unless it fails: there are two commands for each case."""
    command = [str(word) for word in command]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise SystemExit(f"{done.stdout}{' '.join(command)}: status {done.returncode}")


def pixels_of(case, work):
    """What the compiled model sees of the case's pictures."""
    (work / "config.json").write_text(json.dumps(case["config"]))
    if "processor" in case:
        (work / case["file"]).write_text(json.dumps(case["processor"]))
    run("vitc", work, "--random-weights", "-o", work / "model.so", *case.get("options", []))
    pictures = [PICTURES / name for name in case.get("pictures", ALL)]
    run("vitc-run", work / "model.so", *pictures, "--save-inputs", "--output-dir", work / "out")
    (values,) = [np.load(path) for path in (work / "out").glob("*.npy") if path.stem in ("pixel_values", "x")]
    stride = case.get("stride", 1)
    return values[:, :, ::stride, ::stride]


def main():
    work, *patterns = sys.argv[1:]
    cases = json.loads((PICTURES / "cases.json").read_text())
    chosen = [case for case in cases if any(fnmatch.fnmatch(case["name"], pattern) for pattern in patterns)]
    if not chosen:
        raise SystemExit(f"no case is called {patterns}")
    goldens = {library: np.load(PICTURES / f"{library}.npz") for library in ("transformers", "timm")}
    failed = []
    for case in chosen:
        expected, actual = goldens[case["library"]][case["name"]], pixels_of(case, fresh(work))
        if actual.shape != expected.shape:
            raise SystemExit(f"{case['name']}: shape {actual.shape}, expected {expected.shape}")
        difference = np.abs(actual - expected).max()
        print(f"{case['name']}: {len(actual)} pictures, largest difference {difference:.3g}", flush=True)
        # NaN differs from everything: the comparison is written so that it fails.
        if not difference <= case.get("tolerance", 0):
            failed.append(case["name"])
    if failed:
        raise SystemExit(f"not the library's pixel values: {', '.join(failed)}")
    print(f"{len(chosen)} cases")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
