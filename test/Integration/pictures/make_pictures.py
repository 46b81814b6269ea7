#!/usr/bin/env python3
"""Makes small pictures, and what the libraries' own preprocessing makes of them.

    test/Integration/pictures/make_pictures.py

Run by hand; needs Pillow, transformers, timm, torch and torchvision (13.0.0, 5.24.0, 1.0.31, 2.13.0 and 0.28.0 made what
is there). Running it again with the same versions changes nothing.

    *.png, *.jpg        pictures of many shapes and kinds
    cases.json          the table of cases, see below
    transformers.npz    for each case the pixel values of its pictures: pictures x channels x height x width, f32
    timm.npz            the same for timm

A case says how a checkpoint would describe the model (`config`, and `file` with its contents `processor`), which of all
pictures are taken, that only every `stride`-th row and column is kept, and by how much a pixel value may differ
(`tolerance`, 0: not in one bit). `backend` is that of the library's
processor ("pil" if it is not given). A key of `processor` (of `pretrained_cfg` in timm's cases) without effect on the golden
is refused unless `idle` lists it: a test of a key that does nothing would pass with code that ignores it.
"""

import copy
import io
import json
import pathlib
import sys
import tempfile

import numpy as np
from PIL import Image, ImageOps

ROOT = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(ROOT.parent / "checkpoints"))
sys.path.insert(0, str(ROOT.parents[2] / "tools/dev"))
from common import write_json  # noqa: E402
from make_checkpoints import import_torchvision  # noqa: E402
from make_image_goldens import exif_bytes, pattern  # noqa: E402

import_torchvision()
import timm.data  # noqa: E402
from transformers import AutoImageProcessor  # noqa: E402
from transformers.image_utils import load_image  # noqa: E402

MEAN, STD = [0.4, 0.5, 0.55], [0.2, 0.25, 0.3]
ALL = ["wide.jpg", "tall.png", "tiny.png", "gray.png", "alpha.png", "turned.jpg", "one.png"]


DETR = {"d_model": 8, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2, "num_queries": 2}
DETR |= {"encoder_ffn_dim": 8, "decoder_ffn_dim": 8, "num_labels": 2}
DETR |= {"backbone_config": {"model_type": "resnet", "embedding_size": 8, "hidden_sizes": [8], "depths": [1], "layer_type": "basic"}}
# Small convolutional models, which take pictures of any size.
NETWORKS = {
    "detr": DETR,
    "conditional_detr": DETR,
    "resnet": {"embedding_size": 8, "hidden_sizes": [8], "depths": [1], "layer_type": "basic"},
    "convnext": {"hidden_sizes": [8], "depths": [1], "num_stages": 1},
    "mobilenet_v1": {"depth_multiplier": 0.1},
    "mobilenet_v2": {"depth_multiplier": 0.1},
    "poolformer": {"depths": [1], "hidden_sizes": [8], "num_encoder_blocks": 1},
    "pvt_v2": {"depths": [1], "hidden_sizes": [8], "num_encoder_blocks": 1, "sr_ratios": [1]},
    "segformer": {"depths": [1], "hidden_sizes": [8], "num_encoder_blocks": 1, "sr_ratios": [1]},
    "swin": {"embed_dim": 8, "depths": [1], "num_heads": [1], "window_size": 2, "patch_size": 8},
    "swinv2": {"embed_dim": 8, "depths": [1], "num_heads": [1], "window_size": 2, "patch_size": 8},
    "mobilevit": {"hidden_sizes": [4, 4, 4], "neck_hidden_sizes": [4, 4, 4, 4, 4, 4, 4]},
    "efficientnet": {"width_coefficient": 0.1, "depth_coefficient": 0.5, "hidden_dim": 128, "in_channels": [32]},
}


# On two states of DINOv2.
DEPTH = {"neck_hidden_sizes": [4, 4], "reassemble_factors": [1, 0.5], "fusion_hidden_size": 4, "head_hidden_size": 4}
# One stage of few tokens; for pictures of one size.
LEVIT = {"hidden_sizes": [16, 16], "num_attention_heads": [1], "depths": [1], "down_ops": []}


