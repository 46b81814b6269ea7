"""The models with dense heads in models/, in PyTorch: a ViT of transformers 5.24, ASPP and head of torchvision.

The heads' tensors have the names that the descriptions use.
"""

import torch
from torch import nn
from torch.nn import functional

# torchvision needs its operators for nothing that is used here: one that was built for another PyTorch would do.
register = torch.library.register_fake
torch.library.register_fake = lambda *_, **__: lambda function: function
from torchvision.models.segmentation.deeplabv3 import ASPP, DeepLabHead  # noqa: E402

torch.library.register_fake = register

CLASSES = 21


def convolution(inputs, outputs, kernel, **arguments):
    """A convolution without bias, its batch norm and ReLU."""
    return nn.Sequential(nn.Conv2d(inputs, outputs, kernel, bias=False, **arguments), nn.BatchNorm2d(outputs), nn.ReLU())


class MapOfViT(nn.Module):
    """A ViT whose patch tokens, behind its last norm, are a map."""

    def __init__(self, vit):
        super().__init__()
        self.vit = vit

    def map_of(self, picture):
        tokens = self.vit(picture).last_hidden_state[:, 1:]
        rows, columns = (side // self.vit.config.patch_size for side in picture.shape[2:])
        return tokens.transpose(1, 2).unflatten(2, (rows, columns))


class ViTDeepLabHead(MapOfViT):
    """torchvision's DeepLabHead (DeepLabV3, Chen et al. 2017) on a ViT, upsampled to the picture as its models do."""

    def __init__(self, vit):
        super().__init__(vit)
        self.classifier = DeepLabHead(self.vit.config.hidden_size, CLASSES)

    def forward(self, picture):
        logits = self.classifier(self.map_of(picture))
        return functional.interpolate(logits, size=picture.shape[2:], mode="bilinear", align_corners=False)


class ViTDeepLabV3Plus(MapOfViT):
    """DeepLabV3+ (Chen et al. 2018) on a ViT: ASPP with rates 6, 12, 18; low-level features from strided convolutions."""

    def __init__(self, vit):
        super().__init__(vit)
        self.aspp = ASPP(self.vit.config.hidden_size, [6, 12, 18])
        self.low_level = nn.Sequential(
            convolution(3, 32, 3, stride=2, padding=1),
            convolution(32, 64, 3, stride=2, padding=1),
            convolution(64, 48, 1),
        )
        self.decoder = nn.Sequential(
            convolution(48 + 256, 256, 3, padding=1), convolution(256, 256, 3, padding=1), nn.Conv2d(256, CLASSES, 1)
        )

    def forward(self, picture):
        low_level = self.low_level(picture)
        context = functional.interpolate(
            self.aspp(self.map_of(picture)), size=low_level.shape[2:], mode="bilinear", align_corners=False
        )
        logits = self.decoder(torch.cat([low_level, context], dim=1))
        return functional.interpolate(logits, size=picture.shape[2:], mode="bilinear", align_corners=False)


# On ViT-B/16.
MODELS = {
    "vit_base_patch16_deeplabhead_224": ViTDeepLabHead,
    "vit_base_patch16_deeplabv3plus_224": ViTDeepLabV3Plus,
}
