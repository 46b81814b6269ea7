#!/usr/bin/env python3
"""Checks that every key of a configuration that matters is read, and has the default of the family's library.

    check_config_keys.py WORK_DIRECTORY CASE...

For each case of checkpoints/cases.json that a name or pattern matches: cases.json says what happens to the library's
outputs when a key is taken out of config.json, or when it has another value. The reference (vitc-evaluate) must do the
same: fail where the library does, have outputs that differ from the goldens by as much, or the same description.
WORK_DIRECTORY is emptied before and removed after success.
"""

import copy
import json
import shutil
import subprocess
import sys

import numpy as np

from check_checkpoint import CHECKPOINTS, choose, input_of, output_name, resize_option
from steps import fresh

# MAE: all patches are always seen. A mask token may be missing: no output needs it.
NOT_READ = {"mask_ratio", "use_mask_token"}
# cases.json gives two digits of the library's change.
DIGITS = 0.06
# A change that is too small to be told from rounding.
SMALL = 1e-6


def section_of(config):
    return config.get("vision_config", config)


def describe(work, options):
    """What a checkpoint is understood as, or nothing; and the error, if it is one (one line, status 1)."""
    command = ["vitc", str(work), "--emit=json", "-o", "-", *options]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == 0:
        return done.stdout, ""
    if done.returncode != 1 or not done.stderr.startswith("error: ") or done.stderr.count("\n") != 1:
        raise SystemExit(f"{' '.join(command)}: status {done.returncode}: {done.stderr}")
    return None, done.stderr


def without_native_size(description):
    """Without what it says about the size that the configuration gives, whatever the actual one is."""
    description = {key: value for key, value in json.loads(description).items() if key != "name"}
    for node in description["nodes"]:
        node.pop("crop", None)
    return description


def change_of(case, work, options):
    """The largest change of an output, relative to its largest value, in double precision."""
    directory = CHECKPOINTS / case["name"]
    names = [output["name"] for output in json.loads(describe(work, options)[0])["outputs"]]
    files = [work / f"{name}.npy" for name in names]
    command = ["vitc-evaluate", work, *options, "--input", input_of(directory), *(f"--output={file}" for file in files)]
    subprocess.run([str(word) for word in command], check=True)
    worst = 0
    for name, file in zip(names, files):
        golden = next(golden for golden in case["outputs"] if output_name(golden) == name)
        expected, actual = np.load(directory / "expected" / f"{golden}.npy"), np.load(file)
        if actual.shape != expected.shape:
            return np.inf
        worst = max(worst, np.abs(actual - expected).max() / np.abs(expected).max())
    return worst


def check(case, work, original, config, what, change):
    """`change`: what becomes of the library's outputs; `original`: the description without any change."""
    (work / "config.json").write_text(json.dumps(config))
    options = resize_option(work, input_of(CHECKPOINTS / case["name"]))
    description, error = describe(work, options)
    if isinstance(change, str):
        # Where the library would find the wrong shapes later, ours may.
        right = description is None
    elif change == 0:
        right = description is not None and without_native_size(description) == without_native_size(original)
    elif description is None:
        # Tensors that are left over are not ignored here.
        right = change == np.inf or "is not used by the model" in error
    else:
        actual = change_of(case, work, options)
        right = actual == change or abs(actual - change) <= DIGITS * change + SMALL
        what += f" (changes by {actual:.2g})"
    print(f"{case['name']} {what}: {change}", flush=True)
    if not right:
        raise SystemExit(f"{case['name']} {what}: the library's outputs change by: {change}")


def check_case(case, work):
    directory = CHECKPOINTS / case["name"]
    work = fresh(work / case["name"])
    for file in directory.glob("*.safetensors*"):
        shutil.copy(file, work)
    config = json.loads((directory / "config.json").read_text())
    (work / "config.json").write_text(json.dumps(config))
    original, _ = describe(work, resize_option(work, input_of(directory)))
    count = 0
    for key, change in case["without_key"].items():
        if key in NOT_READ or key not in section_of(config):
            continue
        changed = copy.deepcopy(config)
        del section_of(changed)[key]
        check(case, work, original, changed, f"without {key}", change)
        count += 1
    for mistake, change in case["with_mistake"].items():
        key, value = mistake.split("=")
        changed = copy.deepcopy(config)
        section_of(changed)[key] = float(value) if value[0].isdigit() else value
        check(case, work, original, changed, f"with {mistake}", change)
        count += 1
    return count


def main():
    work = fresh(sys.argv[1])
    cases = choose(sys.argv[2:])
    # Where two sections contradict each other, the library's classes do too; CLIPModel's is followed here.
    cases = [case for case in cases if case["name"] != "clip_whole_old_config"]
    count = sum(check_case(case, work) for case in cases)
    print(f"{len(cases)} cases, {count} changed configurations")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
