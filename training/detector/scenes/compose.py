"""Composition of scenes; geometry on the host, pixels on the device, which nothing waits for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.common.random_source import RandomSource
from training.detector.scenes.layout import Layout, layouts
from training.detector.scenes.occlusion import coverable_faces, occlude
from training.detector.scenes.photo_store import PhotoStore, padded
from training.detector.scenes.photometric import distort
from training.detector.scenes.placement import (
    SIDE,
    WHOLE_SHARE,
    Flags,
    Floats,
    Placement,
    fit_whole,
    place_faces,
    place_grounds,
    visible,
)
from training.detector.scenes.sampling import Grounds, Views

MOST_FACES = 32
"""Faces per scene; if there are more, the smallest are unsure."""
PLAIN_SHARE = 0.2
"""Share of backgrounds of one colour."""
EXISTING_SHARE = 0.97
"""Share of first tiles that show a photo; all others do."""
CONTINUED_SHARE = 0.7
"""Share of photos that are continued where they end, instead of showing a background."""
PADDING = 128
"""Gray outside of a whole photo, as `worker.vision.detect.proposal.padded` fills it."""


@dataclass(frozen=True, slots=True)
class SceneBatch:
    """Training pictures.

    Attributes:
        pixels: N × 3 × SIDE × SIDE, RGB; float32, whole numbers 0 … 255.
        faces: N × F × 3, in px of the scene, the largest first; rows of zeros are no faces.
        unsure: N × U × 3; squares in which a detection is neither required nor an error.
        face_free: N, bool; the scene contains no photo of people: every detection is wrong.
    """

    pixels: Tensor
    faces: Tensor
    unsure: Tensor
    face_free: Tensor


class SceneComposer:
    """Composes scenes at random.

    Args:
        photos: Photos with faces, and backgrounds.
        cut: See `DetectorRecipe`.
    """

    def __init__(self, photos: PhotoStore, cut: float = 0.0) -> None:
        self._photos, self._cut = photos, cut

    def draw(self, count: int, rng: RandomSource) -> SceneBatch:
        """Return random scenes; `rng` is on the device of the photos."""
        host = np.random.default_rng(rng.host.getrandbits(64))
        groups, device = layouts(count, rng), self._photos.packed.device
        pixels = torch.empty((count, 3, SIDE, SIDE), device=device)
        start = 0
        listed: list[tuple[Floats, Floats]] = []
        coverable: list[Floats] = []
        for layout in groups:
            scenes = pixels[start : start + layout.count]
            faces, unsure, rows = self.paint(scenes, layout, host)
            rows[:, 0] += start
            coverable.append(rows)
            listed += zip(faces, unsure, strict=True)
            start += layout.count
        occlude(pixels, np.concatenate(coverable), host, rng)
        for scenes in pixels.split([layout.count for layout in groups]):
            distort(scenes, rng)
        free = np.repeat([g.face_free for g in groups], [g.count for g in groups])
        kept, others = zip(*(_ranked(*squares) for squares in listed), strict=True)
        found = (torch.from_numpy(part) for part in (padded(kept), padded(others), free))
        return SceneBatch(pixels, *(part.to(device, non_blocking=True) for part in found))

    def paint(
        self, scenes: Tensor, layout: Layout, host: np.random.Generator
    ) -> tuple[Floats, Floats, Floats]:
        """Paint n scenes in place, without occlusion and photometric changes.

        Args:
            scenes: n × 3 × SIDE × SIDE float32.
            layout: Their layout.
            host: Random numbers on the host.

        Returns:
            Faces, n × F × 3, and unsure squares, n × U × 3, where rows of zeros are none; and rows
            for `occlude`.
        """
        n, count = layout.count, len(layout.tiles)
        corners = np.tile(np.array(layout.tiles, dtype=np.float32), (n, 1))
        origin, size = corners[:, :2], corners[:, 2:] - corners[:, :2]
        targets = [
            scenes[number // count, :, top:bottom, left:right]
            for number, (left, top, right, bottom) in enumerate(layout.tiles * n)
        ]
        if layout.face_free:
            grounds = self._grounds(size, np.zeros(len(size), dtype=np.bool_), host)
            for tile, target in enumerate(targets):
                grounds.fill(target, tile)
            none = np.zeros((n, 0, 3), dtype=np.float32)
            return none, none, np.zeros((0, 9), dtype=np.float32)
        placed = place_faces(self._photos, size, layout.is_single, self._cut, host)
        exists = (host.random(len(size)) < EXISTING_SHARE) | (origin.max(1) > 0)
        whole, shown = np.zeros_like(exists), size
        if layout.is_single:
            whole = exists & (host.random(n) < WHOLE_SHARE)
            placed, edges = fit_whole(self._photos, placed, whole)
            shown = np.where(whole[:, None], edges, shown)
        continued = ~whole & (host.random(len(size)) < CONTINUED_SHARE)
        continued |= placed.covers(self._photos, size)
        grounds = self._grounds(size, whole, host)
        views = Views.of(self._photos, placed)
        everything = np.tile(size, 2) * (0, 0, 1, 1)
        boxes = np.where(continued[:, None], everything, _pixels(placed, self._photos, size))
        for tile, target in enumerate(targets):
            if not (exists[tile] and continued[tile]):
                grounds.fill(target, tile)
            if exists[tile]:
                views.show(target, tile, boxes[tile].astype(int).tolist(), continued[tile])
        faces, unsure = (
            placed.move(squares[placed.photo]) * exists[:, None, None]
            for squares in (self._photos.faces, self._photos.unsure)
        )
        scene = np.arange(len(size)) // count
        rows = coverable_faces(faces, scene, corners, placed.angle, host)
        kept, others = visible(faces, unsure, shown)
        for squares in (kept, others):
            squares[..., :2] += origin[:, None] * (squares[..., 2:] > 0)
        return kept.reshape(n, -1, 3), others.reshape(n, -1, 3), rows

    def _grounds(self, size: Floats, whole: Flags, host: np.random.Generator) -> Grounds:
        """Return what N tiles show where no photo is; `whole`: around a whole photo."""
        n, photos = len(size), self._photos
        plain = whole | (host.random(n) < (PLAIN_SHARE if photos.has_grounds else 1.0))
        colours = np.where(whole[:, None], PADDING, host.integers(0, 256, (n, 3)))
        on_device = torch.from_numpy(colours.astype(np.float32)).to(
            photos.packed.device, non_blocking=True
        )
        views = Views.of(photos, place_grounds(photos, size, host)) if photos.has_grounds else None
        return Grounds(views, plain, on_device.view(n, 3, 1, 1))


def _pixels(placed: Placement, photos: PhotoStore, size: Floats) -> Floats:
    """Return left, top, right and bottom of what each photo may show of its tile, in whole px."""
    extent = placed.extent(photos)
    outwards = np.concatenate([np.floor(extent[:, :2]), np.ceil(extent[:, 2:])], 1)
    return outwards.clip(0, np.tile(size, 2))


def _ranked(faces: Floats, unsure: Floats) -> tuple[Floats, Floats]:
    """Return the MOST_FACES largest faces, in order, and all other squares; without zeros."""
    faces, unsure = (squares[squares[:, 2] > 0] for squares in (faces, unsure))
    faces = faces[np.argsort(-faces[:, 2])]
    return faces[:MOST_FACES], np.concatenate([faces[MOST_FACES:], unsure])
