from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from worker.vision.errors import PhotoError
from worker.vision.thumbnail import MAX_BYTES, PREVIEW_SIDE, SIDE, thumbnail


def test_a_thumbnail_is_small_upright_and_without_metadata(demo_photos: Path) -> None:
    made = thumbnail((demo_photos / "hopper-rotated-by-exif.jpg").read_bytes())
    with Image.open(io.BytesIO(made.data)) as picture:
        assert (picture.format, max(picture.size)) == ("WEBP", SIDE)
        assert picture.height > picture.width
        assert not picture.getexif()
    assert made.height > made.width > SIDE
    assert len(made.data) <= MAX_BYTES


def test_a_small_photo_is_not_enlarged_and_noise_stays_within_the_size_limit() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (150, 90, 3)).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "PNG")
    made = thumbnail(buffer.getvalue())
    assert (made.width, made.height) == (90, 150)
    assert 0 < len(made.data) <= MAX_BYTES


def test_a_preview_is_large_enough_for_the_large_view(demo_photos: Path) -> None:
    data = (demo_photos / "hopper-12-megapixels.jpg").read_bytes()
    with Image.open(io.BytesIO(thumbnail(data, with_preview=True).preview)) as picture:
        assert (picture.format, max(picture.size)) == ("WEBP", PREVIEW_SIDE)
    assert thumbnail(data).preview == b""


def test_a_damaged_photo_has_no_thumbnail(demo_photos: Path) -> None:
    with pytest.raises(PhotoError):
        thumbnail((demo_photos / "hopper-truncated.jpg").read_bytes())
