from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from producer.report.browser_formats import browsers_show
from tests.support.raw_photos import Shot, dng

HEIC = Path(__file__).parents[3] / "fixtures" / "heic" / "upright.heic"


@pytest.mark.parametrize(
    ("kind", "shown"),
    [
        ("JPEG", True), ("PNG", True), ("WEBP", True), ("GIF", True), ("BMP", True), ("AVIF", True),
        ("TIFF", False), ("PPM", False), ("JPEG2000", False),
    ],
)  # fmt: skip
def test_browsers_show_what_the_web_uses(kind: str, shown: bool) -> None:
    out = io.BytesIO()
    Image.new("RGB", (64, 64)).save(out, kind)
    assert browsers_show(out.getvalue()) is shown


def test_browsers_do_not_show_what_cameras_use() -> None:
    jpeg = io.BytesIO()
    Image.new("RGB", (64, 64)).save(jpeg, "JPEG")
    assert not browsers_show(HEIC.read_bytes())
    assert not browsers_show(dng(Shot(jpeg.getvalue())))
    assert not browsers_show(b"")
