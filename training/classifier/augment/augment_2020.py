"""The augmentation of the 2020 original, batched, for reproducing its table.

Horizontal and vertical flips; on half of the pictures, each with probability 0.5: brightness and
contrast, shift, scale and rotation, blur. Its JPEG step had quality 99 to 100 and is omitted.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.common.random_source import RandomSource

LIMIT = 0.2
"""Largest change of brightness and contrast."""
SHIFT = 0.0625
SCALE = 0.1
ROTATION = math.radians(45)
BLURS = (3, 5, 7)


def augment_as_in_2020(x: Tensor, rng: RandomSource) -> Tensor:
    """Augment pictures as the original did.

    Args:
        x: N × 3 × S × S, 0..1.
        rng: Random numbers.

    Returns:
        The same shape and range.
    """
    n = len(x)
    for axis in (3, 2):
        x = torch.where((rng.rand(n) < 0.5).view(n, 1, 1, 1), x.flip(axis), x)
    some = rng.subset(n, 0.5)
    for change in (_relight, _move, _blur):
        hit = some[rng.subset(len(some), 0.5)]
        if len(hit):
            x[hit] = change(x[hit], rng)
    return x.clamp(0, 1)


def _relight(x: Tensor, rng: RandomSource) -> Tensor:
    contrast = rng.uniform(len(x), 1 - LIMIT, 1 + LIMIT).view(-1, 1, 1, 1)
    return x * contrast + rng.uniform(len(x), -LIMIT, LIMIT).view(-1, 1, 1, 1)


def _move(x: Tensor, rng: RandomSource) -> Tensor:
    n = len(x)
    angle = rng.uniform(n, -ROTATION, ROTATION)
    scale = rng.uniform(n, 1 - SCALE, 1 + SCALE)
    # In grid_sample's coordinates the picture reaches from -1 to 1.
    shift = rng.uniform(2 * n, -SHIFT, SHIFT).view(n, 2) * 2
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    rows = [torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def _blur(x: Tensor, rng: RandomSource) -> Tensor:
    size = rng.host.choice(BLURS)
    padded = functional.pad(x, [size // 2] * 4, mode="reflect")
    return functional.avg_pool2d(padded, size, stride=1)
