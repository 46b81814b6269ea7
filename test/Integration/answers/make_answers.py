#!/usr/bin/env python3
"""Makes small checkpoints, and what the library's processors answer about pictures.

    test/Integration/answers/make_answers.py

Run by hand; needs Pillow, transformers, torch (13.0.0, 5.24.0 and 2.13.0 made what is there). The models compute in
float64, the processors in float32 as they do in a pipeline.

    NAME/               a checkpoint with its processor, random weights
    depth_*.json        descriptions whose output is a depth; their weights are in depth.safetensors
    goldens.npz         NAME/PICTURE: classes of pixels (height x width), boxes (label, score, four sides) or depths
"""

import json
import pathlib
import sys

import numpy as np
import torch
from PIL import Image, ImageOps
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "checkpoints"))
from make_checkpoints import import_torchvision  # noqa: E402

import_torchvision()
import transformers  # noqa: E402

PICTURES = ["wide.jpg", "tall.png", "turned.jpg"]
THRESHOLD = 0.3


def picture(name):
    return ImageOps.exif_transpose(Image.open(HERE.parent / "pictures" / name)).convert("RGB")


def labels(count):
    return {"id2label": {i: f"thing {i}" for i in range(count)}, "label2id": {f"thing {i}": i for i in range(count)}}


def randomise(model, scale):
    """What the library leaves at 0 or 1 is drawn too; `scale` widens all matrices, so that classes differ."""
    for name, parameter in list(model.named_parameters()) + list(model.named_buffers()):
        if not parameter.is_floating_point():
            continue
        if name.endswith("running_var"):
            torch.nn.init.uniform_(parameter, 0.5, 1.5)
        elif parameter.ndim > 1:
            torch.nn.init.normal_(parameter, 0, scale / parameter[0].numel() ** 0.5)
        else:
            torch.nn.init.normal_(parameter, 1 if name.endswith("weight") else 0, 0.2)
    # Files of f16 are half as large; the model that answers has the same numbers.
    return model.half().double().eval()


def write(name, model, processor):
    model.half().save_pretrained(HERE / name)
    processor.save_pretrained(HERE / name)
    attention = {"attn_implementation": "eager"} if "Detr" in type(model).__name__ else {}
    return type(model).from_pretrained(HERE / name, dtype=torch.float64, **attention).eval()


def outputs_of_pictures(model, processor):
    for file in PICTURES:
        image = picture(file)
        inputs = processor(image, return_tensors="pt")
        mask = {"pixel_mask": inputs["pixel_mask"]} if "Detr" in type(model).__name__ else {}
        with torch.no_grad():
            yield file, image, model(inputs["pixel_values"].double(), **mask)


def segments(name, model, processor):
    model = write(name, randomise(model, 3), processor)
    for file, image, outputs in outputs_of_pictures(model, processor):
        outputs.logits = outputs.logits.float()
        (classes,) = processor.post_process_semantic_segmentation(outputs, target_sizes=[(image.height, image.width)])
        yield f"{name}/{file}", classes.to(torch.uint8).numpy()


def boxes(name, model, processor):
    # Wide matrices behind another make scores of attention of which f32 knows few digits.
    model = write(name, randomise(model, 1 if type(model).__name__.startswith("Detr") else 2), processor)
    for file, image, outputs in outputs_of_pictures(model, processor):
        (found,) = processor.post_process_object_detection(outputs, threshold=THRESHOLD, target_sizes=[(image.height, image.width)])
        yield f"{name}/{file}", torch.cat([found["labels"][:, None].double(), found["scores"][:, None], found["boxes"]], 1).numpy()


def estimated(name, model, processor):
    model = write(name, randomise(model, 1), processor)
    for file, image, outputs in outputs_of_pictures(model, processor):
        if outputs.predicted_depth.std() < 0.1 * outputs.predicted_depth.max():
            raise SystemExit(f"{name}: the depth hardly varies")
        outputs.predicted_depth = outputs.predicted_depth.float()
        (found,) = processor.post_process_depth_estimation(outputs, target_sizes=[(image.height, image.width)])
        yield f"{name}/{file}", found["predicted_depth"].numpy()


