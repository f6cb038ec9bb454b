"""Several views vote on where a face is."""

from __future__ import annotations

import numpy as np
import pytest

from worker.decode import Pixels
from worker.detect import Detection
from worker.detect.last_look import LEAST, MOST, SIDES, together

WIDTH = 200
PIXELS: Pixels = np.zeros((100, WIDTH, 3), np.uint8)
PIXELS[:, 0] = 255  # so that a mirrored view can be told


def box(left: float, score: float, width: float = 40) -> Detection:
    return Detection(left, 20, width, width, score, confirmed=False)


class Proposer:
    """Says what a test told it, by side of the copy and whether the view is mirrored."""

    def __init__(self, said: dict[tuple[int, bool], list[Detection]]) -> None:
        self._said = said

    def __call__(self, pixels: Pixels, longest: int, least: float) -> list[Detection]:
        assert least == LEAST
        return self._said.get((longest, bool(pixels[0, -1, 0])), [])


def test_a_place_that_all_views_see_beats_one_that_a_single_view_is_sure_of() -> None:
    said = {(side, False): [box(30, 0.5)] for side in SIDES}
    said |= {(side, True): [box(WIDTH - 30 - 40, 0.5)] for side in SIDES}
    said[SIDES[0], False] = [box(140, 0.9), box(30, 0.5)]
    first, second = together(Proposer(said), PIXELS)
    assert (first.left, first.score) == (pytest.approx(30), pytest.approx(0.5))
    assert (second.left, second.score) == (pytest.approx(140), pytest.approx(0.9 / len(SIDES) / 2))
    assert not first.confirmed


def test_box_is_the_mean_that_the_surer_views_weigh_more_in() -> None:
    said = {(SIDES[0], False): [box(30, 0.6)], (SIDES[1], False): [box(38, 0.2)]}
    (face,) = together(Proposer(said), PIXELS)
    assert face.left == pytest.approx(32)
    assert face.score == pytest.approx(0.8 / 6)


def test_few_places_are_asked_about_however_many_there_are() -> None:
    many = [box(20 * i, 0.1 + i / 100, width=10) for i in range(9)]
    found = together(Proposer({(SIDES[0], False): many}), PIXELS)
    assert [round(face.left) for face in found] == [160, 140, 120]
    assert len(found) == MOST


def test_nothing_is_seen_where_no_view_proposes_anything() -> None:
    assert together(Proposer({}), PIXELS) == []
