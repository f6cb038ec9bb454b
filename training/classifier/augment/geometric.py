"""Position of the face in the crop: scale, shift, rotation, mirror, as detector boxes vary."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.common.geometry import SIZE, STORED_SIZE
from training.common.random_source import RandomSource

SCALE = (0.82, 1.2)
"""Range of scales: boxes of dlib at two sizes agree only at IoU 0.82."""
SHIFT = 0.09
"""Largest shift in each direction, as a share of the network's side."""
ROTATION = math.radians(22)
TILTED_SHARE = 0.15
TILT = math.radians(50)
"""Largest rotation of a share of the pictures: a photo is searched turned only if nothing is found
upright."""


def transform(x: Tensor, rng: RandomSource) -> Tensor:
    """Cut the network's square at a random position, scale and rotation, mirrored or not.

    Args:
        x: N × 3 × S × S float, stored crops.
        rng: Random numbers.

    Returns:
        N × 3 × SIZE × SIZE.
    """
    n = len(x)
    scale = torch.exp(rng.uniform(n, math.log(SCALE[0]), math.log(SCALE[1]))) * SIZE / STORED_SIZE
    limit = torch.where(rng.rand(n) < TILTED_SHARE, TILT, ROTATION)
    angle = rng.uniform(n, -1, 1) * limit
    mirror = torch.where(rng.rand(n) < 0.5, -1.0, 1.0)
    # In grid_sample's coordinates the stored crop extends from -1 to 1.
    shift = rng.uniform(2 * n, -SHIFT, SHIFT).reshape(n, 2) * 2 * SIZE / STORED_SIZE
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    matrix = torch.stack(
        [
            torch.stack([cos * mirror, -sin, shift[:, 0]], dim=1),
            torch.stack([sin * mirror, cos, shift[:, 1]], dim=1),
        ],
        dim=1,
    )
    # `affine_grid` multiplies matrices for each pixel and takes several times as long.
    at = (2 * torch.arange(SIZE, device=x.device) + 1) / SIZE - 1
    across, down = matrix[:, :, :1] * at, matrix[:, :, 1:2] * at + matrix[:, :, 2:]
    grid = (across.unsqueeze(2) + down.unsqueeze(3)).permute(0, 2, 3, 1)
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=False)
