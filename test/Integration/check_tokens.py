#!/usr/bin/env python3
"""Checks that the kinds of tokens that a model offers are, one after another, the last hidden state.

    check_tokens.py WORK_DIRECTORY

For every case of checkpoints/cases.json with a golden of last_hidden_state, in double precision (vitc-evaluate).
"""

import subprocess
import sys

import numpy as np

from check_checkpoint import CHECKPOINTS, input_of, model_of, parameters_of, read_cases, resize_option
from steps import fresh

# In the order in which they stand.
KINDS = ["class_token", "distillation_token", "register_tokens", "patch_tokens", "detection_tokens"]


def tokens_of(directory, work, kind, options):
    """The tokens of a kind (batch, tokens, features), or nothing if the model has none."""
    model, file = work / "model.json", work / f"{kind}.npy"
    command = ["vitc", *model_of(directory), f"--outputs={kind}", *options, "--emit=json", "-o", model]
    done = subprocess.run([str(word) for word in command], stderr=subprocess.PIPE, text=True)
    if f"has no output '{kind}'" in done.stderr:
        return []
    weights = parameters_of(directory) or directory
    command = ["vitc-evaluate", model, "--weights", weights, "--input", input_of(directory), "--output", file]
    subprocess.run([str(word) for word in command], check=True)
    tokens = np.load(file)
    return [tokens if tokens.ndim == 3 else tokens[:, None]]


def main():
    work = fresh(sys.argv[1])
    count = 0
    for name, case in read_cases().items():
        if "last_hidden_state" not in case["outputs"] and "last_hidden_state" not in case.get("states", {}):
            continue
        directory = CHECKPOINTS / name
        expected = np.load(directory / "expected/last_hidden_state.npy")
        if expected.ndim == 4:  # a map
            continue
        options = resize_option(directory, input_of(directory))
        parts = [(kind, tokens_of(directory, work, kind, options)) for kind in KINDS]
        if not any(some for _, some in parts):  # a decoder's queries
            continue
        found = np.concatenate([tokens for _, some in parts for tokens in some], axis=1)
        if found.shape != expected.shape:
            raise SystemExit(f"{name}: shape {found.shape}, expected {expected.shape}")
        error = np.abs(found - expected).max() / np.abs(expected).max()
        print(f"{name} {' '.join(kind for kind, some in parts if some)}: {error:.2g}", flush=True)
        if not error <= case["tolerance"]["double"]:
            raise SystemExit(f"{name}: the tokens are not the last hidden state")
        count += 1
    print(f"{count} cases")


if __name__ == "__main__":
    main()
