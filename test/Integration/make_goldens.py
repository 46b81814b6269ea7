#!/usr/bin/env python3
"""Computes what the bundled ViT and DeiT architectures must answer, with Hugging Face's library in double precision.

    test/Integration/make_goldens.py [NAME...]        default: every description in models/ that has its tensor names

For each model: random weights (seed 1, as `vitc --random-weights=1` makes them) are written as a checkpoint, loaded by
transformers as float64, and run on a made-up picture. The outputs land in goldens/NAME.npz, by their names in the
library. Run by hand; needs torch and transformers (2.13.0 and 5.24.0 made what is there) and memory for the largest
model in float64 (7 GB). Running it again with the same versions changes nothing beyond the last bits.
"""

import json
import pathlib
import sys
import tempfile

import numpy as np
import torch
import transformers

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/dev"))
from random_weights import random_input, write_checkpoint  # noqa: E402

SEED = 1


def outputs_of(description, names):
    with tempfile.TemporaryDirectory() as directory:
        write_checkpoint(description, directory, SEED)
        config = transformers.AutoConfig.from_pretrained(directory)
        architecture = getattr(transformers, config.architectures[0])
        model, loading = architecture.from_pretrained(directory, dtype=torch.float64, output_loading_info=True)
    if any(loading.values()):
        raise SystemExit(f"{description}: the tensors do not fit: {loading}")
    picture = random_input((1, config.num_channels, config.image_size, config.image_size), SEED)
    with torch.no_grad():
        result = model.eval()(torch.from_numpy(picture).double())
    return {name: result[name].numpy() for name in names}


def main():
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    goldens = pathlib.Path(__file__).parent / "goldens"
    goldens.mkdir(exist_ok=True)
    paths = [ROOT / "models" / f"{name}.json" for name in sys.argv[1:]]
    for path in paths or sorted(ROOT.glob("models/*.json")):
        text = path.read_text()
        if "embeddings.patch_embeddings.projection" not in text:
            continue
        outputs = outputs_of(path, [output["name"] for output in json.loads(text)["outputs"]])
        np.savez(goldens / f"{path.stem}.npz", **outputs)
        print(path.stem, {name: value.shape for name, value in outputs.items()}, flush=True)


if __name__ == "__main__":
    main()
