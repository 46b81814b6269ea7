#!/usr/bin/env python3
"""Checks tools/convert/pickle-to-safetensors; needs torch and safetensors.

    check_convert.py WORK_DIRECTORY

A small checkpoint is pickled in the ways that people have it and converted back: the model compiled from it has to be
that of the checkpoint, byte for byte.
"""

import argparse
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
    subprocess.run(["vitc", str(directory), "--name=m", "-o", str(directory / "model.so")], check=True)
    return (directory / "model.so").read_bytes()


def message(number, content):
    """A field of a Protocol Buffers message."""
    if isinstance(content, int):
        return bytes([number << 3]) + varint(content)
    return bytes([number << 3 | 2]) + varint(len(content)) + content


def varint(value):
    digits = b""
    while value >= 0x80:
        digits += bytes([value & 0x7F | 0x80])
        value >>= 7
    return digits + bytes([value])


def mindspore(weights, parts):
    """As MindSpore writes a checkpoint: norms have gamma and beta, a tensor may come in parts."""
    data = b""
    for name, tensor in weights.items():
        if "norm" in name:
            name = name.replace(".weight", ".gamma").replace(".bias", ".beta")
        content = tensor.numpy().tobytes()
        step = -(-len(content) // parts)
        for start in range(0, len(content), step):
            sizes = b"".join(message(1, size) for size in tensor.shape)
            one = sizes + message(2, b"Float32") + message(3, content[start : start + step])
            data += message(1, message(1, name.encode()) + message(2, one))
    return data


def check_other_formats(work, weights, reference):
    """MindSpore's checkpoints and safetensors."""
    single = {name: one.float() for name, one in weights.items()}
    for parts in (1, 3):
        directory = work / f"mindspore{parts}"
        directory.mkdir()
        shutil.copy(CHECKPOINT / "config.json", directory)
        data = mindspore(single | {"moment1.pos_embed": single["pos_embed"]}, parts)
        (directory / "vit.ckpt").write_bytes(data)
        result = convert(directory / "vit.ckpt", directory / "model.safetensors")
        assert result.returncode == 0 and not result.stderr, result.stderr
        written = load_file(directory / "model.safetensors")
        assert written.keys() == single.keys() and all(torch.equal(written[name], single[name]) for name in single)
        (directory / "vit.ckpt").write_bytes(data[:-7])
        result = convert(directory / "vit.ckpt", directory / "bad.safetensors")
        assert result.returncode == 1 and "not a checkpoint of MindSpore: it is cut off" in result.stderr, result.stderr
    stripped = work / "stripped"
    stripped.mkdir()
    shutil.copy(CHECKPOINT / "config.json", stripped)
    save_file({f"net.{name}": one for name, one in weights.items()}, stripped / "net.safetensors")
    result = convert(stripped / "net.safetensors", stripped / "model.safetensors", "--strip", "net.")
    assert result.returncode == 0, result.stderr
    assert compiled(stripped) == reference


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
        "averaged": ({"model": other, "model_ema": weights}, []),
        "chosen": ({"model": weights, "model_ema": other}, ["--key", "model"]),
        "timm": ({"state_dict": weights, "args": argparse.Namespace(lr=0.1), "optimizer": {"state": {0: {"m": flat}}}}, []),
        "lightning": ({"state_dict": {f"model.{name}": one for name, one in weights.items()}, "hyper_parameters": {"lr": 1}}, []),
        "averages": ({"ema": {"module": weights, "updates": 3}, "epoch": 1}, []),
        "counted": (weights | {"version": 2}, []),
    }
    for name, (content, options) in contents.items():
        directory = work / name
        directory.mkdir()
        shutil.copy(CHECKPOINT / "config.json", directory)
        torch.save(content, directory / "weights.pth")
        result = convert(directory / "weights.pth", directory / "model.safetensors", *options)
        assert result.returncode == 0 and not result.stderr, (name, result.stderr)
        assert ("not those under" in result.stdout) == (name == "averaged"), result.stdout
        # The description has the file's names.
        assert compiled(directory) == reference or name == "lightning", name

    check_other_formats(work, weights, reference)

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
        "hostile": ({"a": torch.zeros(2), "b": RunsCode(trace)}, "reading it would run posix.mkdir, which is not done"),
        "several": ({"generator": other, "critic": weights}, "weights are under critic, generator: choose with --key"),
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
    assert result.stderr == f"error: {work}/several.pth: weights are under critic, generator: choose with --key\n"
    result = convert(damaged, work / "nowhere" / "bad.safetensors")
    assert result.stderr == f"error: {work}/nowhere/bad.safetensors: there is no such directory\n"


if __name__ == "__main__":
    main()
