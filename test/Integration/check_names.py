#!/usr/bin/env python3
"""Checks that checkpoints of transformers mean the same whichever of its classes wrote their tensors' names.

    check_names.py WORK_DIRECTORY

In double precision (vitc-evaluate): a model without head whose tensors have the prefix that they have in a model with a
head gives the same goldens; a file with a head, read by the class without one, gives the last hidden state of the class
with it; without `architectures` in config.json the class follows from the tensors.
"""

import json
import shutil
import struct
import subprocess
import sys

import numpy as np

from check_checkpoint import CHECKPOINTS, input_of, output_name, read_cases, resize_option
from steps import fresh

# Cases without a head -> the prefix that models with one put in front.
PREFIXES = {
    "vit_bare": "vit.",
    "deit_bare": "deit.",
    "dinov2_bare": "dinov2.",
    "dinov2_with_registers_bare": "dinov2_with_registers.",
    "beit_bare": "beit.",
    "beit_both_biases": "beit.",
    "data2vec_vision_bare": "data2vec_vision.",
    "vit_msn_bare": "vit.",
    "vit_mae_bare": "vit.",
    "ijepa_bare": "ijepa.",
    "ijepa_not_square": "ijepa.",
    "yolos_bare": "vit.",
    "clip_vision": "vision_model.",
    "siglip_vision": "vision_model.",
    "siglip2_vision": "vision_model.",
}
# Cases with a head -> the class without it.
BARE_CLASSES = {
    "vit_classifier": "ViTModel",
    "vit_classifier_new_names": "ViTModel",
    "vit_classifier_extra_tensors": "ViTModel",
    "deit_classifier": "DeiTModel",
    "deit_distilled": "DeiTModel",
    "dinov2_classifier": "Dinov2Model",
    "dinov2_with_registers_classifier": "Dinov2WithRegistersModel",
    "beit_token": "BeitModel",
    "data2vec_vision_classifier": "Data2VecVisionModel",
    "vit_msn_classifier": "ViTMSNModel",
    "vit_msn_classifier_prefix": "ViTMSNModel",
    "vit_msn_new_names": "ViTMSNModel",
    "ijepa_classifier": "IJepaModel",
    "yolos_detection": "YolosModel",
    "clip_vision_projection": "CLIPVisionModel",
}


def add_prefix(source, target, prefix):
    """Copies a safetensors file with other names of tensors."""
    data = source.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    header = json.loads(data[8 : 8 + size])
    renamed = {name if name == "__metadata__" else prefix + name: entry for name, entry in header.items()}
    text = json.dumps(renamed).encode()
    target.write_bytes(struct.pack("<Q", len(text)) + text + data[8 + size :])


def describe(directory, options):
    command = ["vitc", directory, "--name=m", "--emit=json", "-o", "-", *options]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{directory}: {done.stderr}")
    return done.stdout


def evaluate(checkpoint, work, source, options):
    """Output -> value."""
    (work / "description.json").write_text(describe(checkpoint, options))
    names = [output["name"] for output in json.loads((work / "description.json").read_text())["outputs"]]
    files = [work / f"{name}.npy" for name in names]
    command = ["vitc-evaluate", work / "description.json", "--weights", checkpoint, "--input", input_of(source)]
    subprocess.run([str(word) for word in [*command, *(f"--output={file}" for file in files)]], check=True)
    return {name: np.load(file) for name, file in zip(names, files)}


def copy(case, work):
    """A copy of a checkpoint, and vitc's options for its picture."""
    directory = CHECKPOINTS / case
    copied = fresh(work / "checkpoint")
    for file in [directory / "config.json", *directory.glob("*.safetensors*")]:
        shutil.copy(file, copied)
    return directory, copied, resize_option(directory, input_of(directory))


def change_architectures(checkpoint, value):
    config = json.loads((checkpoint / "config.json").read_text())
    config["architectures"] = value
    (checkpoint / "config.json").write_text(json.dumps(config))


def is_backbone(case):
    """Whether the tensors are those of a class without a head, of which nothing but `architectures` tells this one."""
    config = json.loads((CHECKPOINTS / case["name"] / "config.json").read_text())
    return any(name.endswith("Backbone") for name in config.get("architectures") or [])


def check_prefix(case, work, prefix):
    source, checkpoint, options = copy(case["name"], work)
    add_prefix(source / "model.safetensors", checkpoint / "model.safetensors", prefix)
    outputs = evaluate(checkpoint, work, source, options)
    expected = {output_name(name): np.load(source / f"expected/{name}.npy") for name in case["outputs"]}
    if set(outputs) != set(expected):
        raise SystemExit(f"{case['name']}: outputs {sorted(outputs)}, expected {sorted(expected)}")
    for name, value in outputs.items():
        error = np.abs(value - expected[name]).max() / np.abs(expected[name]).max()
        print(f"{case['name']} with {prefix} {name}: {error:.2g}", flush=True)
        if not error <= case["tolerance"]["double"]:
            raise SystemExit(f"{case['name']} with {prefix}: {name} differs")


def check_bare(case, work, name):
    source, checkpoint, options = copy(case["name"], work)
    options = [*options, "--outputs=last_hidden_state"]
    expected = evaluate(source, work, source, options)["last_hidden_state"]
    change_architectures(checkpoint, [name])
    error = np.abs(evaluate(checkpoint, work, source, options)["last_hidden_state"] - expected).max()
    print(f"{case['name']} as {name}: {error:.2g}", flush=True)
    if error:
        raise SystemExit(f"{case['name']} as {name}: differs")


def check_without_architectures(case, work):
    source, checkpoint, options = copy(case["name"], work)
    change_architectures(checkpoint, None)
    if describe(checkpoint, options) != describe(source, options):
        raise SystemExit(f"{case['name']} without architectures: another model")


def main():
    work = fresh(sys.argv[1])
    cases = read_cases()
    for name, prefix in PREFIXES.items():
        check_prefix(cases[name], work, prefix)
    for name, kind in BARE_CLASSES.items():
        check_bare(cases[name], work, kind)
    others = [
        case for case in cases.values() if case["library"].startswith("transformers") and not is_backbone(case)
    ]
    for case in others:
        check_without_architectures(case, work)
    print(f"{len(PREFIXES)} with a prefix, {len(BARE_CLASSES)} without a head, {len(others)} without a class")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
