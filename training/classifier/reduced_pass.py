"""The reduced pass of a network: its calibration, and both passes as the worker runs them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from training.classifier.evaluate import calibrate
from training.classifier.recipe import REDUCED_SIDE
from training.classifier.scoring import OnnxScorer, Scorer
from training.classifier.served_faces import ServedFaces
from training.common.calibration import Array, probabilities
from training.common.progress import log
from worker.vision.classify import LOGITS, SUNGLASSES
from worker.vision.model_manifest import Calibration, ReducedPass
from worker.vision.photo import Pixels
from worker.vision.reduced_pass import reduced, settles

REDUCED_PASS: Final = {
    "size": REDUCED_SIDE,
    "certain_none": 0.002,
    "certain_glasses": 0.97,
    "certain_kind": 0.95,
}
"""See `ReducedPass`. Thin frames are missed on reduced crops rather than seen where there are none,
so it is strict about none; docs/adr/0027-reduced-pass.md has the figures."""
WORTHWHILE = 0.6
"""Least share of faces that a reduced pass must settle: it takes half of the time at full size."""


class ReducedScorer:
    """A network on reduced crops.

    Args:
        scorer: The network.
    """

    def __init__(self, scorer: OnnxScorer) -> None:
        self._scorer = scorer

    def __call__(self, crops: Pixels) -> npt.NDArray[np.float32]:
        """Return N logits; see `Scorer`."""
        return self.outputs(crops, [LOGITS]).reshape(-1)

    def outputs(self, crops: Pixels, names: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the logits of some outputs; see `Scorer`."""
        return self._scorer.outputs(reduced(crops, REDUCED_SIDE), names)


class TwoPassScorer:
    """A network as the worker runs it: reduced crops first, uncertain ones again at full size.

    Args:
        scorer: The network.
        first: Its reduced pass.
        calibrations: Of its outputs at full size. Logits of the reduced pass are rescaled to have
            the right probabilities with these.
    """

    def __init__(
        self, scorer: OnnxScorer, first: ReducedPass, calibrations: Sequence[Calibration]
    ) -> None:
        self._scorer = scorer
        self._reduced = ReducedScorer(scorer)
        self._first = first
        self._calibrations = calibrations

    def __call__(self, crops: Pixels) -> npt.NDArray[np.float32]:
        """Return N logits; see `Scorer`."""
        return self.outputs(crops, [LOGITS]).reshape(-1)

    def outputs(self, crops: Pixels, names: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the logits of some outputs; see `Scorer`."""
        found = self._reduced.outputs(crops, names).astype(np.float64)
        result = np.empty(found.shape, dtype=np.float32)
        for i, own, full in zip(
            range(len(names)), _calibrations(self._first), self._calibrations, strict=False
        ):
            values = found[i] / own.temperature + own.bias
            result[i] = (values - full.bias) * full.temperature
        again = ~settled(self._first, found)
        result[:, again] = self._scorer.outputs(crops[again], names)
        return result


def settled(first: ReducedPass, logits: Array) -> npt.NDArray[np.bool_]:
    """Return which faces the reduced pass settles.

    Args:
        first: The reduced pass.
        logits: Its logits: of glasses, and of sunglasses if they are told; 1 or 2 × N.
    """
    values = map(probabilities, logits, _calibrations(first))
    return np.array([settles(first, *each) for each in zip(*values, strict=True)], dtype=np.bool_)


def _calibrations(first: ReducedPass) -> list[Calibration]:
    """Return the calibrations of the outputs, in their order."""
    both = (first.calibration, first.sunglasses_calibration)
    return [each for each in both if each is not None]


def fit_reduced_pass(scorer: OnnxScorer, validation: ServedFaces) -> ReducedPass | None:
    """Return the reduced pass of a network; None if it saves no time or cannot be calibrated.

    Args:
        scorer: The network.
        validation: Photos that it was not trained on.
    """
    small = ReducedScorer(scorer)
    found, _ = calibrate(small, validation)
    if found.temperature_kept:
        log(f"no reduced pass: {found.mistakes} mistakes do not determine its temperature")
        return None
    calibration = found.calibration.model_dump()
    first = ReducedPass.model_validate({**REDUCED_PASS, "calibration": calibration})
    share = settled_share(first, scorer, validation)
    if share < WORTHWHILE:
        log(f"no reduced pass: it would settle {share:.0%} of the faces, too few to save time")
        return None
    return first


def settled_share(first: ReducedPass, scorer: OnnxScorer, faces: ServedFaces) -> float:
    """Return the share of faces that the reduced pass settles."""
    names = [LOGITS, SUNGLASSES][: len(_calibrations(first))]
    logits = ReducedScorer(scorer).outputs(faces.crops, names).astype(np.float64)
    return round(float(settled(first, logits).mean()), 4)


def reported(report: Mapping[str, Any]) -> ReducedPass | None:
    """Return the reduced pass that a report describes; None if the network has none."""
    found = report["reduced_pass"]
    return None if found is None else ReducedPass.model_validate(found)


def served_scorer(scorer: OnnxScorer, report: Mapping[str, Any]) -> Scorer:
    """Return a network as it is served, from the report of its evaluation."""
    first = reported(report)
    if first is None:
        return scorer
    return TwoPassScorer(scorer, first, [Calibration.model_validate(report["calibration"])])
