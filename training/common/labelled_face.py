"""The face that a photo's label refers to, and its position relative to the photo."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

from worker.vision.detect import Detection

COMPARABLE = 0.5
"""The main person's face has at least this share of the largest face's width."""


def main_face(faces: Sequence[Detection], width: int, height: int) -> Detection | None:
    """Return the face that a photo's label refers to: of the large ones, the most central.

    Args:
        faces: In px of the photo.
        width: The photo's width in px.
        height: The photo's height in px.
    """
    if not faces:
        return None
    largest = max(face.width for face in faces)
    return min(
        (face for face in faces if face.width >= COMPARABLE * largest),
        key=lambda face: math.dist(
            (face.left + face.width / 2, face.top + face.height / 2), (width / 2, height / 2)
        ),
    )


def relative(face: Detection, width: int, height: int) -> tuple[float, float, float]:
    """Return centre and side of a face as shares of the photo's width, height and longer side."""
    return (
        (face.left + face.width / 2) / width,
        (face.top + face.height / 2) / height,
        max(face.width, face.height) / max(width, height),
    )


def median_box(boxes: Sequence[tuple[float, float, float]]) -> tuple[float, float, float]:
    """Return the median of relative boxes; the centre without any.

    Args:
        boxes: As `relative` returns them.
    """
    if not boxes:
        return (0.5, 0.5, 0.7)
    x, y, side = (statistics.median(values) for values in zip(*boxes, strict=True))
    return (x, y, side)


def absolute(box: tuple[float, float, float], width: int, height: int) -> Detection:
    """Return a relative box in px of a photo, as a detection of score 0."""
    x, y, share = box
    side = share * max(width, height)
    return Detection(x * width - side / 2, y * height - side / 2, side, side, 0.0)
