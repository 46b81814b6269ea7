#!/usr/bin/env python3
"""Directories of OpenCLIP whose pictures' towers are models of timm, against the library's embeddings in double precision.

    check_openclip.py WORK_DIRECTORY

openclip/towers.json has the configurations, and of each tensor the shape, centre and half the range of its values, which are made here by
the formula of tools/dev/random_weights.py; openclip/NAME.npy is what the library computes (reports/make_openclip.py).
"""

import json
import pathlib
import struct
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1] / "tools/dev"))
from random_weights import uniform  # noqa: E402
from steps import fresh, run  # noqa: E402

TOLERANCE = 1e-5


def write_tensors(path, tensors):
    header, offset = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [offset, offset + values.nbytes]}
        offset += values.nbytes
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.tobytes())


def main():
    work = fresh(pathlib.Path(sys.argv[1]))
    for name, tower in json.loads((HERE / "openclip/towers.json").read_text()).items():
        directory = fresh(work / name)
        (directory / "open_clip_config.json").write_text(json.dumps({"model_cfg": tower["model_cfg"]}))
        tensors = {
            f"visual.{path}": uniform(f"openclip/{name}/{path}", int(np.prod(shape)), 0, centre, half_range).reshape(shape)
            for path, (shape, centre, half_range) in tower["tensors"].items()
        }
        write_tensors(directory / "open_clip_model.safetensors", tensors)
        size = tower["model_cfg"]["vision_cfg"]["image_size"]
        pixels = uniform(f"openclip/{name}/pixel_values {size}x{size}", 2 * 3 * size * size, 0, 0.0, 1.0)
        np.save(directory / "x.npy", pixels.reshape(2, 3, size, size))
        run("vitc", directory, "-o", directory / "model.so")
        run("vitc-run", directory / "model.so", "--input", directory / "x.npy", "--output-dir", directory / "outputs")
        expected = np.load(HERE / f"openclip/{name}.npy")
        # SigLIP's vector is what the model pools: there is no projection.
        output = "image_embeds" if (directory / "outputs/image_embeds.npy").exists() else "pooler_output"
        error = np.abs(np.load(directory / f"outputs/{output}.npy") - expected).max() / np.abs(expected).max()
        print(f"{name} {output}: {error:.2g}", flush=True)
        if not error <= TOLERANCE:
            raise SystemExit(f"{name}: differs by {error:g}")


if __name__ == "__main__":
    main()
