from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import f1_score

from glasses.evaluation.eyewear import (
    CLASSES,
    class_f1,
    grouped_macro_f1_interval,
    macro_f1,
    macro_f1_interval,
    matrix_of,
)
from glasses.evaluation.kinds import kind_figures
from glasses.protocol.eyewear import Eyewear
from glasses.protocol.outcome import Box, Face, Outcome
from glasses.protocol.statuses import PhotoStatus
from glasses.protocol.verdict import DecisionRule, Verdict, make_verdict

NONE, CLEAR, DARK = CLASSES


def verdict(name: str, probability: float | None, sunglasses: float | None = 0.0) -> Verdict:
    found = Outcome(status=PhotoStatus.NO_FACE)
    if probability is not None:
        box = Box(left=0, top=0, width=9, height=9)
        face = Face(
            box=box,
            detection_score=1,
            probability=probability,
            sunglasses_probability=sunglasses,
        )
        found = Outcome(status=PhotoStatus.CLASSIFIED, faces=(face,))
    return make_verdict(name, None, found, DecisionRule(model="m", threshold=0.5))


PHOTOS = [
    (verdict("a", 0.9, 0.9), DARK), (verdict("b", 0.9, 0.2), DARK), (verdict("c", None), DARK),
    (verdict("d", 0.9, 0.1), CLEAR), (verdict("e", 0.1, 0.9), CLEAR), (verdict("f", 0.1), NONE),
    (verdict("g", None), NONE), (verdict("h", 0.9, 0.8), NONE),
]  # fmt: skip


def test_the_three_classes_are_counted_by_label_and_verdict() -> None:
    found = kind_figures(PHOTOS)
    assert found
    assert [(r.label, r.none, r.eyeglasses, r.sunglasses) for r in found.matrix] == [
        (NONE, 2, 0, 1), (CLEAR, 1, 1, 0), (DARK, 1, 1, 1),
    ]  # fmt: skip
    assert [m.image for m in found.mistakes] == ["b"]
    assert (found.mistakes[0].verdict, found.mistakes[0].sunglasses_probability) == (CLEAR, 0.2)
    interval = (found.macro_f1.low, found.macro_f1.value, found.macro_f1.high)
    assert list(interval) == sorted(interval)  # type: ignore[type-var]


def test_f1_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    labels, verdicts = rng.choice(3, 200), rng.choice(3, 200)
    matrix = matrix_of((CLASSES[a], CLASSES[b]) for a, b in zip(labels, verdicts, strict=True))
    np.testing.assert_allclose(class_f1(matrix), f1_score(labels, verdicts, average=None))
    assert macro_f1(matrix) == pytest.approx(f1_score(labels, verdicts, average="macro"))


def test_a_class_without_labels_does_not_count() -> None:
    matrix = matrix_of([(DARK, DARK), (NONE, CLEAR), (NONE, NONE)])
    assert np.isnan(class_f1(matrix)[1])
    assert macro_f1(matrix) == pytest.approx((2 / 3 + 1) / 2)


def test_intervals_over_people_are_wider_than_over_photos() -> None:
    pairs = [(DARK, DARK), (CLEAR, CLEAR), (NONE, NONE), (DARK, CLEAR)] * 25
    people = [str(number // 25) for number in range(100)]
    photos = [str(number) for number in range(100)]
    wide = np.diff(grouped_macro_f1_interval(sorted(pairs), people))
    narrow = np.diff(grouped_macro_f1_interval(sorted(pairs), photos))
    assert wide > narrow
    assert np.diff(macro_f1_interval(matrix_of(pairs))) == pytest.approx(narrow, abs=0.02)


@pytest.mark.parametrize(
    "photos",
    [
        [],
        [each for each in PHOTOS if each[1] is not DARK],
        [*PHOTOS, (verdict("x", 0.9, None), Eyewear.EYEGLASSES)],
    ],
)
def test_there_are_no_figures_without_both_kinds_or_a_model_that_tells_them(
    photos: list[tuple[Verdict, Eyewear]],
) -> None:
    assert kind_figures(photos) is None
