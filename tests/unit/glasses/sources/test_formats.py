from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasses.formats import SNIFF_BYTES, sniff


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "jpeg"),
        (b"\xff\xd8\xff\xe1\x12\x34Exif", "jpeg"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "png"),
        (b"RIFF\x24\x00\x00\x00WEBPVP8 ", "webp"),
        (b"GIF89a", "gif"),
        (b"GIF87a", "gif"),
        (b"II*\x00", "tiff"),
        (b"MM\x00*", "tiff"),
        (b"BM\x00\x00", "bmp"),
        (b"P6\n2 2\n255\n", "pnm"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jpeg2000"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "heif"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "heif"),
        (b"\x00\x00\x00\x1cftypXXXX\x00\x00\x00\x00mif1heic", "heif"),
    ],
)
def test_photo_is_told_by_its_first_bytes(head: bytes, name: str) -> None:
    assert sniff(head) == name


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"A text that lies among the photos.",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41",
        b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ",
        b"%!PS-Adobe-3.0 EPSF-3.0",  # Pillow would start Ghostscript
        b"<svg xmlns=",
    ],
)
def test_film_text_and_archive_are_no_photos(head: bytes) -> None:
    assert sniff(head) is None


@given(st.binary(max_size=SNIFF_BYTES))
def test_any_bytes_can_be_looked_at(head: bytes) -> None:
    assert sniff(head) in {
        None, "jpeg", "png", "webp", "gif", "tiff", "bmp", "pnm", "jpeg2000", "heif",
    }  # fmt: skip


def test_every_demo_photo_is_one(demo_photos: Path) -> None:
    files = [path for path in demo_photos.rglob("*") if path.is_file()]
    not_photos = [path.name for path in files if not sniff(path.read_bytes()[:SNIFF_BYTES])]
    assert sorted(not_photos) == ["empty.jpg", "notes.txt"]
