"""A training run continues after an interruption, and follows its recipe."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from glasses.errors import UsageError  # noqa: E402
from tests.support.synthetic_crops import crops  # noqa: E402
from training.classifier import fit  # noqa: E402
from training.classifier.augment import reduced  # noqa: E402
from training.classifier.model.backbones import glasses_network  # noqa: E402
from training.classifier.model.initial import InitialWeights  # noqa: E402
from training.classifier.recipe import REDUCED_SIDE, ClassifierRecipe, recipe  # noqa: E402
from training.common import checkpoint  # noqa: E402
from training.common.crop_set import CropRow, CropSet  # noqa: E402
from training.common.distributed import compute_device  # noqa: E402
from training.common.ema import moving_average  # noqa: E402
from training.common.geometry import SIZE  # noqa: E402
from training.common.learning_rate import warm_up_and_cosine  # noqa: E402
from training.common.optimizer import make_optimizer  # noqa: E402
from training.common.precision import (  # noqa: E402
    keep_slow_layers_float32,
    mixed_precision,
)
from worker.vision import reduced_pass  # noqa: E402


def test_rate_rises_then_falls_to_nothing() -> None:
    assert warm_up_and_cosine(0, 0.1) < 0.02
    assert warm_up_and_cosine(0.1, 0.1) == pytest.approx(1)
    assert warm_up_and_cosine(1, 0.1) == pytest.approx(0)


def test_average_follows_the_network() -> None:
    model = glasses_network()
    average = moving_average(model, decay=0.5)
    with torch.no_grad():
        model.classifier[1].bias.fill_(1.0)
    for _ in range(20):
        average.update_parameters(model)
    assert float(average.module.classifier[1].bias) == pytest.approx(1, abs=1e-3)


def test_another_seed_or_label_is_another_run(tmp_path: Path) -> None:
    weights = tmp_path / "w.npz"
    weights.write_bytes(b"w")
    one = CropSet(
        [CropRow("a", True, None, "d", True, 1.0)], np.zeros((1, 1, 1, 3), dtype=np.uint8)
    )
    other = CropSet([CropRow("a", False, None, "d", True, 1.0)], one.pixels)
    inputs = [
        fit.run_inputs(one, weights, ClassifierRecipe(), []),
        fit.run_inputs(one, None, ClassifierRecipe(), []),
        fit.run_inputs(one, weights, ClassifierRecipe(seed=2), []),
        fit.run_inputs(one, weights, ClassifierRecipe(backbone="resnet18"), []),
        fit.run_inputs(other, weights, ClassifierRecipe(), []),
        fit.run_inputs(one, weights, ClassifierRecipe(), ["other crops"]),
    ]
    assert len({tuple(one.values()) for one in inputs}) == 6
    assert fit.run_inputs(one, weights, ClassifierRecipe(epochs=99), []) == inputs[0]


RECIPE = ClassifierRecipe(epochs=1, batch=4, backbone="mobilenet_v3_small")
RANDOM = InitialWeights(None, "random weights")


def test_more_epochs_continue_a_finished_run(tmp_path: Path) -> None:
    some = crops(8)
    path = fit.fit(some, some, RANDOM, RECIPE, tmp_path)
    written = path.stat().st_mtime_ns
    fit.fit(some, some, RANDOM, RECIPE, tmp_path)
    assert path.stat().st_mtime_ns == written
    first = checkpoint.load(path)["history"]
    fit.fit(some, some, RANDOM, replace(RECIPE, epochs=2), tmp_path)
    state = checkpoint.load(path)
    assert (state["epoch"], state["history"][:1]) == (2, first)
    assert state["start"]["text"] == "random weights"
    assert (tmp_path / "learning-curves.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert set(rows[0]) >= {"loss", "validation_loss", "validation_f1", "threshold", "rate"}
    with pytest.raises(UsageError, match="2 finished epochs, more than 1: keep it with --epochs 2"):
        fit.fit(some, some, RANDOM, RECIPE, tmp_path)


def test_batches_on_the_device_are_those_gathered_on_the_host(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    some, seen, augment = crops(10), [], fit.augment

    def watched(batch: torch.Tensor, *rest: object) -> torch.Tensor:
        seen.append(batch)
        return augment(batch, *rest)

    monkeypatch.setattr(fit, "augment", watched)
    fit.fit(some, some, RANDOM, replace(RECIPE, epochs=2), tmp_path)
    expected = []
    for epoch in range(2):
        rng = torch.Generator().manual_seed(RECIPE.seed * 1000 + epoch)
        order = torch.randperm(10, generator=rng).numpy()
        expected += [some.pixels[order[:4]], some.pixels[order[4:8]]]
    assert len(seen) == len(expected)
    for one, other in zip(seen, expected, strict=True):
        np.testing.assert_array_equal(one.numpy(), other)


def test_every_third_step_is_on_reduced_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, train_step = [], fit.train_step

    def watched(*given: Any) -> Any:
        seen.append(given[2])
        return train_step(*given)

    monkeypatch.setattr(fit, "train_step", watched)
    recipe_ = replace(RECIPE, epochs=1, batch=4, reduced_step=3)
    fit.fit(crops(24), crops(8), RANDOM, recipe_, tmp_path)
    small, full = (REDUCED_SIDE, REDUCED_SIDE), (SIZE, SIZE)
    assert [tuple(x.shape[2:]) for x in seen] == [full, full, small, full, full, small]
    assert (recipe("ours").reduced_step, recipe("original").reduced_step) == (3, 0)


def test_a_quick_training_starts_with_reduced_pictures() -> None:
    quick = recipe("quick")
    assert [quick.is_reduced(epoch, 1) for epoch in (0, 2.9, 3, 4)] == [True, True, False, False]


def test_pictures_are_reduced_as_the_worker_reduces_crops() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (3, SIZE, SIZE, 3), dtype=np.uint8)
    ours = reduced(torch.from_numpy(pixels).permute(0, 3, 1, 2).float())
    theirs = reduced_pass.reduced(pixels, REDUCED_SIDE)
    assert np.abs(ours.permute(0, 2, 3, 1).numpy() - theirs).max() <= 0.5  # rounding


def test_a_run_is_replaced_only_when_told(tmp_path: Path) -> None:
    some, other = crops(8), crops(12)
    path = fit.fit(some, some, RANDOM, RECIPE, tmp_path)
    written = path.read_bytes()
    with pytest.raises(UsageError, match="trained with other photos or labels: replace it with"):
        fit.fit(other, some, RANDOM, RECIPE, tmp_path)
    with pytest.raises(UsageError, match="other hyperparameters"):
        fit.fit(some, some, RANDOM, replace(RECIPE, rate=1.0), tmp_path)
    assert path.read_bytes() == written
    fit.fit(other, some, RANDOM, RECIPE, tmp_path, restart=True)
    assert checkpoint.load(path)["epoch"] == 1
    assert path.read_bytes() != written


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.pt").write_bytes(b"PK half a file")
    with pytest.raises(UsageError, match=r"run\.pt is damaged"):
        fit.fit(crops(8), crops(8), RANDOM, RECIPE, tmp_path)


def test_original_recipe_falls_at_its_milestones() -> None:
    original = recipe("original")
    rates = [original.learning_rate(epoch) for epoch in (0, 14.9, 15, 19, 22.5)]
    assert rates == pytest.approx([1e-3, 1e-3, 1e-4, 1e-5, 1e-6])
    assert isinstance(
        make_optimizer(glasses_network(), original.rate, 0.0, original.optimizer), torch.optim.Adam
    )


def test_unknown_recipes_are_named() -> None:
    with pytest.raises(UsageError, match="ours, quick, original"):
        recipe("best")


def test_a_process_alone_leads_and_shares_with_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "1")
    with compute_device() as here:
        assert here.leads
        assert here.share(model := glasses_network()) is model


def test_slow_layers_compute_the_same_in_float32() -> None:
    model = glasses_network().eval()
    x = torch.rand(2, 3, 120, 120)
    before = model(x)
    assert keep_slow_layers_float32(model) == 4
    torch.testing.assert_close(model(x), before)
    seen: list[torch.dtype] = []
    conv = next(m for m in model.modules() if getattr(m, "groups", 1) == 96)
    conv.register_forward_hook(lambda _m, _x, y: seen.append(y.dtype))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        model(x)
    assert seen == [torch.float32]


@pytest.mark.parametrize("can", [False, True])
def test_a_cpu_computes_in_bfloat16_only_if_it_can(
    monkeypatch: pytest.MonkeyPatch, can: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: can)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    with mixed_precision(torch.device("cpu")):
        result = torch.nn.Linear(2, 2)(torch.zeros(1, 2))
    assert result.dtype is (torch.bfloat16 if can else torch.float32)
