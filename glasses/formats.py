"""Which file formats are photos, told from the first bytes, never from the name.

Submitter and worker both ask here, so a file that is not a photo is named the
same way whether or not it ever travels to a worker.
"""

from __future__ import annotations

SNIFF_BYTES = 32
"""How many leading bytes `sniff` looks at."""

_HEIF_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
)
_PREFIXES = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"II*\x00", "tiff"),
    (b"MM\x00*", "tiff"),
    (b"BM", "bmp"),
    (b"P4", "pnm"),
    (b"P5", "pnm"),
    (b"P6", "pnm"),
    (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jpeg2000"),
    (b"\xff\x4f\xff\x51", "jpeg2000"),
)


def sniff(head: bytes) -> str | None:
    """Name the photo format that a file begins with.

    Args:
        head: The first `SNIFF_BYTES` bytes of the file (fewer if it is shorter).

    Returns:
        `jpeg`, `png`, `webp`, `gif`, `tiff`, `bmp`, `pnm`, `jpeg2000`, `heif` (HEIC and AVIF
        share the container), or None when no photo begins so.
    """
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "webp"
    if head[4:8] == b"ftyp":
        return "heif" if _heif_brands(head) else None
    for prefix, name in _PREFIXES:
        if head.startswith(prefix):
            return name
    return None


def _heif_brands(head: bytes) -> bool:
    # Major brand, then (after a four-byte version) the compatible brands: ISO/IEC 14496-12, 4.3.
    brands = [head[8:12]] + [head[i : i + 4] for i in range(16, len(head) - 3, 4)]
    return any(brand in _HEIF_BRANDS for brand in brands)
