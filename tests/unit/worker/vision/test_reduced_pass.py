"""Reduced crops settle certain faces; the others are classified at full size."""

from __future__ import annotations

import dataclasses
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from pydantic import ValidationError

from glasses.errors import ModelError
from worker.vision import model_store
from worker.vision.classify import BATCH, OnnxClassifier, batches
from worker.vision.decode import Pixels
from worker.vision.model_manifest import Calibration, ModelManifest, ReducedPass
from worker.vision.pipeline import DetectedFaces, Pipeline
from worker.vision.reduced_pass import reduced, settles

DEMO = Path(__file__).parents[4] / "demo" / "photos"
NAMES = ("hopper", "collins", "giunchedi", "collins-sunglasses", "van-rossum")
SPEC = ReducedPass(
    size=64,
    certain_none=0.01,
    certain_glasses=0.97,
    certain_kind=0.9,
    calibration=Calibration(),
)
CERTAIN_OF_ALL = {"certain_none": 0.5, "certain_glasses": 0.5, "certain_kind": 0.5}
CERTAIN_OF_NONE = {"certain_none": -1.0, "certain_glasses": 2.0}


@cache
def crops() -> list[Pixels]:
    pipeline = Pipeline.load("default")
    photos = [pipeline.find((DEMO / f"{name}.jpg").read_bytes()) for name in NAMES]
    return [crop for photo in photos if isinstance(photo, DetectedFaces) for crop in photo.crops]


def classifier(certain: dict[str, float]) -> OnnxClassifier:
    """Return the released classifier with another reduced pass."""
    model = model_store.load("default")
    assert model.manifest.reduced_pass
    first = model.manifest.reduced_pass.model_copy(update=certain)
    manifest = model.manifest.model_copy(update={"reduced_pass": first})
    return OnnxClassifier(dataclasses.replace(model, manifest=manifest))


def test_each_px_of_a_reduced_crop_is_the_mean_of_its_area() -> None:
    crop = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    (found,) = reduced([crop], 32)
    mean = crop.reshape(32, 3, 32, 3, 3).mean((1, 3))
    assert np.abs(found - mean).max() <= 0.5
    assert reduced([], 32).shape == (0, 32, 32, 3)


@pytest.mark.parametrize(
    ("glasses", "sunglasses", "is_settled"),
    [
        (0.01, None, True),
        (0.01, 0.5, True),  # of no glasses, the kind is of no interest
        (0.02, 0.0, False),
        (0.96, 0.0, False),
        (0.97, None, True),
        (0.97, 0.1, True),
        (0.97, 0.9, True),
        (0.97, 0.89, False),
    ],
)
def test_a_face_is_settled_if_verdict_and_kind_are_certain(
    glasses: float, sunglasses: float | None, is_settled: bool
) -> None:
    assert settles(SPEC, glasses, sunglasses) is is_settled


def test_settled_faces_are_not_classified_again() -> None:
    small = classifier(CERTAIN_OF_ALL)(crops())
    full = classifier(CERTAIN_OF_NONE)(crops())
    assert full == classifier(CERTAIN_OF_ALL).at_full_size(crops())
    assert all(one != other for one, other in zip(small, full, strict=True))
    # The released one takes each face from one of the two.
    model = model_store.load("default")
    assert model.manifest.reduced_pass
    expected = [
        one if settles(model.manifest.reduced_pass, *one) else other
        for one, other in zip(small, full, strict=True)
    ]
    assert OnnxClassifier(model)(crops()) == expected


def test_both_passes_give_the_same_verdicts_on_the_demo() -> None:
    threshold = model_store.load("default").manifest.threshold
    small, full = classifier(CERTAIN_OF_ALL)(crops()), classifier(CERTAIN_OF_NONE)(crops())
    verdicts = [[each.glasses >= threshold for each in found] for found in (small, full)]
    assert verdicts[0] == verdicts[1] == [True, False, False, True, True]


def test_reduced_crops_are_classified_in_larger_batches() -> None:
    full, small = np.zeros((10, 96, 96, 3), np.uint8), np.zeros((10, 64, 64, 3), np.uint8)
    assert [len(batch) for batch in batches(full, 96)] == [BATCH, BATCH, 2]
    assert [len(batch) for batch in batches(small, 96)] == [9, 1]
    assert not list(batches([], 96))


def test_a_network_of_one_size_is_rejected(brightness_model: Path) -> None:
    model = model_store.load(str(brightness_model))
    manifest = model.manifest.model_copy(update={"reduced_pass": SPEC})
    with pytest.raises(ModelError, match="expects crops of 120 px, but its manifest says 64 and"):
        OnnxClassifier(dataclasses.replace(model, manifest=manifest))


def test_a_reduced_pass_without_a_calibration_of_kinds_is_rejected() -> None:
    manifest = model_store.load("default").manifest.model_dump()
    with pytest.raises(ValidationError, match="must both have a sunglasses_calibration"):
        ModelManifest.model_validate(manifest | {"reduced_pass": SPEC.model_dump()})


def test_the_reduced_pass_is_part_of_the_fingerprint() -> None:
    manifest = model_store.load("default").manifest
    assert manifest.reduced_pass
    other = manifest.reduced_pass.model_copy(update={"certain_glasses": 0.7})
    assert manifest.model_copy(update={"reduced_pass": other}).identity != manifest.identity
