#!/usr/bin/env python3
"""Makes the directories openclip_*: small models of OpenCLIP with random weights, and what the library computes from them.

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
TRUNK = {"timm_model_name": "vit_base_patch16_siglip_224", "timm_pool": "map", "timm_proj": "none", "image_size": 224}
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


def main():
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
