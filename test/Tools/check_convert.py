#!/usr/bin/env python3
"""Checks tools/convert/pickle-to-safetensors; needs torch and safetensors.

    check_convert.py WORK_DIRECTORY

A small checkpoint is pickled in the ways that people have it and converted back: the model compiled from it has to be
that of the checkpoint, byte for byte.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys

import torch
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
CHECKPOINT = ROOT / "test/Integration/checkpoints/timm_vit"


class RunsCode:
    """What a hostile file holds: unpickling it makes the file `trace`."""

    def __init__(self, trace):
        self.trace = trace

    def __reduce__(self):
        return os.mkdir, (str(self.trace),)


def convert(source, output, *options):
    command = [sys.executable, str(ROOT / "tools/convert/pickle-to-safetensors"), str(source), "-o", str(output), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def compiled(directory):
    subprocess.run(["vitc", str(directory), "-o", str(directory / "model.so")], check=True)
    return (directory / "model.so").read_bytes()


def main():
    work = pathlib.Path(sys.argv[1])
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    weights = load_file(CHECKPOINT / "model.safetensors")
    names = sorted(weights)
    expected = work / "expected"
    expected.mkdir()
    shutil.copy(CHECKPOINT / "config.json", expected)
    save_file(weights, expected / "model.safetensors")
    reference = compiled(expected)

    # One storage under all tensors, as slices of it.
    flat = torch.cat([weights[name].flatten() for name in names])
    pieces = torch.split(flat, [weights[name].numel() for name in names])
    sharing = {name: piece.view(weights[name].shape) for name, piece in zip(names, pieces)}
    transposed = {name: one.t().contiguous().t() if one.dim() == 2 else one for name, one in weights.items()}
    other = {"blocks.0.norm1.weight": torch.zeros(3)}
    contents = {
        "plain": (weights, []),
        "parameters": ({name: torch.nn.Parameter(one) for name, one in weights.items()}, []),
        "nested": ({"model": weights, "epoch": 3, "optimizer": {"lr": 0.1}}, []),
        "sharing": (sharing, []),
        "transposed": (transposed, []),
        "parallel": ({f"module.{name}": one for name, one in weights.items()}, ["--strip", "module."]),
        "averaged": ({"model": other, "model_ema": weights}, ["--key", "model_ema"]),
    }
    for name, (content, options) in contents.items():
        directory = work / name
        directory.mkdir()
        shutil.copy(CHECKPOINT / "config.json", directory)
        torch.save(content, directory / "weights.pth")
        result = convert(directory / "weights.pth", directory / "model.safetensors", *options)
        assert result.returncode == 0 and not result.stderr, (name, result.stderr)
        assert compiled(directory) == reference, name

    shards = work / "shards"
    shards.mkdir()
    shutil.copy(CHECKPOINT / "config.json", shards)
    index = {}
    for number, part in enumerate((names[:7], names[7:])):
        torch.save({name: weights[name] for name in part}, shards / f"pytorch_model-{number}.bin")
        index.update({name: f"pytorch_model-{number}.bin" for name in part})
    (shards / "pytorch_model.bin.index.json").write_text(json.dumps({"metadata": {}, "weight_map": index}))
    result = convert(shards / "pytorch_model.bin.index.json", shards / "model.safetensors")
    assert result.returncode == 0, result.stderr
    assert compiled(shards) == reference

    trace = work / "it-ran"
    damaged = work / "damaged.pth"
    torch.save(weights, damaged)
    damaged.write_bytes(damaged.read_bytes()[:-300])
    bad = {
        "hostile": ({"a": torch.zeros(2), "b": RunsCode(trace)}, "not a pickle of weights alone: it is damaged, or reading it would run code"),
        "several": ({"model": other, "model_ema": weights}, "weights are under model, model_ema: choose with --key"),
        "list": ([torch.zeros(2)], "no dictionary of tensors"),
    }
    for name, (content, _) in bad.items():
        torch.save(content, work / f"{name}.pth")
    (work / "junk.pth").write_bytes(b"junk of no format at all")
    messages = {name: message for name, (_, message) in bad.items()} | {"damaged": "", "missing": "No such file"}
    messages["junk"] = "not a pickle of weights alone"
    for name, message in messages.items():
        result = convert(work / f"{name}.pth", work / "bad.safetensors")
        lines = result.stderr.splitlines()
        assert result.returncode == 1 and len(lines) == 1, (name, result.stderr)
        assert lines[0].startswith(f"error: {work / name}.pth: ") and message in lines[0], lines[0]
        assert not list(work.glob("bad.safetensors*")), name
    assert not trace.exists()

    result = convert(work / "several.pth", work / "bad.safetensors", "--key", "other")
    assert result.stderr == f"error: {work}/several.pth: weights are under model, model_ema: choose with --key\n"
    result = convert(damaged, work / "nowhere" / "bad.safetensors")
    assert result.stderr == f"error: {work}/nowhere/bad.safetensors: there is no such directory\n"


if __name__ == "__main__":
    main()
