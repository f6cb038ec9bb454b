from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.vision.crop import crop
from worker.vision.decode import Pixels
from worker.vision.detect import Detection


def ramp(width: int = 200, height: int = 100) -> Pixels:
    """Return a picture whose red encodes the column and green the row."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, :, 0] = np.arange(width)
    pixels[:, :, 1] = np.arange(height)[:, None]
    return pixels


def cut(box: tuple[float, float, float, float], size: int = 40, margin: float = 0.0) -> Pixels:
    return crop(ramp(), Detection(*box, score=1.0), size, margin)


def test_a_crop_shows_exactly_the_box() -> None:
    assert (cut((60, 30, 40, 40)) == ramp()[30:70, 60:100]).all()


def test_the_margin_is_added_on_every_side() -> None:
    assert (cut((65, 35, 30, 30), size=60, margin=0.5) == ramp()[20:80, 50:110]).all()


def test_the_crop_of_an_oblong_box_is_a_square_around_its_centre() -> None:
    assert (cut((60, 40, 40, 20)) == ramp()[30:70, 60:100]).all()
    assert (cut((70, 30, 20, 40)) == ramp()[30:70, 60:100]).all()


@pytest.mark.parametrize("side", [10, 40, 80])
def test_large_and_small_faces_have_crops_of_one_size(side: int) -> None:
    found = cut((60, 10, side, side), size=40)
    assert found.shape == (40, 40, 3)
    assert found.dtype == np.uint8
    middle = found[18:22, 18:22].mean(axis=(0, 1))
    assert middle[:2] == pytest.approx([60 + side / 2 - 0.5, 10 + side / 2 - 0.5], abs=1)


@pytest.mark.parametrize(
    ("box", "rows", "columns"),
    [
        ((-10, 30, 40, 40), range(30, 70), [0] * 10 + [*range(30)]),
        ((180, 30, 40, 40), range(30, 70), [*range(180, 200)] + [199] * 20),
        ((60, -10, 40, 40), [0] * 10 + [*range(30)], range(60, 100)),
        ((60, 80, 40, 40), [*range(80, 100)] + [99] * 20, range(60, 100)),
    ],
)
def test_the_border_is_repeated_beyond_the_edges(
    box: tuple[float, float, float, float], rows: list[int], columns: list[int]
) -> None:
    assert (cut(box) == ramp()[np.ix_(list(rows), list(columns))]).all()


@pytest.mark.parametrize(
    ("box", "corner"),
    [
        ((-90, -90, 40, 40), (0, 0)),
        ((300, -90, 40, 40), (0, 199)),
        ((-90, 300, 40, 40), (99, 0)),
        ((300, 300, 40, 40), (99, 199)),
    ],
)
def test_a_box_outside_the_picture_shows_the_nearest_pixel(
    box: tuple[float, float, float, float], corner: tuple[int, int]
) -> None:
    assert (cut(box) == ramp()[corner]).all()


@pytest.mark.parametrize("side", [0.0, 0.1, 1.0, 1.5])
@pytest.mark.parametrize("place", [(0.0, 0.0), (5.5, 6.2), (199.9, 99.9)])
def test_a_tiny_box_has_a_full_size_crop(side: float, place: tuple[float, float]) -> None:
    found = cut((*place, side, side), margin=0.2)
    assert found.shape == (40, 40, 3)
    assert np.abs(found[20, 20, :2].astype(float) - place).max() < 3


def test_a_picture_of_one_pixel_can_be_cropped() -> None:
    pixels = np.full((1, 1, 3), 77, np.uint8)
    assert (crop(pixels, Detection(-3, -3, 9, 9, 1.0), 16, 0.2) == 77).all()


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(
    st.tuples(*[st.floats(-300, 500)] * 2, *[st.floats(0, 300)] * 2),
    st.sampled_from([0.0, 0.2, 0.5]),
)
def test_a_crop_contains_only_pixels_of_the_picture(
    box: tuple[float, float, float, float], margin: float
) -> None:
    found = crop(np.full((50, 70, 3), 200, np.uint8), Detection(*box, score=1.0), 24, margin)
    assert found.shape == (24, 24, 3)
    assert (found == 200).all()
