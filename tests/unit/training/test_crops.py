"""Crops on disk: what they show, and that they are made once."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.common import crop_set
from training.common.crops import make_crops
from training.common.datasets import Dataset
from training.common.geometry import MARGIN, SIZE, STORED_MARGIN, STORED_SIZE, centre_of
from training.common.sample import Sample
from worker.vision.crop import crop
from worker.vision.detect import Detection


def noise(path: Path, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 255, (120, 120, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path)


@pytest.fixture
def faceless(tmp_path: Path) -> tuple[Sample, ...]:
    names = ("a.png", "b.png")
    for seed, name in enumerate(names):
        noise(tmp_path / name, seed)
    return tuple(Sample(tmp_path / n, f"d/{n}", n == "a.png", None, "d") for n in names)


def test_aligned_crops_are_cut_at_the_usual_place_when_no_face_is_found(
    tmp_path: Path, faceless: tuple[Sample, ...]
) -> None:
    make_crops([Dataset("d", faceless, aligned=True, terms="")], tmp_path / "crops", 1)
    crops = crop_set.read(tmp_path / "crops", ["d"])
    assert crops.pixels.shape == (2, STORED_SIZE, STORED_SIZE, 3)
    assert [(row.has_glasses, row.found) for row in crops.rows] == [(True, False), (False, False)]


def test_whole_photos_without_a_face_give_no_crop(
    tmp_path: Path, faceless: tuple[Sample, ...]
) -> None:
    make_crops([Dataset("d", faceless, aligned=False, terms="")], tmp_path / "crops", 1)
    assert crop_set.read(tmp_path / "crops", ["d"]).rows == []


def test_crops_are_made_once(tmp_path: Path, faceless: tuple[Sample, ...]) -> None:
    dataset = Dataset("d", faceless, aligned=True, terms="")
    make_crops([dataset], tmp_path / "crops", 1)
    before = (tmp_path / "crops/d.npy").stat().st_mtime_ns
    make_crops([dataset], tmp_path / "crops", 1)
    assert (tmp_path / "crops/d.npy").stat().st_mtime_ns == before


def test_centre_of_a_stored_crop_is_what_the_worker_would_cut() -> None:
    ramp = np.linspace(0, 255, 400, dtype=np.float32)
    photo = np.stack([np.add.outer(ramp, ramp) / 2] * 3, axis=2).astype(np.uint8)
    box = Detection(120, 110, 150, 150, 1.0)
    stored = crop(photo, box, STORED_SIZE, STORED_MARGIN)
    served = crop(photo, box, SIZE, MARGIN)
    assert np.abs(centre_of(stored[None])[0].astype(int) - served.astype(int)).max() <= 2
