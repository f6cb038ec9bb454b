"""The reduced pass: calibrated, used where it saves time, evaluated as it is served."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("torch")

from tests.support.synthetic_crops import crops, samples
from training.classifier import reduced_pass
from training.classifier.reduced_pass import (
    TwoPassScorer,
    fit_reduced_pass,
    served_scorer,
    settled_share,
)
from training.classifier.scoring import OnnxScorer
from training.classifier.served_faces import ServedFaces
from training.common.calibration import probabilities
from training.common.geometry import SIZE, centre_of
from worker.vision import model_store
from worker.vision.classify import LOGITS, SUNGLASSES, OnnxClassifier
from worker.vision.photo import Pixels

FACES = 1000


class BrightnessScorer(OnnxScorer):
    """Takes bright eyes for glasses, with noise on reduced crops."""

    def __init__(self, noise: float) -> None:
        self._noise = noise

    def outputs(self, crops: Pixels, names: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return logits: positive if the eyes are brighter than 160."""
        side = crops.shape[1]
        eyes = crops[:, side // 4 : 5 * side // 12, side // 6 : 5 * side // 6].mean((1, 2, 3))
        logits = (eyes - 160) / 10
        if side < SIZE:
            logits = logits + np.random.default_rng(1).normal(0, self._noise, len(crops))
        return np.stack([logits.astype(np.float32)] * len(names))


def faces() -> ServedFaces:
    """Return one face per photo, every second one with glasses."""
    made = crops(FACES)
    low = np.zeros(FACES, dtype=np.bool_)
    return ServedFaces(samples(made), centre_of(made.pixels), np.arange(FACES), low)


def test_a_reduced_pass_that_tells_most_faces_apart_is_used() -> None:
    scorer = BrightnessScorer(noise=3.5)
    found = fit_reduced_pass(scorer, faces())
    assert found
    assert found.calibration.temperature > 0.1
    share = settled_share(found, scorer, faces())
    assert reduced_pass.WORTHWHILE <= share < 1


@pytest.mark.parametrize(
    ("noise", "says"), [(0.0, "0 mistakes do not determine"), (20.0, "too few to save time")]
)
def test_a_reduced_pass_that_is_of_no_use_is_left_out(
    noise: float, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert fit_reduced_pass(BrightnessScorer(noise), faces()) is None
    assert says in capsys.readouterr().err


def test_certain_faces_keep_the_logit_of_the_reduced_pass() -> None:
    scorer = BrightnessScorer(noise=3.5)
    first = fit_reduced_pass(scorer, faces())
    assert first
    calibration = model_store.load("default").manifest.calibration
    result = {"reduced_pass": first.model_dump(), "calibration": calibration.model_dump()}
    found = served_scorer(scorer, result)(faces().crops).astype(np.float64)
    small = reduced_pass.ReducedScorer(scorer)(faces().crops).astype(np.float64)
    certain = reduced_pass.settled(first, small[None])
    assert 0 < certain.sum() < FACES
    np.testing.assert_allclose(
        probabilities(found[certain], calibration),
        probabilities(small[certain], first.calibration),
        atol=1e-4,
    )
    np.testing.assert_array_equal(found[~certain], scorer(faces().crops)[~certain])
    assert served_scorer(scorer, {"reduced_pass": None}) is scorer


def test_two_passes_give_the_probabilities_of_the_worker(tmp_path: Path) -> None:
    released = model_store.load("default")
    manifest = released.manifest
    assert manifest.reduced_pass
    assert manifest.sunglasses_calibration
    (tmp_path / "model.onnx").write_bytes(released.data)
    calibrations = [manifest.calibration, manifest.sunglasses_calibration]
    scorer = TwoPassScorer(OnnxScorer(tmp_path / "model.onnx"), manifest.reduced_pass, calibrations)
    pixels = centre_of(crops(24).pixels)
    logits = scorer.outputs(pixels, [LOGITS, SUNGLASSES]).astype(np.float64)
    ours = np.stack(list(map(probabilities, logits, calibrations)), axis=1)
    theirs = OnnxClassifier(released)(list(pixels))
    np.testing.assert_allclose(ours, np.array(theirs), atol=1e-4)
