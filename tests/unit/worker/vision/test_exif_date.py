from __future__ import annotations

import io
from datetime import datetime

import pytest
from PIL import ExifTags, Image

from worker.vision.exif_date import exif_date


def photo(original: str | None, changed: str | None, kind: str = "JPEG") -> bytes:
    exif = Image.Exif()
    if changed is not None:
        exif[ExifTags.Base.DateTime] = changed
    if original is not None:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = original
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, kind, exif=exif)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_date_of_the_exposure_comes_before_the_date_of_the_file(kind: str) -> None:
    data = photo("2023:05:04 10:11:12", "2024:01:01 00:00:00", kind)
    assert exif_date(data) == datetime(2023, 5, 4, 10, 11, 12)


@pytest.mark.parametrize("original", [None, "0000:00:00 00:00:00", "    :  :     :  :  ", "soon"])
def test_a_missing_or_invalid_date_is_skipped(original: str | None) -> None:
    assert exif_date(photo(original, "2024:01:02 03:04:05\0")) == datetime(2024, 1, 2, 3, 4, 5)
    assert exif_date(photo(original, None)) is None


def test_damaged_metadata_has_no_date() -> None:
    data = photo("2023:05:04 10:11:12", None)
    at = data.index(b"Exif\0\0") + 10
    for damaged in (data[:at] + b"\xff" * 12 + data[at + 12 :], b"", b"text"):
        assert exif_date(damaged) is None