def make_pictures():
    def save(name, image, **options):
        file = io.BytesIO()
        image.save(file, pathlib.Path(name).suffix[1:].replace("jpg", "jpeg"), **options)
        (ROOT / name).write_bytes(file.getvalue())

    save("wide.jpg", Image.fromarray(pattern(47, 61, 20)), quality=88)
    save("tall.png", Image.fromarray(pattern(70, 23, 21)))
    save("tiny.png", Image.fromarray(pattern(5, 7, 22)))
    save("gray.png", Image.fromarray(pattern(33, 29, 23)).convert("L"))
    save("alpha.png", Image.fromarray(np.dstack([pattern(30, 41, 24), pattern(30, 41, 25)[:, :, 0]])))
    save("turned.jpg", Image.fromarray(pattern(26, 37, 26)), quality=88, exif=exif_bytes(6))
    save("one.png", Image.fromarray(pattern(1, 1, 27)))
    save("exact.png", Image.fromarray(pattern(24, 18, 28)))


def transformer(model_type, size, channels=3, patch=6):
    """The config.json of a small model for pictures of a size."""
    edge = list(size) if size[0] != size[1] else size[0]
    config = {"image_size": edge, "patch_size": patch, "num_channels": channels, "hidden_size": 8, "num_hidden_layers": 1}
    config |= {"num_attention_heads": 2} | ({"mlp_ratio": 2} if model_type in ("dinov2", "dinov2_with_registers", "depth_anything") else {"intermediate_size": 16})
    if model_type == "levit":
        return {"model_type": model_type, "num_channels": channels, "image_size": edge, "patch_size": 16} | ({} if size[0] > 100 else {"patch_size": 12, "stride": 2}) | LEVIT
    if model_type in NETWORKS:
        return {"model_type": model_type, "num_channels": channels} | NETWORKS[model_type]
    if model_type == "depth_anything":
        backbone = {"model_type": "dinov2", "reshape_hidden_states": False, "out_indices": [0, 1]} | config | {"image_size": 2 * patch}
        return {"model_type": model_type, "patch_size": patch, "reassemble_hidden_size": 8, "backbone_config": backbone} | DEPTH
    if model_type == "sam":
        config |= {"mlp_ratio": 2.0, "output_channels": 4, "window_size": 2, "global_attn_indexes": []}
        return {"model_type": model_type, "vision_config": {key: value for key, value in config.items() if key != "intermediate_size"}}
    if model_type in ("clip", "siglip"):
        return {"model_type": model_type, "vision_config": config}
    return {"model_type": model_type} | config


def case(name, model_type, processor, size=(24, 18), *, channels=3, patch=6, file="preprocessor_config.json", **more):
    # Sizes of the defaults are large: their goldens keep a part.
    large = max(size) > 100
    config = transformer(model_type, size, channels, 16 if large else patch)
    more = {"stride": 16} | more if large else more
    return {"name": name, "library": "transformers", "channels": channels, "config": config, "file": file, "processor": processor} | more


# Keys that files have although they say what is so anyway.
OLD = ["do_normalize", "do_resize", "feature_extractor_type", "image_mean", "image_std", "resample"]


def vit_cases():
    size = {"size": {"height": 24, "width": 18}}
    own = {"image_processor_type": "ViTImageProcessor"} | size
    yield case("vit_defaults", "vit", {"image_processor_type": "ViTImageProcessor"}, (224, 224), idle=["image_processor_type"])
    named = ["image_processor_type"]
    yield case("vit_size", "vit", own, idle=named)
    yield case("vit_unnamed", "vit", size)
    yield case("vit_pil", "vit", {"image_processor_type": "ViTImageProcessorPil"} | size, idle=named)
    yield case("vit_fast", "vit", {"image_processor_type": "ViTImageProcessorFast"} | size, idle=named, backend="torchvision")
    for filter in (0, 1, 3, 4, 5):
        yield case(f"vit_resample_{filter}", "vit", own | {"resample": filter}, idle=named)
    old = {"do_normalize": True, "do_resize": True, "feature_extractor_type": "ViTFeatureExtractor", "image_mean": [0.5] * 3}
    old |= {"image_std": [0.5] * 3, "resample": 2, "size": 24}
    yield case("vit_old", "vit", old, (24, 24), idle=OLD)
    yield case("vit_statistics", "vit", own | {"image_mean": MEAN, "image_std": STD}, idle=named)
    yield case("vit_no_rescale", "vit", own | {"do_rescale": False, "image_mean": [100, 110.5, 120], "image_std": [50, 60.1, 70]}, idle=named)
    yield case("vit_no_normalize", "vit", own | {"do_normalize": False}, idle=named)
    yield case("vit_bytes", "vit", own | {"do_rescale": False, "do_normalize": False}, idle=named)
    yield case("vit_factor", "vit", own | {"rescale_factor": 0.00784313725490196}, idle=named)
    yield case("vit_no_resize", "vit", own | {"do_resize": False, "size": 20}, idle=[*named, "size"], pictures=["exact.png"])
    crop = {"size": {"height": 31, "width": 25}, "do_center_crop": True, "crop_size": {"height": 24, "width": 18}}
    yield case("vit_crop", "vit", {"image_processor_type": "ViTImageProcessor"} | crop, idle=named)
    yield case("vit_shortest_edge", "vit", own | {"size": {"shortest_edge": 31}, "do_center_crop": True, "crop_size": 24}, (24, 24), idle=named)
    # null is no default: what it says of a step is that there is none.
    none = {"do_rescale": None, "rescale_factor": None, "do_normalize": None, "image_mean": None, "crop_size": None}
    yield case("vit_null", "vit", own | none, idle=[*named, "image_mean", "rescale_factor", "crop_size"])
    yield case("vit_gray", "vit", own | {"image_mean": [0.4], "image_std": [0.3]}, channels=1, idle=named)
    yield case("vit_other_processor", "vit", own | {"image_processor_type": "CLIPImageProcessor", "do_center_crop": False})


