"""What a report says beyond one threshold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.common import curves
from training.common.plots import plot


@pytest.fixture
def calibrated() -> tuple[np.ndarray, np.ndarray]:
    """Probabilities that are true in a collection with one positive in five."""
    rng = np.random.default_rng(0)
    values = rng.beta(0.1, 0.4, 40_000).clip(0, 1 - 1e-9)
    return values, rng.random(40_000) < values


def test_areas_of_a_perfect_order_are_one() -> None:
    values, labels = np.array([0.1, 0.2, 0.8]), np.array([False, False, True])
    assert curves.areas(values, labels) == {"pr": 1.0, "roc": 1.0}
    assert curves.areas(values, np.ones(3, dtype=np.bool_)) == {"pr": None, "roc": None}


def test_true_probabilities_are_reliable_and_confident_ones_are_not(
    calibrated: tuple[np.ndarray, np.ndarray],
) -> None:
    values, labels = calibrated
    assert curves.reliability(values, labels)["error"] < 0.01
    assert curves.reliability((values > 0.2).astype(float), labels)["error"] > 0.03


def test_sweep_trades_recall_for_precision(calibrated: tuple[np.ndarray, np.ndarray]) -> None:
    lines = curves.sweep(*calibrated)
    assert [line["threshold"] for line in lines] == sorted(line["threshold"] for line in lines)
    assert lines[0]["recall"] > lines[-1]["recall"]
    assert lines[0]["precision"] < lines[-1]["precision"]


def test_unsure_band_holds_most_mistakes(calibrated: tuple[np.ndarray, np.ndarray]) -> None:
    values, labels = calibrated
    band = curves.unsure(values, labels, 0.5)
    assert band["wrong_inside"] > 5 * band["wrong_outside"]
    assert band["photos"] == ((values >= 0.1) & (values < 0.9)).sum()


def test_curves_are_one_picture(tmp_path: Path, calibrated: tuple[np.ndarray, np.ndarray]) -> None:
    pytest.importorskip("matplotlib")
    values, labels = calibrated
    report = {
        "threshold": 0.5,
        "areas": curves.areas(values, labels),
        "sweep": curves.sweep(values, labels),
        "reliability": curves.reliability(values, labels),
    }
    plot(values, labels, report, tmp_path / "plots/curves.png")
    with Image.open(tmp_path / "plots/curves.png") as picture:
        assert picture.width > 600
