"""`glasses evaluate`, on this machine and for a job."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from glasses.client import Client
from glasses.config.settings import Settings
from tests.support.classified_job import face, outcome, submit_classified
from tests.support.commands import glasses

WITH = ("hopper.jpg", "van-rossum.jpg", "group-with-glasses.jpg")
WITHOUT = ("collins.jpg", "giunchedi.jpg", "cat.jpg")


@pytest.fixture
def labelled(demo_photos: Path, tmp_path: Path) -> Path:
    """Return a folder with six labelled photos, one of them labelled wrongly, and one without."""
    folder = tmp_path / "labelled"
    for label, names in (("glasses", WITH), ("no_glasses", WITHOUT), ("later", ["coffee.webp"])):
        (folder / label).mkdir(parents=True)
        for name in names:
            found = next(demo_photos.rglob(name))
            shutil.copy(found, folder / label / name)
    (folder / "glasses/collins.jpg").write_bytes((folder / "no_glasses/collins.jpg").read_bytes())
    (folder / "no_glasses/collins.jpg").unlink()
    return folder


def figures(output: dict[str, Any]) -> tuple[int, int, int, int]:
    names = ("true_positives", "false_positives", "false_negatives", "true_negatives")
    tp, fp, fn, tn = (output["figures"][name] for name in names)
    return tp, fp, fn, tn


def test_labelled_photos_are_classified_and_compared(labelled: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    done = glasses("evaluate", labelled, "--json", "--report", report, home=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "report.html: 6 photos, 6 thumbnails" in done.stderr
    assert "Evaluation: F1 0.857, precision 1.000, recall 0.750" in report.read_text()
    assert "1 photo without a label: not evaluated" in done.stderr
    output = json.loads(done.stdout)
    assert figures(output) == (3, 0, 1, 2)
    assert [row["no_face"] for row in output["matrix"]] == [0, 1]
    (mistake,) = output["mistakes"]
    assert (mistake["image"], mistake["label"]) == ("glasses/collins.jpg", "glasses")
    # The label is corrected, in the file that the report exports.
    corrections = tmp_path / "corrections.csv"
    corrections.write_text("name,correction\nglasses/collins.jpg,0\n")
    fixed = glasses("evaluate", labelled, "--corrections", corrections, home=tmp_path)
    assert fixed.returncode == 0, fixed.stderr
    assert "accuracy      1.000" in fixed.stdout
    assert "1 photo with a corrected label" in fixed.stderr


def test_a_table_of_labels_with_groups_and_a_missing_photo(labelled: Path, tmp_path: Path) -> None:
    table = tmp_path / "table.csv"
    lines = ["photo;eyes;age", "glasses/hopper.jpg;worn;old", "no_glasses/giunchedi.jpg;bare;young"]
    table.write_text("\n".join([*lines, "gone.jpg;worn;old", "later/coffee.webp;;", ""]))
    words = ["evaluate", table, "--path-column", "photo", "--label-column", "eyes"]
    words += ["--positive", "worn", "--group", "age"]
    done = glasses(*words, "--photos", labelled, "--min-recall", "1", home=tmp_path)
    assert done.returncode == 1, done.stderr
    assert "1 labelled photo not found in" in done.stderr
    assert "  gone.jpg" in done.stderr
    assert "1 photo without a label" in done.stderr
    assert "recall of at least 1: threshold" in done.stdout
    assert "young" in done.stdout


def test_verdicts_of_a_job_are_found_by_content(
    client: Client, settings: Settings, demo_photos: Path, tmp_path: Path
) -> None:
    collection = tmp_path / "collection"
    collection.mkdir()
    for name in ("hopper.jpg", "collins.jpg", "giunchedi.jpg"):
        shutil.copy(demo_photos / name, collection / name)
    found = {
        "hopper.jpg": outcome(face(0.6)), "collins.jpg": outcome(face(0.7)),
        "giunchedi.jpg": outcome(),
    }  # fmt: skip
    job = submit_classified(client, collection, found)
    labels = tmp_path / "labels.csv"
    # The first was renamed; the other two have no file here and are found by name.
    shutil.copy(demo_photos / "hopper.jpg", tmp_path / "giunchedi-2.jpg")
    labels.write_text("path,has_glasses\ngiunchedi-2.jpg,1\ncollins.jpg,0\ngiunchedi.jpg,0\n")
    done = glasses("evaluate", "--job", job.id, labels, "--json", settings=settings)
    assert done.returncode == 0, done.stderr
    output = json.loads(done.stdout)
    assert (figures(output), output["job_id"]) == ((1, 1, 0, 1), job.id)
    words = ["evaluate", "--job", job.id, labels, "--threshold", "0.65", "--json"]
    assert figures(json.loads(glasses(*words, settings=settings).stdout)) == (0, 1, 1, 1)