def deit_cases():
    yield case("deit_defaults", "deit", {"image_processor_type": "DeiTImageProcessor"}, (224, 224), idle=["image_processor_type"])
    yield case("deit_unnamed", "deit", {"size": {"height": 31, "width": 29}, "crop_size": {"height": 24, "width": 18}})
    old = {"feature_extractor_type": "DeiTFeatureExtractor", "size": 30, "crop_size": 24, "do_center_crop": True, "resample": 3}
    yield case("deit_old", "deit", old, (24, 24), idle=["feature_extractor_type", "do_center_crop", "resample"])
    yield case("deit_no_crop", "deit", {"size": 24, "do_center_crop": False}, (24, 24))


def beit_cases():
    yield case("beit_defaults", "beit", {"image_processor_type": "BeitImageProcessor"}, (224, 224), idle=["image_processor_type"])
    yield case("beit_crop", "beit", {"do_center_crop": True, "size": {"height": 250, "width": 260}}, (224, 224))
    fast = {"image_processor_type": "BeitImageProcessorFast", "size": {"height": 24, "width": 18}, "do_center_crop": None, "crop_size": None}
    yield case("beit_fast", "beit", fast | {"do_reduce_labels": None, "do_pad": None}, backend="torchvision", idle=[*fast, "do_reduce_labels", "do_pad"])
    old = {"feature_extractor_type": "BeitFeatureExtractor", "size": 24, "crop_size": 16, "do_center_crop": False, "resample": 2}
    yield case("beit_old", "beit", old, (24, 24), idle=["feature_extractor_type", "crop_size", "do_center_crop"])
    yield case("data2vec_unnamed", "data2vec-vision", {"size": 30, "do_center_crop": True, "crop_size": 24}, (24, 24))


def clip_cases():
    named = ["image_processor_type"]
    yield case("clip_defaults", "clip_vision_model", {"image_processor_type": "CLIPImageProcessor"}, (224, 224), idle=named)
    old = {"feature_extractor_type": "CLIPFeatureExtractor", "size": 24, "crop_size": 24, "do_center_crop": True, "resample": 3}
    yield case("clip_old", "clip_vision_model", old, (24, 24), idle=["feature_extractor_type", "do_center_crop", "resample"])
    yield case("clip_fast", "clip_vision_model", {"image_processor_type": "CLIPImageProcessorFast", "size": {"shortest_edge": 27}, "crop_size": {"height": 24, "width": 24}, "do_convert_rgb": True}, (24, 24), backend="torchvision", idle=[*named, "do_convert_rgb"])
    # What was cropped is larger than the picture: zeros around it.
    yield case("clip_pad", "clip", {"size": {"shortest_edge": 17}, "crop_size": 24}, (24, 24))
    yield case("clip_square", "clip", {"size": {"height": 24, "width": 24}, "do_center_crop": False}, (24, 24))
    whole = {"image_processor": {"image_processor_type": "CLIPImageProcessor", "size": {"shortest_edge": 25}, "crop_size": 24}, "processor_class": "CLIPProcessor"}
    yield case("clip_nested", "clip_vision_model", whole, (24, 24), file="processor_config.json", idle=named)


def siglip_cases():
    named = ["image_processor_type"]
    yield case("siglip_defaults", "siglip_vision_model", {"image_processor_type": "SiglipImageProcessor"}, (224, 224), idle=named)
    yield case("siglip_unnamed", "siglip", {"size": {"height": 24, "width": 24}, "resample": 2}, (24, 24))


