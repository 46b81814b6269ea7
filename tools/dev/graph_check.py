"""One description, compiled with made-up weights for several targets, against the double-precision evaluator.

How exact f32 can be is measured, not guessed: the evaluator is run again with every value that it computes, and the
factors of what it sums, moved by up to half a unit in the last place of f32 (vitc-evaluate --noise). A result may differ from the reference by BOUND of the
largest value, as whole models may, or by NOISE_FACTOR times what the noise does, if that is more: a dot product of N
terms errs by up to sqrt(N) units, and sums here have up to a few hundred terms. An output that noise moves by more than
ILL_CONDITIONED of the largest value says nothing about the compiler: it is counted and left out.

With bf16 or 8 bits the reference is the evaluator's of that precision. In the middle between two numbers f32 takes the other
one at times, and where a CPU has no products of bf16 activations are not rounded at all: results may differ by COARSE_BOUND
of the largest value, or by what noise of f32 does, as many times larger as the numbers are coarser.
"""

import dataclasses
import json
import math
import os
import pathlib
import re
import shutil
import subprocess

import numpy as np

from random_weights import uniform

ROOT = pathlib.Path(__file__).resolve().parents[2]
if not shutil.which("vitc"):
    os.environ["PATH"] = f"{ROOT / 'build/bin'}{os.pathsep}{os.environ['PATH']}"

BOUND = 1e-5
NOISE_FACTOR = 30
NOISE_SEEDS = (1, 2)
ILL_CONDITIONED = 1e-3
COARSE_BOUND = 2**-6
COARSE_ILL_CONDITIONED = 0.25
# Units in the last place of f32 in one of the precision; of 8 bits for numbers of a whole row.
COARSENESS = {"bf16": 2**16, "int8": 2**18}
# Seconds that one tool may take.
TIME_LIMIT = 120

# Levels, and the first CPU with products of bf16 and of bytes.
FLAGS_OF_TARGET = {
    "x86-64-v2": {"sse4_2", "popcnt"},
    "x86-64-v3": {"avx2", "fma", "bmi2", "f16c"},
    "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "znver4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl", "avx512_bf16", "avx512_vnni"},
}


def supported_targets(precision="f32"):
    """The levels of x86-64 that this machine runs, and what has more instructions for a precision."""
    with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:
        flags = next(set(line.split(":", 1)[1].split()) for line in cpuinfo if line.startswith("flags"))
    return [target for target, wanted in FLAGS_OF_TARGET.items() if wanted <= flags and (precision != "f32" or target != "znver4")]


class Failure(Exception):
    """What is wrong, in one line."""


@dataclasses.dataclass
class Setting:
    """How a description is compiled and run."""

    weights_seed: int = 1
    images: int = 2
    batch: int = 1
    threads: int = 1
    # Instead of the description's own.
    outputs: tuple = ()
    precision: str = "f32"


def run(*command):
    command = [str(word) for word in command]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, check=False)
    except subprocess.TimeoutExpired:
        raise Failure(f"{command[0]} takes more than {TIME_LIMIT} s") from None
    if done.returncode:
        words = done.stderr.strip().splitlines() or ["no message"]
        raise Failure(f"{command[0]} ended with status {done.returncode}: {words[-1]}")


def shape_of(described_input):
    if "shape" in described_input:
        return described_input["shape"]
    size = described_input["size"]
    return [described_input.get("channels", 3), *(size if isinstance(size, list) else [size, size])]


# The numbers of other inputs than f32, from numbers in [-1, 1).
INTEGERS = {"i32": lambda unit: (1000 * unit).astype(np.int32), "i64": lambda unit: (1000 * unit).astype(np.int64),
            "u8": lambda unit: (128 + 128 * unit).astype(np.uint8), "bool": lambda unit: unit < 0.3}


def write_inputs(description, images, work):
    """Made-up arrays for all inputs, as arguments NAME=FILE."""
    given = []
    for described_input in description["inputs"]:
        shape = [images, *shape_of(described_input)]
        file = work / f"{described_input['name']}.npy"
        numbers = uniform(described_input["name"], math.prod(shape), 0, 0, 1).reshape(shape)
        np.save(file, INTEGERS.get(described_input.get("dtype"), lambda unit: unit)(numbers))
        given.append(f"{described_input['name']}={file}")
    return given


