"""RAW photos: their preview is classified, upright; ordinary TIFF photos are not taken for RAW."""

from __future__ import annotations

import io
import struct
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glasses.protocol.statuses import FailureReason
from glasses.sources.formats import FORMATS, SNIFF_BYTES, sniff
from tests.support.quarters import TURNED, UPRIGHT, assert_upright, corners, encoded, quarters
from tests.support.raw_photos import RAW_PHOTOS, Shot, cr3, nef
from tests.support.tiff_writer import ASCII, LONG, SHORT, TiffWriter
from worker.vision.decode import decode
from worker.vision.errors import PhotoError
from worker.vision.raw import MIN_SIDE, is_raw
from worker.vision.thumbnail import thumbnail

WIDTH, HEIGHT = 900, 600
PILLOW = {
    "jpg": "JPEG", "jpeg": "JPEG", "mpo": "MPO", "png": "PNG", "webp": "WEBP", "gif": "GIF",
    "avif": "AVIF", "tif": "TIFF", "tiff": "TIFF", "bmp": "BMP", "pbm": "PPM", "pgm": "PPM",
    "ppm": "PPM", "jp2": "JPEG2000", "j2k": "JPEG2000",
}  # fmt: skip
"""Usual ending of a file's name -> format of Pillow that writes it."""


def preview(orientation: int = 1, size: tuple[int, int] = (WIDTH, HEIGHT)) -> bytes:
    """A JPEG as a camera that is held so stores the upright scene: as wide as its sensor."""
    how = TURNED[orientation]
    if how is None:
        return encoded(quarters(*size), "JPEG")
    return encoded(quarters(*upright_size(orientation, size)).transpose(how), "JPEG")