def bit_cases():
    named = ["image_processor_type"]
    yield case("bit_defaults", "dinov2", {"image_processor_type": "BitImageProcessor"}, (224, 224), idle=named)
    # The picture's size is the processor's to say, not image_size's.
    bit = {"size": {"shortest_edge": 31}, "crop_size": {"height": 24, "width": 18}, "image_mean": MEAN, "image_std": STD}
    yield case("bit_unnamed", "dinov2", bit, (18, 18))
    yield case("bit_resample", "dinov2_with_registers", {"image_processor_type": "BitImageProcessorFast"} | bit | {"resample": 2}, (24, 24), backend="torchvision", idle=named)


def dinov3_cases():
    """Its processor exists on torchvision only; it resizes real numbers. These reach 2.7 (one in the last place is 2.4e-7),
    and torch adds the terms in the order that suits its vectors: seen are differences up to 2.4e-6."""
    named = ["image_processor_type"]
    near = {"tolerance": 5e-6}
    own = {"image_processor_type": "DINOv3ViTImageProcessorFast", "size": {"height": 24, "width": 18}}
    yield case("dinov3_defaults", "dinov3_vit", {"image_processor_type": "DINOv3ViTImageProcessor"}, (224, 224), idle=named, **near)
    yield case("dinov3_size", "dinov3_vit", own | {"default_to_square": True, "do_center_crop": None, "crop_size": None}, idle=[*named, "default_to_square", "do_center_crop", "crop_size"], **near)
    for filter in (0, 1, 3):
        yield case(f"dinov3_resample_{filter}", "dinov3_vit", own | {"resample": filter}, idle=named, **near)
    yield case("dinov3_statistics", "dinov3_vit", own | {"image_mean": MEAN, "image_std": STD, "rescale_factor": 0.0078}, idle=named, **near)
    yield case("dinov3_no_normalize", "dinov3_vit", own | {"do_normalize": False}, idle=named, **near)
    yield case("dinov3_crop", "dinov3_vit", {"size": {"shortest_edge": 31}, "do_center_crop": True, "crop_size": {"height": 24, "width": 30}}, **near)
    yield case("dinov3_pad", "dinov3_vit", {"size": {"height": 17, "width": 30}, "do_center_crop": True, "crop_size": 24}, (24, 24), **near)
    yield case("dinov3_no_resize", "dinov3_vit", own | {"do_resize": False, "size": 20}, (24, 18), idle=[*named, "size"], pictures=["exact.png"], **near)


def yolos_cases():
    """What pictures become depends on them: a model is compiled for those of one shape."""
    sized = {"size": {"shortest_edge": 40, "longest_edge": 90}}
    own = {"image_processor_type": "YolosImageProcessor"} | sized
    idle = ["image_processor_type", "do_pad"]
    for name, size in (("wide.jpg", (32, 48)), ("tall.png", (80, 16)), ("turned.jpg", (48, 32)), ("alpha.png", (32, 48))):
        yield case(f"yolos_{name[:-4]}", "yolos", own | {"do_pad": True}, size, pictures=[name], patch=8, idle=idle)
    yield case("yolos_bytes", "yolos", sized | {"do_rescale": False, "do_normalize": False}, (32, 48), pictures=["wide.jpg"], patch=8)
    old = {"feature_extractor_type": "YolosFeatureExtractor", "size": 40, "max_size": 45, "format": "coco_detection"}
    yield case("yolos_old", "yolos", old | {"image_mean": MEAN, "image_std": STD}, (32, 32), pictures=["wide.jpg", "turned.jpg", "alpha.png"], patch=8, idle=["feature_extractor_type", "format"])
    yield case("yolos_exact", "yolos", {"size": {"height": 24, "width": 18}}, patch=6)
    yield case("yolos_resized", "yolos", own, (32, 32), pictures=["wide.jpg"], patch=8, idle=idle, options=["--image-size=32x48"])


def detr_cases():
    """Pictures are padded to what the model takes, as the library pads them to a size or to the largest of a batch."""
    own = {"image_processor_type": "DetrImageProcessor", "size": {"shortest_edge": 40, "longest_edge": 90}}
    named = ["image_processor_type"]
    padded = own | {"pad_size": {"height": 96, "width": 100}}
    some = ["wide.jpg", "tall.png", "turned.jpg", "alpha.png", "gray.png", "one.png"]
    yield case("detr_padded", "detr", padded, pictures=some, idle=named)
    fits = own | {"do_pad": True}
    yield case("detr_fits", "detr", fits, pictures=["wide.jpg"], idle=[*named, "do_pad"], options=["--image-size=40x51"])
    old = {"feature_extractor_type": "DetrFeatureExtractor", "size": 40, "max_size": 45, "format": "coco_detection", "pad_size": {"height": 45, "width": 45}}
    yield case("detr_old", "detr", old | {"image_mean": MEAN, "image_std": STD}, pictures=some, idle=["feature_extractor_type", "format"])
    bytes_ = padded | {"do_rescale": False, "image_mean": [100, 110.5, 120], "image_std": [50, 60.1, 70]}
    yield case("conditional_detr_exact", "conditional_detr", {"size": {"height": 24, "width": 18}, "pad_size": {"height": 30, "width": 20}})
    yield case("detr_levels", "detr", bytes_, pictures=some, idle=named)
    fast = {"image_processor_type": "DetrImageProcessorFast"}
    yield case("torchvision_detr", "detr", padded | fast, pictures=["wide.jpg", "tall.png"], backend="torchvision", idle=named)


