"""Occlusion of faces: drawn sunglasses, and blobs for hands, cups, hats, masks."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from training.common.random_source import RandomSource
from training.detector.scenes.placement import Floats

SUNGLASSES_SHARE = 0.2
BLOB_SHARE = 0.1
EYES = -0.17
"""Height of the eyes above the centre of dlib's box, as a share of its side."""
SMALLEST_OCCLUDED = 18.0
"""Width in px of the smallest face that is covered."""


SUNGLASSES_REACH, BLOB_REACH = 0.65, 0.85
"""Distance from a face's centre within which it is covered, as a share of its side."""
WINDOWS = (0, 48, 80, 128, 192, 10_000)
"""Limits of the sizes in px of windows around faces that are covered together."""


Draw = Callable[["_FaceGrid", Tensor, Tensor, RandomSource], tuple[Tensor, Tensor]]
"""Face grid, window, face, random numbers -> cover, N × H × W, and colours, N × 3 × H × W."""


@dataclass(frozen=True, slots=True)
class _FaceGrid:
    """Each pixel's position relative to a face.

    Attributes:
        right: N × H × W; from the face's centre to its right, as a share of its side.
        down: N × H × W.
        side: N × 1 × 1, in px.
    """

    right: Tensor
    down: Tensor
    side: Tensor


def coverable_faces(
    faces: Floats,
    scene: npt.NDArray[np.int64],
    tiles: Floats,
    angle: Floats,
    host: np.random.Generator,
) -> Floats:
    """Return a random face of each tile that has large ones, for `occlude`.

    Args:
        faces: N × F × 3, in px of the tile; rows of zeros are no faces.
        scene: N; the scene of each tile.
        tiles: N × 4; left, top, right and bottom of each tile in px of its scene.
        angle: N; rotation of the faces, counter-clockwise, in radians.
        host: Random numbers.

    Returns:
        M × 9: scene, x, y and side of the face, angle, and the tile.
    """
    # Faces exist where this is above 0; the highest of equally distributed numbers is random.
    lots = host.random(faces.shape[:2]) * (faces[..., 2] > 0)
    chosen = faces[np.arange(len(faces)), lots.argmax(1)]
    rows = np.column_stack([scene, chosen[:, :2] + tiles[:, :2], chosen[:, 2], angle, tiles])
    return np.asarray(rows[chosen[:, 2] >= SMALLEST_OCCLUDED], dtype=np.float32)


def occlude(scenes: Tensor, rows: Floats, host: np.random.Generator, rng: RandomSource) -> None:
    """Cover a part of some faces, in place.

    Args:
        scenes: N × 3 × S × S, 0 … 255.
        rows: Faces, as `coverable_faces` returns them.
        host: Random numbers on the host: which faces.
        rng: Random numbers on the device: how they are covered.
    """
    for share, reach, draw in (
        (SUNGLASSES_SHARE, SUNGLASSES_REACH, _sunglasses),
        (BLOB_SHARE, BLOB_REACH, _blob),
    ):
        hit = rows[host.random(len(rows)) < share]
        window = np.ceil(2 * reach * hit[:, 3])
        for low, high in pairwise(WINDOWS):
            some = hit[(window > low) & (window <= high)]
            if len(some):
                size = int(min(window[window <= high].max(), scenes.shape[-1]))
                _cover(scenes, some, size, draw, rng)


def _cover(scenes: Tensor, rows: Floats, size: int, draw: Draw, rng: RandomSource) -> None:
    """Cover faces in windows of one size."""
    place, side = rows[:, 1:3], scenes.shape[-1]
    corner = (place - size / 2).round().clip(0, side - size)
    windows = [
        scenes[int(scene), :, int(top) : int(top) + size, int(left) : int(left) + size]
        for scene, (left, top) in zip(rows[:, 0], corner, strict=True)
    ]
    moved = np.column_stack([place - corner, rows[:, 3:5], rows[:, 5:] - np.tile(corner, 2)])
    values = torch.from_numpy(moved.astype(np.float32)).to(scenes.device, non_blocking=True)
    some, face = torch.stack(windows), values[:, :3]
    cover, colour = draw(_grid(face, values[:, 3], size), some, face, rng)
    cover = cover * _inside(values[:, 4:], size)
    for window, mixed in zip(windows, torch.lerp(some, colour, cover.unsqueeze(1)), strict=True):
        window.copy_(mixed)


