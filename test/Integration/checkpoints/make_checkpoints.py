#!/usr/bin/env python3
"""Makes small checkpoints of every family, as their own libraries write them, with what those libraries compute.

    test/Integration/checkpoints/make_checkpoints.py [NAME...]        default: all

README.md says what lies where. Run by hand; needs torch, transformers, timm, safetensors, scipy and ml_dtypes (2.13.0, 5.24.0,
1.0.31, 0.8.0, 1.17.1 and 0.6.0 made what is there). Running it again with the same versions changes nothing beyond the last bits.
"""

import json
import pathlib
import sys

import torch

ROOT = pathlib.Path(__file__).resolve().parent


def import_torchvision():
    """timm needs torchvision for nothing that is used here; a torchvision that was built for another torch would do."""
    register = torch.library.register_fake
    torch.library.register_fake = lambda *_, **__: lambda function: function
    try:
        import torchvision  # noqa: F401
    finally:
        torch.library.register_fake = register


def main():
    torch.set_num_threads(1)
    import_torchvision()
    import jax_cases
    import jax_library
    import timm_authors
    import timm_cases
    import timm_convolutions
    import timm_library
    import timm_windows
    import transformers_cases
    import transformers_library
    from common import make, write_json

    modules = [
        (transformers_cases.CASES, transformers_library),
        (timm_cases.CASES + timm_authors.AUTHORS + timm_convolutions.CASES + timm_windows.SWIN, timm_library),
        (jax_cases.CASES, jax_library),
    ]
    chosen = sys.argv[1:]
    table = ROOT / "cases.json"
    entries = {entry["name"]: entry for entry in json.loads(table.read_text())} if table.exists() else {}
    names = [case.name for cases, _ in modules for case in cases]
    if unknown := set(chosen) - set(names):
        raise SystemExit(f"no such case: {', '.join(sorted(unknown))}")
    for cases, library in modules:
        for case in cases:
            if chosen and case.name not in chosen:
                continue
            entries[case.name] = make(case, ROOT, library)
            print(case.name, "least effect", f"{entries[case.name]['least_effect']:.1e}", flush=True)
    write_json(table, [entries[name] for name in names if name in entries])


if __name__ == "__main__":
    main()
