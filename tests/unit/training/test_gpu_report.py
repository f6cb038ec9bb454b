"""The GPU report, run on the CPU at toy size."""

from __future__ import annotations

import csv
import json
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.support.synthetic_crops import crops, samples  # noqa: E402
from training import gpu_report  # noqa: E402
from training.classifier import device_check, throughput  # noqa: E402
from training.classifier.device_check import check_device  # noqa: E402
from training.common.crop_packs import write_packs  # noqa: E402
from training.common.crop_set import CropSet  # noqa: E402
from training.gpu_report import Plan, report  # noqa: E402

PLAN = Plan(
    backbones=["mobilenet_v3_small"],
    batches=[8],
    compiled=[False],
    steps=1,
    batch=8,
    epochs=1,
    seeds=[1],
    folds=True,
    per_device=1,
    seconds=600,
)


@pytest.fixture
def two_datasets(monkeypatch: pytest.MonkeyPatch) -> CropSet:
    monkeypatch.setattr(device_check, "STEPS", 2)
    monkeypatch.setattr(device_check, "BATCH", 8)
    monkeypatch.setattr(throughput, "WARM_UP_STEPS", 1)
    one, other = crops(20, "one"), crops(20, "other")
    return CropSet([*one.rows, *other.rows], np.concatenate([one.pixels, other.pixels]))


def test_the_cpu_agrees_with_itself(two_datasets: CropSet) -> None:
    checked = check_device(two_datasets, None, torch.device("cpu"))
    assert checked["passed"]
    assert len(checked["losses"]["device"]) == 2
    assert checked["loss_difference"] == pytest.approx(0, abs=1e-3)
    assert checked["statistics_difference"] == 0


def test_a_device_that_computes_something_else_is_reported(
    two_datasets: CropSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, calls = device_check.train_step, []

    def wrong_on_the_second_device(*args: object) -> torch.Tensor:
        calls.append(args)
        return step(*args) + (1.0 if len(calls) > 2 else 0.0)

    monkeypatch.setattr(device_check, "train_step", wrong_on_the_second_device)
    checked = check_device(two_datasets, None, torch.device("cpu"))
    assert not checked["passed"]
    assert checked["loss_difference"] == pytest.approx(1, abs=0.01)


def test_report_checks_measures_trains_and_continues(two_datasets: CropSet, tmp_path: Path) -> None:
    write_packs(two_datasets, samples(two_datasets), tmp_path / "packs")
    out = tmp_path / "out"
    late = report(tmp_path / "packs", out, None, replace(PLAN, seconds=0))
    assert "people" not in late
    assert json.loads((out / "correctness.json").read_text())["passed"]

    text = report(tmp_path / "packs", out, None, PLAN)
    assert "agrees with the CPU" in text
    for split in ("people", "leave-out=one", "leave-out=other"):
        assert f"| mobilenet_v2 | {split} | 1 |" in text
    assert (out / "summary.md").read_text() == text
    with (out / "throughput.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert float(row["images_per_second"]) > 0
    assert row["peak_utilization"] == ""
    lines = (out / "results.jsonl").read_text().splitlines()
    assert json.loads(lines[0])["split"] == "people"
    assert (out / "leave-out-one-seed1" / "run.pt").is_file()

    start = time.monotonic()
    crops_again = gpu_report.read_packs(tmp_path / "packs")
    again = gpu_report.train(
        tmp_path / "packs", crops_again, out, None, PLAN, time.monotonic() + 60
    )
    assert [json.loads(line) for line in lines] == again
    assert time.monotonic() - start < 10
