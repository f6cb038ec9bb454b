"""Light and colour: exposure, contrast, white balance, shadows, darkness, grayscale."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from training.common.random_source import RandomSource

GRAY_SHARE = 0.2
SHADOW_SHARE = 0.2
EDGE_SHARE = 0.12
DARK_SHARE = 0.1


def relight(x: Tensor, rng: RandomSource) -> Tensor:
    """Change the light of every picture independently.

    Args:
        x: N × 3 × S × S, 0..1.
        rng: Random numbers.

    Returns:
        The same shape and range.
    """
    n = len(x)
    gamma = torch.exp(rng.uniform(n, -0.45, 0.45)).view(n, 1, 1, 1)
    x = x.clamp(1e-3, 1).pow(gamma)
    contrast = rng.uniform(n, 0.65, 1.35).view(n, 1, 1, 1)
    mean = x.mean((1, 2, 3), keepdim=True)
    x.sub_(mean).mul_(contrast).add_(mean + rng.uniform(n, -0.18, 0.18).view(n, 1, 1, 1))
    x.mul_(rng.uniform(3 * n, 0.85, 1.15).view(n, 3, 1, 1))
    x = _saturate(x, rng)
    return _darken(_cast_shadow(_shade(x, rng), rng).clamp_(0, 1), rng)


def _saturate(x: Tensor, rng: RandomSource) -> Tensor:
    n = len(x)
    luma = (0.299 * x[:, 0] + 0.587 * x[:, 1] + 0.114 * x[:, 2]).unsqueeze(1)
    amount = rng.uniform(n, 0.5, 1.4).masked_fill(rng.rand(n) < GRAY_SHARE, 0)
    return torch.lerp(luma, x, amount.view(n, 1, 1, 1))


def _shade(x: Tensor, rng: RandomSource) -> Tensor:
    # A gradient of light from a random side, on some of the pictures.
    n, side = len(x), x.shape[-1]
    strength = rng.uniform(n, 0.3, 1.0) * (rng.rand(n) < SHADOW_SHARE)
    angle = rng.uniform(n, 0, 2 * torch.pi)
    axis = torch.linspace(-1, 1, side, device=x.device)
    ramp = torch.cos(angle).view(n, 1, 1) * axis + torch.sin(angle).view(n, 1, 1) * axis[:, None]
    return x.mul_(1 - torch.sigmoid(4 * ramp).mul_(0.6 * strength.view(n, 1, 1)).unsqueeze(1))


def _cast_shadow(x: Tensor, rng: RandomSource) -> Tensor:
    # A shadow with an edge, as of a hat's brim or a nose in the sun, on some of the pictures.
    hit = rng.subset(len(x), EDGE_SHARE)
    n, side = len(hit), x.shape[-1]
    angle = rng.uniform(n, 0, 2 * torch.pi)
    axis = torch.linspace(-1, 1, side, device=x.device)
    ramp = torch.cos(angle).view(n, 1, 1) * axis + torch.sin(angle).view(n, 1, 1) * axis[:, None]
    edge = (ramp - rng.uniform(n, -0.6, 0.6).view(n, 1, 1)) * rng.uniform(n, 10, 60).view(n, 1, 1)
    depth = rng.uniform(n, 0.3, 0.8).view(n, 1, 1)
    x[hit] = x[hit] * (1 - depth * torch.sigmoid(edge)).unsqueeze(1)
    return x


def _darken(x: Tensor, rng: RandomSource) -> Tensor:
    # Low light with the sensor noise that comes with it, on some of the pictures.
    hit = rng.subset(len(x), DARK_SHARE)
    n = len(hit)
    light = torch.exp(rng.uniform(n, math.log(0.12), math.log(0.5))).view(n, 1, 1, 1)
    noise = rng.uniform(n, 0, 0.02).view(n, 1, 1, 1)
    some = x[hit] * light
    x[hit] = some + noise * rng.randn(*some.shape)
    return x.clamp_(0, 1)