def _inside(tile: Tensor, size: int) -> Tensor:
    """Return 1 inside of tiles (N × 4, in px of a window) and 0 outside, N × size × size."""
    at = torch.arange(size, device=tile.device) + 0.5
    left, top, right, bottom = tile.unsqueeze(2).unbind(1)
    across, down = (at > left) & (at < right), (at > top) & (at < bottom)
    return across.float().unsqueeze(1) * down.float().unsqueeze(2)


def _grid(face: Tensor, angle: Tensor, size: int) -> _FaceGrid:
    x, y, side = (column.view(-1, 1, 1) for column in face.unbind(1))
    cos, sin = (f(angle).view(-1, 1, 1) for f in (torch.cos, torch.sin))
    at = torch.arange(size, device=face.device) + 0.5
    across, down = (at - x) / side, (at.unsqueeze(1) - y) / side
    return _FaceGrid(across * cos - down * sin, across * sin + down * cos, side)


def _sunglasses(at: _FaceGrid, _: Tensor, face: Tensor, rng: RandomSource) -> tuple[Tensor, Tensor]:
    """Return two lenses, round or with corners, a bridge and temples; dark, or a mirror colour."""
    n = len(face)

    def uniform(low: float, high: float) -> Tensor:
        return rng.uniform(n, low, high).view(n, 1, 1)

    mirrored = (rng.rand(n, 1) < 0.25).float()
    tint = rng.rand(n, 3) * (70 + 185 * mirrored)
    frame = tint * rng.uniform(n, 0.3, 1.0).unsqueeze(1)
    width, height = uniform(0.15, 0.24), uniform(0.1, 0.19)
    apart, eyes = uniform(0.2, 0.25), EYES + uniform(-0.03, 0.04)
    thick = (uniform(0.01, 0.035) * at.side).round().clamp(min=1) / at.side
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
    line *= (((outward - apart).abs_() - width) * at.side + 0.5).clamp_(0, 1)
    line *= ((0.52 - outward) * at.side + 0.5).clamp_(0, 1)
    lines = torch.maximum(rim, line)
    colour = torch.lerp(_filled(tint, lens), _filled(frame, lens), lines.unsqueeze(1))
    return torch.maximum(lens, lines) * uniform(0.8, 1), colour


def _blob(at: _FaceGrid, tile: Tensor, face: Tensor, rng: RandomSource) -> tuple[Tensor, Tensor]:
    """Return an ellipse in the colour of the skin, or in any colour."""
    n = len(face)
    last = torch.tensor(tile.shape[2:], device=face.device).flip(0) - 1
    column, row = face[:, :2].long().clamp(min=0).minimum(last).unbind(1)
    skin = tile[torch.arange(n, device=face.device), :, row, column]
    colour = torch.where(rng.rand(n, 1) < 0.5, skin, rng.rand(n, 3) * 255)
    around, turn = (rng.uniform(n, 0, 2 * math.pi).view(n, 1, 1) for _ in range(2))
    right, down = at.right - 0.45 * torch.cos(around), at.down - 0.1 - 0.4 * torch.sin(around)
    long, short = (rng.uniform(n, 0.12, 0.32).view(n, 1, 1) for _ in range(2))
    u = (right * torch.cos(turn) + down * torch.sin(turn)) / long
    v = (down * torch.cos(turn) - right * torch.sin(turn)) / short
    cover = ((1 - (u.square_() + v.square_()).sqrt_()) * short * at.side + 0.5).clamp(0, 1)
    return cover, _filled(colour, cover)


def _filled(colour: Tensor, like: Tensor) -> Tensor:
    return colour.view(-1, 3, 1, 1).expand(-1, 3, *like.shape[1:])
