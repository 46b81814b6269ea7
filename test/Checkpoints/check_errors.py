#!/usr/bin/env python3
"""Checks what vitc says about changed checkpoints, as a test file lists it.

    check_errors.py TEST_FILE WORK_DIRECTORY

Lines of the test file, between any others:

    BAD: CASE | COMMAND | COMMAND ...       a checkpoint of Integration/checkpoints and what is changed
    ERR: MESSAGE                            the one line behind "error: "; nothing else is said or left behind
    GOOD: CASE | COMMAND ...                a change that does not matter
    IGNORED: TENSOR                         a tensor that -v says was ignored then
    WARN: MESSAGE                           the one line behind "warning: " then; without it there is none
    NOTE: MESSAGE                           a line of -v behind "note: "
    LABELS: NAME, NAME, ...                 the labels then

Commands: set POINTER JSON, delete POINTER (of config.json); shard NAME FILE, unshard NAME (entries of the index); text TEXT,
index TEXT (the whole config.json or index, with Python's escapes); cut N (config.json to N bytes); add NAME DTYPE SHAPE, drop NAME, rename NAME
NAME, dtype NAME DTYPE, prefix PREFIX, twice PREFIX (all tensors under a prefix, or there again), many N NAME (tensors NAME0, NAME1, …);
remove FILE, file NAME TEXT (with Python's escapes), move FILE NAME, split (the weights into two shards without an index); options OPTIONS...
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
    elif kind == "prefix":
        change_tensors(directory, lambda tensors: rename_all(tensors, lambda name: rest + name))
    elif kind == "twice":
        change_tensors(directory, lambda tensors: tensors.update({rest + name: one for name, one in tensors.items()}))
    elif kind == "many":
        change_tensors(
            directory, lambda tensors: tensors.update({f"{words[1]}{k}": zeros("F32", [1]) for k in range(int(words[0]))})
        )
    elif kind == "split":
        split(directory)
    elif kind == "file":
        (directory / words[0]).write_bytes(rest[len(words[0]) + 1 :].encode().decode("unicode_escape").encode("latin-1"))
    elif kind == "move":
        (directory / words[0]).rename(directory / words[1])
    elif kind == "remove":
        (directory / rest).unlink()
    elif kind == "options":
        return words
    else:
        raise SystemExit(f"unknown command '{command}'")
    return []


def rename_all(tensors, rename):
    renamed = {rename(name): one for name, one in tensors.items()}
    tensors.clear()
    tensors.update(renamed)


def split(directory):
    tensors = sorted(read_tensors(directory / "model.safetensors").items())
    (directory / "model.safetensors").unlink()
    for number, half in enumerate((tensors[: len(tensors) // 2], tensors[len(tensors) // 2 :]), 1):
        write_tensors(directory / f"model-0000{number}-of-00002.safetensors", dict(half))


def prepare(directory, description):
    """Makes a changed copy of a checkpoint; answers with the options that it is read with."""
    case, *commands = description.split(" | ")
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    for file in [CHECKPOINTS / case / "config.json", *(CHECKPOINTS / case).glob("*.safetensors*")]:
        shutil.copy(file, directory)
    return [option for command in commands for option in apply(directory, command)]


def run(directory, *arguments):
    return subprocess.run(["vitc", ".", *arguments], cwd=directory, capture_output=True, text=True)


def check_bad(directory, description, message):
    options = prepare(directory, description)
    before = sorted(path.name for path in directory.iterdir())
    done = run(directory, "-o", "m.so", *options)
    said = (done.returncode, done.stdout, done.stderr)
    if said != (1, "", f"error: {message}\n"):
        raise SystemExit(f"BAD: {description}\nexpected: error: {message}\nfound: {said}")
    if before != sorted(path.name for path in directory.iterdir()):
        raise SystemExit(f"BAD: {description}\nsomething was left behind")


def check_good(directory, description, said):
    options = prepare(directory, description)
    done = run(directory, "--emit=json", "-o", "m.json", "-v", *options)
    if done.returncode:
        raise SystemExit(f"GOOD: {description}\n{done.stderr}")
    lines = done.stderr.splitlines()
    expected = {"IGNORED": "vitc: ignored: ./model.safetensors: tensor ", "WARN": "warning: ", "NOTE": "vitc: note: "}
    for kind, text in said:
        if kind == "LABELS":
            labels = ", ".join(read_json(directory / "m.json")["labels"])
            if labels != text:
                raise SystemExit(f"GOOD: {description}\nlabels: {labels}, expected {text}")
        elif expected[kind] + text not in lines:
            raise SystemExit(f"GOOD: {description}\nnot said: {expected[kind]}{text}\n{done.stderr}")
    if sum(line.startswith("warning: ") for line in lines) != sum(kind == "WARN" for kind, _ in said):
        raise SystemExit(f"GOOD: {description}\nother warnings\n{done.stderr}")


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
            said = []
            for other in lines[number + 1 :]:
                start, _, rest = other.partition(": ")
                if start not in ("IGNORED", "WARN", "NOTE", "LABELS"):
                    break
                said.append((start, rest))
            check_good(directory, text, said)
        else:
            continue
        count += 1
    if not count:
        raise SystemExit("nothing to check")
    shutil.rmtree(directory)


if __name__ == "__main__":
    main()
