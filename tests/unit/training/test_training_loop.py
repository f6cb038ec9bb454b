"""The training loop continues after an interruption, and its files are never half written."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from glasses.errors import UsageError  # noqa: E402
from training.common import checkpoint  # noqa: E402
from training.common.atomic_file import replacing  # noqa: E402
from training.common.checkpoint import TrainingRun  # noqa: E402
from training.common.distributed import ComputeDevice  # noqa: E402
from training.common.ema import moving_average  # noqa: E402
from training.common.training_loop import run_epochs, write_log  # noqa: E402


def new_run() -> TrainingRun:
    model = torch.nn.Linear(2, 1)
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    return TrainingRun(model, moving_average(model, 0.5), optimizer, 0, {"photos": "some"})


def train(run: TrainingRun, epochs: int, folder: Path) -> Path:
    here = ComputeDevice(torch.device("cpu"))
    return run_epochs(run, epochs, folder, lambda: 0.5, lambda _: {"f1": 0.25}, here)


def test_an_interrupted_run_continues_with_its_history(tmp_path: Path) -> None:
    train(new_run(), 2, tmp_path)
    run = new_run()
    assert checkpoint.resume(run, tmp_path / "run.pt", epochs=3)
    assert run.epoch == 2
    train(run, 3, tmp_path)
    assert [epoch["epoch"] for epoch in run.history] == [1, 2, 3]
    with (tmp_path / "log.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["epoch"], row["loss"], row["f1"]) for row in rows] == [
        (str(number), "0.5", "0.25") for number in (1, 2, 3)
    ]
    found = sorted(path.name for path in tmp_path.iterdir())
    assert found == ["learning-curves.png", "log.csv", "run.pt"]


def test_a_run_with_other_inputs_is_not_continued(tmp_path: Path) -> None:
    path = train(new_run(), 1, tmp_path)
    run = new_run()
    run.inputs = {"photos": "other"}
    with pytest.raises(UsageError, match="trained with other photos: replace it with --restart"):
        checkpoint.resume(run, path, epochs=2)
    assert run.epoch == 0


def test_a_failed_write_leaves_the_previous_file(tmp_path: Path) -> None:
    run = new_run()
    run.history = [{"epoch": 1}]
    write_log(tmp_path / "log.csv", run)
    run.history.append({"epoch": 2, "unexpected": 1})
    with pytest.raises(ValueError, match="unexpected"):
        write_log(tmp_path / "log.csv", run)
    assert (tmp_path / "log.csv").read_text() == "epoch\n1\n"
    assert [path.name for path in tmp_path.iterdir()] == ["log.csv"]


def test_a_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    with replacing(tmp_path / "new/file") as unfinished:
        unfinished.write_text("text")
        assert not (tmp_path / "new/file").exists()
    assert (tmp_path / "new/file").read_text() == "text"
