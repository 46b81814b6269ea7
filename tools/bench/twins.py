"""Descriptions in models/ that no library has, as PyTorch modules whose tensors have the names that they use."""

import torch
from torch import nn
from torch.nn import functional

WINDOW = 7


class Attention(nn.Module):
    """Attention with projections of its own for queries, keys and values; `memory` may be of another width."""

    def __init__(self, width, heads, memory_width=None):
        super().__init__()
        self.heads = heads
        self.query = nn.Linear(width, width)
        self.key = nn.Linear(memory_width or width, width)
        self.value = nn.Linear(memory_width or width, width)
        self.output = nn.Linear(width, width)

    def by_head(self, projected):
        return projected.unflatten(-1, (self.heads, -1)).transpose(-2, -3)

    def mix(self, scores, bias):
        return (scores + bias).softmax(-1)

    def forward(self, tokens, memory=None, bias=0):
        memory = tokens if memory is None else memory
        query, key, value = self.by_head(self.query(tokens)), self.by_head(self.key(memory)), self.by_head(self.value(memory))
        scores = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        return self.output((self.mix(scores, bias) @ value).transpose(-2, -3).flatten(-2))


class TalkingHeadsAttention(Attention):
    """Heads are mixed before and behind the softmax (Shazeer et al. 2020)."""

    def __init__(self, width, heads):
        super().__init__(width, heads)
        self.before, self.behind = nn.Conv2d(heads, heads, 1), nn.Conv2d(heads, heads, 1)

    def mix(self, scores, bias):
        return self.behind((self.before(scores) + bias).softmax(-1))


class Block(nn.Module):
    def __init__(self, width, attention):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, 1e-6), nn.LayerNorm(width, 1e-6)
        self.attention = attention
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x, *arguments):
        x = x + self.attention(self.norm1(x), *arguments)
        return x + self.fc2(functional.gelu(self.fc1(self.norm2(x))))


class HybridOfWindows(nn.Module):
    """A convolutional stem; attention in windows of 7x7 on a fine map; global attention with ALiBi (Press et al. 2022) and
    talking heads on a coarse one, which then attends to the fine one."""

    def __init__(self, classes=100, fine=64, coarse=128, size=112):
        super().__init__()
        channels = [3, 24, 48, fine]
        self.stem = nn.ModuleList(
            nn.Sequential(nn.Conv2d(a, b, 3, stride, 1, bias=False), nn.BatchNorm2d(b), nn.GELU())
            for a, b, stride in zip(channels, channels[1:], (2, 2, 1))
        )
        self.windows = nn.ModuleList(Block(fine, Attention(fine, 4)) for _ in range(2))
        self.window_bias = nn.Parameter(torch.zeros(4, WINDOW**2, WINDOW**2))
        self.down = nn.Conv2d(fine, coarse, 2, 2)
        tokens = (size // 8) ** 2
        self.slopes, self.distances = nn.Parameter(torch.zeros(8, 1, 1)), nn.Parameter(torch.zeros(1, tokens, tokens))
        self.blocks = nn.ModuleList(Block(coarse, TalkingHeadsAttention(coarse, 8)) for _ in range(2))
        self.cross = Block(coarse, Attention(coarse, 8, fine))
        self.norm = nn.LayerNorm(coarse, 1e-6)
        self.head = nn.Linear(coarse, classes)

    def forward(self, picture):
        fine = picture
        for layer in self.stem:
            fine = layer(fine)
        batch, channels, height, width = fine.shape
        x = fine.unflatten(3, (width // WINDOW, WINDOW)).unflatten(2, (height // WINDOW, WINDOW))
        x = x.permute(0, 2, 4, 3, 5, 1).reshape(batch, -1, WINDOW**2, channels)
        for block in self.windows:
            x = block(x, None, self.window_bias)
        x = x.reshape(batch, height // WINDOW, width // WINDOW, WINDOW, WINDOW, channels)
        fine = x.permute(0, 5, 1, 3, 2, 4).reshape(batch, channels, height, width)
        tokens = self.down(fine).flatten(2).transpose(1, 2)
        bias = self.slopes * self.distances
        for block in self.blocks:
            tokens = block(tokens, None, bias)
        tokens = self.cross(tokens, fine.flatten(2).transpose(1, 2))
        return self.head(self.norm(tokens).mean(1))


MODELS = {"hybrid_windows_alibi_112": HybridOfWindows}
