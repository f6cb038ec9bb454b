"""Several views vote on the location of a face."""

from __future__ import annotations

import numpy as np
import pytest

from worker.vision.decode import Pixels
from worker.vision.detect import Detection
from worker.vision.detect.multi_view import LEAST, MOST, SIDES, vote

WIDTH = 200
PIXELS: Pixels = np.zeros((100, WIDTH, 3), np.uint8)
PIXELS[:, 0] = 255  # distinguishes a mirrored view


def box(left: float, score: float, width: float = 40) -> Detection:
    return Detection(left, 20, width, width, score, confirmed=False)


class Proposer:
    """Returns configured proposals by side of the copy and mirroring."""

    def __init__(self, said: dict[tuple[int, bool], list[Detection]]) -> None:
        self._said = said

    def __call__(self, pixels: Pixels, longest: int, least: float) -> list[Detection]:
        assert least == LEAST
        return self._said.get((longest, bool(pixels[0, -1, 0])), [])


def test_a_location_seen_in_all_views_beats_one_confident_view() -> None:
    said = {(side, False): [box(30, 0.5)] for side in SIDES}
    said |= {(side, True): [box(WIDTH - 30 - 40, 0.5)] for side in SIDES}
    said[SIDES[0], False] = [box(140, 0.9), box(30, 0.5)]
    first, second = vote(Proposer(said), PIXELS)
    assert (first.left, first.score) == (pytest.approx(30), pytest.approx(0.5))
    assert (second.left, second.score) == (pytest.approx(140), pytest.approx(0.9 / len(SIDES) / 2))
    assert not first.confirmed


def test_the_box_is_the_confidence_weighted_mean() -> None:
    said = {(SIDES[0], False): [box(30, 0.6)], (SIDES[1], False): [box(38, 0.2)]}
    (face,) = vote(Proposer(said), PIXELS)
    assert face.left == pytest.approx(32)
    assert face.score == pytest.approx(0.8 / 6)


def test_the_number_of_candidates_is_limited() -> None:
    many = [box(20 * i, 0.1 + i / 100, width=10) for i in range(9)]
    found = vote(Proposer({(SIDES[0], False): many}), PIXELS)
    assert [round(face.left) for face in found] == [160, 140, 120]
    assert len(found) == MOST


def test_no_proposal_means_no_face() -> None:
    assert vote(Proposer({}), PIXELS) == []


def test_larger_copies_are_made_only_while_a_candidate_is_promising() -> None:
    seen = []

    def propose(pixels: Pixels, longest: int, _: float) -> list[Detection]:
        seen.append(longest)
        return [box(30 if pixels[0, 0, 0] else WIDTH - 70, 0.5 if longest == SIDES[0] else 0.1)]

    assert vote(propose, PIXELS, least=0.4) == []
    assert seen == [SIDES[0]] * 2 + [SIDES[1]] * 2
    assert len(vote(propose, PIXELS, least=0.2)) == 1
