"""A picture of four colours, which shows whether it was rotated, mirrored or recoloured."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

from worker.vision.decode import DecodedPhoto, Pixels

TURNED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera stores an upright scene, by EXIF orientation."""


def quarters(width: int = 64, height: int = 40) -> Image.Image:
    """Red and green above, blue and yellow below."""
    picture = Image.new("RGB", (width, height), "yellow")
    picture.paste("red", (0, 0, width // 2, height // 2))
    picture.paste("lime", (width // 2, 0, width, height // 2))
    picture.paste("blue", (0, height // 2, width // 2, height))
    return picture


def encoded(picture: Image.Image, format_: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, format_, **options)
    return buffer.getvalue()


def stored(picture: Image.Image, orientation: int, format_: str, **options: Any) -> bytes:
    how = TURNED[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(
        picture if how is None else picture.transpose(how), format_, exif=exif, **options
    )


def corners(pixels: Pixels) -> list[str]:
    """The colours of the four quarters, in reading order."""
    height, width, _ = pixels.shape
    names = {
        (1, 0, 0): "red",
        (0, 1, 0): "lime",
        (0, 0, 1): "blue",
        (1, 1, 0): "yellow",
        (1, 1, 1): "white",
        (0, 0, 0): "black",
    }
    return [
        names[tuple((pixels[y, x] > 127).astype(int).tolist())]
        for y in (height // 4, 3 * height // 4)
        for x in (width // 4, 3 * width // 4)
    ]


UPRIGHT = ["red", "lime", "blue", "yellow"]


def assert_upright(photo: DecodedPhoto, width: int = 64, height: int = 40) -> None:
    assert corners(photo.pixels) == UPRIGHT
    assert photo.pixels.shape == (height, width, 3)
    assert photo.pixels.dtype == np.uint8
    assert photo.pixels.flags.c_contiguous
    assert (photo.width, photo.height) == (width, height)
    assert photo.scale == 1
