#!/usr/bin/env python3
"""Checks that kernels use no instruction but those of x86-64 and of the features that their file says it requires.

    check_features.py FILE [--features LIST]

FILE is an object, of which all code is looked at, or a model, where the runtime's is not. The manifest lists the
features. The code is disassembled, and GNU's assembler, told to know these features and no others, must take every
instruction. `--features` takes the place of the list: with fewer than the kernels use the check must fail.
"""

import argparse
import json
import pathlib
import re
import subprocess
import sys

FUNCTION = re.compile(r"[0-9a-f]+ <(\S+)>:")
INSTRUCTION = re.compile(r"\s*[0-9a-f]+:\s+(\S.*)")
MANIFEST = b'{"format":"vitc"'


def required_features(file):
    """What the manifest says, which lies in the file as it is."""
    contents = file.read_bytes()
    text = contents[contents.index(MANIFEST) :].decode(errors="replace")
    return json.JSONDecoder().raw_decode(text)[0]["target"]["features"]


def kernels_of(file):
    """Name -> the function's instructions, in the assembler's syntax."""
    command = ["llvm-objdump", "--disassemble", "--no-show-raw-insn", str(file)]
    kernels, body = {}, None
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        if match := FUNCTION.match(line):
            is_kernel = file.suffix == ".o" or match[1].startswith("vitc_kernel_")
            body = kernels.setdefault(match[1], []) if is_kernel else None
        elif body is not None and (match := INSTRUCTION.match(line)):
            # Without the names that explain addresses. What cannot be disassembled stays, for the assembler to refuse.
            body.append(re.sub(r"\s<\S+>|\s*#.*", "", match[1]))
    return kernels


def complaints(instructions, features):
    """What the assembler says: line number -> message."""
    march = "+".join(["generic64", *features])
    command = ["as", f"-march={march}", "-o", "/dev/null", "--", "-"]
    done = subprocess.run(command, input="\n".join(instructions) + "\n", capture_output=True, text=True)
    found = {int(match[1]): match[2] for match in re.finditer(r"^.*:(\d+): (.*)$", done.stderr, re.MULTILINE)}
    if done.returncode and not found:
        raise SystemExit(f"as: {done.stderr}")
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=pathlib.Path)
    parser.add_argument("--features", type=lambda text: text.split(","))
    arguments = parser.parse_args()
    features = arguments.features or required_features(arguments.file)
    kernels = kernels_of(arguments.file)
    total = sum(len(body) for body in kernels.values())
    if total < 100:
        raise SystemExit(f"{total} instructions in {len(kernels)} kernels: the check would show nothing")
    print(f"{total} instructions in {len(kernels)} kernels, features {' '.join(features)}")
    failed = False
    for name, body in kernels.items():
        for line, message in sorted(complaints(body, features).items()):
            failed = True
            print(f"{name}: '{body[line - 1]}': {message}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
