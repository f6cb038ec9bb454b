"""Augmentation as it was when crops were gathered on the host: the reference of its statistics.

It reads random numbers back from the device, which `training.classifier.augment` never does.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from training.classifier.augment.batch import normalize
from training.common.geometry import SIZE, STORED_SIZE

SCALE, SHIFT, ROTATION = (0.82, 1.2), 0.09, math.radians(22)
GRAY_SHARE, SHADOW_SHARE, DARK_SHARE = 0.2, 0.2, 0.1
LOW_RESOLUTION_SHARE, BLUR_SHARE, JPEG_SHARE = 0.25, 0.15, 0.2
NOISE_SHARE, ERASE_SHARE = 0.15, 0.15


def host_augment(crops: Tensor, rng: torch.Generator) -> Tensor:
    """Return a training batch, N × 3 × SIZE × SIZE, of N × S × S × 3 stored crops."""
    x = crops.permute(0, 3, 1, 2).float().div_(255)
    return normalize(_damage(_relight(_place(x, rng), rng), rng))


def _place(x: Tensor, rng: torch.Generator) -> Tensor:
    n = len(x)
    log = math.log(SCALE[0]), math.log(SCALE[1])
    scale = torch.exp(_uniform(n, *log, rng)) * SIZE / STORED_SIZE
    angle = _uniform(n, -ROTATION, ROTATION, rng)
    mirror = torch.where(_chance(n, rng) < 0.5, -1.0, 1.0)
    # In grid_sample's coordinates the stored crop reaches from -1 to 1.
    shift = _uniform(2 * n, -SHIFT, SHIFT, rng).reshape(n, 2) * 2 * SIZE / STORED_SIZE
    cos, sin = scale * torch.cos(angle), scale * torch.sin(angle)
    matrix = torch.stack(
        [
            torch.stack([cos * mirror, -sin, shift[:, 0]], dim=1),
            torch.stack([sin * mirror, cos, shift[:, 1]], dim=1),
        ],
        dim=1,
    )
    grid = functional.affine_grid(matrix, [n, x.shape[1], SIZE, SIZE], align_corners=False)
    return functional.grid_sample(x, grid, padding_mode="border", align_corners=False)


def _uniform(count: int, low: float, high: float, rng: torch.Generator) -> Tensor:
    return low + (high - low) * _chance(count, rng)


def _chance(count: int, rng: torch.Generator) -> Tensor:
    return torch.rand(count, generator=rng, device=rng.device)


def _relight(x: Tensor, rng: torch.Generator) -> Tensor:
    n = len(x)
    gamma = torch.exp(_uniform(n, -0.45, 0.45, rng)).view(n, 1, 1, 1)
    x = x.clamp(1e-3, 1).pow(gamma)
    contrast = _uniform(n, 0.65, 1.35, rng).view(n, 1, 1, 1)
    mean = x.mean((1, 2, 3), keepdim=True)
    x = (x - mean) * contrast + mean + _uniform(n, -0.18, 0.18, rng).view(n, 1, 1, 1)
    x = x * _uniform(3 * n, 0.85, 1.15, rng).view(n, 3, 1, 1)
    x = _saturate(x, rng)
    return _darken(_shade(x, rng).clamp(0, 1), rng)


def _saturate(x: Tensor, rng: torch.Generator) -> Tensor:
    n = len(x)
    luma = (x * x.new_tensor([0.299, 0.587, 0.114]).view(1, 3, 1, 1)).sum(1, keepdim=True)
    amount = _uniform(n, 0.5, 1.4, rng)
    amount[_chance(n, rng) < GRAY_SHARE] = 0
    return luma + (x - luma) * amount.view(n, 1, 1, 1)


def _shade(x: Tensor, rng: torch.Generator) -> Tensor:
    # A ramp of light over the face, from any side, on some of the pictures.
    n, side = len(x), x.shape[-1]
    strength = _uniform(n, 0.3, 1.0, rng) * (_chance(n, rng) < SHADOW_SHARE)
    angle = _uniform(n, 0, 2 * torch.pi, rng)
    axis = torch.linspace(-1, 1, side, device=x.device)
    ramp = torch.cos(angle).view(n, 1, 1) * axis + torch.sin(angle).view(n, 1, 1) * axis[:, None]
    return x * (1 - strength.view(n, 1, 1, 1) * 0.6 * torch.sigmoid(4 * ramp).unsqueeze(1))


def _darken(x: Tensor, rng: torch.Generator) -> Tensor:
    # Little light on some of the pictures, and a sensor's noise, which is then not small.
    hit = _chance(len(x), rng) < DARK_SHARE
    n = int(hit.sum())
    light = torch.exp(_uniform(n, math.log(0.12), math.log(0.5), rng)).view(n, 1, 1, 1)
    noise = _uniform(n, 0, 0.02, rng).view(n, 1, 1, 1)
    some = x[hit] * light
    x[hit] = some + noise * torch.randn(some.shape, generator=rng, device=rng.device)
    return x.clamp(0, 1)


def _damage(x: Tensor, rng: torch.Generator) -> Tensor:
    for share, how in (
        (LOW_RESOLUTION_SHARE, _shrink),
        (BLUR_SHARE, _blur),
        (NOISE_SHARE, _noise),
        (JPEG_SHARE, _jpeg),
        (ERASE_SHARE, _erase),
    ):
        hit = _chance(len(x), rng) < share
        if hit.any():
            x[hit] = how(x[hit], rng)
    return x.clamp(0, 1)


def _shrink(x: Tensor, rng: torch.Generator) -> Tensor:
    # One factor for the part of the batch that is hit: sizes cannot differ inside a tensor.
    side = x.shape[-1]
    small = int(side * float(_uniform(1, 0.22, 0.8, rng)))
    down = functional.interpolate(x, size=(small, small), mode="area")
    return functional.interpolate(down, size=(side, side), mode="bilinear", align_corners=False)


def _blur(x: Tensor, rng: torch.Generator) -> Tensor:
    sigma = float(_uniform(1, 0.5, 3.2, rng))
    reach = math.ceil(2.5 * sigma)
    steps = torch.arange(-reach, reach + 1, dtype=x.dtype, device=x.device)
    line = torch.exp(-(steps**2) / (2 * sigma**2))
    line = (line / line.sum()).expand(3, 1, len(steps))
    padded = functional.pad(x, [reach] * 4, mode="replicate")
    rows = functional.conv2d(padded, line.unsqueeze(2), groups=3)
    return functional.conv2d(rows, line.unsqueeze(3), groups=3)


def _noise(x: Tensor, rng: torch.Generator) -> Tensor:
    strength = _uniform(len(x), 0.01, 0.08, rng).view(-1, 1, 1, 1)
    return x + strength * torch.randn(x.shape, generator=rng, device=rng.device)


def _jpeg(x: Tensor, rng: torch.Generator) -> Tensor:
    # The heart of JPEG: the 8 × 8 cosine transform with coefficients rounded, coarser for the
    # higher frequencies. Chroma subsampling and Huffman coding leave no other visible trace.
    side = x.shape[-1] // 8 * 8
    blocks = x[..., :side, :side].unfold(2, 8, 8).unfold(3, 8, 8)
    basis = _cosines().to(x.device)
    frequency = torch.arange(8.0, device=x.device)
    step = 1 + frequency[:, None] + frequency[None, :]
    coarse = torch.exp(_uniform(len(x), math.log(0.01), math.log(0.04), rng)).view(
        -1, 1, 1, 1, 1, 1
    )
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
    # A hand, a cup, a microphone: somewhere but on the eyes, which are in the upper half.
    side = x.shape[-1]
    width, height = (int(side * float(v)) for v in _uniform(2, 0.15, 0.45, rng))
    left = int(float(_uniform(1, 0, side - width, rng)))
    top = int(float(_uniform(1, 0.58 * side, side - 0.1 * side, rng)))
    x = x.clone()
    x[..., top : top + height, left : left + width] = _chance(3 * len(x), rng).view(-1, 3, 1, 1)
    return x
