"""Resizing: halves a picture while possible, then interpolates the rest."""

from __future__ import annotations

import cv2
import numpy as np

from worker.vision.photo import Pixels


def halved(pixels: Pixels, side: int) -> Pixels:
    """Average 2 × 2 px repeatedly while the shorter side stays at least `side` px.

    OpenCV averages by whole factors ten times as fast as by fractional ones. An odd last row or
    column is dropped.
    """
    while min(pixels.shape[:2]) >= 2 * side:
        height, width = (length // 2 for length in pixels.shape[:2])
        even = pixels[: 2 * height, : 2 * width]
        pixels = np.asarray(
            cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), dtype=np.uint8
        )
    return pixels


def resized(pixels: Pixels, scale: float) -> Pixels:
    """Return a copy of another size; the last step, by less than a half, is bilinear.

    Args:
        pixels: H × W × 3, uint8, RGB.
        scale: Px of the copy per px of `pixels`.
    """
    height, width = pixels.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    if size == (width, height):
        return pixels
    pixels = halved(pixels, min(size))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
