from __future__ import annotations

import pytest

from worker.vision.detect import Detection
from worker.vision.photo import turned_size

SIZE = (600, 400)


def test_a_box_turns_with_its_picture() -> None:
    face = Detection(10, 20, 100, 80, 1.0)
    turned = face.turned(90, SIZE, turned_size(SIZE, 90))
    sides = (turned.left, turned.top, turned.width, turned.height)
    assert sides == pytest.approx((400 - 20 - 80, 10, 80, 100))
    assert turned.orientation == 270  # to rotate it to where it was


@pytest.mark.parametrize("degrees", range(0, 360, 45))
def test_turning_a_box_back_restores_it(degrees: int) -> None:
    face = Detection(10, 20, 100, 80, 1.0, confirmed=False, orientation=degrees)
    new = turned_size(SIZE, degrees)
    upright = face.turned(degrees, SIZE, new)
    assert upright.orientation == 0
    back = upright.turned(-degrees, new, SIZE)
    sides = (back.left, back.top, back.width, back.height)
    assert sides == pytest.approx((10, 20, 100, 80), abs=0.01)
    assert (back.orientation, back.confirmed) == (degrees, False)