def sam_cases():
    """The longest edge, and zeros at the bottom and right."""
    named = ["image_processor_type"]
    own = {"image_processor_type": "SamImageProcessor"}
    sized = {"size": {"longest_edge": 20}, "pad_size": {"height": 24, "width": 24}}
    yield case("sam_defaults", "sam", own, (1024, 1024), idle=named)
    yield case("sam_size", "sam", own | sized | {"image_mean": MEAN, "image_std": STD, "do_pad": True, "mask_size": {"longest_edge": 6}}, (24, 24), idle=[*named, "do_pad", "mask_size"])
    yield case("sam_fast", "sam", {"image_processor_type": "SamImageProcessorFast"} | sized, (24, 24), backend="torchvision", idle=named)
    yield case("sam_exact", "sam", {"do_resize": False, "do_rescale": False, "do_normalize": False} | {"pad_size": sized["pad_size"]}, (24, 24), pictures=["exact.png", "tiny.png"])


def network_cases():
    """Processors that leave a margin around what they take, each in its own way."""
    named = ["image_processor_type"]
    fast = {"backend": "torchvision"}
    convnext, margin = {"image_processor_type": "ConvNextImageProcessor"}, {"size": {"shortest_edge": 24}, "crop_pct": 0.7}
    yield case("convnext_defaults", "convnext", convnext, (384, 384), idle=named)
    yield case("convnext_margin", "convnext", convnext | margin, idle=named)
    yield case("convnext_fast", "convnext", {"image_processor_type": "ConvNextImageProcessorFast"} | margin, idle=named, **fast)
    yield case("convnext_large", "convnext", {"size": {"shortest_edge": 390}, "crop_pct": 0.7}, (390, 390), idle=["crop_pct"])
    old = {"feature_extractor_type": "ConvNextFeatureExtractor", "size": 24, "crop_pct": 0.875, "resample": 3, "image_mean": MEAN, "image_std": STD}
    yield case("resnet_old", "resnet", old, idle=["feature_extractor_type", "crop_pct", "resample"])
    for version in ("1", "2"):
        own = {"image_processor_type": f"MobileNetV{version}ImageProcessor"}
        yield case(f"mobilenet_v{version}_defaults", f"mobilenet_v{version}", own, (224, 224), idle=named)
        yield case(f"mobilenet_v{version}_size", f"mobilenet_v{version}", {"size": {"shortest_edge": 31}, "crop_size": {"height": 24, "width": 18}})
    pooled = {"image_processor_type": "PoolFormerImageProcessor"}
    yield case("poolformer_defaults", "poolformer", pooled, (224, 224), idle=named)
    yield case("poolformer_size", "poolformer", {"size": {"shortest_edge": 24}, "crop_pct": 0.7, "crop_size": {"height": 24, "width": 18}})
    old = {"feature_extractor_type": "PoolFormerFeatureExtractor", "size": 24, "crop_pct": 0.9, "crop_size": {"height": 24, "width": 24}}
    yield case("poolformer_old", "poolformer", old, idle=["feature_extractor_type", "crop_pct"])
    yield case("poolformer_both", "poolformer", {"size": {"height": 24, "width": 18}, "crop_pct": 0.8, "crop_size": {"height": 24, "width": 18}})
    yield case("poolformer_fast", "poolformer", {"image_processor_type": "PoolFormerImageProcessorFast", "size": 24, "crop_size": 24}, idle=named, **fast)
    yield case("levit_defaults", "levit", {"image_processor_type": "LevitImageProcessor"}, (224, 224), idle=named)
    yield case("levit_size", "levit", {"size": {"shortest_edge": 24}, "crop_size": 24}, (24, 24))
    yield case("levit_both", "levit", {"size": {"height": 30, "width": 27}, "crop_size": 24, "do_normalize": False}, (24, 24))
    yield case("pvt_v2_defaults", "pvt_v2", {"image_processor_type": "PvtImageProcessor"}, (224, 224), idle=named)
    yield case("pvt_v2_size", "pvt_v2", {"size": {"height": 24, "width": 18}})
    # Their processor is ViT's.
    yield case("swin_size", "swin", {"size": {"height": 24, "width": 18}, "resample": 3})
    yield case("swinv2_defaults", "swinv2", {"image_processor_type": "ViTImageProcessor"}, (224, 224), pictures=["gray.png"], idle=named)
    segformer = {"image_processor_type": "SegformerImageProcessor"}
    yield case("segformer_defaults", "segformer", segformer, (512, 512), pictures=["tiny.png"], idle=named)
    yield case("segformer_size", "segformer", {"size": {"height": 24, "width": 18}})
    yield case("segformer_labels", "segformer", {"image_processor_type": "SegformerImageProcessorFast", "size": 24, "do_reduce_labels": True, "image_mean": MEAN, "image_std": STD}, (24, 24), idle=[*named, "do_reduce_labels"], **fast)
    old = {"feature_extractor_type": "SegformerFeatureExtractor", "size": 24, "reduce_labels": True}
    yield case("segformer_old", "segformer", old, (24, 24), idle=["feature_extractor_type", "reduce_labels"])
    mobile = {"image_processor_type": "MobileViTImageProcessor", "do_flip_channel_order": False}
    yield case("mobilevit_defaults", "mobilevit", mobile, (256, 256), idle=named)
    flipped = {"image_processor_type": "MobileViTImageProcessor", "size": {"shortest_edge": 31}, "crop_size": {"height": 24, "width": 18}}
    yield case("mobilevit_flipped", "mobilevit", flipped, idle=named)
    yield case("mobilevit_size", "mobilevit", {"size": {"shortest_edge": 31}, "crop_size": {"height": 24, "width": 18}, "resample": 2, "do_flip_channel_order": False, "do_normalize": True, "image_mean": MEAN}, idle=["do_normalize", "image_mean"])
    efficient, sized = {"image_processor_type": "EfficientNetImageProcessor"}, {"size": {"height": 24, "width": 18}}
    yield case("efficientnet_defaults", "efficientnet", efficient, (346, 346), idle=named)
    yield case("efficientnet_top", "efficientnet", sized | {"image_mean": MEAN, "image_std": STD, "resample": 0})
    yield case("efficientnet_no_top", "efficientnet", sized | {"include_top": False, "do_center_crop": True, "crop_size": 17})
    offset = {"rescale_offset": True, "rescale_factor": 0.00784313725490196}
    yield case("efficientnet_offset", "efficientnet", sized | offset)
    yield case("efficientnet_only_top", "efficientnet", sized | offset | {"do_normalize": False, "image_std": STD})
    yield case("efficientnet_fast", "efficientnet", {"image_processor_type": "EfficientNetImageProcessorFast"} | sized, idle=named, **fast)
    yield case("efficientnet_offset_fast", "efficientnet", sized | offset | {"use_fast": True}, idle=["use_fast"], **fast)


