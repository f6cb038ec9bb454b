"""Which photo files browsers can show."""

from __future__ import annotations

from glasses.sources.formats import SNIFF_BYTES, sniff

_SHOWN = frozenset({"jpeg", "png", "webp", "gif", "bmp"})
"""Chromium, Firefox and Safari show these; only Safari shows HEIC, TIFF and JPEG 2000."""
_AVIF_BRANDS = (b"avif", b"avis")


def browsers_show(data: bytes) -> bool:
    """Return whether every current browser shows a photo file."""
    head = data[:SNIFF_BYTES]
    kind = sniff(head)
    if kind == "heif":
        return any(brand in head[8:] for brand in _AVIF_BRANDS)
    return kind in _SHOWN
