from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from glasses.errors import UsageError
from glasses.protocol.photo_result import PhotoResult
from glasses.protocol.verdict import Correction, correct
from glasses.sources.walk import SourceFile
from producer.options import Only
from producer.sorting.output import summary_line
from tests.support.sorting import JPEG, classified, run, tree

PHOTOS = {"clear": (0.99, 0.1), "dark": (0.99, 0.9), "bare": (0.01, 0.9), "nobody": (None, None)}


@pytest.fixture
def photos(tmp_path: Path) -> dict[str, PhotoResult]:
    folder = tmp_path / "in"
    folder.mkdir()
    found = {}
    for name, (probability, sunglasses) in PHOTOS.items():
        path = folder / f"{name}.jpg"
        path.write_bytes(JPEG + name.encode())
        found[name] = classified(SourceFile(path.name, path), probability, sunglasses)
    return found


def test_each_kind_has_a_folder(photos: dict[str, PhotoResult], tmp_path: Path) -> None:
    done = run(list(photos.values()), tmp_path / "out", by_kind=True)
    assert list(tree(tmp_path / "out")) == [
        "eyeglasses/clear.jpg", "no-face/nobody.jpg", "sunglasses/dark.jpg", "without/bare.jpg",
    ]  # fmt: skip
    assert summary_line(done, dry_run=False) == (
        "4 sorted = 1 eyeglasses + 1 sunglasses + 1 without + 0 unsure + 1 no-face + 0 failed"
    )


def test_a_sorted_folder_is_regrouped_by_kind_and_back(
    photos: dict[str, PhotoResult], tmp_path: Path
) -> None:
    every = list(photos.values())
    plain = run(every, tmp_path / "out")
    assert "2 with + 1 without" in summary_line(plain, dry_run=False)
    before = tree(tmp_path / "out")
    assert run(every, tmp_path / "out", by_kind=True).regrouped == 2
    assert not (tmp_path / "out" / "with").exists()
    assert run(every, tmp_path / "out").regrouped == 2
    assert tree(tmp_path / "out") == before


def test_a_photo_that_a_person_labelled_without_a_kind_stays_in_with(
    photos: dict[str, PhotoResult], tmp_path: Path
) -> None:
    nobody = photos["nobody"]
    corrected = dataclasses.replace(nobody, verdict=correct(nobody.verdict, Correction.GLASSES))
    done = run([corrected], tmp_path / "out", by_kind=True)
    assert list(tree(tmp_path / "out")) == ["with/nobody.jpg"]
    assert "1 with" in summary_line(done, dry_run=False)


def test_only_one_kind_is_sorted(photos: dict[str, PhotoResult], tmp_path: Path) -> None:
    run(list(photos.values()), tmp_path / "out", only=[Only.SUNGLASSES])
    assert list(tree(tmp_path / "out")) == ["with/dark.jpg"]


@pytest.mark.parametrize("options", [{"by_kind": True}, {"only": [Only.SUNGLASSES]}])
def test_kinds_of_a_model_without_them_are_refused_before_any_photo_is_sorted(
    photos: dict[str, PhotoResult], tmp_path: Path, options: dict[str, object]
) -> None:
    path = photos["clear"].source()
    assert path
    plain = classified(SourceFile(path.name, path), 0.99)
    with pytest.raises(UsageError, match="model m@1 does not tell eyeglasses from sunglasses"):
        run([photos["nobody"], plain], tmp_path / "out", **options)  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()
