"""bytes -> header checks -> upright RGB pixels, at no more resolution than is needed."""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
import numpy as np
import pi_heif
import simplejpeg
from PIL import ExifTags, Image, UnidentifiedImageError

from glasses.formats import SNIFF_BYTES, sniff
from glasses.statuses import FailureReason
from worker.errors import PhotoError
from worker.photo import WORKING_SIDE, Photo, Pixels
from worker.shortage import was_short_of_memory

__all__ = ["MAX_PIXELS", "WORKING_SIDE", "Photo", "Pixels", "decode"]

MAX_PIXELS = 200_000_000
"""Above this the header alone refuses the photo: the largest phone sensors have 200 megapixels."""

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
"""What Pillow's plugins raise on damaged files (python-pillow/Pillow#1477)."""

_HEIF_ITEM_TYPE = re.compile(rb"infe(?:\x02.{7}|\x03.{9})(.{4})", re.DOTALL)
"""An item's type in a HEIF header (ISO/IEC 14496-12, 8.11.6)."""

pi_heif.register_heif_opener()
# Our own cap, checked on the header, replaces Pillow's warning at 89 megapixels.
Image.MAX_IMAGE_PIXELS = None


def decode(data: bytes) -> Photo:
    """Decode a photo's bytes.

    Args:
        data: The whole file. The first frame of an animation is taken.

    Returns:
        The photo, upright by its EXIF orientation. Its pixels are decoded when they are asked for.

    Raises:
        PhotoError: The file is empty, not an image, corrupt, or has too many pixels.
        MemoryError: It does not fit.
    """
    if not data:
        raise PhotoError(FailureReason.EMPTY)
    kind = sniff(data[:SNIFF_BYTES])
    if kind is None:
        raise PhotoError(FailureReason.NOT_AN_IMAGE)
    if kind == "heif" and not all(found.isascii() for found in _HEIF_ITEM_TYPE.findall(data)):
        # pi_heif 1.4.0 ends the process with a segmentation fault on a type that is not UTF-8.
        raise PhotoError(FailureReason.CORRUPT)
    with _damage_named(data):
        image = Image.open(io.BytesIO(data))
        width, height = image.size
        if width * height > MAX_PIXELS:
            raise PhotoError(FailureReason.TOO_MANY_PIXELS)
        orientation = _orientation(image)
        scalable = kind == "jpeg" and image.mode in {"RGB", "L"}

    def load(side: int) -> Pixels:
        with _damage_named(data):
            # CMYK and YCCK need Pillow's inversion rules.
            pixels = _jpeg(data, image, side) if scalable else _other(image)
            return np.ascontiguousarray(_upright(pixels, orientation))

    if orientation >= 5:
        return Photo(height, width, load, scalable)
    return Photo(width, height, load, scalable)


@contextmanager
def _damage_named(data: bytes) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Pillow warns about odd metadata that we never read.
            yield
    except UnidentifiedImageError as error:
        raise PhotoError(FailureReason.CORRUPT) from error
    except _DAMAGED as error:
        if was_short_of_memory(error, data, MAX_PIXELS):
            raise MemoryError from error
        raise PhotoError(FailureReason.CORRUPT) from error


def _orientation(image: Image.Image) -> int:
    if image.format == "TIFF":
        return 1  # Pillow itself turns TIFF upright, alone of all formats.
    try:
        value = image.getexif().get(ExifTags.Base.Orientation, 1)
    except _DAMAGED:
        return 1  # A broken EXIF block does not make the picture unreadable.
    return value if isinstance(value, int) and 1 <= value <= 8 else 1


def _upright(pixels: Pixels, orientation: int) -> Pixels:
    # The eight cases of EXIF 2.32, tag 0x0112.
    if orientation in {5, 6, 7, 8}:
        pixels = pixels.transpose(1, 0, 2)
    if orientation in {2, 3, 6, 7}:
        pixels = pixels[:, ::-1]
    if orientation in {3, 4, 7, 8}:
        pixels = pixels[::-1]
    return pixels


def _jpeg(data: bytes, image: Image.Image, side: int) -> Pixels:
    """Decode at the smallest part of the size whose longest side is at least `side` px.

    Halves, quarters and eighths only: libjpeg-turbo takes longer for the eighths between than for
    the whole (`python -m tests.bench.decoding`).
    """
    ratio = min(1.0, max(side, 1) / max(image.size))
    ratio = min(1.0, max(0.125, 2.0 ** math.ceil(math.log2(ratio))))
    least = {
        "min_width": max(1, int(image.width * ratio)),
        "min_height": max(1, int(image.height * ratio)),
    }
    try:
        return np.asarray(simplejpeg.decode_jpeg(data, colorspace="RGB", **least), dtype=np.uint8)
    except ValueError as error:
        if "extraneous bytes before marker" not in str(error):
            raise
        # Cameras write such padding, the picture is whole, and Pillow passes over it.
        return _other(image)


def _other(image: Image.Image) -> Pixels:
    if image.format == "JPEG":
        image.draft("RGB", (WORKING_SIDE, WORKING_SIDE))
    pixels = np.array(_to_rgb(image), dtype=np.uint8)
    longest = max(pixels.shape[:2])
    if longest > 2 * WORKING_SIDE:
        ratio = WORKING_SIDE / longest
        size = (max(1, round(pixels.shape[1] * ratio)), max(1, round(pixels.shape[0] * ratio)))
        pixels = np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return pixels


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _sixteen_bit(image)
    if image.mode in {"RGBA", "LA", "PA", "La", "RGBa"} or "transparency" in image.info:
        rgba = image.convert("RGBA")
        ground = Image.new("RGBA", rgba.size, (255, 255, 255, 255))
        return Image.alpha_composite(ground, rgba).convert("RGB")
    return image.convert("RGB")


def _sixteen_bit(image: Image.Image) -> Image.Image:
    # Pillow's own conversion clips 16-bit gray at 255, which makes such photos white.
    values = np.asarray(image, dtype=np.float64)
    top = max(float(values.max(initial=0)), 1.0)
    full = 65535.0 if top > 255 else 255.0
    gray = np.clip(values * (255.0 / max(full, top)), 0, 255).astype(np.uint8)
    return Image.fromarray(gray).convert("RGB")
