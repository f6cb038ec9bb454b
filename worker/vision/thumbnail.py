"""Pictures for the report: thumbnails and previews, limited in px and bytes; the photo's date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import cv2

from worker.vision.decode import decode
from worker.vision.exif_date import exif_date
from worker.vision.photo import DecodedPhoto
from worker.vision.resize import resized

SIDE = 160
"""Longest side of a thumbnail in px."""
MAX_BYTES = 6144
"""A thumbnail that is larger at every quality is omitted: it is noise, not a photo."""
_QUALITIES = (60, 40, 20, 5)
PREVIEW_SIDE = 1024
"""Longest side of a preview in px: a face that was detected is visible in it."""
MAX_PREVIEW_BYTES = 160 << 10
_PREVIEW_QUALITIES = (70, 45, 20)


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture.

    Attributes:
        width: Width of the full-size upright photo in px.
        height: Height of the full-size upright photo in px.
        data: WebP; empty if the picture exceeds `MAX_BYTES` at every quality.
        preview: A larger one, WebP; empty if none was requested, or it is too large.
        taken: When the photo was taken, in the camera's local time; None: unknown.
    """

    width: int
    height: int
    data: bytes
    preview: bytes = b""
    taken: datetime | None = None


def thumbnail(data: bytes, with_preview: bool = False) -> Thumbnail:
    """Make a small upright picture without metadata, and on request a preview.

    Raises:
        PhotoError: The photo cannot be decoded.
    """
    photo = decode(data)
    preview = b""
    small = _webp(photo, SIDE, _QUALITIES, MAX_BYTES)
    if with_preview:
        preview = _webp(photo, PREVIEW_SIDE, _PREVIEW_QUALITIES, MAX_PREVIEW_BYTES)
    return Thumbnail(photo.width, photo.height, small, preview, exif_date(data))


def _webp(photo: DecodedPhoto, side: int, qualities: tuple[int, ...], most_bytes: int) -> bytes:
    pixels = photo.at(side)
    small = resized(pixels, min(1.0, side / max(pixels.shape[:2])))
    picture = cv2.cvtColor(small, cv2.COLOR_RGB2BGR)
    for quality in qualities:
        _, encoded = cv2.imencode(".webp", picture, [cv2.IMWRITE_WEBP_QUALITY, quality])
        if len(encoded) <= most_bytes:
            return bytes(encoded.tobytes())
    return b""