def depths():
    weight = torch.randn(1, 3, 4, 4).half().double() / 4
    save_file({"weight": weight.half()}, HERE / "depth.safetensors")
    for filter in ("bicubic", "bilinear"):
        description = {
            "version": 2, "name": f"depth_{filter}", "weights": "depth.safetensors",
            "inputs": [{"name": "pixel_values", "size": [36, 44], "preprocessing": [
                {"step": "resize", "size": [36, 44], "filter": "bilinear"}, {"step": "rescale", "factor": 1 / 255}]}],
            "nodes": [{"name": "map", "op": "conv2d", "out_channels": 1, "kernel_size": 4, "stride": 4, "parameters": {"weight": "weight"}},
                      {"name": "depth", "op": "reshape", "shape": [9, 11]}],
            "outputs": [{"name": "predicted_depth", "from": "depth"}],
            "postprocessing": {"kind": "depth", "output": "predicted_depth", **({"filter": filter} if filter != "bicubic" else {})}}
        (HERE / f"depth_{filter}.json").write_text(json.dumps(description, indent=1) + "\n")
        for file in PICTURES:
            image = picture(file)
            pixels = torch.from_numpy(np.asarray(image.resize((44, 36), Image.BILINEAR)).astype(np.float64) / 255).permute(2, 0, 1)
            depth = torch.nn.functional.conv2d(pixels[None], weight, stride=4).float()
            resized = torch.nn.functional.interpolate(depth, (image.height, image.width), mode=filter, align_corners=False)
            yield f"depth_{filter}/{file}", resized[0, 0].numpy()


def main():
    torch.manual_seed(15)
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()
    goldens = {}
    goldens.update(segments(
        "mobilevit",
        transformers.MobileViTForSemanticSegmentation(transformers.MobileViTConfig(
            image_size=64, hidden_sizes=[8, 12, 16], neck_hidden_sizes=[4, 4, 6, 8, 10, 8, 16], num_attention_heads=2, mlp_ratio=1.5,
            expand_ratio=1.5, aspp_out_channels=8, atrous_rates=[1, 2, 3], output_stride=16, **labels(21))),
        transformers.MobileViTImageProcessorPil(size={"shortest_edge": 72}, crop_size={"height": 64, "width": 64})))
    goldens.update(boxes(
        "yolos",
        transformers.YolosForObjectDetection(transformers.YolosConfig(
            image_size=[32, 48], patch_size=8, hidden_size=16, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32,
            num_detection_tokens=12, **labels(4))),
        transformers.YolosImageProcessorPil(size={"height": 32, "width": 48}, do_pad=False)))
    goldens.update(depths())
    goldens.update(estimated(
        "depth_anything",
        transformers.DepthAnythingForDepthEstimation(transformers.DepthAnythingConfig(
            patch_size=6, reassemble_hidden_size=8, neck_hidden_sizes=[4, 4, 6, 8], fusion_hidden_size=8, head_hidden_size=6,
            depth_estimation_type="metric", max_depth=10,
            backbone_config=transformers.Dinov2Config(
                image_size=24, patch_size=6, hidden_size=8, num_hidden_layers=4, num_attention_heads=2, mlp_ratio=2,
                out_indices=[1, 2, 3, 4], reshape_hidden_states=False))),
        transformers.DPTImageProcessorPil(size={"height": 35, "width": 49}, ensure_multiple_of=6)))
    goldens.update(segments(
        "upernet",
        transformers.UperNetForSemanticSegmentation(transformers.UperNetConfig(
            hidden_size=8, use_auxiliary_head=False, pool_scales=[1, 2],
            backbone_config=transformers.ConvNextConfig(
                image_size=32, patch_size=2, num_stages=2, hidden_sizes=[8, 12], depths=[1, 1], out_indices=[1, 2]), **labels(5))),
        transformers.SegformerImageProcessorPil(size={"height": 48, "width": 64})))
    torch.manual_seed(7)
    for kind, queries in (("Detr", 12), ("ConditionalDetr", 40)):
        config = getattr(transformers, f"{kind}Config")(
            d_model=16, encoder_layers=1, decoder_layers=2, encoder_attention_heads=2, decoder_attention_heads=2, encoder_ffn_dim=24,
            decoder_ffn_dim=24, num_queries=queries, **labels(4),
            backbone_config=transformers.ResNetConfig(
                embedding_size=8, hidden_sizes=[8, 12], depths=[1, 1], layer_type="basic", out_features=["stage2"]))
        goldens.update(boxes(
            "conditional_detr" if queries > 12 else "detr",
            getattr(transformers, f"{kind}ForObjectDetection")(config),
            getattr(transformers, f"{kind}ImageProcessorPil")(
                size={"shortest_edge": 40, "longest_edge": 56}, pad_size={"height": 56, "width": 56})))
    torch.manual_seed(4)
    goldens.update(segments(
        "beit",
        transformers.BeitForSemanticSegmentation(transformers.BeitConfig(
            image_size=48, patch_size=6, hidden_size=8, num_hidden_layers=4, num_attention_heads=2, intermediate_size=12,
            out_indices=[1, 2, 3, 4], pool_scales=[1, 3], use_relative_position_bias=True, use_auxiliary_head=False, **labels(6))),
        transformers.BeitImageProcessorPil(size={"height": 48, "width": 48}, do_center_crop=False)))
    np.savez_compressed(HERE / "goldens.npz", **goldens)
    for name, value in goldens.items():
        print(name, value.shape, value[:2] if name.startswith("yolos") else np.unique(value)[:6])


main()
