from __future__ import annotations

import numpy as np
import pytest

from worker import model_store
from worker.classify import BATCH, OnnxClassifier, normalize
from worker.manifest import ModelInput

RNG = np.random.default_rng(0)


def test_crops_are_normalized_as_the_manifest_says_to_the_last_bit() -> None:
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
def test_a_crop_gets_the_same_probability_alone_and_in_any_batch(count: int) -> None:
    classifier = OnnxClassifier(model_store.load("default"))
    size = classifier.input.size
    crops = list(RNG.integers(0, 256, (count, size, size, 3), dtype=np.uint8))
    together = classifier(crops)
    assert together == [classifier([crop])[0] for crop in crops]
    assert len(set(together)) >= min(count, 4)  # else their order would prove nothing
