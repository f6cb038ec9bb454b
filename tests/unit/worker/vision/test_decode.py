"""Valid photos of every format are decoded upright and in colour."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.support.quarters import (
    TURNED,
    UPRIGHT,
    assert_upright,
    corners,
    encoded,
    quarters,
    stored,
)
from worker.vision.decode import WORKING_SIDE, decode


@pytest.mark.parametrize("orientation", TURNED)
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_a_rotated_photo_is_upright(format_: str, orientation: int) -> None:
    assert_upright(decode(stored(quarters(), orientation, format_)))


@pytest.mark.parametrize("orientation", TURNED)
def test_a_rotated_large_photo_is_upright_and_reports_its_full_size(orientation: int) -> None:
    photo = decode(stored(quarters(3000, 2000), orientation, "JPEG"))
    assert corners(photo.pixels) == UPRIGHT
    assert photo.pixels.shape == (1000, 1500, 3)
    assert (photo.width, photo.height) == (3000, 2000)
    assert photo.scale == 0.5


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_invalid_orientation_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert_upright(decode(encoded(quarters(), "JPEG", exif=exif)))


def test_broken_exif_does_not_make_a_photo_unreadable() -> None:
    data = encoded(quarters(), "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xff" * 40)
    assert_upright(decode(data))


@pytest.mark.parametrize("name", ["upright.heic", "turned.heic"])
def test_a_photo_of_a_phone_is_upright(name: str, fixtures: Path) -> None:
    assert_upright(decode((fixtures / "heic" / name).read_bytes()), 96, 64)


@pytest.mark.parametrize(
    ("format_", "options"),
    [
        ("JPEG", {"progressive": True}),
        ("JPEG", {"subsampling": 0, "optimize": True}),
        ("MPO", {"save_all": True, "append_images": [Image.new("RGB", (8, 8))]}),
        ("PNG", {"interlace": True}),
        ("WEBP", {"lossless": True}),
        ("GIF", {}),
        ("BMP", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "jpeg"}),
        ("PPM", {}),
        ("JPEG2000", {}),
        ("AVIF", {}),
    ],
)
def test_every_format_gives_the_same_picture(format_: str, options: dict[str, Any]) -> None:
    assert_upright(decode(encoded(quarters(), format_, **options)))


@pytest.mark.parametrize("mode", ["CMYK", "P", "RGBA", "YCbCr"])
def test_every_colour_mode_gives_the_same_picture(mode: str) -> None:
    assert_upright(decode(encoded(quarters().convert(mode), "TIFF")))


def test_cmyk_jpeg_is_not_inverted() -> None:
    assert_upright(decode(encoded(quarters().convert("CMYK"), "JPEG")))


@pytest.mark.parametrize("format_", ["GIF", "WEBP", "PNG", "TIFF", "AVIF"])
def test_the_first_frame_of_an_animation_is_used(format_: str) -> None:
    other = Image.new("RGB", (64, 40), "black")
    data = encoded(quarters(), format_, save_all=True, append_images=[other, other])
    assert_upright(decode(data))


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "TIFF"])
def test_a_transparent_photo_has_a_white_background(format_: str) -> None:
    picture = quarters().convert("RGBA")
    picture.paste((0, 0, 0, 0), (0, 0, 32, 20))
    photo = decode(encoded(picture, format_))
    assert corners(photo.pixels) == ["white", "lime", "blue", "yellow"]


def test_half_transparent_black_is_gray() -> None:
    photo = decode(encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 127)), "PNG"))
    assert photo.pixels[4, 4].tolist() == [128, 128, 128]


@pytest.mark.parametrize("format_", ["PNG", "GIF"])
def test_the_transparent_colour_of_a_palette_is_white(format_: str) -> None:
    picture = quarters().quantize(4)
    red = picture.getpixel((1, 1))
    photo = decode(encoded(picture, format_, transparency=red))
    assert corners(photo.pixels) == ["white", "lime", "blue", "yellow"]


def test_gray_with_alpha_has_a_white_background() -> None:
    picture = Image.new("LA", (8, 8), (200, 255))
    picture.paste((0, 0), (0, 0, 4, 8))
    pixels = decode(encoded(picture, "PNG")).pixels
    assert pixels[4, 1].tolist() == [255, 255, 255]
    assert pixels[4, 6].tolist() == [200, 200, 200]


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF"])
def test_a_grayscale_photo_has_three_equal_channels(format_: str) -> None:
    picture = Image.linear_gradient("L")
    pixels = decode(encoded(picture, format_)).pixels
    assert pixels.shape == (256, 256, 3)
    assert (pixels == pixels[:, :, :1]).all()
    assert np.abs(pixels[:, :, 0].astype(int) - np.asarray(picture)).max() <= 2


@pytest.mark.parametrize("format_", ["PNG", "TIFF", "BMP"])
def test_a_black_and_white_photo_uses_the_full_range(format_: str) -> None:
    picture = Image.new("1", (16, 16), 0)
    picture.paste(1, (8, 0, 16, 16))
    pixels = decode(encoded(picture, format_)).pixels
    assert pixels[8, 2].tolist() == [0, 0, 0]
    assert pixels[8, 14].tolist() == [255, 255, 255]


@pytest.mark.parametrize("format_", ["PNG", "TIFF"])
def test_a_16_bit_photo_keeps_its_brightness(format_: str) -> None:
    gray = np.tile(np.arange(256, dtype=np.uint16) * 257, (16, 1))
    pixels = decode(encoded(Image.fromarray(gray), format_)).pixels
    assert np.abs(pixels[8, :, 0].astype(int) - np.arange(256)).max() <= 1


@pytest.mark.parametrize("size", [(1, 1), (1, 2), (3, 1), (1, 5000), (20000, 10)])
@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_extreme_sizes_are_decoded(format_: str, size: tuple[int, int]) -> None:
    photo = decode(encoded(Image.new("RGB", size, "lime"), format_))
    assert (photo.width, photo.height) == size
    assert photo.pixels.shape[0] >= 1
    assert photo.pixels.shape[1] >= 1
    assert photo.pixels[0, 0].tolist()[1] > 250


@pytest.mark.parametrize(
    "longest", [1281, 1919, 1920, 2047, 2559, 2560, 2561, 4032, 5120, 5121, 8000, 12000]
)
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_a_large_jpeg_is_decoded_no_larger_than_needed(mode: str, longest: int) -> None:
    for size in ((longest, 24), (24, longest)):
        photo = decode(encoded(Image.new(mode, size), "JPEG"))
        assert WORKING_SIDE <= max(photo.pixels.shape) < 2 * WORKING_SIDE
        assert (photo.width, photo.height) == size
        assert photo.scale == max(photo.pixels.shape) / longest


@pytest.mark.parametrize(
    ("format_", "mode"), [("PNG", "RGB"), ("BMP", "RGB"), ("JPEG", "CMYK"), ("WEBP", "RGBA")]
)
def test_a_large_photo_of_any_format_is_downscaled(format_: str, mode: str) -> None:
    photo = decode(encoded(quarters(3000, 2000).convert(mode), format_))
    assert WORKING_SIDE <= max(photo.pixels.shape) <= 2 * WORKING_SIDE
    assert (photo.width, photo.height) == (3000, 2000)
    assert corners(photo.pixels) == UPRIGHT


def test_a_small_photo_is_not_enlarged() -> None:
    assert decode(encoded(quarters(1280, 800), "JPEG")).scale == 1


@pytest.mark.parametrize("tail", [bytes(100), b"SEFT motion photo" * 50, b"\xff\xd8\xff"])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP"])
def test_trailing_data_of_phones_is_ignored(format_: str, tail: bytes) -> None:
    assert_upright(decode(encoded(quarters(), format_) + tail))


@pytest.mark.parametrize(("side", "longest"), [(320, 375), (500, 750), (1000, 1500), (5000, 3000)])
def test_a_large_jpeg_is_decoded_at_the_requested_size(side: int, longest: int) -> None:
    photo = decode(encoded(quarters(3000, 2000), "JPEG"))
    assert max(photo.at(side).shape) == longest
    assert (photo.width, photo.height) == (3000, 2000)


def test_a_decoded_photo_is_reused_for_smaller_sizes() -> None:
    photo = decode(encoded(quarters(3000, 2000), "JPEG"))
    large = photo.at(1000)
    assert photo.at(320) is large
    assert photo.scale_of(large) == pytest.approx(1 / 2)
