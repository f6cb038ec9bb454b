"""Degradations of batches on the device: low resolution, blur, noise, JPEG blocks.

Pictures are N × 3 × H × W float, 0..1. Sizes are drawn on the host and shared by the batch, since
they cannot differ inside a tensor; strengths differ per picture. Results may leave 0..1.
"""

from __future__ import annotations

import math
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from training.common.random_source import RandomSource

Range = tuple[float, float]


def downsample(x: Tensor, rng: RandomSource, factors: Range) -> Tensor:
    """Reduce pictures by one factor of a range, and enlarge them to their size again."""
    height, width = x.shape[2:]
    factor = rng.host.uniform(*factors)
    down = functional.interpolate(x, size=(int(height * factor), int(width * factor)), mode="area")
    return functional.interpolate(down, size=(height, width), mode="bilinear", align_corners=False)


def blur(x: Tensor, rng: RandomSource, sigmas: Range) -> Tensor:
    """Blur pictures with one Gaussian, whose sigma in px is drawn from a range."""
    sigma = rng.host.uniform(*sigmas)
    reach = math.ceil(2.5 * sigma)
    weights = [math.exp(-(step**2) / (2 * sigma**2)) for step in range(-reach, reach + 1)]
    # Sums of shifted pictures: a convolution of separate channels takes several times as long.
    for axis in (2, 3):
        pad = (0, 0, reach, reach) if axis == 2 else (reach, reach, 0, 0)
        padded = functional.pad(x, pad, mode="replicate")
        x = torch.zeros_like(x)
        for i, weight in enumerate(weights):
            x.add_(padded.narrow(axis, i, x.shape[axis]), alpha=weight / sum(weights))
    return x


def add_noise(x: Tensor, rng: RandomSource, strengths: Range, channels: int = 3) -> Tensor:
    """Add normal noise; its deviation is drawn per picture.

    Args:
        x: N × 3 × H × W.
        rng: Random numbers.
        strengths: Range of the deviation.
        channels: 3 for noise in colour, 1 for noise in brightness.
    """
    strength = rng.uniform(len(x), *strengths).view(-1, 1, 1, 1)
    return x + strength * rng.randn(len(x), channels, *x.shape[2:])


def jpeg(x: Tensor, rng: RandomSource, steps: Range) -> Tensor:
    """Apply the lossy part of JPEG to pictures whose sides are 8 px at least.

    It is the 8 × 8 cosine transform with rounded coefficients, coarser for higher frequencies.
    Chroma subsampling is left out; Huffman coding is lossless.

    Args:
        x: N × 3 × H × W; a rest of the sides that is not divisible by 8 stays as it is.
        rng: Random numbers.
        steps: Range of the rounding step of the lowest frequency.
    """
    n, (height, width) = len(x), (side // 8 * 8 for side in x.shape[2:])
    basis, coarseness = _cosines(x.device)
    lowest = torch.exp(rng.uniform(n, math.log(steps[0]), math.log(steps[1])))
    # Rows of blocks by rows of the basis; as plain matrix products, without rearranging pixels.
    step = (lowest.view(n, 1, 1) * coarseness.repeat(1, width // 8)).view(n, 1, 1, 8, width)
    columns = basis @ x[..., :height, :width].reshape(n, 3, height // 8, 8, width)
    spectrum = (columns.view(-1, 8) @ basis.T).view(columns.shape)
    rounded = spectrum.div_(step).round_().mul_(step)
    rows = (rounded.view(-1, 8) @ basis).view(columns.shape)
    result = x.clone()
    result[..., :height, :width] = (basis.T @ rows).view(n, 3, height, width)
    return result


@cache
def _cosines(device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the 8 × 8 cosine basis and each frequency's coarseness, kept on the device."""
    k, n = torch.arange(8.0).view(8, 1), torch.arange(8.0).view(1, 8)
    basis = torch.cos(torch.pi * (2 * n + 1) * k / 16) / 2
    basis[0] /= math.sqrt(2)
    return basis.to(device), (1 + k + n).to(device)