def depth_cases():
    named = {"idle": ["image_processor_type"]}
    own = {"image_processor_type": "DPTImageProcessor"}
    yield case("dpt_defaults", "depth_anything", own, (384, 384), **named)
    # Down, and up, to multiples.
    yield case("dpt_multiple", "depth_anything", own | {"size": {"height": 26, "width": 16}, "ensure_multiple_of": 6, "resample": 2}, (24, 18), patch=3, **named)
    more = {"keep_aspect_ratio": False, "do_pad": False, "size_divisor": None, "ensure_multiple_of": 1}
    yield case("dpt_square", "depth_anything", more | {"size": 24, "image_mean": MEAN, "image_std": STD}, (24, 24), idle=[*more])
    # The side that changes less decides: the height, the width.
    ratio = own | {"size": {"height": 42, "width": 42}, "ensure_multiple_of": 6, "keep_aspect_ratio": True}
    for file, size in (("wide.jpg", (42, 54)), ("tall.png", (42, 12)), ("turned.jpg", (36, 24))):
        ratio = ratio | {"size": {"height": size[0], "width": size[0]}}
        yield case(f"dpt_ratio_{file.split('.')[0]}", "depth_anything", ratio, size, patch=3, pictures=[file], options=["--image-size={}x{}".format(*size)], **named)
    ratio = ratio | {"size": {"height": 30, "width": 24}}
    yield case("dpt_ratio_width", "depth_anything", ratio, (72, 24), patch=3, pictures=["tall.png"], options=["--image-size=72x24"], **named)
    fast = {"image_processor_type": "DPTImageProcessorFast", "size": {"height": 17, "width": 23}, "ensure_multiple_of": 6}
    yield case("dpt_fast", "depth_anything", fast, (18, 24), backend="torchvision", **named)


