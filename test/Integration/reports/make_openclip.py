#!/usr/bin/env python3
"""Makes the directories openclip_*: small models of OpenCLIP with random weights, and what the library computes from them;
in ../openclip the same for towers that are models of timm, which cannot be small: their weights are made by the test.

Run by hand; needs torch and open_clip_torch (2.13.0 and 3.3.0 made what is there).
"""

import json
import pathlib
import sys

import numpy as np
import torch

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT.parent / "checkpoints"))
from make_checkpoints import import_torchvision  # noqa: E402

import_torchvision()
import common  # noqa: E402
from open_clip.model import CLIP, CustomTextCLIP  # noqa: E402
from safetensors.torch import save_file  # noqa: E402

TEXT = {"context_length": 4, "vocab_size": 8, "width": 8, "heads": 2, "layers": 1}
SMALL = {"image_size": 24, "patch_size": 6, "width": 24, "head_width": 12, "layers": 2, "mlp_ratio": 1.5}
PICTURES = {"mean": [0.5, 0.4, 0.3], "std": [0.3, 0.2, 0.1], "interpolation": "bicubic", "resize_mode": "shortest"}
CASES = {
    "openclip_quick_gelu": ({"embed_dim": 10, "quick_gelu": True, "vision_cfg": SMALL, "text_cfg": TEXT}, PICTURES),
    "openclip_average": (
        {
            "embed_dim": 10,
            "vision_cfg": SMALL | {"pool_type": "avg", "final_ln_after_pool": True, "ls_init_value": 0.1, "layers": 1},
        }
        | {"text_cfg": TEXT},
        PICTURES | {"resize_mode": "squash"},
    ),
    "openclip_no_norm": (
        {
            "embed_dim": 10,
            "vision_cfg": SMALL | {"no_ln_pre": True, "norm_kwargs": {"eps": 1e-6}, "layers": 1},
            "text_cfg": TEXT,
        },
        {},
    ),
}
# Towers: those of EVA-02 and the perception encoder have their projection as classifier, SigLIP's none, others a layer of OpenCLIP's.
TOWERS = {
    "vit": {"timm_model_name": "test_vit2", "timm_pool": "", "timm_proj": "linear", "timm_proj_bias": True, "image_size": 224},
    "vit_token": {"timm_model_name": "test_vit", "timm_pool": "token", "timm_proj": None, "image_size": 224},
    "siglip": {"timm_model_name": "test_vit3", "timm_pool": "map", "timm_proj": "none", "image_size": 160},
    "eva02": {"timm_model_name": "eva02_tiny_patch14_224", "timm_pool": "token", "timm_proj": None, "image_size": 224},
    "eva02_average": {"timm_model_name": "eva02_tiny_patch14_224", "image_size": 224},
    "pe_core": {"timm_model_name": "vit_pe_core_tiny_patch16_384", "timm_pool": "map", "timm_proj": None, "image_size": 384},
    "convnext": {"timm_model_name": "test_convnext", "timm_pool": "", "timm_proj": "linear", "image_size": 64},
    "convnext_mlp": {"timm_model_name": "test_convnext2", "timm_pool": "", "timm_proj": "mlp", "image_size": 64},
}
# Of the pooled features, which there is no projection behind.
FEATURES = {"siglip": 96}


def make_towers():
    table = {}
    for name, tower in TOWERS.items():
        cfg = {"embed_dim": FEATURES.get(name, 10), "vision_cfg": tower, "text_cfg": TEXT}
        model = CustomTextCLIP(**cfg)
        common.fill(f"openclip/{name}", model.visual)
        tensors = {}
        for prefix, module in model.visual.named_modules():
            for kind, parameter in module.named_parameters(recurse=False):
                path = f"{prefix}.{kind}"
                tensors[path] = [list(parameter.shape), *common.distribution(module, path, parameter)]
        model = model.double().eval()
        size = tower["image_size"]
        with torch.no_grad():
            pixels = common.picture(f"openclip/{name}", 3, (size, size))
            embeds = model.encode_image(torch.from_numpy(pixels).double()).numpy()
        table[name] = {"model_cfg": cfg, "tensors": tensors}
        np.save(ROOT.parent / f"openclip/{name}.npy", embeds)
        print(name, sum(parameter.numel() for parameter in model.visual.parameters()), embeds.std(), flush=True)
    (ROOT.parent / "openclip/towers.json").write_text(
        "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(entry)}" for name, entry in table.items()) + "\n}\n"
    )


def main():
    make_towers()
    for name, (model_cfg, pictures) in CASES.items():
        kind = CustomTextCLIP if model_cfg.get("custom_text") else CLIP
        model = kind(**{key: value for key, value in model_cfg.items() if key != "custom_text"})
        common.fill(name, model)
        for path, parameter in model.visual.named_parameters():
            if "embedding" in path or path == "proj":
                values = torch.from_numpy(common.random_array(name, path, parameter.shape, 0, 0.7))
                parameter.data.copy_(values)
        model = model.double().eval()
        size = model_cfg["vision_cfg"]["image_size"]
        pixels = common.picture(name, 3, (size, size))
        with torch.no_grad():
            embeds = model.encode_image(torch.from_numpy(pixels).double()).numpy()
        directory = ROOT / name / "checkpoint"
        (ROOT / name / "expect").mkdir(parents=True, exist_ok=True)
        directory.mkdir(exist_ok=True)
        tensors = {
            key: value.float().contiguous() for key, value in model.state_dict().items() if value.is_floating_point()
        }
        save_file(tensors, directory / "open_clip_model.safetensors", {"format": "pt"})
        config = {"model_cfg": model_cfg} | ({"preprocess_cfg": pictures} if pictures else {})
        common.write_json(directory / "open_clip_config.json", config)
        np.save(ROOT / name / "x.npy", pixels.astype(np.float32))
        np.save(ROOT / name / "expect/image_embeds.npy", embeds.astype(np.float32))
        case = {"name": name, "args": [], "tolerance": {"image_embeds": 1e-5}}
        (ROOT / name / "case.json").write_text(json.dumps(case, indent=1) + "\n")


if __name__ == "__main__":
    main()
