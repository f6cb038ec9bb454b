"""Figures against values computed by hand and by scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, f1_score, roc_auc_score

from glasses.evaluation.bootstrap import f1_interval, grouped_f1_interval
from glasses.evaluation.confusion import Confusion, wilson
from glasses.evaluation.ranking import Ranking
from glasses.evaluation.reliability import reliability
from glasses.evaluation.threshold_choice import (
    at_least_precision,
    at_least_recall,
    cheapest,
    choose_threshold,
)


def test_ratios_of_a_confusion_matrix() -> None:
    pairs = [(True, True)] * 6 + [(True, False)] * 2 + [(False, True)] * 4 + [(False, False)] * 8
    counts = Confusion.of(pairs)
    assert counts == Confusion(6, 2, 4, 8)
    assert (counts.photos, counts.correct, counts.positives, counts.positive_verdicts) == (
        20,
        14,
        10,
        8,
    )
    assert (counts.precision, counts.recall, counts.accuracy) == (0.75, 0.6, 0.7)
    assert counts.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    assert Confusion(0, 2, 0, 8).f1 is None  # of no photo with glasses
    nothing = Confusion.of([])
    assert (nothing.precision, nothing.recall, nothing.accuracy, nothing.f1) == (None,) * 4


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [  # Newcombe (1998), table I: the score interval without continuity correction
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 1 - 0.1611, 1.0),
    ],
)
def test_wilson_intervals_are_the_published_ones(
    part: int, whole: int, low: float, high: float
) -> None:
    assert wilson(part, whole) == pytest.approx((low, high), abs=5e-5)


def test_no_photos_have_no_interval() -> None:
    assert wilson(0, 0) is None
    assert f1_interval(Confusion(0, 0, 0, 0)) is None
    # A draw of only the photo without glasses has no F1.
    assert f1_interval(Confusion(1, 0, 0, 1)) == (1.0, 1.0)


def test_bootstrap_of_counts_is_the_bootstrap_of_photos() -> None:
    rng = np.random.default_rng(1)
    labels = rng.random(900) < 0.5
    called = labels ^ (rng.random(900) < 0.05)
    by_counts = f1_interval(Confusion.of(zip(called, labels, strict=True)))
    assert by_counts == f1_interval(Confusion.of(zip(called, labels, strict=True)))  # seeded
    assert by_counts is not None
    drawn = [
        f1_score(labels[chosen], called[chosen])
        for chosen in (rng.integers(0, 900, 900) for _ in range(300))
    ]
    assert by_counts == pytest.approx(np.quantile(drawn, (0.025, 0.975)), abs=0.006)
    alone = grouped_f1_interval(called, labels, [str(i) for i in range(900)])
    assert by_counts == pytest.approx(alone, abs=0.004)
    assert alone[0] < 0.95 < alone[1]


def test_interval_differs_when_photos_are_of_few_people() -> None:
    labels = np.arange(900) % 2 == 0
    called = labels ^ (np.arange(900) // 90 == 0)  # all errors are of one person
    alone = grouped_f1_interval(called, labels, [str(i) for i in range(900)])
    few = grouped_f1_interval(called, labels, [str(i // 90) for i in range(900)])
    assert few[1] - few[0] > 2 * (alone[1] - alone[0])


def test_areas_of_four_photos_by_hand() -> None:
    # ranked: 0.9 +, 0.8 -, 0.7 +, 0.1 -
    ranking = Ranking.of(np.array([0.1, 0.9, 0.8, 0.7]), np.array([False, True, False, True]))
    assert list(ranking.thresholds) == [np.inf, 0.9, 0.8, 0.7, 0.1]
    assert list(ranking.true_positives) == [0, 1, 1, 2, 2]
    assert list(ranking.false_positives) == [0, 0, 1, 1, 2]
    assert ranking.pr_area == pytest.approx(0.5 * 1 + 0.5 * 2 / 3)
    assert ranking.roc_area == pytest.approx(0.75)  # 3 of 4 pairs are in order


def test_areas_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(2)
    labels = rng.random(2000) < 0.3
    values = np.round(np.clip(rng.normal(0.4 + 0.2 * labels, 0.2), 0, 1), 2)  # with ties
    values[::50] = -1  # without a face
    ranking = Ranking.of(values, labels)
    assert ranking.pr_area == pytest.approx(average_precision_score(labels, values))
    assert ranking.roc_area == pytest.approx(roc_auc_score(labels, values))
    assert Ranking.of(values, np.ones(2000, dtype=np.bool_)).pr_area is None
    assert Ranking.of(np.array([]), np.array([], dtype=np.bool_)).roc_area is None


def test_calibration_error_of_two_bins_by_hand() -> None:
    values = np.array([0.05, 0.05, 1.0, 0.95])
    labels = np.array([False, True, True, True])
    low, high = (bins := reliability(values, labels))[0]
    assert (low.low, low.photos, low.positives, low.observed) == (0.0, 2, 1, 0.5)
    assert (high.low, high.photos, high.observed) == (0.9, 2, 1.0)
    assert high.predicted == pytest.approx(0.975)
    assert bins[1] == pytest.approx((2 * 0.45 + 2 * 0.025) / 4)
    nothing = reliability(np.array([]), np.array([], dtype=np.bool_))
    assert nothing == ([], None)


VALUES = np.array([0.9, 0.8, 0.6, 0.4, 0.2, 0.1, -1.0])
LABELS = np.array([True, True, False, True, False, False, True])
"""Four with glasses, one of them without a face."""


@pytest.mark.parametrize(
    ("costs", "threshold", "mistakes"),
    [
        ((3, 1), 0.7, (0, 2)),
        ((1, 3), 0.3, (1, 1)),
        ((1, 0), 0.95, (0, 4)),
    ],
)
def test_cheapest_threshold(
    costs: tuple[float, float], threshold: float, mistakes: tuple[int, int]
) -> None:
    found = choose_threshold(Ranking.of(VALUES, LABELS), cheapest(*costs))
    assert found is not None
    counts = Confusion.of(zip(found[0] <= VALUES, LABELS, strict=True))
    assert counts == found[1]
    if costs != (1, 0):  # no positive verdict at all is as cheap as two correct ones
        assert found[0] == pytest.approx(threshold)
        assert (counts.false_positives, counts.false_negatives) == mistakes
    assert counts.false_positives == mistakes[0]


def test_threshold_of_a_wanted_precision_or_recall() -> None:
    ranking = Ranking.of(VALUES, LABELS)
    precise = choose_threshold(ranking, at_least_precision(0.9))
    assert precise == (0.7, Confusion(2, 0, 2, 3))  # the highest recall with it
    sensitive = choose_threshold(ranking, at_least_recall(0.7))
    assert sensitive == (0.3, Confusion(3, 1, 1, 2))
    # A photo without a face is out of reach.
    assert choose_threshold(ranking, at_least_recall(0.8)) is None
    assert choose_threshold(Ranking.of(1 - abs(VALUES), LABELS), at_least_precision(1)) is None


def test_threshold_lies_between_neighbours_that_differ_little() -> None:
    ranking = Ranking.of(np.array([0.50002, 0.50001]), np.array([True, False]))
    found = choose_threshold(ranking, cheapest(1, 1))
    assert found is not None
    assert 0.50001 < found[0] <= 0.50002


def test_probability_of_one_can_be_called_and_not_excluded() -> None:
    ranking = Ranking.of(np.array([1.0, 1.0, 0.5]), np.array([True, False, False]))
    found = choose_threshold(ranking, cheapest(5, 1))
    assert found is not None
    assert (found[0], found[1].false_positives) == (0.75, 1)