def evaluate(file, names, setting, given, work, *options):
    """The outputs in double precision, by name."""
    files = {name: work / f"{number}.f64.npy" for number, name in enumerate(names)}
    run("vitc-evaluate", file, f"--random-weights={setting.weights_seed}", *outputs_option(setting), *options,
        *(f"--input={argument.split('=', 1)[1]}" for argument in given),
        *(f"--output={path}" for path in files.values()))
    return {name: np.load(path) for name, path in files.items()}


def outputs_option(setting):
    return [f"--outputs={','.join(setting.outputs)}"] if setting.outputs else []


def difference(actual, expected):
    """The largest difference, and the largest expected magnitude; equal infinities and NaNs do not differ."""
    with np.errstate(invalid="ignore"):
        distance = np.where(actual == expected, 0, np.abs(actual.astype(np.float64) - expected))
    distance[np.isnan(actual) & np.isnan(expected)] = 0
    # What is left of NaN, and an infinity in the place of a number, is as wrong as can be.
    distance[np.isnan(distance)] = np.inf
    finite = np.abs(expected[np.isfinite(expected)])
    return distance.max(initial=0), finite.max(initial=0)


def bounds(expected, noisy):
    """By output: how far a result may be from the reference, or None where f32 says nothing."""
    result = {}
    for name, reference in expected.items():
        noise = max(difference(other[name], reference)[0] for other in noisy)
        largest = difference(reference, reference)[1]
        if noise > ILL_CONDITIONED * largest:
            result[name] = None
        else:
            # The smallest normal number: below it f32 has no relative precision.
            result[name] = max(BOUND * largest, NOISE_FACTOR * noise, 1.2e-38)
    return result


def coarse_bounds(expected, exact, noisy, coarseness, whole):
    """The same where numbers of fewer bits are multiplied; `noisy` are results beside `exact`. Of whole numbers nothing is
    said: what is cut off is a step."""
    result = {}
    for name, reference in expected.items():
        noise = max(difference(other[name], exact[name])[0] for other in noisy)
        largest = difference(reference, reference)[1]
        allowed = max(COARSE_BOUND * largest, 4 * noise * coarseness, 1.2e-38)
        result[name] = allowed if allowed <= COARSE_ILL_CONDITIONED * largest and name not in whole else None
    return result


def check(file, work, targets, setting):
    """Raises Failure if a target's results are wrong. Gives the number of outputs, and of those that were left out."""
    description = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))
    names = list(setting.outputs) or [output["name"] for output in description["outputs"]]
    given = write_inputs(description, setting.images, work)
    try:
        expected = evaluate(file, names, setting, given, work)
    except Failure as failure:
        # An index out of range: no model may give a result either.
        if "index number" not in str(failure):
            raise
        expected = None
    if expected is not None:
        noisy = [evaluate(file, names, setting, given, work, f"--noise={seed}") for seed in NOISE_SEEDS]
        if setting.precision == "f32":
            allowed = bounds(expected, noisy)
        else:
            whole = {output["name"] for output in description["outputs"] if "dtype" in output}
            exact, expected = expected, evaluate(file, names, setting, given, work, "--fuse", f"--precision={setting.precision}")
            allowed = coarse_bounds(expected, exact, noisy, COARSENESS[setting.precision], whole)
    for target in targets:
        model, results = work / "model.so", work / "results"
        shutil.rmtree(results, ignore_errors=True)
        try:
            run("vitc", file, f"--random-weights={setting.weights_seed}", *outputs_option(setting), "-o", model,
                f"--batch={setting.batch}", f"--target-cpu={target}", f"--precision={setting.precision}")
            run("vitc-run", model, "--output-dir", results, f"--threads={setting.threads}",
                *(word for argument in given for word in ("--input", argument)))
        except Failure as failure:
            if expected is None and re.search(r"(element .* of input '.*'|index \[.*\]) is -?\d+, expected", str(failure)):
                continue
            raise Failure(f"{target}: {failure}") from None
        if expected is None:
            raise Failure(f"{target}: an index is out of range, but the model gives a result")
        for name, reference in expected.items():
            actual = np.load(results / f"{name}.npy")
            if actual.shape != reference.shape:
                raise Failure(f"{target}: output '{name}': shape {actual.shape}, expected {reference.shape}")
            error, largest = difference(actual, reference)
            if allowed[name] is not None and not error <= allowed[name]:
                raise Failure(f"{target}: output '{name}': wrong by {error:.3g}, the largest value is {largest:.4g}, "
                              f"{allowed[name]:.3g} is allowed")
    if expected is None:
        return 0, 0
    return len(names), sum(bound is None for bound in allowed.values())
