"""Calibration, threshold and figures of a report."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.classifier.served_faces import ServedFaces
from training.common.calibration import choose_threshold, f1_at, fit_calibration, probabilities
from training.common.metrics import scores
from training.common.sample import Sample
from worker.vision.classify import probabilities as served_probabilities
from worker.vision.model_manifest import Calibration


def test_calibration_finds_the_slope_back() -> None:
    rng = np.random.default_rng(0)
    truth = rng.normal(0, 2, 20_000)
    labels = rng.random(20_000) < 1 / (1 + np.exp(-truth))
    fit = fit_calibration(3 * truth, labels)
    calibration = fit.calibration
    assert not fit.temperature_kept
    assert fit.mistakes > 2000
    assert calibration.temperature == pytest.approx(3, rel=0.1)
    assert calibration.bias < -1  # one positive in five, not one in two


@pytest.mark.parametrize("logit", [0.0, 1.5])
def test_a_network_that_tells_nothing_apart_says_the_share_that_is_assumed(logit: float) -> None:
    logits = np.full(10, logit)
    calibration = fit_calibration(logits, np.arange(10) < 4).calibration
    assert probabilities(logits, calibration) == pytest.approx(np.full(10, 0.2), abs=1e-3)


def test_photos_without_mistakes_keep_the_temperature() -> None:
    labels = np.arange(20) < 10
    logits = np.where(labels, 4.0, -2.0) + np.linspace(-1, 1, 20)
    fit = fit_calibration(logits, labels, temperature=0.6)
    assert fit.basis == {"photos": 20, "mistakes": 0, "temperature_kept": True}
    assert fit.calibration.temperature == 0.6
    values = probabilities(logits, fit.calibration)
    weights = np.where(labels, 0.2 / 10, 0.8 / 10)
    assert (values * weights).sum() == pytest.approx(0.2, abs=1e-3)  # the bias is fitted
    assert ((values >= 0.5) == labels).all()


def test_an_order_that_is_upside_down_gives_no_negative_temperature() -> None:
    labels = np.arange(40) % 2 == 0
    assert fit_calibration(np.where(labels, -3.0, 3.0), labels).calibration.temperature == 1


def test_probabilities_are_the_workers() -> None:
    calibration = Calibration(temperature=1.7, bias=-0.4)
    logits = np.linspace(-9, 9, 7, dtype=np.float32)
    assert probabilities(logits.astype(np.float64), calibration) == pytest.approx(
        served_probabilities(logits, calibration)
    )


def test_no_face_is_probability_zero() -> None:
    assert probabilities(np.array([-np.inf]), Calibration()) == [0.0]


def test_threshold_of_calibrated_probabilities_is_near_the_counted_best() -> None:
    rng = np.random.default_rng(0)
    values = rng.beta(0.1, 0.4, 50_000).clip(0, 1 - 1e-9)  # mean 0.2, the share it is made for
    labels = rng.random(50_000) < values
    called = values >= choose_threshold(values, labels)
    best = max(
        float(scores(values >= t, labels, labels)["f1"] or 0) for t in np.linspace(0.1, 0.9, 33)
    )
    assert scores(called, labels, labels)["f1"] == pytest.approx(best, abs=0.02)


def test_f1_falls_with_the_share_of_positives() -> None:
    assert f1_at(0.5, 1.0, 0.0) == 1
    assert f1_at(0.05, 0.98, 0.02) < f1_at(0.5, 0.98, 0.02)


def test_scores_count_photos_without_a_face_as_negative() -> None:
    called = np.array([True, True, False, False])
    labels = np.array([True, False, True, False])
    line = scores(called, labels, np.array([True, True, False, True]))
    assert (line["true_positives"], line["false_positives"], line["false_negatives"]) == (1, 1, 1)
    assert line["no_face_positives"] == 1
    assert line["f1"] == 0.5


def test_scores_of_nothing_are_no_number() -> None:
    none = np.zeros(2, dtype=np.bool_)
    assert scores(none, none, ~none)["f1"] is None


def test_a_photo_is_as_positive_as_its_most_positive_face() -> None:
    samples = [Sample(Path(n), n, True, None, "d") for n in "abc"]
    served = ServedFaces(
        samples, np.zeros((3, 1, 1, 3), dtype=np.uint8), np.array([0, 0, 2]), np.zeros(3, bool)
    )
    highest = served.highest(np.array([-1.0, 2.0, 0.5], dtype=np.float32))
    assert list(highest) == [2.0, -np.inf, 0.5]
    assert list(served.has_face) == [True, False, True]


def test_doubtful_faces_count_where_they_surely_wear_glasses() -> None:
    samples = [Sample(Path(n), n, True, None, "d") for n in "abc"]
    served = ServedFaces(
        samples,
        np.zeros((3, 1, 1, 3), dtype=np.uint8),
        np.array([0, 1, 2]),
        np.array([False, True, True]),
    )
    logits = np.array([-1.0, 2.0, 3.0], dtype=np.float32)
    sure, left = served.faces_that_count(logits)
    assert list(sure.has_face) == [True, False, False]
    assert list(left) == [-1.0]
    settled, left = served.faces_that_count(logits, Calibration(temperature=1.0, bias=0.0))
    assert list(settled.has_face) == [True, False, True]  # 2.0 is a probability of 0.88
    assert list(settled.highest(left)) == [-1.0, -np.inf, 3.0]
