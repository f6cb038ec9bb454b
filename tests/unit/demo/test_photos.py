"""The demo photos: each has an origin and one right verdict, and the script reproduces it."""

from __future__ import annotations

import csv
import hashlib
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT))

from demo.make_photos import (  # noqa: E402
    DEMO_PHOTOS,
    EXPECTED,
    HERE,
    ORIGINALS,
    PHOTOS,
    Expected,
    make_photos,
    write_expected,
)
from glasses.protocol.statuses import FailureReason  # noqa: E402
from worker.vision.decode import decode  # noqa: E402
from worker.vision.detect import HogDetector  # noqa: E402
from worker.vision.errors import PhotoError  # noqa: E402

ORIGIN = (HERE / "ORIGIN.md").read_text(encoding="utf-8")
MOST_BYTES = 2_500_000
MOST_DIFFERENCE = 2.0
"""Mean difference (of 255) that another release of a codec may cause."""
PEOPLE = {"group-with-glasses.jpg": 3, "group-without-glasses.jpg": 2}
"""Number of faces in photos with more or less than one."""
REASONS = {
    "empty.jpg": FailureReason.EMPTY,
    "hopper-truncated.jpg": FailureReason.CORRUPT,
    "notes.txt": FailureReason.NOT_AN_IMAGE,
}


def names(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def named(*expected: Expected) -> list[str]:
    return [recipe.name for recipe in DEMO_PHOTOS if recipe.expected in expected]


PORTRAITS = named(Expected.EYEGLASSES, Expected.SUNGLASSES, Expected.NO_GLASSES)


@pytest.fixture(scope="module")
def made_again(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    make_photos(folder)
    return folder


def test_the_origin_page_names_every_photo() -> None:
    missing = [name for name in names(PHOTOS) if f"| `{name}` |" not in ORIGIN]
    assert not missing


def test_the_origin_page_states_the_checksum_of_every_original() -> None:
    for path in sorted(ORIGINALS.iterdir()):
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert f"{digest}  {path.name}\n" in ORIGIN


def test_every_photo_has_one_right_verdict() -> None:
    with EXPECTED.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert sorted(row["image"] for row in rows) == names(PHOTOS)
    assert {row["expected"] for row in rows} == set(Expected)


def test_the_demo_stays_small() -> None:
    assert sum((PHOTOS / name).stat().st_size for name in names(PHOTOS)) < MOST_BYTES


def test_the_script_makes_the_same_names_and_verdicts(made_again: Path, tmp_path: Path) -> None:
    assert names(made_again) == names(PHOTOS)
    write_expected(tmp_path / "expected.csv")
    assert (tmp_path / "expected.csv").read_bytes() == EXPECTED.read_bytes()


@pytest.mark.parametrize("name", sorted({r.name for r in DEMO_PHOTOS} - set(REASONS)))
def test_the_script_makes_the_same_pictures(name: str, made_again: Path) -> None:
    with Image.open(PHOTOS / name) as kept, Image.open(made_again / name) as made:
        assert (made.format, made.mode, made.size) == (kept.format, kept.mode, kept.size)
        old = np.asarray(kept.convert("RGB"), dtype=np.int16)
        new = np.asarray(made.convert("RGB"), dtype=np.int16)
    assert np.abs(old - new).mean() < MOST_DIFFERENCE


def test_the_script_makes_the_same_bytes_twice(made_again: Path, tmp_path: Path) -> None:
    make_photos(tmp_path)
    for name in names(tmp_path):
        assert (tmp_path / name).read_bytes() == (made_again / name).read_bytes(), name


@pytest.mark.parametrize(("name", "reason"), REASONS.items())
def test_each_invalid_file_fails_for_its_reason(name: str, reason: FailureReason) -> None:
    with pytest.raises(PhotoError) as failure:
        _ = decode((PHOTOS / name).read_bytes()).pixels
    assert failure.value.reason is reason


def test_reasons_cover_every_invalid_file() -> None:
    assert sorted(REASONS) == sorted(named(Expected.FAILED) + named(Expected.IGNORED))


@pytest.mark.parametrize("name", named(Expected.NO_FACE))
def test_no_face_is_found_in_a_photo_without_faces(name: str) -> None:
    assert HogDetector()(decode((PHOTOS / name).read_bytes())) == []


@pytest.mark.parametrize("name", PORTRAITS)
def test_every_person_is_found(name: str) -> None:
    faces = HogDetector()(decode((PHOTOS / name).read_bytes()))
    assert len(faces) == PEOPLE.get(name, 1)
