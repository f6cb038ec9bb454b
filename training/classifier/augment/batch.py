"""Augmentation of whole batches on the device: uint8 crops in, normalized input out."""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from training.classifier.augment.augment_2020 import augment_as_in_2020
from training.classifier.augment.corruptions import corrupt
from training.classifier.augment.geometric import transform
from training.classifier.augment.occlusion import occlude
from training.classifier.augment.photometric import relight
from training.classifier.recipe import ORIGINAL, OURS, REDUCED_SIDE
from training.common.geometry import INPUT, SIZE
from training.common.random_source import RandomSource


def augment(crops: Tensor, rng: RandomSource, how: str = OURS, hidden_share: float = 1.0) -> Tensor:
    """Return a training batch without waiting for the device.

    Args:
        crops: N × S × S × 3, uint8, stored crops on the device of `rng`.
        rng: Random numbers.
        how: `ours`, or `original` for what the 2020 original did.
        hidden_share: How often faces are hidden, relative to the shares of `occlusion`.

    Returns:
        N × 3 × SIZE × SIZE float32, normalized.
    """
    if how == ORIGINAL:
        return normalize(augment_as_in_2020(_centre_crop(crops), rng))
    x = crops.permute(0, 3, 1, 2).float().div_(255)
    return normalize(corrupt(relight(occlude(transform(x, rng), rng, hidden_share), rng), rng))


def reduced(x: Tensor) -> Tensor:
    """Reduce a batch of SIZE × SIZE to the side of the worker's reduced pass.

    Every px is the mean of the area that it covers, as OpenCV's `INTER_AREA` computes it.
    """
    steps = math.gcd(SIZE, REDUCED_SIDE)
    larger = functional.interpolate(x, scale_factor=REDUCED_SIDE // steps, mode="nearest")
    return functional.avg_pool2d(larger, SIZE // steps)


def centre(crops: Tensor) -> Tensor:
    """Return a batch as the worker classifies it: the centre of the stored crops."""
    return normalize(_centre_crop(crops))


def _centre_crop(crops: Tensor) -> Tensor:
    edge = (crops.shape[1] - SIZE) // 2
    inner = crops[:, edge : edge + SIZE, edge : edge + SIZE]
    return inner.permute(0, 3, 1, 2).float().div_(255)


def normalize(x: Tensor) -> Tensor:
    """Map 0..1 to the network's input range."""
    mean, std = _mean_and_std(x.device)
    return (x * 255).sub_(mean).div_(std)


@cache
def _mean_and_std(device: torch.device) -> tuple[Tensor, Tensor]:
    # Kept on the device: copying them with each batch would make the host wait.
    mean = torch.tensor(INPUT.mean, device=device).view(1, 3, 1, 1)
    return mean, torch.tensor(INPUT.std, device=device).view(1, 3, 1, 1)
