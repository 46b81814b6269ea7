#!/usr/bin/env python3
"""Checks that the rooms of lib are what their READMEs say.

    check_rooms.py SOURCE_DIRECTORY

A room (a folder of lib and that of the same name in include/vitc) includes headers of rooms that come before it in
ORDER only; rooms in WITHOUT_LLVM include nothing of LLVM but the C code of its hash; every room has a README.
"""

import pathlib
import re
import sys

ORDER = [
    "Files",
    "Image",
    "Preprocessing",
    "Postprocessing",
    "Drawing",
    "Support",
    "Weights",
    "Description",
    "Checkpoints",
    "TargetInfo",
    "Dialect/Vit",
    "Dialect/Kernel",
    "Importer",
    "Reference",
    "Codegen",
    "Conversion/VitToKernel",
    "Conversion/KernelToVector",
    "RuntimeHost",
    "Pictures",
    "HostApi",
    "Target",
    "Pipelines",
]
WITHOUT_LLVM = {"Files", "Image", "Preprocessing", "Postprocessing", "Drawing", "RuntimeHost", "Pictures", "HostApi"}
# Lists of what all tools register; no room.
OUTSIDE = {"include/vitc/InitDialects.h"}


def room_of(path):
    match = re.match(r"(?:lib|include/vitc)/((?:Dialect|Conversion)/\w+|\w+)/", path)
    return match.group(1) if match else None


def main():
    source = pathlib.Path(sys.argv[1])
    complaints = [f"{room}: has no README.md" for room in ORDER if not (source / "lib" / room / "README.md").exists()]
    files = [path for top in ("lib", "include") for path in (source / top).rglob("*")]
    files = sorted(path for path in files if path.suffix in (".h", ".cpp", ".td"))
    for path in files:
        name = path.relative_to(source).as_posix()
        room = room_of(name)
        if room not in ORDER:
            if name not in OUTSIDE:
                complaints.append(f"{name}: in a room that is not in the order")
            continue
        for included in re.findall(r'^ *#? *include "([^"]+)"', path.read_text(), re.MULTILINE):
            other = room_of("include/" + included)
            if other in ORDER and ORDER.index(other) > ORDER.index(room):
                complaints.append(f"{name}: includes {included}, of a later room")
            if room in WITHOUT_LLVM and re.match(r"(llvm|mlir|lld)/", included):
                complaints.append(f"{name}: includes {included}, in a room without LLVM")
    print("\n".join(complaints) or f"{len(files)} files in {len(ORDER)} rooms")
    return bool(complaints)


if __name__ == "__main__":
    sys.exit(main())
