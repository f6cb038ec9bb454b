"""Labels that a network cannot learn from are refused before any work."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from glasses.errors import UsageError
from training.common.datasets.label_check import MIN_PHOTOS, check_labels, check_parts
from training.common.sample import Sample


def photos(folder: Path, positives: int, negatives: int) -> list[Sample]:
    samples = []
    for label, count in ((True, positives), (False, negatives)):
        for i in range(count):
            path = folder / ("with" if label else "without") / f"{i}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(f"\xff\xd8\xff {label} {i:04}".encode("latin-1"))
            samples.append(Sample(path, f"mine/{path.parent.name}/{i}.jpg", label, None, "mine"))
    return samples


def test_enough_photos_of_both_labels_pass(tmp_path: Path) -> None:
    check_labels(photos(tmp_path, MIN_PHOTOS, MIN_PHOTOS))


@pytest.mark.parametrize(
    ("positives", "negatives", "message"),
    [
        (60, 0, "0 photos without glasses and 60 with glasses: training needs at least 50 of each"),
        (0, 60, "0 photos with glasses and 60 without glasses"),
        (60, 49, "49 photos without glasses"),
    ],
)
def test_too_few_photos_of_a_label_are_refused(
    tmp_path: Path, positives: int, negatives: int, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        check_labels(photos(tmp_path, positives, negatives))


def test_a_picture_with_both_labels_is_refused_by_name(tmp_path: Path) -> None:
    samples = photos(tmp_path, 60, 60)
    (tmp_path / "without/7.jpg").write_bytes((tmp_path / "with/3.jpg").read_bytes())
    with pytest.raises(UsageError, match="1 picture is labelled both") as caught:
        check_labels(samples)
    assert f"{tmp_path}/with/3.jpg (with glasses) = " in str(caught.value)
    assert f"{tmp_path}/without/7.jpg (without glasses)" in str(caught.value)


def test_copies_with_one_label_are_counted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    samples = photos(tmp_path, 60, 60)
    (tmp_path / "with/7.jpg").write_bytes((tmp_path / "with/3.jpg").read_bytes())
    check_labels(samples)
    assert (
        "1 photo is a copy of another: a split keeps copies in one part" in capsys.readouterr().err
    )


def test_a_part_without_a_label_is_refused(tmp_path: Path) -> None:
    samples = photos(tmp_path, 2, 2)
    parts = dict(
        zip((s.name for s in samples), ("train", "validation", "train", "train"), strict=True)
    )
    with pytest.raises(UsageError, match="the validation part has no photo without glasses"):
        check_parts(samples, parts)


def test_the_command_refuses_before_it_finds_faces(tmp_path: Path) -> None:
    photos(tmp_path / "data/mine", 60, 3)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "training.cli", "crops", "--data", "data"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("glasses-train: 3 photos without glasses and 60 with glasses")
    assert not (tmp_path / "runs").exists()
