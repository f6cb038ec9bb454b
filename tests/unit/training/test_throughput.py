"""Throughput is measured for every backbone and batch size."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from training.classifier import throughput  # noqa: E402
from training.classifier.recipe import ClassifierRecipe  # noqa: E402
from training.classifier.throughput import measure, random_crops  # noqa: E402


def test_every_combination_has_a_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(throughput, "WARM_UP_STEPS", 1)
    names = ["mobilenet_v3_small", "mobilenet_v2"]
    rows = list(measure(random_crops(8), names, [2, 4], [False], torch.device("cpu"), steps=1))
    assert [(row.backbone, row.batch) for row in rows] == [(n, b) for n in names for b in (2, 4)]
    for row in rows:
        assert row.images_per_second > 0
        assert row.compile_seconds >= 0
        assert row.peak_mb == 0


def test_larger_batches_have_a_higher_rate_and_average_over_as_many_crops() -> None:
    recipe = ClassifierRecipe()
    large = recipe.scaled(4 * recipe.batch)
    assert large.batch == 256
    assert large.rate == pytest.approx(2 * recipe.rate)
    assert large.ema == pytest.approx(recipe.ema**4)
    assert large.epochs == recipe.epochs
    assert recipe.scaled(recipe.batch) == recipe