def upright_size(orientation: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> tuple[int, int]:
    return (size[1], size[0]) if orientation >= 5 else size


def reason(data: bytes) -> FailureReason | None:
    try:
        decode(data)
    except PhotoError as error:
        return error.reason
    return None


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("suffix", RAW_PHOTOS)
def test_the_preview_of_a_raw_photo_is_upright(suffix: str, orientation: int) -> None:
    data = RAW_PHOTOS[suffix](Shot(preview(orientation), orientation))
    assert_upright(decode(data), *upright_size(orientation))


@pytest.mark.parametrize("orientation", [6, 8])
def test_a_preview_that_the_camera_has_already_rotated_is_not_rotated_again(
    orientation: int,
) -> None:
    upright = preview(size=(HEIGHT, WIDTH))
    assert_upright(decode(nef(Shot(upright, orientation))), HEIGHT, WIDTH)


def test_the_orientation_of_the_raw_photo_has_priority_over_that_of_its_preview() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = nef(Shot(encoded(quarters(WIDTH, HEIGHT), "JPEG", exif=exif), 1))
    assert_upright(decode(data), WIDTH, HEIGHT)


def test_a_large_preview_is_decoded_no_larger_than_needed() -> None:
    photo = decode(nef(Shot(preview(size=(3000, 2000)))))
    assert (photo.width, photo.height) == (3000, 2000)
    assert photo.at(320).shape == (250, 375, 3)
    assert corners(photo.pixels) == UPRIGHT


@pytest.mark.parametrize("suffix", RAW_PHOTOS)
def test_a_raw_photo_without_a_useful_preview_fails_by_name(suffix: str) -> None:
    raw_photo = RAW_PHOTOS[suffix]
    assert reason(raw_photo(Shot(b""))) is FailureReason.NO_PREVIEW
    small = preview(size=(MIN_SIDE - 1, 40))
    assert reason(raw_photo(Shot(small))) is FailureReason.NO_PREVIEW
    assert reason(raw_photo(Shot(preview(size=(MIN_SIDE, 40))))) is None


@pytest.mark.parametrize("suffix", RAW_PHOTOS)
def test_a_truncated_raw_photo_fails_by_name(suffix: str) -> None:
    data = RAW_PHOTOS[suffix](Shot(preview()))
    for tenth in range(1, 9):
        named = {None, FailureReason.CORRUPT, FailureReason.NO_PREVIEW}
        assert reason(data[: len(data) * tenth // 10]) in named
    damaged = RAW_PHOTOS[suffix](Shot(preview()[:3000]))
    with pytest.raises(PhotoError, match="corrupt"):
        _ = decode(damaged).pixels


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK", "1", "I;16", "P", "RGBA"])
@pytest.mark.parametrize("make", ["NIKON CORPORATION", "Canon"])
def test_a_tiff_photo_of_a_camera_is_no_raw_photo(make: str, mode: str) -> None:
    picture = (
        Image.fromarray(np.full((48, 64), 9, np.uint16))
        if mode == "I;16"
        else (quarters().convert(mode))
    )
    tags = {271: make, 272: f"{make} D700", 274: 1}
    pages = {"save_all": True, "append_images": [picture]}
    data = encoded(picture, "TIFF", tiffinfo=tags, **pages)
    assert not is_raw(data)
    assert decode(data).width == picture.width


def test_a_tiff_photo_with_its_pages_in_sub_directories_is_no_raw_photo() -> None:
    tiff = TiffWriter()
    at = tiff.add(quarters().tobytes())
    tags = {
        256: (LONG, 64), 257: (LONG, 40), 258: (SHORT, [8, 8, 8]), 259: (SHORT, 1),
        262: (SHORT, 2), 273: (LONG, at), 277: (SHORT, 3), 278: (LONG, 40), 279: (LONG, 64 * 120),
    }  # fmt: skip
    small = tiff.directory({254: (LONG, 1), 271: (ASCII, b"Canon\0"), **tags})
    assert_upright(decode(tiff.finish(tiff.directory({**tags, 330: (LONG, [small])}))))


def test_pixels_after_the_last_directory_are_not_taken_for_another() -> None:
    tiff = TiffWriter()
    # As if a directory began at the file's first byte, where a chain ends: the tag of a DNG.
    at = tiff.add(bytes(6) + struct.pack("<HHII", 50706, 1, 4, 0) * 600)
    tags = {256: (LONG, 64), 257: (LONG, 37), 258: (SHORT, [8, 8, 8]), 273: (LONG, at)}
    assert not is_raw(tiff.finish(tiff.directory(tags)))


def test_directories_that_repeat_or_overlap_are_read_in_little_time() -> None:
    loop = b"II*\0\x08\0\0\0" + struct.pack("<H", 1) + bytes(12) + struct.pack("<I", 8)
    many = b"MM\0*\0\0\0\x08" + struct.pack(">HHHII", 0xFFFF, 330, 4, 0xFFFFFFFF, 8) * 99
    subs = TiffWriter()
    start = subs.add(struct.pack("<I", 8) * 100_000)
    tags = subs.directory({330: (LONG, [start] * 100_000)})
    before = time.process_time()
    for data in (loop, many, subs.finish(tags), b"II*\0", b"II*\0\xff\xff\xff\xff"):
        assert not is_raw(data)
    assert time.process_time() - before < 1


def test_the_thumbnail_of_a_raw_photo_is_upright() -> None:
    made = thumbnail(cr3(Shot(preview(8), 8)))
    assert (made.width, made.height) == (HEIGHT, WIDTH)
    with Image.open(io.BytesIO(made.data)) as image:
        assert corners(np.asarray(image.convert("RGB"))) == UPRIGHT


@pytest.mark.parametrize(
    ("kind", "suffix"), [(format_.kind, s) for format_ in FORMATS for s in format_.suffixes]
)
def test_every_format_in_the_documentation_is_decoded(
    kind: str, suffix: str, fixtures: Path
) -> None:
    if suffix in RAW_PHOTOS:
        data = RAW_PHOTOS[suffix](Shot(preview()))
    elif suffix in {"heic", "heif"}:
        data = (fixtures / "heic" / "upright.heic").read_bytes()
    else:
        mode = {"pbm": "1", "pgm": "L"}.get(suffix, "RGB")
        data = encoded(quarters().convert(mode), PILLOW[suffix])
    assert decode(data).pixels.any()
    told = sniff(data[:SNIFF_BYTES])
    assert ("raw" if told == "tiff" and is_raw(data) else told) == kind
