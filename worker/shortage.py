"""Whether a decoder failed because memory was short: most say so, some call the file damaged."""

from __future__ import annotations

import numpy as np

_SHORT = "insufficient memory"
"""libjpeg's words."""
_WEBP_FAILED = "could not create decoder object"
_WEBP_BYTES = 8
"""What its decoder holds for a pixel: two canvases."""


def was_short_of_memory(error: Exception, data: bytes, most: int) -> bool:
    """Whether memory that a decoder needs could not be had.

    Args:
        error: What Pillow or simplejpeg raised.
        data: The whole file.
        most: Pixels that a photo may have: a damaged header may claim any number.
    """
    text = str(error).lower()
    if _WEBP_FAILED in text:
        pixels = _webp_pixels(data)
        return pixels <= most and not _can_have(_WEBP_BYTES * pixels)
    return _SHORT in text


def _can_have(size: int) -> bool:
    try:
        np.empty(size, dtype=np.uint8)  # asked for, never touched: it costs nothing
    except MemoryError:
        return False
    return True


def _webp_pixels(data: bytes) -> int:
    """Width × height by the header (RFC 9649, 2.5 to 2.7); 0 if there is none."""
    kind = data[12:16]
    if kind == b"VP8X":
        return (1 + _number(data[24:27])) * (1 + _number(data[27:30]))
    if kind == b"VP8L":
        bits = _number(data[21:25])
        return (1 + (bits & 0x3FFF)) * (1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 ":
        return (_number(data[26:28]) & 0x3FFF) * (_number(data[28:30]) & 0x3FFF)
    return 0


def _number(data: bytes) -> int:
    return int.from_bytes(data, "little")
