"""The audit finds labels that were turned, shows them, and keeps what a person said."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.classifier import label_audit
from training.common import corrections
from training.common.crop_set import CropRow
from training.common.crops import make_crops
from training.common.geometry import STORED_SIZE
from training.common.workspace import Workspace


def test_turned_labels_are_found_and_the_most_doubtful_come_first() -> None:
    rng = np.random.default_rng(0)
    truth = rng.random(2000) < 0.4
    values = np.where(truth, rng.beta(8, 1, 2000), rng.beta(1, 8, 2000))
    turned = rng.choice(2000, 40, replace=False)
    labels = truth.copy()
    labels[turned] = ~labels[turned]
    found = label_audit.doubtful(values, labels)
    assert len(set(found) & set(turned)) > 0.6 * len(turned)
    assert len(set(found) - set(turned)) < 0.3 * len(found)
    other = np.where(labels, 1 - values, values)[found]
    assert (np.diff(other) <= 0).all()


def test_photos_that_no_network_can_judge_are_left_alone() -> None:
    rows = [CropRow(str(i), i < 2, None, "d", True, 1.0) for i in range(5)]
    logits = np.array([5.0, -9.0, -5.0, -5.0, np.nan])
    found = label_audit.suspects(rows, logits)
    assert [(s.number, s.row.name, s.index) for s in found] == [(1, "1", 1)]


def test_labels_that_a_released_model_contradicts_are_found(
    demo_photos: Path, tmp_path: Path
) -> None:
    pytest.importorskip("torch")  # which the stage's other way needs
    from training.classifier.stages import audit as stage

    data = tmp_path / "data" / "mine"
    data.mkdir(parents=True)
    labels = {"collins": 1, "collins-glasses": 0, "giunchedi": 0, "hopper": 1}
    lines = []
    for name, label in labels.items():
        for copy in range(5):  # a split into ten parts wants some photos of each kind
            photo = (demo_photos / f"{name}.jpg").read_bytes()
            (data / f"{name}-{copy}.jpg").write_bytes(photo + bytes([copy]))
            lines.append(f"{name}-{copy}.jpg,{label},")
    (data / "labels.csv").write_text("\n".join(["path,has_glasses,identity", *lines]) + "\n")
    work = Workspace(tmp_path / "data", tmp_path / "runs")
    make_crops(work.datasets, work.crops, processes=1)
    stage.run(work, model="default")
    with (work.runs / "audit" / "suspects.csv").open(newline="") as file:
        found = {row["name"]: row["has_glasses"] for row in csv.DictReader(file)}
    turned = {"collins": "1", "collins-glasses": "0"}
    assert found == {f"mine/{name}-{i}.jpg": turned[name] for name in turned for i in range(5)}
    assert (work.runs / "audit" / "sheet-01.png").is_file()


def test_sheets_show_every_suspect_and_leave_no_old_page(tmp_path: Path) -> None:
    rows = [
        CropRow(f"d/{i}.jpg", True, None, "d", True, 1.0)
        for i in range(label_audit.COLUMNS * 6 + 1)
    ]
    found = [label_audit.Suspect(i + 1, row, 0.01, i) for i, row in enumerate(rows)]
    pixels = np.full((len(rows), STORED_SIZE, STORED_SIZE, 3), 90, dtype=np.uint8)
    assert [p.name for p in label_audit.sheets(found, pixels, tmp_path)] == [
        "sheet-01.png",
        "sheet-02.png",
    ]
    with Image.open(tmp_path / "sheet-02.png") as page:
        assert page.getpixel((60, 60)) == (90, 90, 90)
        assert page.getpixel((60 + 120, 60)) == (255, 255, 255)
    label_audit.sheets(found[:1], pixels, tmp_path)
    assert not (tmp_path / "sheet-02.png").exists()


def test_suspects_filled_in_are_corrections_and_stay_so(tmp_path: Path) -> None:
    path = tmp_path / "suspects.csv"
    rows = [CropRow(name, True, None, "d", True, 1.0) for name in ("a", "b")]
    found = [label_audit.Suspect(i + 1, row, 0.01, i) for i, row in enumerate(rows)]
    label_audit.write(found, {"a": "0", "gone": "drop"}, path)
    assert corrections.read(path) == {"a": False, "gone": None}
