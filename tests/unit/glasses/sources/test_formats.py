from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glasses.sources.formats import FORMATS, SNIFF_BYTES, has_photo_suffix, sniff


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
        (b"BM\x46\x00\x00\x00" + bytes(8) + b"\x28\x00\x00\x00", "bmp"),
        (b"P6\n2 2\n255\n", "pnm"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n", "jpeg2000"),
        (b"\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic", "heif"),
        (b"\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1avif", "heif"),
        (b"\x00\x00\x00\x18ftypcrx \x00\x00\x00\x01crx isom", "raw"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00", "raw"),
        (b"FUJIFILMCCD-RAW 0201", "raw"),
        (b"IIRO\x08\x00\x00\x00", "raw"),
        (b"IIRS\x08\x00\x00\x00", "raw"),
        (b"MMOR\x00\x00\x00\x08", "raw"),
        (b"IIU\x00\x18\x00\x00\x00", "raw"),
        (b"\x00\x00\x00\x1cftypXXXX\x00\x00\x00\x00mif1heic", "heif"),
    ],
)
def test_a_photo_is_recognized_by_its_first_bytes(head: bytes, name: str) -> None:
    assert sniff(head) == name


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\xff",
        b"A text among the photos.",
        b"%PDF-1.7",
        b"PK\x03\x04",
        b"RIFF\x24\x00\x00\x00AVI LIST",
        b"RIFF\x24\x00\x00\x00WAVEfmt ",
        b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41",
        b"\x00\x00\x00\x14ftypqt  \x00\x00\x02\x00qt  ",
        b"%!PS-Adobe-3.0 EPSF-3.0",  # Pillow would start Ghostscript
        b"<svg xmlns=",
        b"BMW and other cars, by price",
        b"P5 paper is 123 x 176 mm",
    ],
)
def test_videos_text_and_archives_are_not_photos(head: bytes) -> None:
    assert sniff(head) is None


@given(st.binary(max_size=SNIFF_BYTES))
def test_any_bytes_can_be_sniffed(head: bytes) -> None:
    assert sniff(head) in {None, *(format_.kind for format_ in FORMATS)}


def test_every_demo_photo_is_recognized(demo_photos: Path) -> None:
    files = [path for path in demo_photos.rglob("*") if path.is_file()]
    not_photos = [path.name for path in files if not sniff(path.read_bytes()[:SNIFF_BYTES])]
    assert sorted(not_photos) == ["empty.jpg", "notes.txt"]


def test_photos_are_known_by_their_suffix_in_either_case() -> None:
    photos = ["a.jpg", "A.JPEG", "b.HEIC", "c.x.png", "no decoder.jxl", "raw.NEF", ".hidden.webp"]
    others = ["a.jpg.xmp", "jpg", ".jpg", "a.mov", "a.", "", "a.jpg/b"]
    assert [name for name in photos + others if has_photo_suffix(name)] == photos
