#!/usr/bin/env python3
"""Checks what vitc says about changed checkpoints, as a test file lists it.

    check_errors.py TEST_FILE WORK_DIRECTORY

Lines of the test file, between any others:

    BAD: CASE | COMMAND | COMMAND ...       a checkpoint of Integration/checkpoints and what is changed
    ERR: MESSAGE                            the one line behind "error: "; nothing else is said or left behind
    GOOD: CASE | COMMAND ...                a change that does not matter
    IGNORED: TENSOR                         a tensor that -v says was ignored then

Commands: set POINTER JSON, delete POINTER (of config.json); shard NAME FILE, unshard NAME (entries of the index); text TEXT,
index TEXT (the whole config.json or index, with Python's escapes); cut N (config.json to N bytes); add NAME DTYPE SHAPE, drop NAME, rename NAME
NAME, dtype NAME DTYPE (tensors); remove FILE.
"""

import json
import pathlib
import shutil
import struct
import subprocess
import sys

CHECKPOINTS = pathlib.Path(__file__).resolve().parents[1] / "Integration/checkpoints"
BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "F8_E4M3": 1, "U8": 1}


def read_json(path):
    return json.loads(path.read_text())


def write_json(path, value):
    path.write_text(json.dumps(value))


def read_tensors(path):
    """Name -> (dtype, shape, bytes)."""
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        tensors[name] = (entry["dtype"], entry["shape"], data[start + begin : start + end])
    return tensors


def write_tensors(path, tensors):
    header, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def zeros(dtype, shape):
    elements = 1
    for size in shape:
        elements *= size
    return dtype, shape, bytes(elements * BYTES[dtype])


def change_config(directory, pointer, change):
    config = read_json(directory / "config.json")
    place = config
    *sections, last = pointer.split("/")[1:]
    for section in sections:
        place = place[section]
    change(place, last)
    write_json(directory / "config.json", config)


def change_index(directory, change):
    path = directory / "model.safetensors.index.json"
    index = read_json(path)
    change(index["weight_map"])
    write_json(path, index)


def change_tensors(directory, change):
    path = directory / "model.safetensors"
    tensors = read_tensors(path)
    change(tensors)
    write_tensors(path, tensors)


def apply(directory, command):
    kind, _, rest = command.partition(" ")
    words = rest.split(" ")
    config = directory / "config.json"
    if kind == "set":
        pointer, _, value = rest.partition(" ")
        change_config(directory, pointer, lambda place, key: place.update({key: json.loads(value)}))
    elif kind == "delete":
        change_config(directory, rest, lambda place, key: place.pop(key))
    elif kind in ("text", "index"):
        file = config if kind == "text" else directory / "model.safetensors.index.json"
        file.write_bytes(rest.encode().decode("unicode_escape").encode("latin-1"))
    elif kind == "cut":
        config.write_bytes(config.read_bytes()[: int(rest)])
    elif kind == "shard":
        change_index(directory, lambda index: index.update({words[0]: words[1]}))
    elif kind == "unshard":
        change_index(directory, lambda index: index.pop(words[0]))
    elif kind == "add":
        shape = json.loads(" ".join(words[2:]))
        change_tensors(directory, lambda tensors: tensors.update({words[0]: zeros(words[1], shape)}))
    elif kind == "drop":
        change_tensors(directory, lambda tensors: tensors.pop(words[0]))
    elif kind == "rename":
        change_tensors(directory, lambda tensors: tensors.update({words[1]: tensors.pop(words[0])}))
    elif kind == "dtype":
        change_tensors(directory, lambda tensors: tensors.update({words[0]: zeros(words[1], tensors[words[0]][1])}))
    elif kind == "remove":
        (directory / rest).unlink()
    else:
        raise SystemExit(f"unknown command '{command}'")


def prepare(directory, description):
    """A changed copy of a checkpoint."""
    case, *commands = description.split(" | ")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for file in [CHECKPOINTS / case / "config.json", *(CHECKPOINTS / case).glob("*.safetensors*")]:
        shutil.copy(file, directory)
    for command in commands:
        apply(directory, command)


def run(directory, *arguments):
    return subprocess.run(["vitc", ".", *arguments], cwd=directory, capture_output=True, text=True)


def check_bad(directory, description, message):
    prepare(directory, description)
    before = sorted(path.name for path in directory.iterdir())
    done = run(directory, "-o", "m.so")
    said = (done.returncode, done.stdout, done.stderr)
    if said != (1, "", f"error: {message}\n"):
        raise SystemExit(f"BAD: {description}\nexpected: error: {message}\nfound: {said}")
    if before != sorted(path.name for path in directory.iterdir()):
        raise SystemExit(f"BAD: {description}\nsomething was left behind")


def check_good(directory, description, ignored):
    prepare(directory, description)
    done = run(directory, "--emit=json", "-o", "m.json", "-v")
    if done.returncode:
        raise SystemExit(f"GOOD: {description}\n{done.stderr}")
    for name in ignored:
        if f"vitc: ignored: ./model.safetensors: tensor {name}\n" not in done.stderr:
            raise SystemExit(f"GOOD: {description}\nnot ignored: {name}\n{done.stderr}")


def main():
    directory = pathlib.Path(sys.argv[2])
    lines = pathlib.Path(sys.argv[1]).read_text().splitlines()
    count = 0
    for number, line in enumerate(lines):
        kind, _, text = line.partition(": ")
        if kind == "BAD":
            if not lines[number + 1].startswith("ERR: "):
                raise SystemExit(f"no ERR behind: {line}")
            check_bad(directory, text, lines[number + 1].removeprefix("ERR: "))
        elif kind == "GOOD":
            ignored = []
            for other in lines[number + 1 :]:
                if not other.startswith("IGNORED: "):
                    break
                ignored.append(other.removeprefix("IGNORED: "))
            check_good(directory, text, ignored)
        else:
            continue
        count += 1
    if not count:
        raise SystemExit("nothing to check")
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
