"""Corruptions: low resolution, blur, JPEG blocks, noise, halftone dots, occlusion.

Each kind is applied to a share of the batch, and computed for that share only.
"""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from training.common.degradations import add_noise, blur, downsample, jpeg
from training.common.random_source import RandomSource

LOW_RESOLUTION_SHARE = 0.25
BLUR_SHARE = 0.15
JPEG_SHARE = 0.2
NOISE_SHARE = 0.15
ERASE_SHARE = 0.15
HALFTONE_SHARE = 0.03


def corrupt(x: Tensor, rng: RandomSource) -> Tensor:
    """Corrupt some of the pictures.

    Args:
        x: N × 3 × S × S, 0..1; changed in place.
        rng: Random numbers.

    Returns:
        The same shape and range.
    """
    for share, change in (
        (HALFTONE_SHARE, _print),
        (LOW_RESOLUTION_SHARE, partial(downsample, factors=(0.22, 0.8))),
        (BLUR_SHARE, partial(blur, sigmas=(0.5, 3.2))),
        (NOISE_SHARE, partial(add_noise, strengths=(0.01, 0.08))),
        (JPEG_SHARE, partial(jpeg, steps=(0.01, 0.04))),
        (ERASE_SHARE, _erase),
    ):
        hit = rng.subset(len(x), share)
        if len(hit):
            x[hit] = change(x[hit], rng)
    return x.clamp_(0, 1)


def _erase(x: Tensor, rng: RandomSource) -> Tensor:
    # Stands for a hand, a cup, a microphone; below the eyes, which are in the upper half.
    side = x.shape[-1]
    width, height = (int(side * rng.host.uniform(0.15, 0.45)) for _ in range(2))
    left = int(rng.host.uniform(0, side - width))
    top = int(rng.host.uniform(0.58 * side, 0.9 * side))
    x = x.clone()
    x[..., top : top + height, left : left + width] = rng.rand(len(x), 3, 1, 1)
    return x


def _print(x: Tensor, rng: RandomSource) -> Tensor:
    # Black dots whose size is the darkness, as in a scanned newspaper.
    side = x.shape[-1]
    at = torch.arange(side, device=x.device, dtype=x.dtype)
    turn, pitch = rng.host.uniform(0, math.pi / 2), rng.host.uniform(2.2, 5)
    across = (at * math.cos(turn) + at[:, None] * math.sin(turn)) * 2 * math.pi / pitch
    down = (at[:, None] * math.cos(turn) - at * math.sin(turn)) * 2 * math.pi / pitch
    screen = (torch.cos(across) + torch.cos(down)) / 4
    luma = x.mean(1, keepdim=True)
    dots = torch.sigmoid(12 * (luma - 0.5 - screen))
    return torch.lerp(luma, dots, rng.uniform(len(x), 0.2, 0.9).view(-1, 1, 1, 1)).expand_as(x)
