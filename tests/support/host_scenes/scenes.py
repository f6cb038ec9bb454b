"""Composition of one scene at a time with OpenCV; see `training.detector.scenes`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from tests.support.host_scenes.occlusion import occlude
from tests.support.host_scenes.photometric import distort
from training.detector.square import Squares, squares
from worker.vision.decode import Pixels

Matrix = npt.NDArray[np.float64]
"""2 × 3, as OpenCV's affine warps take it."""

SIDE = 256
"""Side of a scene in px."""
SMALLEST = 13.0
"""Width in px of the smallest face that must be found."""
LARGEST_SHARE = 0.85
"""Share of a tile's side that a face may fill; a few are larger and extend over the edge."""
FACE_FREE_SHARE = 0.2
SINGLE_SHARE = 0.5
"""Share of single photos among the scenes with faces."""
WHOLE_SHARE = 0.15
"""Share of those that show the photo as the worker does, up to its edges."""


@dataclass(frozen=True, slots=True)
class HostPhoto:
    """A photo with its known faces.

    Attributes:
        pyramid: As `levels` returns it; the first picture is the photo.
        faces: In px of the photo; the first determines the scale.
        unsure: In px of the photo.
    """

    pyramid: Sequence[Pixels]
    faces: Squares
    unsure: Squares


@dataclass(frozen=True, slots=True)
class Scene:
    """A training picture.

    Attributes:
        pixels: SIDE × SIDE × 3, uint8, RGB.
        faces: In px of the scene.
        unsure: Squares in which a detection is neither required nor an error.
        face_free: It contains no photo of people: every detection is wrong.
    """

    pixels: Pixels
    faces: Squares
    unsure: Squares
    face_free: bool


class HostScenes:
    """Composes scenes at random.

    Args:
        sources: Photos with faces.
        backgrounds: Pictures without faces.
    """

    def __init__(self, sources: Sequence[HostPhoto], backgrounds: Sequence[Pixels]) -> None:
        self._sources = sources
        self._backgrounds = [levels(background) for background in backgrounds]

    def draw(self, rng: np.random.Generator) -> Scene:
        """Return a random scene."""
        pixels = np.empty((SIDE, SIDE, 3), dtype=np.uint8)
        face_free = bool(rng.random() < FACE_FREE_SHARE)
        faces, unsure = [squares()], [squares()]
        for left, top, right, bottom in _tiles(rng, face_free):
            tile = self._background(right - left, bottom - top, rng)
            if not face_free and (left > 0 or top > 0 or rng.random() < 0.97):
                source = self._sources[int(rng.integers(len(self._sources)))]
                whole = tile.shape[0] == tile.shape[1] == SIDE and rng.random() < WHOLE_SHARE
                some, others = (_fit if whole else _paste)(source, tile, rng)
                for squares_, found in ((some, faces), (others, unsure)):
                    squares_[:, :2] += (left, top)
                    found.append(squares_)
            pixels[top:bottom, left:right] = tile
        return Scene(distort(pixels, rng), np.concatenate(faces), np.concatenate(unsure), face_free)

    def _background(self, width: int, height: int, rng: np.random.Generator) -> Pixels:
        if not self._backgrounds or rng.random() < 0.2:
            colour = rng.integers(0, 256, 3)
            return np.full((height, width, 3), colour, dtype=np.uint8)
        background = self._backgrounds[int(rng.integers(len(self._backgrounds)))]
        rows, columns = background[0].shape[:2]
        fill = max(width / columns, height / rows)
        scale = fill * np.exp(rng.uniform(-0.3, 1.2))
        matrix = _matrix(
            (columns * rng.uniform(0.2, 0.8), rows * rng.uniform(0.2, 0.8)),
            (width / 2, height / 2),
            scale,
            rng.uniform(-30, 30) if rng.random() < 0.3 else 0.0,
            bool(rng.random() < 0.5),
        )
        return _warp(background, matrix, scale, (width, height), cv2.BORDER_REFLECT_101)


def _tiles(rng: np.random.Generator, face_free: bool) -> list[tuple[int, int, int, int]]:
    """Return left, top, right and bottom of each tile."""
    if rng.random() < (0.7 if face_free else SINGLE_SHARE):
        return [(0, 0, SIDE, SIDE)]
    columns, rows = (int(v) for v in rng.integers(1, 5, 2))
    if columns * rows == 1:
        columns = 2
    xs = _cuts(columns, rng)
    return [
        (xs[i], ys[j], xs[i + 1], ys[j + 1])
        for i in range(columns)
        for ys in [_cuts(rows, rng)]
        for j in range(rows)
    ]


def _cuts(count: int, rng: np.random.Generator) -> list[int]:
    shares = rng.uniform(0.7, 1.3, count)
    return [0, *(int(v) for v in np.round(np.cumsum(shares / shares.sum()) * SIDE))]


