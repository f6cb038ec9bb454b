"""Small files made to exhaust memory or time, each with its possible outcomes."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

FIXTURES = Path(__file__).parents[1] / "fixtures"
LARGE = 14_000
"""The largest side of a square photo within the pixel limit."""
CORRUPT, NO_FACE, OUT_OF_MEMORY = "corrupt", "no_face", "out_of_memory"
TOO_COMPLEX, TOO_MANY_PIXELS = "too_complex", "too_many_pixels"
DECODED = frozenset({NO_FACE, OUT_OF_MEMORY})
"""Outcomes of a valid photo; the result depends on the memory limit of the process."""
_BLOCK = 1 << 24
ANY = DECODED | {CORRUPT}


def make(folder: Path) -> dict[str, frozenset[str]]:
    """Fill a folder.

    Returns:
        Name -> the statuses of its row, or reasons of its failure, that are right.
    """
    truth = {}
    for name, data, ends in [*_pixels(), *_structures(), *_metadata()]:
        (folder / name).write_bytes(data)
        truth[name] = frozenset({ends}) if isinstance(ends, str) else ends
    return truth


def many_scans(side: int, scans: int) -> bytes:
    """Return a progressive JPEG, some of whose coefficients are sent again and again."""
    data = saved(Image.new("L", (side, side), 90), "JPEG", progressive=True)
    start = data.rindex(b"\xff\xda")
    return data[:-2] + data[start:-2] * scans + data[-2:]


Made = Iterator[tuple[str, bytes, str | frozenset[str]]]


def _pixels() -> Made:
    """Yield photos with many pixels."""
    yield "rgba.png", large_png(LARGE, LARGE, 8, 6), DECODED
    yield "16 bit.png", large_png(LARGE, LARGE, 16, 2), DECODED
    yield "interlaced.png", _png(struct.pack(">IIBBBBB", LARGE, LARGE, 8, 2, 0, 0, 1), b""), ANY
    yield "float.tif", _large_tiff(LARGE, 32, 3), DECODED
    yield "one strip.tif", _large_tiff(LARGE, 8, 1), DECODED
    yield "large.webp", large_webp(LARGE, LARGE), DECODED
    yield "too large.webp", large_webp(16_383, 16_383), TOO_MANY_PIXELS
    yield "large.jpg", _large_jpeg(LARGE, LARGE), ANY
    yield "wide.jpg", saved(Image.new("L", (65_500, 1)), "JPEG"), NO_FACE
    yield "high.png", saved(Image.new("L", (1, 65_535)), "PNG"), NO_FACE
    yield "wide.png", large_png(100_000_000, 1, 8, 2), DECODED
    heic = (FIXTURES / "heic" / "upright.heic").read_bytes()
    size = heic.index(b"ispe") + 8
    yield "large.heic", heic[:size] + struct.pack(">II", LARGE, LARGE) + heic[size + 8 :], ANY
    huge = heic[:size] + struct.pack(">II", 30_000, 30_000) + heic[size + 8 :]
    yield "huge.heic", huge, frozenset({CORRUPT, TOO_MANY_PIXELS})


def _structures() -> Made:
    """Yield photos of too many parts."""
    yield "many scans.jpg", many_scans(1000, 20_000), TOO_COMPLEX
    yield "most scans.jpg", many_scans(4000, 80), CORRUPT
    frame = Image.new("P", (1, 1))
    frames = [Image.new("P", (1, 1), number % 2) for number in range(3000)]
    for format_ in ("GIF", "PNG"):
        animated = saved(frame, format_, save_all=True, append_images=frames)
        yield f"many frames.{format_.lower()}", animated, NO_FACE
    yield "many strips.tif", _tiff({257: 2**21, 278: 1}), ANY
    yield "endless pages.tif", _tiff({}, following=8), ANY
    yield "no rows in a strip.tif", _tiff({278: 0}), ANY
    yield "claims.tif", _tiff({256: 2**31, 257: 2**31}), TOO_MANY_PIXELS
    jp2 = bytearray(saved(Image.new("RGB", (512, 512)), "JPEG2000", no_jp2=True))
    jp2[jp2.index(b"\xff\x51") + 22 :][:8] = struct.pack(">II", 1, 1)
    yield "many tiles.j2k", bytes(jp2), ANY
    siz = jp2.index(b"\xff\x51") + 6
    large = bytes(jp2[:siz]) + struct.pack(">II", LARGE, LARGE) + bytes(jp2[siz + 8 :])
    yield "large.j2k", large, ANY


def _metadata() -> Made:
    """Yield photos whose metadata is a bomb."""
    small = saved(Image.new("L", (8, 8)), "PNG")
    bomb = zlib.compress(bytes(2**26), 9)
    for kind, head in ((b"zTXt", b"a\0\0"), (b"iCCP", b"a\0\0"), (b"iTXt", b"a\0\1\0\0\0")):
        data = small[:33] + _chunk(kind, head + bomb) * 8 + small[33:]
        yield f"{kind.decode()}.png", data, ANY
    jpeg = saved(Image.new("L", (8, 8)), "JPEG")
    yield "many segments.jpg", jpeg[:2] + b"\xff\xe1\0\2" * 200_000 + jpeg[2:], NO_FACE
    entries = b"".join(struct.pack("<HHII", tag, 1, 60_000, 8) for tag in range(5000))
    exif = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", 5000) + entries
    segment = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    yield "overlapping tags.jpg", jpeg[:2] + segment + jpeg[2:], ANY
    tags = struct.pack("<H", 65_535)
    tags += b"".join(struct.pack("<HHII", tag, 1, 700_000, 8) for tag in range(65_535))
    yield "overlapping tags.tif", b"II*\0\x08\0\0\0" + tags, ANY
    yield "overlapping exif.png", small[:33] + _chunk(b"eXIf", b"II*\0\x08\0\0\0" + tags), ANY
    profile = jpeg[:2] + b"\xff\xe2\xff\xffICC_PROFILE\0\1\1" + bytes(65_519) + jpeg[2:]
    yield "empty profile.jpg", profile, NO_FACE


def saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    """Return an image as a file."""
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def large_png(width: int, height: int, depth: int, colours: int) -> bytes:
    """Return a black PNG of any size."""
    samples = {2: 3, 6: 4}[colours]
    head = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    size = height * (1 + width * samples * depth // 8)
    return _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", _zeros(size)) + _chunk(b"IEND", b"")


_PNG = b"\x89PNG\r\n\x1a\n"


def _png(head: bytes, rows: bytes) -> bytes:
    return _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(rows))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _zeros(count: int) -> bytes:
    """Return deflated zeros by repeating one independent block."""
    packer = zlib.compressobj(9)
    head = packer.compress(b"") + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(bytes(_BLOCK)) + packer.flush(zlib.Z_FULL_FLUSH)
    rest = packer.compress(bytes(count % _BLOCK)) + packer.flush()
    adler = struct.pack(">HH", count % 65_521, 1)
    return head + block * (count // _BLOCK) + rest[:-4] + adler


def large_webp(width: int, height: int) -> bytes:
    """Return a WebP of one colour: its 38 bytes are the same for any size but the size itself."""
    data = bytearray(saved(Image.new("RGB", (9, 9), (120, 100, 90)), "WEBP", lossless=True))
    bits = int.from_bytes(data[21:25], "little") >> 28 << 28
    data[21:25] = (bits | (height - 1) << 14 | (width - 1)).to_bytes(4, "little")
    return bytes(data)


def _large_jpeg(width: int, height: int) -> bytes:
    """Return a progressive JPEG whose header claims more pixels than it has."""
    data = saved(Image.new("RGB", (64, 64)), "JPEG", progressive=True, subsampling=0)
    size = data.index(b"\xff\xc2") + 5
    return data[:size] + struct.pack(">HH", height, width) + data[size + 4 :]


def _large_tiff(side: int, depth: int, sample_format: int) -> bytes:
    """Return a black square in one deflated strip."""
    strip = _zeros(side * side * depth // 8)
    return _tiff({256: side, 257: side, 258: depth, 278: side, 339: sample_format}, strip)


def _tiff(
    tags: dict[int, int], strip: bytes = b"\x78\x9c\x03\0\0\0\0\1", following: int = 0
) -> bytes:
    """Return a deflated gray TIFF; by default its strip is empty."""
    ground = {256: 64, 257: 64, 258: 8, 259: 8, 262: 1, 277: 1, 278: 64, 279: len(strip)}
    count = len(ground | tags | {273: 0})
    place = 8 + 2 + 12 * count + 4
    entries = sorted((ground | {273: place} | tags).items())
    packed = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", count) + packed
    return head + struct.pack("<I", following) + strip
