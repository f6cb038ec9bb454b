"""A training run goes on where it was left, and learns."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from glasses.errors import UsageError  # noqa: E402
from training import checkpoint, fit  # noqa: E402
from training.average import Average  # noqa: E402
from training.cropset import CropSet, Row  # noqa: E402
from training.devices import place  # noqa: E402
from training.geometry import STORED_SIZE  # noqa: E402
from training.model.backbones import glasses_network  # noqa: E402
from training.optimize import optimizer, rate_at  # noqa: E402
from training.precision import spare_slow_layers  # noqa: E402
from training.recipe import Recipe, recipe  # noqa: E402


def test_rate_rises_then_falls_to_nothing() -> None:
    assert fit.schedule(0, 0.1) < 0.02
    assert fit.schedule(0.1, 0.1) == pytest.approx(1)
    assert fit.schedule(1, 0.1) == pytest.approx(0)


def test_average_follows_the_network() -> None:
    model = glasses_network()
    average = Average(model, decay=0.5)
    with torch.no_grad():
        model.classifier[1].bias.fill_(1.0)
    for _ in range(20):
        average.update(model)
    assert float(average.model.classifier[1].bias) == pytest.approx(1, abs=1e-3)


def test_another_seed_or_label_is_another_run(tmp_path: Path) -> None:
    weights = tmp_path / "w.npz"
    weights.write_bytes(b"w")
    crops = CropSet([Row("a", True, None, "d", True, 1.0)], np.zeros((1, 1, 1, 3), dtype=np.uint8))
    other = CropSet([Row("a", False, None, "d", True, 1.0)], crops.pixels)
    keys = {
        fit.run_key(crops, weights, Recipe(), []),
        fit.run_key(crops, weights, Recipe(seed=2), []),
        fit.run_key(crops, weights, Recipe(backbone="resnet18"), []),
        fit.run_key(other, weights, Recipe(), []),
        fit.run_key(crops, weights, Recipe(), ["other crops"]),
    }
    assert len(keys) == 5


def test_run_goes_on_after_the_last_finished_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fit.pretrained, "load", lambda *_: True)
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 255, (8, STORED_SIZE, STORED_SIZE, 3), dtype=np.uint8)
    crops = CropSet([Row(str(i), i % 2 == 0, None, "d", True, 1.0) for i in range(8)], pixels)
    weights = tmp_path / "w.npz"
    weights.write_bytes(b"w")
    recipe = Recipe(epochs=1, batch=4)
    path = fit.fit(crops, crops, weights, recipe, tmp_path / "run")
    assert checkpoint.epochs_done(path) == 1
    written = path.stat().st_mtime_ns
    fit.fit(crops, crops, weights, recipe, tmp_path / "run")
    assert path.stat().st_mtime_ns == written
    assert len((tmp_path / "run/log.csv").read_text().splitlines()) == 2


def test_knobs_that_came_later_leave_older_runs_their_key() -> None:
    assert Recipe().key == {
        "epochs": 12,
        "batch": 64,
        "rate": 1e-3,
        "warm_up": 0.06,
        "weight_decay": 0.02,
        "smoothing": 0.02,
        "ema": 0.998,
        "seed": 1,
    }


def test_original_recipe_falls_at_its_milestones() -> None:
    original = recipe("original")
    rates = [rate_at(epoch, original) for epoch in (0, 14.9, 15, 19, 22.5)]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-5, 1e-6])
    assert isinstance(optimizer(glasses_network(), original), torch.optim.Adam)


def test_unknown_recipes_are_named() -> None:
    with pytest.raises(UsageError, match="ours, original"):
        recipe("best")


def test_a_process_alone_leads_and_shares_with_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "1")
    with place() as here:
        assert here.leads
        assert here.share(model := glasses_network()) is model


def test_slow_layers_compute_the_same_in_float32() -> None:
    model = glasses_network().eval()
    x = torch.rand(2, 3, 120, 120)
    before = model(x)
    assert spare_slow_layers(model) == 4
    torch.testing.assert_close(model(x), before)
    seen: list[torch.dtype] = []
    conv = next(m for m in model.modules() if getattr(m, "groups", 1) == 96)
    conv.register_forward_hook(lambda _m, _x, y: seen.append(y.dtype))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        model(x)
    assert seen == [torch.float32]