def timm_case(name, size, pretrained, channels=3, idle=(), **more):
    config = {"architecture": "vit_tiny_patch16_224", "num_classes": 0}
    config["model_args"] = {"patch_size": 6, "embed_dim": 8, "depth": 1, "num_heads": 2} | ({"in_chans": channels} if channels != 3 else {})
    config["pretrained_cfg"] = {"input_size": [channels, *size], "fixed_input_size": True} | pretrained
    return {"name": name, "library": "timm", "channels": channels, "config": config, "idle": ["input_size", "fixed_input_size", *idle]} | more


def timm_cases():
    square, wide, tall = (24, 24), (18, 30), (24, 18)
    yield timm_case("timm_defaults", square, {})
    yield timm_case("timm_all", square, {"crop_pct": 0.7, "interpolation": "bilinear", "mean": MEAN, "std": STD})
    for filter in ("nearest", "box", "hamming", "lanczos"):
        yield timm_case(f"timm_{filter}", square, {"interpolation": filter})
    yield timm_case("timm_whole", square, {"crop_pct": 1.0, "crop_mode": "center"}, idle=["crop_mode"])
    yield timm_case("timm_squash", wide, {"crop_pct": 0.9, "crop_mode": "squash"})
    yield timm_case("timm_squash_whole", tall, {"crop_pct": 1.0, "crop_mode": "squash"})
    # Other sizes than square: the smallest picture that covers them, and its middle.
    yield timm_case("timm_tall", tall, {"crop_pct": 0.95, "interpolation": "bilinear"})
    yield timm_case("timm_wide", wide, {"crop_pct": 1.0})
    # The whole picture on a ground of the mean colour.
    yield timm_case("timm_border", square, {"crop_mode": "border", "mean": MEAN, "std": STD})
    yield timm_case("timm_border_whole", wide, {"crop_pct": 1.0, "crop_mode": "border", "interpolation": "bilinear"})
    yield timm_case("timm_border_gray", tall, {"crop_pct": 0.8, "crop_mode": "border", "mean": [0.4], "std": [0.3]}, 1)
    # Models for pictures of another size than the checkpoint's.
    yield timm_case("timm_resized", square, {"interpolation": "bilinear"}, options=["--image-size=18x18"])
    yield timm_case("timm_resized_tall", square, {"crop_pct": 0.9}, options=["--image-size=30x18"])
    yield timm_case("timm_resized_border", square, {"crop_mode": "border"}, options=["--image-size=18x30"])
    yield timm_case("timm_gray", square, {"mean": [0.4], "std": [0.3]}, 1)


def torchvision_cases():
    """Files that name the processors on torchvision, and the option that asks for them."""
    size, crop = {"size": {"height": 24, "width": 18}}, {"size": {"shortest_edge": 31}, "do_center_crop": True, "crop_size": {"height": 24, "width": 18}}
    fast = {"backend": "torchvision", "idle": ["image_processor_type"]}
    yield case("torchvision_defaults", "vit", {"image_processor_type": "ViTImageProcessorFast"}, (224, 224), **fast)
    for filter in (0, 1, 3):
        yield case(f"torchvision_resample_{filter}", "vit", {"image_processor_type": "ViTImageProcessorFast", "resample": filter} | size, **fast)
    yield case("torchvision_statistics", "vit", {"image_processor_type": "ViTImageProcessorFast", "image_mean": MEAN, "image_std": STD, "rescale_factor": 0.0078} | size, **fast)
    yield case("torchvision_no_rescale", "vit", {"image_processor_type": "ViTImageProcessorFast", "do_rescale": False} | size, **fast)
    yield case("torchvision_no_normalize", "vit", {"image_processor_type": "ViTImageProcessorFast", "do_normalize": False} | size, **fast)
    yield case("torchvision_bytes", "vit", {"image_processor_type": "ViTImageProcessorFast", "do_rescale": False, "do_normalize": False} | size, **fast)
    yield case("torchvision_crop", "vit", {"image_processor_type": "ViTImageProcessorFast"} | crop, **fast)
    # Zeros around a picture that is smaller than the cut, by an odd number of pixels; and in one direction only.
    yield case("torchvision_pad", "clip", {"size": {"shortest_edge": 17}, "crop_size": 24, "use_fast": True}, (24, 24), backend="torchvision", idle=["use_fast"])
    yield case("torchvision_pad_one", "vit", {"size": {"height": 17, "width": 31}, "do_center_crop": True, "crop_size": 24, "backend": "torchvision"}, (24, 24), backend="torchvision", idle=["backend"])
    yield case("torchvision_deit", "deit", {"image_processor_type": "DeiTImageProcessorFast", "size": 30, "crop_size": 24}, (24, 24), **fast)
    yield case("torchvision_siglip", "siglip_vision_model", {"image_processor_type": "SiglipImageProcessor", "size": {"height": 24, "width": 24}, "backend": "torchvision"}, (24, 24), backend="torchvision", idle=["image_processor_type", "backend"])
    yolos = {"image_processor_type": "YolosImageProcessorFast", "size": {"shortest_edge": 40, "longest_edge": 90}}
    yield case("torchvision_yolos", "yolos", yolos, (32, 48), pictures=["wide.jpg"], patch=8, **fast)
    yield case("torchvision_gray", "vit", {"image_processor_type": "ViTImageProcessorFast", "image_mean": [0.4], "image_std": [0.3]} | size, channels=1, **fast)
    # What the option says goes before what the file says.
    yield case("torchvision_option", "vit", {"image_processor_type": "ViTImageProcessor"} | size, backend="torchvision", idle=["image_processor_type"], options=["--resize=torchvision"])
    yield case("pillow_option", "vit", {"image_processor_type": "ViTImageProcessorFast"} | size, idle=["image_processor_type"], options=["--resize=pillow"])
    # The more definite key decides.
    yield case("pillow_use_fast", "vit", {"image_processor_type": "ViTImageProcessorFast", "use_fast": False} | size, idle=["image_processor_type", "use_fast"])
    yield case("pillow_backend", "vit", {"use_fast": True, "backend": "pil"} | size, idle=["use_fast", "backend"])


