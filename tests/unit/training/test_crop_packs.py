"""Crop packs carry crops and labels to another machine, in files of limited size."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from glasses.errors import UsageError
from tests.support.synthetic_crops import crops, samples
from training.common import crop_packs, splits
from training.common.crop_packs import read_packs, read_samples, write_packs
from training.common.crop_set import CropRow, CropSet


def test_packs_return_rows_and_nearly_the_same_pixels(tmp_path: Path) -> None:
    made = crops(6)
    unknown = CropRow("mine/x.jpg", False, None, "mine", False, 0.0)
    made = CropSet([*made.rows[:5], unknown], made.pixels)
    (path,) = write_packs(made, samples(made), tmp_path)
    found = read_packs(tmp_path)
    assert found.rows == made.rows
    assert found.pixels.dtype == np.uint8
    assert np.abs(found.pixels.astype(int) - made.pixels).mean() < 2
    assert path.stat().st_size < made.pixels.nbytes / 4


def test_no_pack_is_larger_than_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = crops(20)
    monkeypatch.setattr(crop_packs, "PACK_BYTES", 8_000)
    paths = write_packs(made, samples(made), tmp_path)
    assert len(paths) > 2
    for path in paths:
        with np.load(path) as pack:
            assert len(pack["data"]) <= 8_000
    assert [row.name for row in read_packs(tmp_path).rows] == [row.name for row in made.rows]


def test_packs_of_an_earlier_call_are_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(crop_packs, "PACK_BYTES", 8_000)
        write_packs(crops(20), [], tmp_path)
    write_packs(crops(2), [], tmp_path)
    assert len(read_packs(tmp_path).rows) == 2


def test_photos_without_a_crop_are_packed_because_splits_depend_on_them(tmp_path: Path) -> None:
    made = crops(30)
    photos = [dataclasses.replace(sample, official="test") for sample in samples(made)]
    write_packs(CropSet(made.rows[:20], made.pixels[:20]), photos, tmp_path)
    found = read_samples(tmp_path)
    assert found == photos
    assert splits.split(found) == splits.split(photos)


def test_a_folder_without_packs_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="run `glasses-train pack` first"):
        read_packs(tmp_path)
