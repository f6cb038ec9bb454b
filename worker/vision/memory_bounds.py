"""Memory bounds: estimates a photo's decoding cost from its header and rejects costly ones."""

from __future__ import annotations

import re

import numpy as np
from PIL import Image

from glasses.protocol.statuses import FailureReason
from worker.vision.errors import PhotoError

MAX_PIXELS = 200_000_000
"""Photos with more pixels are rejected; the largest phone sensors have 200 megapixels."""
MAX_SCANS = 100
"""Maximum number of JPEG scans; each decodes every pixel again. Encoders write 18 at most."""

_RESIZED = 2
"""Bytes per pixel for converting and shrinking the decoded picture."""
_WEBP = 16
"""Bytes per pixel: two canvases of the decoder, the bytes copied from them, Pillow's image."""
_HEIF = 12
"""Bytes per pixel: planes of up to 16 bits, the RGB image, the copied bytes, Pillow's image."""

_RAW = 3
"""Bytes per byte of a RAW file, whose preview may be the whole file: what LibRaw reads, its
copy, and the copy as a Python object."""

_MARKER = re.compile(rb"\xff+([^\x00\xff\xd0-\xd7])")
"""Matches a JPEG marker with a segment; the excluded ones occur in entropy-coded data."""
_START_OF_SCAN, _END_OF_IMAGE = b"\xda", b"\xd9"


def check_unopened(kind: str, data: bytes) -> None:
    """Reject a photo whose decoder would allocate too much memory on opening the file.

    Args:
        kind: The format, as `glasses.sources.formats.sniff` returns it; `raw` also for a RAW photo
            that begins as a TIFF does.
        data: The whole file.

    Raises:
        PhotoError: The photo has too many pixels.
        MemoryError: The decoder needs more memory than this process may use.
    """
    if kind == "webp":
        pixels = _webp_pixels(data)
        _check_pixels(pixels)
        _check_memory(_WEBP * pixels)
    if kind == "raw":
        _check_memory(_RAW * len(data))


def check(kind: str, image: Image.Image, data: bytes) -> None:
    """Reject a photo that takes too much memory or time to decode.

    Args:
        kind: The format, as `glasses.sources.formats.sniff` returns it.
        image: The image, opened but not decoded.
        data: The whole file.

    Raises:
        PhotoError: The photo has too many pixels or too many scans.
        MemoryError: The decoder needs more memory than this process may use.
    """
    pixels = image.width * image.height
    _check_pixels(pixels)
    scans = _scans(image, data) if kind == "jpeg" else 1
    if scans > MAX_SCANS:
        raise PhotoError(FailureReason.TOO_COMPLEX)
    _check_memory(pixels * _bytes_per_pixel(kind, image, scans))


def _check_pixels(pixels: int) -> None:
    if pixels > MAX_PIXELS:
        raise PhotoError(FailureReason.TOO_MANY_PIXELS)


def _check_memory(size: int) -> None:
    """Allocate the memory and free it untouched, which is free of cost.

    Decoders that run out of memory themselves report a damaged file or abort the process.
    """
    np.empty(size, dtype=np.uint8)


def _bytes_per_pixel(kind: str, image: Image.Image, scans: int) -> int:
    """Return the measured peak of a decoder, per pixel of the full size."""
    bands = len(image.getbands())
    if kind == "jpeg":  # decoded at reduced size, but several scans keep all coefficients
        return 1 if scans <= 1 else 2 * bands + 1
    if kind == "webp":
        return _WEBP
    if kind == "heif":
        return _HEIF
    if kind == "jpeg2000":  # 32 bits per sample, twice while unpacking
        return 6 * bands + 4
    decoded = _bytes_of_mode(image.mode)
    if kind == "tiff":  # one strip may contain the whole image, and rotating copies it
        return 2 * decoded + _RESIZED
    return decoded + _RESIZED


def _bytes_of_mode(mode: str) -> int:
    """Return the bytes per pixel of a Pillow image."""
    if mode in {"1", "L", "P"}:
        return 1
    return 2 if mode.startswith("I;16") else 4


def _scans(image: Image.Image, data: bytes) -> int:
    """Count the scans of a JPEG's first image, up to `MAX_SCANS` + 1.

    Stops at a scan that has all components and is not progressive: the decoder reads no other, and
    searching for more would take longer than decoding.
    """
    components, is_progressive = len(image.getbands()), "progressive" in image.info
    position, scans = 2, 0
    while scans <= MAX_SCANS and (marker := _MARKER.search(data, position)):
        start = marker.end()
        if marker[1] == _END_OF_IMAGE:
            break
        if marker[1] == _START_OF_SCAN:
            scans += 1
            if data[start + 2 : start + 3] == bytes([components]) and not is_progressive:
                break
        position = start + int.from_bytes(data[start : start + 2])
    return scans


def _webp_pixels(data: bytes) -> int:
    """Return width × height from the header (RFC 9649, 2.5 to 2.7); 0 without a valid header."""
    kind = data[12:16]
    if kind == b"VP8X":
        return (1 + _little_endian(data[24:27])) * (1 + _little_endian(data[27:30]))
    if kind == b"VP8L":
        bits = _little_endian(data[21:25])
        return (1 + (bits & 0x3FFF)) * (1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 ":
        return (_little_endian(data[26:28]) & 0x3FFF) * (_little_endian(data[28:30]) & 0x3FFF)
    return 0


def _little_endian(data: bytes) -> int:
    return int.from_bytes(data, "little")
