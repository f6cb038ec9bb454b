"""uint8 crops from memory -> normalised batches for the network."""

from __future__ import annotations

import torch
from torch import Tensor

from training.augment.damage import damage
from training.augment.light import relight
from training.augment.original import as_in_2020
from training.augment.place import place
from training.geometry import INPUT, SIZE
from training.recipe import ORIGINAL, OURS


def augment(crops: Tensor, rng: torch.Generator, how: str = OURS) -> Tensor:
    """A training batch.

    Args:
        crops: N × S × S × 3, uint8, stored crops.
        rng: Where the chance comes from; its device is where the batch is made.
        how: `ours`, or `original` for what the 2020 original did.

    Returns:
        N × 3 × SIZE × SIZE float32, normalised.
    """
    if how == ORIGINAL:
        return normalize(as_in_2020(_inner(crops.to(rng.device)), rng))
    x = crops.to(rng.device).permute(0, 3, 1, 2).float().div_(255)
    return normalize(damage(relight(place(x, rng), rng), rng))


def centre(crops: Tensor) -> Tensor:
    """A batch as the worker would see it: the middle of the stored crops; see `augment`."""
    return normalize(_inner(crops))


def _inner(crops: Tensor) -> Tensor:
    edge = (crops.shape[1] - SIZE) // 2
    inner = crops[:, edge : edge + SIZE, edge : edge + SIZE]
    return inner.permute(0, 3, 1, 2).float().div_(255)


def normalize(x: Tensor) -> Tensor:
    """0..1 -> the network's range."""
    mean = x.new_tensor(INPUT.mean).view(1, 3, 1, 1)
    std = x.new_tensor(INPUT.std).view(1, 3, 1, 1)
    return (x * 255 - mean) / std
