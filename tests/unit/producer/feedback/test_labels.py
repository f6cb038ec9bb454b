from __future__ import annotations

import csv
from pathlib import Path

import pytest

from glasses.errors import UsageError
from producer.feedback.labels import LabelFolder

JPEG = b"\xff\xd8\xff"


def test_labels_are_a_dataset_for_training(tmp_path: Path) -> None:
    from training.common.datasets import discover

    folder = tmp_path / "data/mine"
    labels = LabelFolder(folder)
    labels.keep(JPEG + b"one", True, before=False, model="m@1", name="a/one.jpg")
    labels.keep(JPEG + b"two", False)
    labels.save()
    (dataset,) = discover(tmp_path / "data")
    assert [(s.path.read_bytes(), s.has_glasses) for s in dataset.samples] == [
        (JPEG + b"one", True), (JPEG + b"two", False),
    ]  # fmt: skip
    assert all(sample.path.suffix == ".jpg" for sample in dataset.samples)


def test_a_photo_that_is_corrected_again_has_one_line(tmp_path: Path) -> None:
    for label in (True, False):
        labels = LabelFolder(tmp_path)
        labels.keep(JPEG, label, before=True)
        labels.save()
    (found,) = LabelFolder(tmp_path)
    assert (found.has_glasses, found.before) == (False, True)
    labels = LabelFolder(tmp_path)
    labels.drop(JPEG)
    labels.save()
    assert len(LabelFolder(tmp_path)) == 0
    assert not (tmp_path / found.path).exists()


def test_other_lines_and_columns_are_kept(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("path,has_glasses,identity\nmine.jpg,1,Ada\n")
    labels = LabelFolder(tmp_path)
    labels.keep(JPEG, False)
    labels.save()
    with (tmp_path / "labels.csv").open(newline="") as file:
        first, second = csv.DictReader(file)
    assert (first["path"], first["has_glasses"], first["identity"]) == ("mine.jpg", "1", "Ada")
    assert second["has_glasses"] == "0"
    (tmp_path / "labels.csv").write_text("file\nx\n")
    with pytest.raises(UsageError, match=r"labels\.csv"):
        LabelFolder(tmp_path)
