#!/usr/bin/env python3
"""Writes ImageNetLabels.inc: the classes of ImageNet's subsets that timm tells by their number, from the installed timm.

Run it by hand for a new version of timm (1.0.31 now); its output is part of the sources: names of synsets with their
lemmas, as WordNet has them, and for each subset which of them its classes are.
"""

import pathlib

import timm
from timm.data import imagenet_info

PER_LINE = 256


def lines_of(items, form):
    for start in range(0, len(items), PER_LINE):
        yield "".join(form(item) for item in items[start : start + PER_LINE])


def main():
    subsets = imagenet_info._NUM_CLASSES_TO_SUBSET
    infos = {classes: imagenet_info.ImageNetInfo(subset) for classes, subset in subsets.items()}
    synsets = sorted({name for info in infos.values() for name in info.label_names()})
    lemmas = {}
    for info in infos.values():
        lemmas |= info.label_descriptions(as_dict=True)
    numbers = {name: index for index, name in enumerate(synsets)}
    lines = [
        f"// Made by make_imagenet_labels.py from timm {timm.__version__}: lemmas of synsets, each behind a line break;",
        "// for each subset which synset each class is.",
        "// clang-format off",
        "static constexpr char lemmas[] =",
    ]
    lines += [f'"{line}"' for line in lines_of(synsets, lambda name: lemmas[name].replace('"', '\\"') + "\\n")]
    lines[-1] += ";"
    for classes, info in infos.items():
        assert len(info.label_names()) == classes
        lines.append(f"static constexpr uint16_t classes{classes}[] = {{")
        lines += lines_of([numbers[name] for name in info.label_names()], lambda number: f"{number},")
        lines.append("};")
    lines.append("static constexpr Subset subsets[] = {")
    lines += [f'{{{classes}, "{subset}", classes{classes}}},' for classes, subset in subsets.items()]
    lines.append("};")
    path = pathlib.Path(__file__).with_name("ImageNetLabels.inc")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"{path}: {len(synsets)} synsets, {path.stat().st_size} bytes, {len(lines)} lines")


if __name__ == "__main__":
    main()
