"""The face that a label is about, and the place of a face that was not found."""

from __future__ import annotations

import pytest

from training.common.labelled_face import absolute, main_face, median_box, relative
from worker.vision.detect import Detection


def face(left: float, top: float, side: float) -> Detection:
    return Detection(left, top, side, side, 1.0)


def test_main_face_is_the_central_one_of_the_large() -> None:
    aside, central, tiny = face(0, 0, 60), face(60, 70, 50), face(95, 95, 10)
    assert main_face([aside, central, tiny], 200, 200) == central


def test_no_face_is_no_main_face() -> None:
    assert main_face([], 200, 200) is None


def test_a_face_that_was_not_found_lies_where_the_others_do() -> None:
    boxes = [relative(face(20 + i, 30, 50), 100, 120) for i in (-2, 0, 2)]
    guess = absolute(median_box(boxes), 200, 240)
    assert (guess.left, guess.top, guess.width) == pytest.approx((40, 60, 100))
