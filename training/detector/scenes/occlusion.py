"""Occlusion of faces: drawn sunglasses, and blobs for hands, cups, hats, masks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from training.common.random_source import RandomSource

SUNGLASSES_SHARE = 0.2
BLOB_SHARE = 0.1
EYES = -0.17
"""Height of the eyes above the centre of dlib's box, as a share of its side."""
SMALLEST_OCCLUDED = 18.0
"""Width in px of the smallest face that is covered."""


@dataclass(frozen=True, slots=True)
class _FaceGrid:
    """Each pixel's position relative to a face.

    Attributes:
        right: N × H × W; from the face's centre to its right, as a share of its side.
        down: N × H × W.
        side: N × 1 × 1, in px; 0 where there is no face.
    """

    right: Tensor
    down: Tensor
    side: Tensor


def occlude(tile: Tensor, faces: Tensor, angle: Tensor, rng: RandomSource) -> None:
    """Cover a part of one face on some tiles, in place.

    Args:
        tile: N × 3 × H × W, uint8.
        faces: N × F × 3, in px of the tile; rows of zeros are no faces.
        angle: N; rotation of the faces, counter-clockwise, in radians.
        rng: Random numbers.
    """
    n = len(tile)
    for share, draw in ((SUNGLASSES_SHARE, _sunglasses), (BLOB_SHARE, _blob)):
        hit = rng.subset(n, share)
        if not len(hit):
            continue
        listed = (faces[hit, :, 2] > 0).sum(1)
        which = (rng.rand(len(hit)) * listed).long().clamp(max=faces.shape[1] - 1)
        some, face = tile[hit].float(), faces[hit, which]
        at = _grid(face, angle[hit], tile.shape[2:])
        cover, colour = draw(at, some, face, rng)
        cover = cover * (face[:, 2] >= SMALLEST_OCCLUDED).view(-1, 1, 1)
        mixed = torch.lerp(some, colour, cover.unsqueeze(1))
        tile[hit] = mixed.round_().to(torch.uint8)


def _grid(face: Tensor, angle: Tensor, shape: torch.Size) -> _FaceGrid:
    x, y, side = (column.view(-1, 1, 1) for column in face.unbind(1))
    cos, sin = (f(angle).view(-1, 1, 1) for f in (torch.cos, torch.sin))
    unit = side.clamp(min=1)
    across = (torch.arange(shape[1], device=face.device) + 0.5 - x) / unit
    down = (torch.arange(shape[0], device=face.device).unsqueeze(1) + 0.5 - y) / unit
    return _FaceGrid(across * cos - down * sin, across * sin + down * cos, side)


def _sunglasses(at: _FaceGrid, _: Tensor, face: Tensor, rng: RandomSource) -> tuple[Tensor, Tensor]:
    """Return two lenses, round or with corners, a bridge and temples; dark, or a mirror colour."""
    n = len(face)

    def uniform(low: float, high: float) -> Tensor:
        return rng.uniform(n, low, high).view(n, 1, 1)

    mirrored = (rng.rand(n, 1) < 0.25).float()
    tint = rng.rand(n, 3) * (70 + 186 * mirrored)
    frame = tint * rng.uniform(n, 0.3, 1.0).unsqueeze(1)
    width, height = uniform(0.15, 0.24), uniform(0.1, 0.19)
    apart, eyes = uniform(0.2, 0.25), EYES + uniform(-0.03, 0.04)
    thick = (uniform(0.01, 0.035) * at.side).round().clamp(min=1) / at.side.clamp(min=1)
    outward, v = at.right.abs(), (at.down - eyes) / height
    narrow = 1 - uniform(0, 0.35) * v.clamp(0, 1)  # aviator lenses narrow downwards
    u = (outward - apart) / (width * narrow)
    u, v = u.square_(), v.square()
    doublings = rng.host.choice((0, 1, 2))  # a superellipse with exponent 2, 4 or 8
    for _ in range(doublings):
        u, v = u.square_(), v.square_()
    # Near the edge, the distance in px is proportional to this.
    inward = (1 - (u + v).clamp_(max=4)) * (width * at.side / 2 ** (doublings + 1))
    half = thick / 2 * at.side
    lens = (inward + 0.5).clamp_(0, 1)
    rim = (half + 0.5 - inward.abs_()).clamp_(0, 1)
    # Bridge and temples are one line, which the lenses interrupt.
    line = (half + 0.5 - (at.down - (eyes - height / 4)).abs_() * at.side).clamp_(0, 1)
    outside = (outward < apart - width) | ((outward > apart + width) & (outward < 0.52))
    lines = torch.maximum(rim, line * outside)
    colour = torch.lerp(_filled(tint, lens), _filled(frame, lens), lines.unsqueeze(1))
    return torch.maximum(lens, lines) * uniform(0.8, 1), colour


def _blob(at: _FaceGrid, tile: Tensor, face: Tensor, rng: RandomSource) -> tuple[Tensor, Tensor]:
    """Return an ellipse in the colour of the skin, or in any colour."""
    n = len(face)
    last = torch.tensor(tile.shape[2:], device=face.device).flip(0) - 1
    column, row = face[:, :2].long().clamp(min=0).minimum(last).unbind(1)
    skin = tile[torch.arange(n, device=face.device), :, row, column]
    colour = torch.where(rng.rand(n, 1) < 0.5, skin, rng.rand(n, 3) * 256)
    around, turn = (rng.uniform(n, 0, 2 * math.pi).view(n, 1, 1) for _ in range(2))
    right, down = at.right - 0.45 * torch.cos(around), at.down - 0.1 - 0.4 * torch.sin(around)
    long, short = (rng.uniform(n, 0.12, 0.32).view(n, 1, 1) for _ in range(2))
    u = (right * torch.cos(turn) + down * torch.sin(turn)) / long
    v = (down * torch.cos(turn) - right * torch.sin(turn)) / short
    cover = ((1 - torch.hypot(u, v)) * short * at.side + 0.5).clamp(0, 1)
    return cover, _filled(colour, cover)


def _filled(colour: Tensor, like: Tensor) -> Tensor:
    return colour.view(-1, 3, 1, 1).expand(-1, 3, *like.shape[1:])
