from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from glasses.errors import ModelError
from worker.vision import model_store
from worker.vision.classify import BATCH, OnnxClassifier, normalize
from worker.vision.decode import Pixels
from worker.vision.model_manifest import Calibration, ModelInput

DEMO = Path(__file__).parents[4] / "demo" / "photos"
RNG = np.random.default_rng(0)


def square(path: Path, size: int) -> Pixels:
    with Image.open(path) as photo:
        return np.asarray(photo.convert("RGB").resize((size, size)))


def test_crops_are_normalized_exactly_as_the_manifest_states() -> None:
    spec = ModelInput(size=12, mean=(128, 100.5, 7), std=(128, 57.1, 3), crop_margin=0)
    crops = RNG.integers(0, 256, (5, 12, 12, 3), dtype=np.uint8)
    mean, std = np.asarray(spec.mean, np.float32), np.asarray(spec.std, np.float32)
    expected = ((crops.astype(np.float32) - mean) * (1 / std)).transpose(0, 3, 1, 2)
    for given in (crops, list(crops)):
        found = normalize(given, spec)
        assert found.dtype == np.float32
        assert found.flags.c_contiguous
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("count", [0, 1, BATCH, BATCH + 1])
def test_a_crop_has_the_same_probability_alone_and_in_any_batch(count: int) -> None:
    classifier = OnnxClassifier(model_store.load("default"))
    size = classifier.input.size
    photos = ("hopper", "collins", "giunchedi", "collins-sunglasses", "van-rossum")
    crops = [square(DEMO / f"{name}.jpg", size) for name in photos[:count]]
    together = classifier(crops)
    assert together == [classifier([crop])[0] for crop in crops]
    assert len(set(together)) >= min(count, 4)  # else their order would prove nothing


@pytest.mark.parametrize(
    ("name", "says", "message"),
    [
        ("default", 120, "expects crops of 96 px, but its manifest says 64 and 120 px"),
        ("brightness", 96, "expects crops of 120 px, but its manifest says 96 px"),
    ],
)
def test_a_model_whose_input_differs_from_its_manifest_is_rejected(
    name: str, says: int, message: str, brightness_model: Path
) -> None:
    model = model_store.load(name if name == "default" else str(brightness_model))
    size = model.manifest.input.model_copy(update={"size": says})
    other = dataclasses.replace(model, manifest=model.manifest.model_copy(update={"input": size}))
    with pytest.raises(ModelError, match=message):
        OnnxClassifier(other)


def test_a_model_without_the_output_that_its_manifest_names_is_rejected(
    brightness_model: Path,
) -> None:
    model = model_store.load(str(brightness_model))
    assert [each.sunglasses for each in OnnxClassifier(model)([blank(120)])] == [None]
    manifest = model.manifest.model_copy(update={"sunglasses_calibration": Calibration()})
    with pytest.raises(ModelError, match=r"brightness has no output sunglasses, but its manifest"):
        OnnxClassifier(dataclasses.replace(model, manifest=manifest))


def blank(size: int) -> Pixels:
    return np.zeros((size, size, 3), np.uint8)
