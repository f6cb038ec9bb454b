"""All figures of ten photos, by hand."""

from __future__ import annotations

import pytest

from glasses.evaluation.evaluate import Goals, evaluate
from glasses.evaluation.figures import MatrixRow, PhotoLabel
from tests.support.labelled import verdicts

GLASSES, NO_GLASSES = PhotoLabel.GLASSES, PhotoLabel.NO_GLASSES


def test_photos_without_a_face_and_failed_ones_count_as_no_glasses_and_are_shown_apart() -> None:
    found = evaluate(verdicts())
    assert found.matrix == (
        MatrixRow(label=GLASSES, glasses=3, no_glasses=1, no_face=1, failed=0),
        MatrixRow(label=NO_GLASSES, glasses=1, no_glasses=2, no_face=1, failed=1),
    )
    figures = found.figures
    assert (figures.true_positives, figures.false_positives) == (3, 1)
    assert (figures.false_negatives, figures.true_negatives) == (2, 4)
    assert (figures.photos, figures.positives) == (10, 5)
    assert (figures.accuracy.value, figures.precision.value) == (0.7, 0.75)
    assert figures.recall.value == 0.6
    assert figures.f1.value == pytest.approx(2 / 3)
    for rate in (figures.accuracy, figures.precision, figures.recall, figures.f1):
        assert rate.low is not None
        assert rate.high is not None
        assert rate.value is not None
        assert 0 <= rate.low < rate.value < rate.high <= 1


def test_mistakes_are_listed_with_their_label() -> None:
    mistakes = evaluate(verdicts()).mistakes
    assert [(m.image, m.label, m.status, m.probability) for m in mistakes] == [
        ("d.jpg", GLASSES, "classified", 0.2),
        ("e.jpg", GLASSES, "no_face", None),
        ("f.jpg", NO_GLASSES, "classified", 0.8),
    ]


def test_areas_and_curves_rank_photos_without_a_face_last() -> None:
    found = evaluate(verdicts())
    # 0.95 +, 0.9 +, 0.8 -, 0.6 +, 0.2 +, 0.1 -, 0.05 -, and without a face one + and two -
    assert found.pr_area == pytest.approx((1 + 1 + 3 / 4 + 4 / 5 + 5 / 10) / 5)
    assert found.roc_area == pytest.approx((5 + 5 + 4 + 4 + 1.0) / 25)
    assert [p.threshold for p in found.curve] == [1.0, 0.95, 0.9, 0.8, 0.6, 0.2, 0.1, 0.05]
    last = found.curve[-1]
    assert (last.recall, last.precision, last.false_positive_rate) == (0.8, 4 / 7, 0.6)


def test_calibration_is_of_photos_with_a_face() -> None:
    found = evaluate(verdicts())
    assert sum(each.photos for each in found.calibration) == 7
    (nine,) = [each for each in found.calibration if each.low == 0.9]
    assert (nine.photos, nine.observed.value) == (2, 1.0)
    assert nine.predicted == pytest.approx(0.925)
    error = (0.05 + 0.1 + 0.8 + 0.4 + 0.8 + 2 * 0.075) / 7
    assert found.calibration_error == pytest.approx(error)


def test_groups_have_their_own_figures() -> None:
    groups = {(g.column, g.value): g.figures for g in evaluate(verdicts()).groups}
    assert list(groups) == [("age", ""), ("age", "old"), ("age", "young")]
    assert (groups["age", "old"].photos, groups["age", "old"].recall.value) == (4, 1 / 3)
    assert groups["age", "young"].accuracy.value == 1.0
    assert groups["age", ""].recall.value is None  # one photo, without glasses


def test_thresholds_for_costs_precision_and_recall() -> None:
    cost, precision, recall = evaluate(verdicts(), Goals((1, 10), 0.9, 0.9)).thresholds
    assert (cost.threshold, cost.cost, cost.cost_now) == (0.15, 11, 21)
    assert precision.threshold == 0.85
    assert precision.figures is not None
    assert (precision.figures.precision.value, precision.figures.recall.value) == (1.0, 0.4)
    assert (recall.threshold, recall.figures) == (None, None)  # one has no face
    assert recall.goal == "recall of at least 0.9"
