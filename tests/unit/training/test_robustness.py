"""Spoiled photos keep what they show, and the table's line for clean ones is the pipeline's."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training import robustness
from training.datasets import Dataset
from training.robustness import choose, spoiled
from training.sample import Sample
from training.served import Served, serve_datasets
from training.spoil import CLEAN, SMALL_FACE, SPOILS
from worker.detect import Detection

FACE = Detection(60, 40, 120, 120, 1.0)


@pytest.mark.parametrize("name", sorted(SPOILS))
def test_every_way_gives_a_picture(name: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (200, 240, 3), dtype=np.uint8)
    result = SPOILS[name](pixels, FACE)
    assert result.dtype == np.uint8
    assert result.shape == ((100, 120, 3) if str(SMALL_FACE) in name else pixels.shape)
    assert (name == CLEAN) == (result.shape == pixels.shape and bool((result == pixels).all()))


def test_a_small_face_is_not_enlarged() -> None:
    pixels = np.zeros((50, 50, 3), dtype=np.uint8)
    assert SPOILS[f"face of {SMALL_FACE} px"](pixels, Detection(5, 5, 30, 30, 1)).shape == (
        50,
        50,
        3,
    )


def test_as_many_with_as_without_and_whole_photos_first() -> None:
    samples = [
        Sample(Path(str(i)), f"{d}/{i}", i % 4 == 0, None, d) for d in ("a", "w") for i in range(40)
    ]
    chosen = choose(samples, {"a"}, 16)
    assert sum(sample.has_glasses for sample in chosen) == 8
    assert {sample.dataset for sample in chosen} == {"w"}
    assert choose(samples, {"a"}, 16) == chosen
    assert len(choose(samples[:40], {"a"}, 16)) == 16


def test_faces_are_kept_and_picked_for_any_split(tmp_path: Path, demo_photos: Path) -> None:
    paths = sorted(demo_photos.glob("*.jpg"))[:3]
    samples = tuple(Sample(path, path.name, True, None, "demo") for path in paths)
    datasets = [Dataset("demo", samples, aligned=False, terms="")]
    every = serve_datasets(datasets, samples, tmp_path, 1)
    some = serve_datasets(datasets, samples[1:2], tmp_path, 1)
    assert len(some.crops) == (every.photo == 1).sum()
    assert set(some.photo.tolist()) <= {0}


def test_clean_photos_have_the_pipelines_faces(tmp_path: Path, demo_photos: Path) -> None:
    paths = sorted(demo_photos.glob("*.jpg"))[:2]
    samples = [Sample(path, path.name, True, None, "demo") for path in paths]
    ways = spoiled(samples, tmp_path / "r.npz", 1)
    assert list(ways) == list(SPOILS)
    datasets = [Dataset("demo", tuple(samples), aligned=False, terms="")]
    served = serve_datasets(datasets, ways[CLEAN].samples, tmp_path, 1)
    assert np.array_equal(ways[CLEAN].crops, served.crops)


def test_lost_faces_are_negative_verdicts() -> None:
    samples = [Sample(Path(n), n, True, None, "d") for n in "ab"]
    none = Served(
        samples, np.zeros((0, 120, 120, 3), np.uint8), np.zeros(0, np.int64), np.zeros(0, bool)
    )

    class Never:
        def __call__(self, crops: np.ndarray) -> np.ndarray:
            return np.zeros(len(crops), dtype=np.float32)

    lines = robustness.table(Never(), robustness.Calibration(), 0.5, {"dark": none})  # type: ignore[arg-type]
    assert lines["dark"]["recall"] == 0
    assert lines["dark"]["no_face"] == 2
