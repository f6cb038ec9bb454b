"""A person's corrections reach every later stage, and a damaged file is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glasses.errors import UsageError
from training.common import corrections, crop_set
from training.common.crop_set import CropRow
from training.common.sample import Sample
from training.common.workspace import Workspace

SAMPLES = [Sample(Path(n), n, n == "a", None, "d") for n in ("a", "b", "c")]


def written(folder: Path, text: str) -> Path:
    path = folder / "corrections.csv"
    path.write_text(text)
    return path


def labelled(folder: Path, count: int) -> list[str]:
    """A dataset in which every second photo has glasses."""
    folder.mkdir(parents=True)
    names = [f"{i}.jpg" for i in range(count)]
    for name in names:
        (folder / name).write_bytes(name.encode())
    lines = [f"{name},{i % 2}" for i, name in enumerate(names)]
    (folder / "labels.csv").write_text("path,has_glasses\n" + "\n".join(lines) + "\n")
    return names


def test_labels_are_turned_dropped_and_left(tmp_path: Path) -> None:
    path = written(tmp_path, "number,name,correction\n1,a,0\n2,b,drop\n3,c,\n")
    right = corrections.correct(SAMPLES, corrections.read(path))
    assert [(sample.name, sample.has_glasses) for sample in right] == [("a", False), ("c", False)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name\na\n", "has no column correction; it has name$"),
        (
            "name,correction\na,maybe\n",
            ":2: correction is 'maybe', not .* known value$",
        ),
    ],
)
def test_damaged_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        corrections.read(written(tmp_path, text))


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        corrections.read(tmp_path / "nowhere.csv")


def test_names_of_other_data_are_noticed() -> None:
    assert corrections.unknown({"x": True, "a": None}, SAMPLES) == ["x"]


def test_stored_crops_have_the_right_labels(tmp_path: Path) -> None:
    names = labelled(tmp_path / "data/mine", 30)
    crops = tmp_path / "runs/crops"
    crops.mkdir(parents=True)
    rows = [CropRow(f"mine/{n}", i % 2 == 1, None, "mine", True, 1.0) for i, n in enumerate(names)]
    crop_set.write_index(crops / "mine.csv", rows)
    np.save(crops / "mine.npy", np.zeros((30, 2, 2, 3), dtype=np.uint8))
    (crops / "mine.done").write_text("")
    path = written(tmp_path, "name,correction\nmine/1.jpg,0\nmine/2.jpg,drop\n")
    work = Workspace(tmp_path / "data", tmp_path / "runs", corrections_file=path)
    found = [
        row for part in work.stored_crops(*("train", "validation", "test")) for row in part.rows
    ]
    assert len(found) == 29
    assert {row.name: row.has_glasses for row in found}["mine/1.jpg"] is False


def test_a_correction_moves_nobody_to_another_part(tmp_path: Path) -> None:
    labelled(tmp_path / "data/mine", 60)
    turned = "".join(f"mine/{2 * i}.jpg,1\n" for i in range(9))
    path = written(tmp_path, f"name,correction\n{turned}mine/59.jpg,drop\n")
    raw = Workspace(tmp_path / "data", tmp_path / "runs")
    right = Workspace(tmp_path / "data", tmp_path / "runs", corrections_file=path)
    assert right.part_of == {n: p for n, p in raw.part_of.items() if n != "mine/59.jpg"}
    assert sum(sample.has_glasses for sample in right.samples) == 30 + 9 - 1
