"""Makes the models to compare: the same random weights for every peer, and the right answer in double precision.

Everything is kept in a cache directory, a folder for each model:

    model.json          the description, for vitc
    checkpoint/         a Hugging Face checkpoint with the weights of --random-weights=1
    model.onnx          exported from it by PyTorch, for ONNX Runtime
    model.xml, .bin     converted from that, for OpenVINO
    pictures.npy        some made-up pictures
    expected.npy        their logits, computed by PyTorch in float64
"""

import json
import pathlib
import sys
import warnings

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/dev"))
from random_weights import random_input, read_description, write_checkpoint  # noqa: E402

SEED = 1
PICTURES = 4
# Stands for DINOv2-S/14 at 518: the same encoder without layer scale.
SMALL_518 = "vit_small_patch14_518"


def description_of(name):
    """The text of a description; SMALL_518 is one of models/ with another patch and picture."""
    if name != SMALL_518:
        return (ROOT / "models" / f"{name}.json").read_text()
    description = json.loads((ROOT / "models/vit_small_patch16_224.json").read_text())
    description["name"] = name
    description["inputs"][0]["size"] = description["inputs"][0]["preprocessing"][0]["size"] = 518
    description["nodes"][0]["patch_size"] = 14
    return json.dumps(description, indent=2)


def flops_per_picture(path):
    """Floating-point operations of matrix products, two for each multiply-add; the rest is below 2 %."""
    config, shapes = read_description(path)
    tokens = next(shape[1] for name, shape in shapes.items() if name.endswith("position_embeddings"))
    total = 0
    for name, shape in shapes.items():
        if not name.endswith(".weight") or len(shape) < 2:
            continue
        rows = 1 if name.startswith(("classifier", "cls_classifier", "distillation_classifier")) else tokens
        if "patch_embeddings" in name:
            rows = (config["image_size"] // config["patch_size"]) ** 2
        total += 2 * rows * int(np.prod(shape))
    # Scores and weighted sum, over all heads.
    total += config["num_hidden_layers"] * 2 * 2 * tokens * tokens * config["hidden_size"]
    return total


def load_torch(checkpoint, dtype):
    """The classifier as a PyTorch module that returns logits."""
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    architecture = json.loads((checkpoint / "config.json").read_text())["architectures"][0]

    class Logits(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = getattr(transformers, architecture).from_pretrained(checkpoint, dtype=dtype)

        def forward(self, pixels):
            return self.model(pixels).logits

    return Logits().eval()


def make(name, cache):
    """Makes what is missing of a model; returns its folder."""
    folder = cache / name
    if (folder / "expected.npy").exists():
        return folder
    import openvino
    import torch

    print(f"==> Making {name}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.json").write_text(description_of(name))
    write_checkpoint(folder / "model.json", folder / "checkpoint", SEED)
    config, _ = read_description(folder / "model.json")
    shape = (1, config["num_channels"], config["image_size"], config["image_size"])
    pictures = np.concatenate([random_input(shape, SEED + i) for i in range(PICTURES)])
    np.save(folder / "pictures.npy", pictures)
    with torch.no_grad(), warnings.catch_warnings():
        # The exporter warns about itself and about Python code that it runs only once.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            load_torch(folder / "checkpoint", torch.float32),
            (torch.from_numpy(pictures[:1]),),
            str(folder / "model.onnx"),
            input_names=["pixel_values"],
            output_names=["logits"],
            dynamic_axes={"pixel_values": {0: "batch"}, "logits": {0: "batch"}},
            opset_version=20,
            dynamo=False,
        )
        openvino.save_model(openvino.convert_model(folder / "model.onnx"), folder / "model.xml", compress_to_fp16=False)
        exact = load_torch(folder / "checkpoint", torch.float64)
        expected = torch.cat([exact(torch.from_numpy(pictures[i : i + 1]).double()) for i in range(PICTURES)])
    # Last: its presence says that the folder is complete.
    np.save(folder / "expected.npy", expected.numpy())
    return folder
