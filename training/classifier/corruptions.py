"""Corruptions of whole photos, for the table of robustness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from worker.vision.decode import Pixels
from worker.vision.detect import Detection
from worker.vision.photo import rotated

SMALL_FACE = 60
"""Width of a small face, in px."""
CLEAN: Final = "unchanged"


def gray(pixels: Pixels) -> Pixels:
    """Remove colour."""
    one = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(one, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def blur(pixels: Pixels, face: Detection) -> Pixels:
    """Blur with a Gaussian of one fortieth of the face's width."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), max(face.width / 40, 0.5)), dtype=np.uint8)


def jpeg(pixels: Pixels, quality: int = 20) -> Pixels:
    """Compress as JPEG."""
    ok, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    result = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert ok
    assert result is not None
    return np.ascontiguousarray(result[..., ::-1], dtype=np.uint8)


def shrink(pixels: Pixels, face: Detection) -> Pixels:
    """Reduce until the face is `SMALL_FACE` px wide; never enlarge."""
    ratio = min(SMALL_FACE / face.width, 1.0)
    height, width = (max(1, round(side * ratio)) for side in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def rotate(pixels: Pixels, face: Detection, degrees: float) -> Pixels:
    """Rotate about the face, counter-clockwise."""
    height, width = pixels.shape[:2]
    centre = (face.left + face.width / 2, face.top + face.height / 2)
    matrix = cv2.getRotationMatrix2D(centre, degrees, 1.0)
    result = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(result, dtype=np.uint8)


def darken(pixels: Pixels) -> Pixels:
    """Keep a fifth of the light, and add sensor noise."""
    noise = np.random.default_rng(0).normal(0, 4, pixels.shape)
    return np.clip(pixels * 0.2 + noise, 0, 255).astype(np.uint8)


CORRUPTIONS: Final[dict[str, Callable[[Pixels, Detection], Pixels]]] = {
    CLEAN: lambda pixels, _: pixels,
    "grayscale": lambda pixels, _: gray(pixels),
    "blurred": blur,
    "JPEG quality 20": lambda pixels, _: jpeg(pixels),
    f"face of {SMALL_FACE} px": shrink,
    "rotated by 15°": lambda pixels, face: rotate(pixels, face, 15),
    "rotated by -15°": lambda pixels, face: rotate(pixels, face, -15),
    "rotated by 30°": lambda pixels, face: rotate(pixels, face, 30),
    "rotated by -30°": lambda pixels, face: rotate(pixels, face, -30),
    "turned by 45°": lambda pixels, _: rotated(pixels, 45),
    "turned by 90°": lambda pixels, _: rotated(pixels, 90),
    "turned by 180°": lambda pixels, _: rotated(pixels, 180),
    "turned by 270°": lambda pixels, _: rotated(pixels, 270),
    "dark": lambda pixels, _: darken(pixels),
}
"""Rotated: about the face, which stays in the frame as it was. Turned: the whole photo."""
