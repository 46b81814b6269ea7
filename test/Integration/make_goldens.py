#!/usr/bin/env python3
"""Computes what the bundled architectures must answer, with Hugging Face's library (and torchvision's dense heads) in
double precision.

    test/Integration/make_goldens.py [NAME...]        default: every description in models/ that has its tensor names

For each model: random weights (seed 1, as `vitc --random-weights=1` makes them) are written as a checkpoint, loaded by
transformers as float64, and run on a made-up picture. The outputs land in goldens/NAME.npz, by their names in the
library; maps of the picture's size as every seventh row and column, named NAME/7. Run by hand; needs torch and transformers (2.13.0 and 5.24.0 made what is there) and memory for the largest
model in float64 (7 GB). Running it again with the same versions changes nothing beyond the last bits.
"""

import json
import pathlib
import sys
import tempfile

import numpy as np
import torch
import transformers
from safetensors.torch import load_file, save_file

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools/dev"), str(ROOT / "tools/bench")]
import dense_models  # noqa: E402
import twins  # noqa: E402
import zoo  # noqa: E402
from random_weights import random_input, random_tensor, write_checkpoint  # noqa: E402

SEED = 1
STEP = 7


def dense_outputs_of(name):
    size = int(name.rsplit("_", 1)[1])
    with tempfile.TemporaryDirectory() as directory:
        write_checkpoint(ROOT / f"models/vit_base_patch16_{size}.json", directory, SEED)
        vit = transformers.ViTModel.from_pretrained(directory, dtype=torch.float64, add_pooling_layer=False)
    model = with_random_weights(dense_models.MODELS[name](vit), prefix_of_others="vit.")
    with torch.no_grad():
        logits = model(torch.from_numpy(random_input((1, 3, size, size), SEED)).double())
    return {f"logits/{STEP}": logits[:, :, ::STEP, ::STEP].numpy()}


def with_random_weights(model, prefix_of_others=None):
    """A module in double precision whose tensors are those of --random-weights, but for those with a prefix."""
    model = model.double().eval()
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point() and not (prefix_of_others and name.startswith(prefix_of_others)):
                tensor.copy_(torch.from_numpy(random_tensor(name, tuple(tensor.shape), SEED)))
    return model


def library_model(architecture, configuration, arguments):
    """One of the library's, whose tensors have the names of its files, which those in memory may not have."""
    kind = getattr(transformers, architecture)
    with tempfile.TemporaryDirectory() as directory:
        kind(getattr(transformers, configuration)(**arguments)).save_pretrained(directory)
        file = pathlib.Path(directory) / "model.safetensors"
        tensors = load_file(file)
        for tensor_name, tensor in tensors.items():
            if tensor.is_floating_point():
                tensors[tensor_name] = torch.from_numpy(random_tensor(tensor_name, tuple(tensor.shape), SEED))
        save_file(tensors, file, metadata={"format": "pt"})
        return kind.from_pretrained(directory, dtype=torch.float64).eval()


def module_outputs_of(name):
    """Of a twin, or of one of the library's convolutional networks and hybrids."""
    size = int(name.rsplit("_", 1)[1])
    if name in twins.MODELS:
        model = with_random_weights(twins.MODELS[name]())
    else:
        model = library_model(*zoo.ARCHITECTURES[name])
    with torch.no_grad():
        result = model(torch.from_numpy(random_input((1, 3, size, size), SEED)).double())
    if "pred_boxes" in result:
        return {key: result[key].numpy() for key in ("logits", "pred_boxes")}
    if "predicted_depth" in result:
        return {f"predicted_depth/{STEP}": result.predicted_depth[:, ::STEP, ::STEP].float().numpy()}
    logits = result if name in twins.MODELS else result.logits
    if logits.ndim == 4:
        return {f"logits/{STEP}": logits[:, :, ::STEP, ::STEP].float().numpy()}
    return {"logits": logits.numpy()}


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
        if path.stem in twins.MODELS or path.stem in zoo.ARCHITECTURES:
            outputs = module_outputs_of(path.stem)
        elif "embeddings.patch_embeddings.projection" not in text:
            continue
        elif path.stem in dense_models.MODELS:
            outputs = dense_outputs_of(path.stem)
        else:
            outputs = outputs_of(path, [output["name"] for output in json.loads(text)["outputs"]])
        np.savez(goldens / f"{path.stem}.npz", **outputs)
        print(path.stem, {name: value.shape for name, value in outputs.items()}, flush=True)


if __name__ == "__main__":
    main()
