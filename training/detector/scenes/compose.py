"""Composition of scenes in batches; the host never waits for the device."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from training.common.random_source import RandomSource
from training.detector.scenes.layout import Layout, layouts
from training.detector.scenes.occlusion import occlude
from training.detector.scenes.photo_store import COLOURS, PhotoStore
from training.detector.scenes.photometric import distort
from training.detector.scenes.placement import (
    SIDE,
    WHOLE_SHARE,
    fit_whole,
    place_faces,
    place_ground,
    visible,
)
from training.detector.scenes.sampling import UNIT, Samples, View, interpolate, merge, sample

MOST_FACES = 32
"""Faces per scene; if there are more, the smallest are unsure."""
PLAIN_SHARE = 0.2
"""Share of backgrounds of one colour."""


@dataclass(frozen=True, slots=True)
class SceneBatch:
    """Training pictures.

    Attributes:
        pixels: N × 3 × SIDE × SIDE, uint8, RGB.
        faces: N × MOST_FACES × 3, in px of the scene; rows of zeros are no faces.
        unsure: N × MOST_FACES × 3; squares in which a detection is neither required nor an error.
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
        groups = layouts(count, rng)
        parts = [self._group(layout, rng) for layout in groups]
        pixels, faces, unsure = (torch.cat(tensors) for tensors in zip(*parts, strict=True))
        free = torch.tensor([g.face_free for g in groups for _ in range(g.count)])
        return SceneBatch(pixels, faces, unsure, free.to(pixels.device, non_blocking=True))

    def _group(self, layout: Layout, rng: RandomSource) -> tuple[Tensor, Tensor, Tensor]:
        n, device = layout.count, self._photos.packed.device
        count = len(layout.tiles)
        corners = torch.tensor(layout.tiles * n, dtype=torch.float32)
        corners = corners.to(device, non_blocking=True)
        origin, size = corners[:, :2], corners[:, 2:] - corners[:, :2]
        none = torch.zeros((n, MOST_FACES, 3), device=device)
        faces, unsure = none, none
        if layout.face_free:
            samples = self._ground_samples(size, layout, rng)
            tiles = interpolate(self._photos.packed, samples)
        else:
            tiles, *found = self._photo_tiles(size, origin, layout, rng)
            for squares in found:
                squares[..., :2] += origin.unsqueeze(1) * (squares[..., 2:] > 0)
            faces, unsure = (torch.cat([none, squares.view(n, -1, 3)], 1) for squares in found)
        scenes = torch.empty((n, 3, SIDE, SIDE), dtype=torch.uint8, device=device)
        for i, (left, top, right, bottom) in enumerate(layout.tiles):
            tile = tiles[i::count, :, : bottom - top, : right - left]
            scenes[:, :, top:bottom, left:right] = tile
        kept, rest = _largest(faces)
        others, _ = _largest(torch.cat([rest, unsure], 1))
        return distort(scenes, rng), kept, others

    def _photo_tiles(
        self, size: Tensor, origin: Tensor, layout: Layout, rng: RandomSource
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return tiles with a photo, its faces and its unsure squares in px of the tile."""
        n, photos = len(size), self._photos
        width, height = layout.largest
        index = photos.draw(n, rng)
        placed = place_faces(photos, index, size, layout.is_single, self._cut, rng)
        exists = (rng.rand(n) < 0.97) | (origin.amax(1) > 0)
        continued = exists & (rng.rand(n) >= 0.7)
        whole, shown = torch.zeros_like(exists), size
        if layout.is_single:
            whole = exists & (rng.rand(n) < WHOLE_SHARE)
            placed, edges = fit_whole(photos, index, placed, whole)
            shown = torch.where(whole.unsqueeze(1), edges, shown)
            continued = continued & ~whole
        levels = photos.levels(index, placed.scale)
        front, outside = sample(View(levels, placed.inverse(levels)), height, width)
        # Half a pixel beyond the centre of the outermost one, the photo ends.
        reach = torch.where(exists, UNIT / 2, -1.0).masked_fill(continued, torch.inf)
        ground = self._ground_samples(size, layout, rng, whole)
        samples = merge(front, ground, outside <= reach.view(n, 1, 1))
        tiles = interpolate(photos.packed, samples)
        faces, unsure = (
            placed.move(squares) * ((squares[..., 2:] > 0) & exists.view(n, 1, 1))
            for squares in (photos.faces[index], photos.unsure[index])
        )
        occlude(tiles, faces, placed.angle, rng)
        return tiles, *visible(faces, unsure, shown)

    def _ground_samples(
        self, size: Tensor, layout: Layout, rng: RandomSource, whole: Tensor | None = None
    ) -> Samples:
        """Return samples of pictures without faces, or of one colour.

        Args:
            size: N × 2; width and height of each tile in px.
            layout: The tiles' layout.
            rng: Random numbers.
            whole: N, bool; where to show the padding around a whole photo.
        """
        n, photos = len(size), self._photos
        width, height = layout.largest
        chosen = rng.rand(n) < (PLAIN_SHARE if photos.has_grounds else 1.0)
        colour = (rng.rand(n) * COLOURS).long()
        if whole is not None:
            chosen, colour = chosen | whole, colour.masked_fill(whole, 0)
        if photos.has_grounds:
            index = photos.draw_grounds(n, rng)
            placed = place_ground(photos, index, size, rng)
            levels = photos.plain(photos.levels(index, placed.scale), chosen, colour)
            matrix = placed.inverse(levels)
        else:
            levels = photos.plain(None, chosen, colour)
            matrix = torch.zeros((n, 2, 3), device=size.device)
        return sample(View(levels, matrix), height, width)[0]


def _largest(squares: Tensor) -> tuple[Tensor, Tensor]:
    """Return the MOST_FACES largest squares and the others, N × … × 3 each."""
    order = squares[..., 2].argsort(1, descending=True).unsqueeze(2).expand(-1, -1, 3)
    ranked = squares.gather(1, order)
    return ranked[:, :MOST_FACES], ranked[:, MOST_FACES:]
