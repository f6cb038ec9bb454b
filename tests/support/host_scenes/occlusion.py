"""Occlusion of faces: drawn sunglasses, and blobs for hands, cups, hats, masks."""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from worker.vision.decode import Pixels

SUNGLASSES_SHARE = 0.2
BLOB_SHARE = 0.1
EYES = -0.17
"""Height of the eyes above the centre of dlib's box, as a share of its side."""


def occlude(
    pixels: Pixels, face: npt.NDArray[np.float32], degrees: float, rng: np.random.Generator
) -> None:
    """Cover a part of some faces, in place, at random.

    Args:
        pixels: H × W × 3, uint8, RGB.
        face: x, y, side in px.
        degrees: Rotation of the face, counter-clockwise.
        rng: Random numbers.
    """
    x, y, side = (float(v) for v in face)
    if side < 18:
        return
    if rng.random() < SUNGLASSES_SHARE:
        _sunglasses(pixels, (x, y, side), degrees, rng)
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


def _sunglasses(
    pixels: Pixels,
    face: tuple[float, float, float],
    degrees: float,
    rng: np.random.Generator,
) -> None:
    """Draw two lenses, round or with corners, a bridge and temples; dark, or a mirror colour."""
    x, y, side = face
    mirrored = rng.random() < 0.25
    tint = np.array(rng.integers(0, 256 if mirrored else 70, 3), dtype=float)
    frame = tint * rng.uniform(0.3, 1.0)
    width, height = rng.uniform(0.15, 0.24) * side, rng.uniform(0.1, 0.19) * side
    apart, eyes = rng.uniform(0.2, 0.25) * side, (EYES + rng.uniform(-0.03, 0.04)) * side
    corners = rng.choice([2.0, 3.0, 6.0])  # exponents of a superellipse
    angles = np.linspace(0, 2 * math.pi, 40, endpoint=False)
    across = np.sign(np.cos(angles)) * np.abs(np.cos(angles)) ** (2 / corners)
    down = np.sign(np.sin(angles)) * np.abs(np.sin(angles)) ** (2 / corners)
    narrow = 1 - rng.uniform(0, 0.35) * np.clip(down, 0, 1)  # aviator lenses narrow downwards
    drawn = pixels.copy()
    thick = max(1, round(side * rng.uniform(0.01, 0.035)))
    colour, rim = (tuple(int(v) for v in c) for c in (tint, frame))
    for side_sign in (-1, 1):
        outline = np.array(
            [
                _at(x, y, side_sign * apart + width * u * n, eyes + height * v, degrees)
                for u, v, n in zip(across, down, narrow, strict=True)
            ],
            dtype=np.int32,
        )
        cv2.fillPoly(drawn, [outline], colour, cv2.LINE_AA)
        cv2.polylines(drawn, [outline], isClosed=True, color=rim, thickness=thick)
        hinge = _at(x, y, side_sign * (apart + width), eyes - 0.3 * height, degrees)
        ear = _at(x, y, side_sign * 0.52 * side, eyes - 0.2 * height, degrees)
        cv2.line(drawn, hinge, ear, rim, thick)
    left, right = (
        _at(x, y, side_sign * (apart - width), eyes - height / 4, degrees) for side_sign in (-1, 1)
    )
    cv2.line(drawn, left, right, rim, thick)
    cover = rng.uniform(0.8, 1)
    cv2.addWeighted(drawn, cover, pixels, 1 - cover, 0, dst=pixels)


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
