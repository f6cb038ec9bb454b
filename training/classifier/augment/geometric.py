"""Where the face lies: what a detector's boxes vary in."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.geometry import SIZE, STORED_SIZE

SCALE = (0.82, 1.2)
"""Boxes of two rungs of the detector agree only at IoU 0.82."""
SHIFT = 0.09
"""Of the network's side, each way."""
ROTATION = math.radians(22)


def place(x: Tensor, rng: torch.Generator) -> Tensor:
    """Cut the network's square at a random place, scale, tilt and handedness.

    Args:
        x: N × 3 × S × S float, stored crops.
        rng: Where the chance comes from.

    Returns:
        N × 3 × SIZE × SIZE.
    """
    n = len(x)
    log = math.log(SCALE[0]), math.log(SCALE[1])
    scale = torch.exp(uniform(n, *log, rng)) * SIZE / STORED_SIZE
    angle = uniform(n, -ROTATION, ROTATION, rng)
    mirror = torch.where(chance(n, rng) < 0.5, -1.0, 1.0)
    # In grid_sample's coordinates the stored crop reaches from -1 to 1.
    shift = uniform(2 * n, -SHIFT, SHIFT, rng).reshape(n, 2) * 2 * SIZE / STORED_SIZE
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    matrix = torch.stack(
        [
            torch.stack([cos * mirror, -sin, shift[:, 0]], dim=1),
            torch.stack([sin * mirror, cos, shift[:, 1]], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(matrix, [n, x.shape[1], SIZE, SIZE], align_corners=False)
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def uniform(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    """`count` numbers between two bounds."""
    return low + (high - low) * chance(count, rng)


def chance(count: int, rng: torch.Generator) -> Tensor:
    """`count` numbers in 0..1, on the generator's device."""
    return torch.rand(count, generator=rng, device=rng.device)
