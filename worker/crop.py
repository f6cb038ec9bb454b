"""A face box -> the square of pixels that the network sees."""

from __future__ import annotations

import cv2
import numpy as np

from worker.detect import Detection
from worker.photo import Pixels
from worker.resize import halved


def crop(pixels: Pixels, face: Detection, size: int, margin: float) -> Pixels:
    """Cut a square around a face and resize it.

    Training cuts with the same function (and a wider margin, to have room for jitter), so what
    the network is trained on is what it is served.

    Args:
        pixels: H × W × 3, uint8, RGB.
        face: The face, in px of `pixels`; it may reach over the edges.
        size: Side of the result in px.
        margin: What to add on each side, as a share of the box's longer side.

    Returns:
        size × size × 3, uint8, RGB; beyond the photo's edges its border pixels are repeated.
    """
    side = max(face.width, face.height) * (1 + 2 * margin)
    left = face.left + face.width / 2 - side / 2
    top = face.top + face.height / 2 - side / 2
    height, width = pixels.shape[:2]
    x0, y0 = int(np.floor(left)), int(np.floor(top))
    x1, y1 = max(x0 + 1, int(np.ceil(left + side))), max(y0 + 1, int(np.ceil(top + side)))
    rows, above, below = _within(y0, y1, height)
    columns, before, after = _within(x0, x1, width)
    inside = pixels[rows, columns]
    pad = (above, below, before, after)
    if any(pad):
        inside = np.asarray(cv2.copyMakeBorder(inside, *pad, cv2.BORDER_REPLICATE), dtype=np.uint8)
    inside = halved(inside, size)
    how = cv2.INTER_LINEAR if inside.shape[0] > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(inside, (size, size), interpolation=how), dtype=np.uint8)


def _within(start: int, stop: int, length: int) -> tuple[slice, int, int]:
    """What of `start … stop` lies in `0 … length` (one px at least), and what lacks on each side.

    OpenCV reads foreign memory when it has to repeat the border of nothing.
    """
    first = min(max(start, 0), length - 1)
    last = min(max(stop, first + 1), length)
    missing = (stop - start) - (last - first)
    before = min(max(-start, 0), missing)
    return slice(first, last), before, missing - before