def _paste(source: HostPhoto, tile: Pixels, rng: np.random.Generator) -> tuple[Squares, Squares]:
    """Put a photo into a tile; return its faces and unsure squares in px of the tile."""
    height, width = tile.shape[:2]
    x, y, side = (float(v) for v in source.faces[0])
    most = LARGEST_SHARE * min(width, height) * (1.4 if rng.random() < 0.2 else 1.0)
    face_side = float(np.exp(rng.uniform(np.log(SMALLEST), np.log(max(most, SMALLEST + 1)))))
    if width == SIDE:  # in a single photo, large faces are common
        face_side = max(face_side, float(rng.uniform(SMALLEST, 0.4 * most)))
    scale = min(face_side / side, 4.0)
    degrees = float(rng.normal(0, 9) if rng.random() < 0.65 else rng.uniform(-42, 42))
    room = min(0.5 * side * scale, 0.45 * min(width, height))
    goal = (rng.uniform(room, width - room), rng.uniform(room, height - room))
    mirror = bool(rng.random() < 0.5)
    matrix = _matrix((x, y), goal, scale, degrees, mirror)
    border = cv2.BORDER_TRANSPARENT if rng.random() < 0.7 else cv2.BORDER_REPLICATE
    warped = _warp(source.pyramid, matrix, scale, (width, height), border, tile)
    faces, unsure = (_move(s, matrix, scale) for s in (source.faces, source.unsure))
    for face in faces:
        occlude(warped, face, degrees, rng)
    tile[:] = warped
    return _visible(faces, unsure, width, height)


def _fit(source: HostPhoto, tile: Pixels, rng: np.random.Generator) -> tuple[Squares, Squares]:
    """Put a photo into a tile as the worker feeds it to the network; see `_paste`."""
    height, width = source.pyramid[0].shape[:2]
    scale = SIDE / max(height, width)
    shown = round(width * scale), round(height * scale)
    mirror = bool(rng.random() < 0.5)
    goal = (shown[0] if mirror else 0.0, 0.0)
    matrix = _matrix((0.0, 0.0), goal, scale, 0.0, mirror)
    tile[:] = 128  # as `worker.vision.detect.proposal.padded`
    tile[: shown[1], : shown[0]] = _warp(source.pyramid, matrix, scale, shown, cv2.BORDER_REPLICATE)
    faces, unsure = (_move(s, matrix, scale) for s in (source.faces, source.unsure))
    for face in faces:
        occlude(tile[: shown[1], : shown[0]], face, 0.0, rng)
    return _visible(faces, unsure, *shown)


def _visible(faces: Squares, unsure: Squares, width: int, height: int) -> tuple[Squares, Squares]:
    """Return the faces that are mostly inside; the parts of others are unsure."""
    half = faces[:, 2] / 2
    across = np.minimum(faces[:, 0] + half, width) - np.maximum(faces[:, 0] - half, 0)
    down = np.minimum(faces[:, 1] + half, height) - np.maximum(faces[:, 1] - half, 0)
    shown = np.clip(across, 0, None) * np.clip(down, 0, None) / faces[:, 2] ** 2
    centred = ((faces[:, :2] > 0) & (faces[:, :2] < (width, height))).all(1)
    good = (shown > 0.55) & (faces[:, 2] >= 0.85 * SMALLEST) & centred
    others = np.concatenate([unsure, faces[~good & (shown > 0)]])
    return faces[good], others


def _matrix(
    point: tuple[float, float],
    goal: tuple[float, float],
    scale: float,
    degrees: float,
    mirror: bool,
) -> Matrix:
    """Return the transform that maps `point` to `goal`, 2 × 3."""
    matrix = cv2.getRotationMatrix2D((0, 0), degrees, scale)
    if mirror:
        matrix[:, 0] *= -1
    matrix[:, 2] = goal - matrix[:, :2] @ point
    return np.asarray(matrix)


def _move(faces: Squares, matrix: Matrix, scale: float) -> Squares:
    moved = faces.copy()
    moved[:, :2] = faces[:, :2] @ matrix[:, :2].T + matrix[:, 2]
    moved[:, 2] *= scale
    return moved


def levels(pixels: Pixels) -> list[Pixels]:
    """Return a picture, its half, its quarter …: strong reductions start from a small one."""
    result = [pixels]
    while min(result[-1].shape[:2]) >= 2 * SMALLEST:
        height, width = result[-1].shape[:2]
        half = cv2.resize(result[-1], (width // 2, height // 2), interpolation=cv2.INTER_AREA)
        result.append(np.asarray(half, dtype=np.uint8))
    return result


def _warp(
    pyramid: Sequence[Pixels],
    matrix: Matrix,
    scale: float,
    size: tuple[int, int],
    border: int,
    background: Pixels | None = None,
) -> Pixels:
    """Warp without aliasing; `background` is what transparent borders show."""
    level = min(max(0, int(np.floor(np.log2(0.75 / scale) + 1))), len(pyramid) - 1)
    pixels = pyramid[level]
    matrix = matrix.copy()
    matrix[:, 0] *= pyramid[0].shape[1] / pixels.shape[1]
    matrix[:, 1] *= pyramid[0].shape[0] / pixels.shape[0]
    warped = cv2.warpAffine(
        pixels,
        matrix,
        size,
        dst=None if background is None else background.copy(),
        flags=cv2.INTER_LINEAR,
        borderMode=border,
    )
    return np.asarray(warped, dtype=np.uint8)
