"""Decoding: photo bytes -> header checks -> upright RGB pixels, no finer than needed."""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import cv2
import numpy as np
import pi_heif
import simplejpeg
from PIL import ExifTags, Image, UnidentifiedImageError

from glasses.protocol.statuses import FailureReason
from glasses.sources.formats import SNIFF_BYTES, sniff
from worker.vision import memory_bounds, raw
from worker.vision.errors import PhotoError
from worker.vision.photo import WORKING_SIDE, DecodedPhoto, Pixels

__all__ = ["WORKING_SIDE", "DecodedPhoto", "Pixels", "decode"]

_DAMAGED = (
    OSError,
    ValueError,
    SyntaxError,
    EOFError,
    LookupError,
    ArithmeticError,
    AttributeError,
    TypeError,
    RuntimeError,
    struct.error,
    zlib.error,
)
"""Exceptions that Pillow's plugins raise on damaged files (python-pillow/Pillow#1477)."""

_LIBJPEG_OUT_OF_MEMORY = "insufficient memory"
"""From libjpeg's error message."""

_BAND_PIXELS = 1 << 20
"""Pixels per band that is converted to RGB."""

_HEIF_ITEM_TYPE = re.compile(rb"infe(?:\x02.{7}|\x03.{9})(.{4})", re.DOTALL)
"""Matches an item's type in a HEIF header (ISO/IEC 14496-12, 8.11.6)."""

pi_heif.register_heif_opener()
# `memory_bounds` checks the header against our own limit; Pillow warns at 89 megapixels.
Image.MAX_IMAGE_PIXELS = None


def decode(data: bytes) -> DecodedPhoto:
    """Decode a photo's bytes.

    Args:
        data: The whole file. Of an animation only the first frame is used, of a RAW photo its
            largest JPEG preview.

    Returns:
        The photo, rotated upright by its EXIF orientation. Its pixels are decoded lazily.

    Raises:
        PhotoError: The file is empty, not an image or corrupt, it has too many pixels or scans, or
            it is a RAW photo without a preview.
        MemoryError: Decoding needs more memory than this process may use.
    """
    if not data:
        raise PhotoError(FailureReason.EMPTY)
    kind = sniff(data[:SNIFF_BYTES])
    if kind is None:
        raise PhotoError(FailureReason.NOT_AN_IMAGE)
    if kind == "tiff" and raw.is_raw(data):
        kind = "raw"
    memory_bounds.check_unopened(kind, data)
    if kind == "raw":
        with _as_photo_errors():
            preview = raw.preview(data)
        return _opened("jpeg", preview.jpeg, preview.orientation)
    if kind == "heif" and not all(type_.isascii() for type_ in _HEIF_ITEM_TYPE.findall(data)):
        # pi_heif 1.4.0 crashes with a segmentation fault on a type that is not UTF-8.
        raise PhotoError(FailureReason.CORRUPT)
    return _opened(kind, data)


def _opened(kind: str, data: bytes, orientation: int | None = None) -> DecodedPhoto:
    """Open an image; without an orientation, the one in its metadata counts."""
    with _as_photo_errors():
        image = Image.open(io.BytesIO(data))
        width, height = image.size
        memory_bounds.check(kind, image, data)
        rotation = orientation or _orientation(image)
        scalable = kind == "jpeg" and image.mode in {"RGB", "L"}

    def load(side: int) -> Pixels:
        with _as_photo_errors():
            # CMYK and YCCK need Pillow's inversion rules.
            pixels = _decode_jpeg(data, image, side) if scalable else _decode_with_pillow(image)
            return np.ascontiguousarray(_rotated_upright(pixels, rotation))

    if rotation >= 5:
        return DecodedPhoto(height, width, load, scalable)
    return DecodedPhoto(width, height, load, scalable)


@contextmanager
def _as_photo_errors() -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about metadata that we never read.
            yield
    except UnidentifiedImageError as error:
        raise PhotoError(FailureReason.CORRUPT) from error
    except _DAMAGED as error:
        if _LIBJPEG_OUT_OF_MEMORY in str(error).lower():
            raise MemoryError from error
        raise PhotoError(FailureReason.CORRUPT) from error


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow rotates TIFF upright itself; no other format.
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DAMAGED:
        return 1  # The picture is readable despite a broken EXIF block.
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _rotated_upright(pixels: Pixels, orientation: int) -> Pixels:
    # The eight cases of EXIF 2.32, tag 0x0112.
    if orientation in {5, 6, 7, 8}:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return pixels


def _decode_jpeg(data: bytes, image: Image.Image, side: int) -> Pixels:
    """Decode at the smallest scale whose longest side is at least `side` px.

    Only 1/2, 1/4 and 1/8 are used: libjpeg-turbo is slower at the scales in between than at full
    size (`python -m tests.bench.decoding`).
    """
    ratio = min(1.0, max(side, 1) / max(image.size))
    ratio = min(1.0, max(0.125, 2.0 ** math.ceil(math.log2(ratio))))
    minimum = {
        "min_width": max(1, int(image.width * ratio)),
        "min_height": max(1, int(image.height * ratio)),
    }
    try:
        return np.asarray(simplejpeg.decode_jpeg(data, colorspace="RGB", **minimum), dtype=np.uint8)
    except ValueError as error:
        if "extraneous bytes before marker" not in str(error):
            raise
        # Cameras write such padding. The picture is complete, and Pillow skips the padding.
        return _decode_with_pillow(image)


def _decode_with_pillow(image: Image.Image) -> Pixels:
    """Decode at full size, then convert and shrink by bands, which need little extra memory."""
    if image.format == "JPEG":
        image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
    image.load()
    width, height = image.size
    brightest = _brightest(image) if _has_deep_pixels(image) else None
    longest = max(width, height)
    if longest <= 2 * WORKING_SIDE:
        return np.array(_to_rgb(image, brightest), dtype=np.uint8)
    ratio = WORKING_SIDE / longest
    new_width, new_height = max(1, round(width * ratio)), max(1, round(height * ratio))
    narrowed = np.empty((height, new_width, 3), dtype=np.uint8)
    rows = max(1, _BAND_PIXELS // width)
    for top in range(0, height, rows):
        bottom = min(top + rows, height)
        band = np.asarray(_to_rgb(image.crop((0, top, width, bottom)), brightest))
        narrowed[top:bottom] = cv2.resize(
            band, (new_width, bottom - top), interpolation=cv2.INTER_AREA
        )
    shrunk = cv2.resize(narrowed, (new_width, new_height), interpolation=cv2.INTER_AREA)
    return np.asarray(shrunk, dtype=np.uint8)


def _to_rgb(image: Image.Image, brightest: float | None) -> Image.Image:
    if brightest is not None:
        return _eight_bit(image, brightest)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        rgba = image.convert("RGBA")
        white = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, rgba).convert("RGB")
    return image.convert("RGB")


def _has_deep_pixels(image: Image.Image) -> bool:
    """Return whether pixels are single values of more than 8 bits."""
    return image.mode.startswith("I") or image.mode == "F"


def _brightest(image: Image.Image) -> float:
    _, brightest = image.getextrema()
    return max(float(cast(float, brightest)), 1.0)


def _eight_bit(image: Image.Image, brightest: float) -> Image.Image:
    # Pillow's own conversion clips 16-bit gray at 255, which turns such photos white.
    values = np.asarray(image, dtype=np.float32)
    maximum = 65535.0 if brightest > 255 else 255.0
    gray = np.clip(values * (255.0 / max(maximum, brightest)), 0, 255).astype(np.uint8)
    return Image.fromarray(gray).convert("RGB")
