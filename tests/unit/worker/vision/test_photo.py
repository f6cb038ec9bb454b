from __future__ import annotations

import numpy as np
import pytest

from worker.vision.photo import DecodedPhoto, Pixels, rotated, turned_size

WIDTH, HEIGHT = 60, 40


def corner() -> Pixels:
    """Return a dark picture whose upper left corner is red."""
    pixels = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    pixels[:10, :10, 0] = 255
    return pixels


@pytest.mark.parametrize(
    ("degrees", "row", "column"), [(90, 5, 35), (180, 35, 55), (270, 55, 5), (45, 8, 29)]
)
def test_a_photo_is_turned_clockwise(degrees: int, row: int, column: int) -> None:
    turned = DecodedPhoto.of(corner()).turned(degrees)
    pixels = turned.at(1000)
    assert pixels.shape[:2] == (turned.height, turned.width)
    assert tuple(pixels[row, column]) == (255, 0, 0)
    assert pixels.flags.c_contiguous


def test_a_turned_photo_is_decoded_as_finely_as_requested() -> None:
    sides = []

    def load(side: int) -> Pixels:
        sides.append(side)
        return np.zeros((side * HEIGHT // WIDTH, side, 3), np.uint8)

    photo = DecodedPhoto(10 * WIDTH, 10 * HEIGHT, load, scalable=True)
    for degrees in (90, 45):
        turned = photo.turned(degrees)
        assert max(turned.at(150).shape) >= 150
        assert max(turned.at(5000).shape) == pytest.approx(turned.longest, abs=1)
        assert photo.turned(degrees) is turned  # with its pixels
    assert sides == [150, 600]


def test_a_photo_that_is_not_turned_is_the_photo() -> None:
    photo = DecodedPhoto.of(corner())
    assert photo.turned(0) is photo
    assert photo.turned(360) is photo


def test_the_canvas_of_a_tilted_picture_shows_its_corners() -> None:
    white = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    assert turned_size((WIDTH, HEIGHT), 45) == (71, 71)
    pixels = rotated(white, 45)
    assert tuple(pixels[0, 0]) == (128, 128, 128)
    assert (pixels == 255).all(axis=2).sum() == pytest.approx(WIDTH * HEIGHT, rel=0.06)
