"""What cameras and web sites do to pictures: low resolution, blur, JPEG blocks, noise, occlusion.

Each kind hits a share of the batch, and only that share is computed.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.augment.place import chance, uniform

LOW_RESOLUTION_SHARE = 0.25
BLUR_SHARE = 0.15
JPEG_SHARE = 0.2
NOISE_SHARE = 0.15
ERASE_SHARE = 0.15


def damage(x: Tensor, rng: torch.Generator) -> Tensor:
    """Damage some of the pictures.

    Args:
        x: N × 3 × S × S, 0..1; changed in place.
        rng: Where the chance comes from.

    Returns:
        The same shape and range.
    """
    for share, how in (
        (LOW_RESOLUTION_SHARE, _shrink),
        (BLUR_SHARE, _blur),
        (NOISE_SHARE, _noise),
        (JPEG_SHARE, _jpeg),
        (ERASE_SHARE, _erase),
    ):
        hit = chance(len(x), rng) < share
        if hit.any():
            x[hit] = how(x[hit], rng)
    return x.clamp(0, 1)


def _shrink(x: Tensor, rng: torch.Generator) -> Tensor:
    # One factor for the part of the batch that is hit: sizes cannot differ inside a tensor.
    side = x.shape[-1]
    small = int(side * float(uniform(1, 0.22, 0.8, rng)))
    down = functional.interpolate(x, size=(small, small), mode="area")
    return functional.interpolate(down, size=(side, side), mode="bilinear", align_corners=False)


def _blur(x: Tensor, rng: torch.Generator) -> Tensor:
    sigma = float(uniform(1, 0.5, 3.2, rng))
    reach = math.ceil(2.5 * sigma)
    steps = torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device)
    line = torch.exp(-(steps**2) / (2 * sigma**2))
    line = (line / line.sum()).expand(3, 1, len(steps))
    padded = functional.pad(x, [reach] * 4, mode="replicate")
    rows = functional.conv2d(padded, line.unsqueeze(2), groups=3)
    return functional.conv2d(rows, line.unsqueeze(3), groups=3)


def _noise(x: Tensor, rng: torch.Generator) -> Tensor:
    strength = uniform(len(x), 0.01, 0.08, rng).view(-1, 1, 1, 1)
    return x + strength * torch.randn(x.shape, generator=rng, device=rng.device)


def _jpeg(x: Tensor, rng: torch.Generator) -> Tensor:
    # The heart of JPEG: the 8 × 8 cosine transform with coefficients rounded, coarser for the
    # higher frequencies. Chroma subsampling and Huffman coding leave no other visible trace.
    side = x.shape[-1] // 8 * 8
    blocks = x[..., :side, :side].unfold(2, 8, 8).unfold(3, 8, 8)
    basis = _cosines().to(x.device)
    frequency = torch.arange(8.0, device=x.device)
    step = 1 + frequency[:, None] + frequency[None, :]
    coarse = torch.exp(uniform(len(x), math.log(0.01), math.log(0.04), rng)).view(-1, 1, 1, 1, 1, 1)
    spectrum = basis @ blocks @ basis.T
    spectrum = torch.round(spectrum / (coarse * step)) * (coarse * step)
    result = x.clone()
    pixels = (basis.T @ spectrum @ basis).permute(0, 1, 2, 4, 3, 5)
    result[..., :side, :side] = pixels.reshape(*x.shape[:2], side, side)
    return result


def _cosines() -> Tensor:
    k, n = torch.arange(8.0).view(8, 1), torch.arange(8.0).view(1, 8)
    basis = torch.cos(torch.pi * (2 * n + 1) * k / 16) / 2
    basis[0] /= math.sqrt(2)
    return basis


def _erase(x: Tensor, rng: torch.Generator) -> Tensor:
    # A hand, a cup, a microphone: somewhere but on the eyes, which lie in the upper half.
    side = x.shape[-1]
    width, height = (int(side * float(v)) for v in uniform(2, 0.15, 0.45, rng))
    left = int(float(uniform(1, 0, side - width, rng)))
    top = int(float(uniform(1, 0.58 * side, side - 0.1 * side, rng)))
    x = x.clone()
    x[..., top : top + height, left : left + width] = chance(3 * len(x), rng).view(-1, 3, 1, 1)
    return x
