"""A photo's bytes -> a small picture of it, no larger in px or bytes than a report can hold."""

from __future__ import annotations

from dataclasses import dataclass

import cv2

from worker.decode import decode
from worker.resize import resized

SIDE = 160
"""Longest side in px."""
MOST_BYTES = 6144
"""A picture that is larger at every quality is left out: noise, not a photo."""
_QUALITIES = (60, 40, 20, 5)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture.

    Attributes:
        width: Of the full-size upright photo in px.
        height: Likewise.
        data: WebP; empty if none is small enough.
    """

    width: int
    height: int
    data: bytes


def thumbnail(data: bytes) -> Thumbnail:
    """Make a small upright picture without metadata.

    Raises:
        PhotoError: The photo cannot be decoded.
    """
    photo = decode(data)
    pixels = photo.at(SIDE)
    small = resized(pixels, min(1.0, SIDE / max(pixels.shape[:2])))
    picture = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    for quality in _QUALITIES:
        _, encoded = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality])
        if len(encoded) <= MOST_BYTES:
            return Thumbnail(photo.width, photo.height, encoded.tobytes())
    return Thumbnail(photo.width, photo.height, b"")
