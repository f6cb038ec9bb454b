"""Corruptions keep what photos show; unchanged photos have the pipeline's faces."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from glasses.errors import UsageError
from training.classifier import robustness
from training.classifier.corruptions import CLEAN, CORRUPTIONS, SMALL_FACE
from training.classifier.robustness import choose, corrupted
from training.classifier.served_faces import ServedFaces, read_served
from training.common.crops import make_crops
from training.common.datasets import Dataset
from training.common.sample import Sample
from worker.vision.detect import Detection

FACE = Detection(60, 40, 120, 120, 1.0)


@pytest.mark.parametrize("name", sorted(CORRUPTIONS))
def test_every_way_gives_a_picture(name: str) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (200, 240, 3), dtype=np.uint8)
    result = CORRUPTIONS[name](pixels, FACE)
    assert result.dtype == np.uint8
    sizes = {
        f"face of {SMALL_FACE} px": (100, 120, 3),
        "turned by 45°": (311, 311, 3),
        "turned by 90°": (240, 200, 3),
        "turned by 270°": (240, 200, 3),
    }
    assert result.shape == sizes.get(name, pixels.shape)
    assert (name == CLEAN) == (result.shape == pixels.shape and bool((result == pixels).all()))


def test_a_small_face_is_not_enlarged() -> None:
    pixels = np.zeros((50, 50, 3), dtype=np.uint8)
    assert CORRUPTIONS[f"face of {SMALL_FACE} px"](pixels, Detection(5, 5, 30, 30, 1)).shape == (
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
    make_crops(datasets, tmp_path, 1)
    every = read_served(datasets, samples, tmp_path)
    some = read_served(datasets, samples[1:2], tmp_path)
    assert len(some.crops) == (every.photo == 1).sum()
    assert set(some.photo.tolist()) <= {0}
    other = [Dataset("demo", samples[:2], aligned=False, terms="")]
    with pytest.raises(UsageError, match="missing or of other photos: run `glasses-train crops`"):
        read_served(other, samples[:2], tmp_path)


def test_clean_photos_have_the_pipelines_faces(tmp_path: Path, demo_photos: Path) -> None:
    paths = sorted(demo_photos.glob("*.jpg"))[:2]
    samples = [Sample(path, path.name, True, None, "demo") for path in paths]
    faces = corrupted(samples, tmp_path / "r.npz", 1)
    assert list(faces) == list(CORRUPTIONS)
    datasets = [Dataset("demo", tuple(samples), aligned=False, terms="")]
    make_crops(datasets, tmp_path, 1)
    served = read_served(datasets, faces[CLEAN].samples, tmp_path)
    assert np.array_equal(faces[CLEAN].crops, served.crops)


def test_lost_faces_are_negative_verdicts() -> None:
    samples = [Sample(Path(n), n, True, None, "d") for n in "ab"]
    none = ServedFaces(
        samples, np.zeros((0, 120, 120, 3), np.uint8), np.zeros(0, np.int64), np.zeros(0, bool)
    )

    class Never:
        def __call__(self, crops: np.ndarray) -> np.ndarray:
            return np.zeros(len(crops), dtype=np.float32)

    lines = robustness.table(Never(), robustness.Calibration(), 0.5, {"dark": none})  # type: ignore[arg-type]
    assert lines["dark"]["recall"] == 0
    assert lines["dark"]["no_face"] == 2
