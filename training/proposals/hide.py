"""Things in front of faces: sunglasses, hands, cups, hats, masks."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from worker.decode import Pixels

SUNGLASSES_SHARE = 0.1
BLOB_SHARE = 0.1
EYES = -0.17
"""Height of the eyes above the centre of dlib's box, as a share of its side."""


def hide(
    pixels: Pixels, face: npt.NDArray[np.float32], degrees: float, rng: np.random.Generator
) -> None:
    """Cover a part of some faces, in place.

    Args:
        pixels: H × W × 3, uint8, RGB.
        face: x, y, side in px.
        degrees: How far the face is turned, counter-clockwise.
        rng: Where the chance comes from.
    """
    x, y, side = (float(v) for v in face)
    if side < 18:
        return
    if rng.random() < SUNGLASSES_SHARE:
        tint = tuple(int(v) for v in rng.integers(0, 70, 3))
        width, height = rng.uniform(0.17, 0.23) * side, rng.uniform(0.1, 0.17) * side
        for way in (-1, 1):
            centre = _at(x, y, way * 0.21 * side, EYES * side, degrees)
            _ellipse(pixels, centre, (width, height), degrees, tint, rng.uniform(0.75, 1))
    if rng.random() < BLOB_SHARE:
        row, column = _inside(y, pixels.shape[0]), _inside(x, pixels.shape[1])
        skin = pixels[row, column]
        colour = skin if rng.random() < 0.5 else rng.integers(0, 256, 3)
        angle = rng.uniform(0, 2 * math.pi)
        centre = _at(
            x, y, 0.45 * side * math.cos(angle), 0.1 * side + 0.4 * side * math.sin(angle), degrees
        )
        axes = rng.uniform(0.12, 0.32, 2) * side
        tint = tuple(int(v) for v in colour)
        _ellipse(pixels, centre, (axes[0], axes[1]), rng.uniform(0, 180), tint, 1.0)


def _inside(value: float, length: int) -> int:
    return min(max(int(value), 0), length - 1)


def _at(x: float, y: float, right: float, down: float, degrees: float) -> tuple[int, int]:
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return round(x + right * cos + down * sin), round(y - right * sin + down * cos)


def _ellipse(
    pixels: Pixels,
    centre: tuple[int, int],
    axes: tuple[float, float],
    degrees: float,
    tint: tuple[int, ...],
    cover: float,
) -> None:
    drawn = pixels.copy()
    size = (max(1, round(axes[0])), max(1, round(axes[1])))
    cv2.ellipse(drawn, centre, size, -degrees, 0, 360, tint, -1, cv2.LINE_AA)
    cv2.addWeighted(drawn, cover, pixels, 1 - cover, 0, dst=pixels)
