"""Makes the models to compare: the same weights for every peer, and the right answer in double precision.

Everything is kept in a cache directory, a folder for each model:

    model.json          the description, for vitc; not of a model that is a checkpoint
    checkpoint/         a Hugging Face checkpoint: the given one, or one with the weights of --random-weights=1; of a
                        description that no library has (twins.py), its weights
    model.onnx          exported from it by PyTorch, for ONNX Runtime
    model.xml, .bin     converted from that, for OpenVINO
    pictures.npy        some made-up pictures
    expected.npy        their logits or last hidden states, computed by PyTorch in float64
"""

import json
import pathlib
import shutil
import sys
import warnings

import numpy as np

import twins
import zoo

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tools/dev"))
from random_weights import random_input, random_tensor, write_checkpoint  # noqa: E402

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
    # Its positions are those of the larger grid, not resampled ones.
    for node in description["nodes"]:
        if "source_grid" in node:
            node["source_grid"] = 518 // 14
    return json.dumps(description, indent=2)


def exists(name):
    """Whether a model can be made of a name (see write_inputs)."""
    return (
        name in (SMALL_518, *zoo.ARCHITECTURES)
        or (ROOT / "models" / f"{name}.json").is_file()
        or (pathlib.Path(name) / "config.json").is_file()
    )


def configuration(folder):
    return json.loads((folder / "checkpoint/config.json").read_text())


def picture_shape(folder):
    """Channels, height and width of the pictures that the checkpoint's positions, or the description, are for."""
    if folder.name in twins.MODELS:
        size = json.loads((folder / "model.json").read_text())["inputs"][0]["size"]
        return (3, size, size)
    config = configuration(folder)
    # SegFormer's and DETR's say nothing; SegFormer's preprocessor makes pictures this large, DETR's similar ones.
    size = config.get("image_size", {"segformer": 512, "detr": 640}.get(config["model_type"], 224))
    return (config.get("num_channels", 3), *(size if isinstance(size, list) else [size, size]))


def output_of(folder):
    """The output that is compared."""
    if folder.name in twins.MODELS:
        return "logits"
    architecture = configuration(folder)["architectures"][0]
    if architecture.endswith("ForDepthEstimation"):
        return "predicted_depth"
    has_head = architecture.endswith(("ForImageClassification", "ForSemanticSegmentation", "ForObjectDetection"))
    return "logits" if has_head else "last_hidden_state"


def vitc_input(folder):
    """What to compile, with the options that it needs."""
    if (folder / "model.json").exists():
        return [folder / "model.json", f"--random-weights={SEED}"]
    size = "x".join(map(str, picture_shape(folder)[1:]))
    return [folder / "checkpoint", f"--image-size={size}", f"--outputs={output_of(folder)}"]


def twin_of(name):
    """The PyTorch module that a description of models/ describes, with the weights of --random-weights=1."""
    import torch

    model = twins.MODELS[name]()
    with torch.no_grad():
        for tensor_name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.from_numpy(random_tensor(tensor_name, tuple(tensor.shape), SEED)))
    return model


def load_torch(folder, dtype):
    """The model as a PyTorch module that returns the output that is compared."""
    if folder.name in twins.MODELS:
        return twin_of(folder.name).to(dtype).eval()
    import torch
    import transformers

    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    architecture, output = configuration(folder)["architectures"][0], output_of(folder)

    class OneOutput(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.model = getattr(transformers, architecture).from_pretrained(folder / "checkpoint", dtype=dtype)

        def forward(self, pixels):
            return getattr(self.model(pixels), output)

    return OneOutput().eval()


def write_inputs(name, folder):
    """Writes what vitc and PyTorch read: the name is that of a description in models/, of an architecture of the zoo, or
    the path of a checkpoint."""
    folder.mkdir(parents=True, exist_ok=True)
    if name in zoo.ARCHITECTURES:
        zoo.write_checkpoint(name, folder / "checkpoint", SEED)
        return
    if pathlib.Path(name).is_dir():
        shutil.copytree(name, folder / "checkpoint", dirs_exist_ok=True)
        if "model_type" not in configuration(folder):
            raise SystemExit(f"error: compare: {name}: not a checkpoint of Hugging Face's transformers")
        return
    (folder / "model.json").write_text(description_of(name))
    if name in twins.MODELS:
        from safetensors.torch import save_file

        (folder / "checkpoint").mkdir(exist_ok=True)
        save_file(twin_of(name).state_dict(), folder / "checkpoint/model.safetensors")
        return
    write_checkpoint(folder / "model.json", folder / "checkpoint", SEED)


def make(name, cache):
    """Makes what is missing of a model; returns its folder."""
    folder = cache / pathlib.Path(name).resolve().name
    if (folder / "expected.npy").exists():
        return folder
    import openvino
    import torch

    print(f"==> Making {name}", flush=True)
    write_inputs(name, folder)
    shape = (1, *picture_shape(folder))
    pictures = np.concatenate([random_input(shape, SEED + i) for i in range(PICTURES)])
    np.save(folder / "pictures.npy", pictures)
    output = output_of(folder)
    with torch.no_grad(), warnings.catch_warnings():
        # The exporter warns about itself and about Python code that it runs only once.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            load_torch(folder, torch.float32),
            (torch.from_numpy(pictures[:1]),),
            str(folder / "model.onnx"),
            input_names=["pixel_values"],
            output_names=[output],
            dynamic_axes={"pixel_values": {0: "batch"}, output: {0: "batch"}},
            opset_version=20,
            dynamo=False,
        )
        openvino.save_model(openvino.convert_model(folder / "model.onnx"), folder / "model.xml", compress_to_fp16=False)
        exact = load_torch(folder, torch.float64)
        expected = torch.cat([exact(torch.from_numpy(pictures[i : i + 1]).double()) for i in range(PICTURES)])
    # Last: its presence says that the folder is complete.
    np.save(folder / "expected.npy", expected.numpy())
    return folder
