"""Reading boxes from the proposal network's output."""

from __future__ import annotations

import math

import numpy as np
import pytest

from worker.vision.detect.positions import MOST, OUTPUTS, STRIDES, Floats, probable_squares
from worker.vision.detect.proposal import non_max_suppression

TO_SQUARE = np.zeros((12, 3), np.float32)
TO_SQUARE[0] = 0, 0.1, 0.5
"""A square of half of the box, a tenth of it below its centre."""


def grids(height: int = 64, width: int = 96, logit: float = -9.0) -> list[Floats]:
    found = [np.zeros((OUTPUTS, height // s, width // s), np.float32) for s in STRIDES]
    for grid in found:
        grid[:2] = logit
    return found


def logit(probability: float) -> float:
    return math.log(probability / (1 - probability))


def test_probable_squares_are_sorted_by_probability() -> None:
    found = grids()
    found[0][:2, 7, 11] = logit(0.6)
    found[1][:2, 2, 3] = logit(0.9)
    found[1][2:4, 2, 3] = 0.25, 0.5
    found[2][:2, 1, 2] = logit(0.7)
    found[2][4:6, 1, 2] = math.log(2)
    squares = probable_squares(found, TO_SQUARE, 0.5)
    assert squares.dtype == np.float32
    assert squares == pytest.approx(
        np.array(
            [
                [3.25 * 16, 2.5 * 16 + 1.6, 8, 0.9],
                [2 * 32, 1 * 32 + 6.4, 32, 0.7],
                [11 * 8, 7 * 8 + 0.8, 4, 0.6],
            ]
        )
    )


def test_the_score_is_the_geometric_mean_of_two_probabilities() -> None:
    found = grids()
    found[0][:2, 0, 0] = logit(0.9), logit(0.4)
    found[0][:2, 4, 0] = logit(0.99), logit(0.2)
    ((*_, score),) = probable_squares(found, TO_SQUARE, 0.5).tolist()
    assert score == pytest.approx(0.6)
    assert len(probable_squares(found, TO_SQUARE, 0.4)) == 2


@pytest.mark.parametrize("value", [-9.0, -300.0])
def test_low_scores_give_no_squares(value: float) -> None:
    nothing = probable_squares(grids(logit=value), TO_SQUARE, 0.1)
    assert nothing.shape == (0, 4)
    assert non_max_suppression(nothing).shape == (0, 4)


def test_only_the_most_probable_squares_are_returned() -> None:
    found = grids(320, 320, logit(0.6))
    found[0][:2, 5, 5] = logit(0.8)
    squares = probable_squares(found, TO_SQUARE, 0.5)
    assert len(squares) == MOST
    assert squares[0, 3] == pytest.approx(0.8)