def cases():
    for some in (vit_cases, deit_cases, beit_cases, clip_cases, siglip_cases, bit_cases, dinov3_cases, yolos_cases, detr_cases, sam_cases, torchvision_cases, network_cases, depth_cases, timm_cases):
        yield from some()


def opened(case):
    """The case's pictures as the library's own loading gives them, or gray for a model of gray pictures."""
    for name in case.get("pictures", ALL):
        if case["channels"] == 1:
            yield ImageOps.exif_transpose(Image.open(ROOT / name)).convert("L")
        else:
            yield load_image(str(ROOT / name))


def processed(case):
    """What the library makes of the pictures."""
    if case["library"] == "timm":
        pretrained = case["config"]["pretrained_cfg"]
        options = {}
        for option in case.get("options", []):
            height, width = option.removeprefix("--image-size=").split("x")
            options["input_size"] = (case["channels"], int(height), int(width))
        transform = timm.data.create_transform(**timm.data.resolve_data_config(options, pretrained_cfg=pretrained))
        arrays = [transform(image).numpy() for image in opened(case)]
    else:
        with tempfile.TemporaryDirectory() as directory:
            write_json(pathlib.Path(directory) / "config.json", case["config"])
            # The library takes the word of its caller only, and no file that has this key.
            write_json(pathlib.Path(directory) / case["file"], {key: value for key, value in case["processor"].items() if key != "backend"})
            processor = AutoImageProcessor.from_pretrained(directory, backend=None if case["config"]["model_type"] == "dinov3_vit" else case.get("backend", "pil"))
        arrays = [np.asarray(processor(image)["pixel_values"][0]) for image in opened(case)]
    stride = case.get("stride", 1)
    return np.stack([array.astype(np.float32)[:, ::stride, ::stride] for array in arrays])


def settings(case):
    """The object whose keys a case is about."""
    if case["library"] == "timm":
        return case["config"]["pretrained_cfg"]
    return case["processor"].get("image_processor", case["processor"])


def check_keys(case, golden):
    """Every key must matter."""
    for key in set(settings(case)) - set(case.get("idle", [])):
        other = copy.deepcopy(case)
        del settings(other)[key]
        try:
            changed = processed(other)
        except (ValueError, RuntimeError):
            continue
        if changed.shape == golden.shape and np.array_equal(changed, golden):
            raise SystemExit(f"{case['name']}: '{key}' has no effect")


def main():
    make_pictures()
    table, goldens = list(cases()), {"transformers": {}, "timm": {}}
    for case in table:
        golden = processed(case)
        check_keys(case, golden)
        goldens[case["library"]][case["name"]] = golden
        print(case["name"], golden.shape, flush=True)
    write_json(ROOT / "cases.json", table)
    for library, arrays in goldens.items():
        np.savez_compressed(ROOT / f"{library}.npz", **arrays)


if __name__ == "__main__":
    main()
