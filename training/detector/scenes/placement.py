"""Placement: at which scale, rotation and position a tile shows a photo."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from training.common.random_source import RandomSource
from training.detector.scenes.photo_store import Levels, PhotoStore

SIDE = 256
"""Side of a scene in px."""
SMALLEST = 13.0
"""Width in px of the smallest face that must be found."""
LARGEST_SHARE = 0.85
"""Share of a tile's side that a face may fill; a few are larger and extend over the edge."""
CUT_ROOM = 0.3
"""Least distance of such a face's centre from the edge, relative to that of other faces."""
WHOLE_SHARE = 0.15
"""Share of single photos that are shown as the worker does, up to their edges."""


@dataclass(frozen=True, slots=True)
class Placement:
    """Maps N photos to a tile: mirrored, rotated, scaled, `point` moved to `goal`.

    Attributes:
        point: N × 2, in px of the photo.
        goal: N × 2, in px of the tile.
        scale: N; px of the tile per px of the photo.
        angle: N; counter-clockwise, in radians.
        mirror: N; -1 where it is mirrored, else 1.
    """

    point: Tensor
    goal: Tensor
    scale: Tensor
    angle: Tensor
    mirror: Tensor

    def move(self, faces: Tensor) -> Tensor:
        """Return squares, N × F × 3, in px of the tile."""
        x, y = (faces[..., :2] - self.point.unsqueeze(1)).unbind(-1)
        cos, sin = (f(self.angle).unsqueeze(1) for f in (torch.cos, torch.sin))
        x = x * self.mirror.unsqueeze(1)
        scale = self.scale.unsqueeze(1)
        moved = torch.stack([cos * x + sin * y, cos * y - sin * x], -1) * scale.unsqueeze(-1)
        return torch.cat([moved + self.goal.unsqueeze(1), faces[..., 2:] * scale[..., None]], -1)

    def inverse(self, levels: Levels) -> Tensor:
        """Return N × 2 × 3: maps px of the tile to indices of pixels of the photos' copies."""
        cos, sin = torch.cos(self.angle) / self.scale, torch.sin(self.angle) / self.scale
        rows = [self.mirror * cos, -self.mirror * sin, sin, cos]
        linear = torch.stack(rows, 1).view(-1, 2, 2)
        shift = self.point - (linear @ self.goal.unsqueeze(2)).squeeze(2)
        matrix = torch.cat([linear, shift.unsqueeze(2)], 2) * levels.ratio.unsqueeze(2)
        matrix[:, :, 2] -= 0.5  # the centre of the first pixel is at 0.5 px, its index is 0
        return matrix


def place_faces(
    photos: PhotoStore,
    index: Tensor,
    size: Tensor,
    is_single: bool,
    cut: float,
    rng: RandomSource,
) -> Placement:
    """Place photos so that their main faces have random sizes and positions.

    Args:
        photos: The photos.
        index: N; which of them.
        size: N × 2; width and height of each tile in px.
        is_single: Whether each tile is a whole scene: there, large faces are common.
        cut: Share of main faces that may extend over the edge of the tile.
        rng: Random numbers.
    """
    n, shorter = len(index), size.amin(1)
    main = photos.faces[index, 0]
    largest = LARGEST_SHARE * shorter * (1 + 0.4 * (rng.rand(n) < 0.2))
    low = math.log(SMALLEST)
    side = torch.exp(low + rng.rand(n) * (largest.clamp(min=SMALLEST + 1).log() - low))
    if is_single:
        side = torch.maximum(side, SMALLEST + rng.rand(n) * (0.4 * largest - SMALLEST))
    scale = (side / main[:, 2]).clamp(max=4)
    degrees = torch.where(rng.rand(n) < 0.65, 9 * rng.randn(n), rng.uniform(n, -42, 42))
    room = torch.minimum(0.5 * main[:, 2] * scale, 0.45 * shorter)
    room = torch.where(rng.rand(n) < cut, CUT_ROOM * room, room).unsqueeze(1)
    goal = room + rng.rand(n, 2) * (size - 2 * room)
    return Placement(main[:, :2], goal, scale, torch.deg2rad(degrees), random_mirror(n, rng))


def fit_whole(
    photos: PhotoStore, index: Tensor, placed: Placement, chosen: Tensor
) -> tuple[Placement, Tensor]:
    """Show some photos as the worker does: whole, upright, in the upper left of a scene.

    Args:
        photos: The photos.
        index: N; which of them.
        placed: Where they would be otherwise.
        chosen: N; for which photos to do so.

    Returns:
        The placement, and the width and height that each photo then covers, N × 2.
    """
    size = photos.size[index]
    scale = SIDE / size.amax(1)
    shown = size * scale.unsqueeze(1)
    flag = chosen.unsqueeze(1)
    zero = torch.zeros_like(scale)
    left = torch.stack([torch.where(placed.mirror < 0, shown[:, 0], zero), zero], 1)
    whole = Placement(
        torch.where(flag, torch.zeros_like(left), placed.point),
        torch.where(flag, left, placed.goal),
        torch.where(chosen, scale, placed.scale),
        torch.where(chosen, zero, placed.angle),
        placed.mirror,
    )
    return whole, shown.round()


def place_ground(photos: PhotoStore, index: Tensor, size: Tensor, rng: RandomSource) -> Placement:
    """Place pictures so that a random part of each fills its tile; see `place_faces`."""
    n, own = len(index), photos.size[index]
    scale = (size / own).amax(1) * torch.exp(rng.uniform(n, 0, 1.2))
    degrees = rng.uniform(n, -30, 30) * (rng.rand(n) < 0.3)
    half = size / (2 * scale.unsqueeze(1))
    point = half + rng.rand(n, 2) * (own - 2 * half)
    return Placement(point, size / 2, scale, torch.deg2rad(degrees), random_mirror(n, rng))


def random_mirror(count: int, rng: RandomSource) -> Tensor:
    """Return -1 or 1, each with the same probability."""
    return 1 - 2 * (rng.rand(count) < 0.5).float()


def visible(faces: Tensor, unsure: Tensor, shown: Tensor) -> tuple[Tensor, Tensor]:
    """Return the faces that are mostly inside; the parts of others are unsure.

    Args:
        faces: N × F × 3, in px; rows of zeros are no faces.
        unsure: N × U × 3, in px.
        shown: N × 2; width and height that can be seen.

    Returns:
        N × F × 3 and N × (F + U) × 3, with rows of zeros in place of the others.
    """
    ends, half = shown.unsqueeze(1), faces[..., 2:] / 2
    overlap = torch.minimum(faces[..., :2] + half, ends) - (faces[..., :2] - half).clamp(min=0)
    share = overlap.clamp(min=0).prod(-1) / faces[..., 2].clamp(min=1e-6) ** 2
    centred = ((faces[..., :2] > 0) & (faces[..., :2] < ends)).all(-1)
    exists = faces[..., 2] > 0
    good = exists & (share > 0.55) & (faces[..., 2] >= 0.85 * SMALLEST) & centred
    partly = exists & ~good & (share > 0)
    return faces * good.unsqueeze(-1), torch.cat([unsure, faces * partly.unsqueeze(-1)], 1)
