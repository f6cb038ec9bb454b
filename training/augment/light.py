"""Light and colour: exposure, contrast, white balance, shadows from one side, no colour at all."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from training.augment.place import chance, uniform

GRAY_SHARE = 0.2
SHADOW_SHARE = 0.2
DARK_SHARE = 0.1


def relight(x: Tensor, rng: torch.Generator) -> Tensor:
    """Change the light of every picture in its own way.

    Args:
        x: N × 3 × S × S, 0..1.
        rng: Where the chance comes from.

    Returns:
        The same shape and range.
    """
    n = len(x)
    gamma = torch.exp(uniform(n, -0.45, 0.45, rng)).view(n, 1, 1, 1)
    x = x.clamp(1e-3, 1).pow(gamma)
    contrast = uniform(n, 0.65, 1.35, rng).view(n, 1, 1, 1)
    mean = x.mean((1, 2, 3), keepdim=True)
    x = (x - mean) * contrast + mean + uniform(n, -0.18, 0.18, rng).view(n, 1, 1, 1)
    x = x * uniform(3 * n, 0.85, 1.15, rng).view(n, 3, 1, 1)
    x = _saturate(x, rng)
    return _darken(_shade(x, rng).clamp(0, 1), rng)


def _saturate(x: Tensor, rng: torch.Generator) -> Tensor:
    n = len(x)
    luma = (x * x.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    amount = uniform(n, 0.5, 1.4, rng)
    amount[chance(n, rng) < GRAY_SHARE] = 0
    return luma + (x - luma) * amount.view(n, 1, 1, 1)


def _shade(x: Tensor, rng: torch.Generator) -> Tensor:
    # A ramp of light over the face, from any side, on some of the pictures.
    n, side = len(x), x.shape[-1]
    strength = uniform(n, 0.3, 1.0, rng) * (chance(n, rng) < SHADOW_SHARE)
    angle = uniform(n, 0, 2 * torch.pi, rng)
    axis = torch.linspace(-1, 1, side, device=x.device)
    ramp = torch.cos(angle).view(n, 1, 1) * axis + torch.sin(angle).view(n, 1, 1) * axis[:, None]
    return x * (1 - strength.view(n, 1, 1, 1) * 0.6 * torch.sigmoid(4 * ramp).unsqueeze(1))


def _darken(x: Tensor, rng: torch.Generator) -> Tensor:
    # Little light on some of the pictures, and a sensor's noise, which is then not small.
    hit = chance(len(x), rng) < DARK_SHARE
    n = int(hit.sum())
    light = torch.exp(uniform(n, math.log(0.12), math.log(0.5), rng)).view(n, 1, 1, 1)
    noise = uniform(n, 0, 0.02, rng).view(n, 1, 1, 1)
    some = x[hit] * light
    x[hit] = some + noise * torch.randn(some.shape, generator=rng, device=rng.device)
    return x.clamp(0, 1)
