"""Photometric augmentation of scenes: light, colour, blur, noise, JPEG-like blocks."""

from __future__ import annotations

import math
from functools import partial

import torch
from torch import Tensor

from training.common.degradations import add_noise, blur, downsample, jpeg
from training.common.random_source import RandomSource

GRAY_SHARE = 0.2
SHRINK_SHARE = 0.15
BLUR_SHARE = 0.12
NOISE_SHARE = 0.12
JPEG_SHARE = 0.2
DARK_SHARE = 0.12
LUMA = (0.299, 0.587, 0.114)


def distort(scenes: Tensor, rng: RandomSource) -> None:
    """Give scenes random light, colour, resolution and noise, in place.

    Args:
        scenes: N × 3 × S × S, RGB, 0 … 255; contiguous. The result is whole numbers.
        rng: Random numbers.
    """
    _relight(scenes, rng)
    for share, change in (
        (DARK_SHARE, _dark),
        (GRAY_SHARE, _gray),
        (SHRINK_SHARE, partial(downsample, factors=(0.35, 0.8))),
        (BLUR_SHARE, partial(blur, sigmas=(0.5, 1.6))),
        (NOISE_SHARE, partial(add_noise, strengths=(3 / 255, 18 / 255), channels=1)),
        (JPEG_SHARE, partial(jpeg, steps=(0.01, 0.04))),
    ):
        some = scenes[rng.run(len(scenes), share)]
        if len(some):
            some.copy_(change(some, rng)).clamp_(0, 1)
    scenes.mul_(255).round_()


def _relight(scenes: Tensor, rng: RandomSource) -> None:
    """Change gamma, contrast, brightness and white balance; leaves 0 … 1 in place of 0 … 255.

    A table per scene and channel: there are fewer values than pixels.
    """
    n = len(scenes)
    x = torch.arange(256, device=scenes.device) / 255
    gamma = torch.exp(rng.uniform(n, -0.5, 0.5)).view(n, 1, 1)
    gains = torch.where(rng.rand(n, 1) < 0.5, 0.85 + 0.3 * rng.rand(n, 3), 1.0)
    contrast, brightness = rng.uniform(n, 0.65, 1.3), rng.uniform(n, -0.15, 0.15)
    y = (x.pow(gamma) - 0.5) * contrast.view(n, 1, 1) + 0.5 + brightness.view(n, 1, 1)
    tables = (y * gains.unsqueeze(2)).clamp(0, 1)
    rows = torch.arange(3.0 * n, device=scenes.device).view(n, 3, 1, 1) * 256
    index = scenes.add_(rows + 0.5).to(torch.int32)
    torch.index_select(tables.view(-1), 0, index.view(-1), out=scenes.view(-1))


def _dark(x: Tensor, rng: RandomSource) -> Tensor:
    """Return pictures in low light, with the sensor noise that comes with it."""
    light = torch.exp(rng.uniform(len(x), math.log(0.14), math.log(0.5)))
    return add_noise(x * light.view(-1, 1, 1, 1), rng, (0, 5 / 255), channels=1)


def _gray(x: Tensor, _: RandomSource) -> Tensor:
    luma = sum(weight * x[:, i] for i, weight in enumerate(LUMA))
    return torch.as_tensor(luma).unsqueeze(1)
