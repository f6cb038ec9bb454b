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
PAIR = 16
"""Side of two JPEG blocks: matrix products of this size take half the time of one block's."""


def downsample(x: Tensor, rng: RandomSource, factors: Range) -> Tensor:
    """Reduce pictures by one factor of a range, and enlarge them to their size again."""
    height, width = x.shape[2:]
    factor = rng.host.uniform(*factors)
    # With `antialias`, both are separable and faster; enlarging, it changes nothing.
    small, large = (int(height * factor), int(width * factor)), (height, width)
    for size in (small, large):
        x = functional.interpolate(x, size=size, mode="bilinear", antialias=True)
    return x


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
    """Apply the lossy part of JPEG to pictures whose sides are 16 px at least.

    It is the 8 × 8 cosine transform with rounded coefficients, coarser for higher frequencies.
    Chroma subsampling is left out; Huffman coding is lossless.

    Args:
        x: N × 3 × H × W; a rest of the sides that is not divisible by 16 stays as it is.
        rng: Random numbers.
        steps: Range of the rounding step of the lowest frequency.
    """
    n, (height, width) = len(x), (side // PAIR * PAIR for side in x.shape[2:])
    basis, coarseness = _cosines(x.device)
    lowest = torch.exp(rng.uniform(n, math.log(steps[0]), math.log(steps[1])))
    # Rows of blocks by rows of the basis; as plain matrix products, without rearranging pixels.
    step = lowest.view(n, 1, 1, 1, 1) * coarseness.repeat(1, width // PAIR)
    columns = basis @ x[..., :height, :width].reshape(n, 3, height // PAIR, PAIR, width)
    spectrum = (columns.view(-1, PAIR) @ basis.T).view(columns.shape)
    rounded = spectrum.div_(step).round_().mul_(step)
    rows = (rounded.view(-1, PAIR) @ basis).view(columns.shape)
    blocks = (basis.T @ rows).view(n, 3, height, width)
    if blocks.shape == x.shape:
        return blocks
    result = x.clone()
    result[..., :height, :width] = blocks
    return result


@cache
def _cosines(device: torch.device) -> tuple[Tensor, Tensor]:
    """Return the cosine basis of two blocks, and each frequency's coarseness, on the device."""
    k, n = torch.arange(8.0).view(8, 1), torch.arange(8.0).view(1, 8)
    basis = torch.cos(torch.pi * (2 * n + 1) * k / 16) / 2
    basis[0] /= math.sqrt(2)
    return torch.block_diag(basis, basis).to(device), (1 + k + n).repeat(2, 2).to(device)
