"""The 2020 original's augmentations, batched: for reproducing its table, not for better models.

Flips across and upside down; on half of the pictures, each with an even chance: brightness and
contrast, shift, scale and rotation, blur. Its JPEG step had quality 99 to 100: nothing to see.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.augment.place import chance, uniform

LIMIT = 0.2
"""Of brightness and contrast."""
SHIFT = 0.0625
SCALE = 0.1
ROTATION = math.radians(45)
BLURS = (3, 5, 7)


def as_in_2020(x: Tensor, rng: torch.Generator) -> Tensor:
    """Change pictures as the original did.

    Args:
        x: N × 3 × S × S, 0..1.
        rng: Where the chance comes from.

    Returns:
        The same shape and range.
    """
    n = len(x)
    for axis in (3, 2):
        x = torch.where((chance(n, rng) < 0.5).view(n, 1, 1, 1), x.flip(axis), x)
    some = chance(n, rng) < 0.5
    for how in (_relight, _move, _blur):
        hit = some & (chance(n, rng) < 0.5)
        if hit.any():
            x[hit] = how(x[hit], rng)
    return x.clamp(0, 1)


def _relight(x: Tensor, rng: torch.Generator) -> Tensor:
    contrast = uniform(len(x), 1 - LIMIT, 1 + LIMIT, rng).view(-1, 1, 1, 1)
    return x * contrast + uniform(len(x), -LIMIT, LIMIT, rng).view(-1, 1, 1, 1)


def _move(x: Tensor, rng: torch.Generator) -> Tensor:
    n = len(x)
    angle = uniform(n, -ROTATION, ROTATION, rng)
    scale = uniform(n, 1 - SCALE, 1 + SCALE, rng)
    # In grid_sample's coordinates the picture reaches from -1 to 1.
    shift = uniform(2 * n, -SHIFT, SHIFT, rng).view(n, 2) * 2
    cos, sin = torch.cos(angle) / scale, torch.sin(angle) / scale
    rows = [torch.stack([cos, -sin, shift[:, 0]], 1), torch.stack([sin, cos, shift[:, 1]], 1)]
    grid = functional.affine_grid(torch.stack(rows, 1), list(x.shape), align_corners=False)
    return functional.grid_sample(x, grid, padding_mode="reflection", align_corners=False)


def _blur(x: Tensor, rng: torch.Generator) -> Tensor:
    size = BLURS[int(uniform(1, 0, len(BLURS), rng))]
    padded = functional.pad(x, [size // 2] * 4, mode="reflect")
    return functional.avg_pool2d(padded, size, stride=1)
