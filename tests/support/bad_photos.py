"""A folder with every kind of file that people keep among photos, and the expected outcomes."""

from __future__ import annotations

import io
import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import ExifTags, Image, ImageChops

from tests.support.raw_photos import RAW_PHOTOS, Shot

CLASSIFIED, NO_FACE = "classified", "no_face"
IGNORED = "ignored"
EMPTY, NOT_AN_IMAGE, CORRUPT = "empty", "not_an_image", "corrupt"
NO_PREVIEW = "no_preview"
FIXTURES = Path(__file__).parents[1] / "fixtures"
TOO_MANY_PIXELS, UNREADABLE = "too_many_pixels", "unreadable"


def make(folder: Path, demo_photos: Path) -> dict[str, str]:
    """Fill an empty folder.

    Returns:
        Name -> `classified`, `no_face`, or the reason of the failure; ignored files are missing.
    """
    face = Image.open(demo_photos / "hopper.jpg").convert("RGB")
    jpeg = (demo_photos / "hopper.jpg").read_bytes()
    truth: dict[str, str] = {}

    def put(name: str, data: bytes, expected: str) -> None:
        path = os.path.join(os.fsencode(folder), os.fsencode(name))
        with open(path, "wb") as file:
            file.write(data)
        if expected != IGNORED:
            truth[name] = expected

    put("empty.jpg", b"", EMPTY)
    put("text.jpg", b"I am no photo\n" * 9, NOT_AN_IMAGE)
    put("drawing.svg", b'<svg xmlns="http://www.w3.org/2000/svg"/>', IGNORED)
    put("paper.pdf", b"%PDF-1.7\n" + b"x" * 99, IGNORED)
    put("junk before.jpg", b"junk" * 9 + jpeg, NOT_AN_IMAGE)
    put("junk after.jpg", jpeg + os.urandom(999), CLASSIFIED)
    put("a photo without an extension", jpeg + b"1", CLASSIFIED)
    put("a jpeg that says.png", jpeg + b"2", CLASSIFIED)
    for tenth in range(1, 10):
        put(f"truncated {tenth}.jpg", jpeg[: len(jpeg) * tenth // 10], CORRUPT)
    put("progressive.jpg", _saved(face, "JPEG", progressive=True), CLASSIFIED)
    put("profile.jpg", _saved(face, "JPEG", icc_profile=os.urandom(500)), CLASSIFIED)
    put("cmyk.jpg", _saved(face.convert("CMYK"), "JPEG"), CLASSIFIED)
    put("ycck.jpg", _ycck(face), CLASSIFIED)
    put("two pictures.mpo", _saved(face, "MPO", **_pages(face)), CLASSIFIED)
    put("two pages.tif", _saved(face, "TIFF", **_pages(face)), CLASSIFIED)
    put("windows.bmp", _saved(face, "BMP"), CLASSIFIED)
    put("palette.png", _saved(_transparent_palette(face), "PNG", transparency=0), CLASSIFIED)
    put("sixteen bits and alpha.png", _sixteen_bit_rgba(face), CLASSIFIED)
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[ExifTags.Base.Orientation] = orientation
        turned = _saved(_turned(face, orientation), "JPEG", exif=exif)
        put(f"orientation {orientation}.jpg", turned, CLASSIFIED)
    preview = _saved(_turned(face.resize((1024, 1024 * face.height // face.width)), 6), "JPEG")
    for suffix, raw_photo in RAW_PHOTOS.items():
        put(f"a photo.{suffix}", raw_photo(Shot(preview, 6)) + suffix.encode(), CLASSIFIED)
    put("without a preview.dng", RAW_PHOTOS["dng"](Shot(b"")), NO_PREVIEW)
    for path in sorted((FIXTURES / "heic").glob("*.hei*")):
        put(path.name, path.read_bytes(), NO_FACE)
        put(f"half of {path.name}", path.read_bytes()[: path.stat().st_size // 2], CORRUPT)
    put("empty.heic", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", CORRUPT)
    put("empty.avif", b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", CORRUPT)
    put("gray.png", _saved(face.convert("L"), "PNG"), CLASSIFIED)
    put("alpha.png", _saved(face.convert("RGBA"), "PNG"), CLASSIFIED)
    put("palette.gif", _saved(face, "GIF"), CLASSIFIED)
    put("one pixel.png", _saved(Image.new("RGB", (1, 1)), "PNG"), NO_FACE)
    put("ribbon.png", _saved(Image.new("RGB", (20_000, 10)), "PNG"), NO_FACE)
    for format_ in ("GIF", "WEBP", "PNG"):
        put(f"animated.{format_.lower()}", _saved(face, format_, **_pages(face)), CLASSIFIED)
    put("bomb.png", _png_header(30_000, 30_000), TOO_MANY_PIXELS)
    put("huge.png", _png_header(2**31 - 1, 2**31 - 1), TOO_MANY_PIXELS)
    put("header alone.png", _png_header(64, 64), CORRUPT)
    for name in (
        " spaces ",
        "new\nline",
        "quo'te\"s",
        "\udcff\udcfe",
        "\x1b[31mred",
        "=1+1",
        "肖像",
    ):
        put(f"{name}.jpg", jpeg + name.encode("utf-8", "surrogateescape"), CLASSIFIED)
    put("n" * 250 + ".jpg", jpeg + b"3", CLASSIFIED)
    put("twin 1.jpg", jpeg, CLASSIFIED)
    put("twin 2.jpg", jpeg, CLASSIFIED)
    _special_files(folder, truth)
    return truth


def _special_files(folder: Path, truth: dict[str, str]) -> None:
    makers: dict[str, Callable[[Path], Any]] = {
        "broken link.jpg": lambda path: path.symlink_to("nowhere"),
        "looping link.jpg": lambda path: path.symlink_to(path.name),
        "pipe.jpg": os.mkfifo,
    }
    for name, maker in makers.items():
        maker(folder / name)
        truth[name] = UNREADABLE
    (folder / "loop").symlink_to(folder)  # not followed, so not a photo
    if os.geteuid():
        (folder / "closed.jpg").write_bytes(b"x")
        (folder / "closed.jpg").chmod(0)
        truth["closed.jpg"] = UNREADABLE


def _saved(image: Image.Image, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


def _pages(face: Image.Image) -> dict[str, Any]:
    return {"save_all": True, "append_images": [Image.new("RGB", face.size)]}


def _turned(face: Image.Image, orientation: int) -> Image.Image:
    """Turned so that this orientation of EXIF turns it back."""
    exif = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    return face.transpose(Image.Transpose(exif[orientation])) if orientation > 1 else face


def _transparent_palette(face: Image.Image) -> Image.Image:
    image = face.quantize(128)
    image.paste(0, (0, 0, 8, 8))
    return image


def _ycck(face: Image.Image) -> bytes:
    """A CMYK JPEG as Photoshop writes it: luminance and colour of the inks, and black."""
    cyan, magenta, yellow, black = face.convert("CMYK").split()
    ycc = ImageChops.invert(Image.merge("RGB", (cyan, magenta, yellow)).convert("YCbCr"))
    data = _saved(Image.merge("CMYK", (*ycc.split(), black)), "JPEG", quality=95)
    at = data.index(b"Adobe") + 11  # APP14's last byte says how colours are coded
    return data[:at] + b"\x02" + data[at + 1 :]


def _sixteen_bit_rgba(face: Image.Image) -> bytes:
    values = np.asarray(face.convert("RGBA")).astype(">u2") * 257
    rows = b"".join(b"\0" + row.tobytes() for row in values)
    return _png(struct.pack(">IIBBBBB", *face.size, 16, 6, 0, 0, 0), rows)


def _png_header(width: int, height: int) -> bytes:
    return _png(struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0), b"\0" * 99)


def _png(head: bytes, rows: bytes) -> bytes:
    def part(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    data = part(b"IHDR", head) + part(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + data
