"""Placement: at which scale, rotation and position a tile shows a photo; computed on the host."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from training.detector.scenes.photo_store import PhotoStore

Floats = npt.NDArray[np.floating[Any]]
Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]

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
        photo: N; indices in the store.
        point: N × 2, in px of the photo.
        goal: N × 2, in px of the tile.
        scale: N; px of the tile per px of the photo.
        angle: N; counter-clockwise, in radians.
        mirror: N; -1 where it is mirrored, else 1.
    """

    photo: Indices
    point: Floats
    goal: Floats
    scale: Floats
    angle: Floats
    mirror: Floats

    def move(self, faces: Floats) -> Floats:
        """Return squares, N × F × 3, in px of the tile; rows of zeros stay."""
        offset = faces[..., :2] - self.point[:, None]
        cos, sin = np.cos(self.angle)[:, None], np.sin(self.angle)[:, None]
        x, y = offset[..., 0] * self.mirror[:, None], offset[..., 1]
        moved = np.stack([cos * x + sin * y, cos * y - sin * x], -1) * self.scale[:, None, None]
        moved = np.concatenate(
            [moved + self.goal[:, None], faces[..., 2:] * self.scale[:, None, None]], -1
        )
        return np.asarray(moved * (faces[..., 2:] > 0), dtype=np.float32)

    def inverse(self, photos: PhotoStore) -> Floats:
        """Return N × 2 × 3: maps px of the tile to places in the photo, which is -1 … 1."""
        cos, sin = np.cos(self.angle) / self.scale, np.sin(self.angle) / self.scale
        rows = [self.mirror * cos, -self.mirror * sin, sin, cos]
        linear = np.stack(rows, 1).reshape(-1, 2, 2)
        shift = self.point - (linear @ self.goal[:, :, None])[:, :, 0]
        matrix = np.concatenate([linear, shift[:, :, None]], 2)
        matrix *= 2 / photos.size[self.photo][:, :, None]
        matrix[:, :, 2] -= 1
        return matrix.astype(np.float32)

    def extent(self, photos: PhotoStore) -> Floats:
        """Return left, top, right and bottom of each photo, N × 4, in px of the tile."""
        width, height = photos.size[self.photo].T
        none = np.zeros_like(width)
        corners = [(none, none), (width, none), (none, height), (width, height)]
        # As squares of 1 px: those of 0 px do not move.
        places = np.stack([np.stack([x, y, none + 1], 1) for x, y in corners], 1)
        moved = self.move(places)[..., :2]
        return np.concatenate([moved.min(1), moved.max(1)], 1)

    def covers(self, photos: PhotoStore, size: Floats) -> Flags:
        """Return whether each photo covers its tile, N × 2 px wide and high."""
        maps = self.inverse(photos)
        corners = [
            maps[:, :, 2] + maps[:, :, 0] * x[:, None] + maps[:, :, 1] * y[:, None]
            for x in (np.zeros(len(size)), size[:, 0])
            for y in (np.zeros(len(size)), size[:, 1])
        ]
        return np.asarray(np.abs(corners).max((0, 2)) <= 1)


def place_faces(
    photos: PhotoStore, size: Floats, is_single: bool, cut: float, rng: np.random.Generator
) -> Placement:
    """Place random photos so that their main faces have random sizes and positions.

    Args:
        photos: The photos.
        size: N × 2; width and height of each tile in px.
        is_single: Whether each tile is a whole scene: there, large faces are common.
        cut: Share of main faces that may extend over the edge of the tile.
        rng: Random numbers.
    """
    n, shorter = len(size), size.min(1)
    photo = photos.draw(n, rng)
    main = photos.faces[photo, 0]
    largest = LARGEST_SHARE * shorter * (1 + 0.4 * (rng.random(n) < 0.2))
    low = math.log(SMALLEST)
    side = np.exp(low + rng.random(n) * (np.log(largest.clip(min=SMALLEST + 1)) - low))
    if is_single:
        side = np.maximum(side, SMALLEST + rng.random(n) * (0.4 * largest - SMALLEST))
    scale = (side / main[:, 2]).clip(max=4)
    degrees = np.where(rng.random(n) < 0.65, rng.normal(0, 9, n), rng.uniform(-42, 42, n))
    room = np.minimum(0.5 * main[:, 2] * scale, 0.45 * shorter)
    room = np.where(rng.random(n) < cut, CUT_ROOM * room, room)[:, None]
    goal = room + rng.random((n, 2)) * (size - 2 * room)
    return Placement(photo, main[:, :2], goal, scale, np.radians(degrees), random_mirror(n, rng))


def fit_whole(photos: PhotoStore, placed: Placement, chosen: Flags) -> tuple[Placement, Floats]:
    """Show some photos as the worker does: whole, upright, in the upper left of a scene.

    Args:
        photos: The photos.
        placed: Where they would be otherwise.
        chosen: N; for which photos to do so.

    Returns:
        The placement, and the width and height that each photo then covers, N × 2.
    """
    size = photos.size[placed.photo]
    scale = SIDE / size.max(1)
    shown = size * scale[:, None]
    flag = chosen[:, None]
    left = np.stack([np.where(placed.mirror < 0, shown[:, 0], 0), np.zeros(len(size))], 1)
    whole = replace(
        placed,
        point=np.where(flag, 0, placed.point),
        goal=np.where(flag, left, placed.goal),
        scale=np.where(chosen, scale, placed.scale),
        angle=np.where(chosen, 0, placed.angle),
    )
    return whole, shown.round()


def place_grounds(photos: PhotoStore, size: Floats, rng: np.random.Generator) -> Placement:
    """Place random pictures so that a random part of each fills its tile; see `place_faces`."""
    n, photo = len(size), photos.draw_grounds(len(size), rng)
    own = photos.size[photo]
    scale = (size / own).max(1) * np.exp(rng.uniform(0, 1.2, n))
    degrees = rng.uniform(-30, 30, n) * (rng.random(n) < 0.3)
    half = size / (2 * scale[:, None])
    point = half + rng.random((n, 2)) * (own - 2 * half)
    return Placement(photo, point, size / 2, scale, np.radians(degrees), random_mirror(n, rng))


def random_mirror(count: int, rng: np.random.Generator) -> Floats:
    """Return -1 or 1, each with the same probability."""
    return np.where(rng.random(count) < 0.5, -1, 1).astype(np.float32)


def visible(faces: Floats, unsure: Floats, shown: Floats) -> tuple[Floats, Floats]:
    """Return the faces that are mostly inside; the parts of others are unsure.

    Args:
        faces: N × F × 3, in px; rows of zeros are no faces.
        unsure: N × U × 3, in px.
        shown: N × 2; width and height that can be seen.

    Returns:
        N × F × 3 and N × (F + U) × 3, with rows of zeros in place of the others.
    """
    ends, half = shown[:, None], faces[..., 2:] / 2
    overlap = np.minimum(faces[..., :2] + half, ends) - (faces[..., :2] - half).clip(min=0)
    share = overlap.clip(min=0).prod(-1) / faces[..., 2].clip(min=1e-6) ** 2
    centred = ((faces[..., :2] > 0) & (faces[..., :2] < ends)).all(-1)
    exists = faces[..., 2] > 0
    good = exists & (share > 0.55) & (faces[..., 2] >= 0.85 * SMALLEST) & centred
    partly = exists & ~good & (share > 0)
    return faces * good[..., None], np.concatenate([unsure, faces * partly[..., None]], 1)
