"""Image formats: recognize photos by their first bytes, never by their name.

Submitter and worker use the same function, so a file that is not a photo fails for the same reason
whether or not it is sent to a worker.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

SNIFF_BYTES = 32
"""Number of leading bytes that `sniff` needs."""


@dataclass(frozen=True, slots=True)
class Format:
    """A supported format, as the documentation lists it.

    Attributes:
        kind: What `sniff` returns for it; RAW formats share one.
        title: Its name.
        suffixes: Usual endings of file names.
        picture: Which picture of the file is classified; empty if there is only one.
    """

    kind: str
    title: str
    suffixes: tuple[str, ...]
    picture: str = ""


_PREVIEW = "the largest JPEG preview"
FORMATS = (
    Format("jpeg", "JPEG, MPO", ("jpg", "jpeg", "mpo"), "the first of an MPO"),
    Format("png", "PNG, APNG", ("png",), "the first frame"),
    Format("webp", "WebP", ("webp",), "the first frame"),
    Format("gif", "GIF", ("gif",), "the first frame"),
    Format("heif", "HEIC, HEIF, AVIF", ("heic", "heif", "avif"), "the primary picture"),
    Format("tiff", "TIFF", ("tif", "tiff"), "the first page"),
    Format("bmp", "BMP", ("bmp",)),
    Format("pnm", "PBM, PGM, PPM, binary", ("pbm", "pgm", "ppm")),
    Format("jpeg2000", "JPEG 2000", ("jp2", "j2k")),
    Format("raw", "RAW: Canon", ("cr2", "cr3"), _PREVIEW),
    Format("raw", "RAW: Nikon", ("nef", "nrw"), _PREVIEW),
    Format("raw", "RAW: Sony", ("arw",), _PREVIEW),
    Format("raw", "RAW: Fujifilm", ("raf",), _PREVIEW),
    Format("raw", "RAW: Olympus, OM System", ("orf",), _PREVIEW),
    Format("raw", "RAW: Panasonic, Leica", ("rw2", "rwl"), _PREVIEW),
    Format("raw", "RAW: Pentax", ("pef",), _PREVIEW),
    Format("raw", "RAW: DNG of any maker", ("dng",), _PREVIEW),
)
"""Every supported format. `docs/formats.md` is generated from it."""

_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
)
_CR3_BRAND = b"crx "
_CR2_MARK = b"CR\x02"
_PREFIXES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
    (b"FUJIFILMCCD-RAW", "raw"),
    (b"IIRO", "raw"),  # Olympus
    (b"IIRS", "raw"),
    (b"MMOR", "raw"),
    (b"IIU\x00", "raw"),  # Panasonic
)
_BMP_HEADER_SIZES = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_PNM = re.compile(rb"P[456]\s\s*[#0-9]")
"""Two letters alone would take the text "BMW" or "P5 paper" for a photo."""
_OTHER_SUFFIXES = (
    "jpe", "jif", "jfif", "dib", "pnm", "jpf", "jpx", "jpm", "jpc", "j2c", "heics", "heifs", "hif",
    "avifs", "jxl", "3fr", "crw", "erf", "iiq", "kdc", "mef", "mos", "mrw", "sr2", "srf", "srw",
    "x3f",
)  # fmt: skip
"""Rarer suffixes of the supported formats, and those of photos that cannot be decoded."""
PHOTO_SUFFIXES = frozenset(
    [*_OTHER_SUFFIXES, *(suffix for each in FORMATS for suffix in each.suffixes)]
)
"""Suffixes of photos, in lower case. A file with one is never ignored, even if its format is not
supported: its owner takes it for a photo."""


def has_photo_suffix(name: str) -> bool:
    """Return whether a file is a photo by the suffix of its name."""
    return os.path.splitext(name)[1][1:].lower() in PHOTO_SUFFIXES


def sniff(head: bytes) -> str | None:
    """Return the image format of a file by its first bytes.

    Args:
        head: The first `SNIFF_BYTES` bytes of the file (fewer if it is shorter).

    Returns:
        The `Format.kind`, or None if the format is unknown. HEIC and AVIF share a container, and
        most RAW formats begin as a TIFF does: only the whole file tells them apart
        (`worker.vision.raw.is_raw`).
    """
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        if head[8:12] == _CR3_BRAND:
            return "raw"
        return "heif" if _has_heif_brand(head) else None
    if head[:4] == b"II*\x00" and head[8:11] == _CR2_MARK:
        return "raw"
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    if head[:2] == b"BM" and int.from_bytes(head[14:18], "little") in _BMP_HEADER_SIZES:
        return "bmp"
    return "pnm" if _PNM.match(head) else None


def _has_heif_brand(head: bytes) -> bool:
    # Major brand, then (after a four-byte version) the compatible brands: ISO/IEC 14496-12, 4.3.
    brands = [head[8:12]] + [head[i : i + 4] for i in range(16, len(head) - 3, 4)]
    return any(brand in _HEIF_BRANDS for brand in brands)
