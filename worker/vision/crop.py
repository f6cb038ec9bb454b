"""Cropping: cuts the square around a face that the classifier receives."""

from __future__ import annotations

import math

import cv2
import numpy as np

from worker.vision.detect import Detection
from worker.vision.photo import WORKING_SIDE, DecodedPhoto, Pixels
from worker.vision.resize import halved


def crop_face(photo: DecodedPhoto, face: Detection, size: int, margin: float) -> Pixels:
    """Cut the square around a face of a photo, decoding the photo only as finely as needed.

    Training calls this function too, with a wider margin to leave room for jitter. The network
    is therefore trained on the crops that it receives in production.

    Args:
        photo: The photo.
        face: The face, in px of the photo's full size; it is turned upright.
        size: Side of the result in px.
        margin: Margin on each side, as a share of the box's longer side.

    Returns:
        size × size × 3, uint8, RGB.
    """
    if face.orientation:
        turned = photo.turned(face.orientation)
        upright = face.turned(face.orientation, photo.size, turned.size)
        return crop_face(turned, upright, size, margin)
    side = max(face.width, face.height) * (1 + 2 * margin)
    needed = min(WORKING_SIDE, math.ceil(photo.longest * min(1.0, size / max(side, 1.0))))
    pixels = photo.at(needed)
    return crop(pixels, face.scaled(photo.scale_of(pixels)), size, margin)


def crop(pixels: Pixels, face: Detection, size: int, margin: float) -> Pixels:
    """Cut a square around a face and resize it.

    Args:
        pixels: H × W × 3, uint8, RGB.
        face: The face, in px of `pixels`; it may extend beyond the edges.
        size: Side of the result in px.
        margin: Margin on each side, as a share of the box's longer side.

    Returns:
        size × size × 3, uint8, RGB. Beyond the photo's edges its border pixels are repeated.
    """
    side = max(face.width, face.height) * (1 + 2 * margin)
    left = face.left + face.width / 2 - side / 2
    top = face.top + face.height / 2 - side / 2
    height, width = pixels.shape[:2]
    x0, y0 = int(np.floor(left)), int(np.floor(top))
    x1, y1 = max(x0 + 1, int(np.ceil(left + side))), max(y0 + 1, int(np.ceil(top + side)))
    rows, above, below = _clamp(y0, y1, height)
    columns, before, after = _clamp(x0, x1, width)
    square = pixels[rows, columns]
    padding = (above, below, before, after)
    if any(padding):
        square = np.asarray(
            cv2.copyMakeBorder(square, *padding, cv2.BORDER_REPLICATE), dtype=np.uint8
        )
    square = halved(square, size)
    interpolation = cv2.INTER_LINEAR if square.shape[0] > size else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(square, (size, size), interpolation=interpolation), dtype=np.uint8)


def _clamp(start: int, stop: int, length: int) -> tuple[slice, int, int]:
    """Return the part of `start … stop` inside `0 … length`, and the padding before and after.

    The part has at least one px: OpenCV reads out of bounds when it replicates an empty border.
    """
    first = min(max(start, 0), length - 1)
    last = min(max(stop, first + 1), length)
    missing = (stop - start) - (last - first)
    before = min(max(-start, 0), missing)
    return slice(first, last), before, missing - before
