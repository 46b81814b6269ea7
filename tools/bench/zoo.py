"""The zoo: vision transformers, convolutional networks and what lies between, as one engine runs them."""

import json
import math
import struct

# Checkpoints that are made with the library's architectures and configurations (what they have besides the defaults),
# and random weights.
ARCHITECTURES = {
    "mobilevit_small_256": ("MobileViTForImageClassification", "MobileViTConfig", {"num_labels": 1000}),
    "resnet_50_224": ("ResNetForImageClassification", "ResNetConfig", {"num_labels": 1000}),
    "mobilenet_v2_1.0_224": ("MobileNetV2ForImageClassification", "MobileNetV2Config", {"num_labels": 1000}),
    "convnext_tiny_224": ("ConvNextForImageClassification", "ConvNextConfig", {"num_labels": 1000}),
    "mobilevit_small_deeplabv3_512": (
        "MobileViTForSemanticSegmentation",
        "MobileViTConfig",
        {"num_labels": 21, "image_size": 512},
    ),
    "segformer_b0_512": ("SegformerForSemanticSegmentation", "SegformerConfig", {"num_labels": 150}),
    "dpt_vit_small_384": (
        "DPTForDepthEstimation",
        "DPTConfig",
        {"hidden_size": 384, "num_attention_heads": 6, "intermediate_size": 1536},
    ),
    "swin_tiny_224": ("SwinForImageClassification", "SwinConfig", {"num_labels": 1000}),
    "detr_resnet_50_640": (
        "DetrForObjectDetection",
        "DetrConfig",
        # The library's default backbone needs timm.
        {
            "num_labels": 91,
            "use_timm_backbone": False,
            "backbone": None,
            "backbone_config": {"model_type": "resnet", "out_features": ["stage4"]},
        },
    ),
}
MODELS = ["vit_tiny_patch16_224", "vit_small_patch16_224", "vit_base_patch16_224", *ARCHITECTURES]


def write_checkpoint(name, directory, seed):
    """Weights as the library makes them; what it leaves at 0 or 1 is drawn too, so that no part of the model is idle."""
    import torch
    import transformers

    torch.manual_seed(seed)
    architecture, configuration, arguments = ARCHITECTURES[name]
    model = getattr(transformers, architecture)(getattr(transformers, configuration)(**arguments))
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d) or "FrozenBatchNorm" in type(module).__name__:
            torch.nn.init.uniform_(module.weight, 0.8, 1.2)
            torch.nn.init.uniform_(module.bias, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.5, 1.5)
        elif isinstance(module, torch.nn.Conv2d):
            # Keeps the scale of what ReLU halves.
            torch.nn.init.kaiming_normal_(module.weight)
    for parameter_name, parameter in model.named_parameters():
        if parameter_name.endswith("layer_scale_parameter"):
            torch.nn.init.uniform_(parameter, 0.1, 0.5)
        if parameter_name.endswith("relative_position_bias_table"):
            torch.nn.init.normal_(parameter, std=0.5)
    model.save_pretrained(directory)


def parameters_of(folder):
    """The number of parameters of a checkpoint; statistics of batch norms are none."""
    with (folder / "checkpoint/model.safetensors").open("rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    return sum(
        math.prod(tensor["shape"])
        for name, tensor in header.items()
        if name != "__metadata__" and "running_" not in name and "num_batches" not in name
    )


def print_table(results):
    """One line for a peer of a model: what it is, and how fast and large it runs."""
    titles = ["", "", "M param.", "GFLOP", "min ms", "images/s", "of peak", "RSS MB", "ratio"]
    rows = [titles]
    for name, result in results["models"].items():
        for number, (peer, own) in enumerate(result["peers"].items()):
            rows.append(
                [
                    name if number == 0 else "",
                    peer,
                    f"{result['parameters'] / 1e6:.1f}",
                    f"{result['flops'] / 1e9:.2f}" if result["flops"] else "-",
                    f"{own['min_ms']:.2f}",
                    f"{results['batch'] * 1000 / own['min_ms']:.1f}",
                    f"{own['peak_share']:.0%}" if "peak_share" in own else "-",
                    f"{own['rss_mb']:.0f}",
                    f"{own['ratio']:.3f}" if own["ratio"] else "-",
                ]
            )
    widths = [max(len(row[column]) for row in rows) for column in range(len(titles))]
    print()
    for row in rows:
        cells = [f"{cell:<{width}}" if column < 2 else f"{cell:>{width}}" for column, (cell, width) in enumerate(zip(row, widths))]
        print("  ".join(cells).rstrip())
