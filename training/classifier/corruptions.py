"""A good photo -> the same photo as it might have come: for the table of robustness."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import cv2
import numpy as np

from worker.decode import Pixels
from worker.detect import Detection

SMALL_FACE = 60
"""Width of a small face in px."""
CLEAN: Final = "as it is"


def gray(pixels: Pixels) -> Pixels:
    """No colour."""
    one = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    return np.asarray(cv2.cvtColor(one, cv2.COLOR_GRAY2RGB), dtype=np.uint8)


def blur(pixels: Pixels, face: Detection) -> Pixels:
    """Out of focus: a Gaussian of one fortieth of the face's width."""
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), max(face.width / 40, 0.5)), dtype=np.uint8)


def jpeg(pixels: Pixels, quality: int = 20) -> Pixels:
    """Squeezed."""
    ok, data = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    result = cv2.imdecode(data, cv2.IMREAD_COLOR)
    assert ok
    assert result is not None
    return np.ascontiguousarray(result[..., ::-1], dtype=np.uint8)


def shrink(pixels: Pixels, face: Detection) -> Pixels:
    """So small that the face is `SMALL_FACE` px wide; never larger than it is."""
    ratio = min(SMALL_FACE / face.width, 1.0)
    height, width = (max(1, round(side * ratio)) for side in pixels.shape[:2])
    small = cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)


def turn(pixels: Pixels, face: Detection, degrees: float) -> Pixels:
    """Tilted about the face."""
    height, width = pixels.shape[:2]
    centre = (face.left + face.width / 2, face.top + face.height / 2)
    matrix = cv2.getRotationMatrix2D(centre, degrees, 1.0)
    turned = cv2.warpAffine(pixels, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(turned, dtype=np.uint8)


def darken(pixels: Pixels) -> Pixels:
    """A fifth of the light, with the noise of a sensor in the dark."""
    noise = np.random.default_rng(0).normal(0, 4, pixels.shape)
    return np.clip(pixels * 0.2 + noise, 0, 255).astype(np.uint8)


SPOILS: Final[dict[str, Callable[[Pixels, Detection], Pixels]]] = {
    CLEAN: lambda pixels, _: pixels,
    "grayscale": lambda pixels, _: gray(pixels),
    "blurred": blur,
    "JPEG quality 20": lambda pixels, _: jpeg(pixels),
    f"face of {SMALL_FACE} px": shrink,
    "turned by 15°": lambda pixels, face: turn(pixels, face, 15),
    "turned by -15°": lambda pixels, face: turn(pixels, face, -15),
    "turned by 30°": lambda pixels, face: turn(pixels, face, 30),
    "turned by -30°": lambda pixels, face: turn(pixels, face, -30),
    "dark": lambda pixels, _: darken(pixels),
}
