"""Each dataset is evaluated once, with a network that has not seen it or its people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch")

from training.classifier.card_sections import left_out_table, unseen_datasets
from training.classifier.recipe import ClassifierRecipe, recipe
from training.classifier.served_faces import ServedFaces
from training.classifier.stages import leave_one_out
from training.common import splits
from training.common.atomic_file import write_json
from training.common.geometry import SIZE
from training.common.sample import Sample
from training.common.workspace import Workspace


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three datasets, two of which share their people."""
    for name in ("a", "b", "c"):
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        lines = ["path,has_glasses,identity"]
        for i in range(40):
            (folder / f"{i}.jpg").write_bytes(f"{name} {i}".encode())
            who = f"celeba_id_{i}" if name in "ab" else f"{i}"
            lines.append(f"{i}.jpg,{i % 2},{who}")
        (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return tmp_path / "data"


def line(f1: float) -> dict[str, Any]:
    return {
        "photos": 40,
        "positives": 20,
        "precision": 1.0,
        "recall": f1,
        "f1": f1,
        "f1_interval": (0.8, 1.0),
        "true_positives": 18,
        "false_positives": 0,
        "false_negatives": 2,
        "no_face": 2,
    }


def test_every_dataset_is_left_out_once_with_related_ones(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained: list[set[str]] = []

    def fit(work: Workspace, *_: object) -> None:
        trained.append({s.dataset for s in work.photos(splits.TRAIN)})

    def faces(work: Workspace, part: str) -> ServedFaces:
        crops = np.zeros((0, SIZE, SIZE, 3), dtype=np.uint8)
        return ServedFaces(
            work.photos(part), crops, np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.bool_)
        )

    has_reduced_pass: set[str] = set()

    def evaluate(work: Workspace, *_: object, threshold: float | None) -> dict[str, Any]:
        names = sorted({s.dataset for s in work.photos(splits.TEST)})
        lines = {name: line(0.9 if name == "c" else 0.96) for name in (*names, "overall")}
        result = {"threshold": threshold or 0.6, "own_threshold": 0.6, "by_dataset": lines}
        if has_reduced_pass & set(names):
            worse = {name: each | {"false_negatives": 5} for name, each in lines.items()}
            return {**result, "reduced_pass": {"size": 64}, "full_size_only": worse}
        return {**result, "reduced_pass": None}

    monkeypatch.setattr(leave_one_out.fit, "run", fit)
    monkeypatch.setattr(leave_one_out.quantize, "run", lambda *_, **__: None)
    monkeypatch.setattr(leave_one_out.evaluate, "faces", faces)
    monkeypatch.setattr(leave_one_out.evaluate, "evaluate_network", evaluate)
    work = Workspace(data, tmp_path / "runs")
    write_json(work.report, {"int8": {"threshold": 0.5}})
    report = leave_one_out.run(work, "w.npz", ClassifierRecipe())
    assert trained == [{"c"}, {"a", "b"}]
    assert list(report["by_dataset"]) == ["a", "b", "c"]
    assert report["macro_f1"] == 0.94
    text = left_out_table(report)
    assert "| c | 40 | 20 | 1.0000 (0.824–1.000) | 0.9000 (0.699–0.972) | 0.9000 | " in text
    assert " | 0.9000 | 0.800–1.000 | 2 | 0.5 | 0.6 |" in text
    assert "| **macro** | | | | | **0.94** |" in text
    assert (tmp_path / "runs/leave-one-out.json").is_file()
    report = leave_one_out.run(work, "w.npz", recipe("quick"), threshold=0.3)
    assert {line["threshold"] for line in report["by_dataset"].values()} == {0.3}
    assert "5 epochs (3 of them on pictures of 64 px)" in unseen_datasets(report)
    assert "All faces were classified at full size." in unseen_datasets(report)
    assert report["full_size_only"] is None
    has_reduced_pass.add("c")  # the other fold has none: its figures count twice
    report = leave_one_out.run(work, "w.npz", recipe("quick"))
    assert report["false_negatives"] == 6
    assert report["full_size_only"]["false_negatives"] == 2 + 2 + 5
    assert "All faces" not in unseen_datasets(report)


def test_both_passes_are_compared_with_full_size_alone() -> None:
    lines = {name: line(0.9) for name in "ab"}
    alone = {"a": line(0.9), "b": line(0.8) | {"false_positives": 3}}
    text = unseen_datasets(
        {
            **leave_one_out.total(lines),
            "full_size_only": leave_one_out.total(alone),
            "epochs": 2,
            "by_dataset": {
                name: each | {"threshold": 0.4, "own_threshold": 0.6}
                for name, each in lines.items()
            },
        }
    )
    assert (
        "With both passes 0 false alarms, 4 missed in all; at full size alone 3 false alarms, "
        "4 missed, and a macro F1 of 0.85." in text
    )


def test_runs_of_each_split_and_network_keep_apart(tmp_path: Path) -> None:
    usual = Workspace(tmp_path, tmp_path / "runs")
    folds = [Workspace(tmp_path, tmp_path / "runs", f"leave-out={n}") for n in ("a", "b")]
    other = Workspace(tmp_path, tmp_path / "runs", variant="resnet18")
    assert len({w.fit for w in (usual, other, *folds)}) == 4
    assert len({w.crops for w in (usual, other, *folds)}) == 1
    assert usual.fit == tmp_path / "runs/fit"


def test_datasets_without_a_number_do_not_count() -> None:
    assert leave_one_out.macro({"a": line(0.9), "b": line(0.9) | {"f1": None}}) == 0.9
    assert leave_one_out.macro({}) is None


def test_samples_are_whole(data: Path, tmp_path: Path) -> None:
    samples: list[Sample] = Workspace(data, tmp_path).samples
    assert splits.related_datasets(samples, "a") == {"a", "b"}
    assert splits.related_datasets(samples, "c") == {"c"}
