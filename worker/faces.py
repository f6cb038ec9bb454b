"""A photo's faces -> the crops that the network sees, each decoded as finely as needed."""

from __future__ import annotations

import math

from worker.crop import crop
from worker.detect import Detection
from worker.photo import WORKING_SIDE, Photo, Pixels


def cut(photo: Photo, face: Detection, size: int, margin: float) -> Pixels:
    """Cut the square around a face, from pixels that are fine enough for it.

    Training cuts with the same function (and a wider margin, to have room for jitter), so what
    the network is trained on is what it is served.

    Args:
        photo: The photo.
        face: In px of the photo's full size.
        size: Side of the result in px.
        margin: What to add on each side, as a share of the box's longer side.

    Returns:
        size × size × 3, uint8, RGB.
    """
    side = max(face.width, face.height) * (1 + 2 * margin)
    wanted = min(WORKING_SIDE, math.ceil(photo.longest * min(1.0, size / max(side, 1.0))))
    pixels = photo.at(wanted)
    return crop(pixels, face.scaled(photo.scale_of(pixels)), size, margin)
