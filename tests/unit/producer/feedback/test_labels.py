from __future__ import annotations

import csv
from pathlib import Path

import pytest

from glasses import corrections
from glasses.agreement import Agreement
from glasses.corrections import Correction
from glasses.errors import UsageError
from glasses.labels import LabelFolder

JPEG = b"\xff\xd8\xff"


def test_reports_and_audits_write_what_is_read(tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    path.write_text('name,correction,sha256,job\n"a, b.jpg",1,00,abcd2345\nc.jpg,drop,,\n')
    assert corrections.read(path) == [
        Correction("a, b.jpg", True, "00", "abcd2345"), Correction("c.jpg", None),
    ]  # fmt: skip
    # As a spreadsheet saves it, with a byte order mark; and as the audit writes it.
    path.write_bytes("\ufeffnumber,name,correction\n1,é.jpg, 0\n2,d.jpg,\n".encode())
    assert corrections.read(path) == [Correction("é.jpg", False)]


@pytest.mark.parametrize("data", [b"name\na\n", b"name,correction\na,yes\n", b"\xff\xfe\x00", b""])
def test_damaged_file_is_refused(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "corrections.csv"
    path.write_bytes(data)
    with pytest.raises(UsageError, match=r"corrections\.csv"):
        corrections.read(path)


def test_labels_are_a_dataset_for_training(tmp_path: Path) -> None:
    from training.datasets import discover

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


def test_photo_that_is_corrected_again_has_one_line(tmp_path: Path) -> None:
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
    assert not found.path.exists()


def test_lines_and_columns_of_others_stay(tmp_path: Path) -> None:
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


def test_agreement_counts_and_shares() -> None:
    pairs = [(True, True)] * 6 + [(True, False)] * 2 + [(False, True)] * 4 + [(False, False)] * 8
    found = Agreement.of(pairs)
    assert (found.photos, found.right, found.precision, found.recall) == (20, 14, 0.75, 0.6)
    nothing = Agreement.of([])
    assert (nothing.precision, nothing.recall) == (None, None)
